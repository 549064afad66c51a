// SPDX-License-Identifier: GPL-2.0
/*
 * Can kmod read a file? modinfo and depmod read every file, whatever the kernel does. insmod and
 * modprobe of kmod 31 and later pass a file to the kernel unchanged if /sys/module/compression
 * names its format, and decompress it themselves otherwise. See libkmod-file*.c in kmod.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zstd.h>

#include "check.h"
#include "stock.h"

/* The first kmod whose insmod leaves decompression to the kernel */
#define LEAVES_TO_KERNEL	31
/* The first kmod that decompresses a zstd frame at once, and needs the size in its header */
#define WANTS_CONTENT_SIZE	34

static const char *const libraries[NR_FORMATS] = { "ZLIB", "XZ", "ZSTD" };

/* Parse features such as "+ZSTD +XZ -ZLIB +LIBCRYPTO"; false if the text has another form */
static bool parse_features(struct kmod *kmod, const char *text, bool only_known)
{
	enum format f;

	while (*text == '+' || *text == '-') {
		size_t length = strcspn(text + 1, "+- ");

		for (f = 0; f < NR_FORMATS; f++)
			if (strlen(libraries[f]) == length &&
			    !strncasecmp(text + 1, libraries[f], length))
				break;
		if (f < NR_FORMATS)
			kmod->has[f] = *text == '+';
		else if (only_known)
			return false;
		text += 1 + length;
		text += strspn(text, " ");
	}
	return !*text;
}

static void describe(struct kmod *kmod, const char *whose)
{
	snprintf(kmod->words, sizeof(kmod->words), "kmod %u%s%s", kmod->version,
		 kmod->has[GZIP] ? " with zlib" : " without zlib", whose);
}

/**
 * parse_kmod() - read the value of --kmod=
 * @kmod: gets what the value says; other features are as in Debian's kmod
 * @text: the value, such as "none", "30" or "34+ZLIB"
 *
 * Return: whether the value is valid.
 */
bool parse_kmod(struct kmod *kmod, const char *text)
{
	char *end;

	memset(kmod, 0, sizeof(*kmod));
	if (!strcmp(text, "none")) {
		snprintf(kmod->words, sizeof(kmod->words), "no kmod");
		return true;
	}
	if (*text < '1' || *text > '9')
		return false;
	kmod->version = strtoul(text, &end, 10);
	if (*end == '.')
		strtoul(end + 1, &end, 10);
	kmod->has[XZ] = true;
	kmod->has[ZSTD] = true;
	if (!parse_features(kmod, end, true))
		return false;
	describe(kmod, "");
	return true;
}

/* Read the version from the program: it contains what "kmod --version" prints */
static bool read_version(struct kmod *kmod, const char *program_text, size_t size)
{
	static const char name[] = "kmod version ";
	const char *at = memmem(program_text, size, name, strlen(name));
	const char *features;

	if (!at)
		return false;
	kmod->version = strtoul(at + strlen(name), NULL, 10);
	features = memmem(at, size - (at - program_text), "+ZSTD", 5) ?:
		   memmem(at, size - (at - program_text), "-ZSTD", 5);
	return kmod->version && features && parse_features(kmod, features, false);
}

/**
 * kmod_of_program() - find out the version and the features of a kmod
 * @kmod: gets them
 * @in: the program
 * @path: its name
 *
 * Return: whether it is kmod.
 */
bool kmod_of_program(struct kmod *kmod, FILE *in, const char *path)
{
	char *program_text = malloc(MIB + 1), *shown = printable(path), whose[100];
	bool is_known;
	size_t n;

	if (!program_text)
		die("no memory");
	memset(kmod, 0, sizeof(*kmod));
	n = fread(program_text, 1, MIB, in);
	program_text[n] = '\0';
	is_known = read_version(kmod, program_text, n);
	if (is_known) {
		snprintf(whose, sizeof(whose), ", of %.90s", shown);
		describe(kmod, whose);
	}
	free(shown);
	free(program_text);
	return is_known;
}

/* Decompress as kmod before 34 does: to the end of the input, even if a frame is not complete */
static const char *stream_zstd(const unsigned char *in, size_t size)
{
	static unsigned char out[256 * 1024];
	ZSTD_inBuffer from = { in, size, 0 };
	ZSTD_DCtx *s = ZSTD_createDCtx();
	const char *words = NULL;
	bool more = true;

	if (!s)
		return "no memory";
	while (more && !words) {
		ZSTD_outBuffer to = { out, sizeof(out), 0 };
		size_t ret = ZSTD_decompressStream(s, &to, &from);

		if (ZSTD_isError(ret))
			words = ZSTD_getErrorName(ret);
		more = from.pos < size || to.pos == to.size;
	}
	ZSTD_freeDCtx(s);
	return words;
}

/* The error of such a kmod for a truncated file: it takes the output for a whole module */
static const char *part_of_it(void)
{
	static const struct kernel any;
	struct result result = { };
	const unsigned char *out;
	size_t len;

	out = stock_output(&len);
	inspect(&result, &any, out, len);
	return result.nr ? "Exec format error" : NULL;
}

static const char *one_zstd(const unsigned char *in, size_t size)
{
	unsigned long long length = ZSTD_getFrameContentSize(in, size);
	const char *words = NULL;
	unsigned char *out;
	size_t ret;

	if (length == ZSTD_CONTENTSIZE_UNKNOWN || length == ZSTD_CONTENTSIZE_ERROR)
		return "Failed to determine decompression size";
	out = length <= OUTPUT_MAX ? malloc(length) : NULL;
	if (!out)
		return "Cannot allocate memory";
	ret = ZSTD_decompress(out, length, in, size);
	if (ZSTD_isError(ret))
		words = ZSTD_getErrorName(ret);
	free(out);
	return words;
}

