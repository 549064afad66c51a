// SPDX-License-Identifier: GPL-2.0
/* The watch: see watch.h for what it is for. */
#include <linux/debug_locks.h>
#include <linux/kernel.h>
#include <linux/kmsg_dump.h>
#include <linux/panic.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "watch.h"

#define LINE	256

/* How the kernel begins a report of something that must not happen */
static const char *const alarms[] = {
	"WARNING: ", "BUG: ", "kernel BUG at ", "Oops", "UBSAN: ",
	"INFO: possible ", "INFO: inconsistent ", "INFO: trying to register ",
	"possible circular locking", "inconsistent lock state",
	"unreferenced object", WATCH_TEST,
};

/* How KUnit begins what it has to say of a case: the suite's own words */
#define KUNIT_LINE	"# "

/* In all that the kernel's own decompress.c logs */
#define ERROR	"compress"

/* What was so when watch_reset() was called, and what has been heard since */
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
 * watch_in_company() - act as on a live system, until watch_reset()
 *
 * Context: task context, of the case.
 */
void watch_in_company(void)
{
	in_company = true;
}

/**
 * watch_is_alone() - ask whether nobody but the case does anything
 *
 * Context: any.
 * Return: true as long as there is no user space.
 */
bool watch_is_alone(void)
{
	return system_state < SYSTEM_RUNNING && !in_company;
}

/* Reports differ in how they name the task, and in which of their lines */
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
 * watch_owner() - tell whose a line of the log is
 * @line: the line
 *
 * Context: any.
 * Return: WATCH_OURS if it names a task that watch_task() was given,
 * WATCH_STRANGER if it names another, WATCH_NOBODY if it names none.
 */
enum watch_owner watch_owner(const char *line)
{
	unsigned int i;
	int pid;

	if (!names_task(line, &pid))
		return WATCH_NOBODY;
	for (i = 0; i < nr_tasks; i++)
		if (tasks[i] == pid)
			return WATCH_OURS;
	return WATCH_STRANGER;
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
 * On a live system a report is that of the task that its first line names, or the
 * first one after that to name any. What names none is not for the case to answer.
 */
static void hear_alarm(const char *line)
{
	enum watch_owner owner = watch_is_alone() ? WATCH_OURS :
						    watch_owner(line);

	if (is_alarm(line))
		strscpy(unowned, line, sizeof(unowned));
	if (!unowned[0] || owner == WATCH_NOBODY)
		return;
	if (owner == WATCH_OURS && !alarm[0])
		strscpy(alarm, unowned, sizeof(alarm));
	unowned[0] = '\0';
}

static void hear(char *line)
{
	hear_alarm(strim(line));
	if (strstr(line, ERROR)) {
		strscpy(error, strim(line), sizeof(error));
		nr_errors++;
	}
}

/* The first 8 are the kernel's: who writes to /dev/kmsg has the others to say */
static bool is_of_the_kernel(const char *record)
{
	unsigned int priority;

	return sscanf(record, "<%u>", &priority) == 1 && priority < 8;
}

static void listen(void)
{
	char record[LINE];
	size_t len;

	while (kmsg_dump_get_line(&heard, true, record, sizeof(record) - 1,
				  &len)) {
		record[len] = '\0';
		if (is_of_the_kernel(record) && !strstr(record, KUNIT_LINE))
			hear(strchr(record, '>') + 1);
	}
}

/**
 * watch_reset() - forget what was heard, and listen to the current task
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
 * watch_task() - listen to another task, too, until watch_reset()
 * @task: one that works for the case; there are at most %WATCH_TASKS
 *
 * Context: task context, of the case.
 */
void watch_task(const struct task_struct *task)
{
	if (!WARN_ON_ONCE(nr_tasks == WATCH_TASKS))
		tasks[nr_tasks++] = task->pid;
}

/**
 * watch_report() - ask whether the kernel complained since watch_reset()
 * @line: gets the first line of the complaint
 * @size: size of @line in bytes
 *
 * The kernel's first WARN leaves a taint, and its first lockdep report turns
 * lockdep off, which tells of them even if the log is gone.
 *
 * Context: may sleep.
 * Return: true if there was a WARN, or a report of lockdep or a sanitizer.
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
 * watch_errors() - count what the kernel's own decompress.c logged
 * @line: gets the last of the messages
 * @size: size of @line in bytes
 *
 * On a live system others may load modules, too, and theirs are counted.
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
