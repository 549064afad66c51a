// SPDX-License-Identifier: GPL-2.0
/*
 * decompress.c refuses bad input, and logs one message; it takes unusual input
 * that is right. No document promises what a case named ..._as_of_today tests:
 * it pins what decompress.c does today, so that a change is noticed.
 */
#include <linux/string.h>

#include "cases.h"

KUNIT_ARRAY_PARAM(algorithm, case_algorithms, case_algorithm_desc);

/* Test that an empty file is refused */
static void empty_input_is_refused(struct kunit *test)
{
	struct attempt *a = case_attempt(test);

	case_set_input(a, case_input, 0);
	strscpy(a->what, "nothing", sizeof(a->what));
	expect_refused(test, a, -EINVAL);
}

/* Test that a wrong bit in the magic, or a page of one value, is refused */
static void wrong_magic_is_refused(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = case_some_pages(test);
	unsigned int i, bit;

	for (i = 0; i < algorithm->magic; i++) {
		for (bit = 0; bit < 8; bit++) {
			case_write(a, 100, &stream_plain);
			((u8 *)a->in)[i] ^= 1 << bit;
			scnprintf(a->what, sizeof(a->what),
				  "byte %u, bit %u flipped", i, bit);
			expect_refused(test, a, -EINVAL);
		}
	}
	for (i = 0; i < 256; i += 255) {
		memset(case_input, i, PAGE_SIZE);
		case_set_input(a, case_input, PAGE_SIZE);
		scnprintf(a->what, sizeof(a->what), "a page of %#x", i);
		expect_refused(test, a, -EINVAL);
	}
}

/* Test that a file of another format is refused: only one is built in */
static void other_formats_are_refused_as_of_today(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	unsigned int i;
	size_t size;

	case_fill(100, PAYLOAD_TEXT, 8);
	for (i = 0; i < ARRAY_SIZE(case_algorithms); i++) {
		if (test->param_value == &case_algorithms[i])
			continue;
		size = case_algorithms[i].write(case_input, case_payload, 100,
						&stream_checked);
		case_set_input(a, case_input, size);
		scnprintf(a->what, sizeof(a->what), "given %s",
			  case_algorithms[i].name);
		expect_refused(test, a, -EINVAL);
	}
}

/* A file may be taken without its last bytes, which the kernel need not read */
static bool refuse_truncated(struct kunit *test, struct attempt *a,
			     const char *name, size_t size, size_t needed)
{
	a->size = size;
	scnprintf(a->what, sizeof(a->what), "the first %zu bytes of %s", size,
		  name);
	if (size >= needed)
		return attempt_decompress(test, a);
	return expect_refused(test, a, -EINVAL);
}

/*
 * Try each truncation of each small file. The rest may follow in memory; if it
 * does not, a read past the input faults.
 */
static void refuse_each_truncation(struct kunit *test, bool rest_behind)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = case_attempt(test);
	const struct decompress_blob *blob;
	size_t size, needed;

	for (blob = case_next_blob(algorithm->name, NULL); blob;
	     blob = case_next_blob(algorithm->name, blob)) {
		if (!blob->small)
			continue;
		case_set_blob(test, a, blob);
		needed = case_size_needed(a);
		for (size = a->size; size--;) {
			if (!rest_behind)
				case_set_input(a, blob->data, size);
			if (!refuse_truncated(test, a, blob->name, size, needed))
				return;
		}
	}
}

/* Test that bytes past the input do not complete it */
static void bytes_past_the_input_are_not_used(struct kunit *test)
{
	refuse_each_truncation(test, true);
}

/* Test that each truncated file is refused: half a module must not load */
static void truncated_file_is_refused(struct kunit *test)
{
	refuse_each_truncation(test, false);
}

