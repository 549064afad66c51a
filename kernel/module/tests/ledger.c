// SPDX-License-Identifier: GPL-2.0
/*
 * The core of the ledger. The ledger really frees memory only when it closes, or when
 * it needs the entry. So a double free, or a write to freed memory, is a report and
 * not a crash. For the same reason, the ledger reports a wrong kunmap_local() and does
 * the right one instead: one bug must not break the cases that follow.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "ledger_internal.h"

/* The open ledgers, one for each task that calls decompress.c */
static LIST_HEAD(ledgers);
static DEFINE_RAW_SPINLOCK(ledgers_lock);

/*
 * Usually only one ledger is open, and its task finds it here without the lock:
 * if sole_task is the current task, then sole_ledger is the ledger of that task
 * until the task closes it.
 */
static struct task_struct *sole_task;
static struct ledger *sole_ledger;

/* What memalloc_noio_save() and the like set, until the matching restore() */
#define MEMALLOC_SCOPES							\
	(PF_MEMALLOC | PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO | PF_MEMALLOC_PIN)

/* Number of calls by tasks without an open ledger */
static atomic_t strays;

/**
 * ledger_report() - note that a rule is broken
 * @ledger: the ledger
 * @rule: name of the rule, the same each time that it is broken
 * @fmt: format of what was seen, as for printf()
 *
 * The report is "[rule] what was seen", so that failures can be grouped by the rule.
 *
 * Context: any.
 */
void ledger_report(struct ledger *ledger, const char *rule, const char *fmt, ...)
{
	char *text = ledger->report[min(ledger->reports, LEDGER_MAX_REPORTS - 1)];
	va_list args;
	int len;

	if (ledger->reports < LEDGER_MAX_REPORTS) {
		len = scnprintf(text, LEDGER_LINE, "[%s] ", rule);
		va_start(args, fmt);
		vscnprintf(text + len, LEDGER_LINE - len, fmt, args);
		va_end(args);
	}
	/* Count a report only once if it repeats for every page */
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

/* Update sole_ledger after a change of the list; needs ledgers_lock */
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

/* End the current task; ledger_abandon() reports it if its ledger is open */
static void __noreturn end_task(void)
{
	if (current->kunit_test)
		kunit_try_catch_throw(&current->kunit_test->try_catch);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	kthread_exit(0);
}

/*
 * Stop an endless loop, which KUnit would let run for minutes. The main thread
 * ends the case; any other thread ends when the case stops that thread.
 */
static void give_up(struct ledger *ledger)
{
	ledger_report(ledger, "decompression does not end", "%u calls and more",
		      ledger->calls - 1);
	while (ledger->nr_maps)
		ledger_unmap(ledger);
	end_task();
}

/**
 * ledger_current() - look up the ledger of the current task and count the call
 *
 * Every stand-in calls this function first. The function ends the task if the
 * task has no open ledger or makes too many calls.
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
	if (unlikely(++ledger->calls > ledger->max_calls))
		give_up(ledger);
	return ledger;
}

/**
 * ledger_strays() - read and reset the number of calls without an open ledger
 *
 * Context: any.
 * Return: the number of such calls since the last ledger_strays().
 */
unsigned int ledger_strays(void)
{
	return atomic_xchg(&strays, 0);
}

/**
 * ledger_state_now() - read the state of the current task
 *
 * Context: any.
 * Return: the state.
 */
struct task_state ledger_state_now(void)
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

static bool task_state_equal(struct task_state a, struct task_state b)
{
	return a.kmap_idx == b.kmap_idx &&
	       a.migration_disabled == b.migration_disabled &&
	       a.preempt_count == b.preempt_count &&
	       a.pagefault_disabled == b.pagefault_disabled &&
	       a.irqs_disabled == b.irqs_disabled;
}

/**
 * ledger_expect_state() - check the state of the current task
 * @ledger: the ledger
 * @want: the right state
 * @when: call or situation, for the report
 *
 * Context: any.
 */
void ledger_expect_state(struct ledger *ledger, struct task_state want,
			 const char *when)
{
	struct task_state is = ledger_state_now();

	if (!task_state_equal(is, want))
		ledger_report(ledger, "state of the task: changed",
			      "%s: kmap idx %d, not %d; migration off %d, not %d; preempt %x, not %x; pagefault off %d, not %d; irqs off %d, not %d",
			      when, is.kmap_idx, want.kmap_idx,
			      is.migration_disabled, want.migration_disabled,
			      is.preempt_count, want.preempt_count,
			      is.pagefault_disabled, want.pagefault_disabled,
			      is.irqs_disabled, want.irqs_disabled);
}

/**
 * ledger_open() - begin to record the calls of decompress.c in the current task
 * @ledger: the ledger; its previous record is erased
 * @orders: what to do besides recording
 * @info: the load_info that the caller will pass to decompress.c
 * @in: the input that the caller will pass to decompress.c
 * @in_size: size of @in in bytes
 *
 * Context: task context; a task can have one ledger open at a time.
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
	ledger->state = ledger_state_now();
	ledger->memalloc = current->flags & MEMALLOC_SCOPES;
	ledger->pages = ledger->own_pages;
	ledger->max_pages = LEDGER_MAX_PAGES;
	ledger->max_calls = LEDGER_CALLS_PER_PAGE * LEDGER_MAX_PAGES +
			    LEDGER_CALLS_PER_ENDLESS_PAGE *
			    (orders->endless + orders->max_records);
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
 * ledger_may_fail() - count a call, and decide whether the call fails
 * @ledger: the ledger
 * @service: service that is called; a mask, if it is part of several
 *
 * Context: task context.
 * Return: true if the orders make this call fail.
 */
bool ledger_may_fail(struct ledger *ledger, unsigned int service)
{
	if (!(ledger->orders.fail_services & service))
		return false;
	ledger->fallible++;
	if (ledger->fallible < ledger->orders.fail_nth ||
	    !ledger->orders.fail_nth ||
	    (ledger->fallible > ledger->orders.fail_nth &&
	     !ledger->orders.fail_on))
		return false;
	ledger->failed = true;
	ledger->denied++;
	return true;
}

/**
 * ledger_unmapped() - run the callback "unmapped" of the orders, if any, unless
 *	a page is mapped
 * @ledger: the ledger
 *
 * Context: task context; may sleep.
 */
void ledger_unmapped(struct ledger *ledger)
{
	if (ledger->orders.unmapped && !ledger->nr_maps)
		ledger->orders.unmapped(ledger->orders.context);
}

/**
 * ledger_has() - check that output memory is there
 * @ledger: the ledger
 * @p: address of the output
 * @size: size of the output in bytes
 *
 * Context: task context.
 * Return: true if all of it lies in one mapping of vmap(), or one allocation.
 */
bool ledger_has(struct ledger *ledger, const void *p, size_t size)
{
	size_t room = ledger_room(ledger, p);

	return room >= size && room != SIZE_MAX;
}

/* Keep messages off the console, and store the last error for the cases */
void ledger_printk(const char *fmt, ...)
{
	struct ledger *ledger = ledger_current();
	int level = printk_get_level(fmt) - '0';
	char text[LEDGER_LOG];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), printk_skip_level(fmt), args);
	va_end(args);
	if (!strchr(text, '\n'))
		ledger_report(ledger, "message: no end of line", "\"%s\"", text);
	if (level > LOGLEVEL_WARNING)
		return;
	strscpy(ledger->log, text, sizeof(ledger->log));
	*strchrnul(ledger->log, '\n') = '\0';
	ledger->log_level = level;
	ledger->log_lines++;
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

