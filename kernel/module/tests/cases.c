// SPDX-License-Identifier: GPL-2.0
/* Helpers of the suites: attempts, payloads, inputs, set-up of each case. */
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "cases.h"

const struct algorithm case_algorithms[NR_ALGORITHMS] = {
	[ALGORITHM_GZIP] = {
		.name = "gzip", .d = &gzip_decompressor, .write = stream_gzip,
		.magic = 3,
	},
	[ALGORITHM_XZ] = {
		.name = "xz", .d = &xz_decompressor, .write = stream_xz,
		.magic = 6,
	},
	[ALGORITHM_ZSTD] = {
		.name = "zstd", .d = &zstd_decompressor, .write = stream_zstd,
		.magic = 4,
	},
};

u8 *case_payload;
u8 *case_input;

/**
 * case_algorithm_desc() - name a parameter
 * @algorithm: the parameter
 * @desc: buffer of KUNIT_PARAM_DESC_SIZE bytes for the name
 *
 * Context: any.
 */
void case_algorithm_desc(const struct algorithm *algorithm, char *desc)
{
	strscpy(desc, algorithm->name, KUNIT_PARAM_DESC_SIZE);
}

/**
 * case_attempt_as() - begin an attempt with a given algorithm
 * @test: the running test; skipped if the tree's decompress.c does not know
 *	@format
 * @format: "gzip", "xz" or "zstd"
 *
 * Context: the thread of the test.
 * Return: the attempt of the test, without orders and without an input.
 */
struct attempt *case_attempt_as(struct kunit *test, const char *format)
{
	struct attempt *a = test->priv;
	unsigned int i;

	memset(&a->orders, 0, sizeof(a->orders));
	a->direct = 0;
	a->payload = case_payload;
	for (i = 0; i < ARRAY_SIZE(case_algorithms); i++)
		if (!strcmp(case_algorithms[i].name, format))
			a->d = case_algorithms[i].d;
	if (!a->d || !a->d->decompress)
		kunit_skip(test, "decompress.c of this kernel does not know %s",
			   format);
	return a;
}

/**
 * case_attempt() - begin an attempt with the algorithm of the test's parameter
 * @test: the running test; skipped if the tree's decompress.c does not know it
 *
 * Context: the thread of the test.
 * Return: the attempt of the test, without orders and without an input.
 */
struct attempt *case_attempt(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;

	return case_attempt_as(test, algorithm->name);
}

/* The payload that case_fill() has put into case_payload */
static struct {
	size_t len;
	enum payload_kind kind;
	u32 seed;
} filled;

/**
 * case_fill() - fill case_payload with a payload
 * @len: length of the payload in bytes, at most PAYLOAD_MAX
 * @kind: kind of bytes, as for payload_fill()
 * @seed: seed, as for payload_fill()
 *
 * A case that changes case_payload must restore it: the next call with the same
 * arguments does not fill it again.
 *
 * Context: may sleep.
 */
void case_fill(size_t len, enum payload_kind kind, u32 seed)
{
	if (len <= filled.len && kind == filled.kind && seed == filled.seed)
		return;
	if (WARN_ON(len > PAYLOAD_MAX))
		return;
	payload_fill(case_payload, len, kind, seed);
	filled.len = len;
	filled.kind = kind;
	filled.seed = seed;
}

/**
 * case_set_input() - set the input of an attempt
 * @a: the attempt
 * @bytes: the input; it is copied to the end of case_input, where vmalloc()'s
 *	guard page makes a read past the input fault
 * @size: size of the input in bytes
 *
 * Context: may sleep.
 */
void case_set_input(struct attempt *a, const void *bytes, size_t size)
{
	a->in = memmove(case_input + INPUT_MAX - size, bytes, size);
	a->size = size;
}

/**
 * case_write() - write the payload as a stream, and make that the input
 * @a: the attempt
 * @len: number of bytes of case_payload to write
 * @options: options of the writer
 *
 * A copy of a stream of up to half of INPUT_MAX stays at the start of case_input,
 * for cases to extend.
 *
 * Context: may sleep.
 */
void case_write(struct attempt *a, size_t len,
		const struct stream_options *options)
{
	const struct algorithm *algorithm = case_algorithms;

	while (algorithm->d != a->d)
		algorithm++;
	a->len = len;
	case_set_input(a, case_input, algorithm->write(case_input, case_payload,
						       len, options));
	scnprintf(a->what, sizeof(a->what), "%zu bytes", len);
}