/* Test that a truncation where a page of output is full is refused */
static void truncated_at_a_page_boundary_is_refused(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);
	u8 *whole = kunit_kmalloc(test, a->size, GFP_KERNEL);
	size_t page, cut, needed = case_size_needed(a);

	KUNIT_ASSERT_NOT_NULL(test, whole);
	memcpy(whole, a->in, a->size);
	for (page = PAGE_SIZE; page < needed; page += PAGE_SIZE)
		for (cut = page; cut < min(page + 64, needed); cut++) {
			case_set_input(a, whole, cut);
			if (!refuse_truncated(test, a, "some pages", cut, needed))
				return;
		}
}

/*
 * Flip each bit of each small file. With a check, the file is refused or the
 * output is the payload. Without a check the output may differ, but
 * decompress.c must still keep all rules.
 */
static void flip_each_bit(struct kunit *test, bool checked)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = case_attempt(test);
	const struct decompress_blob *blob;
	size_t bit;

	for (blob = case_next_blob(algorithm->name, NULL); blob;
	     blob = case_next_blob(algorithm->name, blob)) {
		if (!blob->small || blob->checked != checked)
			continue;
		case_set_blob(test, a, blob);
		if (!checked)
			a->payload = NULL;
		for (bit = 0; bit < blob->size * 8; bit++) {
			u8 *byte = (u8 *)a->in + bit / 8;

			*byte ^= 1 << bit % 8;
			scnprintf(a->what, sizeof(a->what),
				  "%s, bit %zu flipped", blob->name, bit);
			if (!attempt_decompress(test, a))
				return;
			*byte ^= 1 << bit % 8;
		}
	}
}

/*
 * Flip each bit of the last 28 bytes, when the last page of output is full. The
 * bytes hold zstd's checksum, or the check, the index and the footer of xz.
 */
static void flip_each_bit_behind_full_pages(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	unsigned int bit;

	case_fill(2 * PAGE_SIZE, PAYLOAD_RANDOM, 17);
	case_write(a, 2 * PAGE_SIZE, &stream_checked);
	for (bit = 0; bit < 28 * 8; bit++) {
		u8 *byte = (u8 *)a->in + a->size - 1 - bit / 8;

		*byte ^= 1 << bit % 8;
		scnprintf(a->what, sizeof(a->what),
			  "two pages, bit %u from the end flipped", bit);
		if (!expect_refused(test, a, -EINVAL))
			return;
		*byte ^= 1 << bit % 8;
	}
}

/* The formats whose check the kernel verifies: all but gzip, which is the first */
#define checked_algorithms						\
	(*(const struct algorithm (*)[NR_ALGORITHMS - 1])		\
	 (case_algorithms + 1))

KUNIT_ARRAY_PARAM(checked, checked_algorithms, case_algorithm_desc);

/* Test that no flipped bit changes the output of a file that has a check */
static void flipped_bit_is_found_by_the_check(struct kunit *test)
{
	flip_each_bit(test, true);
	flip_each_bit_behind_full_pages(test);
}

/* Test that decompress.c keeps all rules if no check finds a flipped bit */
static void flipped_bit_without_a_check_breaks_nothing(struct kunit *test)
{
	flip_each_bit(test, false);
}

/*
 * A stream with an unusual header. With @error, it must be refused with that
 * error. With @optional, it may be refused, or its payload comes out. Otherwise
 * its payload, SOME_PAGES bytes or @len, must come out. With @no_memory, there is
 * no memory for the xz dictionary.
 */
struct odd_stream {
	const char *name;
	const char *format;
	struct stream_options options;
	int error;
	size_t len;
	bool optional;
	bool no_memory;
};

#define XZ_CHECK(what, type, ...)					\
	{ "xz check " what, "xz", { .xz_check = type }, __VA_ARGS__ }
#define XZ_DICT(what, byte, ...)					\
	{ "xz dictionary " what, "xz", { .xz_dict = byte }, __VA_ARGS__ }
#define XZ_HUGE_DICT(what, byte)					\
	XZ_DICT(what, byte, .optional = true, .no_memory = true)
