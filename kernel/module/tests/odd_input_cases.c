// SPDX-License-Identifier: GPL-2.0
/*
 * How the decoders and decompress.c handle odd input today. No document promises
 * it, and a decoder may improve. So these cases are only in this repository, where
 * they notice the change.
 */
#include <linux/string.h>

#include "cases.h"

/*
 * Test that a frame whose last block is empty is accepted if it declares more
 * content than a page (RFC 8878, 3.1.1.1.4): lib/zstd checks the size only if it
 * fits into the output buffer.
 */
static void zstd_empty_frame_is_taken_as_of_today(struct kunit *test)
{
	/* A 4-byte content size, and one empty raw block, marked as last */
	u8 frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x80, 0,
		       0, PAGE_SIZE >> 8 & 0xff, PAGE_SIZE >> 16, 0, 1, 0, 0 };
	struct attempt *a = case_attempt_as(test, "zstd");

	case_set_input(a, frame, sizeof(frame));
	a->len = 0;
	strscpy(a->what, "nothing, in place of a page", sizeof(a->what));
	expect_refused(test, a, -EINVAL);
	frame[6] = 1;
	case_set_input(a, frame, sizeof(frame));
	strscpy(a->what, "nothing, in place of a page and a byte", sizeof(a->what));
	expect_taken(test, a);
}

/* Test that lib/xz ignores the first byte of the range coder */
static void xz_range_coder_byte_is_ignored_as_of_today(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "xz");
	const struct decompress_blob *blob;
	u8 *begin;

	for (blob = case_next_blob("xz", NULL); blob;
	     blob = case_next_blob("xz", blob)) {
		if (!blob->small)
			continue;
		case_set_blob(test, a, blob);
		/* Skip the headers of stream, block and LZMA2 chunk */
		begin = (u8 *)a->in + 12 + (a->in[12] + 1) * 4 + 6;
		KUNIT_EXPECT_EQ(test, *begin, 0);
		*begin = 0xff;
		expect_taken(test, a);
	}
}

/* Test that gzip's trailer (CRC32, length) is not verified */
static void gzip_trailer_is_ignored_as_of_today(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "gzip");
	unsigned int bit;

	case_fill(SOME_PAGES, PAYLOAD_TEXT, 12);
	case_write(a, SOME_PAGES, &stream_plain);
	for (bit = 0; bit < 64; bit++) {
		u8 *byte = (u8 *)a->in + a->size - 1 - bit / 8;

		*byte ^= 1 << bit % 8;
		scnprintf(a->what, sizeof(a->what), "trailer bit %u flipped",
			  bit);
		if (!expect_taken(test, a))
			return;
		*byte ^= 1 << bit % 8;
	}
	memset((u8 *)a->in + a->size - 4, 0xff, 4);
	strscpy(a->what, "a length of 4 GiB", sizeof(a->what));
	if (!expect_taken(test, a))
		return;
	for (bit = 1; bit <= 8; bit++) {
		case_set_input(a, a->in, a->size - 1);
		scnprintf(a->what, sizeof(a->what), "%u bytes of trailer",
			  8 - bit);
		if (!expect_taken(test, a))
			return;
	}
}

/* Test that a gzip file without its trailer is accepted */
static void gzip_without_trailer_is_taken_as_of_today(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "gzip");
	const struct decompress_blob *blob;

	for (blob = case_next_blob("gzip", NULL); blob;
	     blob = case_next_blob("gzip", blob)) {
		if (blob->optional)
			continue;
		case_set_blob(test, a, blob);
		case_set_input(a, blob->data, blob->size - 8);
		if (!expect_taken(test, a))
			return;
	}
}

/* Test that damaged gzip data is accepted: the CRC32 is not verified */
static void gzip_damaged_data_is_taken_as_of_today(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "gzip");

	case_fill(100, PAYLOAD_TEXT, 13);
	case_write(a, 100, &stream_plain);
	((u8 *)a->in)[a->size - 8 - 50] ^= 1;
	case_payload[50] ^= 1;
	strscpy(a->what, "byte 50 damaged", sizeof(a->what));
	expect_taken(test, a);
	case_payload[50] ^= 1;
}

static struct kunit_case odd_input_cases[] = {
	KUNIT_CASE(zstd_empty_frame_is_taken_as_of_today),
	KUNIT_CASE(xz_range_coder_byte_is_ignored_as_of_today),
	KUNIT_CASE(gzip_trailer_is_ignored_as_of_today),
	KUNIT_CASE(gzip_without_trailer_is_taken_as_of_today),
	KUNIT_CASE(gzip_damaged_data_is_taken_as_of_today),
	{ }
};

static struct kunit_suite module_decompress_odd_input_suite = {
	.name = "module_decompress_odd_input",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = odd_input_cases,
};

kunit_test_suite(module_decompress_odd_input_suite);
