// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for XZ Embedded. Small files that between them reach nearly all of the decoder are
 * decompressed in one call and in pieces: what comes out must not depend on the pieces.
 */
#include <kunit/test.h>
#include <linux/crc32.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/xz.h>

#include "xz_dec_files.h"

/* No file decompresses to more, and none has a larger dictionary */
#define OUT_MAX		SZ_256K
#define DICT_MAX	SZ_2M
#define UNTOUCHED	0xa5
/*
 * The header of a stream, and in the header of a block without sizes its flags and the size of its
 * dictionary (.xz file format, 2.1.1, 3.1 and 5.3.1)
 */
#define STREAM_HEADER	12
#define BLOCK_FLAGS	1
#define BLOCK_DICT	4

static const struct xz_dec_file *const files_end = xz_dec_files + ARRAY_SIZE(xz_dec_files);

static u8 *out;

/**
 * struct pieces - how the input and the output are passed
 * @name: name of the case
 * @mode: mode of the decoder
 * @in: how many bytes of the input are passed at once
 * @out: how many bytes of the output are asked for at once
 */
struct pieces {
	const char *name;
	enum xz_mode mode;
	size_t in;
	size_t out;
};

static const struct pieces all_pieces[] = {
	{ "in one call", XZ_SINGLE, SZ_1M, OUT_MAX },
	{ "with a dictionary", XZ_PREALLOC, SZ_1M, OUT_MAX },
	{ "page by page", XZ_DYNALLOC, SZ_1M, SZ_4K },
	{ "byte by byte in", XZ_DYNALLOC, 1, OUT_MAX },
	{ "few bytes out", XZ_DYNALLOC, SZ_1M, 3 },
	{ "few bytes in and out", XZ_DYNALLOC, 7, 300 },
	{ "some bytes in", XZ_DYNALLOC, 61, OUT_MAX },
};

static void pieces_desc(const struct pieces *pieces, char *desc)
{
	strscpy(desc, pieces->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pieces, all_pieces, pieces_desc);

/* Return how much room a file gets: a byte more than it needs */
static size_t room_for(const struct xz_dec_file *file)
{
	return file->refused ? OUT_MAX : file->len + 1;
}

/* Decompress a file. Return true if the stream ends as it should. */
static bool decompress(struct xz_dec *dec, const struct xz_dec_file *file,
		       const struct pieces *pieces, size_t *len)
{
	struct xz_buf buf = { .in = file->data, .out = out };
	size_t room = room_for(file);
	enum xz_ret rc;

	/* The decoder as the file before left it must not matter */
	xz_dec_reset(dec);
	do {
		if (buf.in_pos == buf.in_size)
			buf.in_size += min(file->size - buf.in_size, pieces->in);
		if (buf.out_pos == buf.out_size)
			buf.out_size += min(room - buf.out_size, pieces->out);
		/* Without progress it returns XZ_BUF_ERROR the second time */
		rc = xz_dec_run(dec, &buf);
	} while (rc == XZ_OK || rc == XZ_UNSUPPORTED_CHECK);
	*len = buf.out_pos;
	return rc == XZ_STREAM_END;
}

/* Test that what should come out comes out, and that damaged files are refused */
static void files_come_out_or_are_refused(struct kunit *test)
{
	const struct pieces *pieces = test->param_value;
	struct xz_dec *dec = xz_dec_init(pieces->mode, DICT_MAX);
	const struct xz_dec_file *file;
	size_t len, room;
	bool taken;
	u32 crc;

	KUNIT_ASSERT_NOT_NULL(test, dec);
	for (file = xz_dec_files; file < files_end; file++) {
		memset(out, UNTOUCHED, OUT_MAX);
		taken = decompress(dec, file, pieces, &len);
		KUNIT_EXPECT_EQ_MSG(test, taken, !file->refused, "%s", file->what);
		room = room_for(file);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(out + room, UNTOUCHED, OUT_MAX - room),
				      "%s: bytes past the room", file->what);
		if (!taken || file->refused)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, len, file->len, "%s", file->what);
		crc = ~crc32_le(~0, out, file->len);
		KUNIT_EXPECT_EQ_MSG(test, crc, file->crc, "%s", file->what);
	}
	xz_dec_end(dec);
}

