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
#define TASKS	64

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
static char alarm[LINE];
static char error[LINE];
static unsigned int nr_errors;
static pid_t tasks[TASKS];
static unsigned int nr_tasks;

static bool has_warned(void)
{
	return test_taint(TAINT_WARN) || test_taint(TAINT_DIE) ||
	       test_taint(TAINT_BAD_PAGE);
}

/**
 * watch_names_stranger() - ask whether a WARN is that of a task not listened to
 * @line: its first line; kernels differ in how it names the task
 *
 * Context: any.
 * Return: true if it names a task, and not one of those that watch_task() was
 * given.
 */
bool watch_names_stranger(const char *line)
{
	const char *pid = strstr(line, " PID: "), *cpu = strstr(line, ", CPU#");
	unsigned int i;
	int nr;

	if (cpu)
		pid = strrchr(cpu, '/');
	if (!pid || sscanf(pid, cpu ? "/%d" : " PID: %d", &nr) != 1)
		return false;
	for (i = 0; i < nr_tasks && i < TASKS; i++)
		if (tasks[i] == nr)
			return false;
	return nr_tasks <= TASKS;
}

/* Before there is a user space, nobody but the case does anything */
static bool is_ours(const char *line)
{
	return system_state < SYSTEM_RUNNING || !watch_names_stranger(line);
}

static void hear(char *line)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(alarms) && !alarm[0]; i++)
		if (strstr(line, alarms[i]) && is_ours(line))
			strscpy(alarm, strim(line), sizeof(alarm));
	if (strstr(line, ERROR)) {
		strscpy(error, strim(line), sizeof(error));
		nr_errors++;
	}
}

static void listen(void)
{
	char record[LINE];
	size_t len;

	while (kmsg_dump_get_line(&heard, false, record, sizeof(record) - 1,
				  &len)) {
		record[len] = '\0';
		if (!strstr(record, KUNIT_LINE))
			hear(record);
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
	error[0] = '\0';
	nr_errors = 0;
	nr_tasks = 0;
	watch_task(current);
	was_tainted = has_warned();
	locks_were_debugged = debug_locks;
}

/**
 * watch_task() - listen to another task, too, until watch_reset()
 * @task: one that works for the case
 *
 * Context: task context, of the case.
 */
void watch_task(const struct task_struct *task)
{
	if (nr_tasks < TASKS)
		tasks[nr_tasks] = task->pid;
	nr_tasks++;
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
	if (!line[0] && system_state < SYSTEM_RUNNING) {
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
 * Context: may sleep.
 * Return: the number of messages since watch_reset().
 */
unsigned int watch_errors(char *line, size_t size)
{
	listen();
	strscpy(line, error, size);
	return nr_errors;
}
