/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decompress a file with decompress.c and the decoders of a kernel tree. This header needs no
 * header of the kernel. native_check.mk makes one object of the code, in which only
 * native_check() is global: other names would clash with those of libzstd.
 */
#ifndef _NATIVE_CHECK_H
#define _NATIVE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct native_check - a file, and the result of decompressing it
 * @format: "gzip", "xz" or "zstd"
 * @in: the file
 * @size: its size in bytes
 * @filters: filters of .xz that the kernel has, a bit for each ID
 * @most_memory: allocations of more bytes than this fail
 * @look: called with the output, which is valid only during the call
 * @fault: called with a description of a fault of the kernel
 * @context: passed to @look and @fault
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
/* Names for the linker's --wrap: lib/xz calls __wrap_, and __real_ is the original */
struct xz_dec_bcj;
enum xz_ret __wrap_xz_dec_bcj_reset(struct xz_dec_bcj *s, u8 id);
enum xz_ret __real_xz_dec_bcj_reset(struct xz_dec_bcj *s, u8 id);
u32 __wrap_crc32_le(u32 crc, const void *p, size_t len);

/* crc32() of zlib, which the program is linked with */
unsigned long crc32(unsigned long crc, const void *p, unsigned int len);
#endif

#endif /* _NATIVE_CHECK_H */
