// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for in-kernel module decompression, kernel/module/decompress.c.
 *
 * The cases below run the tree's own decompress.c, built once for each
 * algorithm (tests/seam.h), with a ledger between it and the kernel services
 * that it calls (tests/ledger.h). Every decompression, in whichever case, is
 * held against all the rules that tests/attempt.c lists; the cases say what
 * goes in and what is to come of it.
 *
 * Documentation/dev-tools/module-decompress-kunit.rst has the whole picture.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/initrd.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#ifdef CONFIG_KMAP_LOCAL
#include <asm/kmap_size.h>
#endif

#include "tests/attempt.h"
#include "tests/blob_table.h"
#include "tests/compat.h"
#include "tests/disturb.h"
#include "tests/payload.h"
#include "tests/replay.h"
#include "tests/streams.h"
#include "tests/watch.h"
#include "internal.h"

static bool bench;
module_param(bench, bool, 0444);
MODULE_PARM_DESC(bench, "run the kmap benchmark");

#define PAYLOAD_MAX	SZ_8M
#define INPUT_MAX	ALIGN(PAYLOAD_MAX + STREAM_OVERHEAD(PAYLOAD_MAX), PAGE_SIZE)

/* A window of 128 KiB: a raw block may be as long as a zstd block can be */
#define ZSTD_WINDOW_128K	0x38
#define ZSTD_WINDOW_8M		0x68

static const struct stream_options plain = {
	.zstd_descriptor = ZSTD_WINDOW_128K,
};

/* A window of 1 KiB: little memory, many blocks */
static const struct stream_options small_window = {
	.zstd_descriptor = 0,
};

static const struct stream_options checked = {
	.xz_check = 1,
	.zstd_checksum = true,
	.zstd_descriptor = ZSTD_WINDOW_128K,
};

/**
 * struct algorithm - the parameter of most cases
 * @name: as in /sys/module/compression
 * @d: decompress.c built for it; NULL or empty if the tree's does not know it
 * @magic: number of magic bytes that the kernel looks at
 * @write: makes a stream without compressing
 * @init_error: what comes of a decoder that cannot be set up
 * @init_log: and what is logged of it, or NULL
 */
struct algorithm {
	const char *name;
	const struct decompressor *d;
	u8 magic;
	size_t (*write)(u8 *out, const u8 *payload, size_t len,
			const struct stream_options *options);
	int init_error;
	const char *init_log;
};

static const struct algorithm algorithms[] = {
	{
		"gzip", &gzip_decompressor, 3, stream_gzip,
		-EINVAL, "failed to initialize decompressor",
	}, {
		"xz", &xz_decompressor, 6, stream_xz,
		-ENOMEM, NULL,
	}, {
		"zstd", &zstd_decompressor, 4, stream_zstd,
		-ENOMEM, "Can't initialize ZSTD stream",
	},
};

static void algorithm_desc(const struct algorithm *a, char *desc)
{
	strscpy(desc, a->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(algorithm, algorithms, algorithm_desc);

/* The first blob of an algorithm, or the one after @blob; NULL at the end */
static const struct decompress_blob *
next_blob(const struct algorithm *algorithm, const struct decompress_blob *blob)
{
	const struct decompress_blob *end =
		decompress_blobs + ARRAY_SIZE(decompress_blobs);

	for (blob = blob ? blob + 1 : decompress_blobs; blob < end; blob++)
		if (!strcmp(blob->format, algorithm->name))
			return blob;
	return NULL;
}

#define SLOW_CASE_PARAM(test_name, gen_params)				\
	KUNIT_CASE_PARAM_ATTR(test_name, gen_params,			\
			      ((struct kunit_attributes){ KUNIT_SPEED_SLOW }))

static void blob_desc(const struct decompress_blob *blob, char *desc)
{
	strscpy(desc, blob->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(blob, decompress_blobs, blob_desc);

/*
 * Room for one payload, and for one input: the latter ends where vmalloc()'s
 * guard page begins, so that a read past the end of the input faults.
 */
static u8 *payload;
static u8 *input;

static const u8 *at_guard_page(const void *bytes, size_t size)
{
	return memmove(input + INPUT_MAX - size, bytes, size);
}

/* Skips a case for a format that the tree's decompress.c does not know */
static struct attempt *new_attempt(struct kunit *test, const char *format)
{
	struct attempt *a = test->priv;
	unsigned int i;

	memset(&a->orders, 0, sizeof(a->orders));
	a->direct = false;
	a->payload = payload;
	for (i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (!strcmp(algorithms[i].name, format))
			a->d = algorithms[i].d;
	if (!a->d || !a->d->decompress)
		kunit_skip(test, "decompress.c of this kernel does not know %s",
			   format);
	return a;
}

static struct attempt *algorithm_attempt(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;

	return new_attempt(test, algorithm->name);
}

static void set_input(struct attempt *a, const void *bytes, size_t size)
{
	a->in = at_guard_page(bytes, size);
	a->size = size;
}

/* Make a stream of the first @len bytes of the payload */
static void write_stream(struct attempt *a, const struct algorithm *algorithm,
			 size_t len, const struct stream_options *options)
{
	size_t size = algorithm->write(input, payload, len, options);

	a->len = len;
	set_input(a, input, size);
	scnprintf(a->what, sizeof(a->what), "%zu bytes", len);
}

static void write_input(struct kunit *test, struct attempt *a, size_t len,
			const struct stream_options *options)
{
	write_stream(a, test->param_value, len, options);
}

/*
 * On 32-bit the addresses for a large dictionary or window may be spent: then it
 * is not for decompress.c to answer for that.
 */
static void skip_without_room(struct kunit *test, size_t window)
{
	void *room;

	if (window <= SZ_32M)
		return;
	room = __vmalloc(window + SZ_1M, GFP_KERNEL | __GFP_NOWARN);
	if (!room)
		kunit_skip(test, "no room for %zu MiB at once: vmalloc=256M",
			   window / SZ_1M);
	vfree(room);
}

/* Take a blob, and the payload that it was made of */
static void blob_input(struct kunit *test, struct attempt *a,
		       const struct decompress_blob *blob)
{
	skip_without_room(test, blob->window);
	payload_fill(payload, blob->len, blob->kind, blob->seed);
	a->len = blob->len;
	set_input(a, blob->data, blob->size);
	strscpy(a->what, blob->name, sizeof(a->what));
}

/*
 * How far a file can be cut and still hold the whole payload and all that the
 * kernel looks at: it never reads gzip's trailer (RFC 1952, 2.3.1).
 */
static size_t size_needed(const struct attempt *a)
{
	return a->size - (a->d == &gzip_decompressor ? 8 : 0);
}

/*
 * The output is intact.
 */

/* What the real compressors write comes out as it went in, or is refused */
static void blob_meets_its_fate(struct kunit *test)
{
	const struct decompress_blob *blob = test->param_value;
	struct attempt *a = new_attempt(test, blob->format);

	blob_input(test, a, blob);
	if (blob->error)
		expect_refused(test, a, blob->error, NULL);
	else
		expect_taken(test, a);
}

/* Every length near a page, and many others, whatever the bytes are */
static void lengths_to_two_pages_come_out(struct kunit *test)
{
	static const enum payload_kind kinds[] = {
		PAYLOAD_ZERO, PAYLOAD_TEXT, PAYLOAD_RANDOM,
	};
	struct attempt *a = algorithm_attempt(test);
	size_t len, to_page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		payload_fill(payload, 2 * PAGE_SIZE + 1, kinds[i], 1);
		for (len = 0; len <= 2 * PAGE_SIZE + 1;
		     len += to_page > 32 ? 29 : 1) {
			write_input(test, a, len, &small_window);
			if (!expect_taken(test, a))
				return;
			to_page = min(len % PAGE_SIZE,
				      PAGE_SIZE - 1 - len % PAGE_SIZE);
		}
	}
}

/* Nor is a page count near the number of kmap_local slots */
static void page_counts_around_the_slots_come_out(struct kunit *test)
{
	static const unsigned int pages[] = { 15, 16, 17, 32, 33, 34 };
	struct attempt *a = algorithm_attempt(test);
	unsigned int i;
	int more;

	payload_fill(payload, 35 * PAGE_SIZE, PAYLOAD_TEXT, 2);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		for (more = -1; more <= 1; more++) {
			write_input(test, a, pages[i] * PAGE_SIZE + more,
				    &checked);
			if (!expect_taken(test, a))
				return;
		}
	}
}

/* A module may be large, and hold anything; no number is kept in a byte */
static void megabytes_come_out(struct kunit *test)
{
	static const struct {
		size_t len;
		enum payload_kind kind;
		const struct stream_options *options;
	} sizes[] = {
		/* Twice as many pages as these take are 256 */
		{ SZ_512K - SZ_2K, PAYLOAD_RANDOM, &plain },
		{ SZ_1M, PAYLOAD_ZERO, &plain },
		{ SZ_1M, PAYLOAD_TEXT, &checked },
		{ SZ_1M + 1, PAYLOAD_RANDOM, &plain },
		{ SZ_8M, PAYLOAD_RANDOM, &checked },
	};
	struct attempt *a = algorithm_attempt(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		payload_fill(payload, sizes[i].len, sizes[i].kind, 3);
		write_input(test, a, sizes[i].len, sizes[i].options);
		expect_taken(test, a);
	}
}

/*
 * module_gzip_decompress() and its like work with any page array, and let it
 * grow as far as a module that is mostly zeros needs.
 */
static void page_array_grows_from_one_entry(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);

	payload_fill(payload, SZ_2M + 1, PAYLOAD_RANDOM, 4);
	write_input(test, a, SZ_2M + 1, &checked);
	a->direct = true;
	expect_taken(test, a);
	/* 1, 2, 4, ... entries, or that many pages would not fit */
	KUNIT_EXPECT_GT(test, a->ledger.nr_memory,
			ilog2(SZ_2M / PAGE_SIZE) + 1);
}

/* A few bytes may become megabytes: of a run of zeros zstd keeps one */
static void zstd_zeros_come_out(struct kunit *test)
{
	struct attempt *a = new_attempt(test, "zstd");

	payload_fill(payload, SZ_4M, PAYLOAD_ZERO, 4);
	write_stream(a, &algorithms[2], SZ_4M, &plain);
	KUNIT_EXPECT_LT(test, a->size, 1000);
	expect_taken(test, a);
}

/* A match may reach back as far as the format lets it: RFC 1951, 3.2.5 */
static void gzip_match_reaches_back_32k(struct kunit *test)
{
	static const struct stream_options far = { .gzip_far_match = true };
	struct attempt *a = new_attempt(test, "gzip");

	payload_fill(payload, SZ_32K, PAYLOAD_RANDOM, 16);
	memcpy(payload + SZ_32K, payload, 258);
	a->len = SZ_32K + 258;
	set_input(a, input, stream_gzip(input, payload, a->len, &far));
	strscpy(a->what, "a match from 32 KiB back", sizeof(a->what));
	expect_taken(test, a);
}

/* The same input gives the same output: no state is kept */
static void a_refusal_leaves_no_trace_in_the_next(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);
	unsigned int i;

	payload_fill(payload, 3 * PAGE_SIZE, PAYLOAD_TEXT, 5);
	for (i = 0; i < 10; i++) {
		write_input(test, a, 3 * PAGE_SIZE, &checked);
		a->size -= 20;
		if (!expect_refused(test, a, -EINVAL, NULL))
			return;
		write_input(test, a, 3 * PAGE_SIZE, &checked);
		expect_taken(test, a);
	}
}

/* /sys/module/compression says what modprobe may hand to the kernel */
static void sysfs_attribute_names_the_algorithm(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = algorithm_attempt(test);
	const struct kobj_attribute *attribute;
	struct load_info info = { };
	char *text, *want;

	if (!a->d->sysfs_init) {
		kunit_skip(test, "no CONFIG_SYSFS");
		return;
	}
	text = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	want = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_NOT_NULL(test, want);

	ledger_open(&a->ledger, &a->orders, &info, NULL, 0);
	KUNIT_EXPECT_EQ(test, a->d->sysfs_init(), 0);
	ledger_close(test, &a->ledger, "sysfs_init()");
	KUNIT_EXPECT_EQ(test, a->ledger.log_lines, 0);
	KUNIT_ASSERT_NOT_NULL(test, a->ledger.attribute);
	KUNIT_EXPECT_STREQ(test, a->ledger.attribute->name, "compression");
	KUNIT_EXPECT_EQ(test, a->ledger.attribute->mode, 0444);
	KUNIT_EXPECT_PTR_EQ(test, a->ledger.kobj, &a->d->kset->kobj);

	attribute = container_of(a->ledger.attribute, struct kobj_attribute,
				 attr);
	scnprintf(want, PAGE_SIZE, "%s\n", algorithm->name);
	KUNIT_EXPECT_EQ(test, attribute->show(NULL, NULL, text), strlen(want));
	KUNIT_EXPECT_STREQ(test, text, want);
}

/* A kernel that cannot create the attribute says so, and goes on */
static void missing_sysfs_attribute_is_logged(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);
	struct load_info info = { };

	if (!a->d->sysfs_init) {
		kunit_skip(test, "no CONFIG_SYSFS");
		return;
	}
	a->orders.fail_services = LEDGER_SYSFS;
	a->orders.fail_nth = 1;
	ledger_open(&a->ledger, &a->orders, &info, NULL, 0);
	KUNIT_EXPECT_EQ(test, a->d->sysfs_init(), 0);
	ledger_close(test, &a->ledger, "sysfs_init()");
	KUNIT_EXPECT_EQ(test, a->ledger.log_lines, 1);
	KUNIT_EXPECT_EQ(test, a->ledger.log_level, LOGLEVEL_WARNING);
	KUNIT_EXPECT_NOT_NULL(test, strstr(a->ledger.log, "'compression'"));
}