#define ZSTD_WINDOW(what, byte, ...)					\
	{ "zstd window " what, "zstd", { .zstd_descriptor = byte }, __VA_ARGS__ }
#define ZSTD_IN_A_PAGE(what, byte, ...)					\
	{								\
		.len = 100,						\
		.name = "zstd page with a window of " what,		\
		.format = "zstd",					\
		.options = {						\
			.zstd_descriptor = byte,			\
			.zstd_content_size = true,			\
		},							\
		__VA_ARGS__						\
	}

/*
 * gzip: FNAME is the header field that "gzip file" writes (RFC 1952, 2.3.1).
 *
 * xz: of the checks of the .xz format, 2.1.1.2, the decoder must support "none"
 * and CRC32. "xz -9" uses a dictionary of 64 MiB, lib/xz knows up to 3 GiB, and no
 * module needs more than INT_MAX bytes. What happens in between is a choice.
 *
 * zstd: linux/zstd_lib.h has the limit of the window, 128 MiB. lib/zstd decodes a
 * frame with a larger window if its content fits into the output buffer.
 */
static const struct odd_stream odd_streams[] = {
	{ "gzip FNAME is skipped", "gzip", { .gzip_flags = 0x08 } },
	XZ_CHECK("none is supported", 0),
	XZ_CHECK("CRC32 is supported", 1),
	XZ_CHECK("2", 2, .optional = true),
	XZ_CHECK("CRC64", 4, .optional = true),
	XZ_CHECK("SHA-256", 10, .optional = true),
	XZ_CHECK("15", 15, .optional = true),
	XZ_CHECK("16 is reserved", 16, -EINVAL),
	XZ_DICT("of 4 KiB is taken", 0),
	XZ_DICT("of 6 KiB is taken", 1),
	XZ_DICT("of 8 MiB is taken", 22),
	XZ_DICT("of 12 MiB is taken", 23),
	XZ_DICT("of 16 MiB is taken", 24),
	XZ_DICT("of 24 MiB is taken", 25),
	XZ_DICT("of 32 MiB is taken", 26),
	XZ_DICT("of 48 MiB is taken", 27),
	XZ_DICT("of 64 MiB is taken", 28),
	XZ_HUGE_DICT("of 96 MiB", 29),
	XZ_HUGE_DICT("of 128 MiB", 30),
	XZ_HUGE_DICT("of 192 MiB", 31),
	XZ_HUGE_DICT("of 256 MiB", 32),
	XZ_HUGE_DICT("of 384 MiB", 33),
	XZ_HUGE_DICT("of 512 MiB", 34),
	XZ_HUGE_DICT("of 768 MiB", 35),
	XZ_HUGE_DICT("of 1 GiB", 36),
	XZ_HUGE_DICT("of 1536 MiB", 37),
	XZ_DICT("of 2 GiB is refused", 38, -EINVAL, .no_memory = true),
	XZ_DICT("of 3 GiB is refused", 39, -EINVAL, .no_memory = true),
	XZ_DICT("of 4 GiB is refused", 40, -EINVAL),
	XZ_DICT("byte 41 is refused", 41, -EINVAL),
	XZ_DICT("byte 255 is refused", 255, -EINVAL),
	ZSTD_WINDOW("of 1 KiB is taken", 0),
	ZSTD_WINDOW("of 1 KiB and 7 eighths is taken", 7),
	ZSTD_WINDOW("of 8 MiB is taken", ZSTD_WINDOW_8M),
	ZSTD_WINDOW("of 120 MiB is taken", ZSTD_WINDOW_LIMIT - 1),
	ZSTD_WINDOW("of 128 MiB is taken", ZSTD_WINDOW_LIMIT),
	ZSTD_WINDOW("of 144 MiB is refused", ZSTD_WINDOW_LIMIT + 1, -EINVAL),
	ZSTD_WINDOW("of 256 MiB is refused", ZSTD_WINDOW_LIMIT + 8, -EINVAL),
	ZSTD_WINDOW("at ZSTD_WINDOWLOG_MAX is refused", ZSTD_WINDOW_MAX,
		    -EINVAL),
	ZSTD_WINDOW("past ZSTD_WINDOWLOG_MAX is refused", ZSTD_WINDOW_MAX + 1,
		    -EINVAL),
	ZSTD_WINDOW("of twice ZSTD_WINDOWLOG_MAX is refused",
		    ZSTD_WINDOW_MAX + 8, -EINVAL),
	ZSTD_WINDOW("of 3.75 TiB is refused", 255, -EINVAL),
	ZSTD_IN_A_PAGE("128 MiB is taken", ZSTD_WINDOW_LIMIT),
	ZSTD_IN_A_PAGE("144 MiB", ZSTD_WINDOW_LIMIT + 1, .optional = true),
	ZSTD_IN_A_PAGE("256 MiB", ZSTD_WINDOW_LIMIT + 8, .optional = true),
	{
		"zstd dictionary ID is refused", "zstd",
		{
			.zstd_descriptor = ZSTD_WINDOW_128K,
			.zstd_dictionary = 7,
		},
		-EINVAL,
	},
};

