/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MODULE_TESTS_BLOBS_H
#define _MODULE_TESTS_BLOBS_H

#include <linux/types.h>

#include "payload.h"

/**
 * struct decompress_blob - a file from a real compressor, and its result
 * @name: description of the file
 * @format: "gzip", "xz" or "zstd"
 * @command: command that made the file from a module.ko with the payload
 * @data: content of the file
 * @size: size of the file in bytes
 * @kind: kind of the payload
 * @seed: seed of the payload
 * @len: length of the payload in bytes
 * @window: size in bytes of xz's dictionary or zstd's window; 0 if the file has
 *	no block that declares it
 * @optional: the kernel may refuse the file: it need not know all of the format
 * @checked: the file has a check of the payload that the kernel verifies
 * @small: the file is short enough to try each truncation and each flipped bit
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
	bool checked;
	bool small;
	bool optional;
};

#endif