static struct kunit_case output_cases[] = {
	KUNIT_CASE_PARAM(blob_meets_its_fate, blob_gen_params),
	KUNIT_CASE_PARAM(lengths_to_two_pages_come_out, algorithm_gen_params),
	KUNIT_CASE_PARAM(page_counts_around_the_slots_come_out,
			 algorithm_gen_params),
	SLOW_CASE_PARAM(megabytes_come_out, algorithm_gen_params),
	KUNIT_CASE_PARAM(page_array_grows_from_one_entry, algorithm_gen_params),
	KUNIT_CASE(zstd_zeros_come_out),
	KUNIT_CASE(gzip_match_reaches_back_32k),
	KUNIT_CASE_PARAM(a_refusal_leaves_no_trace_in_the_next,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(sysfs_attribute_names_the_algorithm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(missing_sysfs_attribute_is_logged,
			 algorithm_gen_params),
	{ }
};

/*
 * The pages are mapped as mm/highmem.c asks for. That each is unmapped by an
 * address inside it, in reverse order, one at a time, never while memory is
 * asked for, and that kmap(), kmap_atomic() and page_address() are not used, is
 * checked by the ledger in every case of this file.
 */

/* Five pages and a piece: enough to see one page's bytes land in another */
#define SOME_PAGES	(5 * PAGE_SIZE + 100)

static struct attempt *some_pages(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);

	payload_fill(payload, SOME_PAGES, PAYLOAD_RANDOM, 6);
	write_input(test, a, SOME_PAGES, &checked);
	return a;
}

/* A page is mapped when its bytes are decoded, and at no other time */
static void each_page_is_mapped_once(struct kunit *test)
{
	struct attempt *a = some_pages(test);

	expect_taken(test, a);
	KUNIT_EXPECT_EQ(test, a->ledger.mappings, 6);
	KUNIT_EXPECT_EQ(test, a->ledger.runs, 6);
}

/* An error in the middle of a page leaves nothing mapped */
static void errors_leave_the_nesting_stack_balanced(struct kunit *test)
{
	struct attempt *a = some_pages(test);
	size_t size;

	for (size = size_needed(a) - 1; size > PAGE_SIZE / 2;
	     size -= PAGE_SIZE / 4) {
		write_input(test, a, SOME_PAGES, &checked);
		set_input(a, a->in, size);
		if (!expect_refused(test, a, -EINVAL, NULL))
			return;
		KUNIT_EXPECT_GT(test, a->ledger.mappings, 0);
	}
}

#ifdef CONFIG_KMAP_LOCAL
#define SLOTS	((KM_MAX_IDX - 1) / (IS_ENABLED(CONFIG_DEBUG_KMAP_LOCAL) ? 2 : 1))
#else
#define SLOTS	15
#endif
/* What an interrupt maps meanwhile nests on top */
#define SLOTS_FOR_INTERRUPTS	4

static void hold_mappings(struct kunit *test, unsigned int nr)
{
	struct attempt *a = some_pages(test);
	struct page *pages[SLOTS];
	u8 *mapped[SLOTS];
	unsigned int i, n;

	for (n = 0; n < nr; n++) {
		pages[n] = alloc_page(GFP_KERNEL | __GFP_HIGHMEM);
		if (!pages[n])
			break;
		mapped[n] = kmap_local_page(pages[n]);
		memset(mapped[n], n + 1, PAGE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, n, nr);

	expect_taken(test, a);

	for (i = n; i--;) {
		KUNIT_EXPECT_NULL(test, memchr_inv(mapped[i], i + 1, PAGE_SIZE));
		kunmap_local(mapped[i]);
		__free_page(pages[i]);
	}
}

/* Mappings nest: that of the caller stays below */
static void callers_mapping_stays_intact(struct kunit *test)
{
	hold_mappings(test, 1);
}

/* One slot is enough, and all below it are left alone */
static void callers_many_mappings_stay_intact(struct kunit *test)
{
	hold_mappings(test, SLOTS - 1 - SLOTS_FOR_INTERRUPTS);
}

/* Low memory is not spent on what can lie elsewhere */
static void output_pages_lie_in_highmem(struct kunit *test)
{
	struct attempt *a = some_pages(test);
	struct sysinfo memory;

	si_meminfo(&memory);
	if (memory.freehigh * PAGE_SIZE < SZ_64M) {
		kunit_skip(test, "hardly any highmem is free: CONFIG_HIGHMEM, -m 1024");
		return;
	}
	expect_taken(test, a);
	KUNIT_EXPECT_EQ(test, a->ledger.highmem, 6);
}

/* Not on the stack, which is gone if the case is ended in the middle */
static struct disturbance disturbance;

/* Decode with something else happening, and compare what came out */
static void decode_while(struct kunit *test, void (*unmapped)(void *),
			 void (*midway)(void *))
{
	struct attempt *a = some_pages(test);

	KUNIT_ASSERT_EQ(test, disturb_begin(&disturbance), 0);
	watch_task(disturbance.thread);
	a->orders.unmapped = unmapped;
	a->orders.midway = midway;
	a->orders.context = &disturbance;
	expect_taken(test, a);
	disturb_end(&disturbance);
	KUNIT_EXPECT_EQ(test, disturbance.errors, 0);
	KUNIT_EXPECT_GE(test, disturbance.times, 6);
}

/* "can take page faults" */
static void page_fault_while_mapped_does_no_harm(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_UML)) {
		kunit_skip(test, "UML panics at a fault without an mm");
		return;
	}
	decode_while(test, NULL, disturb_by_page_fault);
}

