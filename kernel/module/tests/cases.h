/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of the suites: the algorithms, which are the parameter of most cases,
 * buffers for a payload and an input, and functions that make attempts of them.
 */
#ifndef _MODULE_TESTS_CASES_H
#define _MODULE_TESTS_CASES_H

#include <kunit/test.h>
#include <linux/sizes.h>

#include "attempt.h"
#include "blobs.h"
#include "streams.h"

enum {
	ALGORITHM_GZIP,
	ALGORITHM_XZ,
	ALGORITHM_ZSTD,
	NR_ALGORITHMS
};

/**
 * struct algorithm - the parameter of most cases
 * @name: as in /sys/module/compression
 * @d: decompress.c built for it; NULL or empty if the tree lacks the algorithm
 * @magic: number of magic bytes that the kernel checks
 * @write: writer of an uncompressed stream
 */
struct algorithm {
	const char *name;
	const struct decompressor *d;
	u8 magic;
	size_t (*write)(u8 *out, const u8 *payload, size_t len,
			const struct stream_options *options);
};

extern const struct algorithm case_algorithms[NR_ALGORITHMS];

/* For KUNIT_ARRAY_PARAM(algorithm, case_algorithms, case_algorithm_desc) */
void case_algorithm_desc(const struct algorithm *algorithm, char *desc);

#define SLOW_CASE_PARAM(test_name, gen_params)				\
	KUNIT_CASE_PARAM_ATTR(test_name, gen_params,			\
			      ((struct kunit_attributes){ KUNIT_SPEED_SLOW }))

/* At least 35 pages, which are more than 4 MiB with pages of 256 KiB */
#define PAYLOAD_MAX	max_t(size_t, 35 * PAGE_SIZE, SZ_4M)
#define INPUT_MAX	ALIGN(PAYLOAD_MAX + STREAM_OVERHEAD(PAYLOAD_MAX), PAGE_SIZE)

/* Buffers: PAYLOAD_MAX bytes for a payload, INPUT_MAX bytes for an input */
extern u8 *case_payload;
extern u8 *case_input;

/* Enough pages to notice if the bytes of one page land in another */
#define SOME_PAGES	(5 * PAGE_SIZE + 100)

const struct decompress_blob *
case_next_blob(const char *format, const struct decompress_blob *blob);

struct attempt *case_attempt(struct kunit *test);
struct attempt *case_attempt_as(struct kunit *test, const char *format);
struct attempt *case_some_pages(struct kunit *test);
void case_fill(size_t len, enum payload_kind kind, u32 seed);
void case_write(struct attempt *a, size_t len,
		const struct stream_options *options);
void case_set_input(struct attempt *a, const void *bytes, size_t size);
void case_set_blob(struct kunit *test, struct attempt *a,
		   const struct decompress_blob *blob);
size_t case_size_needed(const struct attempt *a);
void case_skip_without_decode(struct kunit *test, const struct attempt *a);
void case_skip_without_room(struct kunit *test, size_t window);

int case_suite_init(struct kunit_suite *suite);
void case_suite_exit(struct kunit_suite *suite);
int case_init(struct kunit *test);
void case_exit(struct kunit *test);

#endif /* _MODULE_TESTS_CASES_H */
