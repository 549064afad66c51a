// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger: see ledger.h for what it is for.
 *
 * Nothing that is given back really goes back before ledger_close(): a second
 * free, or a use after it, is then an entry in the report and not a crash. For
 * the same reason a wrong kunmap_local() is reported and the right one done in
 * its place, so that one bug does not take the following cases with it.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "ledger_internal.h"

/* Each task that calls decompress.c has its own ledger open */
static LIST_HEAD(ledgers);
static DEFINE_RAW_SPINLOCK(ledgers_lock);

/*
 * Most often there is but one, and its task finds it without the lock: nobody
 * else is told of it by this, and while it is open it is not another one here.
 */
static struct task_struct *sole_task;
static struct ledger *sole_ledger;

/* Calls of tasks that had none */
static atomic_t strays;

/**
 * ledger_report() - note that a rule is broken
 * @ledger: the ledger
 * @fmt: how, as for printf()
 *
 * Context: any.
 */
void ledger_report(struct ledger *ledger, const char *fmt, ...)
{
	char *text = ledger->report[min(ledger->reports, LEDGER_MAX_REPORTS - 1)];
	va_list args;

	if (ledger->reports < LEDGER_MAX_REPORTS) {
		va_start(args, fmt);
		vscnprintf(text, LEDGER_LINE, fmt, args);
		va_end(args);
	}
	/* Once is enough for what happens on every page */
	if (!ledger->reports || strcmp(text, text - LEDGER_LINE))
		ledger->reports++;
}

static struct ledger *find_ledger(struct task_struct *task)
{
	struct ledger *ledger, *found = NULL;

	/* Pairs with note_sole_ledger() */
	if (smp_load_acquire(&sole_task) == task)
		return READ_ONCE(sole_ledger);

	raw_spin_lock(&ledgers_lock);
	list_for_each_entry(ledger, &ledgers, node)
		if (ledger->task == task)
			found = ledger;
	raw_spin_unlock(&ledgers_lock);
	return found;
}

/* With ledgers_lock held, after each change */
static void note_sole_ledger(void)
{
	struct task_struct *task = NULL;

	if (list_is_singular(&ledgers)) {
		struct ledger *ledger = list_first_entry(&ledgers,
							 struct ledger, node);

		WRITE_ONCE(sole_ledger, ledger);
		task = ledger->task;
	}
	/* Pairs with find_ledger() */
	smp_store_release(&sole_task, task);
}

/* What it was in the middle of is reported by ledger_abandon() */
static void __noreturn end_task(void)
{
	if (current->kunit_test)
		kunit_try_catch_throw(&current->kunit_test->try_catch);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	kthread_exit(0);
}

/*
 * A loop without end, which KUnit would let run for minutes, ends the case; in a
 * thread of the case's own, the thread, as soon as that is waited for.
 */
static void give_up(struct ledger *ledger)
{
	ledger_report(ledger, "decompression does not end: %u calls and more",
		      ledger->calls - 1);
	ledger->fatal = true;
	if (ledger->mapped_page)
		ledger_unmap(ledger);
	end_task();
}

/**
 * ledger_current() - what every service begins with, so calls are counted here
 *
 * Who has no ledger open, or does not come to an end, does not return.
 *
 * Context: task context.
 * Return: the ledger that the current task has open.
 */
struct ledger *ledger_current(void)
{
	struct ledger *ledger = find_ledger(current);

	if (!ledger) {
		atomic_inc(&strays);
		end_task();
	}
	if (unlikely(++ledger->calls > LEDGER_CALLS_PER_PAGE * ledger->max_pages))
		give_up(ledger);
	return ledger;
}

/**
 * ledger_strays() - count calls that no ledger was open for, and forget them
 *
 * Context: any.
 * Return: the number of such calls since it was last asked for.
 */
unsigned int ledger_strays(void)
{
	return atomic_xchg(&strays, 0);
}

/**
 * task_state_now() - take down what mappings change in the current task
 *
 * Context: any.
 * Return: the state now.
 */