/* Another task on the same CPU, which maps pages, too */
static void task_switch_while_mapped_does_no_harm(struct kunit *test)
{
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	decode_while(test, NULL, disturb_by_task);
}

/* "what if we get a preemption during decompression here?" */
static void preemption_while_mapped_does_no_harm(struct kunit *test)
{
	if (!preempt_model_preemptible()) {
		kunit_skip(test, "this kernel does not preempt its own: CONFIG_PREEMPT");
		return;
	}
	task_switch_while_mapped_does_no_harm(test);
	KUNIT_EXPECT_GE(test, disturbance.preempted, 6);
}

/* "can be called from any context (including interrupts)" */
static void hard_interrupt_while_mapped_does_no_harm(struct kunit *test)
{
	decode_while(test, NULL, disturb_by_hard_interrupt);
}

static void soft_interrupt_while_mapped_does_no_harm(struct kunit *test)
{
	decode_while(test, NULL, disturb_by_soft_interrupt);
}

/* Bound to its CPU only while a page is mapped */
static void move_between_pages_does_no_harm(struct kunit *test)
{
	if (num_online_cpus() < 2) {
		kunit_skip(test, "one CPU has nowhere to move to: CONFIG_SMP, and -smp 2");
		return;
	}
	decode_while(test, disturb_by_move, NULL);
}

/* One of many tasks that decompress at the same time, each its own stream */
struct crowd_member {
	struct kunit *test;
	struct task_struct *thread;
	struct completion running;
	struct completion *start;
	struct attempt *a;
	u8 *buffer;
	size_t cut;
	bool ok;
};

#define CROWD_ROUNDS	2
#define CROWD_PAYLOAD	(3 * PAGE_SIZE)

/*
 * No two of them alike: what one task leaves where another looks for its own is
 * then wrong, be it a header, a length, a window, a check or an error. @cut bytes
 * are missing at the end.
 */
static const struct {
	size_t len;
	enum payload_kind kind;
	struct stream_options options;
	size_t cut;
} crowd_streams[] = {
	{ 2 * PAGE_SIZE + 100, PAYLOAD_RANDOM, {
		.xz_check = 1, .zstd_checksum = true,
		.zstd_descriptor = ZSTD_WINDOW_128K } },
	{ PAGE_SIZE + 1, PAYLOAD_TEXT, {
		.gzip_flags = 0x08, .xz_dict = 8, .zstd_descriptor = 0 } },
	{ CROWD_PAYLOAD, PAYLOAD_ZERO, {
		.xz_check = 1, .xz_dict = 12, .zstd_descriptor = 0x51 } },
	{ 2 * PAGE_SIZE, PAYLOAD_RANDOM, {
		.gzip_flags = 0x01, .xz_dict = 3, .zstd_checksum = true,
		.zstd_descriptor = 0x1c } },
	{ 100, PAYLOAD_TEXT, {
		.gzip_flags = 0x09, .zstd_checksum = true,
		.zstd_descriptor = 0x40 } },
	{ PAGE_SIZE + 1000, PAYLOAD_RANDOM, {
		.xz_check = 1, .zstd_descriptor = 0x18 }, .cut = 100 },
};

/* In the middle of anything, let the others go on in the middle of theirs */
static void give_way(void *context)
{
	schedule_timeout_uninterruptible(1);
}

static int crowd(void *data)
{
	struct crowd_member *m = data;
	unsigned int i;

	complete(&m->running);
	wait_for_completion(m->start);
	for (i = 0; i < CROWD_ROUNDS; i++)
		if (!(m->cut ? expect_refused(m->test, m->a, -EINVAL, NULL) :
			       expect_taken(m->test, m->a)))
			break;
	m->ok = i == CROWD_ROUNDS;
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void crowd_begin(struct kunit *test, struct crowd_member *m, u32 nr)
{
	const unsigned int stream = nr % ARRAY_SIZE(crowd_streams);
	const struct algorithm *algorithm = test->param_value;
	const size_t len = crowd_streams[stream].len;
	u8 *in;

	m->test = test;
	m->a = vzalloc(sizeof(*m->a));
	m->buffer = vmalloc(2 * CROWD_PAYLOAD + STREAM_OVERHEAD(CROWD_PAYLOAD));
	if (!m->a || !m->buffer)
		return;
	in = m->buffer + CROWD_PAYLOAD;
	payload_fill(m->buffer, len, crowd_streams[stream].kind, nr);
	m->a->d = algorithm->d;
	m->a->payload = m->buffer;
	m->a->orders.unmapped = give_way;
	m->a->orders.midway = give_way;
	m->a->len = len;
	m->a->in = in;
	m->a->size = algorithm->write(in, m->buffer, len,
				      &crowd_streams[stream].options);
	m->cut = crowd_streams[stream].cut;
	m->a->size -= m->cut;
	scnprintf(m->a->what, sizeof(m->a->what), "task %u", nr);
	init_completion(&m->running);
	m->thread = kthread_create(crowd, m, "crowd/%u", nr);
	if (IS_ERR(m->thread))
		return;
	watch_task(m->thread);
	/* The same slot has another address on each CPU */
	kthread_bind(m->thread, cpumask_nth(nr % num_online_cpus(),
					    cpu_online_mask));
	wake_up_process(m->thread);
	/* A thread that is stopped before it runs never does */
	wait_for_completion(&m->running);
}

static void crowd_end(struct kunit *test, struct crowd_member *m)
{
	if (!IS_ERR_OR_NULL(m->thread))
		kthread_stop(m->thread);
	vfree(m->buffer);
	if (m->a)
		ledger_abandon(test, &m->a->ledger);
	vfree(m->a);
}

/* The mappings are those of a task, and so is all else that it works with */
static void many_tasks_at_once_do_no_harm(struct kunit *test)
{
	unsigned int i, nr = ARRAY_SIZE(crowd_streams) + 2 * num_online_cpus();
	DECLARE_COMPLETION_ONSTACK(start);
	struct crowd_member *members;

	algorithm_attempt(test);
	members = kunit_kcalloc(test, nr, sizeof(*members), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, members);

	for (i = 0; i < nr; i++) {
		members[i].start = &start;
		crowd_begin(test, &members[i], i);
	}
	complete_all(&start);
	for (i = 0; i < nr; i++) {
		crowd_end(test, &members[i]);
		KUNIT_EXPECT_TRUE_MSG(test, members[i].ok, "task %u", i);
	}
}

/* The API that was replaced, and the one that was asked about in its place */
static void kmap_gives_the_same_bytes(struct kunit *test)
{
	struct attempt *a = some_pages(test);

	a->orders.mapper = LEDGER_KMAP;
	expect_taken(test, a);
}

static void kmap_local_folio_gives_the_same_bytes(struct kunit *test)
{
	struct attempt *a = some_pages(test);

	a->orders.mapper = LEDGER_KMAP_LOCAL_FOLIO;
	expect_taken(test, a);
}

/* "faster than kmap()": more pages than kmap() has slots, so that it wraps */
#define BENCH_PAGES	2048
#define BENCH_ROUNDS	16

struct bench {
	enum ledger_mapper mapper;
	struct page **pages;
	struct completion done;
	u64 ns;
};

static void bench_page(enum ledger_mapper mapper, struct page *page)
{
	u8 *mapped;

	if (mapper == LEDGER_KMAP) {
		mapped = kmap(page);
		WRITE_ONCE(*mapped, 1);
		kunmap(page);
		return;
	}
	mapped = mapper == LEDGER_KMAP_LOCAL_FOLIO ?
		 kmap_local_folio(page_folio(page), 0) : kmap_local_page(page);
	WRITE_ONCE(*mapped, 1);
	kunmap_local(mapped);
}

static int bench_pages(void *data)
{
	struct bench *b = data;
	u64 start = ktime_get_ns();
	unsigned int i;

	for (i = 0; i < BENCH_PAGES * BENCH_ROUNDS; i++) {
		bench_page(b->mapper, b->pages[i % BENCH_PAGES]);
		if (!(i % BENCH_PAGES))
			cond_resched();
	}
	b->ns = div_u64(ktime_get_ns() - start, BENCH_PAGES * BENCH_ROUNDS);
	complete(&b->done);
	return 0;
}

/* All that can be started: @nr says how many these are */
static u64 bench_all_cpus(enum ledger_mapper mapper, struct page **pages,
			  unsigned int *nr)
{
	struct bench *benches = kcalloc(nr_cpu_ids, sizeof(*benches),
					GFP_KERNEL);
	struct task_struct *thread;
	u64 worst = 0;
	int cpu;

	*nr = 0;
	if (!benches)
		return 0;
	for_each_online_cpu(cpu) {
		struct bench *b = &benches[*nr];

		b->mapper = mapper;
		b->pages = pages;
		init_completion(&b->done);
		thread = kthread_create(bench_pages, b, "bench/%d", cpu);
		if (IS_ERR(thread))
			continue;
		kthread_bind(thread, cpu);
		wake_up_process(thread);
		++*nr;
	}
	for (cpu = 0; cpu < *nr; cpu++) {
		wait_for_completion(&benches[cpu].done);
		worst = max(worst, benches[cpu].ns);
	}
	kfree(benches);
	return worst;
}

static void bench_mappers(struct kunit *test, struct page **pages)
{
	static const char *const names[] = {
		[LEDGER_KMAP_LOCAL_PAGE] = "kmap_local_page",
		[LEDGER_KMAP_LOCAL_FOLIO] = "kmap_local_folio",
		[LEDGER_KMAP] = "kmap",
	};
	struct bench alone = { .pages = pages };
	unsigned int i, nr;
	u64 together;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		alone.mapper = i;
		init_completion(&alone.done);
		bench_pages(&alone);
		together = bench_all_cpus(i, pages, &nr);
		KUNIT_EXPECT_EQ(test, nr, num_online_cpus());
		kunit_info(test, "%s: %llu ns a page alone, %llu ns with all %u CPUs mapping\n",
			   names[i], alone.ns, together, nr);
	}
}

