// SPDX-License-Identifier: GPL-2.0
/* The ledger's stand-ins for the decoders zlib, xz and zstd. */
#include "ledger_internal.h"

/* The dictionary of "xz -9", the largest preset, which must be accepted */
#define XZ_LARGEST_PRESET	SZ_64M

static bool workspace_suffices(struct ledger *ledger, const void *workspace,
			       size_t need)
{
	size_t room = ledger_room(ledger, workspace);

	if (room >= need)
		return true;
	ledger_report(ledger, "decoder: workspace too small",
		      "%zu bytes, needs %zu", room, need);
	return false;
}

/* A decoder may be set up again, but in the same workspace */
static void decoder_begin(struct ledger *ledger, const void *decoder,
			  const void *workspace)
{
	if (ledger->decoder && ledger->workspace != workspace)
		ledger_report(ledger, "decoder: left set up",
			      "and a second one is set up");
	ledger->decoder = decoder;
	ledger->ended = false;
	ledger->workspace = workspace;
}

/* Return false if this is not the decoder that is set up */
static bool decoder_end(struct ledger *ledger, const void *decoder)
{
	if (ledger->decoder != decoder) {
		ledger_report(ledger, "decoder: not set up", "but ended");
		return false;
	}
	ledger->decoder = NULL;
	return true;
}

/*
 * Check that the decoder may be used, and gets memory that is there: as input,
 * the file or a copy; for the output, a mapped page or an allocation.
 */
static bool may_decode(struct ledger *ledger, const void *decoder,
		       const void *in, size_t in_size, void *out,
		       size_t out_size)
{
	unsigned int reports = ledger->reports;

	if (!decoder || decoder != ledger->decoder)
		ledger_report(ledger, "decoder: not set up", "but used");
	if (ledger->ended)
		ledger_report(ledger, "decoder: used after its end",
			      "or after an error");
	/* The end of the input is a valid address for no bytes */
	if (in_size && (ledger_room(ledger, in) < in_size ||
			ledger_room(ledger, in) == SIZE_MAX))
		ledger_report(ledger, "decoder: input out of bounds",
			      "%zu bytes from byte %zd of %zu", in_size,
			      in - ledger->in, ledger->in_size);
	if (out_size && (ledger_room(ledger, out) < out_size ||
			 ledger_room(ledger, out) == SIZE_MAX))
		ledger_report(ledger, "decoder: output out of bounds",
			      "%zu bytes", out_size);
	ledger->runs++;
	ledger_expect_mapped_state(ledger, "while mapped");
	return reports == ledger->reports;
}

static u64 endless_left(const struct ledger *ledger)
{
	return (u64)ledger->orders.endless * PAGE_SIZE - ledger->produced;
}

/*
 * Fill @room bytes with the simulated output of orders.endless, or fewer at its
 * end, when the decoder has read all input. Return how many.
 */
static size_t endless_run(struct ledger *ledger, size_t room)
{
	size_t len = min_t(u64, room, endless_left(ledger));

	ledger->runs++;
	ledger->produced += len;
	return len;
}

/**
 * ledger_midway() - run the callback "midway" of the orders
 * @ledger: the ledger; its orders have the callback
 *
 * Context: task context.
 */
