// SPDX-License-Identifier: GPL-2.0
/* See format.h. */
#include <string.h>

#include "format.h"

/*
 * kmod 34 and later read a zstd file only if its frame header has the content size. zstd does
 * not know the size of input from a pipe, so the command for zstd names the file.
 */
const struct format_info formats[NR_FORMATS] = {
	[GZIP] = {
		"gzip", "gz", "gzip", "-dc", "member", "gzip -n -9",
		"gzip -n -9 -c <\"$t/ko\" >\"$t/new\"",
	},
	[XZ] = {
		"xz", "xz", "xz", "-dc --format=xz", "stream",
		"xz --check=crc32 --lzma2=dict=1MiB",
		"xz --check=crc32 --lzma2=dict=1MiB -c <\"$t/ko\" >\"$t/new\"",
	},
	[ZSTD] = {
		"zstd", "zst", "zstd", "-dcq --long=31", "frame",
		"zstd -19 FILE, not from a pipe",
		"zstd -q -19 \"$t/ko\" -o \"$t/new\"",
	},
};

#define LZMA_PROPERTIES_MAX	(9 * 5 * 5)

static const struct {
	struct kind kind;
	size_t at;
	size_t length;
	const char *magic;
} kinds[] = {
	{ { "elf", "an ELF file that is not compressed", false, NO_FORMAT }, 0, 4, "\177ELF" },
	{ { "gzip", "a gzip file", true, GZIP }, 0, 2, "\x1f\x8b" },
	{ { "xz", "an xz file", true, XZ }, 0, 6, "\xfd\x37zXZ\0" },
	{ { "zstd", "a zstd file", true, ZSTD }, 0, 4, "\x28\xb5\x2f\xfd" },
	{ { "bzip2", "a bzip2 file", true, NO_FORMAT }, 0, 3, "BZh" },
	{ { "lz4", "an lz4 file", true, NO_FORMAT }, 0, 4, "\x04\x22\x4d\x18" },
	{ { "lz4", "an lz4 file", true, NO_FORMAT }, 0, 4, "\x02\x21\x4c\x18" },
	{ { "lzip", "an lzip file", true, NO_FORMAT }, 0, 4, "LZIP" },
	{ { "lzop", "an lzop file", true, NO_FORMAT }, 0, 4, "\x89LZO" },
	{ { "7z", "a 7z archive", true, NO_FORMAT }, 0, 6, "7z\xbc\xaf\x27\x1c" },
	{ { "zip", "a zip archive", true, NO_FORMAT }, 0, 4, "PK\3\4" },
	{ { "squashfs", "a squashfs image", false, NO_FORMAT }, 0, 4, "hsqs" },
	{ { "apk3", "an apk v3 package", false, NO_FORMAT }, 0, 4, "ADB." },
	{ { "apk3", "an apk v3 package", false, NO_FORMAT }, 0, 4, "ADBd" },
	{ { "apk3", "an apk v3 package", false, NO_FORMAT }, 0, 4, "ADBc" },
	{ { "rpm", "an rpm package", false, NO_FORMAT }, 0, 4, "\xed\xab\xee\xdb" },
	{ { "ar", "an ar archive, such as a .deb", false, NO_FORMAT }, 0, 8, "!<arch>\n" },
	{ { "cpio", "a cpio archive", false, NO_FORMAT }, 0, 5, "07070" },
	{ { "tar", "a tar archive", false, NO_FORMAT }, 257, 5, "ustar" },
	{ { "git-lfs", "a git-lfs pointer, and not the file that it stands for", false,
	    NO_FORMAT }, 0, 34,
	  "version https://git-lfs.github.com" },
	{ { "html", "a page of HTML", false, NO_FORMAT }, 0, 9, "<!DOCTYPE" },
	{ { "html", "a page of HTML", false, NO_FORMAT }, 0, 9, "<!doctype" },
	{ { "html", "a page of HTML", false, NO_FORMAT }, 0, 5, "<html" },
	{ { "html", "a page of HTML", false, NO_FORMAT }, 0, 5, "<HTML" },
};

static const struct kind empty = { "empty", "empty", false, NO_FORMAT };
static const struct kind zeros = { "zeros", "nothing but zero bytes", false, NO_FORMAT };
static const struct kind lzma = { "lzma", "an lzma file", true, NO_FORMAT };
static const struct kind text = { "text", "text", false, NO_FORMAT };
static const struct kind data = { "unknown", "data of an unknown format", false, NO_FORMAT };

/*
 * A .lzma file has no magic number. Its header has a byte of properties, the size of the
 * dictionary, and the length of the output or 64 one bits.
 */
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
 * kind_of() - tell what a file is by its first bytes
 * @in: the file
 * @size: its size in bytes
 *
 * Return: what it is.
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
	return !in[0] && !memcmp(in, in + 1, size - 1) ? &zeros : is_lzma(in, size) ? &lzma :
	       is_text(in, size) ? &text : &data;
}

/**
 * is_cut_magic() - tell whether a file ends within its magic number
 * @in: the file, at least one byte
 * @size: its size in bytes
 *
 * Return: true if the file is the beginning of the magic number of gzip, xz or zstd.
 */
bool is_cut_magic(const unsigned char *in, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind.format != NO_FORMAT && size < kinds[i].length &&
		    !memcmp(in, kinds[i].magic, size))
			return true;
	return false;
}

/**
 * is_skippable() - tell whether a file begins with a skippable zstd frame
 * @in: the file
 * @size: its size in bytes
 *
 * Return: whether it has one of the 16 magic numbers of RFC 8878, section 3.1.2.
 */
bool is_skippable(const unsigned char *in, size_t size)
{
	return size >= 4 && in[0] >> 4 == 5 && !memcmp(in + 1, "\x2a\x4d\x18", 3);
}

/**
 * format_by_content() - tell a format from a file's first bytes, as kmod does
 * @in: the file
 * @size: its size in bytes
 *
 * Return: the format, or NO_FORMAT.
 */
enum format format_by_content(const unsigned char *in, size_t size)
{
	return is_skippable(in, size) ? ZSTD : kind_of(in, size)->format;
}

/**
 * format_by_name() - tell a format from a file's name
 * @path: the name
 *
 * Return: the format, or NO_FORMAT.
 */
enum format format_by_name(const char *path)
{
	const char *dot = strrchr(path, '.');
	enum format f;

	for (f = 0; f < NR_FORMATS; f++)
		if (dot && !strcmp(dot + 1, formats[f].suffix))
			return f;
	return NO_FORMAT;
}

/**
 * depmod_sees() - tell whether depmod takes a file for a module
 * @name: the file's name, without directories
 *
 * The suffixes are kmod_exts in kmod's libkmod/libkmod-util.c or shared/util.c.
 *
 * Return: whether it does.
 */
bool depmod_sees(const char *name)
{
	static const char *const suffixes[] = { ".ko", ".ko.gz", ".ko.xz", ".ko.zst" };
	size_t length = strlen(name), i;

	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix && !strcmp(name + length - suffix, suffixes[i]))
			return true;
	}
	return false;
}
