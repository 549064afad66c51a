// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of module_decompress(), in the format that the kernel was built for.
 *
 * Each call must leave the task as it was: the nesting stack of kmap_local_page(),
 * migrate_disable() and preempt_count(). The first WARN of a boot fails its case.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/crc32.h>
#include <linux/panic.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/xxhash.h>

#include "../internal.h"

/* The longest payload, and room for its stream */
#define PAYLOAD_MAX	(34 * PAGE_SIZE)
#define STREAM_MAX	(PAYLOAD_MAX + PAYLOAD_MAX / 256 + 256)

static u8 *payload, *stream;

static u8 *put(u8 *out, const void *bytes, size_t len)
{
	return memcpy(out, bytes, len) + len;
}

static u8 *put_le(u8 *out, u32 value, unsigned int len)
{
	for (; len; len--, value >>= 8)
		*out++ = value;
	return out;
}

static u32 __maybe_unused crc(const void *bytes, size_t len)
{
	return ~crc32_le(~0, bytes, len);
}

/*
 * For each format: write_stream() wraps a payload without compressing it.
 * real_file is made of KNOWN_SIZE bytes of known_byte() by the command above it.
 * NEEDLESS bytes at the end are not read. too_large declares more memory in its
 * header than any module needs.
 */
#define KNOWN_SIZE	20000
static u8 known_byte(size_t i)
{
	return i % 10 ? 'a' + i % 10 : '0' + i / 1000 % 10;
}

#if defined(CONFIG_MODULE_COMPRESS_GZIP)
#define NEEDLESS	8	/* CRC32 and length */

/* gzip -n -9 */
static const u8 real_file[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xda,
	0x49, 0x11, 0x80, 0x30, 0x00, 0x04, 0x30, 0x4b, 0xe5, 0x2c, 0xb5, 0x53,
	0x6e, 0xfc, 0x0b, 0xc0, 0xc7, 0x4e, 0x7e, 0x11, 0x91, 0xd2, 0xf7, 0xe3,
	0xbc, 0xee, 0xe7, 0xfd, 0x0a, 0x11, 0x85, 0x6a, 0x20, 0xa2, 0x78, 0x8d,
	0x44, 0x14, 0xaf, 0x89, 0x88, 0xe2, 0x35, 0x13, 0x51, 0xbc, 0x16, 0x22,
	0x8a, 0xd7, 0x4a, 0x44, 0xf1, 0xaa, 0x44, 0x14, 0xaf, 0x8d, 0x88, 0xe2,
	0xd5, 0x88, 0x28, 0x5e, 0xae, 0x10, 0x91, 0x0f, 0x47, 0x44, 0x3e, 0x1c,
	0x11, 0xf9, 0x70, 0x44, 0xe4, 0xc3, 0x11, 0x91, 0x0f, 0x47, 0x44, 0x3e,
	0x1c, 0x11, 0xf9, 0x70, 0x44, 0xe4, 0x0a, 0x11, 0xf9, 0x70, 0x44, 0x94,
	0xa0, 0x1f, 0x62, 0x79, 0x4b, 0x0d, 0x20, 0x4e, 0x00, 0x00,
};

/* A header has no such field. */
static const u8 too_large[0];

/* RFC 1952, 2.3, with stored blocks of RFC 1951, 3.2.4 */
static size_t write_stream(size_t len)
{
	static const u8 header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	u8 *p = put(stream, header, sizeof(header));
	size_t left = len, n;

	do {
		n = min_t(size_t, left, 65535);
		*p++ = n == left;
		p = put_le(p, n, 2);
		p = put_le(p, ~n, 2);
		p = put(p, payload + len - left, n);
		left -= n;
	} while (left);
	p = put_le(p, crc(payload, len), 4);
	return put_le(p, len, 4) - stream;
}
#elif defined(CONFIG_MODULE_COMPRESS_XZ)
#define NEEDLESS	0