struct task_state task_state_now(void)
{
	struct task_state state = {
#ifdef CONFIG_KMAP_LOCAL
		.kmap_idx = current->kmap_ctrl.idx,
#endif
#ifdef CONFIG_SMP
		.migration_disabled = current->migration_disabled,
#endif
		.preempt_count = preempt_count(),
		.pagefault_disabled = current->pagefault_disabled,
		.irqs_disabled = irqs_disabled(),
	};

	return state;
}

/**
 * task_state_equal() - compare two task states
 * @a: one state
 * @b: the other
 *
 * Return: true if nothing differs.
 */
bool task_state_equal(struct task_state a, struct task_state b)
{
	return a.kmap_idx == b.kmap_idx &&
	       a.migration_disabled == b.migration_disabled &&
	       a.preempt_count == b.preempt_count &&
	       a.pagefault_disabled == b.pagefault_disabled &&
	       a.irqs_disabled == b.irqs_disabled;
}

/**
 * ledger_expect_state() - report it if the current task is in another state
 * @ledger: the ledger
 * @want: in which it should be
 * @when: what has just happened
 *
 * Context: any.
 */
void ledger_expect_state(struct ledger *ledger, struct task_state want,
			 const char *when)
{
	struct task_state is = task_state_now();

	if (!task_state_equal(is, want))
		ledger_report(ledger,
			      "%s: kmap idx %d, not %d; migration off %d, not %d; preempt %x, not %x; pagefault off %d, not %d; irqs off %d, not %d",
			      when, is.kmap_idx, want.kmap_idx,
			      is.migration_disabled, want.migration_disabled,
			      is.preempt_count, want.preempt_count,
			      is.pagefault_disabled, want.pagefault_disabled,
			      is.irqs_disabled, want.irqs_disabled);
}

/**
 * ledger_open() - begin to record what the current task's decompress.c does
 * @ledger: the ledger; what it held is forgotten
 * @orders: what to do besides recording
 * @info: what will be passed to decompress.c
 * @in: its input
 * @in_size: size of @in in bytes
 *
 * Context: task context; each task can have one ledger open at a time.
 */
void ledger_open(struct ledger *ledger, const struct ledger_orders *orders,
		 struct load_info *info, const void *in, size_t in_size)
{
	memset(ledger, 0, offsetof(struct ledger, own_pages));
	ledger->orders = *orders;
	ledger->info = info;
	ledger->in = in;
	ledger->in_size = in_size;
	ledger->task = current;
	ledger->state = task_state_now();
	ledger->pages = ledger->own_pages;
	ledger->max_pages = LEDGER_MAX_PAGES;
	if (orders->endless)
		ledger->max_pages = orders->endless + 8;
	if (orders->records) {
		ledger->pages = orders->records;
		ledger->max_pages = orders->max_records;
	}
	raw_spin_lock(&ledgers_lock);
	list_add(&ledger->node, &ledgers);
	note_sole_ledger();
	raw_spin_unlock(&ledgers_lock);
}

/**
 * ledger_may_fail() - ask whether this call is the one that is to fail
 * @ledger: the ledger
 * @service: which service is called
 *
 * Context: task context.
 * Return: true if it is.
 */
bool ledger_may_fail(struct ledger *ledger, enum ledger_service service)
{
	if (!(ledger->orders.fail_services & service))
		return false;
	if (++ledger->fallible != ledger->orders.fail_nth)
		return false;
	ledger->failed = true;
	ledger->denied++;
	return true;
}

/**
 * ledger_unmapped() - do what is ordered for when nothing is mapped
 * @ledger: the ledger
 *
 * Context: task context; may sleep.
 */
void ledger_unmapped(struct ledger *ledger)
{
	if (ledger->orders.unmapped)
		ledger->orders.unmapped(ledger->orders.context);
}

/**
 * ledger_expect_unmapped() - report it if a page is mapped
 * @ledger: the ledger
 * @call: what is not to happen meanwhile: memory and pages are asked for, and
 *	given back, with nothing mapped
 *
 * Context: task context.
 */
void ledger_expect_unmapped(struct ledger *ledger, const char *call)
{
	if (ledger->mapped_page)
		ledger_report(ledger, "%s while a page is mapped", call);
}

