// SPDX-License-Identifier: GPL-2.0
/* See native_check.h. All must hold that tests/attempt.c holds of any input. */
#include "kunit.h"
#include "native_check.h"
#include "../../../kernel/module/tests/attempt.h"

static struct attempt attempt;
static struct kunit test;
static struct native_check *checked;

/* xz_dec_bcj.c has all filters: this is where it says which it knows */
enum xz_ret __wrap_xz_dec_bcj_reset(struct xz_dec_bcj *s, u8 id)
{
	if (id >= 32 || !(checked->filters & 1u << id))
		return XZ_OPTIONS_ERROR;
	return __real_xz_dec_bcj_reset(s, id);
}

/* A tenth of all time is spent in the one of native.c, which goes by the byte */
u32 __wrap_crc32_le(u32 crc, const void *p, size_t len)
{
	return ~crc32(~crc, p, len);
}

/* A rule that is broken */
void kunit_fail(struct kunit *test, const char *where, const char *format, ...)
{
	char report[LEDGER_LINE + LEDGER_LOG];
	va_list args;

	va_start(args, format);
	vscnprintf(report, sizeof(report), format, args);
	va_end(args);
	checked->fault(checked->context, report);
}

/* The ledger has no other way out of what does not end */
void kunit_try_catch_throw(struct kunit_try_catch *try_catch)
{
	longjmp(try_catch->env, 1);
}

static void look(struct attempt *a, const void *out, size_t len)
{
	checked->look(checked->context, out, len);
}

static const struct decompressor *decompressor(const char *format)
{
	const struct decompressor *all[] = {
		&gzip_decompressor, &xz_decompressor, &zstd_decompressor,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i] && !strcmp(all[i]->name, format))
			return all[i];
	return NULL;
}

/**
 * native_check() - decompress a file, and see to it that all rules are kept
 * @check: the file; gets what became of it
 *
 * Once in a process: it is not left as it was by what does not end.
 *
 * Return: NATIVE_CHECK_ANSWERED; NATIVE_CHECK_UNKNOWN if decompress.c does not know the
 * format; NATIVE_CHECK_ENDLESS if it was given up; NATIVE_CHECK_NO_MEMORY if there is
 * none to begin with.
 */
enum native_check_result native_check(struct native_check *check)
{
	checked = check;
	attempt.d = decompressor(check->format);
	if (!attempt.d)
		return NATIVE_CHECK_UNKNOWN;
	attempt.in = check->in;
	attempt.size = check->size;
	attempt.look = look;
	attempt.orders.most_memory = check->most_memory;
	attempt.orders.max_records = native_pages;
	attempt.orders.records = kvmalloc(array_size(native_pages,
						     sizeof(*attempt.orders.records)),
					  GFP_KERNEL);
	native_most_memory = check->most_memory;
	if (!attempt.orders.records)
		return NATIVE_CHECK_NO_MEMORY;
	strscpy(attempt.what, "the file", sizeof(attempt.what));
	current->kunit_test = &test;
	if (setjmp(test.try_catch.env))
		return NATIVE_CHECK_ENDLESS;
	attempt_decompress(&test, &attempt);
	check->ret = attempt.ret;
	if (attempt.ledger.log_lines)
		strscpy(check->said, attempt.ledger.log, sizeof(check->said));
	return NATIVE_CHECK_ANSWERED;
}
