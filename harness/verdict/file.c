// SPDX-License-Identifier: GPL-2.0
/* See file.h. What comes from outside is data: names are shown with escapes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "file.h"

struct file *files;
unsigned int nr_files;

/**
 * utf8() - look at a character
 * @text: where it begins
 * @code: gets its number
 *
 * Return: its length in bytes, or 0 for what is not UTF-8.
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

/* Characters that have no shape, or turn the direction of those that follow */
static bool is_invisible(unsigned int code)
{
	return code == 0xad || code == 0x61c || code == 0x180e || code == 0xfeff ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || (code >= 0xfff9 && code <= 0xfffb) ||
	       code >= 0xe0000;
}

/* The same, but 0 for control characters, too, and what XML does not have */
static unsigned int plain(const char *text)
{
	unsigned int code, n = utf8(text, &code);

	return code < ' ' || (code >= 0x7f && code < 0xa0) ||
	       code == 0xfffe || code == 0xffff || is_invisible(code) ? 0 : n;
}

/**
 * printable() - show what comes from outside
 * @text: that
 *
 * All but printable characters, and backslashes, are as \xff: what it was can be told
 * from it.
 *
 * Return: the text to be shown, to be freed.
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
 * clean() - rid what tools and consoles say of what does not belong there
 * @text: changed in place
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
 * die() - say what is wrong, in a line, and end with status 2
 * @fmt: as printf() has it
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
 * @mode: as fopen() has it
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
 * map_file() - get at the bytes of a file, or die
 * @path: what it is called
 * @as: where it is to be found
 * @size: in bytes
 *
 * An empty one would not be mapped: so it is one byte more.
 *
 * Return: its bytes, for munmap() of @size + 1.
 */
unsigned char *map_file(const char *path, const char *as, size_t size)
{
	int fd = open(as, O_RDONLY);
	struct stat st;
	void *in;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	if (st.st_size < (off_t)size)
		die("%s: has become smaller", path);
	in = mmap(NULL, size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (in == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return in;
}

/**
 * add_file() - make room for one more of the files
 * @path: its name
 *
 * Return: it, with nothing but its name.
 */
struct file *add_file(const char *path)
{
	struct file *file;

	/* Twice the room at each power of two */
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

static void add_named(const char *path, long long size)
{
	struct file *file = add_file(path);
	unsigned char *in;

	if (size > FILE_MAX)
		die("%s: larger than %d MB", path, FILE_MAX / MIB);
	file->size = size;
	file->target = realpath(path, NULL);
	if (!file->target)
		die("%s: %s", path, strerror(errno));
	in = map_file(path, path, size);
	file->format = format_by_content(in, size);
	munmap(in, size + 1);
	if (file->format == NO_FORMAT)
		file->format = format_by_name(path);
	if (file->format == NO_FORMAT)
		die("%s: neither its name nor its content is that of a .gz, .xz or .zst",
		    path);
}

static int add_if_compressed(const char *path, const struct stat *st, int type,
			     struct FTW *where)
{
	struct stat target;

	(void)where;
	if (type == FTW_DNR)
		die("%s: cannot be read", path);
	if (format_by_name(path) == NO_FORMAT)
		return 0;
	if (type == FTW_F)
		add_named(path, st->st_size);
	else if (type == FTW_SL && !stat(path, &target) &&
		 S_ISREG(target.st_mode))
		add_named(path, target.st_size);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct file *one = a, *other = b;

	return strcmp(one->path, other->path);
}

/**
 * add_argument() - take a file, or those in a directory that have one of the suffixes
 * @path: its name; what is no such file is the end
 */
void add_argument(const char *path)
{
	unsigned int before = nr_files;
	char inside[PATH_MAX + 2];
	struct stat st;

	if (stat(path, &st))
		die("%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode)) {
		add_named(path, st.st_size);
	} else if (S_ISDIR(st.st_mode)) {
		/* One that is a link itself is meant to be followed. */
		snprintf(inside, sizeof(inside), "%s/.", path);
		if (nftw(lstat(path, &st) || S_ISLNK(st.st_mode) ? inside : path,
			 add_if_compressed, 16, FTW_PHYS))
			die("%s: %s", path, strerror(errno));
		if (nr_files == before)
			die("%s: no .gz, .xz or .zst file in this directory",
			    path);
		qsort(files + before, nr_files - before, sizeof(*files),
		      by_path);
	} else {
		die("%s: neither a file nor a directory", path);
	}
}

/**
 * add_from() - take the files whose names are in another
 * @names: where each has a NUL behind it
 */
void add_from(FILE *names)
{
	char *path = NULL;
	size_t room = 0;

	while (getdelim(&path, &room, 0, names) > 0) {
		if (!*path)
			die("the list of files: an empty name in it");
		add_argument(path);
	}
	free(path);
	if (ferror(names))
		die("the list of files: %s", strerror(errno));
	if (!nr_files)
		die("the list of files: no name in it");
}

/**
 * digest() - add bytes to what a file decompresses to
 * @out: begun with an @adler of 1
 * @bytes: that came out
 * @n: their number
 */
void digest(struct output *out, const unsigned char *bytes, size_t n)
{
	out->len += n;
	out->crc = crc32(out->crc, bytes, n);
	out->adler = adler32(out->adler, bytes, n);
}
