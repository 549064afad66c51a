// SPDX-License-Identifier: GPL-2.0
/*
 * explain_all FILE ...: call explain() for each file, damaged in every way below,
 * with a guard page behind the input. Compile it with AddressSanitizer and UBSan:
 * they report errors, and this program names the input.
 */
#include <lzma.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../harness/verdict/explain.h"

#define ROOM		(1024 * 1024)
#define FILE_MAX	4096
/* Length of the headers: each of these bytes is set to each value */
#define HEADER		48
/* Number of inputs of random bytes for each format */
#define RANDOM		20000

#define XZ_HEADER	12
#define XZ_FLAGS	6

/* Buffer for the input, which ends at the guard page */
static unsigned char *room;
static const struct kernel kernels[2] = {
	[1].is_64bit = true,
	[1].has_bcj = { [0 ... 15] = true },
};

/* The input: its file or format, and the damage */
static const char *of;
static char what[100];
static unsigned long counts[NR_FORMATS];

static void __attribute__((format(printf, 1, 2))) this_is(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
}

/* The sanitizers call this before they end the process */
static void tell(void)
{
	printf("wrong: the input was: %s, %s\n", of, what);
	fflush(stdout);
}

static void look(enum format format, const unsigned char *in, size_t size)
{
	unsigned char *copy = room + ROOM - size;
	struct explanation e;
	unsigned int i;

	memcpy(copy, in, size);
	ASAN_POISON_MEMORY_REGION(room, copy - room);
	for (i = 0; i < 2; i++) {
		explain(&e, format, copy, size, &kernels[i]);
		/* The sanitizers do not find impossible sizes. */
		if (e.trailing > size || e.parts > size) {
			tell();
			exit(1);
		}
	}
	format_by_content(copy, size);
	ASAN_UNPOISON_MEMORY_REGION(room, ROOM);
	counts[format]++;
}

static void put_crc(unsigned char *at, size_t size)
{
	unsigned int crc = lzma_crc32(at, size, 0), i;

	for (i = 0; i < 4; i++)
		at[size + i] = crc >> 8 * i;
}

/* Repair the checksums of .xz headers, else explain() would stop there */
static void repair(enum format format, unsigned char *in, size_t size)
{
	size_t block;

	if (format != XZ || size <= XZ_HEADER)
		return;
	put_crc(in + XZ_FLAGS, 2);
	block = 4 * (in[XZ_HEADER] + 1ul);
	if (in[XZ_HEADER] && block <= size - XZ_HEADER)
		put_crc(in + XZ_HEADER, block - 4);
}

static void truncations(enum format format, const unsigned char *in, size_t size)
{
	size_t n;

	for (n = 0; n <= size; n++) {
		this_is("the first %zu bytes", n);
		look(format, in, n);
	}
}

static void flips(enum format format, unsigned char *in, size_t size)
{
	size_t bit;

	for (bit = 0; bit < 8 * size; bit++) {
		this_is("bit %zu flipped", bit);
		in[bit / 8] ^= 1 << bit % 8;
		look(format, in, size);
		in[bit / 8] ^= 1 << bit % 8;
	}
}

static void headers(enum format format, const unsigned char *in, size_t size)
{
	unsigned char copy[FILE_MAX];
	unsigned int value;
	size_t at;

	for (at = 0; at < size && at < HEADER; at++)
		for (value = 0; value < 256; value++) {
			this_is("byte %zu is %#x, checksums repaired", at,
				value);
			memcpy(copy, in, size);
			copy[at] = value;
			repair(format, copy, size);
			look(format, copy, size);
			/* Try again with the second half cut off */
			if (at < size / 2)
				look(format, copy, size / 2);
		}
}

/* Append zeros, and append the file to itself */
static void tails(enum format format, const unsigned char *in, size_t size)
{
	unsigned char copy[2 * FILE_MAX] = { };
	size_t n;

	memcpy(copy, in, size);
	for (n = 0; n < 16; n++) {
		this_is("and %zu zeroes", n);
		look(format, copy, size + n);
	}
	memcpy(copy + size, in, size);
	for (n = 0; n <= size; n++) {
		this_is("and the first %zu bytes of it again", n);
		look(format, copy, size + n);
	}
}

/* Random bytes after the magic number of each format, with right checksums for .xz */
static void random_bytes(void)
{
	static const unsigned char magic[NR_FORMATS][XZ_HEADER] = {
		[GZIP] = { 0x1f, 0x8b, 8 },
		[XZ] = { 0xfd, '7', 'z', 'X', 'Z', 0, 0, 1 },
		[ZSTD] = { 0x28, 0xb5, 0x2f, 0xfd },
	};
	static const unsigned int length[NR_FORMATS] = {
		[GZIP] = 3, [XZ] = XZ_HEADER, [ZSTD] = 4,
	};
	unsigned char in[64];
	unsigned int i, n, size;
	enum format format;

	srandom(1);
	for (i = 0; i < RANDOM; i++)
		for (format = 0; format < NR_FORMATS; format++) {
			of = formats[format].name;
			this_is("random bytes %u", i);
			size = length[format] + random() % 50;
			for (n = 0; n < sizeof(in); n++)
				in[n] = random();
			memcpy(in, magic[format], length[format]);
			if (format == XZ)
				in[XZ_HEADER] %= 12;
			repair(format, in, size);
			look(format, in, size);
		}
}

static void statuses(void)
{
	static const char *const numbers[] = {
		"", "x", "0", "1", "2", "3", "8", "9", "-1", "-5", "-6", "-7",
		"120", "4294967295", "-2147483648", "9223372036854775807",
		"-9223372036854775808", "99999999999999999999",
	};
	enum format format;
	unsigned int i;
	char said[80];

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		for (format = 0; format < NR_FORMATS; format++) {
			of = formats[format].name;
			this_is("status %s", numbers[i]);
			snprintf(said, sizeof(said), "failed with status %s",
				 numbers[i]);
			status_in_words(format, said);
		}
}

static void damage(const char *path)
{
	unsigned char in[FILE_MAX];
	enum format format = format_by_name(path);
	FILE *file = fopen(path, "r");
	size_t size = file ? fread(in, 1, sizeof(in), file) : 0;

	if (!size || format == NO_FORMAT) {
		printf("wrong: %s: cannot be read\n", path);
		exit(2);
	}
	fclose(file);
	of = path;
	truncations(format, in, size);
	flips(format, in, size);
	headers(format, in, size);
	tails(format, in, size);
}

int main(int argc, char **argv)
{
	enum format format;
	int i;

	room = mmap(NULL, ROOM + getpagesize(), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED ||
	    mprotect(room + ROOM, getpagesize(), PROT_NONE)) {
		puts("wrong: no guard page");
		return 2;
	}
	__sanitizer_set_death_callback(tell);
	statuses();
	random_bytes();
	for (i = 1; i < argc; i++)
		damage(argv[i]);
	for (format = 0; format < NR_FORMATS; format++)
		printf("%s: %lu inputs looked into\n", formats[format].name,
		       counts[format]);
	return 0;
}
