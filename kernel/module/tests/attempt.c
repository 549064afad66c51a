// SPDX-License-Identifier: GPL-2.0
/* Decompress an input, and check what must hold for any input. */
#include <linux/ctype.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/xxhash.h>

#include "attempt.h"
#include "../internal.h"

static const char *attempt_name(const struct attempt *a, char *name,
				size_t size)
{
	scnprintf(name, size, "%s, %s", a->d->name, a->what);
	return name;
}

/**
 * attempt_fail() - fail the test for a check of an attempt
 * @test: the running test
 * @a: the attempt
 * @check: name of the check, as the rule in ledger_report()
 * @fmt: format of what was seen, as for printf()
 *
 * Context: may sleep.
 */
void attempt_fail(struct kunit *test, struct attempt *a, const char *check,
		  const char *fmt, ...)
{
	char text[LEDGER_LINE + LEDGER_LOG];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	KUNIT_FAIL(test, "%s, %s: [%s] %s", a->d->name, a->what, check, text);
}

/* Index of the first byte that differs, or -1 */
static ssize_t first_difference(const u8 *a, const u8 *b, size_t len)
{
	size_t i;

	if (!memcmp(a, b, len))
		return -1;
	for (i = 0; a[i] == b[i]; i++)
		;
	return i;
}

static bool check_bytes(struct kunit *test, struct attempt *a, const u8 *out,
			size_t at, size_t len)
{
	ssize_t wrong = first_difference(out, a->payload + at, len);

	if (wrong < 0)
		return true;
	attempt_fail(test, a, "output: wrong bytes",
		     "byte %zu of %zu is %#x, not %#x", at + wrong,
		     a->len, out[wrong], a->payload[at + wrong]);
	return false;
}

static bool check_output(struct kunit *test, struct attempt *a,
			 const struct load_info *info)
{
	bool ok = true;

	if (info->len != a->len) {
		attempt_fail(test, a, "output: wrong length",
			     "info->len is %lu, not %zu", info->len, a->len);
		return false;
	}
#ifdef CONFIG_MODULE_STATS
	if (info->compressed_len != a->size) {
		attempt_fail(test, a, "load_info: wrong compressed_len",
			     "%lu, not %zu", info->compressed_len, a->size);
		ok = false;
	}
#endif
	if (!ledger_has(&a->ledger, info->hdr, a->len ?: 1)) {
		attempt_fail(test, a, "output: not all mapped",
			     "info->hdr has not %zu bytes", a->len);
		return false;
	}
	return check_bytes(test, a, (void *)info->hdr, 0, a->len) && ok;
}

/* Check the output of a direct call, which leaves its pages unmapped */
static bool check_pages(struct kunit *test, struct attempt *a,
			const struct load_info *info, ssize_t len)
{
	unsigned int i;
	size_t at, n;
	void *page;
	bool ok;

	if (len != a->len) {
		attempt_fail(test, a, "output: wrong length",
			     "%zd bytes, not %zu", len, a->len);
		return false;
	}
	if (info->hdr)
		return check_bytes(test, a, (void *)info->hdr, 0, a->len);
	if (!ledger_has(&a->ledger, info->pages,
			DIV_ROUND_UP(len, PAGE_SIZE) * sizeof(*info->pages))) {
		attempt_fail(test, a, "output: not all there",
			     "a page array of less than %zd bytes", len);
		return false;
	}
	for (i = 0, at = 0; at < a->len; i++, at += n) {
		n = min_t(size_t, PAGE_SIZE, a->len - at);
		page = kmap_local_page(info->pages[i]);
		ok = check_bytes(test, a, page, at, n);
		kunmap_local(page);
		if (!ok)
			return false;
	}
	return true;
}

static bool decompress_directly(struct kunit *test, struct attempt *a,
				struct load_info *info)
{
	ssize_t len;

	info->pages = ledger_kvmalloc(a->direct, sizeof(*info->pages),
				      GFP_KERNEL | __GFP_ZERO);
	a->ret = info->pages ? 0 : -ENOMEM;
	if (a->ret)
		return true;
	info->max_pages = a->direct;
	len = a->d->decode(info, a->in, a->size);
	a->ret = min_t(ssize_t, len, 0);
	return a->ret || check_pages(test, a, info, len);
}

static bool decompress(struct kunit *test, struct attempt *a,
		       struct load_info *info)
{
	if (a->direct)
		return decompress_directly(test, a, info);
	a->ret = a->d->decompress(info, a->in, a->size);
	if (!a->ret && a->look)
		a->look(a, info->hdr, info->len);
	return a->ret || !a->payload || check_output(test, a, info);
}

static bool check_clean(struct kunit *test, struct attempt *a,
			const struct load_info *info, const char *when)
{
	if (!info->pages && !info->max_pages && !info->used_pages)
		return true;
	attempt_fail(test, a, "load_info: not clean",
		     "%s: %u pages of %u at %p", when, info->used_pages,
		     info->max_pages, info->pages);
	return false;
}

/* Check that decompress.c left the members of load_module() zero */
static bool check_rest(struct kunit *test, struct attempt *a,
		       struct load_info info)
{
	info.hdr = NULL;
	info.len = 0;
	/* The members of decompress.c lie between sig_ok and index */
	if (!memchr_inv(&info, 0, offsetof(struct load_info, sig_ok)) &&
	    !info.sig_ok && !memchr_inv(&info.index, 0, sizeof(info.index)))
		return true;
	attempt_fail(test, a, "load_info: other members set",
		     "returned %d", a->ret);
	return false;
}

