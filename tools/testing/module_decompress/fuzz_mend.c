// SPDX-License-Identifier: GPL-2.0
/*
 * Repair magic bytes, lengths and checksums after a mutation. Otherwise the decoder would
 * reject the file before it reads the mutated part. Unparsable parts stay unchanged.
 */
#include <linux/crc32.h>
#include <linux/unaligned.h>
#include <linux/xxhash.h>

#include "native.h"
#include "fuzz.h"

#define ROOM	SZ_256K

/* Output of the stock library for a file, whose check is ignored */
static u8 content[ROOM];

static size_t content_of(enum fuzz_format format, const u8 *file, size_t size)
{
	size_t len = 0;

	fuzz_stock(format, file, size, content, sizeof(content), &len, true);
	return len;
}

/* Write the magic bytes (RFC 1952, 2.3); decompress.c ignores the trailer */
static size_t mend_gzip(u8 *file, size_t size)
{
	memcpy(file, "\x1f\x8b\x08", min_t(size_t, size, 3));
	return size;
}

static void put_crc(u8 *file, size_t at, size_t len)
{
	put_unaligned_le32(~crc32_le(~0, file + at, len), file + at + len);
}

/* Return the length of an LZMA2 chunk, or 0; see lib/xz/xz_dec_lzma2.c */
static size_t chunk_len(const u8 *chunk)
{
	if (chunk[0] >= 0x80)
		return (chunk[0] >= 0xc0 ? 6 : 5) + get_unaligned_be16(chunk + 3) + 1;
	return chunk[0] <= 2 ? 3 + get_unaligned_be16(chunk + 1) + 1 : 0;
}

/*
 * Return the end offset of the LZMA2 chunks that begin at offset @at, or 0 if a chunk is
 * damaged or truncated. Set @len to the output length according to the chunk headers.
 */
static size_t end_of_chunks(const u8 *file, size_t at, size_t size, size_t *len)
{
	*len = 0;
	while (at + 6 < size && file[at] && chunk_len(file + at)) {
		*len += get_unaligned_be16(file + at + 1) + 1;
		if (file[at] >= 0x80)
			*len += (file[at] & 0x1f) << 16;
		at += chunk_len(file + at);
	}
	return at < size && !file[at] ? at + 1 : 0;
}

static u8 *put_number(u8 *to, u64 value)
{
	for (; value >= 0x80; value >>= 7)
		*to++ = value | 0x80;
	*to++ = value;
	return to;
}

/* Write the check, index and footer of a one-block stream after its last chunk */
static size_t put_xz_end(u8 *file, size_t end, size_t len, size_t size, size_t room)
{
	size_t unpadded = end - 12, index;
	u8 *p = file + end;

	if (end + 64 > room || file[7] > 1)
		return size;
	/* A check hides damage that the decoder misses: only half of the files get one */
	file[7] = crc32_le(0, file + 12, end - 12) & 1;
	put_crc(file, 6, 2);
	while ((p - file) % 4)
		*p++ = 0;
	if (file[7]) {
		put_unaligned_le32(~crc32_le(~0, content,
					     content_of(FUZZ_xz, file, size)), p);
		p += 4;
		unpadded += 4;
	}
	index = p - file;
	*p++ = 0;
	p = put_number(put_number(put_number(p, 1), unpadded), len);
	while ((p - file) % 4)
		*p++ = 0;
	put_crc(file, index, p - file - index);
	p += 4;
	put_unaligned_le32((p - file - index) / 4 - 1, p + 4);
	memcpy(p + 8, file + 6, 2);
	put_unaligned_le32(~crc32_le(~0, p + 4, 6), p);
	memcpy(p + 10, "YZ", 2);
	return p + 12 - file;
}

/* Repair a file with one block: .xz file format, 2 and 3.1 */
static size_t mend_xz(u8 *file, size_t size, size_t room)
{
	size_t header, end, len;

	if (size < 24)
		return size;
	memcpy(file, "\3757zXZ", 6);
	file[6] = 0;
	put_crc(file, 6, 2);
	header = (file[12] + 1) * 4;
	if (!file[12] || 12 + header > size)
		return size;
	put_crc(file, 12, header - 4);
	end = end_of_chunks(file, 12 + header, size, &len);
	return end ? put_xz_end(file, end, len, size, room) : size;
}

/* Make the last block end at the end of the file: RFC 8878, 3.1.1.2 */
static size_t mend_zstd_blocks(u8 *file, size_t at, size_t size)
{
	size_t len, n;
	u32 header;

	while (at + 3 <= size) {
		header = file[at] | file[at + 1] << 8 | file[at + 2] << 16;
		n = header >> 3;
		len = (header >> 1 & 3) == 1 ? 1 : n;
		if (at + 3 + len >= size) {
			len = min(len, size - at - 3);
			if ((header >> 1 & 3) != 1)
				n = len;
			header = n << 3 | (header & 6) | 1;
			file[at] = header;
			file[at + 1] = header >> 8;
			file[at + 2] = header >> 16;
		}
		at += 3 + len;
		if (header & 1)
			break;
	}
	return min(at, size);
}

static size_t mend_zstd(u8 *file, size_t size, size_t room)
{
	size_t at, end = size;

	if (size < 10)
		return size;
	put_unaligned_le32(0xfd2fb528, file);
	file[4] &= ~0x08;
	at = 4 + fuzz_zstd_header_len(file[4]);
	/* Leave four bytes for the content checksum */
	if (file[4] & 4 && at + 3 < size - 4)
		end -= 4;
	end = mend_zstd_blocks(file, at, end);
	if (!(file[4] & 4) || end + 4 > room)
		return end;
	size = content_of(FUZZ_zstd, file, min(end + 4, size));
	put_unaligned_le32(xxh64(content, size, 0), file + end);
	return end + 4;
}

/**
 * fuzz_zero_range_coders() - set the first byte of each range coder to 0
 * @file: content of an .xz file
 * @size: size of the file in bytes
 *
 * The format requires this 0 at the start of the compressed data of an LZMA chunk.
 */
void fuzz_zero_range_coders(u8 *file, size_t size)
{
	size_t at = 12, end, chunk, len;

	while (at + 24 < size && file[at]) {
		at += (file[at] + 1) * 4;
		end = end_of_chunks(file, at, size, &len);
		for (chunk = at; chunk + 6 < end; chunk += len) {
			len = chunk_len(file + chunk);
			if (file[chunk] >= 0xc0)
				file[chunk + 6] = 0;
			else if (file[chunk] >= 0x80)
				file[chunk + 5] = 0;
		}
		if (!end)
			return;
		at = ALIGN(end, 4) + (file[7] ? 4 : 0);
	}
}

/**
 * fuzz_mend() - repair magic bytes, lengths and checks of a file after a mutation
 * @format: format of the file
 * @file: content of the file, which this function changes
 * @size: size of the file in bytes
 * @room: size in bytes of the buffer at @file; the file may grow up to it
 *
 * Return: the new size of the file in bytes.
 */
size_t fuzz_mend(enum fuzz_format format, u8 *file, size_t size, size_t room)
{
	switch (format) {
	case FUZZ_gzip:
		return mend_gzip(file, size);
	case FUZZ_xz:
		return mend_xz(file, size, room);
	default:
		return mend_zstd(file, size, room);
	}
}
