/* SPDX-License-Identifier: GPL-2.0 */
/* The formats, and what a file is by the bytes that it begins with */
#ifndef _FORMAT_H
#define _FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum format { GZIP, XZ, ZSTD, NR_FORMATS, NO_FORMAT = -1 };

/**
 * struct format_info - what there is to know of a format
 * @name: as in /sys/module/compression
 * @suffix: of file names
 * @tool: its stock tool
 * @args: what that needs to be told to decompress anything from stdin
 * @part: what a file can hold more than one of
 * @advice: how to compress a module so that every kernel and kmod takes it
 * @command: the same for a shell: from "$t/ko" to "$t/new"
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
 * struct kind - what a file is
 * @id: a short name that stays: "elf", "tar"
 * @words: to be read behind "is" and "holds", with an article where one is needed
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

#endif /* _FORMAT_H */