/* pr_err() and pr_warn(): kept for the cases to read, off the console */
void ledger_printk(const char *fmt, ...)
{
	struct ledger *ledger = ledger_current();
	va_list args;

	va_start(args, fmt);
	vscnprintf(ledger->log, sizeof(ledger->log), printk_skip_level(fmt),
		   args);
	va_end(args);
	ledger->log_level = printk_get_level(fmt) - '0';
	ledger->log_lines++;
	if (!strchr(ledger->log, '\n'))
		ledger_report(ledger, "a message without an end: \"%s\"", ledger->log);
}

int ledger_sysfs_create_file(struct kobject *kobj, const struct attribute *attr)
{
	struct ledger *ledger = ledger_current();

	ledger->attribute = attr;
	ledger->kobj = kobj;
	if (ledger_may_fail(ledger, LEDGER_SYSFS))
		return -ENOMEM;
	return 0;
}

static void end_record(struct ledger *ledger)
{
	raw_spin_lock(&ledgers_lock);
	list_del(&ledger->node);
	note_sole_ledger();
	raw_spin_unlock(&ledgers_lock);
	ledger->task = NULL;
}

/* There is no other way to end a record than by one that looks at its reports */
static bool fail_for_reports(struct kunit *test, const struct ledger *ledger,
			     const char *what)
{
	unsigned int i;

	for (i = 0; i < ledger->reports && i < LEDGER_MAX_REPORTS; i++)
		KUNIT_FAIL(test, "%s: %s", what, ledger->report[i]);
	if (ledger->reports > LEDGER_MAX_REPORTS)
		KUNIT_FAIL(test, "%s: and %u more", what,
			   ledger->reports - LEDGER_MAX_REPORTS);
	return !ledger->reports;
}

/**
 * ledger_abandon() - end a record whose task is no more
 * @test: the test that it was for; fails if the record was not closed
 * @ledger: a ledger, open or not
 *
 * A task that died in the middle cannot close its ledger. What it held is lost,
 * but the ledger can be freed, and the others go on.
 *
 * Context: task context.
 */
void ledger_abandon(struct kunit *test, struct ledger *ledger)
{
	if (!ledger->task)
		return;
	end_record(ledger);
	ledger_report(ledger, "the task ended in the middle, after %u calls",
		      ledger->calls);
	fail_for_reports(test, ledger, "abandoned");
}

/* Report what decompress.c left behind, and give it back */
static void settle(struct ledger *ledger)
{
	end_record(ledger);
	if (ledger->decoder)
		ledger_report(ledger, "a decoder is left set up");
	ledger_settle_pages(ledger);
	ledger_settle_memory(ledger);
	ledger_expect_state(ledger, ledger->state, "at the end");
}

/**
 * ledger_close() - end the record, and give back what was held
 * @test: the test that it is for; fails for each broken rule
 * @ledger: an open ledger; its findings stay readable
 * @what: names the input in messages
 *
 * What decompress.c left behind is a broken rule, too.
 *
 * Context: the task that opened @ledger.
 * Return: true if there is nothing to report.
 */
bool ledger_close(struct kunit *test, struct ledger *ledger, const char *what)
{
	settle(ledger);
	return fail_for_reports(test, ledger, what);
}

/**
 * ledger_close_expecting() - the same, where a rule is broken on purpose
 * @ledger: an open ledger; its findings stay readable
 * @report: a piece of what it is to report
 *
 * Context: the task that opened @ledger.
 * Return: true if it is among the first %LEDGER_MAX_REPORTS reports.
 */
bool ledger_close_expecting(struct ledger *ledger, const char *report)
{
	unsigned int i;

	settle(ledger);
	for (i = 0; i < ledger->reports && i < LEDGER_MAX_REPORTS; i++)
		if (strstr(ledger->report[i], report))
			return true;
	return false;
}

/**
 * ledger_close_fatal() - the same, where only one thing is asked for
 * @ledger: an open ledger; its findings stay readable
 *
 * Context: the task that opened @ledger.
 * Return: true if the kernel would not have lived through it without a ledger.
 */
bool ledger_close_fatal(struct ledger *ledger)
{
	settle(ledger);
	return ledger->fatal;
}
