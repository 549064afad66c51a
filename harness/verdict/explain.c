// SPDX-License-Identifier: GPL-2.0
/* See explain.h. explain_gzip.c and the like know the limits of each decoder. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd_errors.h>

#include "explain_formats.h"

/**
 * unsupported() - note what a decoder cannot decode
 * @e: gets it, unless it already has something: the decoder stops at the first
 * @cause: name of the cause, for programs
 * @fmt: the cause in words, a format of printf()
 */
void unsupported(struct explanation *e, const char *cause, const char *fmt, ...)
{
	va_list args;

	if (e->unsupported[0])
		return;
	e->cause = cause;
	va_start(args, fmt);
	vsnprintf(e->unsupported, sizeof(e->unsupported), fmt, args);
	va_end(args);
}

static void advise(struct explanation *e, enum format which, const char *what)
{
	snprintf(e->advice, sizeof(e->advice), "%s with %s", what,
		 formats[which].advice);
}

/**
 * not_that_format() - note what a file is that lacks the magic number of the format
 * @e: gets what the file is
 * @in: the file
 * @size: its size in bytes
 */
void not_that_format(struct explanation *e, const unsigned char *in, size_t size)
{
	const struct kind *kind = kind_of(in, size);

	if (!strcmp(kind->id, "zeros"))
		unsupported(e, "zeros", "%zu bytes of zero", size);
	else if (is_cut_magic(in, size))
		unsupported(e, "cut-off", "it is cut off after %zu bytes", size);
	else
		unsupported(e, "not-a-module", "it is %s", kind->words);
	if (kind->compressed)
		snprintf(e->advice, sizeof(e->advice),
			 "decompress it, and compress the module by gzip, xz or zstd");
	else
		snprintf(e->advice, sizeof(e->advice), "get the file anew");
}

static size_t without_padding(const unsigned char *in, size_t size)
{
	while (size && !in[size - 1])
		size--;
	return size;
}

/**
 * explain() - find out why the kernel decompresses a file differently than the stock tool
 * @e: gets the explanation
 * @which: format of the decoder that is asked
 * @in: the file
 * @size: its size in bytes
 * @kernel: the kernel that has the decoder
 */
void explain(struct explanation *e, enum format which, const unsigned char *in,
	     size_t size, const struct kernel *kernel)
{
	memset(e, 0, sizeof(*e));
	if (!size) {
		unsupported(e, "empty", "it is empty");
		snprintf(e->advice, sizeof(e->advice), "get the file anew");
		return;
	}
	advise(e, which, "recompress");
	switch (which) {
	case GZIP:
		explain_gzip(e, in, size);
		break;
	case XZ:
		explain_xz(e, in, size, kernel);
		break;
	default:
		explain_zstd(e, in, size);
	}
	e->trailing = without_padding(in + size - e->rest, e->rest);
}

/**
 * status_in_words() - name the number in a message of decompress.c
 * @which: format of the decoder that returned the number
 * @said: the message
 *
 * Return: the number's name in the decoder's header, or NULL.
 */
const char *status_in_words(enum format which, const char *said)
{
	static const char *const xz[] = {
		"XZ_OK", "XZ_STREAM_END", "XZ_UNSUPPORTED_CHECK",
		"XZ_MEM_ERROR", "XZ_MEMLIMIT_ERROR", "XZ_FORMAT_ERROR",
		"XZ_OPTIONS_ERROR", "XZ_DATA_ERROR", "XZ_BUF_ERROR",
	};
	/* From 2 down, as zlib's errors are negative */
	static const char *const zlib[] = {
		"Z_NEED_DICT", "Z_STREAM_END", "Z_OK", "Z_ERRNO",
		"Z_STREAM_ERROR", "Z_DATA_ERROR", "Z_MEM_ERROR", "Z_BUF_ERROR",
	};
	const char *number = strstr(said, "failed with status ");
	long status;

	if (!number)
		return NULL;
	status = strtol(number + strlen("failed with status "), NULL, 10);
	switch (which) {
	case GZIP:
		return status <= 2 && status > 2 - (long)ARRAY_SIZE(zlib) ?
		       zlib[2 - status] : NULL;
	case XZ:
		return status >= 0 && status < (long)ARRAY_SIZE(xz) ?
		       xz[status] : NULL;
	default:
		return ZSTD_getErrorString(status);
	}
}
