// SPDX-License-Identifier: GPL-2.0
/* Cases of the kernel's own module_decompress() that need the suite's helpers. */
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "cases.h"
#include "watch.h"
#include "../internal.h"

static const struct algorithm *own_algorithm(void)
{
	if (IS_ENABLED(CONFIG_MODULE_COMPRESS_GZIP))
		return &case_algorithms[ALGORITHM_GZIP];
	if (IS_ENABLED(CONFIG_MODULE_COMPRESS_XZ))
		return &case_algorithms[ALGORITHM_XZ];
	return &case_algorithms[ALGORITHM_ZSTD];
}

/* Rules whose breach, without the ledger, crashes the kernel or corrupts memory */
static const char *const fatal_rules[] = {
	"[decompression does not end]",
	"[mapping: call not allowed]",
#ifdef CONFIG_KMAP_LOCAL_NON_LINEAR_PTE_ARRAY
	/* A stale PTE makes the next mapping BUG */
	"[mapping: unmapped by an address outside the page]",
#endif
	"[memory: copied past its end]",
	"[memory: freed but not allocated]",
	"[memory: written past its end]",
	"[output page: freed but not allocated]",
	"[output page: freed in another order]",
	"[output page: freed twice]",
	"[page array: written past its end]",
};

static bool is_fatal(const char *report)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fatal_rules); i++)
		if (str_has_prefix(report, fatal_rules[i]))
			return true;
	return false;
}

/* Is the input dangerous without the ledger? Other cases check its reports. */
static bool attempt_is_fatal(struct attempt *a)
{
	struct load_info info = { };
	unsigned int i;

	ledger_open(&a->ledger, &a->orders, &info, a->in, a->size);
	a->ret = a->d->decompress(&info, a->in, a->size);
	if (!a->ret)
		a->d->cleanup(&info);
	ledger_close(&a->ledger);
	for (i = 0; i < a->ledger.reports && i < LEDGER_MAX_REPORTS; i++)
		if (is_fatal(a->ledger.report[i]))
			return true;
	/* Any rule may be in a report that was not kept */
	return a->ledger.reports > LEDGER_MAX_REPORTS;
}

int guarded_module_decompress(struct load_info *info, const void *buf, size_t size);

/**
 * guarded_module_decompress() - module_decompress(), unless it would crash the kernel
 * @info: as for module_decompress()
 * @buf: as for module_decompress()
 * @size: size of @buf in bytes
 *
 * The makefile has decompress_core.c call this, so that the suites after it run on a
 * kernel with a bug that hits a BUG_ON().
 *
 * Context: the thread of a test; may sleep.
 * Return: what module_decompress() returns; -ENOMEM; or -ECANCELED, if the ledger
 * reported a dangerous call and failed the test.
 */
int guarded_module_decompress(struct load_info *info, const void *buf, size_t size)
{
	const struct decompressor *own = own_algorithm()->d;
	struct attempt *a;
	bool fatal;

	/* A kernel of mutants has only the decompressor that is tested */
	if (!own->decompress)
		kunit_skip(current->kunit_test, "no %s", own_algorithm()->name);
	a = vzalloc(sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->d = own;
	a->in = buf;
	a->size = size;
	fatal = attempt_is_fatal(a);
	if (fatal)
		KUNIT_FAIL(current->kunit_test,
			   "%s, %zu bytes of input: %s; so it is not run without the ledger",
			   a->d->name, size, a->ledger.report[0]);
	vfree(a);
	return fatal ? -ECANCELED : module_decompress(info, buf, size);
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
		struct load_info info = { };
		int ret = guarded_module_decompress(&info, a->in, a->size);

		KUNIT_EXPECT_EQ(test, ret, 0);
		if (ret)
			return 0;
		module_decompress_cleanup(&info);
	}
	return before - free_memory();
}

/*
 * Test that cleanup leaks no page. A leak loses at least a page for each module
 * in each round. Per-CPU lists and other caches also take pages: none in 99 of
 * 100 boots on i386, and 31 in one. So the case fails only if each of three
 * rounds loses half a page or more for each module.
 */
static void cleanup_gives_all_memory_back(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, own_algorithm()->name);
	unsigned int counts;
	long lost;

	if (!watch_is_alone())
		kunit_skip(test, "this machine is not ours alone");
	case_fill(PAGE_SIZE + 1, PAYLOAD_RANDOM, 21);
	case_write(a, PAGE_SIZE + 1, &stream_checked);
	pages_lost_by_modules(test, a);
	for (counts = 0; counts < 3; counts++) {
		lost = pages_lost_by_modules(test, a);
		kunit_info(test, "%ld pages lost by %u modules\n", lost, MODULES_LOADED);
		if (lost < MODULES_LOADED / 2)
			break;
	}
	KUNIT_EXPECT_LT(test, lost, MODULES_LOADED / 2);
}

/*
 * Test that a bad file puts one message at the level of an error into the log.
 * Other tasks may log errors, too, but hardly during each of a few attempts.
 */
static void an_error_is_logged_once(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, own_algorithm()->name);
	unsigned int errors = UINT_MAX, once, i;
	char line[160];

	memset(case_input, 0xff, 100);
	case_set_input(a, case_input, 100);
	for (i = 0; i < 5 && errors != 1; i++) {
		struct load_info info = { };
		int ret;

		once = watch_errors(line, sizeof(line));
		ret = guarded_module_decompress(&info, a->in, a->size);
		once = watch_errors(line, sizeof(line)) - once;
		KUNIT_EXPECT_EQ(test, ret, -EINVAL);
		errors = min(errors, once);
	}
	KUNIT_EXPECT_EQ_MSG(test, errors, 1, "the last is \"%s\"", line);
}

static struct kunit_case own_cases[] = {
	KUNIT_CASE(an_error_is_logged_once),
	KUNIT_CASE(cleanup_gives_all_memory_back),
	{ }
};

static struct kunit_suite module_decompress_own_suite = {
	.name = "module_decompress_own",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = own_cases,
};

kunit_test_suite(module_decompress_own_suite);
