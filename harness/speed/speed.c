// SPDX-License-Identifier: GPL-2.0
/*
 * speed PACKED PLAIN: decompresses the file PACKED, from which PLAIN must come, and prints how many
 * bytes come out in a second: by decompress.c page by page, by the kernel's decoder in one call,
 * and by the stock library.
 */
#include <stdio.h>
#include <time.h>
#include <linux/xz.h>
#include <linux/zlib.h>
#include <linux/zstd.h>

#include "native.h"
#include "fuzz.h"

#define MOST		SZ_16M
/* CPU seconds for each way */
#define SECONDS		1

static struct page pages[MOST / PAGE_SIZE];
static u8 memory[MOST], in[MOST];
static unsigned int nr_pages;
static size_t in_size, out_size;

/* Pages that cost nothing, so that only decompression is measured */
static struct page *next_page(gfp_t gfp)
{
	return nr_pages < ARRAY_SIZE(pages) ? pages + nr_pages++ : NULL;
}

static void *map_page(struct page *page)
{
	return memory + (page - pages) * PAGE_SIZE;
}

static void *map_all(struct page **array, unsigned int nr, unsigned long flags,
		     pgprot_t prot)
{
	return memory;
}

static void ignore(const void *address)
{
}

static __maybe_unused void *allocate_array(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc(n * size, gfp);
}

static __maybe_unused void *reallocate(void *p, size_t size, gfp_t gfp)
{
	return p ? realloc(p, size) : kvmalloc(size, gfp);
}

static void say_nothing(const char *format, ...)
{
}

#undef alloc_page
#undef __free_page
#undef kunmap_local
#define alloc_page	next_page
#define __free_page	ignore
#define kmap_local_page	map_page
#define kunmap_local	ignore
#define vmap		map_all
#define vunmap		ignore
#define kvmalloc_array	allocate_array
#define kvrealloc	reallocate
#define pr_err		say_nothing
#undef CONFIG_SYSFS
#include "../../../kernel/module/decompress.c"

static size_t by_pages(void)
{
	struct load_info info = {};

	nr_pages = 0;
	if (module_decompress(&info, in, in_size))
		return 0;
	kvfree(info.pages);
	return info.len;
}

#if defined(CONFIG_MODULE_COMPRESS_GZIP)
static const enum fuzz_format format = FUZZ_gzip;

static size_t by_one_call(void)
{
	/* The file has a plain header and a trailer (RFC 1952) */
	return zlib_inflate_blob(memory, out_size, in + 10, in_size - 18);
}
#elif defined(CONFIG_MODULE_COMPRESS_XZ)
static const enum fuzz_format format = FUZZ_xz;

static size_t by_one_call(void)
{
	static struct xz_dec *decoder;
	struct xz_buf b = { .in = in, .in_size = in_size, .out = memory, .out_size = out_size };

	if (!decoder)
		decoder = xz_dec_init(XZ_SINGLE, 0);
	return xz_dec_run(decoder, &b) == XZ_STREAM_END ? b.out_pos : 0;
}
#else
static const enum fuzz_format format = FUZZ_zstd;

static size_t by_one_call(void)
{
	static zstd_dctx *context;
	size_t size = zstd_dctx_workspace_bound();

	if (!context)
		context = zstd_init_dctx(kvmalloc(size, GFP_KERNEL), size);
	return zstd_decompress_dctx(context, memory, out_size, in, in_size);
}
#endif

static size_t by_stock(void)
{
	size_t len;

	return fuzz_stock(format, in, in_size, memory, out_size + 1, &len, false) ? 0 : len;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Measure one of the ways, after a first run that checks it */
static bool measure(const char *what, size_t (*decompress)(void), const u8 *expected)
{
	double begin, best = 0, took, end;

	memset(memory, 0, out_size);
	if (decompress() != out_size || memcmp(memory, expected, out_size)) {
		fprintf(stderr, "%s: wrong output\n", what);
		return false;
	}
	for (end = now() + SECONDS; (begin = now()) < end; ) {
		decompress();
		took = now() - begin;
		if (!best || took < best)
			best = took;
	}
	printf("%s %.0f\n", what, out_size / best / 1e6);
	return true;
}

int main(int argc, char **argv)
{
	static u8 expected[MOST];
	FILE *f = argc == 3 ? fopen(argv[1], "r") : NULL, *plain = f ? fopen(argv[2], "r") : NULL;

	if (!plain)
		return 2;
	in_size = fread(in, 1, sizeof(in), f);
	out_size = fread(expected, 1, sizeof(expected), plain);
	return !measure("page by page", by_pages, expected) ||
	       !measure("in one call", by_one_call, expected) ||
	       !measure("stock library", by_stock, expected);
}
