// SPDX-License-Identifier: GPL-2.0
/* See explain_formats.h. The limits are those of lib/zstd and decompress.c. */
#define ZSTD_STATIC_LINKING_ONLY	/* ZSTD_getFrameHeader() */
#include <zstd.h>

#include "explain_formats.h"

/*
 * Default limit of lib/zstd for streams. The limit of decompress.c itself is eight times as
 * large, and sixteen times on 64-bit.
 */
#define ZSTD_WINDOW_MAX		((1ull << 27) + 1)

/*
 * RFC 8878, section 3.1.1.2. zstd before 1.5.4 refuses two kinds of valid blocks: a compressed
 * block of two bytes, which has neither literals nor sequences, and a compressed block of the
 * largest size.
 */
static void zstd_blocks(struct explanation *e, const unsigned char *in,
			size_t size)
{
	bool last = false;

	while (!last && size >= 3) {
		unsigned int header = in[0] | in[1] << 8 | in[2] << 16;
		unsigned int type = header >> 1 & 3, length = header >> 3;

		last = header & 1;
		if (type == 2 && length == 2)
			unsupported(e, "zstd-block",
				    "an empty compressed block; zstd decodes it since 1.5.4");
		if (type == 2 && length == ZSTD_BLOCKSIZE_MAX)
			unsupported(e, "zstd-block",
				    "a compressed block of 128 KiB; zstd decodes it since 1.5.4");
		length = 3 + (type == 1 ? 1 : length);
		if (length > size)
			return;
		in += length;
		size -= length;
	}
}

static void window_too_large(struct explanation *e, unsigned long long window)
{
	unsupported(e, "zstd-window", "a window of %llu MiB, where the kernel takes %llu at most",
		    window / MIB, ZSTD_WINDOW_MAX / MIB);
}

/* RFC 8878, section 3.1.1.1 */
static void zstd_header(struct explanation *e, const unsigned char *in,
			size_t size)
{
	ZSTD_frameHeader header;

	if (is_skippable(in, size)) {
		unsupported(e, "zstd-skippable",
			    "it begins with a skippable frame, as pzstd writes");
		return;
	}
	if (format_by_content(in, size) != ZSTD) {
		not_that_format(e, in, size);
		return;
	}
	if (size > 4 && in[4] & 0x08)
		unsupported(e, "zstd-header", "the reserved bit is set in the frame header");
	/* A window of 2^32 bytes or more, for which ZSTD_getFrameHeader() returns an error */
	if (size > 5 && !(in[4] & 0x20) && in[5] >> 3 > 31 - 10) {
		window_too_large(e, (8ull + (in[5] & 7)) << ((in[5] >> 3) + 7));
		return;
	}
	if (ZSTD_getFrameHeader(&header, in, size))
		return;
	e->memory = header.windowSize;
	if (e->memory > ZSTD_WINDOW_MAX)
		window_too_large(e, e->memory);
	if (header.dictID)
		unsupported(e, "zstd-dictionary", "it needs the dictionary with ID %u",
			    header.dictID);
	zstd_blocks(e, in + header.headerSize, size - header.headerSize);
}

static void zstd_frames(struct explanation *e, const unsigned char *in, size_t size)
{
	while (size) {
		size_t frame = ZSTD_findFrameCompressedSize(in, size);

		if (ZSTD_isError(frame))
			break;
		e->parts += !is_skippable(in, size);
		in += frame;
		size -= frame;
	}
	if (e->parts)
		e->rest = size;
}

/**
 * explain_zstd() - find out why the kernel decompresses a .zst differently than zstd
 * @e: gets the explanation
 * @in: the file
 * @size: its size in bytes
 */
void explain_zstd(struct explanation *e, const unsigned char *in, size_t size)
{
	zstd_header(e, in, size);
	zstd_frames(e, in, size);
}
