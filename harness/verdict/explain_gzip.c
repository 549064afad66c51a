// SPDX-License-Identifier: GPL-2.0
/* See explain_formats.h. The limits are those of lib/zlib_inflate and decompress.c. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "explain_formats.h"

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

	if (format_by_content(in, size) != GZIP) {
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

/**
 * explain_gzip() - find out why the kernel decompresses a .gz differently than gzip
 * @e: gets the explanation
 * @in: the file
 * @size: its size in bytes
 */
void explain_gzip(struct explanation *e, const unsigned char *in, size_t size)
{
	gzip_header(e, in, size);
	gzip_members(e, in, size);
}
