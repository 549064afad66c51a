// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the decoder of zstd. Small files that between them reach nearly all of it are
 * decompressed in one call and in pieces: what comes out must not depend on the pieces.
 */
#include <kunit/test.h>
#include <linux/crc32.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/zstd.h>

#include "zstd_decompress_files.h"

/* No file decompresses to more, and none has a larger window */
#define OUT_MAX		SZ_256K
#define WINDOW_MAX	SZ_2M
#define UNTOUCHED	0xa5

static const struct zstd_decompress_file *const files_end =
	zstd_decompress_files + ARRAY_SIZE(zstd_decompress_files);

static u8 *out;
static void *workspace;
static size_t workspace_size;

/**
 * struct pieces - how the input and the output are passed
 * @name: name of the case
 * @in: how many bytes of the input are passed at once
 * @first_out: how many bytes of the output are asked for at first
 * @out: how many bytes of the output are asked for at once later
 */
struct pieces {
	const char *name;
	size_t in;
	size_t first_out;
	size_t out;
};

static const struct pieces all_pieces[] = {
	{ "as a stream", SZ_1M, OUT_MAX, OUT_MAX },
	{ "page by page", SZ_1M, SZ_4K, SZ_4K },
	{ "byte by byte in", 1, OUT_MAX, OUT_MAX },
	{ "few bytes out", SZ_1M, 1, 3 },
	{ "few bytes in and out", 7, 300, 300 },
};

static void pieces_desc(const struct pieces *pieces, char *desc)
{
	strscpy(desc, pieces->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pieces, all_pieces, pieces_desc);

/* Return how much room a file gets: a byte more than it needs */
static size_t room_for(const struct zstd_decompress_file *file)
{
	return file->refused ? OUT_MAX : file->len + 1;
}

/* Decompress a file. Return true if the frame ends with the file. */
static bool decompress(struct kunit *test, const struct zstd_decompress_file *file,
		       const struct pieces *pieces, size_t *len)
{
	zstd_dstream *stream = zstd_init_dstream(WINDOW_MAX, workspace, workspace_size);
	zstd_in_buffer in = { .src = file->data };
	zstd_out_buffer to = { .dst = out };
	size_t rc, progress, room = room_for(file);

	KUNIT_ASSERT_NOT_NULL(test, stream);
	do {
		if (in.pos == in.size)
			in.size += min(file->size - in.size, pieces->in);
		if (to.pos == to.size)
			to.size += min(room - to.size,
				       to.size ? pieces->out : pieces->first_out);
		progress = in.pos + to.pos;
		rc = zstd_decompress_stream(stream, &to, &in);
		progress = in.pos + to.pos - progress;
	} while (rc && !zstd_is_error(rc) && progress);
	*len = to.pos;
	return !rc && in.pos == file->size;
}

static void check_output(struct kunit *test, const struct zstd_decompress_file *file,
			 const u8 *from, size_t len)
{
	u32 crc;

	KUNIT_EXPECT_EQ_MSG(test, len, file->len, "%s", file->what);
	crc = ~crc32_le(~0, from, min(len, file->len));
	KUNIT_EXPECT_EQ_MSG(test, crc, file->crc, "%s", file->what);
}

/* Test that what should come out comes out, and that damaged files are refused */
static void files_come_out_or_are_refused(struct kunit *test)
{
	const struct zstd_decompress_file *file;
	size_t len, room;
	bool taken;

	for (file = zstd_decompress_files; file < files_end; file++) {
		memset(out, UNTOUCHED, OUT_MAX);
		taken = decompress(test, file, test->param_value, &len);
		KUNIT_EXPECT_EQ_MSG(test, taken, !file->refused, "%s", file->what);
		room = room_for(file);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(out + room, UNTOUCHED, OUT_MAX - room),
				      "%s: bytes past the room", file->what);
		if (taken && !file->refused)
			check_output(test, file, out, len);
	}
}

/*
 * Test that the files come out in one call, too. What is damaged may then be accepted, because an
 * offset beyond the window can still be one within the output.
 */
static void files_come_out_in_one_call(struct kunit *test)
{
	const struct zstd_decompress_file *file;
	zstd_dctx *context = zstd_init_dctx(workspace, workspace_size);
	size_t len;
	u8 *to;

	KUNIT_ASSERT_NOT_NULL(test, context);
	for (file = zstd_decompress_files; file < files_end; file++) {
		/* A write past the output is a write past the buffer */
		to = file->refused ? out : out + OUT_MAX - file->len;
		len = zstd_decompress_dctx(context, to, out + OUT_MAX - to, file->data, file->size);
		if (!file->refused)
			check_output(test, file, to, len);
	}
}

