// SPDX-License-Identifier: GPL-2.0
/*
 * See explain.h. The limits are those of the kernel's lib/xz, lib/zlib_inflate
 * and lib/zstd, and of kernel/module/decompress.c.
 */
#define _GNU_SOURCE
#include <lzma.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY	/* ZSTD_getFrameHeader() */
#include <zstd.h>
#include <zstd_errors.h>

#include "explain.h"
#include "magic.h"

/*
 * kmod 34 and later read a zstd file only if its frame header has the content size, which
 * zstd does not know of what it reads from a pipe: so it is given the file's name.
 */
const struct format_info formats[NR_FORMATS] = {
	[GZIP] = {
		"gzip", "gz", "gzip", "-dc", "member", "gzip -n -9",
		"gzip -n -9 -c <\"$t/ko\" >\"$t/new\"",
	},
	[XZ] = {
		"xz", "xz", "xz", "-dc --format=xz", "stream",
		"xz --check=crc32 --lzma2=dict=1MiB",
		"xz --check=crc32 --lzma2=dict=1MiB -c <\"$t/ko\" >\"$t/new\"",
	},
	[ZSTD] = {
		"zstd", "zst", "zstd", "-dcq --long=31", "frame",
		"zstd -19 FILE, not from a pipe",
		"zstd -q -19 \"$t/ko\" -o \"$t/new\"",
	},
};

/*
 * Filters, section 5.3 of the .xz format: what the kernel has, if told to, and from which
 * version on
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
/* The kernel takes no larger dictionary than this, nor as large a one on 32-bit */
#define LZMA2_DICT_PROPERTY_MAX	39

/* Frames that hold no data, section 3.1.2 of RFC 8878: any of 16 magic numbers */
#define ZSTD_SKIPPABLE		0x184d2a50u
#define ZSTD_SKIPPABLE_MASK	0xfffffff0u

/*
 * What lib/zstd decodes as a stream, unless it is told otherwise; decompress.c
 * by itself would let pass eight times as much, and sixteen on 64-bit.
 */
#define ZSTD_WINDOW_MAX		((1ull << 27) + 1)

static const unsigned char gzip_magic[] = { 0x1f, 0x8b };
static const unsigned char xz_magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

static unsigned int get_le32(const unsigned char *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (unsigned int)p[3] << 24;
}

static bool is_skippable(const unsigned char *in, size_t size)
{
	return size >= 4 &&
	       (get_le32(in) & ZSTD_SKIPPABLE_MASK) == ZSTD_SKIPPABLE;
}

/**
 * format_by_content() - tell a format from a file's first bytes, as kmod does
 * @in: the file
 * @size: its size in bytes
 *
 * Return: the format, or NO_FORMAT.
 */
enum format format_by_content(const unsigned char *in, size_t size)
{
	if (size >= sizeof(gzip_magic) &&
	    !memcmp(in, gzip_magic, sizeof(gzip_magic)))
		return GZIP;
	if (size >= sizeof(xz_magic) && !memcmp(in, xz_magic, sizeof(xz_magic)))
		return XZ;
	if ((size >= 4 && get_le32(in) == ZSTD_MAGICNUMBER) ||
	    is_skippable(in, size))
		return ZSTD;
	return NO_FORMAT;
}

/* Fewer bytes than a magic number has, but the first of one */
static bool cut_magic(const unsigned char *in, size_t size)
{
	return (size < sizeof(xz_magic) && !memcmp(in, xz_magic, size)) ||
	       (size < 4 && !memcmp(in, "\x28\xb5\x2f\xfd", size)) ||
	       (size < 2 && in[0] == gzip_magic[0]);
}

/**
 * format_by_name() - tell a format from a file's name
 * @path: the name
 *
 * Return: the format, or NO_FORMAT.
 */
enum format format_by_name(const char *path)
{
	const char *dot = strrchr(path, '.');
	enum format f;

	for (f = 0; f < NR_FORMATS; f++)
		if (dot && !strcmp(dot + 1, formats[f].suffix))
			return f;
	return NO_FORMAT;
}

/* Only what comes first counts: the decoder stops there */
static void __attribute__((format(printf, 3, 4)))
unsupported(struct explanation *e, const char *cause, const char *fmt, ...)
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

