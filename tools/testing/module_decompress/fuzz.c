// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzz target for decompress.c and one of its decoders: ALGORITHM, gzip, xz or zstd.
 *
 * An input is a byte that says which allocation is to fail, or 0, and a file. All must
 * hold that tests/attempt.c holds of any input. What is taken must be what the stock
 * library makes of it; what one of the two takes, and the other does not, must have a
 * reason that is known. There is memory for so many pages, and for no dictionary or window
 * beyond MOST_MEMORY; where there is none, the answer is -ENOMEM.
 */
#include <stdio.h>

#include "kunit.h"
#include "fuzz.h"
#include "../../../kernel/module/tests/attempt.h"

#define MOST_PAGES	64
#define MOST_BYTES	SZ_1M
#define MOST_MEMORY	SZ_16M

#define DECOMPRESSOR	CONCATENATE(ALGORITHM, _decompressor)

static const enum fuzz_format format = CONCATENATE(FUZZ_, ALGORITHM);

static struct ledger_page records[MOST_PAGES];
static struct attempt attempt;
static struct kunit test;
static u8 stock_out[MOST_PAGES * PAGE_SIZE];

/* What does not hold is a finding */
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

/* So is what does not end: the ledger has no other way out */
void kunit_try_catch_throw(struct kunit_try_catch *try_catch)
{
	kunit_fail(&test, "ledger.c", "it does not end");
	abort();
}

/* As decompress.c does: the name is skipped, if it is there as a whole */
static size_t gzip_header_len(const u8 *in, size_t size)
{
	const u8 *end;

	if (!(in[3] & 8))
		return 10;
	end = memchr(in + 10, 0, size - 10);
	return end + 1 - in;
}

/* The kernel's zstd is older than the stock library, which has learnt to tell more damage */
static const char older_decoder[] = "an older decoder";
static bool zstd_is_older;

/*
 * Why the kernel takes a zstd file that the stock library refuses, or what that says.
 *
 * Without room for all of its content the library does not hold a frame to its content
 * size, if the last block is empty: up to zstd 1.5.7, of which the kernel's is.
 */
static const char *taken_for_a_reason(struct attempt *a, const char *words, size_t *len)
{
	if (!strcmp(words, "Data corruption detected"))
		words = fuzz_stock_zstd_by_page(a->in, a->size, stock_out,
						sizeof(stock_out), len);
	return words && zstd_is_older ? older_decoder : words;
}

/* The first byte of LZMA's range coder is to be 0, which XZ Embedded does not look at */
static const char *taken_with_any_range_coder(struct attempt *a, size_t *len)
{
	static u8 zeroed[MOST_BYTES];

	if (a->size > sizeof(zeroed))
		return "larger than the copy of it";
	memcpy(zeroed, a->in, a->size);
	fuzz_zero_range_coders(zeroed, a->size);
	return fuzz_stock(format, zeroed, a->size, stock_out, sizeof(stock_out), len,
			  false);
}

/* Given what came out, while it can be read */
static void compare(struct attempt *a, const void *out, size_t len)
{
	const char *words;
	size_t stock_len, skip;

	if (format == FUZZ_gzip) {
		/* What is behind the data is not looked at, nor are flags before it */
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
		KUNIT_FAIL(&test, "taken, %zu bytes, and the stock library says: %s",
			   len, words);
	if (len != stock_len || memcmp(out, stock_out, len))
		KUNIT_FAIL(&test, "%zu bytes, and other ones than the %zu of the stock library",
			   len, stock_len);
}

/* Why the kernel refuses what the stock library takes */
static bool refused_for_a_reason(const struct attempt *a)
{
	switch (format) {
	case FUZZ_gzip:
		/* Fields of the header that are not skipped: FHCRC, FEXTRA, FCOMMENT */
		return a->in[3] & 0x16;
	case FUZZ_xz:
		/* A check or a filter that XZ Embedded does not know */
		return a->ledger.status == XZ_OPTIONS_ERROR;
	default:
		/*
		 * A skippable frame comes first, or one of zstd before v0.8, or it is
		 * more of a window than is allowed.
		 */
		return a->in[0] != 0x28 || zstd_is_older ||
		       strstr(a->ledger.log, "too large a window size");
	}
}

static void expect_reason(const struct attempt *a)
{
	size_t len;

	if (a->ret != -EINVAL ||
	    fuzz_stock(format, a->in, a->size, stock_out, sizeof(stock_out), &len, false))
		return;
	if (!refused_for_a_reason(a))
		KUNIT_FAIL(&test, "refused, \"%s\", and the stock library takes it",
			   a->ledger.log);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (format == FUZZ_zstd && fuzz_has_stock) {
		unsigned int version = fuzz_stock_zstd_version();

		if (version < ZSTD_VERSION_NUMBER) {
			fprintf(stderr, "libzstd %u is too old; STOCK= says where another is\n",
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
	attempt.look = data[0] || !fuzz_has_stock ? NULL : compare;
	attempt_decompress(&test, &attempt);
	if (native_allocated() != allocated)
		KUNIT_FAIL(&test, "%ld pieces of memory are left",
			   native_allocated() - allocated);
	if (!data[0] && fuzz_has_stock)
		expect_reason(&attempt);
	return 0;
}

/* Most inputs are mended, so that they get past the checks of their format */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	if (!size || seed % 16 == 0) {
		size = LLVMFuzzerMutate(data, size, max_size);
	} else {
		size = 1 + LLVMFuzzerMutate(data + 1, size - 1, max_size - 1);
		/* Few are to run out of memory: that path is short */
		data[0] = seed % 16 == 1 ? seed / 16 % 24 : 0;
	}
	if (!size || seed % 8 == 7)
		return size;
	return 1 + fuzz_mend(format, data + 1, size - 1, max_size - 1);
}