/* Test that a match at the end of the output is right, and does not write past it */
static void matches_end_with_the_output(struct kunit *test)
{
	/*
	 * A frame with a block that has three literals and a sequence. Its codes are in RLE
	 * tables (RFC 8878, 3.1.1.3.2.1): a literal length of 3, an offset with two extra bits,
	 * and a match length from 3.
	 */
	u8 frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 0, 10 << 3 | 5, 0, 0,
		       3 << 3, 'a', 'b', 'c', 1, 0x54, 3, 2, 0, 0 };
	static const u8 untouched[32];
	zstd_dctx *context = zstd_init_dctx(workspace, workspace_size);
	size_t match, offset, size, len, i;
	u8 *to;

	KUNIT_ASSERT_NOT_NULL(test, context);
	for (match = 3; match < 35; match++) {
		for (offset = 1; offset <= 3; offset++) {
			size = 3 + match;
			frame[17] = match - 3;
			frame[18] = 4 | (offset - 1);
			to = out + OUT_MAX - size - sizeof(untouched);
			memset(to, 0, size + sizeof(untouched));
			len = zstd_decompress_dctx(context, to, size, frame, sizeof(frame));
			KUNIT_EXPECT_EQ_MSG(test, len, size, "%zu from %zu", match, offset);
			for (i = 0; i < size && to[i] == (i < 3 ? "abc"[i] : to[i - offset]); )
				i++;
			KUNIT_EXPECT_EQ_MSG(test, i, size, "%zu from %zu", match, offset);
			KUNIT_EXPECT_EQ_MSG(test, memcmp(to + size, untouched, sizeof(untouched)),
					    0, "%zu from %zu", match, offset);
		}
	}
}

/* Test that each file is refused if it is cut off anywhere */
static void cut_off_files_are_refused(struct kunit *test)
{
	const struct zstd_decompress_file *file;
	size_t len;

	for (file = zstd_decompress_files; file < files_end; file++) {
		struct zstd_decompress_file cut = *file;

		if (file->refused || file->size > 150)
			continue;
		for (cut.size = 0; cut.size < file->size; cut.size++)
			KUNIT_EXPECT_FALSE_MSG(test, decompress(test, &cut, &all_pieces[0], &len),
					       "%s: %zu bytes", file->what, cut.size);
	}
}

/* The same in one call. No byte at all is no frame, which is allowed. */
static void cut_off_files_are_refused_in_one_call(struct kunit *test)
{
	const struct zstd_decompress_file *file;
	zstd_dctx *context = zstd_init_dctx(workspace, workspace_size);
	size_t size, len;
	u8 *in;

	KUNIT_ASSERT_NOT_NULL(test, context);
	for (file = zstd_decompress_files; file < files_end; file++) {
		if (file->refused || file->size > 150)
			continue;
		for (size = 1; size < file->size; size++) {
			/* A read past the input is a read past the buffer */
			in = out + OUT_MAX - size;
			memcpy(in, file->data, size);
			len = zstd_decompress_dctx(context, out, OUT_MAX - size, in, size);
			KUNIT_EXPECT_TRUE_MSG(test, zstd_is_error(len), "%s: %zu bytes",
					      file->what, size);
		}
	}
}

/*
 * Test that a window may be as large as the workspace was made for, and not larger (linux/zstd.h).
 * The frame has a raw block with "a", after one that has no byte: a frame of one block needs no
 * window.
 */
static void window_has_a_limit(struct kunit *test)
{
	u8 data[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0, 0, 9, 0, 0, 'a' };
	struct zstd_decompress_file file = {
		.what = "a window", .data = data, .size = sizeof(data), .len = 1,
	};
	unsigned int log;
	size_t len;

	for (log = 10; log <= 30; log++) {
		data[5] = (log - 10) << 3;
		KUNIT_EXPECT_EQ_MSG(test, decompress(test, &file, &all_pieces[0], &len),
				    1ul << log <= WINDOW_MAX, "%u bits", log);
	}
}

