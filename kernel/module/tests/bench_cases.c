// SPDX-License-Identifier: GPL-2.0
/*
 * A benchmark for the claim that kmap_local_page() is "faster than kmap()". It
 * runs only on request, and prints times that hold for this machine only.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/highmem.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

static bool bench;
module_param(bench, bool, 0444);
MODULE_PARM_DESC(bench, "run the kmap benchmark");

/* More pages than kmap() has slots, so that kmap() wraps and flushes the TLB */
#define BENCH_PAGES	2048
#define BENCH_ROUNDS	16

enum bench_mapper {
	BENCH_KMAP_LOCAL_PAGE,
	BENCH_KMAP_LOCAL_FOLIO,
	BENCH_KMAP,
};

struct bench {
	enum bench_mapper mapper;
	struct page **pages;
	struct completion done;
	u64 ns;
};

static void bench_page(enum bench_mapper mapper, struct page *page)
{
	u8 *mapped;

	if (mapper == BENCH_KMAP) {
		mapped = kmap(page);
		WRITE_ONCE(*mapped, 1);
		kunmap(page);
		return;
	}
	mapped = mapper == BENCH_KMAP_LOCAL_FOLIO ?
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

/* Run the benchmark on all CPUs at once; @nr gets the number of threads */
static u64 bench_all_cpus(enum bench_mapper mapper, struct page **pages,
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
		[BENCH_KMAP_LOCAL_PAGE] = "kmap_local_page",
		[BENCH_KMAP_LOCAL_FOLIO] = "kmap_local_folio",
		[BENCH_KMAP] = "kmap",
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

/* Test that each mapper runs on all CPUs at once; print the time per page */
static void benchmark(struct kunit *test)
{
	struct page **pages;
	unsigned int i;

	if (!bench)
		kunit_skip(test, "run with module_decompress_kunit.bench=1");
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

static struct kunit_case bench_cases[] = {
	KUNIT_CASE(benchmark),
	{ }
};

static struct kunit_suite module_decompress_bench_suite = {
	.name = "module_decompress_bench",
	.test_cases = bench_cases,
};

kunit_test_suite(module_decompress_bench_suite);
