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

	if (is_fine(verdict) || !file->asked)
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

/* Of another format that the kernel takes: none but itself is sure to be known */
static char *decompress_it(const struct file *file, const char *word)
{
	const struct format_info *format = &formats[file->format];
	size_t suffix = strlen(format->suffix) + 1;
	char *plain, *result;

	if (format_by_name(file->path) != file->format)
		return NULL;
	plain = strndup(file->path, strlen(file->path) - suffix);
	if (!plain)
		die("no memory");
	result = quoted(plain);
	free(plain);
	plain = result;
	result = text("%s %s <%s >%s && rm %s && depmod", format->tool, format->args,
		      word, plain, word);
	free(plain);
	return result;
}

/* The commands that make one of it that is taken, if there is anything in it */
static char *cure(const struct answer *answer, const struct file *file,
		  const struct kernel *kernel)
{
	const struct format_info *format = &formats[file->format];
	char *word, *result;

	if (is_fine(answer->verdict) || !file->size || file->tool_failed ||
	    file->tool.len > OUTPUT_MAX)
		return NULL;
	word = quoted(file->path);
	if (file->known && !kernel->is_64bit)
		result = decompress_it(file, word);
	else
		result = text("%s %s <%s | %s -c >%s.new && mv %s.new %s",
			      format->tool, format->args, word, format->advice, word,
			      word, word);
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
