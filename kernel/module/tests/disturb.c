// SPDX-License-Identifier: GPL-2.0
/* Disturb a task that decompresses, by each event that may happen to it. */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "disturb.h"

/* Map all pages at the same time, fill them, and check their bytes */
static void use_pages(struct disturbance *d)
{
	void *mapped[DISTURB_PAGES];
	u8 byte = ++d->times;
	int i;

	for (i = 0; i < DISTURB_PAGES; i++) {
		mapped[i] = kmap_local_page(d->pages[i]);
		memset(mapped[i], byte + i, PAGE_SIZE);
	}
	for (i = DISTURB_PAGES - 1; i >= 0; i--) {
		if (memchr_inv(mapped[i], (u8)(byte + i), PAGE_SIZE))
			d->errors++;
		kunmap_local(mapped[i]);
	}
}

static int disturber(void *disturbance)
{
	struct disturbance *d = disturbance;

	for (;;) {
		wait_event_interruptible(d->wait,
					 d->go || kthread_should_stop());
		if (kthread_should_stop())
			return 0;
		d->go = false;
		use_pages(d);
		complete(&d->done);
	}
}

static void finish(struct disturbance *d)
{
	use_pages(d);
	/* Pairs with await_interrupt(), which must see the updated counters */
	smp_store_release(&d->finished, true);
}

static void soft_interrupt(struct tasklet_struct *tasklet)
{
	struct disturbance *d = from_tasklet(d, tasklet, tasklet);

	if (!in_serving_softirq())
		d->errors++;
	finish(d);
}

static void hard_interrupt(struct irq_work *work)
{
	struct disturbance *d = container_of(work, struct disturbance, work);

	if (!in_hardirq())
		d->errors++;
	if (d->soft)
		tasklet_schedule(&d->tasklet);
	else
		finish(d);
}

/**
 * disturb_begin() - prepare to disturb the current task
 * @d: the disturbance; its results are reset
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM.
 */
int disturb_begin(struct disturbance *d)
{
	int i;

	memset(d, 0, sizeof(*d));
	init_waitqueue_head(&d->wait);
	init_completion(&d->done);
	/* Run in hard interrupt context even if interrupts are threaded */
	d->work = IRQ_WORK_INIT_HARD(hard_interrupt);
	tasklet_setup(&d->tasklet, soft_interrupt);

	for (i = 0; i < DISTURB_PAGES; i++) {
		d->pages[i] = alloc_page(GFP_KERNEL | __GFP_HIGHMEM);
		if (!d->pages[i])
			goto err;
	}
	d->thread = kthread_create(disturber, d, "disturber");
	if (IS_ERR(d->thread))
		goto err;
	/* A preemptible kernel then lets it preempt the decoding task */
	sched_set_fifo(d->thread);
	wake_up_process(d->thread);
	return 0;

err:
	d->thread = NULL;
	disturb_end(d);
	return -ENOMEM;
}

/**
 * disturb_end() - stop the thread and free the pages of a disturbance
 * @d: the disturbance; may be all zero, or ended already
 *
 * Context: may sleep.
 */
void disturb_end(struct disturbance *d)
{
	int i;

	if (d->thread) {
		kthread_stop(d->thread);
		irq_work_sync(&d->work);
		tasklet_kill(&d->tasklet);
	}
	d->thread = NULL;
	for (i = 0; i < DISTURB_PAGES; i++) {
		if (d->pages[i])
			__free_page(d->pages[i]);
		d->pages[i] = NULL;
	}
}

/*
 * wake_up() runs the thread at once only if it waits and is off its CPU.
 * A new kthread also looks asleep, but it resets its CPU mask when it starts.
 */
static bool is_waiting(struct disturbance *d)
{
	if (!wq_has_sleeper(&d->wait) || task_is_running(d->thread))
		return false;
#ifdef CONFIG_SMP
	/* Pairs with __schedule(): read the task's state before on_cpu */
	smp_rmb();
	return !READ_ONCE(d->thread->on_cpu);
#else
	return true;
#endif
}

/**
 * disturb_by_task() - run another task on this CPU
 * @disturbance: a struct disturbance
 *
 * The other task has a real-time priority and wakes on the same CPU. A
 * preemptible kernel switches to it in wake_up(), any other kernel when the
 * current task waits for it.
 *
 * Context: task context, bound to its CPU; may sleep.
 */
void disturb_by_task(void *disturbance)
{
	struct disturbance *d = disturbance;
	unsigned long preempted;

	while (!is_waiting(d))
		schedule_timeout_uninterruptible(1);
	set_cpus_allowed_ptr(d->thread, cpumask_of(raw_smp_processor_id()));
	preempted = current->nivcsw;
	d->go = true;
	wake_up(&d->wait);
	d->preempted += current->nivcsw - preempted;
	wait_for_completion(&d->done);
}

static void await_interrupt(struct disturbance *d)
{
	unsigned long end = jiffies + 5 * HZ;

	d->finished = false;
	irq_work_queue(&d->work);
	/* Pairs with finish(), which ksoftirqd may have to run on this CPU */
	while (!smp_load_acquire(&d->finished)) {
		if (time_after(jiffies, end)) {
			d->errors++;
			return;
		}
		cpu_relax();
		cond_resched();
	}
}

/**
 * disturb_by_hard_interrupt() - run a hard interrupt
 * @disturbance: a struct disturbance
 *
 * Context: task context.
 */
void disturb_by_hard_interrupt(void *disturbance)
{
	struct disturbance *d = disturbance;

	d->soft = false;
	await_interrupt(d);
}

/**
 * disturb_by_soft_interrupt() - run a softirq after a hard interrupt
 * @disturbance: a struct disturbance
 *
 * Context: task context.
 */
void disturb_by_soft_interrupt(void *disturbance)
{
	struct disturbance *d = disturbance;

	d->soft = true;
	await_interrupt(d);
}

/**
 * disturb_by_page_fault() - cause a page fault
 * @disturbance: a struct disturbance
 *
 * A kthread has no user memory, so get_user() faults and returns -EFAULT.
 *
 * Context: task context.
 */
void disturb_by_page_fault(void *disturbance)
{
	struct disturbance *d = disturbance;
	int value;

	if (pagefault_disabled() ||
	    get_user(value, (int __user *)PAGE_SIZE) != -EFAULT || value)
		d->errors++;
	use_pages(d);
}

/**
 * disturb_by_move() - move the current task to the next CPU
 * @disturbance: a struct disturbance
 *
 * Context: task context, nothing mapped.
 */
void disturb_by_move(void *disturbance)
{
	struct disturbance *d = disturbance;
	int cpu = cpumask_next(raw_smp_processor_id(), cpu_online_mask);

	if (cpu >= nr_cpu_ids)
		cpu = cpumask_first(cpu_online_mask);
	if (set_cpus_allowed_ptr(current, cpumask_of(cpu)) ||
	    raw_smp_processor_id() != cpu)
		d->errors++;
	use_pages(d);
}