/* The error of kmod if it cannot read the file, or NULL */
static const char *refusal(const struct kmod *kmod, const struct file *file,
			   const unsigned char *in)
{
	/* A skippable frame has another magic number, so kmod takes the file for an ELF file */
	if (file->format == ZSTD && is_skippable(in, file->size))
		return "Exec format error";
	if (!kmod->has[file->format])
		return "Exec format error";
	if (file->format == ZSTD && kmod->version >= WANTS_CONTENT_SIZE)
		return one_zstd(in, file->size);
	if (file->format == ZSTD)
		return stream_zstd(in, file->size) ?: file->tool_failed ? part_of_it() : NULL;
	/* zlib ignores what follows the last member */
	return file->tool_failed ? file->tool_says : NULL;
}

static void without_zlib(struct result *result, const struct kmod *kmod, const char *taken)
{
	find(result, "kmod-without-zlib", BY_KMOD, true,
	     "%skmod %u without zlib cannot read .gz: depmod leaves it out of modules.dep",
	     taken, kmod->version);
	/* Advice to compress by gzip again does not help either */
	if (!result->advice[0] || strstr(result->advice, formats[GZIP].advice))
		snprintf(result->advice, sizeof(result->advice),
			 "compress it with %s, or ask with --kmod=%u+ZLIB if that kmod has zlib",
			 formats[XZ].advice, kmod->version);
}

static const char *after_the_end(const struct result *result, const struct file *file,
				 const unsigned char *in, const struct explanation *e)
{
	static char words[120];
	size_t rest = result->rest;
	bool zeros = rest && !e->trailing;

	if (!rest || (zeros && file->format != ZSTD && rest % 4 == 0))
		return NULL;
	if (ends_in_signature(in, file->size))
		return NULL;
	snprintf(words, sizeof(words), zeros && file->format == XZ ?
		 "%zu byte%s of padding after the stream, no multiple of four" :
		 "%zu byte%s after the %s", rest, rest > 1 ? "s" : "",
		 formats[file->format].part);
	return words;
}

/**
 * ask_kmod() - tell whether kmod reads a file, and what it does with it
 * @result: the kernel's answer; gets the findings
 * @file: the file, after ask_stock()
 * @in: the content of the file
 * @target: the kernel and the kmod
 * @e: the explanation of the file
 */
void ask_kmod(struct result *result, const struct file *file, const unsigned char *in,
	      const struct target *target, const struct explanation *e)
{
	const struct kmod *kmod = &target->kmod;
	const char *rest = after_the_end(result, file, in, e);
	const char *says = kmod->version ? refusal(kmod, file, in) : NULL;
	const char *taken = result->kernel.verdict == RIGHT ? "the kernel takes it; " : "";

	if (!kmod->version) {
		if (rest)
			find(result, "trailing-bytes", BY_KERNEL, false,
			     "%s: the kernel ignores them", rest);
		return;
	}
	if (file->format == GZIP && !kmod->has[GZIP])
		without_zlib(result, kmod, taken);
	else if (!strcmp(says ?: "", "Failed to determine decompression size"))
		find(result, "kmod-no-content-size", BY_KMOD, true,
		     "no content size in the frame header, as from a pipe: %skmod 34 and later (modinfo, depmod) cannot read it",
		     taken);
	else if (rest)
		find(result, rest[0] && file->format == XZ && !e->trailing ? "xz-padding" :
		     "trailing-bytes", BY_KMOD, says, "%s: %s", rest,
		     !says ? "ignored" : *taken ?
		     "the kernel takes it, and kmod (modinfo, depmod) cannot read it" :
		     "kmod (modinfo, depmod) cannot read it");
	else if (says && result->kernel.verdict == RIGHT)
		find(result, "kmod-refuses", BY_KMOD, true,
		     "the kernel takes it; kmod %u (modinfo, depmod) cannot read it: it says \"%s\"",
		     kmod->version, says);
	else if (says)
		find(result, "kmod-refuses", BY_KMOD, true, "kmod %u does not read it: \"%s\"",
		     kmod->version, says);
	else if (result->kernel.verdict == RIGHT || result->kernel.verdict == LEFT)
		return;
	else if (kmod->version < LEAVES_TO_KERNEL)
		find(result, "kmod-decompresses", BY_KMOD, false,
		     "kmod %u decompresses it itself; 31 and later let a kernel with a decoder for %s do it",
		     kmod->version, formats[file->format].name);
	else
		find(result, "kmod-leaves-it", BY_KMOD, false,
		     "kmod %u lets a kernel with a decoder for %s decompress it, and does not try itself when the kernel refuses",
		     kmod->version, formats[file->format].name);
}

/**
 * ask_kmod_by_name() - tell whether depmod ignores a file because of its name
 * @result: gets the finding
 * @path: the file's name
 * @format: the format of the content, or NO_FORMAT
 * @kmod: the kmod that is asked
 *
 * depmod without zlib ignores any file called .gz, even if the content is not gzip.
 */
void ask_kmod_by_name(struct result *result, const char *path, enum format format,
		      const struct kmod *kmod)
{
	if (kmod->version && !kmod->has[GZIP] && format != GZIP && format_by_name(path) == GZIP)
		without_zlib(result, kmod, "");
}
