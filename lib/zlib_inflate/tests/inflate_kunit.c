// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for zlib_inflate(). Small files that between them reach nearly all of the decoder are
 * decompressed in one call and in pieces: what comes out must not depend on the pieces.
 */
#include <kunit/test.h>
#include <linux/crc32.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/zlib.h>
#include <linux/zutil.h>

#include "inflate_files.h"

/* The files are gzip members: a header, deflate data, and a trailer that is not read */
#define GZIP_HEADER	10
#define GZIP_TRAILER	8

/* No file decompresses to more */
#define OUT_MAX		SZ_256K
#define UNTOUCHED	0xa5

static const struct inflate_file *const files_end =
	inflate_files + ARRAY_SIZE(inflate_files);

static u8 *out;
static struct z_stream_s stream;

/**
 * struct pieces - how the input and the output are passed
 * @name: name of the case
 * @in: how many bytes of the input are passed at once
 * @out: how many bytes of the output are asked for at once
 */
struct pieces {
	const char *name;
	size_t in;
	size_t out;
};

static const struct pieces all_pieces[] = {
	{ "in one call", SZ_1M, OUT_MAX },
	{ "page by page", SZ_1M, SZ_4K },
	{ "byte by byte in", 1, OUT_MAX },
	{ "few bytes out", SZ_1M, 3 },
	{ "few bytes in and out", 7, 300 },
};

static void pieces_desc(const struct pieces *pieces, char *desc)
{
	strscpy(desc, pieces->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pieces, all_pieces, pieces_desc);

/* Return how much room a file gets: more than it needs, so that fast loops decode its end, too */
static size_t room_for(const struct inflate_file *file)
{
	return file->refused ? OUT_MAX : file->len + 300;
}

/* Begin to decompress raw deflate data, or with @bits > 0 data with zlib's header and trailer */
static void begin(struct kunit *test, const u8 *in, size_t size, int bits)
{
	KUNIT_EXPECT_EQ(test, zlib_inflateInit2(&stream, bits), Z_OK);
	stream.next_in = in;
	stream.avail_in = size;
	stream.next_out = out;
	stream.avail_out = OUT_MAX;
}

/* Decompress a file. Return true if the deflate data ends as it should. */
static bool inflate(struct kunit *test, const struct inflate_file *file,
		    const struct pieces *pieces, size_t *len)
{
	const u8 *in = file->data + GZIP_HEADER;
	size_t left = file->size - GZIP_HEADER;
	size_t room = room_for(file);
	int rc = Z_OK;

	begin(test, in, 0, -MAX_WBITS);
	stream.avail_out = 0;
	while (rc == Z_OK) {
		if (!stream.avail_in) {
			stream.avail_in = min(left, pieces->in);
			left -= stream.avail_in;
		}
		if (!stream.avail_out) {
			stream.avail_out = min(room, pieces->out);
			room -= stream.avail_out;
		}
		/* Without input or room it returns Z_BUF_ERROR */
		rc = zlib_inflate(&stream, Z_NO_FLUSH);
	}
	*len = stream.next_out - out;
	KUNIT_EXPECT_EQ_MSG(test, stream.total_in, stream.next_in - in, "%s", file->what);
	KUNIT_EXPECT_EQ_MSG(test, stream.total_out, *len, "%s", file->what);
	KUNIT_EXPECT_EQ(test, zlib_inflateEnd(&stream), Z_OK);
	return rc == Z_STREAM_END;
}

/*
 * Test that what should come out comes out, and that damaged files are refused. A code that is not
 * complete is refused as well: zlib's rule, which RFC 1951 does not have.
 */
static void files_come_out_or_are_refused(struct kunit *test)
{
	const struct inflate_file *file;
	size_t len, room;
	bool taken;
	u32 crc;

	for (file = inflate_files; file < files_end; file++) {
		memset(out, UNTOUCHED, OUT_MAX);
		taken = inflate(test, file, test->param_value, &len);
		KUNIT_EXPECT_EQ_MSG(test, taken, !file->refused, "%s", file->what);
		room = room_for(file);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(out + room, UNTOUCHED, OUT_MAX - room),
				      "%s: bytes past the room", file->what);
		if (!taken || file->refused)
			continue;
		/* It has read no byte of the trailer */
		KUNIT_EXPECT_PTR_EQ(test, stream.next_in, file->data + file->size - GZIP_TRAILER);
		KUNIT_EXPECT_EQ_MSG(test, len, file->len, "%s", file->what);
		crc = ~crc32_le(~0, out, file->len);
		KUNIT_EXPECT_EQ_MSG(test, crc, file->crc, "%s", file->what);
	}
}

/* Test that each file is refused if its data is cut off anywhere */
static void cut_off_files_are_refused(struct kunit *test)
{
	const struct inflate_file *file;
	size_t len;

	for (file = inflate_files; file < files_end; file++) {
		struct inflate_file cut = *file;

		if (file->refused || file->size > 100)
			continue;
		/* The decoder must not ask for more than the data */
		cut.size = file->size - GZIP_TRAILER;
		KUNIT_EXPECT_TRUE_MSG(test, inflate(test, &cut, &all_pieces[0], &len),
				      "%s: without a trailer", file->what);
		while (--cut.size > GZIP_HEADER)
			KUNIT_EXPECT_FALSE_MSG(test, inflate(test, &cut, &all_pieces[0], &len),
					       "%s: %zu bytes", file->what, cut.size);
	}
}

