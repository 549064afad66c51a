// SPDX-License-Identifier: GPL-2.0
/*
 * Change a field of a block: of the literals or sequences of zstd (RFC 8878, 3.1.1.3), or of
 * the codes of deflate (RFC 1951, 3.2.7). Random changes seldom leave these fields valid, so a
 * fuzzer hardly gets past them.
 */
#include <string.h>

#include "fuzz.h"

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

/* Sizes at which the formats or lib/zstd change what they do */
static const u32 edges[] = {
	0, 1, 2, 5, 6, 9, 31, 32, 63, 127, 128, 255, 256, 1023, 1024, 4095, 4096, 16383, 16384,
	0x7eff, 0x7f00, 65536, 65537, 131072,
};

static u32 state;

/* Return a number below @below, which is above 0 */
static u32 any(u32 below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static u32 least(u32 one, u32 other)
{
	return one < other ? one : other;
}

/* Return a number near @value, or one of the edges */
static u32 near(u32 value)
{
	return any(2) ? edges[any(ARRAY_SIZE(edges))] : value + any(9) - 4;
}

static u64 get_bytes(const u8 *p, size_t count)
{
	u64 value = 0;

	while (count--)
		value = value << 8 | p[count];
	return value;
}

static void put_bytes(u8 *p, size_t count, u64 value)
{
	for (; count--; value >>= 8)
		*p++ = value;
}

/**
 * struct block - a compressed block of a zstd frame
 * @file: content of the file
 * @size: size of the file in bytes
 * @room: size in bytes of the buffer at @file
 * @at: offset of the block's header
 * @len: size of the block in bytes, without the header
 */
struct block {
	u8 *file;
	size_t size;
	size_t room;
	size_t at;
	u32 len;
};

/**
 * struct literals - the header of a literals section
 * @type: raw, RLE, compressed or treeless
 * @form: Size_Format
 * @size: Regenerated_Size
 * @packed: Compressed_Size, or the size of what follows the header
 */
struct literals {
	u32 type;
	u32 form;
	u32 size;
	u32 packed;
};

static size_t literals_header_len(const struct literals *l)
{
	static const u8 plain[] = { 1, 2, 1, 3 }, packed[] = { 3, 3, 4, 5 };

	return l->type < 2 ? plain[l->form] : packed[l->form];
}

static u32 literals_size_bits(const struct literals *l)
{
	static const u8 plain[] = { 5, 12, 5, 20 }, packed[] = { 10, 10, 14, 18 };

	return l->type < 2 ? plain[l->form] : packed[l->form];
}

static struct literals get_literals(const u8 *p)
{
	struct literals l = { .type = p[0] & 3, .form = p[0] >> 2 & 3 };
	u64 value = get_bytes(p, 5);
	u32 bits = literals_size_bits(&l);

	value >>= l.type < 2 && !(l.form & 1) ? 3 : 4;
	l.size = value & ((1 << bits) - 1);
	if (l.type < 2)
		l.packed = l.type ? 1 : l.size;
	else
		l.packed = value >> bits & ((1 << bits) - 1);
	return l;
}

static void put_literals(u8 *p, const struct literals *l)
{
	u32 bits = literals_size_bits(l), shift = l->type < 2 && !(l->form & 1) ? 3 : 4;
	u64 value = l->type | l->form << 2;

	value &= (1 << shift) - 1;
	value |= (u64)(l->size & ((1 << bits) - 1)) << shift;
	if (l->type >= 2)
		value |= (u64)(l->packed & ((1 << bits) - 1)) << (shift + bits);
	put_bytes(p, literals_header_len(l), value);
}

/* Let the @old bytes at @at of the block become @new bytes; return false if they cannot */
static bool resize(struct block *b, size_t at, size_t old, size_t new)
{
	u8 *p = b->file + b->at + 3;

	if (at + old > b->len || b->size + new - old > b->room)
		return false;
	memmove(p + at + new, p + at + old, b->file + b->size - (p + at + old));
	b->size += new - old;
	b->len += new - old;
	put_bytes(p - 3, 3, b->len << 3 | (p[-3] & 7));
	return true;
}

static void change_literals(struct block *b)
{
	u8 *p = b->file + b->at + 3;
	struct literals l = get_literals(p);
	size_t old = literals_header_len(&l);

	switch (any(5)) {
	case 0:
		l.type = any(4);
		break;
	case 1:
		l.form = any(4);
		break;
	case 2:
		l.size = near(l.size);
		break;
	case 3:
		l.packed += any(9) - 4;
		break;
	default:
		/* The Huffman code, and the sizes of the streams after it */
		if (old + 8 < b->len)
			p[old + any(8)] = any(256);
		return;
	}
	if (resize(b, 0, old, literals_header_len(&l)))
		put_literals(p, &l);
}

static void change_sequences(struct block *b)
{
	u8 *p = b->file + b->at + 3;
	struct literals l = get_literals(p);
	size_t at = literals_header_len(&l) + l.packed, old, new;
	u32 count;

	if (at + 4 > b->len)
		return;
	count = p[at];
	old = count < 128 ? 1 : count < 255 ? 2 : 3;
	if (old == 2)
		count = (count - 128) << 8 | p[at + 1];
	else if (old == 3)
		count = get_bytes(p + at + 1, 2) + 0x7f00;
	switch (any(4)) {
	case 0:
		count = least(near(count), 0x17eff);
		new = count < 128 ? 1 : count < 0x7f00 ? 2 : 3;
		if (!resize(b, at, old, new))
			return;
		p[at] = new == 1 ? count : new == 2 ? 128 + (count >> 8) : 255;
		if (new == 2)
			p[at + 1] = count;
		else if (new == 3)
			put_bytes(p + at + 1, 2, count - 0x7f00);
		break;
	case 1:
		p[at + old] = any(64) << 2;
		break;
	case 2:
		/* A table */
		if (at + old + 1 < b->len)
			p[at + old + 1 + any(least(10, b->len - at - old - 1))] ^= 1 << any(8);
		break;
	default:
		/* The end of the bitstream, which is read first */
		p[b->len - 1 - any(least(4, b->len - at))] = any(256);
	}
}

/**
 * fuzz_zstd_header_len() - find the length of a frame's header
 * @descriptor: Frame_Header_Descriptor (RFC 8878, 3.1.1.1)
 *
 * Return: the length in bytes, without the magic number.
 */
size_t fuzz_zstd_header_len(u8 descriptor)
{
	static const u8 content_size[] = { 0, 2, 4, 8 };
	static const u8 dictionary[] = { 0, 1, 2, 4 };
	bool single = descriptor & 0x20;

	return 1 + !single + dictionary[descriptor & 3] +
	       (descriptor >> 6 ? content_size[descriptor >> 6] : single);
}

/* Change a compressed block of the frame, whose first block is at @at */
static size_t change_zstd(u8 *file, size_t size, size_t room, size_t at)
{
	struct block b = { .file = file, .size = size, .room = room };
	u32 header, left = any(4), found = 0;

	while (at + 3 < size) {
		header = get_bytes(file + at, 3);
		if ((header >> 1 & 3) == 2 && header >> 3 >= 8 && at + 3 + (header >> 3) <= size) {
			b.at = at;
			b.len = header >> 3;
			found++;
		}
		if ((found && !left--) || header & 1)
			break;
		at += 3 + ((header >> 1 & 3) == 1 ? 1 : header >> 3);
	}
	if (!found)
		return size;
	if (any(2))
		change_literals(&b);
	else
		change_sequences(&b);
	return b.size;
}

static u32 get_bits(const u8 *p, size_t at, u32 bits)
{
	return get_bytes(p + at / 8, 4) >> at % 8 & ((1 << bits) - 1);
}

static void put_bits(u8 *p, size_t at, u32 bits, u32 value)
{
	u32 mask = ((1 << bits) - 1) << at % 8;

	put_bytes(p + at / 8, 4, (get_bytes(p + at / 8, 4) & ~mask) | (value << at % 8 & mask));
}

/* Make the first block a dynamic one, or change its numbers of codes or a length of a code */
static void change_deflate(u8 *deflated)
{
	u32 lengths = 4 + get_bits(deflated, 13, 4);

	switch (any(6)) {
	case 0:
		put_bits(deflated, 1, 2, 2);
		break;
	case 1:
		put_bits(deflated, 3, 5, any(2) ? any(32) : 29 + any(2));
		break;
	case 2:
		put_bits(deflated, 8, 5, any(2) ? any(32) : 29 + any(2));
		break;
	case 3:
		put_bits(deflated, 13, 4, any(16));
		break;
	case 4:
		put_bits(deflated, 17 + 3 * any(lengths), 3, any(8));
		break;
	default:
		/* The lengths of the other codes, in about 60 bytes */
		put_bits(deflated, 17 + 3 * lengths + any(480), 1, any(2));
	}
}

/**
 * fuzz_change_field() - change a field of a block, of gzip or zstd
 * @format: format of the file
 * @file: content of the file, which this function changes
 * @size: size of the file in bytes
 * @room: size in bytes of the buffer at @file; the file may grow up to it
 * @seed: decides which field is changed, and how
 *
 * Return: the new size of the file in bytes.
 */
size_t fuzz_change_field(enum fuzz_format format, u8 *file, size_t size, size_t room,
			 unsigned int seed)
{
	state = seed;
	if (format == FUZZ_zstd && size > 16)
		return change_zstd(file, size, room, 4 + fuzz_zstd_header_len(file[4]));
	if (format == FUZZ_gzip && size > 10 + 100)
		change_deflate(file + 10);
	return size;
}
