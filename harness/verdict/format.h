/* SPDX-License-Identifier: GPL-2.0 */
/* The formats, and what kind of file begins with which bytes */
#ifndef _FORMAT_H
#define _FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum format { GZIP, XZ, ZSTD, NR_FORMATS, NO_FORMAT = -1 };

/**
 * struct format_info - names and commands for a format
 * @name: name in /sys/module/compression
 * @suffix: suffix of file names
 * @tool: the stock tool
 * @args: arguments with which the tool decompresses any file of this format from stdin
 * @part: name of the format's unit; a file can have more than one
 * @advice: how to compress a module so that every kernel and kmod accepts it
 * @command: shell command that does so, from "$t/ko" to "$t/new"
 */
struct format_info {
	const char *name;
	const char *suffix;
	const char *tool;
	const char *args;
	const char *part;
	const char *advice;
	const char *command;
};

extern const struct format_info formats[NR_FORMATS];

/**
 * struct kind - a kind of file
 * @id: a short, stable name, such as "elf" or "tar"
 * @words: its name in words, with an article if needed, to be used after "is" or "holds"
 * @compressed: whether a tool has compressed it
 * @format: the format that the kernel has a decoder for, or NO_FORMAT
 */
struct kind {
	const char *id;
	const char *words;
	bool compressed;
	enum format format;
};

const struct kind *kind_of(const unsigned char *in, size_t size);
bool is_cut_magic(const unsigned char *in, size_t size);
bool is_skippable(const unsigned char *in, size_t size);
enum format format_by_content(const unsigned char *in, size_t size);
enum format format_by_name(const char *path);
bool depmod_sees(const char *name);

#endif /* _FORMAT_H */
