/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the compressed files hold: bytes that both the suite and the program
 * that made the files (harness/blobs/payload.c) can generate.
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
 * @PAYLOAD_TEXT: ends of a text, of random length; 15:1 or better
 * @PAYLOAD_RANDOM: pseudo-random; no compressor makes it any shorter
 * @PAYLOAD_CODE: like machine code, about a third of it with calls that the
 *	BCJ filter of one machine rewrites; the seed is an &enum payload_machine
 */
enum payload_kind {
	PAYLOAD_ZERO,
	PAYLOAD_TEXT,
	PAYLOAD_RANDOM,
	PAYLOAD_CODE,
};

/**
 * enum payload_machine - seeds of PAYLOAD_CODE, and what the filters rewrite
 * @PAYLOAD_X86: call and jmp, wherever they stand, near ones only
 * @PAYLOAD_POWERPC: bl, big-endian
 * @PAYLOAD_IA64: br.call in each of the three slots of a bundle
 * @PAYLOAD_ARM: bl
 * @PAYLOAD_ARMTHUMB: bl, a pair of half-words
 * @PAYLOAD_SPARC: call
 * @PAYLOAD_ARM64: bl, and adrp past the first 4096 bytes
 * @PAYLOAD_RISCV: jal, and auipc with the instruction that follows it
 * @PAYLOAD_MACHINES: how many there are: a power of two
 */
enum payload_machine {
	PAYLOAD_X86,
	PAYLOAD_POWERPC,
	PAYLOAD_IA64,
	PAYLOAD_ARM,
	PAYLOAD_ARMTHUMB,
	PAYLOAD_SPARC,
	PAYLOAD_ARM64,
	PAYLOAD_RISCV,
	PAYLOAD_MACHINES,
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

/*
 * Units of 32 bytes, at 16 bytes past every multiple of 32: a unit of the
 * seed's own machine lies across each 4096-byte boundary, and where the machine
 * allows it (x86, ARM-Thumb, RISC-V) a call in the middle of that unit does.
 */
static inline void payload_fill_code(__u8 *buf, size_t len, __u32 seed)
{
	static const __u8 code[PAYLOAD_MACHINES][32] = {
		[PAYLOAD_X86] = {
			0x55, 0x89, 0xe5,
			0xe8, 0x10, 0x02, 0x00, 0x00,
			0xe9, 0xf0, 0xfe, 0xff, 0xff,
			0x90,
			0xe8, 0x34, 0x12, 0x00, 0x00,
			/* a call that is none, and one within its bytes */
			0xe8, 0x11, 0xe8, 0x22, 0x33, 0x00, 0x00,
			0x0f, 0x84, 0xc0, 0xff, 0xff, 0xff,
		},
		[PAYLOAD_POWERPC] = {
			0x94, 0x21, 0xff, 0xe0,
			0x7c, 0x08, 0x02, 0xa6,
			0x48, 0x00, 0x01, 0x25,
			0x4b, 0xff, 0xfe, 0x01,
			0x48, 0x00, 0x00, 0x40,
			0x48, 0x00, 0x10, 0x01,
			0x60, 0x00, 0x00, 0x00,
			0x4e, 0x80, 0x00, 0x20,
		},
		[PAYLOAD_IA64] = {
			/* MFB: in the last slot */
			0x1d, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
			0x00, 0x02, 0x00, 0x00, 0x48, 0x01, 0x00, 0x50,
			/* BBB: in all three */
			0x17, 0x00, 0x10, 0x02, 0x00, 0x14, 0x00, 0x40,
			0x03, 0x00, 0x28, 0x00, 0x20, 0x04, 0x00, 0x50,
		},
		[PAYLOAD_ARM] = {
			0x00, 0x48, 0x2d, 0xe9,
			0x3a, 0x01, 0x00, 0xeb,
			0xfe, 0xff, 0xff, 0xea,
			0xc4, 0xfe, 0xff, 0xeb,
			0x00, 0x00, 0xa0, 0xe3,
			0x20, 0x01, 0x00, 0xeb,
			0x04, 0x00, 0x00, 0x1a,
			0x00, 0x88, 0xbd, 0xe8,
		},
		[PAYLOAD_ARMTHUMB] = {
			0x10, 0xb5,
			0x00, 0xf0, 0x2a, 0xf8,
			0x20, 0x46,
			0xff, 0xf7, 0xb6, 0xff,
			0x00, 0x20,
			0x00, 0xf0, 0x40, 0xf9,
			0x01, 0xd0,
			0xff, 0xf7, 0x02, 0xfe,
			0x00, 0xbf, 0xc0, 0x46, 0x00, 0x23, 0x10, 0xbd,
		},
		[PAYLOAD_SPARC] = {
			0x9d, 0xe3, 0xbf, 0xa0,
			0x40, 0x00, 0x00, 0x52,
			0x01, 0x00, 0x00, 0x00,
			0x7f, 0xff, 0xff, 0xb0,
			0x90, 0x10, 0x20, 0x00,
			0x40, 0x00, 0x01, 0x20,
			0x81, 0xc7, 0xe0, 0x08,
			0x81, 0xe8, 0x00, 0x00,
		},
		[PAYLOAD_ARM64] = {
			0xfd, 0x7b, 0xbe, 0xa9,
			0xfd, 0x03, 0x00, 0x91,
			0x00, 0x02, 0x00, 0x90,
			0x4c, 0x00, 0x00, 0x94,
			0xa0, 0xfe, 0xff, 0x97,
			0x01, 0x01, 0x00, 0xb0,
			0xfd, 0x7b, 0xc2, 0xa8,
			0xc0, 0x03, 0x5f, 0xd6,
		},
		[PAYLOAD_RISCV] = {
			0x41, 0x11,
			0xef, 0x00, 0x80, 0x12,
			0xef, 0xf0, 0x5f, 0xee,
			0x06, 0xe4,
			0x97, 0x17, 0x00, 0x00, 0x83, 0xb7, 0x87, 0x12,
			0x17, 0x05, 0x01, 0x00, 0x13, 0x05, 0xc5, 0xff,
			0x82, 0x80, 0x01, 0x00,
		},
	};
	__u32 state = payload_seed(seed);
	size_t skip = 16, pos = 0;

	while (pos < len) {
		__u32 r = payload_random(&state);
		size_t n = sizeof(code[0]) - skip;

		if (!(r & 3) || pos % 4096 + n > 4096)
			r = seed;
		else
			r >>= 2;
		if (n > len - pos)
			n = len - pos;
		memcpy(buf + pos, code[r % PAYLOAD_MACHINES] + skip, n);
		pos += n;
		skip = 0;
	}
}

/**
 * payload_fill() - generate a payload
 * @buf: where to
 * @len: how many bytes
 * @kind: which kind of bytes
 * @seed: which of the many payloads of that kind; PAYLOAD_ZERO has only one
 *
 * The same arguments give the same bytes on every machine, and a payload is
 * the beginning of every longer one of the same kind and seed. Context: any.
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
		payload_fill_code(buf, len, seed);
		break;
	}
}

#endif