/* Only a name can have said so: the content, if anything, is followed first */
static void not_that_format(struct explanation *e, const unsigned char *in, size_t size)
{
	const struct kind *kind = kind_of(in, size);

	if (is_zero(in, size))
		unsupported(e, "zeros", "%zu bytes of zero", size);
	else if (cut_magic(in, size))
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

/* RFC 1952, section 2.3.1 */
static void gzip_header(struct explanation *e, const unsigned char *in, size_t size)
{
	static const struct {
		unsigned char flag;
		const char *cause;
		const char *name;
	} fields[] = {
		{ 0x04, "gzip-extra", "an extra field (FEXTRA), as bgzip writes" },
		{ 0x10, "gzip-comment", "a comment (FCOMMENT)" },
		{ 0x02, "gzip-header-crc", "a header checksum (FHCRC)" },
	};
	unsigned int i;

	if (size < 2 || memcmp(in, gzip_magic, sizeof(gzip_magic))) {
		not_that_format(e, in, size);
		return;
	}
	if (size < 10) {
		unsupported(e, "cut-off", "it is cut off after %zu bytes", size);
		snprintf(e->advice, sizeof(e->advice), "get the file anew");
		return;
	}
	if (in[2] != Z_DEFLATED)
		unsupported(e, "gzip-method",
			    "compression method %u, where the kernel knows 8, deflate",
			    in[2]);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (in[3] & fields[i].flag)
			unsupported(e, fields[i].cause,
				    "the header has %s; the kernel skips a name only",
				    fields[i].name);
	if (in[3] & 0x08 && !memchr(in + 10, 0, size - 10))
		unsupported(e, "gzip-name", "the file name in the header does not end");
}

static void gzip_members(struct explanation *e, const unsigned char *in, size_t size)
{
	static unsigned char out[256 * 1024];
	z_stream s = { .next_in = (unsigned char *)in, .avail_in = size };
	unsigned long long total = 0;
	size_t end = 0;

	if (inflateInit2(&s, 16 + MAX_WBITS) != Z_OK)
		return;
	while (total <= OUTPUT_MAX) {
		int rc;

		s.next_out = out;
		s.avail_out = sizeof(out);
		rc = inflate(&s, Z_NO_FLUSH);
		total += sizeof(out) - s.avail_out;
		if (rc == Z_STREAM_END) {
			e->parts++;
			end = s.next_in - in;
			if (inflateReset(&s) != Z_OK || !s.avail_in)
				break;
		} else if (rc != Z_OK) {
			break;
		}
	}
	inflateEnd(&s);
	if (e->parts)
		e->rest = size - end;
}

static const char *check_cause(lzma_check check)
{
	return check == LZMA_CHECK_CRC64 ? "xz-check-crc64" :
	       check == LZMA_CHECK_SHA256 ? "xz-check-sha256" : "xz-check-unknown";
}

static const char *check_name(lzma_check check)
{
	switch (check) {
	case LZMA_CHECK_CRC64:
		return "CRC64";
	case LZMA_CHECK_SHA256:
		return "SHA-256";
	default:
		return "of an unknown type";
	}
}

static void xz_bcj(struct explanation *e, lzma_vli id,
		   const struct kernel *kernel)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bcj_filters); i++)
		if (id != bcj_filters[i].id || kernel->has_bcj[id])
			continue;
		else if (kernel->release && kernel->release < bcj_filters[i].since)
			unsupported(e, "xz-filter-missing",
				    "the %s filter is not known to kernels before %u.%u",
				    bcj_filters[i].name, bcj_filters[i].since >> 8,
				    bcj_filters[i].since & 0xff);
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
		xz_bcj(e, filter->id, kernel);
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

/* The .xz format, section 3.1.5: IDs of filters that liblzma here may not know */
static void xz_filter_ids(struct explanation *e, const unsigned char *header,
			  size_t size, const struct kernel *kernel)
{
	unsigned int n = (header[1] & 3) + 1;
	lzma_vli id, length;
	size_t at = 2;

	/* Compressed and uncompressed size */
	if (header[1] & 0x40 && lzma_vli_decode(&length, NULL, header, &at, size))
		return;
	if (header[1] & 0x80 && lzma_vli_decode(&length, NULL, header, &at, size))
		return;
	for (; n; n--) {
		if (lzma_vli_decode(&id, NULL, header, &at, size) ||
		    lzma_vli_decode(&length, NULL, header, &at, size))
			return;
		xz_bcj(e, id, kernel);
		at += length;
	}
}

/* The .xz format, section 3.1: a block's header, where the kernel looks at it */
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
	switch (lzma_block_header_decode(&block, NULL, in)) {
	case LZMA_OK:
		break;
	case LZMA_OPTIONS_ERROR:
		xz_filter_ids(e, in, block.header_size, kernel);
		return;
	default:
		return;
	}
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

	if (size < sizeof(xz_magic) || memcmp(in, xz_magic, sizeof(xz_magic))) {
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
			    "its header asks for what neither this kernel knows nor xz");
		return;
	default:
		return;
	}
	if (flags.check > LZMA_CHECK_CRC32) {
		unsupported(e, check_cause(flags.check),
			    "integrity check %s is not supported by this kernel",
			    check_name(flags.check));
		return;
	}
	xz_block(e, in + LZMA_STREAM_HEADER_SIZE,
		 size - LZMA_STREAM_HEADER_SIZE, flags.check, kernel);
}

/* Where the first stream ends, if what follows it is no stream */
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

