// SPDX-License-Identifier: GPL-2.0
/*
 * The files of the decoders' own suites in lib/, through decompress.c: page by page, into
 * highmem.
 */
#include <linux/crc32.h>
#include <linux/errno.h>

#include "cases.h"
#include "../../../lib/xz/tests/xz_dec_files.h"
#include "../../../lib/zlib_inflate/tests/inflate_files.h"
#include "../../../lib/zstd/tests/zstd_decompress_files.h"

static size_t output_len;
static u32 output_crc;

static void note_output(struct attempt *a, const void *out, size_t len)
{
	output_len = len;
	output_crc = ~crc32_le(~0, out, len);
}

/* Decompress the file @what, in which case_set_input() has put its data */
static void check_file(struct kunit *test, struct attempt *a, const char *what, bool refused,
		       size_t len, u32 crc)
{
	strscpy(a->what, what, sizeof(a->what));
	a->payload = NULL;
	a->len = len;
	a->look = refused ? NULL : note_output;
	if (refused) {
		expect_refused(test, a, -EINVAL);
	} else if (expect_taken(test, a)) {
		KUNIT_EXPECT_EQ_MSG(test, output_len, len, "%s", what);
		KUNIT_EXPECT_EQ_MSG(test, output_crc, crc, "%s", what);
	}
	a->look = NULL;
}

/* Test that gzip files that reach all of the decoder come out, or are refused */
static void gzip_conformance_files(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "gzip");
	const struct inflate_file *file = inflate_files;

	for (; file < inflate_files + ARRAY_SIZE(inflate_files); file++) {
		case_set_input(a, file->data, file->size);
		check_file(test, a, file->what, file->refused, file->len, file->crc);
	}
}

/* Test the same of xz files */
static void xz_conformance_files(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "xz");
	const struct xz_dec_file *file = xz_dec_files;

	for (; file < xz_dec_files + ARRAY_SIZE(xz_dec_files); file++) {
		case_set_input(a, file->data, file->size);
		check_file(test, a, file->what, file->refused, file->len, file->crc);
	}
}

/* Test the same of zstd files */
static void zstd_conformance_files(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "zstd");
	const struct zstd_decompress_file *file = zstd_decompress_files;

	for (; file < zstd_decompress_files + ARRAY_SIZE(zstd_decompress_files); file++) {
		case_set_input(a, file->data, file->size);
		check_file(test, a, file->what, file->refused, file->len, file->crc);
	}
}

static struct kunit_case conformance_cases[] = {
	KUNIT_CASE(gzip_conformance_files),
	KUNIT_CASE(xz_conformance_files),
	KUNIT_CASE(zstd_conformance_files),
	{ }
};

static struct kunit_suite module_decompress_conformance_suite = {
	.name = "module_decompress_conformance",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = conformance_cases,
};

kunit_test_suite(module_decompress_conformance_suite);
