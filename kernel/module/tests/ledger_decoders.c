// SPDX-License-Identifier: GPL-2.0
/* The ledger's stand-ins for the decoders zlib, xz and zstd. */
#include "ledger_internal.h"

/* The dictionary of "xz -9", the largest preset, which must be accepted */
#define XZ_LARGEST_PRESET	SZ_64M

static bool workspace_suffices(struct ledger *ledger, const void *workspace,
			       size_t need)
{
	struct ledger_memory *memory = ledger_find_memory(ledger, workspace);

	if (memory && memory->size >= need)
		return true;
	ledger_report(ledger, "decoder set up with a workspace of %zu bytes, needs %zu",
		      memory ? memory->size : 0, need);
	return false;
}

static void decoder_begin(struct ledger *ledger, const void *decoder,
			  const void *workspace)
{
	if (ledger->decoder)
		ledger_report(ledger, "a second decoder set up");
	ledger->decoder = decoder;
	ledger->ended = false;
	ledger->workspace = workspace;
}

static void decoder_end(struct ledger *ledger, const void *decoder)
{
	if (!decoder || ledger->decoder != decoder)
		ledger_report(ledger, "end of a decoder that is not set up");
	ledger->decoder = NULL;
}

/* Check that the decoder gets only the input and room in the mapped page */
static bool may_decode(struct ledger *ledger, const void *decoder,
		       const void *in, size_t in_size, void *out,
		       size_t out_size)
{
	unsigned int reports = ledger->reports;

	if (!decoder || decoder != ledger->decoder)
		ledger_report(ledger, "use of a decoder that is not set up");
	if (ledger->ended)
		ledger_report(ledger, "use of a decoder that has come to its end, or failed");
	if (in < ledger->in || in_size > ledger->in_size ||
	    in + in_size != ledger->in + ledger->in_size)
		ledger_report(ledger, "decoder given bytes %zd to %zd of %zu",
			      in - ledger->in, in + in_size - ledger->in,
			      ledger->in_size);
	if (!ledger->mapped_page || out < ledger->mapped ||
	    out_size > PAGE_SIZE ||
	    out + out_size > ledger->mapped + PAGE_SIZE)
		ledger_report(ledger, "decoder given %zu bytes of room outside the mapped page",
			      out_size);
	if (++ledger->runs > ledger->max_pages) {
		ledger_report(ledger, "decompression does not end: %u runs and more",
			      ledger->runs);
		ledger->fatal = true;
	}
	if (ledger->mapped_page)
		ledger_expect_mapped_state(ledger);
	return reports == ledger->reports;
}

/* Count a page of orders.endless; return false for the last one */
static bool endless_run(struct ledger *ledger)
{
	return ++ledger->runs < ledger->orders.endless;
}

static void midway(struct ledger *ledger)
{
	ledger->orders.midway(ledger->orders.context);
	ledger_expect_mapped_state(ledger);
}

int ledger_zlib_init(z_stream *s, int window_bits)
{
	struct ledger *ledger = ledger_current();
	int rc;

	if (!workspace_suffices(ledger, s->workspace,
				zlib_inflate_workspacesize()) ||
	    ledger_may_fail(ledger, LEDGER_DECODER))
		return ledger->status = Z_MEM_ERROR;
	rc = zlib_inflateInit2(s, window_bits);
	if (rc == Z_OK)
		decoder_begin(ledger, s, s->workspace);
	ledger->status = rc;
	return rc;
}

/* No expect_no_hole() here: zlib reports truncated input one call later */
int ledger_zlib_run(z_stream *s, int flush)
{
	struct ledger *ledger = ledger_current();
	unsigned int rest;
	int rc;

	if (ledger->orders.endless) {
		s->avail_out = 0;
		return endless_run(ledger) ? Z_OK : Z_STREAM_END;
	}
	if (!may_decode(ledger, s, s->next_in, s->avail_in, s->next_out,
			s->avail_out))
		return Z_STREAM_ERROR;
	rest = ledger->orders.midway ? s->avail_out / 2 : 0;
	s->avail_out -= rest;
	rc = zlib_inflate(s, flush);
	if (rest)
		midway(ledger);
	s->avail_out += rest;
	if (rest && rc == Z_OK && s->avail_out == rest)
		rc = zlib_inflate(s, flush);
	ledger->ended = rc != Z_OK;
	ledger->status = rc;
	return rc;
}

int ledger_zlib_end(z_stream *s)
{
	decoder_end(ledger_current(), s);
	return zlib_inflateEnd(s);
}

struct xz_dec *ledger_xz_dec_init(enum xz_mode mode, u32 dict_max)
{
	struct ledger *ledger = ledger_current();
	struct xz_dec *s;

	ledger_expect_unmapped(ledger, "xz_dec_init()");
	ledger_unmapped(ledger);
	if (mode != XZ_DYNALLOC || dict_max < XZ_LARGEST_PRESET) {
		ledger_report(ledger, "xz_dec_init() in mode %d with at most %u bytes",
			      mode, dict_max);
		return NULL;
	}
	if (ledger_may_fail(ledger, LEDGER_DECODER) || ledger_may_fail(ledger, LEDGER_ALLOC))
		return NULL;
	s = xz_dec_init(mode, dict_max);
	if (s)
		decoder_begin(ledger, s, NULL);
	else
		ledger->denied++;
	return s;
}

