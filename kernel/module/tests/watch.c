// SPDX-License-Identifier: GPL-2.0
/* The watch: find complaints of the kernel in its log. */
#include <linux/debug_locks.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/panic.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "cases.h"
#include "watch.h"

#define LINE	256

/* Text that marks the first line of a WARN, BUG, lockdep or sanitizer report */
static const char *const alarms[] = {
	"WARNING: ", "BUG: ", "kernel BUG at ", "Oops", "UBSAN: ",
	"INFO: possible ", "INFO: inconsistent ", "INFO: trying to register ",
	"possible circular locking", "inconsistent lock state",
	"unreferenced object", WATCH_TEST,
};

/* Text in all messages of KUnit about a case, which the watch ignores */
#define KUNIT_LINE	"# "

/* State at the last watch_reset(), and what the watch has read since then */
static struct kmsg_dump_iter heard;
static bool was_tainted;
static bool locks_were_debugged;
static bool in_company;
static char alarm[LINE];
static char unowned[LINE];
static char error[LINE];
static unsigned int nr_errors;
static pid_t tasks[WATCH_TASKS];
static unsigned int nr_tasks;

static bool has_warned(void)
{
	return test_taint(TAINT_WARN) || test_taint(TAINT_DIE) ||
	       test_taint(TAINT_BAD_PAGE);
}

/**
 * watch_in_company() - act as if user space runs, until watch_reset()
 *
 * Context: main thread of the case.
 */
void watch_in_company(void)
{
	in_company = true;
}

/**
 * watch_is_alone() - check that no other task can cause a report
 *
 * Context: any.
 * Return: true before user space starts, unless watch_in_company() was called.
 */
bool watch_is_alone(void)
{
	return system_state < SYSTEM_RUNNING && !in_company;
}

/* Find a task's PID in a line; different reports have it in different forms */
static bool names_task(const char *line, int *pid)
{
	static const char *const before[] = { " PID: ", " pid: ", " pid " };
	static const char *const with_slash[] = {
		", CPU#", " by task ", " is trying to acquire lock",
	};
	const char *at;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(with_slash); i++) {
		at = strrchr(line, '/');
		if (strstr(line, with_slash[i]) && at &&
		    sscanf(at, "/%d", pid) == 1)
			return true;
	}
	for (i = 0; i < ARRAY_SIZE(before); i++) {
		at = strstr(line, before[i]);
		if (at && sscanf(at + strlen(before[i]), "%d", pid) == 1)
			return true;
	}
	return false;
}

/**
 * watch_owner() - find out whether a line of the log names a task of the case
 * @line: the line
 *
 * Context: any.
 * Return: WATCH_OUR_TASK if the line names a task passed to watch_task(),
 * WATCH_OTHER_TASK if it names another task, WATCH_NO_TASK if it names no task.
 */
enum watch_owner watch_owner(const char *line)
{
	unsigned int i;
	int pid;

	if (!names_task(line, &pid))
		return WATCH_NO_TASK;
	for (i = 0; i < nr_tasks; i++)
		if (tasks[i] == pid)
			return WATCH_OUR_TASK;
	return WATCH_OTHER_TASK;
}

static bool is_alarm(const char *line)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(alarms); i++)
		if (strstr(line, alarms[i]))
			return true;
	return false;
}

/*
 * Once user space runs, a report counts only if it names a task of the case: in
 * its first line or, if that has no PID, in the next line that has a PID.
 */
static void hear_alarm(const char *line)
{
	enum watch_owner owner = watch_is_alone() ? WATCH_OUR_TASK :
						    watch_owner(line);

	if (is_alarm(line))
		strscpy(unowned, line, sizeof(unowned));
	if (!unowned[0] || owner == WATCH_NO_TASK)
		return;
	if (owner == WATCH_OUR_TASK && !alarm[0])
		strscpy(alarm, unowned, sizeof(alarm));
	unowned[0] = '\0';
}