/**
 * ledger_has_no_reports() - fail the test for each broken rule
 * @test: the running test
 * @ledger: the ledger
 * @what: name of the input in messages
 *
 * Context: may sleep.
 * Return: true if there is no report.
 */
bool ledger_has_no_reports(struct kunit *test, const struct ledger *ledger,
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
 * ledger_abandon() - close the ledger of a task that has ended
 * @test: the running test; fails if the ledger is still open
 * @ledger: a ledger, open or not
 *
 * A task that ended early could not close its ledger. The memory that the task
 * held leaks, but the ledger itself can be freed, and other tasks continue.
 *
 * Context: task context.
 */
void ledger_abandon(struct kunit *test, struct ledger *ledger)
{
	if (!ledger->task)
		return;
	end_record(ledger);
	ledger_report(ledger, "the task ended in the middle", "after %u calls",
		      ledger->calls);
	ledger_has_no_reports(test, ledger, "abandoned");
}

/* Decompress.c may open a scope, but must close it */
static void settle_scopes(struct ledger *ledger)
{
	unsigned int is = current->flags & MEMALLOC_SCOPES;

	if (is == ledger->memalloc)
		return;
	ledger_report(ledger, "state of the task: changed",
		      "at the end: PF_MEMALLOC flags %#x, not %#x", is,
		      ledger->memalloc);
	current->flags ^= is ^ ledger->memalloc;
}

/**
 * ledger_close() - stop recording, and free what the ledger keeps
 * @ledger: an open ledger; its record stays readable
 *
 * A resource that decompress.c did not release is a broken rule, too.
 *
 * Context: the task that opened @ledger.
 */
void ledger_close(struct ledger *ledger)
{
	end_record(ledger);
	if (ledger->decoder)
		ledger_report(ledger, "decoder: left set up", "at the end");
	ledger_settle_pages(ledger);
	ledger_settle_memory(ledger);
	settle_scopes(ledger);
	ledger_expect_state(ledger, ledger->state, "at the end");
}
