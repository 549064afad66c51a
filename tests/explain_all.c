// SPDX-License-Identifier: GPL-2.0
/*
 * explain_all FILE ...: has explain.c look into each file, damaged in every way
 * below, with a guard page behind the input. To be compiled with the address and
 * undefined behaviour sanitizers: they report what is wrong, and this names the
 * input.
 */
#include <lzma.h>
#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../harness/verdict/explain.h"

#define ROOM		(1024 * 1024)
#define FILE_MAX	4096
/* Bytes that are given each value: the headers */
#define HEADER		48
/* Inputs of any bytes behind each magic number */
#define RANDOM		20000

#define XZ_HEADER	12
#define XZ_FLAGS	6

/* What is in it ends where the guard page begins */
static unsigned char *room;
static const struct kernel kernels[2] = {
	[1].is_64bit = true,
	[1].has_bcj = { [0 ... 15] = true },
};

/* The input, in memory that outlives the process which a sanitizer ends */
#define WHAT		200
static char *what;
static unsigned long counts[NR_FORMATS];

static void __attribute__((format(printf, 1, 2))) this_is(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, WHAT, fmt, args);
	va_end(args);
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
		/* A sanitizer does not see a size that is merely absurd. */
		if (e.trailing > size || e.parts > size)
			abort();
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

/* Without this nothing but the checksums of .xz headers would be looked at */
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
	char name[WHAT];
	size_t n;

	memcpy(name, what, sizeof(name));
	for (n = 0; n <= size; n++) {
		this_is("%.99s, the first %zu bytes", name, n);
		look(format, in, n);
	}
}

static void flips(enum format format, unsigned char *in, size_t size)
{
	char name[WHAT];
	size_t bit;

	memcpy(name, what, sizeof(name));
	for (bit = 0; bit < 8 * size; bit++) {
		this_is("%.99s, bit %zu flipped", name, bit);
		in[bit / 8] ^= 1 << bit % 8;
		look(format, in, size);
		in[bit / 8] ^= 1 << bit % 8;
	}
}

static void headers(enum format format, const unsigned char *in, size_t size)
{
	unsigned char copy[FILE_MAX];
	char name[WHAT];
	unsigned int value;
	size_t at;

	memcpy(name, what, sizeof(name));
	for (at = 0; at < size && at < HEADER; at++)
		for (value = 0; value < 256; value++) {
			this_is("%.99s, byte %zu is %#x, checksums repaired",
				name, at, value);
			memcpy(copy, in, size);
			copy[at] = value;
			repair(format, copy, size);
			look(format, copy, size);
			/* And the header is all there is */
			if (at < size / 2)
				look(format, copy, size / 2);
		}
}

/* Some files more: in pairs, and with what is not theirs behind them */
static void tails(enum format format, const unsigned char *in, size_t size)
{
	unsigned char copy[2 * FILE_MAX] = { };
	char name[WHAT];
	size_t n;

	memcpy(name, what, sizeof(name));
	memcpy(copy, in, size);
	for (n = 0; n < 16; n++) {
		this_is("%.99s, and %zu zeroes", name, n);
		look(format, copy, size + n);
	}
	memcpy(copy + size, in, size);
	for (n = 0; n <= size; n++) {
		this_is("%.99s, and the first %zu bytes of it again", name, n);
		look(format, copy, size + n);
	}
}

/* Behind a magic number, and where .xz has checksums, behind those */
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
			this_is("%s, random bytes %u", formats[format].name, i);
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
			this_is("%s, status %s", formats[format].name, numbers[i]);
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
	this_is("%s", path);
	truncations(format, in, size);
	this_is("%s", path);
	flips(format, in, size);
	this_is("%s", path);
	headers(format, in, size);
	this_is("%s", path);
	tails(format, in, size);
}

static void *map(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		puts("wrong: no memory");
		exit(2);
	}
	return p;
}

int main(int argc, char **argv)
{
	enum format format;
	int i, status;

	what = map(WHAT, MAP_SHARED);
	if (fork()) {
		wait(&status);
		if (status)
			printf("wrong: the input was: %s\n", what);
		return !!status;
	}
	room = map(ROOM + getpagesize(), MAP_PRIVATE);
	if (mprotect(room + ROOM, getpagesize(), PROT_NONE)) {
		puts("wrong: no guard page");
		return 2;
	}
	statuses();
	random_bytes();
	for (i = 1; i < argc; i++)
		damage(argv[i]);
	for (format = 0; format < NR_FORMATS; format++)
		printf("%s: %lu inputs looked into\n", formats[format].name,
		       counts[format]);
	return 0;
}
