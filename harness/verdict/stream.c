// SPDX-License-Identifier: GPL-2.0
/* See stream.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stream.h"

/**
 * stream_error() - note why a stream cannot be read any further
 * @stream: the stream
 * @fmt: the reason, a format of printf(). The first reason stays.
 */
void stream_error(struct stream *stream, const char *fmt, ...)
{
	va_list args;

	if (stream->error[0])
		return;
	va_start(args, fmt);
	vsnprintf(stream->error, sizeof(stream->error), fmt, args);
	va_end(args);
}

/* Get the next block when the last one is used up; false at the end and after an error */
static bool fill(struct stream *stream)
{
	const void *block = NULL;
	ssize_t n = stream->error[0] ? -1 : stream->next(stream, &block);

	stream->at = block;
	stream->left = n > 0 ? n : 0;
	return n > 0;
}

/**
 * stream_peek() - look at the next bytes of a stream without reading them
 * @stream: the stream; its @begin gets the bytes
 *
 * Return: the number of bytes in @begin: PEEK_MAX, or less at the end of the stream.
 */
size_t stream_peek(struct stream *stream)
{
	stream->peeked -= stream->taken;
	memmove(stream->begin, stream->begin + stream->taken, stream->peeked);
	stream->taken = 0;
	while (stream->peeked < PEEK_MAX && (stream->left || fill(stream))) {
		size_t n = PEEK_MAX - stream->peeked;

		n = n < stream->left ? n : stream->left;
		memcpy(stream->begin + stream->peeked, stream->at, n);
		stream->peeked += n;
		stream->at += n;
		stream->left -= n;
	}
	return stream->peeked;
}

/**
 * stream_block() - read the next bytes, as many as can be had without a copy
 * @stream: the stream
 * @block: gets the address of the bytes, which are valid until the next call
 * @most: read at most so many bytes, at least 1
 *
 * Return: the number of bytes, 0 at the end, or -1 with stream->error.
 */
ssize_t stream_block(struct stream *stream, const void **block, size_t most)
{
	size_t n = stream->peeked - stream->taken;

	if (n) {
		n = n < most ? n : most;
		*block = stream->begin + stream->taken;
		stream->taken += n;
		return n;
	}
	if (!stream->left && !fill(stream))
		return stream->error[0] ? -1 : 0;
	n = stream->left < most ? stream->left : most;
	*block = stream->at;
	stream->at += n;
	stream->left -= n;
	return n;
}

/**
 * stream_read() - read a number of bytes
 * @stream: the stream
 * @to: where to, or NULL to skip them
 * @size: how many
 *
 * Return: false if the stream ends before, with stream->error.
 */
bool stream_read(struct stream *stream, void *to, size_t size)
{
	const void *block;
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = stream_block(stream, &block, size - done);
		if (n <= 0) {
			stream_error(stream, "it is cut off");
			return false;
		}
		if (to)
			memcpy((unsigned char *)to + done, block, n);
		done += n;
	}
	return true;
}