static void benchmark(struct kunit *test)
{
	struct page **pages;
	unsigned int i;

	if (!bench) {
		kunit_skip(test, "run with module_decompress_kunit.bench=1");
		return;
	}
	pages = kunit_kcalloc(test, BENCH_PAGES, sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (i = 0; i < BENCH_PAGES; i++) {
		pages[i] = alloc_page(GFP_KERNEL | __GFP_HIGHMEM);
		if (!pages[i])
			break;
	}
	KUNIT_EXPECT_EQ(test, i, BENCH_PAGES);
	if (i == BENCH_PAGES)
		bench_mappers(test, pages);
	while (i--)
		__free_page(pages[i]);
}

static struct kunit_case kmap_cases[] = {
	KUNIT_CASE_PARAM(each_page_is_mapped_once, algorithm_gen_params),
	KUNIT_CASE_PARAM(errors_leave_the_nesting_stack_balanced,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(callers_mapping_stays_intact, algorithm_gen_params),
	KUNIT_CASE_PARAM(callers_many_mappings_stay_intact,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(output_pages_lie_in_highmem, algorithm_gen_params),
	KUNIT_CASE_PARAM(page_fault_while_mapped_does_no_harm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(task_switch_while_mapped_does_no_harm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(preemption_while_mapped_does_no_harm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(hard_interrupt_while_mapped_does_no_harm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(soft_interrupt_while_mapped_does_no_harm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(move_between_pages_does_no_harm, algorithm_gen_params),
	KUNIT_CASE_PARAM(many_tasks_at_once_do_no_harm, algorithm_gen_params),
	KUNIT_CASE_PARAM(kmap_gives_the_same_bytes, algorithm_gen_params),
	KUNIT_CASE_PARAM(kmap_local_folio_gives_the_same_bytes,
			 algorithm_gen_params),
	KUNIT_CASE(benchmark),
	{ }
};

/*
 * Whatever is not to be had, the answer is an error, and nothing is left.
 */

/* Fail the first, the second, the third ... call, until none is left to fail */
static void fail_each(struct kunit *test, struct attempt *a,
		      enum ledger_service service, int error, const char *log)
{
	unsigned int n;

	a->orders.fail_services = service;
	for (n = 1; n < 100; n++) {
		a->orders.fail_nth = n;
		scnprintf(a->what, sizeof(a->what), "%s call %u failing",
			  a->direct ? "direct," : "", n);
		attempt_decompress(test, a);
		if (!a->ledger.failed)
			break;
		if (a->ret != error) {
			KUNIT_FAIL(test, "%s, %s: returned %d, not %d",
				   a->d->name, a->what, a->ret, error);
			return;
		}
		if (log && !strstr(a->ledger.log, log))
			KUNIT_FAIL(test, "%s, %s: logged \"%s\"", a->d->name,
				   a->what, a->ledger.log);
	}
	KUNIT_EXPECT_EQ_MSG(test, a->ret, 0, "with nothing left to fail");
	KUNIT_EXPECT_GT(test, n, 1);
	KUNIT_EXPECT_LT(test, n, 100);
}

/* Pages, page array (grown three times by the direct call), workspaces */
static void failed_allocation_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = some_pages(test);

	fail_each(test, a, LEDGER_ALLOC, -ENOMEM, NULL);
	a->direct = true;
	fail_each(test, a, LEDGER_ALLOC, -ENOMEM, NULL);
}

static void failed_vmap_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = some_pages(test);

	fail_each(test, a, LEDGER_VMAP, -ENOMEM, NULL);
}

/* zlib's has no memory to ask for: it fails on a bad argument only */
static void failed_decoder_setup_is_an_error(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = some_pages(test);

	fail_each(test, a, LEDGER_DECODER, algorithm->init_error,
		  algorithm->init_log);
}

/* xz says of its dictionary only when it has read the block header */
static void xz_dictionary_without_memory_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = new_attempt(test, "xz");

	payload_fill(payload, SOME_PAGES, PAYLOAD_TEXT, 7);
	a->len = SOME_PAGES;
	set_input(a, input, stream_xz(input, payload, SOME_PAGES, &checked));
	strscpy(a->what, "no memory for the dictionary", sizeof(a->what));
	a->orders.xz_mem_error = true;
	expect_refused(test, a, -ENOMEM, NULL);
}

/* The file says how large it is: that must not make the kernel warn */
static void zstd_window_without_memory_is_ENOMEM(struct kunit *test)
{
	static const struct stream_options window_8m = {
		.zstd_descriptor = ZSTD_WINDOW_8M,
	};
	struct attempt *a = new_attempt(test, "zstd");

	payload_fill(payload, SOME_PAGES, PAYLOAD_TEXT, 7);
	write_stream(a, &algorithms[2], SOME_PAGES, &window_8m);
	strscpy(a->what, "no memory for the window", sizeof(a->what));
	a->orders.most_memory = SZ_1M;
	expect_refused(test, a, -ENOMEM, NULL);
}

/* A file may have INT_MAX bytes: there is a page array for twice as many pages */
static void largest_file_gets_a_page_array(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);

	write_input(test, a, 100, &plain);
	a->payload = NULL;
	a->size = INT_MAX;
	a->orders.endless = 2;
	strscpy(a->what, "a file of INT_MAX bytes", sizeof(a->what));
	attempt_decompress(test, a);
	KUNIT_EXPECT_EQ(test, a->ret, 0);
}

/*
 * No module has more than INT_MAX bytes: kernel_read_file() takes no more of one
 * that is not compressed. The length would not fit where it is kept, either.
 */
static void output_beyond_INT_MAX_is_EFBIG(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);

	payload_fill(payload, 100, PAYLOAD_TEXT, 20);
	write_input(test, a, 100, &plain);
	a->orders.endless = INT_MAX / PAGE_SIZE + 2;
	scnprintf(a->what, sizeof(a->what), "%u pages", a->orders.endless);
	expect_refused(test, a, -EFBIG, NULL);
	KUNIT_EXPECT_EQ(test, a->ledger.runs, INT_MAX / PAGE_SIZE);
}

static struct kunit_case resource_cases[] = {
	KUNIT_CASE_PARAM(failed_allocation_is_ENOMEM, algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_vmap_is_ENOMEM, algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_decoder_setup_is_an_error,
			 algorithm_gen_params),
	KUNIT_CASE(xz_dictionary_without_memory_is_ENOMEM),
	KUNIT_CASE(zstd_window_without_memory_is_ENOMEM),
	KUNIT_CASE_PARAM(largest_file_gets_a_page_array, algorithm_gen_params),
	SLOW_CASE_PARAM(output_beyond_INT_MAX_is_EFBIG, algorithm_gen_params),
	{ }
};

/*
 * Bad input is refused, once and in words.
 */

/* What decompress.c says of a file that does not begin as it should */
static const char *not_of_format(const struct algorithm *algorithm)
{
	static char log[40];

	scnprintf(log, sizeof(log), "not a%s %s compressed module",
		  algorithm->name[0] == 'x' ? "n" : "", algorithm->name);
	return log;
}

static void empty_input_is_refused(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);

	set_input(a, input, 0);
	strscpy(a->what, "nothing", sizeof(a->what));
	expect_refused(test, a, -EINVAL, not_of_format(test->param_value));
}

/* Neither zeros, nor ones, nor anything else is taken for the magic bytes */
static void wrong_magic_is_refused(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;
	const char *log = not_of_format(algorithm);
	struct attempt *a = some_pages(test);
	unsigned int i, bit;

	for (i = 0; i < algorithm->magic; i++) {
		for (bit = 0; bit < 8; bit++) {
			write_input(test, a, 100, &plain);
			((u8 *)a->in)[i] ^= 1 << bit;
			scnprintf(a->what, sizeof(a->what),
				  "byte %u, bit %u flipped", i, bit);
			expect_refused(test, a, -EINVAL, log);
		}
	}
	for (i = 0; i < 256; i += 255) {
		memset(input, i, PAGE_SIZE);
		set_input(a, input, PAGE_SIZE);
		scnprintf(a->what, sizeof(a->what), "a page of %#x", i);
		expect_refused(test, a, -EINVAL, log);
	}
}

/* A file that ends where its magic bytes do is of the format, and cut off */
static void magic_bytes_are_enough_to_be_known(struct kunit *test)
{
	static const char *const logs[] = {
		"decompression failed with status",
		"decompression failed with status",
		"incomplete frame header",
	};
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = algorithm_attempt(test);
	/* gzip's header is looked at as a whole: RFC 1952, 2.3 */
	size_t size = algorithm == &algorithms[0] ? 10 : algorithm->magic;

	write_input(test, a, 0, &plain);
	set_input(a, a->in, size);
	strscpy(a->what, "only the magic bytes", sizeof(a->what));
	expect_refused(test, a, -EINVAL, logs[algorithm - algorithms]);
}

/* A file of one format is not taken by the decoder of another */
static void other_formats_are_refused(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);
	unsigned int i;

	payload_fill(payload, 100, PAYLOAD_TEXT, 8);
	for (i = 0; i < ARRAY_SIZE(algorithms); i++) {
		if (test->param_value == &algorithms[i])
			continue;
		set_input(a, input, algorithms[i].write(input, payload, 100,
							&checked));
		scnprintf(a->what, sizeof(a->what), "given %s",
			  algorithms[i].name);
		expect_refused(test, a, -EINVAL,
			       not_of_format(test->param_value));
	}
}

static bool refuse_truncated(struct kunit *test, struct attempt *a,
			     const char *name, size_t size)
{
	a->size = size;
	scnprintf(a->what, sizeof(a->what), "the first %zu bytes of %s", size,
		  name);
	return expect_refused(test, a, -EINVAL, NULL);
}

/* Every length of every small file, with or without the rest behind it */
static void refuse_each_truncation(struct kunit *test, bool rest_behind)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = algorithm_attempt(test);
	const struct decompress_blob *blob;
	size_t size;

	for (blob = next_blob(algorithm, NULL); blob;
	     blob = next_blob(algorithm, blob)) {
		if (!blob->small)
			continue;
		blob_input(test, a, blob);
		for (size = size_needed(a); size--;) {
			if (!rest_behind)
				set_input(a, blob->data, size);
			if (!refuse_truncated(test, a, blob->name, size))
				return;
		}
	}
}

