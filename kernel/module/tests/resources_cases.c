// SPDX-License-Identifier: GPL-2.0
/*
 * If an allocation fails or the output is too long, decompress.c returns an
 * error and leaks nothing.
 */
#include <linux/string.h>

#include "cases.h"

KUNIT_ARRAY_PARAM(algorithm, case_algorithms, case_algorithm_desc);

/* Fail the first call, then the second, and so on until no call fails */
static void fail_each(struct kunit *test, struct attempt *a,
		      enum ledger_service service, int error, const char *log)
{
	unsigned int n;

	a->orders.fail_services = service;
	for (n = 1; n < 100; n++) {
		a->orders.fail_nth = n;
		scnprintf(a->what, sizeof(a->what), "%s call %u failing",
			  a->direct ? "direct," : "", n);
		attempt_decompress(test, a);
		if (!a->ledger.failed)
			break;
		if (a->ret != error) {
			KUNIT_FAIL(test, "%s, %s: returned %d, not %d",
				   a->d->name, a->what, a->ret, error);
			return;
		}
		if (log && !strstr(a->ledger.log, log))
			KUNIT_FAIL(test, "%s, %s: logged \"%s\"", a->d->name,
				   a->what, a->ledger.log);
	}
	KUNIT_EXPECT_EQ_MSG(test, a->ret, 0, "with nothing left to fail");
	KUNIT_EXPECT_GT(test, n, 1);
	KUNIT_EXPECT_LT(test, n, 100);
}

/* Test that decompress.c returns -ENOMEM if an allocation fails */
static void failed_allocation_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	fail_each(test, a, LEDGER_ALLOC, -ENOMEM, NULL);
	/* The page array begins with one entry, and must grow */
	a->direct = true;
	fail_each(test, a, LEDGER_ALLOC, -ENOMEM, NULL);
}

/* Test that decompress.c returns -ENOMEM if vmap() fails */
static void failed_vmap_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	fail_each(test, a, LEDGER_VMAP, -ENOMEM, NULL);
}

/* Test that a failed decoder setup is an error; zlib's setup needs no memory */
static void failed_decoder_setup_is_an_error(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = case_some_pages(test);

	fail_each(test, a, LEDGER_DECODER, algorithm->init_error,
		  algorithm->init_log);
}

/* Test that a failed allocation inside xz_dec_run() is -ENOMEM, not -EINVAL */
static void xz_dictionary_without_memory_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "xz");

	case_fill(SOME_PAGES, PAYLOAD_TEXT, 7);
	case_write(a, SOME_PAGES, &stream_checked);
	strscpy(a->what, "no memory for the dictionary", sizeof(a->what));
	a->orders.xz_mem_error = true;
	expect_refused(test, a, -ENOMEM, NULL);
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
	expect_refused(test, a, -ENOMEM, NULL);
}

/* Test that the page array for a file of INT_MAX bytes can be allocated */
static void largest_file_gets_a_page_array(struct kunit *test)
{
	struct attempt *a = case_attempt(test);

	case_write(a, 100, &stream_plain);
	a->payload = NULL;
	a->size = INT_MAX;
	a->orders.endless = 2;
	strscpy(a->what, "a file of INT_MAX bytes", sizeof(a->what));
	attempt_decompress(test, a);
	KUNIT_EXPECT_EQ(test, a->ret, 0);
}

/*
 * Test that the output has the same limit as a module that is not compressed,
 * which kernel_read_file() enforces. The length of a longer output overflows.
 */
static void output_beyond_INT_MAX_is_EFBIG(struct kunit *test)
{
	struct attempt *a = case_attempt(test);

	case_fill(100, PAYLOAD_TEXT, 20);
	case_write(a, 100, &stream_plain);
	a->orders.endless = INT_MAX / PAGE_SIZE + 2;
	scnprintf(a->what, sizeof(a->what), "%u pages", a->orders.endless);
	expect_refused(test, a, -EFBIG, NULL);
	KUNIT_EXPECT_EQ(test, a->ledger.runs, INT_MAX / PAGE_SIZE);
}

static struct kunit_case resource_cases[] = {
	KUNIT_CASE_PARAM(failed_allocation_is_ENOMEM, algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_vmap_is_ENOMEM, algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_decoder_setup_is_an_error,
			 algorithm_gen_params),
	KUNIT_CASE(xz_dictionary_without_memory_is_ENOMEM),
	KUNIT_CASE(zstd_window_without_memory_is_ENOMEM),
	KUNIT_CASE_PARAM(largest_file_gets_a_page_array, algorithm_gen_params),
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
