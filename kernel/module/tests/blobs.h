/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MODULE_TESTS_BLOBS_H
#define _MODULE_TESTS_BLOBS_H

#include <linux/types.h>

#include "payload.h"

/**
 * struct decompress_blob - a file made by a real compressor, and its fate
 * @name: what is special about it, in words
 * @format: "gzip", "xz" or "zstd"
 * @command: what made it, of a file module.ko that holds the payload
 * @data: the file
 * @size: its size in bytes
 * @kind: kind of the payload
 * @seed: seed of the payload
 * @len: length of the payload in bytes
 * @window: bytes of history that the file asks the decoder to keep: xz's
 *	dictionary, zstd's window; 0 if it has no block to say so
 * @error: what the kernel answers: 0 or a negative errno
 * @checked: carries a check of the payload that the kernel verifies
 * @small: short enough to be cut off at every byte, and to have every bit
 *	flipped
 */
struct decompress_blob {
	const char *name;
	const char *format;
	const char *command;
	const u8 *data;
	size_t size;
	enum payload_kind kind;
	u32 seed;
	size_t len;
	u32 window;
	int error;
	bool checked;
	bool small;
};

#endif