static void odd_stream_desc(const struct odd_stream *odd, char *desc)
{
	strscpy(desc, odd->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(odd_stream, odd_streams, odd_stream_desc);

/* The .xz format, 5.3.1 */
static u32 xz_dict_size(u8 byte)
{
	return (2U | (byte & 1)) << (byte / 2 + 11);
}

/* Test that each stream of the table gives the result in its row */
static void odd_stream_is_taken_or_refused(struct kunit *test)
{
	const struct odd_stream *odd = test->param_value;
	struct attempt *a = case_attempt_as(test, odd->format);
	size_t len = odd->len ?: SOME_PAGES;

	case_fill(SOME_PAGES, PAYLOAD_RANDOM, 9);
	case_write(a, len, &odd->options);
	strscpy(a->what, odd->name, sizeof(a->what));
	if (odd->no_memory)
		a->orders.xz_dict = xz_dict_size(odd->options.xz_dict);
	if (odd->error) {
		expect_refused(test, a, odd->error);
		return;
	}
	if (odd->optional) {
		attempt_decompress(test, a);
		return;
	}
	if (a->d == &xz_decompressor)
		case_skip_without_room(test, xz_dict_size(odd->options.xz_dict));
	if (odd->options.zstd_descriptor >= ZSTD_WINDOW_LIMIT - 1)
		case_skip_without_room(test, SZ_128M);
	expect_taken(test, a);
}

/*
 * Frame headers that no compressor writes: RFC 8878, 3.1.1.1. After the header
 * comes nothing, or an empty block.
 */
struct zstd_header {
	const char *name;
	u8 bytes[14];
	u8 size;
};

#define SINGLE_SEGMENT_8	0xe0	/* with a content size of 8 bytes */
#define ZSTD_HEADER(what, ...)						\
	.name = what, .bytes = { 0x28, 0xb5, 0x2f, 0xfd, __VA_ARGS__ },	\
	.size = 4 + sizeof((u8[]){ __VA_ARGS__ })

static const struct zstd_header zstd_headers[] = {
	{
		ZSTD_HEADER("is cut off"),
	}, {
		ZSTD_HEADER("begins a block of 65533 bytes",
			    0, ZSTD_WINDOW_128K, 0xe9, 0xff, 0x07),
	}, {
		ZSTD_HEADER("has the reserved bit", 0x08, 0, 1, 0, 0),
	}, {
		ZSTD_HEADER("has content of 0 bytes", SINGLE_SEGMENT_8,
			    0, 0, 0, 0, 0, 0, 0, 0),
	}, {
		ZSTD_HEADER("has content of INT_MAX bytes", SINGLE_SEGMENT_8,
			    0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0),
	}, {
		ZSTD_HEADER("has content of 4 GiB", SINGLE_SEGMENT_8,
			    0, 0, 0, 0, 1, 0, 0, 0),
	}, {
		ZSTD_HEADER("has content of all ones", SINGLE_SEGMENT_8,
			    255, 255, 255, 255, 255, 255, 255, 255),
	}, {
		ZSTD_HEADER("has a small window and content of 1 TiB", 0xc0,
			    ZSTD_WINDOW_128K, 0, 0, 0, 0, 0, 1, 0, 0),
	}, {
		ZSTD_HEADER("has a small window and content of 16 TiB", 0xc0,
			    ZSTD_WINDOW_128K, 0, 0, 0, 0, 0, 16, 0, 0),
	}, {
		ZSTD_HEADER("has a small window and content of 16 TiB and a page",
			    0xc0, ZSTD_WINDOW_128K, 0, PAGE_SIZE >> 8 & 0xff,
			    PAGE_SIZE >> 16, 0, 0, 16, 0, 0),
	}, {
		ZSTD_HEADER("has a small window and content of all ones", 0xc0,
			    ZSTD_WINDOW_128K,
			    255, 255, 255, 255, 255, 255, 255, 255),
	}, {
		ZSTD_HEADER("has a window of 3.75 GiB", 0, 0xaf, 1, 0, 0),
	},
};

static void zstd_header_desc(const struct zstd_header *header, char *desc)
{
	strscpy(desc, header->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zstd_header, zstd_headers, zstd_header_desc);

/* Test that no size in a header makes the kernel warn or overflows a length */
static void zstd_frame_header_is_refused(struct kunit *test)
{
	const struct zstd_header *header = test->param_value;
	struct attempt *a = case_attempt_as(test, "zstd");
	int error = -EINVAL;

	case_set_input(a, header->bytes, header->size);
	a->payload = NULL;
	scnprintf(a->what, sizeof(a->what), "a header that %s", header->name);
	attempt_decompress(test, a);
	/* decompress.c may say that the announced length is too large for it */
	if (a->ret == -EFBIG || (a->ret == -ENOMEM && !a->ledger.denied))
		error = a->ret;
	expect_refused(test, a, error);
}

/* Make a zstd frame of RLE blocks the input: @nr times @block, and @last */
static void set_rle_frame(struct attempt *a, const u8 *header, size_t size,
			  const u8 block[4], unsigned int nr, const u8 last[4])
{
	u8 *p = case_input;

	p = memcpy(p, header, size) + size;
	while (nr--)
		p = memcpy(p, block, 4) + 4;
	p = memcpy(p, last, 4) + 4;
	case_set_input(a, case_input, p - case_input);
}

/*
 * Test the limit of the window: linux/zstd_lib.h promises 128 MiB, and lib/zstd takes
 * one byte more. Up to the limit, decompress.c requests the memory, and the ledger
 * denies it. Above the limit, decompress.c does not request it. The frame is
 * complete: 128 MiB and @more bytes of zeros in RLE blocks.
 */
static void zstd_window_has_the_limit_of_the_decoder(struct kunit *test)
{
	static const u8 block[] = { 0x02, 0x00, 0x10, 0 };	/* 128 KiB */
	struct attempt *a = case_attempt_as(test, "zstd");
	unsigned int more;

	a->orders.most_memory = SZ_1M;
	for (more = 0; more <= 2; more++) {
		const u8 header[] = { 0x28, 0xb5, 0x2f, 0xfd, SINGLE_SEGMENT_8,
				      more, 0, 0, 8, 0, 0, 0, 0 };
		const u8 last[] = { 0x03 | more << 3, 0, 0, 0 };

		set_rle_frame(a, header, sizeof(header), block,
			      SZ_128M / SZ_128K, last);
		scnprintf(a->what, sizeof(a->what), "a window of 128 MiB and %u bytes",
			  more);
		if (more == 1)
			attempt_decompress(test, a);
		else
			expect_refused(test, a, more ? -EINVAL : -ENOMEM);
	}
}

/*
 * Test that a frame with more content than its header says is refused: 512 KiB of
 * zeros in RLE blocks. lib/zstd has a buffer for all of the announced content, which
 * overflows, or for the window if that is smaller. In the latter case lib/zstd
 * compares the sizes only at the end of the frame.
 */
static void zstd_content_beyond_its_size_is_refused(struct kunit *test)
{
	static const u8 block[] = { 0x02, 0x20, 0, 0 };		/* 1 KiB */
	static const u8 last[] = { 0x03, 0x20, 0, 0 };
	struct attempt *a = case_attempt_as(test, "zstd");
	unsigned int announced;

	for (announced = 0; announced < SZ_512K; announced += SZ_64K) {
		/* A window of 1 KiB, and a content size of 4 bytes */
		const u8 header[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x80, 0,
				      0, 0, announced >> 16, 0 };

		set_rle_frame(a, header, sizeof(header), block,
			      SZ_512K / SZ_1K - 1, last);
		scnprintf(a->what, sizeof(a->what), "512 KiB, announced as %u",
			  announced);
		if (!expect_refused(test, a, -EINVAL))
			return;
	}
}

/* Test that a skippable frame (RFC 8878, 3.1.2) is refused */
static void zstd_skippable_frame_is_refused_as_of_today(struct kunit *test)
{
	static const u8 skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2 };
	struct attempt *a = case_attempt_as(test, "zstd");
	size_t size;

	case_fill(100, PAYLOAD_TEXT, 10);
	memcpy(case_input, skippable, sizeof(skippable));
	size = stream_zstd(case_input + sizeof(skippable), case_payload, 100,
			   &stream_checked);
	a->len = 100;
	case_set_input(a, case_input, sizeof(skippable) + size);
	strscpy(a->what, "a skippable frame first", sizeof(a->what));
	expect_refused(test, a, -EINVAL);
}

/*
 * The stock tools decompress a second member, stream or frame as well; the
 * kernel ignores it, as it ignores noise. One of the sizes fills the last page.
 */
static const size_t followed_sizes[] = { 100, SOME_PAGES, 5 * PAGE_SIZE };

/* Test that noise after the stream is ignored */
static void trailing_bytes_are_ignored_as_of_today(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(followed_sizes); i++) {
		case_write(a, followed_sizes[i], &stream_checked);
		memmove(case_input, a->in, a->size);
		payload_fill(case_input + a->size, 100, PAYLOAD_RANDOM, 11);
		case_set_input(a, case_input, a->size + 100);
		expect_taken(test, a);
	}
}

/* Test that a second stream is ignored */
static void second_stream_is_ignored_as_of_today(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = case_some_pages(test);
	unsigned int i;
	size_t size;

	for (i = 0; i < ARRAY_SIZE(followed_sizes); i++) {
		case_write(a, followed_sizes[i], &stream_checked);
		memmove(case_input, a->in, a->size);
		size = algorithm->write(case_input + a->size, case_payload,
					PAGE_SIZE, &stream_checked);
		case_set_input(a, case_input, a->size + size);
		expect_taken(test, a);
	}
}

/* Test that LEN and NLEN of a stored block must match: RFC 1951, 3.2.4 */
static void gzip_stored_length_is_verified(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "gzip");
	unsigned int i;

	case_fill(100, PAYLOAD_TEXT, 14);
	for (i = 11; i < 15; i++) {
		case_write(a, 100, &stream_plain);
		((u8 *)a->in)[i] ^= 0xff;
		scnprintf(a->what, sizeof(a->what), "byte %u inverted", i);
		expect_refused(test, a, -EINVAL);
	}
}

