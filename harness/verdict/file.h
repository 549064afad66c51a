/* SPDX-License-Identifier: GPL-2.0 */
/* Files whose names come from outside, and what was heard of each */
#ifndef _FILE_H
#define _FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "explain.h"

#define FILE_MAX	(64 * MIB)	/* REPLAY_MAX */

/* A decompressed file, as good as: what two decompressors can be compared by */
struct output {
	unsigned long long len;
	unsigned int crc;
	unsigned int adler;
};

/* A file that no kernel is asked about: no answer, never loaded, or just named */
enum trouble { NO_TROUBLE, TROUBLE, UNSEEN, ASIDE };

/**
 * struct file - one of the files
 * @path: as it was given
 * @shown: the same, with escapes for what is not to get at a terminal
 * @size: in bytes
 * @format: the decoder that is asked
 * @tool: what the stock tool made of it
 * @tool_failed: the stock tool refused it
 * @tool_says: and said so
 * @out: what the kernel made of it
 * @asked: the kernel began with it
 * @answered: and ended
 * @over: and went on with the next
 * @error: 0, or what module_decompress() returned
 * @ns: time that took
 * @said: what the kernel would have logged
 * @has_bug_0001: the suite found what patches/0001 mends
 * @has_bug_0004: the same of patches/0004
 * @fault: what else it found wrong with the kernel
 * @trouble: why no kernel is asked, with a name and words for it
 * @target_nr: for which of check's targets it is
 */
struct file {
	char *path;
	char *shown;
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

/* Who speaks, in what die() says */
extern const char *const program;

char *printable(const char *text);
unsigned int utf8(const char *text, unsigned int *code);
void clean(char *text);
void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);
FILE *open_file(const char *path, const char *mode);
struct file *add_file(const char *path);
void digest(struct output *out, const unsigned char *bytes, size_t n);

#endif /* _FILE_H */
