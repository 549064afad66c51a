/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes that are read once, from the first to the last, such as a member of an archive */
#ifndef _STREAM_H
#define _STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How many bytes of a stream can be looked at before they are read; tar needs the most */
#define PEEK_MAX	512

/**
 * struct stream - bytes that are read once
 * @next: gets the next block of bytes, valid until the next call. Returns its length, 0 at the
 *	end, or -1 with @error.
 * @error: what is wrong, in words, or ""
 * @at: the part of a block that is not yet read
 * @left: its length in bytes
 * @begin: bytes that were looked at before they are read
 * @peeked: number of bytes in @begin
 * @taken: how many of them are read by now
 */
struct stream {
	ssize_t (*next)(struct stream *stream, const void **block);
	char error[160];
	const unsigned char *at;
	size_t left;
	unsigned char begin[PEEK_MAX];
	size_t peeked;
	size_t taken;
};

void __attribute__((format(printf, 2, 3)))
stream_error(struct stream *stream, const char *fmt, ...);
size_t stream_peek(struct stream *stream);
ssize_t stream_block(struct stream *stream, const void **block, size_t most);
bool stream_read(struct stream *stream, void *to, size_t size);

#endif /* _STREAM_H */
