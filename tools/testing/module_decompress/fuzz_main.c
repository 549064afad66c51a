// SPDX-License-Identifier: GPL-2.0
/*
 * In place of libFuzzer and of the stock libraries, where the inputs are there:
 * try_ALGORITHM FILE ... tries each.
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

/* Nobody changes anything here */
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
		fprintf(stderr, "%s: not to be read, or too large\n", path);
		exit(2);
	}
	fclose(f);
	/* What is read past its end is to be seen */
	data = realloc(data, size ? size : 1);
	/* Named before it may be the last one */
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, size);
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
