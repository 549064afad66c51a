// SPDX-License-Identifier: GPL-2.0
/* See magic.h. */
#include <string.h>

#include "explain.h"
#include "magic.h"

#define LZMA_PROPERTIES_MAX	(9 * 5 * 5)

static const struct {
	struct kind kind;
	size_t at;
	size_t length;
	const char *magic;
} kinds[] = {
	{ { "elf", "an ELF file that is not compressed", false }, 0, 4, "\177ELF" },
	{ { "gzip", "a gzip file", true }, 0, 2, "\x1f\x8b" },
	{ { "xz", "an xz file", true }, 0, 6, "\xfd\x37zXZ\0" },
	{ { "zstd", "a zstd file", true }, 0, 4, "\x28\xb5\x2f\xfd" },
	{ { "bzip2", "a bzip2 file", true }, 0, 3, "BZh" },
	{ { "lz4", "an lz4 file", true }, 0, 4, "\x04\x22\x4d\x18" },
	{ { "lz4", "an lz4 file", true }, 0, 4, "\x02\x21\x4c\x18" },
	{ { "lzip", "an lzip file", true }, 0, 4, "LZIP" },
	{ { "lzop", "an lzop file", true }, 0, 4, "\x89LZO" },
	{ { "7z", "a 7z archive", true }, 0, 6, "7z\xbc\xaf\x27\x1c" },
	{ { "zip", "a zip archive", true }, 0, 4, "PK\3\4" },
	{ { "rpm", "an rpm package", false }, 0, 4, "\xed\xab\xee\xdb" },
	{ { "ar", "an ar archive, such as a .deb", false }, 0, 8, "!<arch>\n" },
	{ { "cpio", "a cpio archive", false }, 0, 5, "07070" },
	{ { "tar", "a tar archive", false }, 257, 5, "ustar" },
	{ { "git-lfs", "a git-lfs pointer, and not the file that it stands for", false }, 0, 34,
	  "version https://git-lfs.github.com" },
	{ { "html", "a page of HTML", false }, 0, 9, "<!DOCTYPE" },
	{ { "html", "a page of HTML", false }, 0, 9, "<!doctype" },
	{ { "html", "a page of HTML", false }, 0, 5, "<html" },
	{ { "html", "a page of HTML", false }, 0, 5, "<HTML" },
};

static const struct kind empty = { "empty", "empty", false };
static const struct kind zeros = { "zeros", "nothing but zero bytes", false };
static const struct kind lzma = { "lzma", "an lzma file", true };
static const struct kind text = { "text", "text", false };
static const struct kind data = { "unknown", "data of an unknown format", false };

/**
 * is_zero() - whether all bytes are zero
 * @in: the bytes
 * @size: their number
 *
 * Return: that.
 */
bool is_zero(const unsigned char *in, size_t size)
{
	return !size || (!in[0] && !memcmp(in, in + 1, size - 1));
}

/* It has no magic number: properties, a dictionary's size, the length or 64 bits set */
static bool is_lzma(const unsigned char *in, size_t size)
{
	return size >= 13 && in[0] < LZMA_PROPERTIES_MAX && !in[1] && !in[2] &&
	       ((in[11] == 0 && in[12] == 0) || (in[11] == 0xff && in[12] == 0xff)) &&
	       (in[3] || in[4]);
}

static bool is_text(const unsigned char *in, size_t size)
{
	size_t i;

	for (i = 0; i < size && i < 512; i++)
		if (in[i] == 0x7f || (in[i] < ' ' && !strchr("\t\n\r\f\033", in[i])) || !in[i])
			return false;
	return true;
}

/**
 * kind_of() - tell what a file is
 * @in: its bytes
 * @size: and their number
 *
 * Return: what it is, as far as its first bytes say that.
 */
const struct kind *kind_of(const unsigned char *in, size_t size)
{
	size_t i;

	if (!size)
		return &empty;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (size >= kinds[i].at + kinds[i].length &&
		    !memcmp(in + kinds[i].at, kinds[i].magic, kinds[i].length))
			return &kinds[i].kind;
	return is_zero(in, size) ? &zeros : is_lzma(in, size) ? &lzma :
	       is_text(in, size) ? &text : &data;
}
