/* SPDX-License-Identifier: GPL-2.0 */
/* Interfaces between the parts of a fuzz target: stock libraries, mutator, libFuzzer */
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

/* Whether this program can load the stock libraries: zlib, liblzma and libzstd */
extern const bool fuzz_has_stock;

/**
 * fuzz_stock() - decompress a file with the stock library of its format
 * @format: format of the file
 * @in: content of the file
 * @size: size of the file in bytes
 * @out: buffer for the output of the first member, stream or frame
 * @room: size of @out in bytes
 * @len: set to the length of the output in bytes, even after an error
 * @unchecked: whether to ignore the check of the output (only xz and zstd)
 *
 * Return: NULL if the library accepts the file, or an error message.
 */
const char *fuzz_stock(enum fuzz_format format, const uint8_t *in, size_t size,
		       uint8_t *out, size_t room, size_t *len, bool unchecked);

/* Do the same for raw deflate data, which has no header */
const char *fuzz_stock_inflate(const uint8_t *in, size_t size, uint8_t *out,
			       size_t room, size_t *len);

/* Do the same for a zstd file, but let the buffer grow page by page */
const char *fuzz_stock_zstd_by_page(const uint8_t *in, size_t size, uint8_t *out,
				    size_t room, size_t *len);

/* Return the version of libzstd, in the form of ZSTD_VERSION_NUMBER */
unsigned int fuzz_stock_zstd_version(void);

void fuzz_zero_range_coders(uint8_t *file, size_t size);
size_t fuzz_zstd_header_len(uint8_t descriptor);
size_t fuzz_change_field(enum fuzz_format format, uint8_t *file, size_t size, size_t room,
			 unsigned int seed);
size_t fuzz_mend(enum fuzz_format format, uint8_t *file, size_t size, size_t room);

/* Return the result of the last input in words: error, length and hash of the output */
const char *fuzz_outcome(void);

/* Interface to libFuzzer */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);

#endif
