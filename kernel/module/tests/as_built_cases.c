// SPDX-License-Identifier: GPL-2.0
/*
 * The cases call the kernel's own module_decompress() without the ledger, and
 * check the real effect on the task and on memory.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "cases.h"
#include "watch.h"
#include "../internal.h"

#if KERNEL_MODULE_DECOMPRESS && !defined(MODULE)
/*
 * Run on the first CPU. No slot lies above its slot 0, so kunmap_local() of the
 * address after a page in slot 0 does nothing, which the task's state shows.
 */
static const struct algorithm *built_algorithm(struct kunit *test)
{
	unsigned int own =
		IS_ENABLED(CONFIG_MODULE_COMPRESS_GZIP) ? ALGORITHM_GZIP :
		IS_ENABLED(CONFIG_MODULE_COMPRESS_XZ) ? ALGORITHM_XZ :
							ALGORITHM_ZSTD;

	set_cpus_allowed_ptr(current,
			     cpumask_of(cpumask_first(cpu_online_mask)));
	return &case_algorithms[own];
}

static size_t wrong_bytes(const u8 *out, size_t len)
{
	size_t i, wrong = 0;

	for (i = 0; i < len; i++)
		wrong += out[i] != case_payload[i];
	return wrong;
}

/* On a live system other tasks may log errors, too */
static bool errors_logged_are(unsigned int nr, char *line, size_t size)
{
	unsigned int logged = watch_errors(line, size);

	return logged == nr || (logged > nr && !watch_is_alone());
}

/* Check the output, the state of the task, and that an error is logged once */
static bool built_attempt(struct kunit *test, struct attempt *a)
{
	struct task_state before, after;
	struct load_info info = { };
	char line[160];
	bool ok = true;

	/* Fail, but do not run, an input that would crash the kernel */
	if (attempt_is_fatal(a)) {
		KUNIT_FAIL(test, "%s, %s: %s; so it is not run without the ledger",
			   a->d->name, a->what, a->ledger.report[0]);
		return false;
	}
	if (watch_report(line, sizeof(line)))
		return false;
	watch_reset();
	before = task_state_now();
	a->ret = module_decompress(&info, a->in, a->size);
	after = task_state_now();
	if (!task_state_equal(before, after)) {
		attempt_fail(test, a, "state of the task: changed",
			     "leaves kmap idx %d, migration disabled %d, preempt count %x",
			     after.kmap_idx, after.migration_disabled,
			     after.preempt_count);
		ok = false;
	}
	if (!a->ret && info.len != a->len) {
		attempt_fail(test, a, "output: wrong length",
			     "info->len is %lu, not %zu", info.len, a->len);
		ok = false;
	} else if (!a->ret && wrong_bytes((u8 *)info.hdr, a->len)) {
		attempt_fail(test, a, "output: wrong bytes", "%zu of %zu",
			     wrong_bytes((u8 *)info.hdr, a->len), a->len);
		ok = false;
	}
	if (!errors_logged_are(a->ret == -EINVAL, line, sizeof(line))) {
		attempt_fail(test, a, "error: not told once",
			     "returned %d, logged \"%s\"", a->ret, line);
		ok = false;
	}
	if (!a->ret)
		module_decompress_cleanup(&info);
	/* The next attempt resets the watch, so check it now */
	if (watch_report(line, sizeof(line)))
		ok = false;
	return ok;
}
#else
static const struct algorithm *built_algorithm(struct kunit *test)
{
	if (IS_MODULE(CONFIG_MODULE_DECOMPRESS_KUNIT_TEST))
		kunit_skip(test, "a module cannot call it: build the suite in");
	else
		kunit_skip(test, "this kernel does not have it: CONFIG_MODULE_DECOMPRESS");
	return &case_algorithms[ALGORITHM_GZIP];
}

static bool built_attempt(struct kunit *test, struct attempt *a)
{
	return false;
}
#endif

static void expect_returned(struct kunit *test, struct attempt *a, int want)
{
	if (a->ret != want)
		attempt_fail(test, a, want ? "bad input: other error, or accepted" :
			     "good input: refused", "returned %d, not %d", a->ret, want);
}

/* Test that files from real compressors give the expected output or error */
static void known_files_come_out_intact(struct kunit *test)
{
	const struct algorithm *algorithm = built_algorithm(test);
	struct attempt *a = case_attempt_as(test, algorithm->name);
	const struct decompress_blob *blob;

	for (blob = case_next_blob(algorithm->name, NULL); blob;
	     blob = case_next_blob(algorithm->name, blob)) {
		if (blob->window > SZ_32M)
			continue;
		case_set_blob(test, a, blob);
		if (!built_attempt(test, a))
			return;
		expect_returned(test, a, blob->error);
	}
}