/* Test that each file is refused if it is cut off anywhere */
static void cut_off_files_are_refused(struct kunit *test)
{
	struct xz_dec *dec = xz_dec_init(XZ_DYNALLOC, DICT_MAX);
	const struct xz_dec_file *file;
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, dec);
	for (file = xz_dec_files; file < files_end; file++) {
		struct xz_dec_file cut = *file;

		if (file->refused || file->size > 150)
			continue;
		for (cut.size = 0; cut.size < file->size; cut.size++)
			KUNIT_EXPECT_FALSE_MSG(test, decompress(dec, &cut, &all_pieces[1], &len),
					       "%s: %zu bytes", file->what, cut.size);
	}
	xz_dec_end(dec);
}

/* Find a file whose block has no sizes in its header */
static const struct xz_dec_file *plain_file(struct kunit *test)
{
	const struct xz_dec_file *file = xz_dec_files;

	while (file < files_end && (file->refused || !file->len || file->len > OUT_MAX / 2 ||
				    file->data[STREAM_HEADER + BLOCK_FLAGS]))
		file++;
	KUNIT_ASSERT_PTR_NE(test, file, files_end);
	return file;
}

/* Decompress a file with another byte in its block's header, and with the CRC32 for it */
static enum xz_ret decompress_with(struct xz_dec *dec, const struct xz_dec_file *file,
				   unsigned int at, u8 value)
{
	u8 *in = out + OUT_MAX / 2, *header = in + STREAM_HEADER;
	struct xz_buf buf = { .in = in, .in_size = file->size, .out = out, .out_size = file->len };
	unsigned int i, len;
	u32 crc;

	memcpy(in, file->data, file->size);
	header[at] = value;
	len = 4 * header[0];
	crc = ~crc32_le(~0, header, len);
	for (i = 0; i < 4; i++)
		header[len + i] = crc >> 8 * i;
	xz_dec_reset(dec);
	return xz_dec_run(dec, &buf);
}

/*
 * Test that no flag of a block is ignored, and that dictionaries up to 3 GiB are taken (.xz file
 * format, 3.1.2 and 5.3.1). A decoder may take 40, which is 4 GiB - 1, or not.
 */
static void block_header_is_checked(struct kunit *test)
{
	const struct xz_dec_file *file = plain_file(test);
	struct xz_dec *dec = xz_dec_init(XZ_SINGLE, 0);
	unsigned int value;

	KUNIT_ASSERT_NOT_NULL(test, dec);
	for (value = 1; value < 64; value++)
		KUNIT_EXPECT_NE_MSG(test, decompress_with(dec, file, BLOCK_FLAGS, value),
				    XZ_STREAM_END, "flags %#x", value);
	for (value = 0; value < 40; value++)
		KUNIT_EXPECT_EQ_MSG(test, decompress_with(dec, file, BLOCK_DICT, value),
				    XZ_STREAM_END, "dictionary %u", value);
	for (value = 41; value < 256; value++)
		KUNIT_EXPECT_NE_MSG(test, decompress_with(dec, file, BLOCK_DICT, value),
				    XZ_STREAM_END, "dictionary %u", value);
	xz_dec_end(dec);
}

