// SPDX-License-Identifier: GPL-2.0
/* See explain_formats.h. The limits are those of lib/xz and decompress.c. */
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "explain_formats.h"

/*
 * Filters, section 5.3 of the .xz format, that the kernel can be built with: the option, and
 * the first version that has it, or 0
 */
static const struct {
	lzma_vli id;
	const char *name;
	const char *config;
	unsigned int since;
} bcj_filters[] = {
	{ 0x04, "x86", "XZ_DEC_X86", 0 },
	{ 0x05, "PowerPC", "XZ_DEC_POWERPC", 0 },
	{ 0x06, "IA-64", "XZ_DEC_IA64", 0 },
	{ 0x07, "ARM", "XZ_DEC_ARM", 0 },
	{ 0x08, "ARM-Thumb", "XZ_DEC_ARMTHUMB", 0 },
	{ 0x09, "SPARC", "XZ_DEC_SPARC", 0 },
	{ 0x0a, "ARM64", "XZ_DEC_ARM64", VERSION(6, 12) },
	{ 0x0b, "RISC-V", "XZ_DEC_RISCV", VERSION(6, 12) },
};

#define FILTER_DELTA	0x03
#define FILTER_LZMA2	0x21

/* The known checks that the kernel does not verify */
static const struct {
	const char *cause;
	const char *name;
} checks[LZMA_CHECK_ID_MAX + 1] = {
	[LZMA_CHECK_CRC64] = { "xz-check-crc64", "CRC64" },
	[LZMA_CHECK_SHA256] = { "xz-check-sha256", "SHA-256" },
};

static void xz_bcj(struct explanation *e, unsigned int i, const struct kernel *kernel)
{
	unsigned int since = bcj_filters[i].since;

	if (kernel->has_bcj[bcj_filters[i].id])
		return;
	if (kernel->release && kernel->release < since)
		unsupported(e, "xz-filter-missing",
			    "the %s filter is not known to kernels before %u.%u",
			    bcj_filters[i].name, since >> 8, since & 0xff);
	else
		unsupported(e, "xz-filter-missing",
			    "the %s filter is not built into this kernel (CONFIG_%s)",
			    bcj_filters[i].name, bcj_filters[i].config);
}

static void xz_filter(struct explanation *e, const lzma_filter *filter,
		      bool last, const struct kernel *kernel)
{
	const lzma_options_lzma *lzma2 = filter->options;
	const lzma_options_bcj *bcj = filter->options;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bcj_filters); i++)
		if (filter->id == bcj_filters[i].id)
			break;
	if (i < ARRAY_SIZE(bcj_filters)) {
		xz_bcj(e, i, kernel);
		if (bcj && bcj->start_offset)
			unsupported(e, "xz-filter-offset",
				    "the %s filter has a start offset: not supported",
				    bcj_filters[i].name);
		else if (last)
			unsupported(e, "xz-filter-chain",
				    "no LZMA2 filter at the end of the chain");
	} else if (filter->id == FILTER_DELTA) {
		unsupported(e, "xz-filter-delta",
			    "the delta filter is not supported by the kernel");
	} else if (filter->id == FILTER_LZMA2) {
		if (lzma2->dict_size > e->memory)
			e->memory = lzma2->dict_size;
	} else {
		unsupported(e, "xz-filter-unknown", "filter %#llx is not known to the kernel",
			    (unsigned long long)filter->id);
	}
}

/* The .xz format, section 3.1: the header of a block, as far as the kernel reads it */
static void xz_block(struct explanation *e, const unsigned char *in, size_t size,
		     lzma_check check, const struct kernel *kernel)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block block = {
		.version = 1,
		.check = check,
		.filters = filters,
	};
	unsigned int i, n;

	if (!size || !in[0])
		return;
	block.header_size = lzma_block_header_size_decode(in[0]);
	if (block.header_size > size)
		return;
	if (lzma_block_header_decode(&block, NULL, in) != LZMA_OK)
		return;
	for (n = 0; filters[n].id != LZMA_VLI_UNKNOWN; n++)
		;
	if (n > 2)
		unsupported(e, "xz-filter-chain",
			    "%u filters in a chain, where the kernel takes two",
			    n);
	for (i = 0; i < n; i++) {
		xz_filter(e, &filters[i], i == n - 1, kernel);
		free(filters[i].options);
	}
	if (n == 2 && filters[0].id == FILTER_LZMA2)
		unsupported(e, "xz-filter-chain", "LZMA2 is not the last filter in the chain");
	if (e->memory > (3ull << 30))
		unsupported(e, "xz-dictionary", "a dictionary of more than 3 GiB");
}