/*
 * Test that the output is intact for lengths around page boundaries. The first
 * is long: a stale TLB entry shows only until something flushes the TLB.
 */
static void lengths_around_pages_come_out_intact(struct kunit *test)
{
	static const size_t sizes[] = {
		20 * PAGE_SIZE + 123, SOME_PAGES, 34 * PAGE_SIZE, SZ_1M,
		0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1,
	};
	const struct algorithm *algorithm = built_algorithm(test);
	struct attempt *a = case_attempt_as(test, algorithm->name);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		case_fill(sizes[i], PAYLOAD_RANDOM, i);
		case_write(a, sizes[i], &stream_checked);
		if (!built_attempt(test, a))
			return;
		expect_returned(test, a, 0);
	}
}

/* Test that truncated files are refused: half a module must not load */
static void truncation_is_refused(struct kunit *test)
{
	const struct algorithm *algorithm = built_algorithm(test);
	struct attempt *a = case_attempt_as(test, algorithm->name);
	size_t needed, cut;

	case_fill(SOME_PAGES, PAYLOAD_RANDOM, 15);
	for (cut = 0; cut < 20; cut++) {
		case_write(a, SOME_PAGES, &stream_checked);
		needed = case_size_needed(a);
		case_set_input(a, a->in, needed - 1 - cut * needed / 20);
		if (!built_attempt(test, a))
			return;
		expect_returned(test, a, -EINVAL);
	}
}

/* Test that a window past the limit is refused before kvmalloc() warns of it */
static void large_window_is_refused(struct kunit *test)
{
	static const u8 window[] = {
		0x28, 0xb5, 0x2f, 0xfd, 0, ZSTD_WINDOW_MAX + 7, 1, 0, 0
	};
	const struct algorithm *algorithm = built_algorithm(test);
	struct attempt *a = case_attempt_as(test, algorithm->name);

	if (algorithm->d != &zstd_decompressor)
		kunit_skip(test, "the kernel's own is %s", algorithm->name);
	case_set_input(a, window, sizeof(window));
	a->len = 0;
	strscpy(a->what, "a window past the limit", sizeof(a->what));
	built_attempt(test, a);
	KUNIT_EXPECT_EQ(test, a->ret, -EINVAL);
}

/* Purge lazily unmapped areas first: KASAN keeps shadow pages for them */
static long free_memory(void)
{
	struct sysinfo memory;

	vm_unmap_aliases();
	si_meminfo(&memory);
	return memory.freeram;
}

#define MODULES_LOADED	256

/* Decompress and clean up many modules; return the number of pages lost */
static long pages_lost_by_modules(struct kunit *test, struct attempt *a)
{
	long before = free_memory();
	unsigned int i;

	for (i = 0; i < MODULES_LOADED; i++) {
		case_write(a, PAGE_SIZE + 1, &stream_checked);
		if (!built_attempt(test, a))
			return 0;
		KUNIT_EXPECT_EQ(test, a->ret, 0);
	}
	return before - free_memory();
}

/*
 * Test that cleanup leaks no page. A leak loses at least a page for each module
 * in each round. Per-CPU lists and other caches also take pages, so the case
 * fails only if each round loses half a page or more for each module.
 */
static void cleanup_gives_all_memory_back(struct kunit *test)
{
	const struct algorithm *algorithm = built_algorithm(test);
	struct attempt *a = case_attempt_as(test, algorithm->name);
	unsigned int counts;
	long lost;

	if (!watch_is_alone())
		kunit_skip(test, "this machine is not ours alone");
	case_fill(PAGE_SIZE + 1, PAYLOAD_RANDOM, 21);
	pages_lost_by_modules(test, a);
	for (counts = 0; counts < 3; counts++) {
		lost = pages_lost_by_modules(test, a);
		if (lost < MODULES_LOADED / 2)
			break;
	}
	KUNIT_EXPECT_LT(test, lost, MODULES_LOADED / 2);
}

static struct kunit_case as_built_cases[] = {
	KUNIT_CASE(known_files_come_out_intact),
	KUNIT_CASE(lengths_around_pages_come_out_intact),
	KUNIT_CASE(truncation_is_refused),
	KUNIT_CASE(large_window_is_refused),
	KUNIT_CASE(cleanup_gives_all_memory_back),
	{ }
};

static struct kunit_suite module_decompress_as_built_suite = {
	.name = "module_decompress_as_built",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = as_built_cases,
};

kunit_test_suite(module_decompress_as_built_suite);