/* The kernel logs with a priority below 8, writers to /dev/kmsg with more */
static void hear(char *record)
{
	char *line = strim(strchr(record, '>') + 1);
	unsigned int priority;

	if (sscanf(record, "<%u>", &priority) != 1 || priority > LOGLEVEL_DEBUG)
		return;
	hear_alarm(line);
	if (priority <= LOGLEVEL_ERR) {
		strscpy(error, line, sizeof(error));
		nr_errors++;
	}
}

static void listen(void)
{
	char record[LINE];
	size_t len;

	while (kmsg_dump_get_line(&heard, true, record, sizeof(record) - 1,
				  &len)) {
		record[len] = '\0';
		if (strchr(record, '>') && !strstr(record, KUNIT_LINE))
			hear(record);
	}
}

/**
 * watch_reset() - forget what was read, and watch only the current task
 *
 * Context: may sleep.
 */
void watch_reset(void)
{
	kmsg_dump_rewind(&heard);
	heard.cur_seq = heard.next_seq;
	alarm[0] = '\0';
	unowned[0] = '\0';
	error[0] = '\0';
	nr_errors = 0;
	nr_tasks = 0;
	in_company = false;
	watch_task(current);
	was_tainted = has_warned();
	locks_were_debugged = debug_locks;
}

/**
 * watch_task() - watch one more task, until watch_reset()
 * @task: a task that works for the case, which may have %WATCH_TASKS tasks
 *
 * Context: main thread of the case.
 */
void watch_task(const struct task_struct *task)
{
	if (!WARN_ON_ONCE(nr_tasks == WATCH_TASKS))
		tasks[nr_tasks++] = task->pid;
}

/**
 * watch_report() - check whether the kernel complained since watch_reset()
 * @line: buffer for the first line of the complaint
 * @size: size of @line in bytes
 *
 * The first WARN taints the kernel, and the first lockdep report turns lockdep
 * off. Both reveal a complaint even if the log has lost its text.
 *
 * Context: may sleep.
 * Return: true if there was a WARN, a lockdep report or a sanitizer report.
 */
bool watch_report(char *line, size_t size)
{
	listen();
	strscpy(line, alarm, size);
	if (!line[0] && watch_is_alone()) {
		if (has_warned() && !was_tainted)
			strscpy(line, "a taint, and no word of it", size);
		else if (locks_were_debugged && !debug_locks)
			strscpy(line, "lockdep, and no word of it", size);
	}
	return line[0];
}

/**
 * watch_errors() - count the messages at the level of an error, or worse
 * @line: buffer for the last message
 * @size: size of @line in bytes
 *
 * Once user space runs, the count may include messages of other tasks.
 *
 * Context: may sleep.
 * Return: the number of messages since watch_reset().
 */
unsigned int watch_errors(char *line, size_t size)
{
	listen();
	strscpy(line, error, size);
	return nr_errors;
}

/**
 * watch_thread() - watch a new task, until watch_reset()
 * @thread: what kthread_create() returned
 *
 * Context: main thread of the case.
 * Return: @thread.
 */
struct task_struct *watch_thread(struct task_struct *thread)
{
	if (!IS_ERR(thread))
		watch_task(thread);
	return thread;
}

/* Stop after this many warnings or oopses: results are slow and unreliable */
#define MAX_COMPLAINTS	16

static unsigned int complaints;

/**
 * watched_case_init() - case_init(), and begin to watch
 * @test: the test
 *
 * Context: may sleep.
 * Return: what case_init() returns, or -ECANCELED if the kernel has warned too
 * often.
 */
int watched_case_init(struct kunit *test)
{
	if (complaints >= MAX_COMPLAINTS) {
		kunit_err(test, "not run: the kernel complained %u times\n",
			  complaints);
		return -ECANCELED;
	}
	watch_reset();
	return case_init(test);
}

/**
 * watched_case_exit() - check the log, and case_exit()
 * @test: the test; fails for any WARN, lockdep or sanitizer report
 *
 * Context: may sleep.
 */
void watched_case_exit(struct kunit *test)
{
	char line[160];

	if (test->priv && watch_report(line, sizeof(line))) {
		KUNIT_FAIL(test, "[the kernel complained] %s", line);
		complaints++;
	}
	case_exit(test);
}
