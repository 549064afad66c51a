// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz decompress.c and one of its decoders: ALGORITHM is gzip, xz or zstd.
 *
 * The first byte of an input is the number of the allocation that fails, or 0. The rest
 * is a compressed file, which tests/attempt.c decompresses and checks against all rules.
 * The output must equal the output of the stock library. If only the kernel or only the
 * library accepts the file, the target must know the reason. Decompression fails with
 * -ENOMEM if it needs more than MOST_PAGES, or more than MOST_MEMORY in one allocation.
 */
#include <stdio.h>

#include "kunit.h"
#include "fuzz.h"
#include "../../../kernel/module/tests/attempt.h"
#include <linux/xxhash.h>

#define MOST_PAGES	64
#define MOST_BYTES	SZ_1M
#define MOST_MEMORY	SZ_16M

#define DECOMPRESSOR	CONCATENATE(ALGORITHM, _decompressor)

static const enum fuzz_format format = CONCATENATE(FUZZ_, ALGORITHM);

static struct ledger_page records[MOST_PAGES];
static struct attempt attempt;
static struct kunit test;
static u8 stock_out[MOST_PAGES * PAGE_SIZE];
static u32 output_hash;
static size_t output_len;

/* Report a failed check as a finding */
void kunit_fail(struct kunit *test, const char *where, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "finding: %s: ", where);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	abort();
}

/* The ledger throws only to stop an endless loop: report the loop */
void kunit_try_catch_throw(struct kunit_try_catch *try_catch)
{
	kunit_fail(&test, "ledger.c", "decompression does not end");
	abort();
}

/* As in decompress.c; the file name ends, because decompress.c accepted the file */
static size_t gzip_header_len(const u8 *in, size_t size)
{
	const u8 *end;

	if (!(in[3] & 8))
		return 10;
	end = memchr(in + 10, 0, size - 10);
	return end + 1 - in;
}

/* A known reason: a libzstd that is newer than the kernel's zstd detects more damage */
static const char older_decoder[] = "an older decoder";
static bool zstd_is_older;

/*
 * Find out why the kernel accepts a zstd file that libzstd rejects. Return NULL or
 * older_decoder for a known reason, else the message of libzstd. Up to version 1.5.7,
 * zstd does not check the content size of a frame whose last block is empty, if the buffer
 * is smaller than the content. The kernel's buffer is one page: retry page by page.
 */
static const char *taken_for_a_reason(struct attempt *a, const char *words, size_t *len)
{
	if (!strcmp(words, "Data corruption detected"))
		words = fuzz_stock_zstd_by_page(a->in, a->size, stock_out,
						sizeof(stock_out), len);
	return words && zstd_is_older ? older_decoder : words;
}

/* Retry with 0 as the first byte of each range coder: XZ Embedded ignores it */
static const char *taken_with_any_range_coder(struct attempt *a, size_t *len)
{
	static u8 zeroed[MOST_BYTES];

	if (a->size > sizeof(zeroed))
		return "the file is too large for the copy";
	memcpy(zeroed, a->in, a->size);
	fuzz_zero_range_coders(zeroed, a->size);
	return fuzz_stock(format, zeroed, a->size, stock_out, sizeof(stock_out), len,
			  false);
}

/* Compare the output, while it is mapped, with the output of the stock library */
static void compare(struct attempt *a, const void *out, size_t len)
{
	const char *words;
	size_t stock_len, skip;

	if (format == FUZZ_gzip) {
		/* decompress.c ignores the trailer and most flags in the header */
		skip = gzip_header_len(a->in, a->size);
		words = fuzz_stock_inflate(a->in + skip, a->size - skip, stock_out,
					   sizeof(stock_out), &stock_len);
	} else {
		words = fuzz_stock(format, a->in, a->size, stock_out,
				   sizeof(stock_out), &stock_len, false);
	}
	if (words && format == FUZZ_xz)
		words = taken_with_any_range_coder(a, &stock_len);
	if (words && format == FUZZ_zstd)
		words = taken_for_a_reason(a, words, &stock_len);
	if (words == older_decoder)
		return;
	if (words)
		KUNIT_FAIL(&test, "accepted, %zu bytes, but the stock library says: %s",
			   len, words);
	if (len != stock_len || memcmp(out, stock_out, len))
		KUNIT_FAIL(&test, "the %zu bytes differ from the %zu bytes of the stock library",
			   len, stock_len);
}

