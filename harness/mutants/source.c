// SPDX-License-Identifier: GPL-2.0
/*
 * Read a file to break, and the flags that it is compiled with.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

/**
 * read_source() - read the file @path
 *
 * Return: its text, for @source.
 */
char *read_source(void)
{
	FILE *f = fopen(path, "r");
	int c;

	if (!f)
		die("%s: %s", path, strerror(errno));
	while ((c = getc(f)) != EOF)
		obstack_1grow(&pool, c);
	obstack_1grow(&pool, '\0');
	fclose(f);
	return obstack_finish(&pool);
}

/**
 * keep_flags() - copy gcc's flags, without warnings and without the names of input and output
 * @argc: how many flags there are
 * @argv: the flags
 * @flags: room for one more than @argc
 *
 * libclang ignores flags of gcc that clang does not know.
 *
 * Return: how many flags are kept.
 */
int keep_flags(int argc, char **argv, const char **flags)
{
	static const char *const paired[] = {
		"-include", "-imacros", "-isystem", "-iquote", "-idirafter", "-I", "-D", "-U"
	};
	bool operand = false;
	int i, nr = 0;
	size_t p;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "-o")) {
			i++;
			continue;
		}
		if (operand ||
		    (argv[i][0] == '-' && !starts_with(argv[i], "-W")))
			flags[nr++] = argv[i];
		operand = false;
		for (p = 0; p < ARRAY_SIZE(paired); p++)
			operand |= !strcmp(argv[i], paired[p]);
	}
	flags[nr++] = "-ferror-limit=0";
	return nr;
}

/**
 * checksum() - tell texts apart that differ in more than white space
 * @s: the text
 *
 * Return: its FNV-1a without its white space.
 */
unsigned long long checksum(const char *s)
{
	unsigned long long sum = 0xcbf29ce484222325;

	for (; *s; s++)
		if (!isspace((unsigned char)*s))
			sum = (sum ^ (unsigned char)*s) * 0x100000001b3;
	return sum;
}

/**
 * line_at() - find a line
 * @offset: the offset of a byte in it
 * @number: gets the number of the line, from 1
 *
 * Return: the line without its newline.
 */
struct span line_at(unsigned int offset, unsigned int *number)
{
	struct span line = { offset, offset + strcspn(source + offset, "\n") };
	unsigned int i;

	while (line.start > 0 && source[line.start - 1] != '\n')
		line.start--;
	for (*number = 1, i = 0; i < line.start; i++)
		*number += source[i] == '\n';
	return line;
}
