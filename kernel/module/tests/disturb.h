/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may happen to a task while it holds a kmap_local mapping, made to
 * happen: each does it once, and maps and writes highmem pages itself meanwhile.
 */
#ifndef _MODULE_TESTS_DISTURB_H
#define _MODULE_TESTS_DISTURB_H

#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define DISTURB_PAGES	2

/**
 * struct disturbance - the disturber, and what it did
 * @times: how often the decoding task was disturbed
 * @preempted: how often it lost the CPU without having asked to
 * @errors: pages that did not hold what the disturber wrote, calls from another
 *	context than the one meant, and waits that took too long
 */
struct disturbance {
	unsigned int times;
	unsigned int preempted;
	unsigned int errors;

	/* private: */
	struct page *pages[DISTURB_PAGES];
	struct task_struct *thread;
	wait_queue_head_t wait;
	bool go;
	struct completion done;
	struct irq_work work;
	struct tasklet_struct tasklet;
	bool soft;
	bool finished;
};

int disturb_begin(struct disturbance *d);
void disturb_end(struct disturbance *d);

void disturb_by_task(void *disturbance);
void disturb_by_hard_interrupt(void *disturbance);
void disturb_by_soft_interrupt(void *disturbance);
void disturb_by_page_fault(void *disturbance);
void disturb_by_move(void *disturbance);

#endif /* _MODULE_TESTS_DISTURB_H */
