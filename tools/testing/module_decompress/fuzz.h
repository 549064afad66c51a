/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of a fuzz target share: the judge, and the mutator */
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

/* Whether there is a stock library to ask */
extern const bool fuzz_has_stock;

/**
 * fuzz_stock() - ask the stock library
 * @format: which
 * @in: a file
 * @size: its size in bytes
 * @out: gets what its first member, stream or frame holds
 * @room: bytes that fit
 * @len: gets their number, of what came out before an error, too
 * @unchecked: do not look at the check of the content
 *
 * Return: NULL if it takes the file, or what it says of it.
 */
const char *fuzz_stock(enum fuzz_format format, const uint8_t *in, size_t size,
		       uint8_t *out, size_t room, size_t *len, bool unchecked);

/* The same of deflate data that has no header */
const char *fuzz_stock_inflate(const uint8_t *in, size_t size, uint8_t *out,
			       size_t room, size_t *len);

/* The same of a zstd file, by a library that has room for one more page at a time */
const char *fuzz_stock_zstd_by_page(const uint8_t *in, size_t size, uint8_t *out,
				    size_t room, size_t *len);

/* As ZSTD_VERSION_NUMBER has it */
unsigned int fuzz_stock_zstd_version(void);

void fuzz_zero_range_coders(uint8_t *file, size_t size);
size_t fuzz_mend(enum fuzz_format format, uint8_t *file, size_t size, size_t room);

/* libFuzzer's side */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);

#endif
