// SPDX-License-Identifier: GPL-2.0
/* See kmod.h. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "kmod.h"

static char *__attribute__((format(printf, 1, 2))) text(const char *fmt, ...)
{
	va_list args;
	char *result;

	va_start(args, fmt);
	if (vasprintf(&result, fmt, args) < 0)
		die("no memory");
	va_end(args);
	return result;
}

/*
 * kmod 31 and later compare the file with /sys/module/compression, and decompress it after
 * all for ENOSYS alone.
 */
static char *kmod_says(enum verdict verdict, const struct file *file, bool is_known)
{
	const char *name = formats[file->format].name;
	char *whose, *result;

	if (is_fine(verdict) || !file->answered)
		return NULL;
	whose = is_known ? text("this kernel") :
		text("a kernel whose /sys/module/compression says %s", name);
	result = text("31 and later leave it to %s, %s; older ones decompress it themselves",
		      whose, verdict == REFUSED ?
		      "whose refusal is final, as they go back for ENOSYS only" :
		      "and what comes out there is the module");
	free(whose);
	return result;
}

/* What a shell takes for one word, whatever is in it, and for no option */
static char *quoted(const char *path)
{
	char *word = malloc(4 * strlen(path) + 5), *end = word;

	if (!word)
		die("no memory");
	if (*path == '-')
		end = stpcpy(end, "./");
	*end++ = '\'';
	for (; *path; path++) {
		if (*path == '\'')
			end = stpcpy(end, "'\\''");
		else
			*end++ = *path;
	}
	*end++ = '\'';
	*end = '\0';
	return word;
}

/* Bug 0001 damages gzip files there, however they are written: so none is left */
static char *decompress_it(const struct file *file, const char *word)
{
	const struct format_info *format = &formats[file->format];
	char *plain, *to, *result;

	if (format_by_name(file->path) != file->format)
		return NULL;
	plain = strndup(file->path, strlen(file->path) - strlen(format->suffix) - 1);
	if (!plain)
		die("no memory");
	to = quoted(plain);
	result = text("%s %s <%s >%s && rm %s", format->tool, format->args, word, to, word);
	free(plain);
	free(to);
	return result;
}

/* The commands that make one of it that is taken, if that is what is to be done */
static char *cure(const struct answer *answer, const struct file *file,
		  const struct kernel *kernel)
{
	const struct format_info *format = &formats[file->format];
	char *word, *result;

	if (is_fine(answer->verdict) || file->tool_failed || !file->over)
		return NULL;
	if (file->format == GZIP && kernel->has_highmem) {
		word = quoted(file->path);
		result = decompress_it(file, word);
	} else if (!strncmp(answer->advice, "recompress", strlen("recompress"))) {
		/* In steps: what fails in the middle of a pipe is not seen */
		word = quoted(file->path);
		result = text("f=%s; %s %s <\"$f\" >\"$f.ko\" && %s %s",
			      word, format->tool, format->args, format->command,
			      "&& mv \"$f.new\" \"$f\" && rm \"$f.ko\"");
	} else {
		return NULL;
	}
	free(word);
	return result;
}

/**
 * add_kmod() - tell what kmod does with a file, and which commands cure it
 * @answer: what is told of it; gets that, too
 * @file: with what the kernel and the stock library said
 * @kernel: that was asked
 * @is_known: whether that is one kernel with one decoder, or any
 */
void add_kmod(struct answer *answer, const struct file *file,
	      const struct kernel *kernel, bool is_known)
{
	answer->kmod = kmod_says(answer->verdict, file, is_known);
	answer->cure = cure(answer, file, kernel);
}
