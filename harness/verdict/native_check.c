// SPDX-License-Identifier: GPL-2.0
/* See native_check.h. tests/attempt.c has the rules that must hold for any input. */
#include "kunit.h"
#include "native_check.h"
#include "../../../kernel/module/tests/attempt.h"

static struct attempt attempt;
static struct kunit test;
static struct native_check *checked;

/* xz_dec_bcj.c is built with all filters: refuse a filter that the kernel does not have */
enum xz_ret __wrap_xz_dec_bcj_reset(struct xz_dec_bcj *s, u8 id)
{
	if (id >= 32 || !(checked->filters & 1u << id))
		return XZ_OPTIONS_ERROR;
	return __real_xz_dec_bcj_reset(s, id);
}

/* zlib's crc32() is faster: the one of native.c, byte by byte, takes a tenth of all time */
u32 __wrap_crc32_le(u32 crc, const void *p, size_t len)
{
	return ~crc32(~crc, p, len);
}

/* Report a broken rule */
void kunit_fail(struct kunit *test, const char *where, const char *format, ...)
{
	char report[LEDGER_LINE + LEDGER_LOG];
	va_list args;

	va_start(args, format);
	vscnprintf(report, sizeof(report), format, args);
	va_end(args);
	checked->fault(checked->context, report);
}

/* The ledger calls this to leave a decoder that does not end */
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
 * native_check() - decompress a file, and check that all rules are kept
 * @check: the file; gets the result
 *
 * Call it once in a process: a decoder that does not end leaves its state behind.
 *
 * Return: NATIVE_CHECK_ANSWERED; NATIVE_CHECK_UNKNOWN if decompress.c does not know the
 * format; NATIVE_CHECK_ENDLESS if decompress.c did not end; NATIVE_CHECK_NO_MEMORY if memory
 * for the check itself is missing.
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
