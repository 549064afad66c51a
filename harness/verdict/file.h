/* SPDX-License-Identifier: GPL-2.0 */
/* The files, and what the kernel and the stock tool say about each */
#ifndef _FILE_H
#define _FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "explain.h"

struct package;

#define FILE_MAX	(64 * MIB)	/* REPLAY_MAX */

/* Length and checksums of a decompressed file, to compare two decompressors */
struct output {
	unsigned long long len;
	unsigned int crc;
	unsigned int adler;
};

/*
 * Why no kernel is asked about a file. TROUBLE: the file gets no answer; UNSEEN: depmod ignores
 * it, so it never loads; ASIDE: the file is only mentioned.
 */
enum trouble { NO_TROUBLE, TROUBLE, UNSEEN, ASIDE };

/**
 * struct file - a file to check
 * @path: name of the file; of one in a package, the name of the package, ": " and the name in it
 * @shown: the name, with escapes, safe for a terminal
 * @root: the root of a system below which it was found, or NULL
 * @package: the package that it is in, or NULL
 * @outer: with @package, the part of @path that names the package
 * @at: with @package, the place of its content in package->spool
 * @size: size in bytes
 * @format: format of the decoder that is asked
 * @tool: output of the stock tool
 * @tool_failed: the stock tool refused the file
 * @tool_says: the stock tool's message about that
 * @out: output of the kernel
 * @asked: the kernel began to decompress the file
 * @answered: the kernel's module_decompress() returned
 * @over: the kernel ended with the file, and did not die or loop
 * @error: 0, or the error that module_decompress() returned
 * @ns: how long module_decompress() took
 * @said: the kernel's log message about the file
 * @has_bug_0001: the suite found the bug that patches/0001 fixes
 * @has_bug_0004: the suite found the bug that patches/0004 fixes
 * @fault: another fault of the kernel that the suite found
 * @trouble: why no kernel is asked
 * @trouble_id: name of that reason, for programs
 * @trouble_says: that reason in words
 * @target_nr: number of the kernel and kmod in targets[]
 */
struct file {
	char *path;
	char *shown;
	const char *root;
	struct package *package;
	char *outer;
	long long at;
	long long size;
	enum format format;
	struct output tool;
	bool tool_failed;
	char tool_says[160];
	struct output out;
	bool asked;
	bool answered;
	bool over;
	int error;
	unsigned long long ns;
	char said[200];
	bool has_bug_0001;
	bool has_bug_0004;
	char fault[200];
	enum trouble trouble;
	const char *trouble_id;
	char trouble_says[120];
	unsigned int target_nr;
};

extern struct file *files;
extern unsigned int nr_files;

/* Name of the program, for messages */
extern const char *const program;

char *printable(const char *text);
unsigned int utf8(const char *text, unsigned int *code);
void clean(char *text);
void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);
FILE *open_file(const char *path, const char *mode);
struct file *add_file(const char *path);
void digest(struct output *out, const unsigned char *bytes, size_t n);

#endif /* _FILE_H */
