// SPDX-License-Identifier: GPL-2.0
/* See explain_formats.h. The limits are those of lib/zstd and decompress.c. */
#define ZSTD_STATIC_LINKING_ONLY	/* ZSTD_getFrameHeader() */
#include <zstd.h>

#include "explain_formats.h"

/*
 * What lib/zstd decodes as a stream, unless it is told otherwise; decompress.c
 * by itself would let pass eight times as much, and sixteen on 64-bit.
 */
#define ZSTD_WINDOW_MAX		((1ull << 27) + 1)

/*
 * RFC 8878, section 3.1.1.2. A compressed block with neither literals nor
 * sequences is two bytes long, which zstd before 1.5.4 thinks is not enough; and
 * one as large as blocks can be is too large for it.
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
				    "an empty compressed block, as of zstd 1.5.4 and later");
		if (type == 2 && length == ZSTD_BLOCKSIZE_MAX)
			unsupported(e, "zstd-block",
				    "a compressed block of 128 KiB, as of zstd 1.5.4 and later");
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
	/* Larger ones than libzstd itself will hear of: 2^31 and more */
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
 * explain_zstd() - look for what the kernel makes of a .zst that others do not
 * @e: gets what is found
 * @in: the file
 * @size: its size in bytes
 */
void explain_zstd(struct explanation *e, const unsigned char *in, size_t size)
{
	zstd_header(e, in, size);
	zstd_frames(e, in, size);
}