/* Test that a gzip file name without a terminating NUL is refused */
static void gzip_unterminated_name_is_refused(struct kunit *test)
{
	static const u8 header[] = { 0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3 };
	struct attempt *a = case_attempt_as(test, "gzip");
	size_t size;

	a->len = 0;
	for (size = sizeof(header); size < PAGE_SIZE; size += 97) {
		memset(case_input, 'x', size);
		memcpy(case_input, header, sizeof(header));
		case_set_input(a, case_input, size);
		scnprintf(a->what, sizeof(a->what), "a name of %zu bytes",
			  size - sizeof(header));
		expect_refused(test, a, -EINVAL);
	}
	memset(case_input + sizeof(header), 'x', size - sizeof(header));
	case_input[size - 1] = '\0';
	case_set_input(a, case_input, size);
	strscpy(a->what, "a name and nothing else", sizeof(a->what));
	expect_refused(test, a, -EINVAL);
}

/* Make a gzip file with a name of @letters letters, and 100 bytes of payload */
static void named_input(struct attempt *a, size_t letters)
{
	const size_t header = 10;

	case_write(a, 100, &stream_plain);
	memmove(case_input + header + letters + 1, case_input + header,
		a->size - header);
	memset(case_input + header, 'x', letters);
	case_input[header + letters] = '\0';
	case_input[3] = 8;
	case_set_input(a, case_input, a->size + letters + 1);
	scnprintf(a->what, sizeof(a->what), "%zu bytes, %zu of them the name",
		  a->size, letters);
}