/* xz --check=crc32 --lzma2=dict=1MiB */
static const u8 real_file[] = {
	0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36,
	0x04, 0xc0, 0x82, 0x01, 0xa0, 0x9c, 0x01, 0x21, 0x01, 0x10, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0xdb, 0xc8, 0xba, 0x79, 0xe0, 0x4e, 0x1f, 0x00,
	0x7a, 0x5d, 0x00, 0x18, 0x18, 0x88, 0x66, 0x5f, 0x44, 0x0a, 0xcc, 0xf9,
	0x8e, 0x21, 0xec, 0xc5, 0x6b, 0x35, 0x11, 0xcb, 0xf4, 0x84, 0x4b, 0x5c,
	0x5e, 0xa0, 0x81, 0xbc, 0x35, 0xc2, 0x9b, 0x09, 0x47, 0x1c, 0x33, 0xfc,
	0xa8, 0x00, 0x43, 0x4f, 0x41, 0x4b, 0x6a, 0xa2, 0xbe, 0xd0, 0x3d, 0xda,
	0x9b, 0x92, 0xa6, 0xae, 0x63, 0xa2, 0x5d, 0xc0, 0x00, 0xe8, 0x2e, 0x32,
	0x8b, 0xd0, 0x10, 0x4e, 0x87, 0x92, 0x7f, 0x9d, 0xdc, 0x7e, 0x9c, 0x02,
	0x6f, 0x50, 0x9a, 0x3b, 0x95, 0xc6, 0xc9, 0x2b, 0xa0, 0x13, 0x5c, 0x2f,
	0xe2, 0x18, 0xcc, 0xe5, 0xcf, 0x28, 0xea, 0x5b, 0x09, 0x97, 0xa5, 0xda,
	0xa1, 0x5d, 0xcd, 0x7a, 0x01, 0x8f, 0x07, 0x48, 0x4f, 0x14, 0x7a, 0xeb,
	0x31, 0x3c, 0xf8, 0x48, 0xa8, 0x5d, 0x49, 0x75, 0x6a, 0x9a, 0xe2, 0x3a,
	0xa8, 0xf6, 0x72, 0x1d, 0x4c, 0x00, 0x00, 0x00, 0x62, 0x79, 0x4b, 0x0d,
	0x00, 0x01, 0x9a, 0x01, 0xa0, 0x9c, 0x01, 0x00, 0x98, 0xa1, 0xb1, 0xe2,
	0x3e, 0x30, 0x0d, 0x8b, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5a,
};

/* Stream header, and a block header with a dictionary of 3 GiB */
static const u8 too_large[] = {
	0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36,
	0x02, 0x00, 0x21, 0x01, 0x27, 0x00, 0x00, 0x00, 0xb0, 0xb0, 0x72, 0xeb,
};

static u8 *put_vli(u8 *out, size_t value)
{
	for (; value >= 0x80; value >>= 7)
		*out++ = value | 0x80;
	*out++ = value;
	return out;
}

static u8 *pad(u8 *out, const u8 *start)
{
	while ((out - start) % 4)
		*out++ = 0;
	return out;
}

/* The .xz format, 2 to 4: one block with a CRC32, of uncompressed LZMA2 chunks */
static size_t write_stream(size_t len)
{
	static const u8 flags[2] = { 0, 1 };
	static const u8 block[8] = { 2, 0, 0x21, 1, 0 };
	u8 *p, *start, *index;
	size_t left = len, n, unpadded;

	p = put(stream, "\3757zXZ", 6);
	p = put(p, flags, 2);
	p = put_le(p, crc(flags, 2), 4);

	start = p;
	p = put(p, block, sizeof(block));
	p = put_le(p, crc(block, sizeof(block)), 4);
	for (; left; left -= n) {
		n = min_t(size_t, left, 65536);
		*p++ = left == len ? 1 : 2;
		*p++ = (n - 1) >> 8;
		*p++ = n - 1;
		p = put(p, payload + len - left, n);
	}
	*p++ = 0;
	unpadded = p - start + 4;
	p = put_le(pad(p, start), crc(payload, len), 4);

	index = p;
	p = put(p, "\0\1", 2);
	p = put_vli(put_vli(p, unpadded), len);
	p = pad(p, index);
	p = put_le(p, crc(index, p - index), 4);

	start = p;
	p = put_le(p + 4, (start - index) / 4 - 1, 4);
	p = put(p, flags, 2);
	put_le(start, crc(start + 4, 6), 4);
	return put(p, "YZ", 2) - stream;
}
#else
#define NEEDLESS	0

/* zstd -q -19 */
static const u8 real_file[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0xc5, 0x01, 0x00, 0x98, 0x30, 0x62,
	0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x31, 0x32, 0x33, 0x34,
	0x35, 0x36, 0x37, 0x38, 0x39, 0x0b, 0xa8, 0x40, 0x78, 0xdf, 0x01, 0xb0,
	0x13, 0x7b, 0x0f, 0x10, 0xfe, 0xff, 0xff, 0x5f, 0x2f, 0x0f, 0x0d, 0x67,
	0xe2, 0x90, 0x27, 0x9f, 0x3c, 0xf2, 0xc8, 0x23, 0x8f, 0x3c, 0xf9, 0xe4,
	0x51, 0xdb, 0x4b, 0x5b, 0x0a, 0xad, 0x35, 0xf2, 0x00,
};

/* Frame header with a window of 3.75 GiB, and an empty block */
static const u8 too_large[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xaf, 0x01, 0, 0 };

/* RFC 8878, 3.1.1: a window of 128 KiB, a checksum, and raw blocks */
static size_t write_stream(size_t len)
{
	u8 *p = put(stream, "\x28\xb5\x2f\xfd\x04\x38", 6);
	size_t left = len, n;

	do {
		n = min_t(size_t, left, SZ_128K);
		p = put_le(p, (n == left) | n << 3, 3);
		p = put(p, payload + len - left, n);
		left -= n;
	} while (left);
	return put_le(p, xxh64(payload, len, 0), 4) - stream;
}
#endif