static void xz_first_stream(struct explanation *e, const unsigned char *in,
			    size_t size, const struct kernel *kernel)
{
	lzma_stream_flags flags;

	if (format_by_content(in, size) != XZ) {
		not_that_format(e, in, size);
		return;
	}
	if (size < LZMA_STREAM_HEADER_SIZE)
		return;
	switch (lzma_stream_header_decode(&flags, in)) {
	case LZMA_OK:
		break;
	case LZMA_OPTIONS_ERROR:
		unsupported(e, "xz-header",
			    "its header needs a feature that neither this kernel nor xz has");
		return;
	default:
		return;
	}
	if (flags.check > LZMA_CHECK_CRC32) {
		unsupported(e, checks[flags.check].cause ?: "xz-check-unknown",
			    "integrity check %s is not supported by this kernel",
			    checks[flags.check].name ?: "of an unknown type");
		return;
	}
	xz_block(e, in + LZMA_STREAM_HEADER_SIZE,
		 size - LZMA_STREAM_HEADER_SIZE, flags.check, kernel);
}

/* Find the end of the first stream in a file without a valid index */
static void xz_trailing(struct explanation *e, const unsigned char *in,
			size_t size)
{
	static unsigned char out[256 * 1024];
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret ret;

	if (lzma_stream_decoder(&s, UINT64_MAX, 0) != LZMA_OK)
		return;
	s.next_in = in;
	s.avail_in = size;
	do {
		s.next_out = out;
		s.avail_out = sizeof(out);
		ret = lzma_code(&s, LZMA_RUN);
	} while (ret == LZMA_OK && s.avail_in && s.total_out <= OUTPUT_MAX);
	if (ret == LZMA_STREAM_END) {
		e->parts = 1;
		e->rest = s.avail_in;
	}
	lzma_end(&s);
}

/* The index of a file, or NULL if the file as a whole has none that is valid */
static lzma_index *xz_index(const unsigned char *in, size_t size)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_index *index = NULL;
	lzma_ret ret;

	if (lzma_file_info_decoder(&s, &index, UINT64_MAX, size) != LZMA_OK)
		return NULL;
	s.next_in = in;
	s.avail_in = size;
	do {
		ret = lzma_code(&s, LZMA_RUN);
		if (ret == LZMA_SEEK_NEEDED) {
			s.next_in = in + s.seek_pos;
			s.avail_in = size - s.seek_pos;
		}
	} while (ret == LZMA_OK || ret == LZMA_SEEK_NEEDED);
	lzma_end(&s);
	return ret == LZMA_STREAM_END ? index : NULL;
}

/* Look at the other blocks; the index at the end of the stream says where they are */
static void xz_other_blocks(struct explanation *e, const unsigned char *in,
			    size_t size, const struct kernel *kernel)
{
	lzma_index *index = xz_index(in, size);
	lzma_index_iter iter;
	size_t at;

	if (!index) {
		xz_trailing(e, in, size);
		return;
	}
	e->parts = lzma_index_stream_count(index);
	lzma_index_iter_init(&iter, index);
	while (!lzma_index_iter_next(&iter, LZMA_INDEX_ITER_BLOCK) &&
	       iter.stream.number == 1) {
		at = iter.block.compressed_file_offset;
		xz_block(e, in + at, size - at, iter.stream.flags->check,
			 kernel);
	}
	lzma_index_end(index, NULL);
}

/**
 * explain_xz() - find out why the kernel decompresses an .xz differently than xz
 * @e: gets the explanation
 * @in: the file
 * @size: its size in bytes
 * @kernel: the kernel that has the decoder
 */
void explain_xz(struct explanation *e, const unsigned char *in, size_t size,
		const struct kernel *kernel)
{
	xz_first_stream(e, in, size, kernel);
	xz_other_blocks(e, in, size, kernel);
}

/**
 * set_bcj() - note whether a kernel has a filter of .xz
 * @kernel: the kernel
 * @config: any option of its configuration; only those of filters matter
 * @set: whether the option is set
 */
void set_bcj(struct kernel *kernel, const char *config, bool set)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bcj_filters); i++)
		if (!strcmp(config, bcj_filters[i].config))
			kernel->has_bcj[bcj_filters[i].id] = set;
}

/**
 * set_all_bcj() - give a kernel all filters that its version can have
 * @kernel: the kernel
 */
void set_all_bcj(struct kernel *kernel)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bcj_filters); i++)
		kernel->has_bcj[bcj_filters[i].id] =
			!kernel->release || kernel->release >= bcj_filters[i].since;
}
