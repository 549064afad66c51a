/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disturb a task that decompresses, for example while it holds a kmap_local
 * mapping. Each function causes one event, and maps and fills highmem pages.
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
 * struct disturbance - the state and the results of disturbing a task
 * @times: number of times that the decoding task was disturbed
 * @preempted: number of times that the decoding task was preempted
 * @errors: number of errors: pages with wrong bytes, events that failed or ran
 *	in the wrong context, waits that timed out
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