struct task_state {
	int kmap_idx;
	int migration_disabled;
	int preempt_count;
	unsigned long taint;
};

static struct task_state state_now(void)
{
	return (struct task_state){
#ifdef CONFIG_KMAP_LOCAL
		.kmap_idx = current->kmap_ctrl.idx,
#endif
#ifdef CONFIG_SMP
		.migration_disabled = current->migration_disabled,
#endif
		.preempt_count = preempt_count(),
		.taint = get_taint(),
	};
}

/*
 * Decompress @size bytes of @stream. Expect @error, or the first @len bytes of
 * @payload; and in either case that nothing else has changed.
 */
static void decompress(struct kunit *test, size_t size, int error, size_t len)
{
	struct task_state before = state_now(), after;
	struct load_info info = { };
	int ret, i, wrong = 0;

	ret = module_decompress(&info, stream, size);
	after = state_now();
	KUNIT_EXPECT_EQ(test, after.kmap_idx, before.kmap_idx);
	KUNIT_EXPECT_EQ(test, after.migration_disabled, before.migration_disabled);
	KUNIT_EXPECT_EQ(test, after.preempt_count, before.preempt_count);
	KUNIT_EXPECT_EQ(test, after.taint, before.taint);
	KUNIT_EXPECT_EQ_MSG(test, ret, error, "of %zu bytes for %zu", size, len);
	if (!ret) {
		KUNIT_EXPECT_EQ(test, info.len, len);
		for (i = 0; i < min_t(size_t, info.len, len); i++)
			wrong += ((u8 *)info.hdr)[i] != payload[i];
		KUNIT_EXPECT_EQ_MSG(test, wrong, 0, "of %zu bytes", len);
		module_decompress_cleanup(&info);
	}
	KUNIT_EXPECT_NULL(test, info.pages);
	KUNIT_EXPECT_EQ(test, info.used_pages, 0);
}

/* Fill the payload with the same numbers each time, and write a stream */
static size_t numbers(size_t len)
{
	u32 x = 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		payload[i] = x >> 24;
	}
	return write_stream(len);
}

/* Test that a file of a real compressor comes out intact */
static void real_file_comes_out_intact(struct kunit *test)
{
	size_t i;

	for (i = 0; i < KNOWN_SIZE; i++)
		payload[i] = known_byte(i);
	memcpy(stream, real_file, sizeof(real_file));
	decompress(test, sizeof(real_file), 0, KNOWN_SIZE);
}

/* Test lengths around pages; the first is long, before anything flushes the TLB */
static void lengths_around_pages_come_out_intact(struct kunit *test)
{
	static const size_t lengths[] = {
		20 * PAGE_SIZE + 123, 0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1,
		5 * PAGE_SIZE + 100, PAYLOAD_MAX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		decompress(test, numbers(lengths[i]), 0, lengths[i]);
}

/* Test that truncated files are refused: half a module must not load */
static void truncated_file_is_refused(struct kunit *test)
{
	size_t needed = numbers(5 * PAGE_SIZE) - NEEDLESS, size;

	for (size = 0; size < needed; size += needed / 20)
		decompress(test, size, -EINVAL, 0);
	decompress(test, needed - 1, -EINVAL, 0);
}

/* Test that a header cannot make the kernel allocate gigabytes, or warn */
static void too_large_a_header_is_refused(struct kunit *test)
{
	if (!sizeof(too_large))
		kunit_skip(test, "a gzip header declares no size");
	memcpy(stream, too_large, sizeof(too_large));
	decompress(test, sizeof(too_large), -EINVAL, 0);
}

static void core_exit(struct kunit_suite *suite)
{
	vfree(payload);
	vfree(stream);
}

static int core_init(struct kunit_suite *suite)
{
	payload = vmalloc(PAYLOAD_MAX);
	stream = vmalloc(STREAM_MAX);
	if (payload && stream)
		return 0;
	core_exit(suite);
	return -ENOMEM;
}

/* Above slot 0 of the first CPU lies no slot: unmapping an address there undoes nothing. */
static int core_case_init(struct kunit *test)
{
	return set_cpus_allowed_ptr(current, cpumask_of(cpumask_first(cpu_online_mask)));
}

static struct kunit_case core_cases[] = {
	KUNIT_CASE(real_file_comes_out_intact),
	KUNIT_CASE(lengths_around_pages_come_out_intact),
	KUNIT_CASE(truncated_file_is_refused),
	KUNIT_CASE(too_large_a_header_is_refused),
	{ }
};

static struct kunit_suite module_decompress_core_suite = {
	.name = "module_decompress_core",
	.suite_init = core_init,
	.suite_exit = core_exit,
	.init = core_case_init,
	.test_cases = core_cases,
};

kunit_test_suite(module_decompress_core_suite);
