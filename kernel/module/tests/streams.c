// SPDX-License-Identifier: GPL-2.0
/* Writers of gzip, xz and zstd streams that do not compress. */
#include <linux/crc32.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/sizes.h>
#include <linux/xxhash.h>

#include "streams.h"

#define GZIP_STORED_MAX		65535
#define LZMA2_CHUNK_MAX		65536
#define ZSTD_BLOCK_MAX		SZ_128K

const struct stream_options stream_plain = {
	.zstd_descriptor = ZSTD_WINDOW_128K,
};

const struct stream_options stream_checked = {
	.xz_check = 1,
	.zstd_checksum = true,
	.zstd_descriptor = ZSTD_WINDOW_128K,
	.zstd_content_size = true,
};

static u8 *put(u8 *out, const void *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return out + len;
}

static u8 *put_le(u8 *out, u32 value, unsigned int len)
{
	for (; len; len--, value >>= 8)
		*out++ = value;
	return out;
}

static u32 crc(const void *bytes, size_t len)
{
	return ~crc32_le(~0, bytes, len);
}

/**
 * stream_gzip() - write one gzip member of stored blocks
 * @out: gets the member; has room for @len + STREAM_OVERHEAD(@len) bytes
 * @payload: the bytes to wrap
 * @len: length of the payload in bytes
 * @options: its gzip_* members are used
 *
 * The format is RFC 1952, 2.3, with blocks of RFC 1951, 3.2.4. With
 * gzip_far_match the last 258 bytes, which must equal those 32 KiB before,
 * become a block of 3.2.6 with one match of the largest length and distance.
 *
 * Return: bytes written.
 */
size_t stream_gzip(u8 *out, const u8 *payload, size_t len,
		   const struct stream_options *options)
{
	const u8 flags = options->gzip_flags;
	const u8 header[10] = { 0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3 };
	/* BFINAL, BTYPE 01, code 285, code 29 and 13 bits of ones, code 256 */
	static const u8 far_match[] = { 0x1b, 0xbd, 0xff, 0x1f, 0x00 };
	u8 *p = put(out, header, sizeof(header));
	size_t stored = len, left, n;

	if (flags & 0x04)	/* FEXTRA: subfield "KU" of two bytes */
		p = put(p, "\6\0KU\2\0ab", 8);
	if (flags & 0x08)	/* FNAME */
		p = put(p, "name.ko", 8);
	if (flags & 0x10)	/* FCOMMENT */
		p = put(p, "fixed", 6);
	if (flags & 0x02)	/* FHCRC */
		p = put_le(p, crc(out, p - out), 2);

	if (options->gzip_far_match)
		stored -= 258;
	left = stored;
	do {
		n = min_t(size_t, left, GZIP_STORED_MAX);
		*p++ = n == left && stored == len;	/* BFINAL; BTYPE 00 */
		p = put_le(p, n, 2);
		p = put_le(p, ~n, 2);
		p = put(p, payload + stored - left, n);
		left -= n;
	} while (left);
	if (options->gzip_far_match)
		p = put(p, far_match, sizeof(far_match));

	p = put_le(p, crc(payload, len), 4);
	return put_le(p, len, 4) - out;
}

/* Multibyte integer of the .xz format, 1.2 */
static u8 *put_vli(u8 *out, size_t value)
{
	for (; value >= 0x80; value >>= 7)
		*out++ = value | 0x80;
	*out++ = value;
	return out;
}

/* Zeros up to a multiple of four bytes from @start */
static u8 *pad(u8 *out, const u8 *start)
{
	while ((out - start) % 4)
		*out++ = 0;
	return out;
}

/**
 * stream_xz() - write one .xz stream of one block of uncompressed LZMA2 chunks
 * @out: gets the stream; has room for @len + STREAM_OVERHEAD(@len) bytes
 * @payload: the bytes to wrap
 * @len: length of the payload in bytes
 * @options: its xz_check and xz_dict are used
 *
 * The format is the .xz file format, 2 to 4, with chunks as lib/xz reads them.
 *
 * Return: bytes written.
 */
size_t stream_xz(u8 *out, const u8 *payload, size_t len,
		 const struct stream_options *options)
{
	const u8 flags[2] = { 0, options->xz_check };
	/* Block header: 12 bytes, one filter, LZMA2, its dictionary size */
	const u8 block[8] = { 2, 0, 0x21, 1, options->xz_dict };
	u8 *p, *start, *index;
	size_t left = len, n, unpadded;

	p = put(out, "\3757zXZ", 6);
	p = put(p, flags, 2);
	p = put_le(p, crc(flags, 2), 4);

	start = p;
	p = put(p, block, sizeof(block));
	p = put_le(p, crc(block, sizeof(block)), 4);
	for (; left; left -= n) {
		n = min_t(size_t, left, LZMA2_CHUNK_MAX);
		*p++ = left == len ? 1 : 2;	/* the first resets the dictionary */
		*p++ = (n - 1) >> 8;
		*p++ = n - 1;
		p = put(p, payload + len - left, n);
	}
	*p++ = 0;
	unpadded = p - start;
	p = pad(p, start);
	if (options->xz_check) {
		/* The .xz format, 2.1.1.2, has the size; only a CRC32 is right */
		n = 4 << (options->xz_check - 1) / 3;
		memset(p, 0, n);
		put_le(p, crc(payload, len), 4);
		p += n;
		unpadded += n;
	}

	index = p;
	*p++ = 0;
	*p++ = 1;
	p = put_vli(p, unpadded);
	p = put_vli(p, len);
	p = pad(p, index);
	p = put_le(p, crc(index, p - index), 4);

	start = p;	/* footer: CRC32, backward size, flags, magic */
	p = put_le(p + 4, (start - index) / 4 - 1, 4);
	p = put(p, flags, 2);
	put_le(start, crc(start + 4, 6), 4);
	return put(p, "YZ", 2) - out;
}

/**
 * stream_zstd() - write one zstd frame of raw and RLE blocks
 * @out: gets the frame; has room for @len + STREAM_OVERHEAD(@len) bytes
 * @payload: the bytes to wrap; a block of one repeated byte becomes RLE
 * @len: length of the payload in bytes
 * @options: its zstd_* members are used
 *
 * The format is RFC 8878, 3.1.1.
 *
 * Return: bytes written.
 */
size_t stream_zstd(u8 *out, const u8 *payload, size_t len,
		   const struct stream_options *options)
{
	u8 *p = put(out, "\x28\xb5\x2f\xfd", 4);
	const u8 descriptor = options->zstd_descriptor;
	u64 window = 1ULL << (10 + (descriptor >> 3));
	size_t left = len, n, block;
	bool rle;
	u32 header;

	window += window / 8 * (descriptor & 7);
	block = min_t(u64, window, ZSTD_BLOCK_MAX);

	*p++ = (options->zstd_content_size ? 2 << 6 : 0) |
	       (options->zstd_checksum ? 4 : 0) |
	       (options->zstd_dictionary ? 1 : 0);
	*p++ = descriptor;
	if (options->zstd_dictionary)
		*p++ = options->zstd_dictionary;
	if (options->zstd_content_size)
		p = put_le(p, len, 4);

	do {
		n = min(left, block);
		rle = n > 1 && !memchr_inv(payload + len - left,
					   payload[len - left], n);
		header = (n == left) | (rle ? 1 << 1 : 0) | n << 3;
		p = put_le(p, header, 3);
		p = put(p, payload + len - left, rle ? 1 : n);
		left -= n;
	} while (left);

	if (options->zstd_checksum)
		p = put_le(p, xxh64(payload, len, 0), 4);
	return p - out;
}