/* A file in zlib's format */
static u8 zlib[200];

static int inflate_zlib(struct kunit *test, size_t size)
{
	begin(test, zlib, size, MAX_WBITS);
	return zlib_inflate(&stream, Z_NO_FLUSH);
}

/* Test that the header and the checksum of zlib's format (RFC 1950) are verified */
static void zlib_header_and_trailer_are_verified(struct kunit *test)
{
	static const u8 bad_headers[] = { 0x77, 0x88 };
	const struct inflate_file *file;
	unsigned int i;
	size_t size;
	u32 adler;

	for (file = inflate_files; file < files_end; file++) {
		if (file->refused || !file->len || file->size > 100)
			continue;
		size = file->size - GZIP_HEADER - GZIP_TRAILER;
		memcpy(zlib + 2, file->data + GZIP_HEADER, size);
		zlib[0] = 0x78;
		zlib[1] = 0x9c;
		size += 6;
		KUNIT_EXPECT_NE(test, inflate_zlib(test, size), Z_STREAM_END);
		adler = zlib_adler32(1, out, file->len);
		for (i = 0; i < 4; i++)
			zlib[size - 4 + i] = adler >> (24 - 8 * i);
		KUNIT_EXPECT_EQ_MSG(test, inflate_zlib(test, size), Z_STREAM_END, "%s", file->what);
		KUNIT_EXPECT_EQ(test, stream.total_in, size);
		for (i = 0; i < 16; i++) {
			zlib[i / 8] ^= 1 << i % 8;
			KUNIT_EXPECT_EQ_MSG(test, inflate_zlib(test, size), Z_DATA_ERROR,
					    "bit %u of the header", i);
			zlib[i / 8] ^= 1 << i % 8;
		}
		for (i = 0; i < 32; i++) {
			zlib[size - 4 + i / 8] ^= 1 << i % 8;
			KUNIT_EXPECT_EQ_MSG(test, inflate_zlib(test, size), Z_DATA_ERROR,
					    "bit %u of the checksum", i);
			zlib[size - 4 + i / 8] ^= 1 << i % 8;
		}
	}
	/* Another method, and a window of more than 32 KiB */
	for (i = 0; i < ARRAY_SIZE(bad_headers); i++) {
		zlib[0] = bad_headers[i];
		zlib[1] = 31 - (zlib[0] << 8) % 31;
		KUNIT_EXPECT_EQ(test, inflate_zlib(test, 2), Z_DATA_ERROR);
	}
	/* A dictionary, which no user in the kernel needs */
	zlib[0] = 0x78;
	zlib[1] = 0x20;
	KUNIT_EXPECT_EQ(test, inflate_zlib(test, 6), Z_NEED_DICT);
}

/*
 * Test that zlib_inflateInit2() takes windows of 256 bytes to 32 KiB, and none that is smaller or
 * larger. Newer versions of zlib give 0, and numbers from 16 on, other meanings.
 */
static void window_sizes_are_checked(struct kunit *test)
{
	bool is_known;
	int bits;

	for (bits = -20; bits <= MAX_WBITS; bits++) {
		is_known = abs(bits) >= 8 && abs(bits) <= MAX_WBITS;
		if (bits)
			KUNIT_EXPECT_EQ_MSG(test, zlib_inflateInit2(&stream, bits),
					    is_known ? Z_OK : Z_STREAM_ERROR, "%d bits", bits);
	}
}

/* Test that a stream that is not set up is refused */
static void no_stream_is_refused(struct kunit *test)
{
	struct z_stream_s none = { .workspace = stream.workspace };

	KUNIT_EXPECT_EQ(test, zlib_inflateInit2(NULL, MAX_WBITS), Z_STREAM_ERROR);
	KUNIT_EXPECT_EQ(test, zlib_inflateReset(&none), Z_STREAM_ERROR);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&none, Z_NO_FLUSH), Z_STREAM_ERROR);
	KUNIT_EXPECT_EQ(test, zlib_inflateEnd(&none), Z_STREAM_ERROR);
}

/* Test that Z_BLOCK ends at each block, and says in data_type where (linux/zlib.h) */
static void block_flush_ends_at_each_block(struct kunit *test)
{
	/* Stored blocks with "ab" and "c" */
	static const u8 in[] = { 0, 2, 0, 0xfd, 0xff, 'a', 'b', 1, 1, 0, 0xfe, 0xff, 'c' };

	begin(test, in, sizeof(in), -MAX_WBITS);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_BLOCK), Z_OK);
	KUNIT_EXPECT_EQ(test, stream.data_type, 128);
	KUNIT_EXPECT_EQ(test, stream.total_out, 2);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_BLOCK), Z_OK);
	KUNIT_EXPECT_EQ(test, stream.data_type, 128 + 64);
	KUNIT_EXPECT_EQ(test, stream.total_out, 3);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_BLOCK), Z_STREAM_END);
	KUNIT_EXPECT_EQ(test, stream.data_type, 64);
}