/* Test that a dictionary may be as large as the limit, and not larger (linux/xz.h) */
static void dictionary_has_a_limit(struct kunit *test)
{
	static const enum xz_mode modes[] = { XZ_PREALLOC, XZ_DYNALLOC };
	const struct xz_dec_file *file = plain_file(test);
	unsigned int i, value;
	u64 size;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct xz_dec *dec = xz_dec_init(modes[i], SZ_64K);

		KUNIT_ASSERT_NOT_NULL(test, dec);
		for (value = 0; value < 40; value++) {
			size = (u64)(2 | (value & 1)) << (value / 2 + 11);
			KUNIT_EXPECT_EQ_MSG(test, decompress_with(dec, file, BLOCK_DICT, value),
					    size > SZ_64K ? XZ_MEMLIMIT_ERROR : XZ_STREAM_END,
					    "dictionary %u", value);
		}
		xz_dec_end(dec);
	}
}

/* Test that the second call without progress returns XZ_BUF_ERROR (linux/xz.h) */
static void calls_without_progress_end(struct kunit *test)
{
	const struct xz_dec_file *file;
	struct xz_dec *dec = xz_dec_init(XZ_DYNALLOC, DICT_MAX);

	KUNIT_ASSERT_NOT_NULL(test, dec);
	for (file = xz_dec_files; file < files_end; file++) {
		struct xz_buf begin = {
			.in = file->data, .in_size = file->size - 1,
			.out = out, .out_size = OUT_MAX,
		};
		struct xz_buf buf = begin;

		if (file->refused)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_OK, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_OK, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_BUF_ERROR, "%s", file->what);
		/* With a byte more after the first of them, it goes on */
		xz_dec_reset(dec);
		buf = begin;
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_OK, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_OK, "%s", file->what);
		buf.in_size++;
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_STREAM_END, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, buf.in_pos, file->size, "%s", file->what);
		xz_dec_reset(dec);
	}
	xz_dec_end(dec);
}

/* Test that a failed single call leaves the positions as they were (linux/xz.h) */
static void single_call_restores_the_positions(struct kunit *test)
{
	const struct xz_dec_file *file;
	struct xz_dec *dec = xz_dec_init(XZ_SINGLE, 0);

	KUNIT_ASSERT_NOT_NULL(test, dec);
	for (file = xz_dec_files; file < files_end; file++) {
		struct xz_buf buf = {
			.in = file->data, .in_size = file->size,
			.out = out, .out_size = file->len - 1,
		};

		if (file->refused || !file->len)
			continue;
		/* Too little room, then too little input, then all */
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_BUF_ERROR, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, buf.in_pos + buf.out_pos, 0, "%s", file->what);
		buf.out_size = OUT_MAX;
		buf.in_size--;
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_DATA_ERROR, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, buf.in_pos + buf.out_pos, 0, "%s", file->what);
		buf.in_size++;
		KUNIT_EXPECT_EQ_MSG(test, xz_dec_run(dec, &buf), XZ_STREAM_END, "%s", file->what);
	}
	xz_dec_end(dec);
}

static int xz_dec_suite_init(struct kunit_suite *suite)
{
	out = kvmalloc(OUT_MAX, GFP_KERNEL);
	return out ? 0 : -ENOMEM;
}

static void xz_dec_suite_exit(struct kunit_suite *suite)
{
	kvfree(out);
}

static struct kunit_case xz_dec_cases[] = {
	KUNIT_CASE_PARAM(files_come_out_or_are_refused, pieces_gen_params),
	KUNIT_CASE(cut_off_files_are_refused),
	KUNIT_CASE(block_header_is_checked),
	KUNIT_CASE(dictionary_has_a_limit),
	KUNIT_CASE(calls_without_progress_end),
	KUNIT_CASE(single_call_restores_the_positions),
	{ }
};

static struct kunit_suite xz_dec_suite = {
	.name = "xz_dec",
	.suite_init = xz_dec_suite_init,
	.suite_exit = xz_dec_suite_exit,
	.test_cases = xz_dec_cases,
};

kunit_test_suite(xz_dec_suite);

MODULE_DESCRIPTION("KUnit tests for XZ Embedded");
MODULE_LICENSE("GPL");