/* Check that the previous page is full: a hole would corrupt the output */
static void expect_no_hole(struct ledger *ledger)
{
	if (ledger->room)
		ledger_report(ledger, "a page begun with %zu bytes of room in the last one",
			      ledger->room);
}

enum xz_ret ledger_xz_dec_run(struct xz_dec *s, struct xz_buf *b)
{
	struct ledger *ledger = ledger_current();
	size_t rest;
	enum xz_ret ret;

	if (ledger->orders.endless) {
		b->out_pos = b->out_size;
		return endless_run(ledger) ? XZ_OK : XZ_STREAM_END;
	}
	if (!ledger->runs && b->in_pos)
		ledger_report(ledger, "xz_dec_run() begins at byte %zu", b->in_pos);
	expect_no_hole(ledger);
	if (b->in_pos > b->in_size || b->out_pos > b->out_size ||
	    !may_decode(ledger, s, b->in, b->in_size, b->out, b->out_size))
		return XZ_BUF_ERROR;
	if (ledger->orders.xz_mem_error) {
		ledger->denied++;
		return ledger->status = XZ_MEM_ERROR;
	}
	rest = ledger->orders.midway ? (b->out_size - b->out_pos) / 2 : 0;
	b->out_size -= rest;
	ret = xz_dec_run(s, b);
	if (rest)
		midway(ledger);
	b->out_size += rest;
	if (rest && ret == XZ_OK && b->out_pos == b->out_size - rest)
		ret = xz_dec_run(s, b);
	if (ret == XZ_MEM_ERROR)
		ledger->denied++;
	ledger->ended = ret != XZ_OK;
	ledger->status = ret;
	ledger->room = b->out_size - b->out_pos;
	return ret;
}

void ledger_xz_dec_end(struct xz_dec *s)
{
	struct ledger *ledger = ledger_current();

	ledger_expect_unmapped(ledger, "xz_dec_end()");
	ledger_unmapped(ledger);
	if (ledger->decoder != s || !s) {
		decoder_end(ledger, s);
		return;
	}
	decoder_end(ledger, s);
	xz_dec_end(s);
}

size_t ledger_zstd_get_frame_header(zstd_frame_header *header, const void *src,
				    size_t size)
{
	struct ledger *ledger = ledger_current();
	size_t ret;

	if (src != ledger->in || size != ledger->in_size) {
		ledger_report(ledger, "frame header sought in %zu bytes where %zu were loaded",
			      size, ledger->in_size);
		return 1;
	}
	ret = zstd_get_frame_header(header, src, size);
	ledger->zstd_window = header->windowSize;
	return ret;
}

zstd_dstream *ledger_zstd_init_dstream(size_t window, void *workspace,
				       size_t size)
{
	struct ledger *ledger = ledger_current();
	zstd_dstream *s;

	if (window != ledger->zstd_window)
		ledger_report(ledger, "decoder set up for a window of %zu bytes, not %zu",
			      window, ledger->zstd_window);
	if (!workspace_suffices(ledger, workspace,
				max(size, zstd_dstream_workspace_bound(window))) ||
	    ledger_may_fail(ledger, LEDGER_DECODER))
		return NULL;
	s = zstd_init_dstream(window, workspace, size);
	if (s)
		decoder_begin(ledger, s, workspace);
	return s;
}

size_t ledger_zstd_decompress_stream(zstd_dstream *s, zstd_out_buffer *out,
				     zstd_in_buffer *in)
{
	struct ledger *ledger = ledger_current();
	size_t rest, ret;

	if (ledger->orders.endless) {
		out->pos = out->size;
		return endless_run(ledger);
	}
	expect_no_hole(ledger);
	if (in->pos > in->size || out->pos > out->size ||
	    !may_decode(ledger, s, in->src, in->size, out->dst, out->size))
		return -(size_t)ZSTD_error_GENERIC;
	rest = ledger->orders.midway ? (out->size - out->pos) / 2 : 0;
	out->size -= rest;
	ret = zstd_decompress_stream(s, out, in);
	if (rest)
		midway(ledger);
	out->size += rest;
	if (rest && ret && !zstd_is_error(ret) &&
	    out->pos == out->size - rest)
		ret = zstd_decompress_stream(s, out, in);
	ledger->ended = !ret || zstd_is_error(ret);
	ledger->status = zstd_get_error_code(ret);
	ledger->room = out->size - out->pos;
	return ret;
}

/**
 * ledger_workspace_freed() - check that no running decoder loses its workspace
 * @ledger: the ledger
 * @memory: allocation that the caller frees
 * @call: name of the call that frees it
 *
 * Context: task context.
 */
void ledger_workspace_freed(struct ledger *ledger,
			    const struct ledger_memory *memory,
			    const char *call)
{
	if (memory->p != ledger->workspace)
		return;
	/* zstd's decoder is in its workspace; zlib's must be ended first */
	if (ledger->decoder >= memory->p &&
	    ledger->decoder < memory->p + memory->size)
		ledger->decoder = NULL;
	if (ledger->decoder)
		ledger_report(ledger, "%s of the workspace of a running decoder",
			      call);
	ledger->workspace = NULL;
}
