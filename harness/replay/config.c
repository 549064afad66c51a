// SPDX-License-Identifier: GPL-2.0
/* See config.h. A line overrides those before it, as for the kernel's own kconfig. */
#define _GNU_SOURCE
#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "config.h"

#define CONFIG_MAX	(16 * MIB)

/* The choice between the decoders: the last that is set excludes the others */
static const char *const decoder_configs[NR_FORMATS] = {
	"MODULE_COMPRESS_GZIP", "MODULE_COMPRESS_XZ", "MODULE_COMPRESS_ZSTD",
};

/* Each returns the bytes that come out, or -1 */
static long from_gzip(const char *in, size_t size, char *out)
{
	z_stream s = {
		.next_in = (unsigned char *)in, .avail_in = size,
		.next_out = (unsigned char *)out, .avail_out = CONFIG_MAX,
	};
	int ret;

	if (inflateInit2(&s, 16 + MAX_WBITS) != Z_OK)
		return -1;
	ret = inflate(&s, Z_FINISH);
	inflateEnd(&s);
	return ret == Z_STREAM_END ? (long)s.total_out : -1;
}

static long from_xz(const char *in, size_t size, char *out)
{
	unsigned char *to = (unsigned char *)out;
	unsigned long most = 256 * MIB;
	size_t used = 0, length = 0;

	return lzma_stream_buffer_decode(&most, 0, NULL, (const unsigned char *)in, &used, size,
					 to, &length, CONFIG_MAX) ? -1 : (long)length;
}

static long from_zstd(const char *in, size_t size, char *out)
{
	size_t ret = ZSTD_decompress(out, CONFIG_MAX, in, size);

	return ZSTD_isError(ret) ? -1 : (long)ret;
}

/* What the file says, to be freed, as a string; NULL with the reason */
static char *read_text(const char *path, const char **error)
{
	char *in = malloc(CONFIG_MAX + 1), *out = malloc(CONFIG_MAX + 1);
	FILE *file = fopen(path, "r");
	long size = 0;

	*error = file ? "no memory" : strerror(errno);
	if (file && in && out) {
		size = fread(in, 1, CONFIG_MAX, file);
		*error = ferror(file) ? strerror(errno) : NULL;
	}
	if (file)
		fclose(file);
	if (!*error) {
		enum format format = format_by_content((unsigned char *)in, size);

		if (format != NO_FORMAT) {
			char *compressed = in;

			size = format == GZIP ? from_gzip(in, size, out) :
			       format == XZ ? from_xz(in, size, out) :
			       from_zstd(in, size, out);
			in = out;
			out = compressed;
		}
		if (size < 0)
			*error = "cut off or damaged: it does not decompress";
		else
			in[size] = '\0';
	}
	free(out);
	if (*error) {
		free(in);
		return NULL;
	}
	return in;
}

/* "CONFIG_NAME=y" and "# CONFIG_NAME is not set"; NULL for any other line */
static char *name_and_value(char *line, bool *set)
{
	static const char unset[] = " is not set";
	char *end;

	if (!strncmp(line, "# CONFIG_", 9)) {
		end = strstr(line, unset);
		if (!end || end[strlen(unset)])
			return NULL;
		*end = '\0';
		*set = false;
		return line + 9;
	}
	end = strchr(line, '=');
	if (strncmp(line, "CONFIG_", 7) || !end)
		return NULL;
	*end = '\0';
	*set = strcmp(end + 1, "n") != 0;
	return line + 7;
}

static void set_option(struct kernel *kernel, const char *name, bool set)
{
	const struct {
		const char *name;
		bool *is;
	} options[] = {
		{ "64BIT", &kernel->is_64bit },
		{ "HIGHMEM", &kernel->has_highmem },
		{ "MODULES", &kernel->has_modules },
		{ "MODULE_SIG_FORCE", &kernel->wants_signature },
		{ "MODULE_SIG", &kernel->knows_signatures },
		{ "MODULE_DECOMPRESS", &kernel->decompresses },
	};
	enum format f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(name, options[i].name))
			*options[i].is = set;
	for (f = 0; f < NR_FORMATS; f++)
		if (!strcmp(name, decoder_configs[f])) {
			if (set)
				kernel->decoder = f;
			else if (kernel->decoder == f)
				kernel->decoder = NO_FORMAT;
		}
	if (!strcmp(name, "MODULE_COMPRESS_NONE") && set)
		kernel->decoder = NO_FORMAT;
	set_bcj(kernel, name, set);
}

/*
 * A defconfig and a fragment leave out what kconfig would add, and one that is cut off
 * leaves out what follows. A whole configuration names the compiler at its beginning; one
 * with the comments of kconfig has a last one at its end.
 */
static bool is_whole(const char *text)
{
	size_t length = strlen(text);

	return length && text[length - 1] == '\n' &&
	       strstr(text, "CONFIG_CC_VERSION_TEXT=") &&
	       (!strstr(text, "\n# end of General setup\n") ||
		strstr(text, "\n# end of Kernel hacking\n"));
}

/**
 * read_kernel_config() - learn for what machine and with which decoders a kernel was built
 * @kernel: gets what @path says
 * @path: its .config, which may be compressed by gzip, xz or zstd
 *
 * Return: NULL, or what is wrong with the file.
 */
const char *read_kernel_config(struct kernel *kernel, const char *path)
{
	char *text, *line, *next, *name;
	const char *error;
	bool set;

	memset(kernel, 0, sizeof(*kernel));
	kernel->decoder = NO_FORMAT;
	text = read_text(path, &error);
	if (!text)
		return error;
	if (!strstr(text, "CONFIG_"))
		error = "not the configuration of a kernel";
	else if (!is_whole(text))
		error = "not a whole configuration: make olddefconfig makes one of it";
	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		/* Such as "# Linux/x86 6.12.117 Kernel Configuration" */
		if (sscanf(line, "# Linux/%*s %63s Kernel", kernel->version) == 1)
			continue;
		name = name_and_value(line, &set);
		if (name)
			set_option(kernel, name, set);
	}
	free(text);
	if (!kernel->decompresses)
		kernel->decoder = NO_FORMAT;
	return error;
}