/**
 * xz_index() - read the index of an .xz file
 * @in: its bytes
 * @size: their number
 *
 * Return: the index, or NULL if the file as a whole has none that is valid.
 */
lzma_index *xz_index(const unsigned char *in, size_t size)
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

/* Blocks are found by the index, which is at the end */
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

/*
 * RFC 8878, section 3.1.1.2. A compressed block with neither literals nor
 * sequences is two bytes long, which zstd before 1.5.4 thinks is not enough; and
 * one as large as blocks can be is too large for it.
 */
static void zstd_blocks(struct explanation *e, const unsigned char *in,
			size_t size)
{
	bool last = false;

	while (!last && size >= 3) {
		unsigned int header = in[0] | in[1] << 8 | in[2] << 16;
		unsigned int type = header >> 1 & 3, length = header >> 3;

		last = header & 1;
		if (type == 2 && length == 2)
			unsupported(e, "zstd-block",
				    "an empty compressed block, as of zstd 1.5.4 and later");
		if (type == 2 && length == ZSTD_BLOCKSIZE_MAX)
			unsupported(e, "zstd-block",
				    "a compressed block of 128 KiB, as of zstd 1.5.4 and later");
		length = 3 + (type == 1 ? 1 : length);
		if (length > size)
			return;
		in += length;
		size -= length;
	}
}

static void window_too_large(struct explanation *e, unsigned long long window)
{
	unsupported(e, "zstd-window", "a window of %llu MiB, where the kernel takes %llu at most",
		    window / MIB, ZSTD_WINDOW_MAX / MIB);
}

/* RFC 8878, section 3.1.1.1 */
static void zstd_header(struct explanation *e, const unsigned char *in,
			size_t size)
{
	ZSTD_frameHeader header;

	if (is_skippable(in, size)) {
		unsupported(e, "zstd-skippable",
			    "it begins with a skippable frame, as pzstd writes");
		return;
	}
	if (size < 4 || get_le32(in) != ZSTD_MAGICNUMBER) {
		not_that_format(e, in, size);
		return;
	}
	if (size > 4 && in[4] & 0x08)
		unsupported(e, "zstd-header", "the reserved bit is set in the frame header");
	/* Larger ones than libzstd itself will hear of: 2^31 and more */
	if (size > 5 && !(in[4] & 0x20) && in[5] >> 3 > 31 - 10) {
		window_too_large(e, (8ull + (in[5] & 7)) << ((in[5] >> 3) + 7));
		return;
	}
	if (ZSTD_getFrameHeader(&header, in, size))
		return;
	e->memory = header.windowSize;
	if (e->memory > ZSTD_WINDOW_MAX)
		window_too_large(e, e->memory);
	if (header.dictID)
		unsupported(e, "zstd-dictionary", "it needs the dictionary with ID %u",
			    header.dictID);
	zstd_blocks(e, in + header.headerSize, size - header.headerSize);
}

static void zstd_frames(struct explanation *e, const unsigned char *in, size_t size)
{
	while (size) {
		size_t frame = ZSTD_findFrameCompressedSize(in, size);

		if (ZSTD_isError(frame))
			break;
		e->parts += !is_skippable(in, size);
		in += frame;
		size -= frame;
	}
	if (e->parts)
		e->rest = size;
}

/**
 * explain() - look for what the kernel makes of a file that others do not
 * @e: gets what is found
 * @which: the decoder that is asked
 * @in: the file
 * @size: its size in bytes
 * @kernel: whose decoder it is
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
		gzip_header(e, in, size);
		gzip_members(e, in, size);
		break;
	case XZ:
		xz_first_stream(e, in, size, kernel);
		xz_other_blocks(e, in, size, kernel);
		break;
	default:
		zstd_header(e, in, size);
		zstd_frames(e, in, size);
	}
	e->trailing = without_padding(in + size - e->rest, e->rest);
}

/**
 * set_bcj() - note whether a kernel has a filter of .xz
 * @kernel: that kernel
 * @config: an option of its configuration, any
 * @set: whether it is set
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
 * @kernel: that kernel
 */
void set_all_bcj(struct kernel *kernel)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bcj_filters); i++)
		kernel->has_bcj[bcj_filters[i].id] =
			!kernel->release || kernel->release >= bcj_filters[i].since;
}

/**
 * status_in_words() - name the number in a message of decompress.c
 * @which: the decoder that it is from
 * @said: the message
 *
 * Return: the name that the decoder's header has for it, or NULL.
 */
const char *status_in_words(enum format which, const char *said)
{
	static const char *const xz[] = {
		"XZ_OK", "XZ_STREAM_END", "XZ_UNSUPPORTED_CHECK",
		"XZ_MEM_ERROR", "XZ_MEMLIMIT_ERROR", "XZ_FORMAT_ERROR",
		"XZ_OPTIONS_ERROR", "XZ_DATA_ERROR", "XZ_BUF_ERROR",
	};
	/* From 2 down: zlib's are negative */
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
