/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An attempt is one decompression through the seam, with checks for any input.
 */
#ifndef _MODULE_TESTS_ATTEMPT_H
#define _MODULE_TESTS_ATTEMPT_H

#include <kunit/test.h>

#include "ledger.h"

/**
 * struct attempt - the input and the result of one decompression
 * @d: build of decompress.c to use
 * @in: compressed input
 * @size: size of @in in bytes
 * @payload: expected output; NULL if the output is not checked
 * @len: length of @payload in bytes
 * @direct: call module_gzip_decompress(), or its counterpart for xz or zstd,
 *	with a page array of so many entries; 0: call module_decompress()
 * @orders: orders for the ledger
 * @what: name of the input in messages
 * @look: callback that receives the output while it is mapped, or NULL
 * @ret: 0, or the error that decompress.c returned
 * @ledger: record of the decompression
 */
struct attempt {
	const struct decompressor *d;
	const u8 *in;
	size_t size;
	const u8 *payload;
	size_t len;
	unsigned int direct;
	struct ledger_orders orders;
	char what[80];
	void (*look)(struct attempt *a, const void *out, size_t len);
	int ret;
	struct ledger ledger;
};

__printf(4, 5) void attempt_fail(struct kunit *test, struct attempt *a,
				 const char *check, const char *fmt, ...);
bool attempt_decompress(struct kunit *test, struct attempt *a);
bool expect_taken(struct kunit *test, struct attempt *a);
bool expect_refused(struct kunit *test, struct attempt *a, int error);

#endif /* _MODULE_TESTS_ATTEMPT_H */