static bool has_large_window(const struct attempt *a)
{
	zstd_frame_header header;

	return !zstd_get_frame_header(&header, a->in, a->size) &&
	       header.windowSize > (1 << ZSTD_WINDOWLOG_LIMIT_DEFAULT) + 1;
}

/* Keep what fuzz_outcome() needs, where there is no stock library */
static void note(struct attempt *a, const void *out, size_t len)
{
	output_len = len;
	output_hash = xxh32(out, len, 0);
}

const char *fuzz_outcome(void)
{
	static char text[64];

	scnprintf(text, sizeof(text), "returned %d, %zu bytes, xxh32 %08x",
		  attempt.ret, output_len, output_hash);
	return text;
}

/* Return true for a known reason to reject a file that the stock library accepts */
static bool refused_for_a_reason(const struct attempt *a)
{
	switch (format) {
	case FUZZ_gzip:
		/* decompress.c does not skip the fields of FHCRC, FEXTRA and FCOMMENT */
		return a->in[3] & 0x16;
	case FUZZ_xz:
		/* XZ Embedded does not support the check or the filter */
		return a->ledger.status == XZ_OPTIONS_ERROR;
	default:
		/*
		 * The file begins with a skippable frame, or with a frame of zstd
		 * before v0.8, or the window is larger than the kernel allows.
		 */
		return a->in[0] != 0x28 || zstd_is_older || has_large_window(a);
	}
}

static void expect_reason(const struct attempt *a)
{
	size_t len;

	if (a->ret != -EINVAL ||
	    fuzz_stock(format, a->in, a->size, stock_out, sizeof(stock_out), &len, false))
		return;
	if (!refused_for_a_reason(a))
		KUNIT_FAIL(&test, "refused, \"%s\", but the stock library accepts it",
			   a->ledger.log);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (format == FUZZ_zstd && fuzz_has_stock) {
		unsigned int version = fuzz_stock_zstd_version();

		if (version < ZSTD_VERSION_NUMBER) {
			fprintf(stderr, "libzstd %u is too old; point STOCK to a newer one\n",
				version);
			exit(2);
		}
		zstd_is_older = version > ZSTD_VERSION_NUMBER;
	}
	native_most_memory = MOST_MEMORY;
	current->kunit_test = &test;
	attempt.d = &DECOMPRESSOR;
	attempt.orders.records = records;
	attempt.orders.max_records = MOST_PAGES;
	attempt.orders.most_memory = MOST_MEMORY;
	strscpy(attempt.what, "an input", sizeof(attempt.what));
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	long allocated = native_allocated();

	if (!size)
		return 0;
	attempt.in = data + 1;
	attempt.size = size - 1;
	attempt.orders.fail_nth = data[0];
	attempt.orders.fail_services = data[0] ? LEDGER_ALLOC : 0;
	attempt.look = data[0] ? NULL : fuzz_has_stock ? compare : note;
	output_len = 0;
	output_hash = 0;
	attempt_decompress(&test, &attempt);
	if (native_allocated() != allocated)
		KUNIT_FAIL(&test, "%ld pieces of memory are left",
			   native_allocated() - allocated);
	if (!data[0] && fuzz_has_stock)
		expect_reason(&attempt);
	return 0;
}

/* Mutate an input, and repair most inputs so that the decoder reads further */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	if (!size || seed % 16 == 0) {
		size = LLVMFuzzerMutate(data, size, max_size);
	} else if (format != FUZZ_xz && seed % 4 == 2) {
		size = 1 + fuzz_change_field(format, data + 1, size - 1, max_size - 1, seed / 4);
	} else {
		size = 1 + LLVMFuzzerMutate(data + 1, size - 1, max_size - 1);
		/* Let an allocation fail in few inputs: these error paths are short */
		data[0] = seed % 16 == 1 ? seed / 16 % 24 : 0;
	}
	if (!size || seed % 8 == 7)
		return size;
	return 1 + fuzz_mend(format, data + 1, size - 1, max_size - 1);
}