/* What is not input is not read, though it would make the input whole */
static void what_lies_behind_the_input_is_not_read(struct kunit *test)
{
	refuse_each_truncation(test, true);
}

/* Half a module must not be loaded */
static void truncated_file_is_refused(struct kunit *test)
{
	refuse_each_truncation(test, false);
}

/* Nor when the cut is where a page of output is full */
static void truncated_at_a_page_boundary_is_refused(struct kunit *test)
{
	struct attempt *a = some_pages(test);
	u8 *whole = kunit_kmalloc(test, a->size, GFP_KERNEL);
	size_t page, cut, needed = size_needed(a);

	KUNIT_ASSERT_NOT_NULL(test, whole);
	memcpy(whole, a->in, a->size);
	for (page = PAGE_SIZE; page < needed; page += PAGE_SIZE)
		for (cut = page; cut < min(page + 64, needed); cut++) {
			set_input(a, whole, cut);
			if (!refuse_truncated(test, a, "some pages", cut))
				return;
		}
}

/*
 * Damage to a file that carries a check is found, or does not matter: what is
 * taken is the payload. Without a check other bytes may come out, but nothing
 * breaks.
 */
static void flip_each_bit(struct kunit *test, bool checked)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = algorithm_attempt(test);
	const struct decompress_blob *blob;
	size_t bit;

	for (blob = next_blob(algorithm, NULL); blob;
	     blob = next_blob(algorithm, blob)) {
		if (!blob->small || blob->checked != checked)
			continue;
		blob_input(test, a, blob);
		if (!checked)
			a->payload = NULL;
		for (bit = 0; bit < blob->size * 8; bit++) {
			set_input(a, blob->data, blob->size);
			((u8 *)a->in)[bit / 8] ^= 1 << bit % 8;
			scnprintf(a->what, sizeof(a->what),
				  "%s, bit %zu flipped", blob->name, bit);
			if (!attempt_decompress(test, a))
				return;
		}
	}
}

/*
 * The check comes when all of the output is out, and the last page may be full.
 * These are zstd's checksum, and the check, index and footer of xz.
 */
static void flip_each_bit_behind_full_pages(struct kunit *test)
{
	struct attempt *a = algorithm_attempt(test);
	unsigned int bit;

	payload_fill(payload, 2 * PAGE_SIZE, PAYLOAD_RANDOM, 17);
	for (bit = 0; bit < 28 * 8; bit++) {
		write_input(test, a, 2 * PAGE_SIZE, &checked);
		((u8 *)a->in)[a->size - 1 - bit / 8] ^= 1 << bit % 8;
		scnprintf(a->what, sizeof(a->what),
			  "two pages, bit %u from the end flipped", bit);
		if (!expect_refused(test, a, -EINVAL, "failed with status"))
			return;
	}
}

/* gzip's check is in its trailer, which the kernel does not read */
static void flipped_bit_is_found_by_the_check(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;

	if (algorithm->d == &gzip_decompressor) {
		kunit_skip(test, "no check of gzip's is verified");
		return;
	}
	flip_each_bit(test, true);
	flip_each_bit_behind_full_pages(test);
}

static void flipped_bit_without_a_check_breaks_nothing(struct kunit *test)
{
	flip_each_bit(test, false);
}

/*
 * One damaged or limit-testing stream, and what comes of it. @log is what
 * decompress.c has to say; it is of SOME_PAGES, unless @len says otherwise.
 */
struct odd_stream {
	const char *name;
	const char *format;
	struct stream_options options;
	int error;
	const char *log;
	size_t len;
};

#define GZIP_FLAGS(what, bits, ...)					\
	{ "gzip " what, "gzip", { .gzip_flags = bits }, __VA_ARGS__ }
#define XZ_CHECK(what, type, ...)					\
	{ "xz check " what, "xz", { .xz_check = type }, __VA_ARGS__ }
#define XZ_DICT(what, byte, ...)					\
	{ "xz dictionary " what, "xz", { .xz_dict = byte }, __VA_ARGS__ }
#define ZSTD_WINDOW(what, byte, ...)					\
	{ "zstd window " what, "zstd", { .zstd_descriptor = byte }, __VA_ARGS__ }
#define ZSTD_IN_A_PAGE(what, byte, ...)					\
	{								\
		.len = 100,						\
		.name = "zstd page with a window of " what,		\
		.format = "zstd",					\
		.options = {						\
			.zstd_descriptor = byte,			\
			.zstd_content_size = true,			\
		},							\
		__VA_ARGS__						\
	}

/* ZSTD_WINDOWLOG_MAX and _LIMIT_DEFAULT as descriptors of RFC 8878, 3.1.1.1.2 */
#define ZSTD_WINDOW_MAX		((ZSTD_WINDOWLOG_MAX - 10) << 3)
#define ZSTD_WINDOW_LIMIT	((ZSTD_WINDOWLOG_LIMIT_DEFAULT - 10) << 3)
#define BY_DECODER		-EINVAL, "failed with status"
#define TOO_LARGE		-EINVAL, "too large a window size"
#define BAD_HEADER		-EINVAL, "incomplete frame header"

/*
 * Of the header fields that RFC 1952, 2.3.1 lists, the kernel skips FNAME; the
 * others it reads as deflate data, which here begins with block type 3, and
 * there is none (RFC 1951, 3.2.3). It ignores the reserved flags.
 *
 * Of the checks that the .xz format, 2.1.1.2 lists, the decoder knows none and
 * CRC32. Its dictionaries end at 3 GiB, byte 39.
 *
 * The zstd library refuses windows of more than 128 MiB, but for a frame that
 * says that its content fits into the room there is for it. A window whose
 * exponent alone passes ZSTD_WINDOWLOG_MAX it refuses as it reads the header;
 * decompress.c has no other word for that.
 */
