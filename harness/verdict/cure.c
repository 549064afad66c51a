// SPDX-License-Identifier: GPL-2.0
/*
 * Shell commands that repair a file. They overwrite its content, so links, owner and mode
 * stay, and they restore its time. They keep temporary files in a directory that they
 * remove.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static bool found(const struct result *result, const char *id)
{
	unsigned int i;

	for (i = 0; i < result->nr; i++)
		if (!strcmp(result->findings[i].id, id))
			return true;
	return false;
}

/* Is the content no module, or damaged? Then compressing it again does not help. */
static bool is_hopeless(const struct result *result)
{
	unsigned int i;

	for (i = 0; i < result->nr; i++)
		if (result->findings[i].source == BY_MODULE)
			return true;
	return found(result, "damaged") || found(result, "cut-off") || found(result, "unexplained");
}

static enum cure cure_of(const struct result *result, const struct file *file,
			 const struct explanation *e, const struct target *target)
{
	bool recompress = !strncmp(result->advice, "recompress", strlen("recompress"));
	bool damaged = file->tool_failed && !result->rest;

	if (result->outcome != FAILS || damaged || is_hopeless(result))
		return NO_CURE;
	/* No cure gives a file another format, but this kmod does not read gzip */
	if (found(result, "kmod-without-zlib") && !target->kernel.has_highmem)
		return NO_CURE;
	if (found(result, "signed-after-compression") || found(result, "unsigned"))
		return SIGN;
	if (file->format == GZIP && target->kernel.has_highmem)
		return DECOMPRESS;
	if ((found(result, "trailing-bytes") || found(result, "xz-padding")) && !e->cause)
		return TRUNCATE;
	if (found(result, "kmod-no-content-size") || found(result, "kmod-refuses") || recompress)
		return RECOMPRESS;
	return NO_CURE;
}

/**
 * choose_cure() - decide which commands repair a file
 * @result: the findings; gets the cure and the advice
 * @file: the file, after ask_stock()
 * @e: the explanation of the file
 * @target: the kernel and the kmod
 *
 * No command repairs a file in a package: the advice says what to do before it is built.
 */
void choose_cure(struct result *result, const struct file *file, const struct explanation *e,
		 const struct target *target)
{
	enum cure cure = cure_of(result, file, e, target);
	size_t room = sizeof(result->advice);

	if (cure == SIGN)
		snprintf(result->advice, room, "decompress, sign, compress");
	if (!file->package)
		result->cure = cure;
	else if (cure == DECOMPRESS)
		snprintf(result->advice, room, "leave it uncompressed");
	else if (cure == TRUNCATE)
		snprintf(result->advice, room, "cut off what follows the %s",
			 formats[file->format].part);
	else if (cure == RECOMPRESS && !result->advice[0])
		snprintf(result->advice, room, "recompress with %s", formats[file->format].advice);
}

/*
 * Print a name as one word for a shell. Bytes that could harm a terminal become octal
 * escapes. A newline at the end would be lost, but no module's name ends in one.
 */
static void quoted(FILE *to, const struct file *file)
{
	const char *path = file->path;

	if (strcmp(path, file->shown)) {
		fputs("\"$(printf '", to);
		if (*path == '-')
			fputs("./", to);
		for (; *path; path++)
			fprintf(to, isalnum((unsigned char)*path) || strchr("/._+", *path) ?
				"%c" : "\\%03o", (unsigned char)*path);
		fputs("')\"", to);
		return;
	}
	fputs(*path == '-' ? "./'" : "'", to);
	for (; *path; path++)
		if (*path == '\'')
			fputs("'\\''", to);
		else
			fputc(*path, to);
	fputc('\'', to);
}

/* Print the commands for "$f"; "$n" is the number of bytes after the compressed data, if any */
static void commands(FILE *to, enum cure cure, const struct file *file, bool rest)
{
	const struct format_info *format = &formats[file->format];

	fprintf(to, "(set -e; t=$(mktemp -d); trap 'rm -rf \"$t\"' EXIT; ");
	if (rest)
		fprintf(to, "head -c \"-$n\" \"$f\" >\"$t/in\"; ");
	fprintf(to, "%s %s <\"%s\" >\"$t/ko\"; ", format->tool, format->args,
		rest ? "$t/in" : "$f");
	if (cure == SIGN)
		fprintf(to, "\"$SIGN_FILE\" sha256 \"$KEY\" \"$CERT\" \"$t/ko\"; ");
	if (cure == DECOMPRESS) {
		fprintf(to, "k=${f%%.%s}; set -C; cat \"$t/ko\" >\"$k\"; ", format->suffix);
		fputs("chmod --reference=\"$f\" \"$k\"; chown --reference=\"$f\" \"$k\"; ", to);
		fputs("touch -r \"$f\" \"$k\"; rm \"$f\")", to);
	} else {
		fprintf(to, "%s; touch -r \"$f\" \"$t/new\"; cp \"$f\" \"$t/old\"; ",
			format->command);
		fputs("cat \"$t/new\" >\"$f\" || { cat \"$t/old\" >\"$f\"; false; }; ", to);
		fputs("touch -r \"$t/new\" \"$f\")", to);
	}
}

/**
 * print_cure() - print the commands that repair a group of files
 * @to: stream to print to
 * @group: numbers of the files, which all have the same format
 * @count: number of files in the group
 * @results: results of all files. The files of the group have the same cure, and either all
 *	or none of them have bytes after the compressed data.
 */
void print_cure(FILE *to, const unsigned int *group, unsigned int count,
		const struct result *results)
{
	const struct file *first = &files[group[0]];
	enum cure cure = results[group[0]].cure;
	bool rest = results[group[0]].rest;
	unsigned int i;

	if (cure == TRUNCATE) {
		for (i = 0; i < count; i++) {
			fprintf(to, "%struncate -s -%zu ", i ? "\n" : "", results[group[i]].rest);
			quoted(to, &files[group[i]]);
		}
		return;
	}
	if (cure == SIGN) {
		fputs(": \"${SIGN_FILE:?is scripts/sign-file of the kernel}\" ", to);
		fputs("\"${KEY:?}\" \"${CERT:?}\"; ", to);
	}
	if (count == 1) {
		fputs("f=", to);
		quoted(to, first);
		if (rest)
			fprintf(to, " n=%zu", results[group[0]].rest);
		fputs("; ", to);
		commands(to, cure, first, rest);
		return;
	}
	/* The names, each after the number of bytes to cut off, if there are any */
	fputs("set --", to);
	for (i = 0; i < count; i++) {
		fputs(i % 5 ? " " : " \\\n", to);
		if (rest)
			fprintf(to, "%zu ", results[group[i]].rest);
		quoted(to, &files[group[i]]);
	}
	fputs(rest ? "\nwhile [ $# -gt 0 ]; do n=$1 f=$2; shift 2; " :
	      "\nfor f; do ", to);
	commands(to, cure, first, rest);
	fputs(" || echo \"not cured: $f\" >&2; done", to);
}
