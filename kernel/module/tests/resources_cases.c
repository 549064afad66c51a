// SPDX-License-Identifier: GPL-2.0
/*
 * If an allocation fails or the output is too long, decompress.c returns an
 * error and leaks nothing.
 */
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "cases.h"

KUNIT_ARRAY_PARAM(algorithm, case_algorithms, case_algorithm_desc);

/* Of more pages than a short can count */
#define LARGE_FILE	SZ_64M

/*
 * Fail the first call, then the second, and so on until no call fails; if @all,
 * then the later calls, too. decompress.c may do without what it did not get,
 * and the output must be intact then.
 */
static void fail_each(struct kunit *test, struct attempt *a,
		      enum ledger_service service, bool all)
{
	unsigned int n;

	a->orders.fail_services = service;
	a->orders.fail_on = all;
	for (n = 1; n < 1000; n++) {
		a->orders.fail_nth = n;
		scnprintf(a->what, sizeof(a->what), "%scall %u failing%s",
			  a->direct ? "direct, " : "", n,
			  all ? " and all later ones" : "");
		attempt_decompress(test, a);
		if (!a->ledger.failed)
			break;
		/* Setting up zlib needs no memory, so its failure is no ENOMEM */
		if (a->ret && a->ret != -ENOMEM &&
		    (a->ret != -EINVAL || service != LEDGER_DECODER)) {
			attempt_fail(test, a, "failed call: other error",
				     "returned %d", a->ret);
			return;
		}
	}
	KUNIT_EXPECT_EQ_MSG(test, a->ret, 0, "with nothing left to fail");
	KUNIT_EXPECT_GT(test, n, 1);
	KUNIT_EXPECT_LT(test, n, 1000);
}

/* Test that decompress.c returns -ENOMEM if an allocation fails */
static void failed_allocation_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	fail_each(test, a, LEDGER_ALLOC, false);
	fail_each(test, a, LEDGER_ALLOC, true);
	/* The page array begins with one entry, and must grow */
	a->direct = a->d->decode;
	fail_each(test, a, LEDGER_ALLOC, false);
	fail_each(test, a, LEDGER_ALLOC, true);
}

/* Test that decompress.c returns -ENOMEM if vmap() fails */
static void failed_vmap_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	fail_each(test, a, LEDGER_VMAP, true);
}

/* Test that a failed decoder setup is an error */
static void failed_decoder_setup_is_an_error(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	fail_each(test, a, LEDGER_DECODER, true);
}

/* Test that a failed allocation inside xz_dec_run() is -ENOMEM, not -EINVAL */
static void xz_dictionary_without_memory_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "xz");

	case_fill(SOME_PAGES, PAYLOAD_TEXT, 7);
	case_write(a, SOME_PAGES, &stream_checked);
	strscpy(a->what, "no memory for the dictionary", sizeof(a->what));
	a->orders.xz_mem_error = true;
	expect_refused(test, a, -ENOMEM);
}

/* Test that a file that declares a large window cannot make the kernel warn */
static void zstd_window_without_memory_is_ENOMEM(struct kunit *test)
{
	static const struct stream_options window_8m = {
		.zstd_descriptor = ZSTD_WINDOW_8M,
	};
	struct attempt *a = case_attempt_as(test, "zstd");

	case_fill(SOME_PAGES, PAYLOAD_TEXT, 7);
	case_write(a, SOME_PAGES, &window_8m);
	strscpy(a->what, "no memory for the window", sizeof(a->what));
	a->orders.most_memory = SZ_1M;
	expect_refused(test, a, -ENOMEM);
}

/* Simulate an output of many pages, whatever the file holds */
static void simulate(struct attempt *a, unsigned int pages)
{
	case_fill(100, PAYLOAD_TEXT, 20);
	case_write(a, 100, &stream_plain);
	a->payload = NULL;
	a->orders.endless = pages;
}

/*
 * Test that a large file gets a page array. A check of the simulated output
 * fails, if decompress.c has one, but after that.
 */
static void large_file_gets_a_page_array(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	u8 *file;

	case_skip_without_room(test, LARGE_FILE);
	file = vzalloc(LARGE_FILE);
	KUNIT_ASSERT_NOT_NULL(test, file);
	simulate(a, 2);
	a->in = memcpy(file, a->in, a->size);
	a->size = LARGE_FILE;
	strscpy(a->what, "a large file", sizeof(a->what));
	attempt_decompress(test, a);
	vfree(file);
	KUNIT_EXPECT_NE(test, a->ret, -ENOMEM);
	KUNIT_EXPECT_GT(test, a->ledger.produced, 0);
}

/*
 * Test that the output has the same limit as a module that is not compressed,
 * which kernel_read_file() enforces. The length of a longer output overflows.
 */
static void output_beyond_INT_MAX_is_EFBIG(struct kunit *test)
{
	struct attempt *a = case_attempt(test);

	simulate(a, INT_MAX / PAGE_SIZE);
	scnprintf(a->what, sizeof(a->what), "%u pages", a->orders.endless);
	attempt_decompress(test, a);
	KUNIT_EXPECT_NE(test, a->ret, -EFBIG);

	simulate(a, INT_MAX / PAGE_SIZE + 1);
	scnprintf(a->what, sizeof(a->what), "%u pages", a->orders.endless);
	expect_refused(test, a, -EFBIG);
}

static struct kunit_case resource_cases[] = {
	KUNIT_CASE_PARAM(failed_allocation_is_ENOMEM, algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_vmap_is_ENOMEM, algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_decoder_setup_is_an_error,
			 algorithm_gen_params),
	KUNIT_CASE(xz_dictionary_without_memory_is_ENOMEM),
	KUNIT_CASE(zstd_window_without_memory_is_ENOMEM),
	KUNIT_CASE_PARAM(large_file_gets_a_page_array, algorithm_gen_params),
	SLOW_CASE_PARAM(output_beyond_INT_MAX_is_EFBIG, algorithm_gen_params),
	{ }
};

static struct kunit_suite module_decompress_resources_suite = {
	.name = "module_decompress_resources",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = resource_cases,
};

kunit_test_suite(module_decompress_resources_suite);
