// SPDX-License-Identifier: GPL-2.0
/*
 * See stock.h. Like the tools, decompress a file to its end: all members, streams and frames.
 * Errors are in the words of the tool.
 */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "stock.h"

static unsigned char out[256 * 1024];

/* The whole output: the checker inspects the module in it later */
static unsigned char *whole;
static size_t whole_len, whole_room;

static void keep(size_t n)
{
	if (!n)
		return;
	if (whole_len + n > whole_room) {
		whole_room = 2 * (whole_len + n);
		whole = realloc(whole, whole_room);
		if (!whole)
			die("no memory");
	}
	memcpy(whole + whole_len, out, n);
	whole_len += n;
}

/* Add @n bytes to the output of @file; false if it is larger than any kernel could hold */
static bool come_out(struct file *file, size_t n)
{
	digest(&file->tool, out, n);
	keep(n);
	return file->tool.len <= OUTPUT_MAX;
}

static const char *zlib_words(const z_stream *s, int ret)
{
	if (ret == Z_BUF_ERROR || ret == Z_OK)
		return "unexpected end of file";
	if (s->msg && !strcmp(s->msg, "incorrect data check"))
		return "invalid compressed data--crc error";
	if (s->msg && !strcmp(s->msg, "incorrect length check"))
		return "invalid compressed data--length error";
	if (s->msg && !strcmp(s->msg, "incorrect header check"))
		return "not in gzip format";
	return "invalid compressed data--format violated";
}

/* gzip ignores bytes after the last member, with a warning */
static const char *stock_gzip(struct file *file, const unsigned char *in)
{
	z_stream s = { .next_in = (unsigned char *)in, .avail_in = file->size };
	const char *words = NULL;
	unsigned int members = 0;
	int ret;

	if (inflateInit2(&s, 16 + MAX_WBITS) != Z_OK)
		return "no memory";
	for (;;) {
		s.next_out = out;
		s.avail_out = sizeof(out);
		ret = inflate(&s, Z_NO_FLUSH);
		if (!come_out(file, sizeof(out) - s.avail_out))
			break;
		if (ret == Z_STREAM_END) {
			members++;
			if (format_by_content(s.next_in, s.avail_in) != GZIP ||
			    inflateReset(&s) != Z_OK)
				break;
		} else if (ret != Z_OK) {
			words = zlib_words(&s, ret);
			break;
		}
	}
	inflateEnd(&s);
	return words;
}

static const char *lzma_words(lzma_ret ret)
{
	switch (ret) {
	case LZMA_STREAM_END:
		return NULL;
	case LZMA_FORMAT_ERROR:
		return "File format not recognized";
	case LZMA_OPTIONS_ERROR:
		return "Unsupported options";
	case LZMA_UNSUPPORTED_CHECK:
		return "Unsupported type of integrity check; not verifying file integrity";
	case LZMA_DATA_ERROR:
		return "Compressed data is corrupt";
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return "Unexpected end of input";
	default:
		return "Cannot allocate memory";
	}
}

static const char *stock_xz(struct file *file, const unsigned char *in)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret ret;

	if (lzma_stream_decoder(&s, UINT64_MAX, LZMA_CONCATENATED |
				LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK)
		return "Cannot allocate memory";
	s.next_in = in;
	s.avail_in = file->size;
	do {
		s.next_out = out;
		s.avail_out = sizeof(out);
		ret = lzma_code(&s, LZMA_FINISH);
	} while (come_out(file, sizeof(out) - s.avail_out) && ret == LZMA_OK);
	lzma_end(&s);
	return file->tool.len > OUTPUT_MAX ? NULL : lzma_words(ret);
}

static const char *stock_zstd(struct file *file, const unsigned char *in)
{
	ZSTD_inBuffer from = { in, file->size, 0 };
	ZSTD_DCtx *s = ZSTD_createDCtx();
	const char *words = NULL;
	size_t ret = 1;

	if (!s)
		return "not enough memory";
	ZSTD_DCtx_setParameter(s, ZSTD_d_windowLogMax, 31);
	for (;;) {
		ZSTD_outBuffer to = { out, sizeof(out), 0 };

		if (!ret && from.pos == from.size)
			break;
		ret = ZSTD_decompressStream(s, &to, &from);
		if (ZSTD_getErrorCode(ret) == ZSTD_error_prefix_unknown)
			words = "unsupported format";
		else if (ZSTD_isError(ret))
			words = ZSTD_getErrorName(ret);
		else if (ret && from.pos == from.size && to.pos < to.size)
			words = "premature end";
		if (!come_out(file, to.pos) || words)
			break;
	}
	ZSTD_freeDCtx(s);
	return words;
}

/**
 * stock_output() - get the output of the last call of ask_stock()
 * @len: gets its length
 *
 * Return: the output.
 */
const unsigned char *stock_output(size_t *len)
{
	*len = whole_len;
	return whole;
}

/**
 * ask_stock() - decompress a file as the stock tool of its format does
 * @file: gets length and checksums of the output, and the tool's error if it refuses the file
 * @in: the content of the file
 */
void ask_stock(struct file *file, const unsigned char *in)
{
	const char *words;

	whole_len = 0;
	file->tool.adler = 1;
	switch (file->format) {
	case GZIP:
		words = stock_gzip(file, in);
		break;
	case XZ:
		words = stock_xz(file, in);
		break;
	default:
		words = stock_zstd(file, in);
	}
	file->tool_failed = words;
	snprintf(file->tool_says, sizeof(file->tool_says), "%s", words ? words : "");
}

/**
 * stock_versions() - name the libraries and their versions
 * @text: gets the text
 * @size: size of @text in bytes
 */
void stock_versions(char *text, size_t size)
{
	snprintf(text, size, "zlib %s, liblzma %s, libzstd %s", zlibVersion(),
		 lzma_version_string(), ZSTD_versionString());
}