/**
 * case_skip_without_decode() - skip a case that calls module_gzip_decompress(), or
 *	the function of another algorithm, by itself
 * @test: the test
 * @a: the attempt
 *
 * Context: a test.
 */
void case_skip_without_decode(struct kunit *test, const struct attempt *a)
{
	if (!a->d->decode)
		kunit_skip(test, "needs module_%s_decompress(info, buf, size)",
			   a->d->name);
}

/**
 * case_skip_without_room() - skip a case that needs too much memory
 * @test: the running test
 * @window: size in bytes of the dictionary or window that the input declares
 *
 * On 32-bit the vmalloc space may be too small for a large window, or too
 * fragmented. That is no bug of decompress.c.
 *
 * Context: the thread of the test.
 */
void case_skip_without_room(struct kunit *test, size_t window)
{
	void *room;

	/* Do not make the OOM killer kill another task */
	if (si_mem_available() < (window + SZ_32M) / PAGE_SIZE)
		kunit_skip(test, "needs %zu MiB of free memory, in QEMU -m 1024",
			   (window + SZ_32M) / SZ_1M);
	/* All 32-bit machines have 4 MiB, and 64 bits never run out of addresses */
	if (window <= SZ_4M || BITS_PER_LONG == 64)
		return;
	room = __vmalloc(window + SZ_1M, GFP_KERNEL | __GFP_NOWARN);
	if (!room)
		kunit_skip(test, "needs %zu MiB of free addresses, boot with vmalloc=256M",
			   (window + SZ_1M) / SZ_1M);
	vfree(room);
}

/**
 * case_set_blob() - make a known file the input, and fill in its payload
 * @test: the running test
 * @a: the attempt
 * @blob: the file
 *
 * Context: the thread of the test.
 */
void case_set_blob(struct kunit *test, struct attempt *a,
		   const struct decompress_blob *blob)
{
	case_skip_without_room(test, blob->window);
	case_fill(blob->len, blob->kind, blob->seed);
	a->len = blob->len;
	case_set_input(a, blob->data, blob->size);
	strscpy(a->what, blob->name, sizeof(a->what));
}

/**
 * case_some_pages() - begin an attempt with a stream of %SOME_PAGES
 * @test: the running test; its parameter is the algorithm
 *
 * Context: the thread of the test.
 * Return: the attempt.
 */
struct attempt *case_some_pages(struct kunit *test)
{
	struct attempt *a = case_attempt(test);

	case_fill(SOME_PAGES, PAYLOAD_RANDOM, 6);
	case_write(a, SOME_PAGES, &stream_checked);
	return a;
}

/**
 * case_size_needed() - tell how many bytes of the input the kernel reads
 * @a: the attempt, whose input is complete
 *
 * The kernel never reads gzip's trailer (RFC 1952, 2.3.1).
 *
 * Context: any.
 * Return: size of the input in bytes, without gzip's trailer.
 */
size_t case_size_needed(const struct attempt *a)
{
	return a->size - (a->d == &gzip_decompressor ? 8 : 0);
}

/**
 * case_suite_exit() - free the buffers at the end of a suite
 * @suite: the suite
 *
 * Context: may sleep.
 */
void case_suite_exit(struct kunit_suite *suite)
{
	vfree(case_payload);
	vfree(case_input);
	case_payload = NULL;
	case_input = NULL;
	filled.len = 0;
}

/**
 * case_suite_init() - allocate the buffers at the start of a suite
 * @suite: the suite
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM.
 */
int case_suite_init(struct kunit_suite *suite)
{
	wait_for_initramfs();
	case_payload = vmalloc(PAYLOAD_MAX);
	case_input = vmalloc(INPUT_MAX);
	if (case_payload && case_input)
		return 0;
	case_suite_exit(suite);
	return -ENOMEM;
}

/**
 * case_init() - allocate the attempt of a case
 * @test: the test; gets a struct attempt as its private data
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM.
 */
int case_init(struct kunit *test)
{
	struct attempt *a = vzalloc(sizeof(*a));

	test->priv = a;
	return a ? 0 : -ENOMEM;
}

/**
 * case_exit() - free the attempt of a case
 * @test: the test; fails if decompress.c was called without a ledger
 *
 * Context: may sleep.
 */
void case_exit(struct kunit *test)
{
	struct attempt *a = test->priv;

	if (!a)
		return;
	KUNIT_EXPECT_EQ_MSG(test, ledger_strays(), 0,
			    "calls of decompress.c with no ledger open");
	ledger_abandon(test, &a->ledger);
	vfree(a);
}