void ledger_midway(struct ledger *ledger)
{
	ledger->orders.midway(ledger->orders.context);
	ledger_expect_mapped_state(ledger, "while mapped");
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

int ledger_zlib_run(z_stream *s, int flush)
{
	struct ledger *ledger = ledger_current();
	unsigned int rest;
	int rc;

	if (ledger->orders.endless) {
		s->avail_out -= endless_run(ledger, s->avail_out);
		if (endless_left(ledger))
			return flush == Z_FINISH ? Z_BUF_ERROR : Z_OK;
		s->avail_in = 0;
		return Z_STREAM_END;
	}
	if (!may_decode(ledger, s, s->next_in, s->avail_in, s->next_out,
			s->avail_out))
		return Z_STREAM_ERROR;
	ledger->produced += s->avail_out;
	rest = ledger->orders.midway ? s->avail_out / 2 : 0;
	s->avail_out -= rest;
	rc = zlib_inflate(s, flush);
	if (rest)
		ledger_midway(ledger);
	s->avail_out += rest;
	/* With Z_FINISH, Z_BUF_ERROR asks for more room */
	if (rest && (rc == Z_OK || rc == Z_BUF_ERROR) && s->avail_out == rest)
		rc = zlib_inflate(s, flush);
	ledger->produced -= s->avail_out;
	ledger->ended = rc != Z_OK && rc != Z_BUF_ERROR;
	ledger->status = rc;
	ledger_unmapped(ledger);
	return rc;
}

int ledger_zlib_reset(z_stream *s)
{
	ledger_current()->ended = false;
	return zlib_inflateReset(s);
}

int ledger_zlib_end(z_stream *s)
{
	struct ledger *ledger = ledger_current();

	/* Without effect on a stream that is not set up */
	if (ledger->decoder == s)
		ledger->decoder = NULL;
	return zlib_inflateEnd(s);
}

struct xz_dec *ledger_xz_dec_init(enum xz_mode mode, u32 dict_max)
{
	struct ledger *ledger = ledger_current();
	struct xz_dec *s;

	ledger_unmapped(ledger);
	if (dict_max < XZ_LARGEST_PRESET)
		ledger_report(ledger, "decoder: dictionary limit too low",
			      "%u bytes", dict_max);
	ledger->dict_max = dict_max;
	if (ledger_may_fail(ledger, LEDGER_DECODER) || ledger_may_fail(ledger, LEDGER_ALLOC))
		return NULL;
	s = xz_dec_init(mode, dict_max);
	if (s)
		decoder_begin(ledger, s, NULL);
	else
		ledger->denied++;
	return s;
}

/* Fail as lib/xz does, by its limit, or for lack of memory for the dictionary */
static enum xz_ret no_dictionary(struct ledger *ledger)
{
	u32 size = ledger->orders.xz_dict;

	if (size > ledger->dict_max)
		return ledger->status = XZ_MEMLIMIT_ERROR;
	if (size > INT_MAX)
		ledger_report(ledger, "decoder: dictionary limit too high",
			      "%u bytes, and the file gets %u",
			      ledger->dict_max, size);
	ledger->denied++;
	return ledger->status = XZ_MEM_ERROR;
}

enum xz_ret ledger_xz_dec_run(struct xz_dec *s, struct xz_buf *b)
{
	struct ledger *ledger = ledger_current();
	size_t rest;
	enum xz_ret ret;

	if (ledger->orders.endless) {
		b->out_pos += endless_run(ledger, b->out_size - b->out_pos);
		if (endless_left(ledger))
			return XZ_OK;
		b->in_pos = b->in_size;
		return XZ_STREAM_END;
	}
	if (b->in_pos > b->in_size || b->out_pos > b->out_size ||
	    !may_decode(ledger, s, b->in, b->in_size, b->out, b->out_size))
		return XZ_BUF_ERROR;
	if (ledger->orders.xz_dict)
		return no_dictionary(ledger);
	ledger->produced -= b->out_pos;
	rest = ledger->orders.midway ? (b->out_size - b->out_pos) / 2 : 0;
	b->out_size -= rest;
	ret = xz_dec_run(s, b);
	if (rest)
		ledger_midway(ledger);
	b->out_size += rest;
	if (rest && ret == XZ_OK && b->out_pos == b->out_size - rest)
		ret = xz_dec_run(s, b);
	ledger->produced += b->out_pos;
	if (ret == XZ_MEM_ERROR)
		ledger->denied++;
	ledger->ended = ret != XZ_OK;
	ledger->status = ret;
	ledger_unmapped(ledger);
	return ret;
}

void ledger_xz_dec_reset(struct xz_dec *s)
{
	ledger_current()->ended = false;
	xz_dec_reset(s);
}

void ledger_xz_dec_end(struct xz_dec *s)
{
	struct ledger *ledger = ledger_current();

	if (!s)
		return;
	ledger_unmapped(ledger);
	if (decoder_end(ledger, s))
		xz_dec_end(s);
}

size_t ledger_zstd_get_frame_header(zstd_frame_header *header, const void *src,
				    size_t size)
{
	struct ledger *ledger = ledger_current();
	size_t ret;

	if (ledger_room(ledger, src) < size) {
		ledger_report(ledger, "decoder: input out of bounds",
			      "a frame header in %zu bytes", size);
		return 1;
	}
	ret = zstd_get_frame_header(header, src, size);
	/* The header is valid only if this is 0 (linux/zstd.h); show its use */
	ledger->no_header = ret;
	if (ret)
		*header = (zstd_frame_header){ .windowSize = SZ_1K };
	else if (header->frameContentSize != ZSTD_CONTENTSIZE_UNKNOWN)
		ledger->announced = header->frameContentSize;
	ledger_unmapped(ledger);
	return ret;
}

zstd_dstream *ledger_zstd_init_dstream(size_t window, void *workspace,
				       size_t size)
{
	struct ledger *ledger = ledger_current();
	zstd_dstream *s;

	if (ledger->no_header)
		ledger_report(ledger, "decoder: no frame header",
			      "but set up for %zu bytes", window);
	if (!workspace_suffices(ledger, workspace, size) ||
	    ledger_may_fail(ledger, LEDGER_DECODER))
		return NULL;
	s = zstd_init_dstream(window, workspace, size);
	if (s)
		decoder_begin(ledger, s, workspace);
	return s;
}

size_t ledger_zstd_reset_dstream(zstd_dstream *s)
{
	ledger_current()->ended = false;
	return zstd_reset_dstream(s);
}

size_t ledger_zstd_decompress_stream(zstd_dstream *s, zstd_out_buffer *out,
				     zstd_in_buffer *in)
{
	struct ledger *ledger = ledger_current();
	size_t rest, ret;

	if (ledger->orders.endless) {
		out->pos += endless_run(ledger, out->size - out->pos);
		if (endless_left(ledger))
			return 1;
		in->pos = in->size;
		return 0;
	}
	if (in->pos > in->size || out->pos > out->size ||
	    !may_decode(ledger, s, in->src, in->size, out->dst, out->size))
		return -(size_t)ZSTD_error_GENERIC;
	ledger->produced -= out->pos;
	rest = ledger->orders.midway ? (out->size - out->pos) / 2 : 0;
	out->size -= rest;
	ledger->decoding = true;
	ret = zstd_decompress_stream(s, out, in);
	if (rest)
		ledger_midway(ledger);
	out->size += rest;
	if (rest && ret && !zstd_is_error(ret) &&
	    out->pos == out->size - rest)
		ret = zstd_decompress_stream(s, out, in);
	ledger->decoding = false;
	ledger->produced += out->pos;
	/* After the end of a frame, the decoder expects the next one */
	ledger->ended = zstd_is_error(ret);
	ledger->status = zstd_get_error_code(ret);
	ledger_unmapped(ledger);
	return ret;
}

/* Return whether a decoder that allocates its own memory is to fail at once */
bool ledger_zstd_refuses(void)
{
	return ledger_may_fail(ledger_current(), LEDGER_DECODER);
}

/* Note such a decoder, which is NULL if it has failed */
zstd_dctx *ledger_zstd_created(zstd_dctx *s)
{
	if (s)
		decoder_begin(ledger_current(), s, NULL);
	return s;
}

/* Return NULL, which may be freed, if there is no such decoder */
zstd_dctx *ledger_zstd_freed(zstd_dctx *s)
{
	return s && decoder_end(ledger_current(), s) ? s : NULL;
}

/* All frames in one call, so the room must be for all output */
size_t ledger_zstd_decompress_dctx(zstd_dctx *s, void *to, size_t room,
				   const void *from, size_t size)
{
	struct ledger *ledger = ledger_current();
	size_t ret;

	if (ledger->orders.endless) {
		if (room < endless_left(ledger))
			return -(size_t)ZSTD_error_GENERIC;
		return endless_run(ledger, room);
	}
	if (!may_decode(ledger, s, from, size, to, room))
		return -(size_t)ZSTD_error_GENERIC;
	ret = zstd_decompress_dctx(s, to, room, from, size);
	if (ledger->orders.midway)
		ledger_midway(ledger);
	if (!zstd_is_error(ret))
		ledger->produced += ret;
	ledger->status = zstd_get_error_code(ret);
	ledger_unmapped(ledger);
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
	if (ledger->workspace < memory->p ||
	    ledger->workspace >= memory->p + memory->size)
		return;
	/* zstd's decoder is in its workspace; zlib's must be ended first */
	if (ledger->decoder >= memory->p &&
	    ledger->decoder < memory->p + memory->size)
		ledger->decoder = NULL;
	if (ledger->decoder)
		ledger_report(ledger, "decoder: workspace freed",
			      "%s while the decoder is set up", call);
	ledger->workspace = NULL;
}
