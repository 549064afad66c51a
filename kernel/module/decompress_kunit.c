// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for in-kernel module decompression, kernel/module/decompress.c.
 *
 * The cases here and in tests/ run the tree's own decompress.c, built once for
 * each algorithm (tests/seam.h), with a ledger between decompress.c and the
 * kernel services that it calls (tests/ledger.h). tests/attempt.c checks each
 * decompression against all rules, among them that the kmap_local nesting stack
 * is balanced. A case gives the input and the expected result.
 *
 * Documentation/dev-tools/module-decompress-kunit.rst explains how the parts
 * work together.
 */
#include <kunit/test.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "tests/blob_table.h"
#include "tests/cases.h"
#include "internal.h"

KUNIT_ARRAY_PARAM(algorithm, case_algorithms, case_algorithm_desc);

static void blob_desc(const struct decompress_blob *blob, char *desc)
{
	strscpy(desc, blob->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(blob, decompress_blobs, blob_desc);

/**
 * case_next_blob() - iterate over the files from real compressors
 * @format: "gzip", "xz" or "zstd"
 * @blob: the previous file, or NULL
 *
 * Context: any.
 * Return: the next file, or NULL at the end.
 */
const struct decompress_blob *
case_next_blob(const char *format, const struct decompress_blob *blob)
{
	const struct decompress_blob *end =
		decompress_blobs + ARRAY_SIZE(decompress_blobs);

	for (blob = blob ? blob + 1 : decompress_blobs; blob < end; blob++)
		if (!strcmp(blob->format, format))
			return blob;
	return NULL;
}

/* Test that files from real compressors come out, if the kernel supports them */
static void blob_output_matches(struct kunit *test)
{
	const struct decompress_blob *blob = test->param_value;
	struct attempt *a = case_attempt_as(test, blob->format);

	case_set_blob(test, a, blob);
	if (blob->optional)
		attempt_decompress(test, a);
	else
		expect_taken(test, a);
}

/* Test that the output is intact for each length near a page boundary */
static void lengths_to_two_pages_come_out(struct kunit *test)
{
	static const enum payload_kind kinds[] = {
		PAYLOAD_ZERO, PAYLOAD_RANDOM,
	};
	/* A window of 1 KiB needs little memory, and many blocks */
	static const struct stream_options small_window = {
		.zstd_descriptor = 0,
	};
	struct attempt *a = case_attempt(test);
	size_t len, to_page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		case_fill(2 * PAGE_SIZE + 1, kinds[i], 1);
		for (len = 0; len <= 2 * PAGE_SIZE + 1;
		     len += to_page > 32 ? 29 : 1) {
			case_write(a, len, &small_window);
			a->orders.ample_memory = len % 2;
			if (!expect_taken(test, a))
				return;
			to_page = min(len % PAGE_SIZE,
				      PAGE_SIZE - 1 - len % PAGE_SIZE);
		}
	}
}

/* Test that the output may have more pages than there are kmap_local slots */
static void page_counts_near_the_slot_count_come_out(struct kunit *test)
{
	static const unsigned int pages[] = { 15, 16, 17, 32, 33, 34 };
	struct attempt *a = case_attempt(test);
	unsigned int i;
	int more;

	case_fill(35 * PAGE_SIZE, PAYLOAD_TEXT, 2);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		for (more = -1; more <= 1; more++) {
			case_write(a, pages[i] * PAGE_SIZE + more,
				   &stream_checked);
			if (!expect_taken(test, a))
				return;
		}
	}
}