/* Test that names around 64 KiB are skipped: no size is kept in 16 bits */
static void gzip_long_name_comes_out(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "gzip");
	size_t letters;

	case_fill(100, PAYLOAD_TEXT, 18);
	named_input(a, SZ_64K);
	expect_taken(test, a);
	letters = SZ_64K - (a->size - SZ_64K);
	for (letters -= 2; a->size != SZ_64K + 10; letters++) {
		named_input(a, letters);
		expect_taken(test, a);
	}
}

/* A flag of the gzip header (RFC 1952, 2.3.1), and whether it changes anything */
struct gzip_flag {
	const char *name;
	u8 bit;
	bool has_field;
};

static const struct gzip_flag gzip_flags[] = {
	{ "FTEXT", 0x01 },
	{ "FHCRC", 0x02, true },
	{ "FEXTRA", 0x04, true },
	{ "FNAME and FTEXT", 0x09 },
	{ "FCOMMENT", 0x10, true },
	{ "reserved 5", 0x20 },
	{ "reserved 6", 0x40 },
	{ "reserved 7", 0x80 },
};

static void gzip_flag_desc(const struct gzip_flag *flag, char *desc)
{
	strscpy(desc, flag->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(gzip_flag, gzip_flags, gzip_flag_desc);

/*
 * Test that all flags but FNAME are ignored. The decoder reads the field that a
 * flag announces as deflate data, and the field here begins with the invalid
 * block type 3 (RFC 1951, 3.2.3). Without the field, the file is accepted.
 */
static void gzip_flag_is_ignored_as_of_today(struct kunit *test)
{
	const struct gzip_flag *flag = test->param_value;
	const struct stream_options options = { .gzip_flags = flag->bit };
	struct attempt *a = case_attempt_as(test, "gzip");

	case_fill(SOME_PAGES, PAYLOAD_RANDOM, 9);
	case_write(a, SOME_PAGES, &options);
	strscpy(a->what, flag->name, sizeof(a->what));
	if (!flag->has_field) {
		expect_taken(test, a);
		return;
	}
	expect_refused(test, a, -EINVAL);
	case_write(a, 100, &stream_plain);
	((u8 *)a->in)[3] = flag->bit;
	scnprintf(a->what, sizeof(a->what), "%s without its field", flag->name);
	expect_taken(test, a);
}

/*
 * The messages, which users search for. An input is the start of an empty
 * stream, with a changed byte, or an error as ordered.
 */
static const struct {
	unsigned int algorithm;
	const char *text;
	u8 size;
	u8 flip;
	bool no_decoder;
} messages[] = {
	{ ALGORITHM_GZIP, "not a gzip compressed module", 10, 2 },
	{ ALGORITHM_XZ, "not an xz compressed module", 6, 5 },
	{ ALGORITHM_ZSTD, "not a zstd compressed module", 4, 3 },
	{ ALGORITHM_GZIP, "decompression failed with status ", 10 },
	{ ALGORITHM_XZ, "decompression failed with status ", 6 },
	{ ALGORITHM_ZSTD, "ZSTD-decompression failed with status ", 9, 6 },
	{ ALGORITHM_ZSTD, "ZSTD-compressed data has an incomplete frame header", 4 },
	{ ALGORITHM_ZSTD, "ZSTD-compressed data has too large a window size", 9, 5 },
	{ ALGORITHM_GZIP, "failed to initialize decompressor: ", 10, .no_decoder = true },
	{ ALGORITHM_ZSTD, "Can't initialize ZSTD stream", 9, .no_decoder = true },
};

/* Test the texts of the messages, which users search for */
static void message_texts_as_of_today(struct kunit *test)
{
	struct attempt *a = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		a->d = case_algorithms[messages[i].algorithm].d;
		/* Older kernels do not know zstd */
		if (!a->d || !a->d->decompress)
			continue;
		case_write(a, 0, &stream_plain);
		case_set_input(a, a->in, messages[i].size);
		if (messages[i].flip)
			((u8 *)a->in)[messages[i].flip] ^= 0xa6;
		a->orders.fail_services = LEDGER_DECODER;
		a->orders.fail_nth = messages[i].no_decoder;
		scnprintf(a->what, sizeof(a->what), "message %u", i);
		attempt_decompress(test, a);
		if (!strstr(a->ledger.log, messages[i].text))
			attempt_fail(test, a, "message: other text",
				     "\"%s\", not \"%s\"", a->ledger.log,
				     messages[i].text);
	}
}

static struct kunit_case input_cases[] = {
	KUNIT_CASE_PARAM(empty_input_is_refused, algorithm_gen_params),
	KUNIT_CASE_PARAM(wrong_magic_is_refused, algorithm_gen_params),
	KUNIT_CASE_PARAM(other_formats_are_refused_as_of_today, algorithm_gen_params),
	KUNIT_CASE_PARAM(bytes_past_the_input_are_not_used,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(truncated_file_is_refused, algorithm_gen_params),
	KUNIT_CASE_PARAM(truncated_at_a_page_boundary_is_refused,
			 algorithm_gen_params),
	SLOW_CASE_PARAM(flipped_bit_is_found_by_the_check, checked_gen_params),
	SLOW_CASE_PARAM(flipped_bit_without_a_check_breaks_nothing,
			algorithm_gen_params),
	KUNIT_CASE_PARAM(odd_stream_is_taken_or_refused, odd_stream_gen_params),
	KUNIT_CASE_PARAM(zstd_frame_header_is_refused, zstd_header_gen_params),
	KUNIT_CASE(zstd_window_has_the_limit_of_the_decoder),
	KUNIT_CASE(zstd_content_beyond_its_size_is_refused),
	KUNIT_CASE(zstd_skippable_frame_is_refused_as_of_today),
	KUNIT_CASE_PARAM(trailing_bytes_are_ignored_as_of_today,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(second_stream_is_ignored_as_of_today,
			 algorithm_gen_params),
	KUNIT_CASE(gzip_stored_length_is_verified),
	KUNIT_CASE(gzip_unterminated_name_is_refused),
	KUNIT_CASE(gzip_long_name_comes_out),
	KUNIT_CASE_PARAM(gzip_flag_is_ignored_as_of_today,
			 gzip_flag_gen_params),
	KUNIT_CASE(message_texts_as_of_today),
	{ }
};

static struct kunit_suite module_decompress_bad_input_suite = {
	.name = "module_decompress_bad_input",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = input_cases,
};

kunit_test_suite(module_decompress_bad_input_suite);
