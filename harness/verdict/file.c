// SPDX-License-Identifier: GPL-2.0
/* See file.h. Names of files are not trusted: they are shown with escapes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "file.h"

struct file *files;
unsigned int nr_files;

/**
 * utf8() - decode a character
 * @text: the text that begins with it
 * @code: gets its code point
 *
 * Return: its length in bytes, or 0 if it is not UTF-8.
 */
unsigned int utf8(const char *text, unsigned int *code)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *c = (const unsigned char *)text;
	unsigned int i, n = *c < 0x80 ? 1 : *c >> 5 == 6 ? 2 :
			    *c >> 4 == 14 ? 3 : *c >> 3 == 30 ? 4 : 0;

	*code = n > 1 ? *c & 0x7f >> n : *c;
	for (i = 1; i < n; i++) {
		if (c[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (c[i] & 0x3f);
	}
	if (n && (*code < least[n] || *code > 0x10ffff ||
		  (*code >= 0xd800 && *code < 0xe000)))
		return 0;
	return n;
}

/* Is the character invisible, or does it change the direction of the text after it? */
static bool is_invisible(unsigned int code)
{
	return code == 0xad || code == 0x61c || code == 0x180e || code == 0xfeff ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || (code >= 0xfff9 && code <= 0xfffb) ||
	       code >= 0xe0000;
}

/* Like utf8(), but return 0 also for control characters and for characters not allowed in XML */
static unsigned int plain(const char *text)
{
	unsigned int code, n = utf8(text, &code);

	return code < ' ' || (code >= 0x7f && code < 0xa0) ||
	       code == 0xfffe || code == 0xffff || is_invisible(code) ? 0 : n;
}

/**
 * printable() - make a text safe to print
 * @text: the text, such as the name of a file
 *
 * Backslashes, and bytes that are not part of a printable character, become \x and two
 * hexadecimal digits, so that the result still tells the original.
 *
 * Return: the safe text, which the caller frees.
 */
char *printable(const char *text)
{
	char *result = malloc(4 * strlen(text) + 1), *end = result;
	unsigned int n;

	if (!result)
		abort();
	for (; *text; text += n) {
		n = *text == '\\' ? 0 : plain(text);
		if (n) {
			end = mempcpy(end, text, n);
		} else {
			n = 1;
			end += sprintf(end, "\\x%02x", (unsigned char)*text);
		}
	}
	*end = '\0';
	return result;
}

/**
 * clean() - replace what is not printable in a message of a tool or a kernel by "?"
 * @text: the message, changed in place
 */
void clean(char *text)
{
	unsigned int n;

	for (; *text; text += n) {
		n = plain(text);
		if (!n) {
			*text = '?';
			n = 1;
		}
	}
}

/**
 * die() - print one line that says what is wrong, and exit with status 2
 * @fmt: the line, a format of printf()
 */
void die(const char *fmt, ...)
{
	char *text;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	fprintf(stderr, "%s: %s\n", program, printable(text));
	exit(2);
}

/**
 * open_file() - open a file, or die
 * @path: its name
 * @mode: the mode of fopen()
 *
 * Return: the stream.
 */
FILE *open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file)
		die("%s: %s", path, strerror(errno));
	return file;
}

/**
 * add_file() - add an entry to the list of files
 * @path: name of the file
 *
 * Return: the entry, with only the name set.
 */
struct file *add_file(const char *path)
{
	struct file *file;

	/* Double the room at each power of two */
	if (!(nr_files & (nr_files - 1)))
		files = realloc(files, (2 * nr_files + 1) * sizeof(*files));
	if (!files)
		die("%s: no memory", path);
	file = &files[nr_files++];
	memset(file, 0, sizeof(*file));
	file->path = strdup(path);
	if (!file->path)
		die("%s: no memory", path);
	file->shown = printable(path);
	return file;
}

/**
 * digest() - add output of a decompressor to its length and checksums
 * @out: length and checksums, which begin as zeros and an @adler of 1
 * @bytes: the output
 * @n: its length
 */
void digest(struct output *out, const unsigned char *bytes, size_t n)
{
	out->len += n;
	out->crc = crc32(out->crc, bytes, n);
	out->adler = adler32(out->adler, bytes, n);
}