/* Test that output of up to 2 MiB is intact, and that no counter overflows */
static void megabytes_come_out(struct kunit *test)
{
	static const struct {
		size_t len;
		enum payload_kind kind;
		const struct stream_options *options;
	} sizes[] = {
		/* With pages of 4 KiB, the page array has 256 entries */
		{ SZ_512K - SZ_2K, PAYLOAD_RANDOM, &stream_plain },
		{ SZ_1M, PAYLOAD_ZERO, &stream_plain },
		{ SZ_1M, PAYLOAD_TEXT, &stream_checked },
		{ SZ_2M + 1, PAYLOAD_RANDOM, &stream_checked },
	};
	struct attempt *a = case_attempt(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		case_fill(sizes[i].len, sizes[i].kind, 3);
		case_write(a, sizes[i].len, sizes[i].options);
		expect_taken(test, a);
	}
}

/*
 * Test that module_gzip_decompress() and the others work with a page array of
 * one entry, and let it grow as far as the output needs.
 */
static void page_array_grows_from_one_entry(struct kunit *test)
{
	struct attempt *a = case_attempt(test);

	case_skip_without_decode(test, a);
	case_fill(SZ_2M + 1, PAYLOAD_RANDOM, 4);
	case_write(a, SZ_2M + 1, &stream_checked);
	a->direct = 1;
	expect_taken(test, a);
}

/* Test the same with page arrays whose size is never a power of two */
static void page_array_grows_from_three_or_five_entries(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	unsigned int entries, pages;

	case_skip_without_decode(test, a);
	case_fill(16 * PAGE_SIZE, PAYLOAD_RANDOM, 5);
	for (entries = 3; entries <= 5; entries += 2) {
		for (pages = entries + 1; pages <= 16; pages++) {
			case_write(a, pages * PAGE_SIZE, &stream_checked);
			a->direct = entries;
			if (!expect_taken(test, a))
				return;
		}
	}
}

/* Test that a zstd file of under 1000 bytes can decompress to 4 MiB */
static void zstd_zeros_come_out(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "zstd");

	case_fill(SZ_4M, PAYLOAD_ZERO, 4);
	case_write(a, SZ_4M, &stream_plain);
	KUNIT_EXPECT_LT(test, a->size, 1000);
	expect_taken(test, a);
}

/* Test that a match may have the largest distance, 32 KiB: RFC 1951, 3.2.5 */
static void gzip_match_reaches_back_32k(struct kunit *test)
{
	static const struct stream_options far = { .gzip_far_match = true };
	struct attempt *a = case_attempt_as(test, "gzip");

	case_fill(SZ_32K, PAYLOAD_RANDOM, 16);
	memcpy(case_payload + SZ_32K, case_payload, 258);
	case_write(a, SZ_32K + 258, &far);
	strscpy(a->what, "a match from 32 KiB back", sizeof(a->what));
	expect_taken(test, a);
}

/*
 * Test that input and output can reach the end of a page in the same call, if
 * decompress.c passes the input in parts. The name is so long that in the last
 * block the offsets of input and output differ by exactly one page.
 */
static void gzip_input_and_output_pages_end_together(struct kunit *test)
{
	static const struct stream_options named = { .gzip_flags = 0x08 };
	struct attempt *a = case_attempt_as(test, "gzip");
	unsigned int blocks;

	case_fill(3 * 65535, PAYLOAD_RANDOM, 24);
	for (blocks = 1; blocks <= 3; blocks++) {
		/* The header, with 8 bytes of name, and a header for each block */
		size_t more = PAGE_SIZE - 18 - 5 * blocks;
		u8 *name = case_input + 10;

		case_write(a, blocks * 65535, &named);
		memmove(name + more, name, a->size - 10);
		memset(name, 'n', more);
		case_set_input(a, case_input, a->size + more);
		scnprintf(a->what, sizeof(a->what), "%u stored blocks", blocks);
		expect_taken(test, a);
	}
}

/* Test that a refused file does not affect the next one */
static void good_input_is_taken_after_a_refused_one(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	unsigned int i;

	case_fill(3 * PAGE_SIZE, PAYLOAD_TEXT, 5);
	for (i = 0; i < 10; i++) {
		case_write(a, 3 * PAGE_SIZE, &stream_checked);
		a->size -= 20;
		if (!expect_refused(test, a, -EINVAL))
			return;
		case_write(a, 3 * PAGE_SIZE, &stream_checked);
		expect_taken(test, a);
	}
}

