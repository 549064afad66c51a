// SPDX-License-Identifier: GPL-2.0
/*
 * change_fields FORMAT ROOM FILE: changes a field of a file 2,000 times, each time of a new copy in
 * a buffer of ROOM bytes, and writes each result: its size in 8 hexadecimal digits, its content.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tools/testing/module_decompress/fuzz.h"

int main(int argc, char **argv)
{
	static unsigned char file[65536];
	size_t room = argc > 2 ? atoi(argv[2]) : 0, size, len;
	FILE *f = argc == 4 ? fopen(argv[3], "r") : NULL;
	unsigned int seed;
	unsigned char *copy;

	if (!f)
		return 2;
	size = fread(file, 1, sizeof(file), f);
	fclose(f);
	for (seed = 0; seed < 2000; seed++) {
		copy = malloc(room);
		memcpy(copy, file, size);
		len = fuzz_change_field(atoi(argv[1]), copy, size, room, seed);
		printf("%08zx", len);
		fwrite(copy, 1, len, stdout);
		free(copy);
	}
	return 0;
}