/* A skippable frame (RFC 8878, 3.1.2) */
static const u8 skippable[] = { 0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c' };

/* Test that the size of a frame is found without decompressing it */
static void frame_size_is_found(struct kunit *test)
{
	const struct zstd_decompress_file *file;
	size_t found;

	for (file = zstd_decompress_files; file < files_end; file++) {
		if (file->refused)
			continue;
		memcpy(out, file->data, file->size);
		memset(out + file->size, 0, 20);
		found = zstd_find_frame_compressed_size(out, file->size + 20);
		KUNIT_EXPECT_EQ_MSG(test, found, file->size, "%s", file->what);
		found = zstd_find_frame_compressed_size(out, file->size);
		KUNIT_EXPECT_EQ_MSG(test, found, file->size, "%s", file->what);
		found = zstd_find_frame_compressed_size(out, file->size - 1);
		KUNIT_EXPECT_TRUE_MSG(test, zstd_is_error(found), "%s", file->what);
	}
	memset(out, 0, 20);
	memcpy(out, skippable, sizeof(skippable));
	KUNIT_EXPECT_EQ(test, zstd_find_frame_compressed_size(out, 20), sizeof(skippable));
	found = zstd_find_frame_compressed_size(out, sizeof(skippable) - 1);
	KUNIT_EXPECT_TRUE_MSG(test, zstd_is_error(found), "a skippable frame");
}

/* Test that the header of a frame is read, or says how many bytes it lacks */
static void frame_header_is_read(struct kunit *test)
{
	const struct zstd_decompress_file *file;
	zstd_frame_header header;
	size_t size, lacks;

	for (file = zstd_decompress_files; file < files_end; file++) {
		if (file->refused)
			continue;
		for (size = 0; size <= file->size && size < 20; size++) {
			lacks = zstd_get_frame_header(&header, file->data, size);
			if (!lacks)
				break;
			KUNIT_EXPECT_FALSE_MSG(test, zstd_is_error(lacks), "%s", file->what);
			KUNIT_EXPECT_FALSE_MSG(test, lacks <= size || lacks > 18, "%s: %zu of %zu",
					       file->what, size, lacks);
		}
		KUNIT_EXPECT_EQ_MSG(test, lacks, 0, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, size, header.headerSize, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, header.dictID, 0, "%s", file->what);
		if (header.frameContentSize != ZSTD_CONTENTSIZE_UNKNOWN)
			KUNIT_EXPECT_EQ_MSG(test, header.frameContentSize, file->len, "%s",
					    file->what);
	}
}

/* Test that one call decompresses all frames (RFC 8878, 3.1), and leaves out skippable ones */
static void frames_follow_each_other_in_one_call(struct kunit *test)
{
	zstd_dctx *context = zstd_init_dctx(workspace, workspace_size);
	const struct zstd_decompress_file *file;
	u8 *in = out + OUT_MAX / 2;
	size_t size, len;

	KUNIT_ASSERT_NOT_NULL(test, context);
	for (file = zstd_decompress_files; file < files_end; file++) {
		if (file->refused || file->len > OUT_MAX / 4)
			continue;
		size = file->size;
		memcpy(in, file->data, size);
		memcpy(in + size, skippable, sizeof(skippable));
		size += sizeof(skippable);
		memcpy(in + size, file->data, file->size);
		size += file->size;
		len = zstd_decompress_dctx(context, out, 2 * file->len, in, size);
		KUNIT_EXPECT_EQ_MSG(test, len, 2 * file->len, "%s", file->what);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(out, out + file->len, file->len), 0, "%s",
				    file->what);
		len = zstd_decompress_dctx(context, out, 2 * file->len, in, size - 1);
		KUNIT_EXPECT_TRUE_MSG(test, zstd_is_error(len), "%s: cut off", file->what);
		if (!file->len)
			continue;
		len = zstd_decompress_dctx(context, out, 2 * file->len - 1, in, size);
		KUNIT_EXPECT_TRUE_MSG(test, zstd_is_error(len), "%s: too little room",
				      file->what);
	}
}

static void zstd_suite_exit(struct kunit_suite *suite)
{
	kvfree(workspace);
	vfree(out);
}

static int zstd_suite_init(struct kunit_suite *suite)
{
	workspace_size = max(zstd_dstream_workspace_bound(WINDOW_MAX),
			     zstd_dctx_workspace_bound());
	workspace = kvmalloc(workspace_size, GFP_KERNEL);
	/* A guard page follows */
	out = vmalloc(OUT_MAX);
	if (workspace && out)
		return 0;
	zstd_suite_exit(suite);
	return -ENOMEM;
}

static struct kunit_case zstd_cases[] = {
	KUNIT_CASE_PARAM(files_come_out_or_are_refused, pieces_gen_params),
	KUNIT_CASE(files_come_out_in_one_call),
	KUNIT_CASE(matches_end_with_the_output),
	KUNIT_CASE(cut_off_files_are_refused),
	KUNIT_CASE(cut_off_files_are_refused_in_one_call),
	KUNIT_CASE(window_has_a_limit),
	KUNIT_CASE(frame_size_is_found),
	KUNIT_CASE(frame_header_is_read),
	KUNIT_CASE(frames_follow_each_other_in_one_call),
	{ }
};

static struct kunit_suite zstd_suite = {
	.name = "zstd_decompress",
	.suite_init = zstd_suite_init,
	.suite_exit = zstd_suite_exit,
	.test_cases = zstd_cases,
};

kunit_test_suite(zstd_suite);

MODULE_DESCRIPTION("KUnit tests for the decoder of zstd");
MODULE_LICENSE("GPL");