/* Test that /sys/module/compression names the algorithm of the build */
static void sysfs_attribute_names_the_algorithm(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = case_attempt(test);
	struct kobj_attribute *attribute;
	struct load_info info = { };
	char *text, *want;

	if (!a->d->sysfs_init)
		kunit_skip(test, "no CONFIG_SYSFS");
	text = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	want = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_NOT_NULL(test, want);

	ledger_open(&a->ledger, &a->orders, &info, NULL, 0);
	KUNIT_EXPECT_EQ(test, a->d->sysfs_init(), 0);
	ledger_close(&a->ledger);
	ledger_has_no_reports(test, &a->ledger, "sysfs_init()");
	KUNIT_EXPECT_EQ(test, a->ledger.log_lines, 0);
	KUNIT_ASSERT_NOT_NULL(test, a->ledger.attribute);
	KUNIT_EXPECT_STREQ(test, a->ledger.attribute->name, "compression");
	KUNIT_EXPECT_EQ(test, a->ledger.attribute->mode, 0444);
	KUNIT_EXPECT_PTR_EQ(test, a->ledger.kobj, &a->d->kset->kobj);

	attribute = container_of((struct attribute *)a->ledger.attribute,
				 struct kobj_attribute, attr);
	scnprintf(want, PAGE_SIZE, "%s\n", algorithm->name);
	KUNIT_EXPECT_EQ(test, attribute->show(NULL, attribute, text),
			strlen(want));
	KUNIT_EXPECT_STREQ(test, text, want);
}

/* Test that a failure to create the attribute is logged as a warning */
static void missing_sysfs_attribute_is_logged_as_of_today(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	struct load_info info = { };

	if (!a->d->sysfs_init)
		kunit_skip(test, "no CONFIG_SYSFS");
	a->orders.fail_services = LEDGER_SYSFS;
	a->orders.fail_nth = 1;
	ledger_open(&a->ledger, &a->orders, &info, NULL, 0);
	a->d->sysfs_init();
	ledger_close(&a->ledger);
	ledger_has_no_reports(test, &a->ledger, "sysfs_init()");
	KUNIT_EXPECT_EQ(test, a->ledger.log_lines, 1);
	KUNIT_EXPECT_EQ(test, a->ledger.log_level, LOGLEVEL_WARNING);
}

static struct kunit_case output_cases[] = {
	KUNIT_CASE_PARAM(blob_output_matches, blob_gen_params),
	KUNIT_CASE_PARAM(lengths_to_two_pages_come_out, algorithm_gen_params),
	KUNIT_CASE_PARAM(page_counts_near_the_slot_count_come_out,
			 algorithm_gen_params),
	SLOW_CASE_PARAM(megabytes_come_out, algorithm_gen_params),
	KUNIT_CASE_PARAM(page_array_grows_from_one_entry, algorithm_gen_params),
	KUNIT_CASE_PARAM(page_array_grows_from_three_or_five_entries,
			 algorithm_gen_params),
	KUNIT_CASE(zstd_zeros_come_out),
	KUNIT_CASE(gzip_match_reaches_back_32k),
	KUNIT_CASE(gzip_input_and_output_pages_end_together),
	KUNIT_CASE_PARAM(good_input_is_taken_after_a_refused_one,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(sysfs_attribute_names_the_algorithm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(missing_sysfs_attribute_is_logged_as_of_today,
			 algorithm_gen_params),
	{ }
};

static struct kunit_suite module_decompress_suite = {
	.name = "module_decompress",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = output_cases,
};

kunit_test_suite(module_decompress_suite);

MODULE_DESCRIPTION("KUnit tests for in-kernel module decompression");
MODULE_LICENSE("GPL");