/* Is the number among those in the text? */
static bool has_number(const char *text, int number)
{
	char want[12];
	size_t len = scnprintf(want, sizeof(want), "%d", number);
	const char *at;

	for (at = strstr(text, want); at; at = strstr(at + 1, want))
		if ((at == text || (!isdigit(at[-1]) && at[-1] != '-')) &&
		    !isdigit(at[len]))
			return true;
	return false;
}

/*
 * Check that a message that ends with a number has the status that the decoder
 * returned, if the decoder has failed.
 */
static bool check_status(struct kunit *test, struct attempt *a)
{
	const struct ledger *ledger = &a->ledger;
	const char *last = strrchr(ledger->log, ' ');
	int n;

	if (!ledger->log_lines || !ledger->status || !last ||
	    kstrtoint(last + 1, 10, &n) ||
	    has_number(ledger->log, ledger->status))
		return true;
	attempt_fail(test, a, "error: other number than the decoder's status",
		     "%d, logged was \"%s\"", ledger->status, ledger->log);
	return false;
}

/*
 * -ENOMEM is right only after a denied request or for more output than vmap() can
 * map, -EFBIG only for huge output, and -EINTR only in a task that is killed.
 * The length that a file announces is as good a reason as what comes out.
 */
static bool has_reason(const struct attempt *a)
{
	u64 len = max(a->ledger.produced, a->ledger.announced);

	if (a->ret == -ENOMEM)
		return a->ledger.denied || len > VMALLOC_TOTAL - SZ_1M ||
		       len / PAGE_SIZE >= totalram_pages();
	if (a->ret == -EFBIG)
		return len > INT_MAX - SZ_1M;
	if (a->ret == -EINTR)
		return fatal_signal_pending(current);
	return !a->ret || a->ret == -EINVAL;
}

static bool check_error(struct kunit *test, struct attempt *a)
{
	if (has_reason(a))
		return true;
	attempt_fail(test, a, "error: without a cause", "returned %d", a->ret);
	return false;
}

static bool check_log(struct kunit *test, struct attempt *a)
{
	const struct ledger *ledger = &a->ledger;

	if (ledger->log_lines <= !!a->ret &&
	    (ledger->log_lines || (a->ret != -EINVAL && a->ret != -EFBIG)) &&
	    (!ledger->log_lines || ledger->log_level == LOGLEVEL_ERR))
		return true;
	attempt_fail(test, a, "error: not told once",
		     "returned %d, logged %u lines, at level %d \"%s\"",
		     a->ret, ledger->log_lines, ledger->log_level, ledger->log);
	return false;
}

/**
 * attempt_decompress() - decompress, and check what must hold for any input
 * @test: the running test; fails if a check fails
 * @a: the attempt; its @ret and @ledger are filled in
 *
 * The ledger must have no reports, and the input must not change. On success,
 * the output must equal the payload, and load_info must describe the output. An
 * error must be -EINVAL or -EFBIG with a line in the log, -ENOMEM after a denied
 * request or for more output than there is memory, or -EINTR in a killed task.
 * After an error, or after cleanup, load_info must be empty.
 *
 * Context: may sleep.
 * Return: true if all checks pass.
 */
bool attempt_decompress(struct kunit *test, struct attempt *a)
{
	struct ledger *ledger = &a->ledger;
	char name[sizeof(a->what) + 8];
	struct load_info info;
	size_t size = a->size;
	bool ok, cleaned;
	u32 hash;

	/* Only the header of an endless input exists in memory */
	if (a->orders.endless)
		size = 0;
	hash = xxh32(a->in, size, 0);
	memset(&info, 0, sizeof(info));
	ledger_open(ledger, &a->orders, &info, a->in, a->size);
	ok = decompress(test, a, &info);
	ok &= check_rest(test, a, info);
	cleaned = a->ret;
	if (a->direct)
		cleaned = false;
	if (cleaned) {
		ok &= check_clean(test, a, &info, "after an error");
	} else {
		a->d->cleanup(&info);
		ok &= check_clean(test, a, &info, "after cleanup");
	}
	ledger_close(ledger);
	ok &= ledger_has_no_reports(test, ledger,
				    attempt_name(a, name, sizeof(name)));

	if (xxh32(a->in, size, 0) != hash) {
		attempt_fail(test, a, "input: written to", "returned %d", a->ret);
		ok = false;
	}
	ok &= check_error(test, a);
	ok &= check_log(test, a);
	ok &= check_status(test, a);
	return ok;
}

/**
 * expect_taken() - decompress an input that must be accepted
 * @test: the running test; fails if the input is refused
 * @a: the attempt
 *
 * Context: may sleep.
 * Return: true if the output equals the payload, and all checks of
 * attempt_decompress() pass.
 */
bool expect_taken(struct kunit *test, struct attempt *a)
{
	bool ok = attempt_decompress(test, a);

	if (!a->ret)
		return ok;
	if (a->ledger.short_of)
		attempt_fail(test, a, "good input: refused",
			     "returned %d: the kernel had no %zu bytes",
			     a->ret, a->ledger.short_of);
	else
		attempt_fail(test, a, "good input: refused", "returned %d: %s",
			     a->ret, a->ledger.log);
	return false;
}

/**
 * expect_refused() - decompress an input that must be refused
 * @test: the running test; fails if the input is accepted
 * @a: the attempt
 * @error: error that module_decompress() must return
 *
 * Context: may sleep.
 * Return: true if the input was refused with @error, and all checks of
 * attempt_decompress() pass.
 */
bool expect_refused(struct kunit *test, struct attempt *a, int error)
{
	const u8 *payload = a->payload;
	bool ok;

	a->payload = NULL;
	ok = attempt_decompress(test, a);
	a->payload = payload;
	if (a->ret == error)
		return ok;
	attempt_fail(test, a, a->ret ? "bad input: other error" :
		     "bad input: accepted", "returned %d, not %d", a->ret, error);
	return false;
}
