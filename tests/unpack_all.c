// SPDX-License-Identifier: GPL-2.0
/*
 * unpack_all FILE ...: call unpack() for each package, damaged at random, and for its beginnings.
 * Compile it with AddressSanitizer and UBSan. With -DFUZZER -fsanitize=fuzzer it is a program of
 * libFuzzer, to which the packages are the first inputs. test_packages.py does both.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../harness/verdict/check.h"
#include "../harness/verdict/package.h"

#define INPUT_MAX	(1024 * 1024)
/* Number of damaged inputs made of each file */
#define DAMAGES		3000

const char *const program = "unpack_all";

/* Blocks of a few bytes, so that whatever is read together comes in two of them */
struct input {
	struct stream stream;
	const unsigned char *data;
	size_t size;
	size_t block;
};

static ssize_t next_of_input(struct stream *stream, const void **block)
{
	struct input *input = (struct input *)stream;
	size_t n = input->size < input->block ? input->size : input->block;

	*block = input->data;
	input->data += n;
	input->size -= n;
	return n;
}

static void found(struct unpacker *unpacker, enum piece piece, const char *outer,
		  const char *inner, long long at, long long size)
{
	bool has_content = piece == MODULE || piece == MISNAMED || piece == BESIDE;

	if (!outer[0] || at < 0 || size < 0 || (has_content && at != unpacker->end))
		abort();
	if (piece == UNREAD && !inner[0])
		abort();
}

static void try_input(const unsigned char *data, size_t size)
{
	struct input input = { .stream.next = next_of_input, .data = data, .size = size };
	struct unpacker unpacker = { .found = found };
	static int spool = -1;

	if (spool < 0)
		spool = memfd_create("spool", 0);
	if (spool < 0 || ftruncate(spool, 0))
		abort();
	unpacker.spool = spool;
	/* The size decides, so that an input is always read in the same way */
	input.block = 1 + size % 700;
	unpack(&unpacker, &input.stream, "a package");
}

#ifdef FUZZER
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	try_input(data, size);
	return 0;
}
#else
static void damage(unsigned char *data, size_t size, const unsigned char *whole)
{
	unsigned int i, n = 1 + random() % 4;

	memcpy(data, whole, size);
	for (i = 0; i < n; i++)
		data[random() % size] = random() % 3 ? random() : random() % 2 ? '0' : 0;
}

int main(int argc, char **argv)
{
	unsigned char *whole = malloc(INPUT_MAX), *data;
	unsigned long inputs = 0;
	size_t size, n;
	FILE *file;
	int i;

	for (i = 1; i < argc; i++) {
		file = open_file(argv[i], "r");
		size = fread(whole, 1, INPUT_MAX, file);
		fclose(file);
		if (!size)
			die("%s: empty", argv[i]);
		for (n = 0; n < size; n += 1 + n / 50, inputs++) {
			data = malloc(n + !n);
			memcpy(data, whole, n);
			try_input(data, n);
			free(data);
		}
		srandom(1);
		data = malloc(size);
		for (n = 0; n < DAMAGES; n++, inputs++) {
			damage(data, size, whole);
			try_input(data, size);
		}
		free(data);
	}
	free(whole);
	printf("%lu inputs read\n", inputs);
	return 0;
}
#endif
