/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One decompression through the seam, and all that must hold whatever goes in.
 */
#ifndef _MODULE_TESTS_ATTEMPT_H
#define _MODULE_TESTS_ATTEMPT_H

#include <kunit/test.h>

#include "ledger.h"

/**
 * struct attempt - what goes into a decompression, and what came of it
 * @d: which build of decompress.c
 * @in: the input
 * @size: its size in bytes
 * @payload: the bytes it was made of; NULL if what comes out is not promised
 * @len: their number
 * @direct: call module_gzip_decompress() and its like, with a page array of one
 *	entry, in place of module_decompress()
 * @orders: to the ledger
 * @what: names the input in messages
 * @look: given what came out, while it can be read, if there is no @payload
 * @ns: time that module_decompress() took
 * @ret: what module_decompress() returned
 * @ledger: findings
 */
struct attempt {
	const struct decompressor *d;
	const u8 *in;
	size_t size;
	const u8 *payload;
	size_t len;
	bool direct;
	struct ledger_orders orders;
	char what[80];
	void (*look)(struct attempt *a, const void *out, size_t len);
	u64 ns;
	int ret;
	struct ledger ledger;
};

bool attempt_decompress(struct kunit *test, struct attempt *a);
bool expect_taken(struct kunit *test, struct attempt *a);
bool expect_refused(struct kunit *test, struct attempt *a, int error,
		    const char *log);
bool attempt_is_fatal(struct attempt *a);

#endif /* _MODULE_TESTS_ATTEMPT_H */
