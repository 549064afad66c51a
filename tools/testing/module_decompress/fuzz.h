/* SPDX-License-Identifier: GPL-2.0 */
/* Interfaces between the parts of a fuzz target: stock libraries and mutator */
#ifndef _NATIVE_FUZZ_H
#define _NATIVE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fuzz_format {
	FUZZ_gzip,
	FUZZ_xz,
	FUZZ_zstd,
};

/* The program can load the stock libraries */
extern const bool fuzz_has_stock;

/**
 * fuzz_stock() - decompress a file with the stock library
 * @format: format of the file
 * @in: the file
 * @size: size of the file in bytes
 * @out: buffer for the content of the first member, stream or frame
 * @room: size of @out in bytes
 * @len: set to the length of the output in bytes, also after an error
 * @unchecked: ignore the check of the content
 *
 * Return: NULL if the library accepts the file, or the library's message.
 */
const char *fuzz_stock(enum fuzz_format format, const uint8_t *in, size_t size,
		       uint8_t *out, size_t room, size_t *len, bool unchecked);

/* The same for deflate data without a header */
const char *fuzz_stock_inflate(const uint8_t *in, size_t size, uint8_t *out,
			       size_t room, size_t *len);

/* The same for a zstd file; the library gets the buffer page by page */
const char *fuzz_stock_zstd_by_page(const uint8_t *in, size_t size, uint8_t *out,
				    size_t room, size_t *len);

/* Version of the stock library, in the form of ZSTD_VERSION_NUMBER */
unsigned int fuzz_stock_zstd_version(void);

void fuzz_zero_range_coders(uint8_t *file, size_t size);
size_t fuzz_mend(enum fuzz_format format, uint8_t *file, size_t size, size_t room);

/* Interface to libFuzzer */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);

#endif
