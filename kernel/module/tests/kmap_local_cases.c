// SPDX-License-Identifier: GPL-2.0
/*
 * decompress.c maps pages as mm/highmem.c requires. The cases check the claims
 * of commit 554694ba120b ("module: Replace kmap() with kmap_local_page()"). In
 * every case the ledger also checks that decompress.c unmaps the last page that
 * it mapped, by an address inside it, and does not call kmap(), kmap_atomic() or
 * page_address().
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#ifdef CONFIG_KMAP_LOCAL
#include <asm/kmap_size.h>
#endif

#include "cases.h"

KUNIT_ARRAY_PARAM(algorithm, case_algorithms, case_algorithm_desc);

/* Test that each mapping is undone, by an address in its page, and in order */
static void each_mapping_is_undone(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	expect_taken(test, a);
}

/* Test that a decoder error while a page is mapped leaves nothing mapped */
static void errors_leave_the_nesting_stack_balanced(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);
	size_t size;

	for (size = case_size_needed(a) - 1; size > PAGE_SIZE / 2;
	     size -= PAGE_SIZE / 4) {
		case_write(a, SOME_PAGES, &stream_checked);
		case_set_input(a, a->in, size);
		if (!expect_refused(test, a, -EINVAL))
			return;
	}
}

#ifdef CONFIG_KMAP_LOCAL
#define SLOTS	((KM_MAX_IDX - 1) / (IS_ENABLED(CONFIG_DEBUG_KMAP_LOCAL) ? 2 : 1))
#else
#define SLOTS	15	/* never filled: the cases are skipped */
#endif
/* Slots to leave free: for decompress.c, and for interrupts on top */
#define SLOTS_TO_LEAVE	(LEDGER_MAX_MAPS + 4)

static void hold_mappings(struct kunit *test, unsigned int nr)
{
	struct attempt *a = case_some_pages(test);
	struct page *pages[SLOTS];
	u8 *mapped[SLOTS];
	unsigned int i, n;

	if (!IS_ENABLED(CONFIG_KMAP_LOCAL))
		kunit_skip(test, "a mapping takes no slot: no CONFIG_KMAP_LOCAL");
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

/* Test that the caller's mapping survives: new mappings nest on top of it */
static void callers_mapping_stays_intact(struct kunit *test)
{
	hold_mappings(test, 1);
}

/* Test that a few slots besides those for interrupts are enough */
static void callers_many_mappings_stay_intact(struct kunit *test)
{
	hold_mappings(test, SLOTS - SLOTS_TO_LEAVE);
}

/* Test that output pages lie in highmem, so that lowmem stays free */
static void output_pages_lie_in_highmem(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_HIGHMEM);
	bool is_high = page && PageHighMem(page);
	struct sysinfo memory;

	if (page)
		__free_page(page);
	si_meminfo(&memory);
	/* Free highmem may be there for movable pages only */
	if (!is_high || memory.freehigh * PAGE_SIZE < SZ_64M)
		kunit_skip(test, "needs free highmem: CONFIG_HIGHMEM, in QEMU -m 1024");
	expect_taken(test, a);
	KUNIT_EXPECT_EQ(test, a->ledger.highmem, a->ledger.nr_pages);
}

/* One of many tasks that decompress different streams at the same time */
struct crowd_member {
	struct kunit *test;
	struct crowd_member *next;
	struct task_struct *thread;
	struct completion running;
	struct completion turn;
	struct completion *start;
	struct attempt *a;
	u8 *buffer;
	size_t cut;
	bool done;
};

/* One task for each stream and two for each CPU, up to a limit */
#define CROWD_MAX	48
#define CROWD_ROUNDS	2
#define CROWD_PAYLOAD	(3 * PAGE_SIZE)

/*
 * The streams differ in header, length, window, check and error, so state that
 * two tasks share makes one of them fail. @cut is the number of bytes that are
 * missing at the end.
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

/*
 * Let the next task of the ring run. The ledger calls this while no page is
 * mapped, and while a page is half filled. Waiting for a stuck task times out.
 */
static void give_way(void *context)
{
	struct crowd_member *m = context, *next = m->next;

	while (next != m && !READ_ONCE(next->thread))
		next = next->next;
	if (!completion_done(&next->turn))
		complete(&next->turn);
	wait_for_completion_timeout(&m->turn, 1);
}

static int crowd(void *data)
{
	struct crowd_member *m = data;
	unsigned int i;

	complete(&m->running);
	wait_for_completion(m->start);
	for (i = 0; i < CROWD_ROUNDS; i++)
		if (!(m->cut ? expect_refused(m->test, m->a, -EINVAL) :
			       expect_taken(m->test, m->a)))
			break;
	m->done = true;
	while (!kthread_should_stop())
		give_way(m);
	return 0;
}