static const struct odd_stream odd_streams[] = {
	GZIP_FLAGS("FTEXT is ignored", 0x01),
	GZIP_FLAGS("FHCRC is not skipped", 0x02, BY_DECODER),
	GZIP_FLAGS("FEXTRA is not skipped", 0x04, BY_DECODER),
	GZIP_FLAGS("FNAME is skipped", 0x08),
	GZIP_FLAGS("FNAME is skipped, FTEXT ignored", 0x09),
	GZIP_FLAGS("FCOMMENT is not skipped", 0x10, BY_DECODER),
	GZIP_FLAGS("reserved flag 5 is ignored", 0x20),
	GZIP_FLAGS("reserved flag 6 is ignored", 0x40),
	GZIP_FLAGS("reserved flag 7 is ignored", 0x80),
	XZ_CHECK("none is known", 0),
	XZ_CHECK("CRC32 is known", 1),
	XZ_CHECK("2 is not known", 2, BY_DECODER),
	XZ_CHECK("CRC64 is not known", 4, BY_DECODER),
	XZ_CHECK("SHA-256 is not known", 10, BY_DECODER),
	XZ_CHECK("15 is not known", 15, BY_DECODER),
	XZ_CHECK("16 is reserved", 16, BY_DECODER),
	XZ_DICT("of 4 KiB is taken", 0),
	XZ_DICT("of 6 KiB is taken", 1),
	XZ_DICT("of 8 MiB is taken", 22),
	XZ_DICT("of 4 GiB is refused", 40, BY_DECODER),
	XZ_DICT("byte 41 is refused", 41, BY_DECODER),
	XZ_DICT("byte 255 is refused", 255, BY_DECODER),
	ZSTD_WINDOW("of 1 KiB is taken", 0),
	ZSTD_WINDOW("of 1 KiB and 7 eighths is taken", 7),
	ZSTD_WINDOW("of 8 MiB is taken", ZSTD_WINDOW_8M),
	ZSTD_WINDOW("of 120 MiB is taken", ZSTD_WINDOW_LIMIT - 1),
	ZSTD_WINDOW("of 128 MiB is taken", ZSTD_WINDOW_LIMIT),
	ZSTD_WINDOW("of 144 MiB is refused", ZSTD_WINDOW_LIMIT + 1, TOO_LARGE),
	ZSTD_WINDOW("of 256 MiB is refused", ZSTD_WINDOW_LIMIT + 8, TOO_LARGE),
	ZSTD_WINDOW("at the format's limit is refused", ZSTD_WINDOW_MAX,
		    TOO_LARGE),
	ZSTD_WINDOW("past the format's limit is refused", ZSTD_WINDOW_MAX + 1,
		    TOO_LARGE),
	ZSTD_WINDOW("of twice the format's limit is refused",
		    ZSTD_WINDOW_MAX + 8, BAD_HEADER),
	ZSTD_WINDOW("of 3.75 TiB is refused", 255, BAD_HEADER),
	ZSTD_IN_A_PAGE("128 MiB is taken", ZSTD_WINDOW_LIMIT),
	ZSTD_IN_A_PAGE("144 MiB is refused", ZSTD_WINDOW_LIMIT + 1, TOO_LARGE),
	ZSTD_IN_A_PAGE("256 MiB is refused", ZSTD_WINDOW_LIMIT + 8, TOO_LARGE),
	{
		"zstd dictionary is not to be had", "zstd",
		{
			.zstd_descriptor = ZSTD_WINDOW_128K,
			.zstd_dictionary = 7,
		},
		BY_DECODER,
	},
};

