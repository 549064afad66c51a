/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Payloads: bytes that both the suite and the program on the host that makes
 * the compressed files can generate.
 */
#ifndef _MODULE_TESTS_PAYLOAD_H
#define _MODULE_TESTS_PAYLOAD_H

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif
#include <linux/types.h>

/**
 * enum payload_kind - kinds of bytes that a compressor treats differently
 * @PAYLOAD_ZERO: all zero
 * @PAYLOAD_TEXT: tails of one text, of random length; compresses 15:1 or better
 * @PAYLOAD_RANDOM: pseudo-random; does not compress
 * @PAYLOAD_CODE: like x86 machine code, full of calls and jumps that the BCJ
 *	filter of xz rewrites, one across each 4096-byte boundary
 */
enum payload_kind {
	PAYLOAD_ZERO,
	PAYLOAD_TEXT,
	PAYLOAD_RANDOM,
	PAYLOAD_CODE,
};

static inline __u32 payload_seed(__u32 seed)
{
	return (seed * 2 + 1) * 0x9e3779b1;	/* odd, so never 0 */
}

/* xorshift32: goes through every state but 0 */
static inline __u32 payload_random(__u32 *state)
{
	__u32 x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;

	return x;
}

static inline void payload_fill_text(__u8 *buf, size_t len, __u32 seed)
{
	static const char text[] =
		"A module is code that can be loaded into the kernel on demand,\n"
		"and unloaded again. Without modules a small machine would hold\n"
		"a large kernel. The last page to be mapped is the first to be\n"
		"unmapped; who forgets that finds his words on some other page.\n";
	__u32 state = payload_seed(seed);

	while (len) {
		size_t start = payload_random(&state) % (sizeof(text) - 1);
		size_t n = sizeof(text) - 1 - start;

		if (n > len)
			n = len;
		memcpy(buf, text + start, n);
		buf += n;
		len -= n;
	}
}

static inline void payload_fill_random(__u8 *buf, size_t len, __u32 seed)
{
	__u32 state = payload_seed(seed);
	__u32 r;

	for (; len >= 4; len -= 4) {
		r = payload_random(&state);
		*buf++ = r;
		*buf++ = r >> 8;
		*buf++ = r >> 16;
		*buf++ = r >> 24;
	}

	for (r = payload_random(&state); len; len--) {
		*buf++ = r;
		r >>= 8;
	}
}

static inline void payload_fill_code(__u8 *buf, size_t len)
{
	static const __u8 code[32] = {
		0x55, 0x89, 0xe5,
		0xe8, 0x10, 0x02, 0x00, 0x00,
		0xe9, 0xf0, 0xfe, 0xff, 0xff,
		0x90,
		/* The middle of this call is at each multiple of 32 */
		0xe8, 0x34, 0x12, 0x00, 0x00,
		/* Bytes that look like a call, with another within them */
		0xe8, 0x11, 0xe8, 0x22, 0x33, 0x00, 0x00,
		0x0f, 0x84, 0xc0, 0xff, 0xff, 0xff,
	};
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = code[(i + sizeof(code) / 2) % sizeof(code)];
}

/**
 * payload_fill() - generate a payload
 * @buf: buffer of @len bytes
 * @len: length of the payload in bytes
 * @kind: kind of bytes
 * @seed: selects one of many payloads of that kind; PAYLOAD_ZERO and
 *	PAYLOAD_CODE have only one
 *
 * The same arguments give the same bytes on every machine. A payload is the
 * start of each longer one of the same kind and seed. Context: any.
 */
static inline void payload_fill(__u8 *buf, size_t len, enum payload_kind kind,
				__u32 seed)
{
	switch (kind) {
	case PAYLOAD_ZERO:
		memset(buf, 0, len);
		break;
	case PAYLOAD_TEXT:
		payload_fill_text(buf, len, seed);
		break;
	case PAYLOAD_RANDOM:
		payload_fill_random(buf, len, seed);
		break;
	case PAYLOAD_CODE:
		payload_fill_code(buf, len);
		break;
	}
}

#endif
