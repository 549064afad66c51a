/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What decompress.c and its decoders, as they are in a kernel tree, make of a file, for a
 * program that knows nothing of the kernel. native_check.mk makes one object of them that has no
 * other name in it: libzstd has the same ones.
 */
#ifndef _NATIVE_CHECK_H
#define _NATIVE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct native_check - a file, and what became of it
 * @format: "gzip", "xz" or "zstd"
 * @in: the file
 * @size: its size in bytes
 * @filters: filters of .xz that the kernel is to have, a bit for each ID
 * @most_memory: no dictionary or window of more bytes than this has room
 * @look: called with what comes out, while it can be read
 * @fault: called with what is wrong with the kernel, in words
 * @context: for these two
 * @ret: what module_decompress() returned
 * @said: what it logged
 */
struct native_check {
	const char *format;
	const void *in;
	size_t size;
	unsigned int filters;
	size_t most_memory;
	void (*look)(void *context, const void *out, size_t len);
	void (*fault)(void *context, const char *report);
	void *context;
	int ret;
	char said[200];
};

enum native_check_result {
	NATIVE_CHECK_ANSWERED,
	NATIVE_CHECK_UNKNOWN,
	NATIVE_CHECK_ENDLESS,
	NATIVE_CHECK_NO_MEMORY,
};

enum native_check_result native_check(struct native_check *check);

#ifdef __KERNEL__
/* The linker's: what lib/xz calls, and what it would have called */
struct xz_dec_bcj;
enum xz_ret __wrap_xz_dec_bcj_reset(struct xz_dec_bcj *s, u8 id);
enum xz_ret __real_xz_dec_bcj_reset(struct xz_dec_bcj *s, u8 id);
u32 __wrap_crc32_le(u32 crc, const void *p, size_t len);

/* zlib's, which is in the program anyway */
unsigned long crc32(unsigned long crc, const void *p, unsigned int len);
#endif

#endif /* _NATIVE_CHECK_H */
