// SPDX-License-Identifier: GPL-2.0
/*
 * try_ALGORITHM FILE ...: run a fuzz target with each FILE as an input, without
 * libFuzzer and without the stock libraries, and print the result of each input in which
 * no allocation fails.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define MOST_BYTES	(1 << 20)

const bool fuzz_has_stock;

const char *fuzz_stock(enum fuzz_format format, const uint8_t *in, size_t size,
		       uint8_t *out, size_t room, size_t *len, bool unchecked)
{
	abort();
}

const char *fuzz_stock_inflate(const uint8_t *in, size_t size, uint8_t *out,
			       size_t room, size_t *len)
{
	abort();
}

const char *fuzz_stock_zstd_by_page(const uint8_t *in, size_t size, uint8_t *out,
				    size_t room, size_t *len)
{
	abort();
}

unsigned int fuzz_stock_zstd_version(void)
{
	abort();
}

/* Needed to link LLVMFuzzerCustomMutator(), which this program never calls */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	return size;
}

static void try_file(const char *path)
{
	uint8_t *data = malloc(MOST_BYTES);
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!f || !data) {
		perror(path);
		exit(2);
	}
	size = fread(data, 1, MOST_BYTES, f);
	if (ferror(f) || size == MOST_BYTES) {
		fprintf(stderr, "%s: cannot be read, or is too large\n", path);
		exit(2);
	}
	fclose(f);
	/* Shrink the buffer so that AddressSanitizer detects an out-of-bounds read */
	data = realloc(data, size ? size : 1);
	/* Print the name first: the file may crash the program */
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	if (size && !data[0])
		printf("%s: %s\n", path, fuzz_outcome());
	free(data);
}

int main(int argc, char **argv)
{
	int i;

	LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++)
		try_file(argv[i]);
	printf("%d inputs\n", argc - 1);
	return 0;
}
