// SPDX-License-Identifier: GPL-2.0
/*
 * Decompress with the stock libraries: zlib, liblzma and libzstd. The environment
 * variable STOCK names their directory; the default is the system's libraries. dlopen()
 * loads them at run time, because libzstd has the same symbols as the kernel's zstd.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include <dlfcn.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "fuzz.h"

const bool fuzz_has_stock = true;

#define NO_ROOM		"not enough memory, or output too large"

/* Limit in bytes for liblzma, larger than fuzz.c's limit for the kernel's decoder */
#define MOST_MEMORY	(256 << 20)

static void *load(const char *name)
{
	const char *dir = getenv("STOCK");
	char path[4096];
	void *library;

	snprintf(path, sizeof(path), "%s%s%s", dir ? dir : "", dir ? "/" : "", name);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	return library;
}

static void *find(void *library, const char *symbol)
{
	void *p = dlsym(library, symbol);

	if (!p) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	return p;
}

#define FIND(library, function)						\
	function##_p = (typeof(function) *)find(library, #function)

static typeof(inflateInit2_) *inflateInit2__p;
static typeof(inflateReset2) *inflateReset2_p;
static typeof(inflate) *inflate_p;

static const char *run_zlib(int bits, const uint8_t *in, size_t size, uint8_t *out,
			    size_t room, size_t *len)
{
	static z_stream s;
	int ret;

	if (!inflate_p) {
		void *library = load("libz.so.1");

		FIND(library, inflateInit2_);
		FIND(library, inflateReset2);
		FIND(library, inflate);
		inflateInit2__p(&s, bits, ZLIB_VERSION, sizeof(s));
	}
	inflateReset2_p(&s, bits);
	s.next_in = (uint8_t *)in;
	s.avail_in = size;
	s.next_out = out;
	s.avail_out = room;
	ret = inflate_p(&s, Z_FINISH);
	*len = room - s.avail_out;
	if (ret == Z_STREAM_END)
		return NULL;
	if (!s.avail_out)
		return NO_ROOM;
	return s.msg ? s.msg : "the file is truncated";
}

const char *fuzz_stock_inflate(const uint8_t *in, size_t size, uint8_t *out,
			       size_t room, size_t *len)
{
	return run_zlib(-15, in, size, out, room, len);
}

static typeof(lzma_stream_decoder) *lzma_stream_decoder_p;
static typeof(lzma_code) *lzma_code_p;

static const char *run_lzma(const uint8_t *in, size_t size, uint8_t *out, size_t room,
			    size_t *len, bool unchecked)
{
	static const char * const words[] = {
		[LZMA_OK] = "the file is truncated",
		[LZMA_MEM_ERROR] = NO_ROOM,
		[LZMA_MEMLIMIT_ERROR] = NO_ROOM,
		[LZMA_FORMAT_ERROR] = "not an .xz file",
		[LZMA_OPTIONS_ERROR] = "unsupported options",
		[LZMA_DATA_ERROR] = "damaged",
		[LZMA_BUF_ERROR] = "the file is truncated",
	};
	static lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret ret;

	if (!lzma_code_p) {
		void *library = load("liblzma.so.5");

		FIND(library, lzma_stream_decoder);
		FIND(library, lzma_code);
	}
	if (lzma_stream_decoder_p(&s, MOST_MEMORY, unchecked ? LZMA_IGNORE_CHECK : 0) !=
	    LZMA_OK)
		return NO_ROOM;
	s.next_in = in;
	s.avail_in = size;
	s.next_out = out;
	s.avail_out = room;
	ret = lzma_code_p(&s, LZMA_FINISH);
	*len = room - s.avail_out;
	if (ret == LZMA_STREAM_END)
		return NULL;
	if (!s.avail_out)
		return NO_ROOM;
	if ((size_t)ret < sizeof(words) / sizeof(*words) && words[ret])
		return words[ret];
	return "unknown error";
}

static typeof(ZSTD_createDCtx) *ZSTD_createDCtx_p;
static typeof(ZSTD_DCtx_reset) *ZSTD_DCtx_reset_p;
static typeof(ZSTD_DCtx_setParameter) *ZSTD_DCtx_setParameter_p;
static typeof(ZSTD_decompressStream) *ZSTD_decompressStream_p;
static typeof(ZSTD_isError) *ZSTD_isError_p;
static typeof(ZSTD_getErrorName) *ZSTD_getErrorName_p;
static typeof(ZSTD_versionNumber) *ZSTD_versionNumber_p;

static void load_zstd(void)
{
	void *library = load("libzstd.so.1");

	FIND(library, ZSTD_createDCtx);
	FIND(library, ZSTD_DCtx_reset);
	FIND(library, ZSTD_DCtx_setParameter);
	FIND(library, ZSTD_decompressStream);
	FIND(library, ZSTD_isError);
	FIND(library, ZSTD_getErrorName);
	FIND(library, ZSTD_versionNumber);
}

unsigned int fuzz_stock_zstd_version(void)
{
	load_zstd();
	return ZSTD_versionNumber_p();
}

static const char *run_zstd(const uint8_t *in, size_t size, uint8_t *out, size_t room,
			    size_t piece, size_t *len, bool unchecked)
{
	static ZSTD_DCtx *s;
	ZSTD_inBuffer from = { in, size, 0 };
	ZSTD_outBuffer to = { out, 0, 0 };
	size_t ret, before;

	if (!s) {
		load_zstd();
		s = ZSTD_createDCtx_p();
	}
	ZSTD_DCtx_reset_p(s, ZSTD_reset_session_only);
	ZSTD_DCtx_setParameter_p(s, ZSTD_d_forceIgnoreChecksum, unchecked);
	do {
		before = from.pos + to.pos;
		if (to.pos == to.size && to.size < room)
			to.size += room - to.size < piece ? room - to.size : piece;
		ret = ZSTD_decompressStream_p(s, &to, &from);
	} while (!ZSTD_isError_p(ret) && ret && from.pos + to.pos != before);
	*len = to.pos;
	if (!ret)
		return NULL;
	if (ZSTD_isError_p(ret))
		return ZSTD_getErrorName_p(ret);
	return to.pos == room ? NO_ROOM : "the file is truncated";
}

const char *fuzz_stock_zstd_by_page(const uint8_t *in, size_t size, uint8_t *out,
				    size_t room, size_t *len)
{
	return run_zstd(in, size, out, room, 4096, len, false);
}

const char *fuzz_stock(enum fuzz_format format, const uint8_t *in, size_t size,
		       uint8_t *out, size_t room, size_t *len, bool unchecked)
{
	switch (format) {
	case FUZZ_gzip:
		return run_zlib(15 + 16, in, size, out, room, len);
	case FUZZ_xz:
		return run_lzma(in, size, out, room, len, unchecked);
	default:
		return run_zstd(in, size, out, room, room, len, unchecked);
	}
}