static int vzalloc_init(struct kunit_resource *resource, void *size)
{
	resource->data = vzalloc(*(size_t *)size);
	return resource->data ? 0 : -ENOMEM;
}

static void vzalloc_free(struct kunit_resource *resource)
{
	vfree(resource->data);
}

/* Allocate memory that KUnit frees after the case, however the case ends */
static void *vzalloc_for(struct kunit *test, size_t size)
{
	return kunit_alloc_resource(test, vzalloc_init, vzalloc_free,
				    GFP_KERNEL, &size);
}

static void crowd_begin(struct kunit *test, struct crowd_member *m, u32 nr)
{
	const unsigned int stream = nr % ARRAY_SIZE(crowd_streams);
	const struct algorithm *algorithm = test->param_value;
	const size_t len = crowd_streams[stream].len;
	u8 *in;

	m->test = test;
	m->a = vzalloc_for(test, sizeof(*m->a));
	m->buffer = vzalloc_for(test, 2 * CROWD_PAYLOAD +
				STREAM_OVERHEAD(CROWD_PAYLOAD));
	if (!m->a || !m->buffer)
		return;
	in = m->buffer + CROWD_PAYLOAD;
	payload_fill(m->buffer, len, crowd_streams[stream].kind, nr);
	m->a->d = algorithm->d;
	m->a->payload = m->buffer;
	m->a->orders.unmapped = give_way;
	m->a->orders.midway = give_way;
	m->a->orders.context = m;
	m->a->len = len;
	m->a->in = in;
	m->a->size = algorithm->write(in, m->buffer, len,
				      &crowd_streams[stream].options);
	m->cut = crowd_streams[stream].cut;
	m->a->size -= m->cut;
	scnprintf(m->a->what, sizeof(m->a->what), "task %u", nr);
	init_completion(&m->running);
	init_completion(&m->turn);
	m->thread = kthread_create(crowd, m, "crowd/%u", nr);
	if (IS_ERR(m->thread))
		return;
	/* If decompress.c crashes, the thread ends without kthread_stop() */
	get_task_struct(m->thread);
	/* A slot has a different address on each CPU */
	kthread_bind(m->thread, cpumask_nth(nr % num_online_cpus(),
					    cpu_online_mask));
	wake_up_process(m->thread);
	/* A thread that is stopped before it starts never runs */
	wait_for_completion(&m->running);
}

static void crowd_end(struct kunit *test, struct crowd_member *m)
{
	if (!IS_ERR_OR_NULL(m->thread)) {
		kthread_stop(m->thread);
		put_task_struct(m->thread);
	}
	WRITE_ONCE(m->thread, NULL);
	if (m->a)
		ledger_abandon(test, &m->a->ledger);
}

/* Test that concurrent tasks share neither mappings nor other state */
static void concurrent_tasks_do_not_interfere(struct kunit *test)
{
	unsigned int i, nr = min_t(unsigned int, CROWD_MAX,
				   ARRAY_SIZE(crowd_streams) +
				   2 * num_online_cpus());
	DECLARE_COMPLETION_ONSTACK(start);
	struct crowd_member *members;

	case_attempt(test);
	members = kunit_kcalloc(test, nr, sizeof(*members), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, members);

	for (i = 0; i < nr; i++) {
		members[i].next = &members[(i + 1) % nr];
		members[i].start = &start;
		crowd_begin(test, &members[i], i);
	}
	complete_all(&start);
	for (i = 0; i < nr; i++) {
		crowd_end(test, &members[i]);
		KUNIT_EXPECT_TRUE_MSG(test, members[i].done, "task %u", i);
	}
}

static struct kunit_case kmap_cases[] = {
	KUNIT_CASE_PARAM(each_mapping_is_undone, algorithm_gen_params),
	KUNIT_CASE_PARAM(errors_leave_the_nesting_stack_balanced,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(callers_mapping_stays_intact, algorithm_gen_params),
	KUNIT_CASE_PARAM(callers_many_mappings_stay_intact,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(output_pages_lie_in_highmem, algorithm_gen_params),
	KUNIT_CASE_PARAM(concurrent_tasks_do_not_interfere,
			 algorithm_gen_params),
	{ }
};

static struct kunit_suite module_decompress_kmap_local_suite = {
	.name = "module_decompress_kmap_local",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = kmap_cases,
};

kunit_test_suite(module_decompress_kmap_local_suite);
