// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings survive any event that disturbs the task, and other ways to map a page
 * give the same output. These cases test the kernel more than decompress.c, so
 * they are only in this repository.
 */
#include <linux/cpumask.h>
#include <linux/sched.h>

#include "cases.h"
#include "disturb.h"
#include "mapper.h"
#include "watch.h"

KUNIT_ARRAY_PARAM(algorithm, case_algorithms, case_algorithm_desc);

/* The makefile lets ledger_pages.c map by this */
enum mapper mapper;
unsigned int nr_mapper_maps;

/* Static, because a failed assertion ends the case and frees its stack */
static struct disturbance disturbance;

/* Disturb the task while it decompresses, and check the output */
static void decode_while(struct kunit *test, void (*unmapped)(void *),
			 void (*midway)(void *))
{
	struct attempt *a = case_some_pages(test);

	KUNIT_ASSERT_EQ(test, disturb_begin(&disturbance), 0);
	watch_task(disturbance.thread);
	a->orders.unmapped = unmapped;
	a->orders.midway = midway;
	a->orders.context = &disturbance;
	expect_taken(test, a);
	disturb_end(&disturbance);
	KUNIT_EXPECT_EQ(test, disturbance.errors, 0);
	KUNIT_EXPECT_GT(test, disturbance.times, 0);
}

/* Test that the task may take a page fault while a page is mapped */
static void page_fault_while_mapped_does_no_harm(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_UML))
		kunit_skip(test, "UML panics at a fault without an mm");
	decode_while(test, NULL, disturb_by_page_fault);
}

/* Test that the mapping is back after a switch to a task that maps pages */
static void task_switch_while_mapped_does_no_harm(struct kunit *test)
{
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	decode_while(test, NULL, disturb_by_task);
}

/* Test that the mapping survives, too, if the kernel preempts the task */
static void preemption_while_mapped_does_no_harm(struct kunit *test)
{
	if (!preempt_model_preemptible())
		kunit_skip(test, "this kernel does not preempt its own: CONFIG_PREEMPT");
	task_switch_while_mapped_does_no_harm(test);
	KUNIT_EXPECT_GE(test, disturbance.preempted, disturbance.times);
}

/* Test that a hard interrupt may map pages while the task has a page mapped */
static void hard_interrupt_while_mapped_does_no_harm(struct kunit *test)
{
	decode_while(test, NULL, disturb_by_hard_interrupt);
}

/* Test that a softirq may map pages while the task has a page mapped */
static void soft_interrupt_while_mapped_does_no_harm(struct kunit *test)
{
	decode_while(test, NULL, disturb_by_soft_interrupt);
}

/* Test that the task may move to another CPU whenever no page is mapped */
static void migration_between_pages_does_no_harm(struct kunit *test)
{
	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU has nowhere to move to: CONFIG_SMP, and -smp 2");
	decode_while(test, disturb_by_move, NULL);
}

/* Decompress, and let the ledger make each mapping in another way */
static void decode_with(struct kunit *test, enum mapper other)
{
	struct attempt *a = case_some_pages(test);

	mapper = other;
	nr_mapper_maps = 0;
	expect_taken(test, a);
	KUNIT_EXPECT_EQ(test, nr_mapper_maps, a->ledger.mappings);
}

/* Test that kmap(), which kmap_local_page() replaced, gives the same output */
static void kmap_gives_the_same_bytes(struct kunit *test)
{
	decode_with(test, MAPPER_KMAP);
}

/* Test that kmap_local_folio() as a replacement gives the same output */
static void kmap_local_folio_gives_the_same_bytes(struct kunit *test)
{
	decode_with(test, MAPPER_KMAP_LOCAL_FOLIO);
}

static struct kunit_case mapping_cases[] = {
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
	KUNIT_CASE_PARAM(migration_between_pages_does_no_harm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(kmap_gives_the_same_bytes, algorithm_gen_params),
	KUNIT_CASE_PARAM(kmap_local_folio_gives_the_same_bytes,
			 algorithm_gen_params),
	{ }
};

static void mapping_exit(struct kunit *test)
{
	mapper = MAPPER_KMAP_LOCAL_PAGE;
	disturb_end(&disturbance);
	case_exit(test);
}

static struct kunit_suite module_decompress_mapping_suite = {
	.name = "module_decompress_mapping",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = mapping_exit,
	.test_cases = mapping_cases,
};

kunit_test_suite(module_decompress_mapping_suite);