static void odd_stream_desc(const struct odd_stream *odd, char *desc)
{
	strscpy(desc, odd->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(odd_stream, odd_streams, odd_stream_desc);

static void odd_stream_meets_its_fate(struct kunit *test)
{
	const struct odd_stream *odd = test->param_value;
	struct attempt *a = new_attempt(test, odd->format);
	unsigned int i;

	payload_fill(payload, SOME_PAGES, PAYLOAD_RANDOM, 9);
	for (i = 0; strcmp(algorithms[i].name, odd->format); i++)
		;
	write_stream(a, &algorithms[i], odd->len ?: SOME_PAGES, &odd->options);
	strscpy(a->what, odd->name, sizeof(a->what));
	if (odd->error) {
		expect_refused(test, a, odd->error, odd->log);
		return;
	}
	if (odd->options.zstd_descriptor >= ZSTD_WINDOW_LIMIT - 1)
		skip_without_room(test, SZ_128M);
	expect_taken(test, a);
}

/*
 * Frame headers that no writer would write: RFC 8878, 3.1.1.1. What comes after
 * them is missing, or empty; @decoded if the decoder gets to see that.
 */
struct zstd_header {
	const char *name;
	u8 bytes[14];
	u8 size;
	const char *log;
	bool decoded;
};

#define SINGLE_SEGMENT_8	0xe0	/* with a content size of 8 bytes */
#define ZSTD_HEADER(what, ...)						\
	.name = what, .bytes = { 0x28, 0xb5, 0x2f, 0xfd, __VA_ARGS__ },	\
	.size = 4 + sizeof((u8[]){ __VA_ARGS__ })

static const struct zstd_header zstd_headers[] = {
	{
		ZSTD_HEADER("is cut off"),
		.log = "incomplete frame header",
	}, {
		ZSTD_HEADER("has the reserved bit", 0x08, 0, 1, 0, 0),
		.log = "incomplete frame header",
	}, {
		ZSTD_HEADER("has content of 0 bytes", SINGLE_SEGMENT_8,
			    0, 0, 0, 0, 0, 0, 0, 0),
		.decoded = true,
	}, {
		ZSTD_HEADER("has content of 128 MiB and a byte",
			    SINGLE_SEGMENT_8, 1, 0, 0, 8, 0, 0, 0, 0),
		.decoded = true,
	}, {
		ZSTD_HEADER("has content of 128 MiB and two bytes",
			    SINGLE_SEGMENT_8, 2, 0, 0, 8, 0, 0, 0, 0),
		.log = "too large a window size",
	}, {
		ZSTD_HEADER("has content of INT_MAX bytes", SINGLE_SEGMENT_8,
			    0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0),
		.log = "too large a window size",
	}, {
		ZSTD_HEADER("has content of 4 GiB", SINGLE_SEGMENT_8,
			    0, 0, 0, 0, 1, 0, 0, 0),
		.log = "too large a window size",
	}, {
		ZSTD_HEADER("has content of all ones", SINGLE_SEGMENT_8,
			    255, 255, 255, 255, 255, 255, 255, 255),
		.log = "too large a window size",
	}, {
		ZSTD_HEADER("has a window of 3.75 GiB", 0, 0xaf, 1, 0, 0),
		.log = sizeof(long) == 4 ?
			"incomplete frame header" : "too large a window size",
	},
};

static void zstd_header_desc(const struct zstd_header *header, char *desc)
{
	strscpy(desc, header->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zstd_header, zstd_headers, zstd_header_desc);

/* No size in a header, however large, makes the kernel warn or overflow */
static void zstd_frame_header_is_refused(struct kunit *test)
{
	const struct zstd_header *header = test->param_value;
	struct attempt *a = new_attempt(test, "zstd");

	if (header->decoded)
		skip_without_room(test, SZ_128M);
	set_input(a, header->bytes, header->size);
	a->len = 0;
	scnprintf(a->what, sizeof(a->what), "a header that %s", header->name);
	expect_refused(test, a, -EINVAL, header->log);
	KUNIT_EXPECT_EQ(test, a->ledger.runs, header->decoded);
}

/* A zstd file may begin with a skippable frame (RFC 8878, 3.1.2): not here */
static void zstd_skippable_frame_first_is_refused(struct kunit *test)
{
	static const u8 skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2 };
	struct attempt *a = new_attempt(test, "zstd");
	size_t size;

	payload_fill(payload, 100, PAYLOAD_TEXT, 10);
	memcpy(input, skippable, sizeof(skippable));
	size = stream_zstd(input + sizeof(skippable), payload, 100, &checked);
	a->len = 100;
	set_input(a, input, sizeof(skippable) + size);
	strscpy(a->what, "a skippable frame first", sizeof(a->what));
	expect_refused(test, a, -EINVAL, "not a zstd compressed module");
}

/*
 * Not promised, but so: what follows the first whole stream is not looked at,
 * be it noise or a second member, stream or frame, which the stock tools append
 * to the first. Nor does it matter whether the last page is full.
 */
static const size_t followed_sizes[] = { SOME_PAGES, 5 * PAGE_SIZE };

static void trailing_bytes_are_ignored(struct kunit *test)
{
	struct attempt *a = some_pages(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(followed_sizes); i++) {
		write_input(test, a, followed_sizes[i], &checked);
		memmove(input, a->in, a->size);
		payload_fill(input + a->size, 100, PAYLOAD_RANDOM, 11);
		set_input(a, input, a->size + 100);
		expect_taken(test, a);
	}
}

static void second_stream_is_ignored(struct kunit *test)
{
	const struct algorithm *algorithm = test->param_value;
	struct attempt *a = some_pages(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(followed_sizes); i++) {
		write_input(test, a, followed_sizes[i], &checked);
		memmove(input, a->in, a->size);
		set_input(a, input, a->size +
			  algorithm->write(input + a->size, payload, PAGE_SIZE,
					   &checked));
		expect_taken(test, a);
	}
}

/* Nor is gzip's trailer, the CRC32 and the length: damage there is not seen */
static void gzip_trailer_is_not_verified(struct kunit *test)
{
	struct attempt *a = new_attempt(test, "gzip");
	size_t size, bit;

	payload_fill(payload, SOME_PAGES, PAYLOAD_TEXT, 12);
	a->len = SOME_PAGES;
	for (bit = 0; bit < 64; bit++) {
		size = stream_gzip(input, payload, SOME_PAGES, &plain);
		input[size - 1 - bit / 8] ^= 1 << bit % 8;
		set_input(a, input, size);
		scnprintf(a->what, sizeof(a->what), "trailer bit %zu flipped",
			  bit);
		if (!expect_taken(test, a))
			return;
	}
	for (bit = 1; bit <= 8; bit++) {
		size = stream_gzip(input, payload, SOME_PAGES, &plain);
		set_input(a, input, size - bit);
		scnprintf(a->what, sizeof(a->what), "%zu bytes of trailer",
			  8 - bit);
		if (!expect_taken(test, a))
			return;
	}
}

/* So the input may be used up when there are pages of output to come */
static void gzip_without_trailer_comes_out(struct kunit *test)
{
	struct attempt *a = new_attempt(test, "gzip");
	const struct decompress_blob *blob;

	for (blob = next_blob(&algorithms[0], NULL); blob;
	     blob = next_blob(&algorithms[0], blob)) {
		if (blob->error)
			continue;
		blob_input(test, a, blob);
		set_input(a, blob->data, blob->size - 8);
		if (!expect_taken(test, a))
			return;
	}
}

/* And so damaged data is taken as good, which no other case here allows */
static void gzip_damaged_data_is_taken(struct kunit *test)
{
	struct attempt *a = new_attempt(test, "gzip");
	size_t size;

	payload_fill(payload, 100, PAYLOAD_TEXT, 13);
	size = stream_gzip(input, payload, 100, &plain);
	input[size - 8 - 50] ^= 1;
	payload[50] ^= 1;
	a->len = 100;
	set_input(a, input, size);
	strscpy(a->what, "byte 50 damaged", sizeof(a->what));
	expect_taken(test, a);
}

/* Neither length field of a stored block alone makes a block */
static void gzip_stored_length_is_verified(struct kunit *test)
{
	struct attempt *a = new_attempt(test, "gzip");
	unsigned int i;

	payload_fill(payload, 100, PAYLOAD_TEXT, 14);
	a->len = 100;
	for (i = 11; i < 15; i++) {
		set_input(a, input, stream_gzip(input, payload, 100, &plain));
		((u8 *)a->in)[i] ^= 0xff;
		scnprintf(a->what, sizeof(a->what), "byte %u inverted", i);
		expect_refused(test, a, BY_DECODER);
	}
}

/* The file name is that of no one: it may end with the file, or not at all */
static void gzip_name_without_end_is_refused(struct kunit *test)
{
	static const u8 header[] = { 0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3 };
	struct attempt *a = new_attempt(test, "gzip");
	size_t size;

	a->len = 0;
	for (size = sizeof(header); size < PAGE_SIZE; size += 97) {
		memset(input, 'x', size);
		memcpy(input, header, sizeof(header));
		set_input(a, input, size);
		scnprintf(a->what, sizeof(a->what), "a name of %zu bytes",
			  size - sizeof(header));
		expect_refused(test, a, -EINVAL,
			       "not a gzip compressed module");
	}
	input[size - 1] = '\0';
	set_input(a, input, size);
	strscpy(a->what, "a name and nothing else", sizeof(a->what));
	expect_refused(test, a, BY_DECODER);
}

/* A gzip file with a name of so many letters, whose payload is 100 bytes */
static void named_input(struct attempt *a, size_t letters)
{
	const size_t header = 10;
	size_t size = stream_gzip(input, payload, 100, &plain);

	memmove(input + header + letters + 1, input + header, size - header);
	memset(input + header, 'x', letters);
	input[header + letters] = '\0';
	input[3] = 8;
	a->len = 100;
	set_input(a, input, size + letters + 1);
	scnprintf(a->what, sizeof(a->what), "%zu bytes, %zu of them the name",
		  a->size, letters);
}

/* No size is kept in 16 bits */
static void gzip_long_name_comes_out(struct kunit *test)
{
	struct attempt *a = new_attempt(test, "gzip");
	size_t letters;

	payload_fill(payload, 100, PAYLOAD_TEXT, 18);
	named_input(a, SZ_64K);
	expect_taken(test, a);
	letters = SZ_64K - (a->size - SZ_64K);
	for (letters -= 2; a->size != SZ_64K + 10; letters++) {
		named_input(a, letters);
		expect_taken(test, a);
	}
}

/* Not promised, but so: of the fields in the header only the name is skipped */
static void gzip_flags_of_other_fields_are_not_looked_at(struct kunit *test)
{
	static const u8 flags[] = { 0x02, 0x04, 0x10 };
	struct attempt *a = new_attempt(test, "gzip");
	unsigned int i;

	payload_fill(payload, 100, PAYLOAD_TEXT, 19);
	a->len = 100;
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		set_input(a, input, stream_gzip(input, payload, 100, &plain));
		((u8 *)a->in)[3] = flags[i];
		scnprintf(a->what, sizeof(a->what),
			  "flag %#x, without what it announces", flags[i]);
		expect_taken(test, a);
	}
}

static struct kunit_case input_cases[] = {
	KUNIT_CASE_PARAM(empty_input_is_refused, algorithm_gen_params),
	KUNIT_CASE_PARAM(wrong_magic_is_refused, algorithm_gen_params),
	KUNIT_CASE_PARAM(magic_bytes_are_enough_to_be_known,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(other_formats_are_refused, algorithm_gen_params),
	KUNIT_CASE_PARAM(what_lies_behind_the_input_is_not_read,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(truncated_file_is_refused, algorithm_gen_params),
	KUNIT_CASE_PARAM(truncated_at_a_page_boundary_is_refused,
			 algorithm_gen_params),
	SLOW_CASE_PARAM(flipped_bit_is_found_by_the_check,
			algorithm_gen_params),
	SLOW_CASE_PARAM(flipped_bit_without_a_check_breaks_nothing,
			algorithm_gen_params),
	KUNIT_CASE_PARAM(odd_stream_meets_its_fate, odd_stream_gen_params),
	KUNIT_CASE_PARAM(zstd_frame_header_is_refused, zstd_header_gen_params),
	KUNIT_CASE(zstd_skippable_frame_first_is_refused),
	KUNIT_CASE_PARAM(trailing_bytes_are_ignored, algorithm_gen_params),
	KUNIT_CASE_PARAM(second_stream_is_ignored, algorithm_gen_params),
	KUNIT_CASE(gzip_trailer_is_not_verified),
	KUNIT_CASE(gzip_without_trailer_comes_out),
	KUNIT_CASE(gzip_damaged_data_is_taken),
	KUNIT_CASE(gzip_stored_length_is_verified),
	KUNIT_CASE(gzip_name_without_end_is_refused),
	KUNIT_CASE(gzip_long_name_comes_out),
	KUNIT_CASE(gzip_flags_of_other_fields_are_not_looked_at),
	{ }
};

/*
 * The kernel's own module_decompress(), of the algorithm it was built with,
 * without the ledger: what really happens to the task, and to the pages.
 */

#if KERNEL_MODULE_DECOMPRESS && !defined(MODULE)
/*
 * On the first CPU, above whose slots there are no others: what is behind the
 * page in slot 0 is nobody's, so a wrong kunmap_local() leaves its trace.
 */
static const struct algorithm *own_algorithm(struct kunit *test)
{
	unsigned int own = IS_ENABLED(CONFIG_MODULE_COMPRESS_GZIP) ? 0 :
			   IS_ENABLED(CONFIG_MODULE_COMPRESS_XZ) ? 1 : 2;

	set_cpus_allowed_ptr(current,
			     cpumask_of(cpumask_first(cpu_online_mask)));
	return &algorithms[own];
}

static size_t wrong_bytes(const u8 *out, size_t len)
{
	size_t i, wrong = 0;

	for (i = 0; i < len; i++)
		wrong += out[i] != payload[i];
	return wrong;
}

/* What is taken is the payload; the task is as before; errors are logged */
static bool own_attempt(struct kunit *test, struct attempt *a)
{
	struct task_state before, after;
	struct load_info info = { };
	char line[160];
	bool ok = true;

	/* One that stops the kernel is to be seen to fail, not to be run */
	if (attempt_is_fatal(a)) {
		KUNIT_FAIL(test, "%s: not run without the ledger, which says: %s",
			   a->what, a->ledger.report[0]);
		return false;
	}
	if (watch_report(line, sizeof(line)))
		return false;
	watch_reset();
	before = task_state_now();
	a->ret = module_decompress(&info, a->in, a->size);
	after = task_state_now();
	if (!task_state_equal(before, after)) {
		KUNIT_FAIL(test, "%s: leaves kmap idx %d, migration disabled %d, preempt count %x",
			   a->what, after.kmap_idx, after.migration_disabled,
			   after.preempt_count);
		ok = false;
	}
	if (!a->ret && info.len != a->len) {
		KUNIT_FAIL(test, "%s: %lu bytes come out", a->what, info.len);
		ok = false;
	} else if (!a->ret && wrong_bytes((u8 *)info.hdr, a->len)) {
		KUNIT_FAIL(test, "%s: %zu of them come out wrong", a->what,
			   wrong_bytes((u8 *)info.hdr, a->len));
		ok = false;
	}
	if (watch_errors(line, sizeof(line)) != (a->ret == -EINVAL)) {
		KUNIT_FAIL(test, "%s: returned %d, logged \"%s\"", a->what,
			   a->ret, line);
		ok = false;
	}
	if (!a->ret)
		module_decompress_cleanup(&info);
	/* The next one resets the watch: nothing of this one may be missed */
	if (watch_report(line, sizeof(line)))
		ok = false;
	return ok;
}
#else
static const struct algorithm *own_algorithm(struct kunit *test)
{
	kunit_skip(test, "not built in, together with the suite: CONFIG_MODULE_DECOMPRESS");
	return &algorithms[0];
}

static bool own_attempt(struct kunit *test, struct attempt *a)
{
	return false;
}
#endif

static void own_blobs_meet_their_fate(struct kunit *test)
{
	const struct algorithm *algorithm = own_algorithm(test);
	struct attempt *a = new_attempt(test, algorithm->name);
	const struct decompress_blob *blob;

	for (blob = next_blob(algorithm, NULL); blob;
	     blob = next_blob(algorithm, blob)) {
		if (blob->window > SZ_32M)
			continue;
		blob_input(test, a, blob);
		if (!own_attempt(test, a))
			return;
		KUNIT_EXPECT_EQ_MSG(test, a->ret, blob->error, "%s",
				    blob->name);
	}
}

static void own_pages_come_out(struct kunit *test)
{
	static const size_t sizes[] = {
		20 * PAGE_SIZE + 123, SOME_PAGES, 34 * PAGE_SIZE, SZ_1M,
		0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1,
	};
	const struct algorithm *algorithm = own_algorithm(test);
	struct attempt *a = new_attempt(test, algorithm->name);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		payload_fill(payload, sizes[i], PAYLOAD_RANDOM, i);
		write_stream(a, algorithm, sizes[i], &checked);
		if (!own_attempt(test, a))
			return;
		KUNIT_EXPECT_EQ_MSG(test, a->ret, 0, "%s", a->what);
	}
}

static void own_truncated_file_is_refused(struct kunit *test)
{
	const struct algorithm *algorithm = own_algorithm(test);
	struct attempt *a = new_attempt(test, algorithm->name);
	size_t needed, cut;

	payload_fill(payload, SOME_PAGES, PAYLOAD_RANDOM, 15);
	for (cut = 0; cut < 20; cut++) {
		write_stream(a, algorithm, SOME_PAGES, &checked);
		needed = size_needed(a);
		set_input(a, a->in, needed - 1 - cut * needed / 20);
		if (!own_attempt(test, a))
			return;
		KUNIT_EXPECT_EQ_MSG(test, a->ret, -EINVAL, "%zu bytes of %zu",
				    a->size, needed);
	}
}

/* A file that asks for more memory than there is makes no one warn */
static void own_large_window_is_refused(struct kunit *test)
{
	static const u8 window[] = {
		0x28, 0xb5, 0x2f, 0xfd, 0, ZSTD_WINDOW_MAX + 7, 1, 0, 0
	};
	const struct algorithm *algorithm = own_algorithm(test);
	struct attempt *a = new_attempt(test, algorithm->name);

	if (algorithm->d != &zstd_decompressor) {
		kunit_skip(test, "the kernel's own is %s", algorithm->name);
		return;
	}
	set_input(a, window, sizeof(window));
	a->len = 0;
	strscpy(a->what, "a window past the limit", sizeof(a->what));
	own_attempt(test, a);
	KUNIT_EXPECT_EQ(test, a->ret, -EINVAL);
}

static long free_memory(void)
{
	struct sysinfo memory;

	si_meminfo(&memory);
	return memory.freeram;
}

#define OWN_ROUNDS	256

/*
 * A page of each module that is not given back would be seen. Each CPU may keep
 * some pages for itself, and in the first rounds others may settle: so half a
 * page a round is nothing yet.
 */
static void own_modules_leave_no_memory_behind(struct kunit *test)
{
	const struct algorithm *algorithm = own_algorithm(test);
	struct attempt *a = new_attempt(test, algorithm->name);
	unsigned int i;
	long before;

	if (system_state >= SYSTEM_RUNNING) {
		kunit_skip(test, "this machine is not ours alone");
		return;
	}
	payload_fill(payload, PAGE_SIZE + 1, PAYLOAD_RANDOM, 21);
	for (i = 0; i < 2 * OWN_ROUNDS; i++) {
		if (i == OWN_ROUNDS)
			before = free_memory();
		write_stream(a, algorithm, PAGE_SIZE + 1, &checked);
		if (!own_attempt(test, a))
			return;
		KUNIT_EXPECT_EQ(test, a->ret, 0);
	}
	KUNIT_EXPECT_LT(test, before - free_memory(), OWN_ROUNDS / 2);
}

static struct kunit_case own_cases[] = {
	KUNIT_CASE(own_blobs_meet_their_fate),
	KUNIT_CASE(own_pages_come_out),
	KUNIT_CASE(own_truncated_file_is_refused),
	KUNIT_CASE(own_large_window_is_refused),
	KUNIT_CASE(own_modules_leave_no_memory_behind),
	{ }
};

/*
 * Files that are not the suite's own, if there are any in the initramfs. What
 * is printed of them is for the host, which knows what should come out.
 */

static const void *replay_file_gen_params(GENERATOR_PARAMETERS)
{
	static struct replay_file file;

	if (!replay_find(&file, prev ? file.nr + 1 : 0) && prev)
		return NULL;
	strscpy(desc, kbasename(file.path), KUNIT_PARAM_DESC_SIZE);
	return &file;
}

/* Taken or refused, but by the rules */
static void any_file_is_handled(struct kunit *test)
{
	const struct replay_file *file = test->param_value;
	struct attempt *a;

	if (!file->format)
		kunit_skip(test, "no files in the initramfs: see replay.h");
	kunit_info(test, "replay %u: asked as %s\n", file->nr, file->format);
	a = new_attempt(test, file->format);
	KUNIT_ASSERT_EQ(test, replay_read(a, file), 0);
	attempt_decompress(test, a);
	replay_print(test, a, file);
	replay_free(a);
}

static struct kunit_case replay_cases[] = {
	KUNIT_CASE_PARAM(any_file_is_handled, replay_file_gen_params),
	{ }
};

static void module_decompress_suite_exit(struct kunit_suite *suite)
{
	vfree(payload);
	vfree(input);
	payload = NULL;
	input = NULL;
}

static int module_decompress_suite_init(struct kunit_suite *suite)
{
	wait_for_initramfs();
	payload = vmalloc(PAYLOAD_MAX);
	input = vmalloc(INPUT_MAX);
	if (payload && input)
		return 0;
	module_decompress_suite_exit(suite);
	return -ENOMEM;
}

/* A kernel that oopses each time takes minutes, and is not to be trusted */
#define MAX_COMPLAINTS	16

static unsigned int complaints;

static int module_decompress_init(struct kunit *test)
{
	struct attempt *a;

	if (complaints >= MAX_COMPLAINTS) {
		kunit_err(test, "not run: the kernel complained %u times\n",
			  complaints);
		return -ECANCELED;
	}
	a = vzalloc(sizeof(*a));
	test->priv = a;
	watch_reset();
	return a ? 0 : -ENOMEM;
}

/* Any WARN, lockdep or sanitizer report is a failure */
static void module_decompress_exit(struct kunit *test)
{
	struct attempt *a = test->priv;
	char line[160];

	if (!a)
		return;
	if (watch_report(line, sizeof(line))) {
		KUNIT_FAIL(test, "the kernel complained: %s", line);
		complaints++;
	}
	KUNIT_EXPECT_EQ_MSG(test, ledger_strays(), 0,
			    "calls of decompress.c with no ledger open");
	disturb_end(&disturbance);
	ledger_abandon(test, &a->ledger);
	vfree(a);
}

#define MODULE_DECOMPRESS_SUITE(suite_name, cases)			\
	{								\
		.name = suite_name,					\
		.suite_init = module_decompress_suite_init,		\
		.suite_exit = module_decompress_suite_exit,		\
		.init = module_decompress_init,				\
		.exit = module_decompress_exit,				\
		.test_cases = cases,					\
	}

static struct kunit_suite output_suite =
	MODULE_DECOMPRESS_SUITE("module_decompress", output_cases);
static struct kunit_suite kmap_suite =
	MODULE_DECOMPRESS_SUITE("module_decompress_kmap_local", kmap_cases);
static struct kunit_suite resource_suite =
	MODULE_DECOMPRESS_SUITE("module_decompress_resources", resource_cases);
static struct kunit_suite input_suite =
	MODULE_DECOMPRESS_SUITE("module_decompress_bad_input", input_cases);
static struct kunit_suite own_suite =
	MODULE_DECOMPRESS_SUITE("module_decompress_as_built", own_cases);
static struct kunit_suite replay_suite =
	MODULE_DECOMPRESS_SUITE("module_decompress_replay", replay_cases);

kunit_test_suites(&output_suite, &kmap_suite, &resource_suite, &input_suite,
		  &own_suite, &replay_suite);

MODULE_DESCRIPTION("KUnit tests for in-kernel module decompression");
MODULE_LICENSE("GPL");