/* Test that no byte is asked for after the code of the last symbol, if it ends with a byte */
static void data_may_end_with_its_last_code(struct kunit *test)
{
	/* A fixed block with six times 200 */
	static const u8 fixed[] = { 0x3b, 0x71, 0xe2, 0xc4, 0x89, 0x13, 0x27, 0x00 };
	/* A dynamic block with "ab" and codes of 1 to 15 bits, of which the last is the longest */
	static const u8 dynamic[] = {
		0x05, 0xe0, 0x51, 0xc2, 0x3e, 0xb7, 0xb1, 0xe4, 0x39, 0xaf, 0x15, 0xbf, 0x48,
		0xd6, 0xf3, 0xfe, 0xe5, 0xd3, 0xf3, 0xed, 0xff, 0xee, 0x83, 0xfe, 0xff,
	};

	begin(test, fixed, sizeof(fixed), -MAX_WBITS);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_NO_FLUSH), Z_STREAM_END);
	KUNIT_EXPECT_EQ(test, stream.total_out, 6);
	KUNIT_EXPECT_EQ(test, memcmp(out, "\xc8\xc8\xc8\xc8\xc8\xc8", 6), 0);
	begin(test, dynamic, sizeof(dynamic), -MAX_WBITS);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_NO_FLUSH), Z_STREAM_END);
	KUNIT_EXPECT_EQ(test, stream.total_out, 2);
	KUNIT_EXPECT_EQ(test, memcmp(out, "ab", 2), 0);
}

/*
 * Test what PPP needs: packets without the empty stored block that would end them, and history that
 * was not compressed
 */
static void packets_continue_each_other(struct kunit *test)
{
	/* A fixed block with "abc", and the type of a stored block */
	static const u8 first[] = { 0x4a, 0x4c, 0x4a, 0x06, 0x00 };
	/* A match of 3 bytes at a distance of 3 */
	static const u8 second[] = { 0x03, 0x22, 0x00 };

	begin(test, first, sizeof(first), -MAX_WBITS);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_PACKET_FLUSH), Z_OK);
	KUNIT_EXPECT_EQ(test, stream.total_out, 3);
	stream.next_in = second;
	stream.avail_in = sizeof(second);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_PACKET_FLUSH), Z_STREAM_END);
	KUNIT_EXPECT_EQ(test, memcmp(out, "abcabc", 6), 0);

	/* This packet ends within a block */
	begin(test, first, 2, -MAX_WBITS);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_PACKET_FLUSH), Z_DATA_ERROR);

	begin(test, "xyz", 3, -MAX_WBITS);
	KUNIT_EXPECT_EQ(test, zlib_inflateIncomp(&stream), Z_OK);
	KUNIT_EXPECT_EQ(test, stream.avail_in, 0);
	KUNIT_EXPECT_EQ(test, stream.total_in, 3);
	KUNIT_EXPECT_EQ(test, stream.total_out, 3);
	stream.next_in = second;
	stream.avail_in = sizeof(second);
	KUNIT_EXPECT_EQ(test, zlib_inflate(&stream, Z_PACKET_FLUSH), Z_STREAM_END);
	KUNIT_EXPECT_EQ(test, memcmp(out, "xyz", 3), 0);
	/* Within a block there is no place for it */
	begin(test, first, 2, -MAX_WBITS);
	zlib_inflate(&stream, Z_NO_FLUSH);
	KUNIT_EXPECT_EQ(test, zlib_inflateIncomp(&stream), Z_DATA_ERROR);
}

static void inflate_suite_exit(struct kunit_suite *suite)
{
	kvfree(stream.workspace);
	kvfree(out);
}

static int inflate_suite_init(struct kunit_suite *suite)
{
	stream.workspace = kvmalloc(zlib_inflate_workspacesize(), GFP_KERNEL);
	out = kvmalloc(OUT_MAX, GFP_KERNEL);
	if (stream.workspace && out)
		return 0;
	inflate_suite_exit(suite);
	return -ENOMEM;
}

static struct kunit_case inflate_cases[] = {
	KUNIT_CASE_PARAM(files_come_out_or_are_refused, pieces_gen_params),
	KUNIT_CASE(cut_off_files_are_refused),
	KUNIT_CASE(zlib_header_and_trailer_are_verified),
	KUNIT_CASE(window_sizes_are_checked),
	KUNIT_CASE(no_stream_is_refused),
	KUNIT_CASE(block_flush_ends_at_each_block),
	KUNIT_CASE(data_may_end_with_its_last_code),
	KUNIT_CASE(packets_continue_each_other),
	{ }
};

static struct kunit_suite inflate_suite = {
	.name = "zlib_inflate",
	.suite_init = inflate_suite_init,
	.suite_exit = inflate_suite_exit,
	.test_cases = inflate_cases,
};

kunit_test_suite(inflate_suite);

MODULE_DESCRIPTION("KUnit tests for zlib_inflate()");
MODULE_LICENSE("GPL");
