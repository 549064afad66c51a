/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The watch reads the kernel's log, because KUnit counts no WARN, lockdep or
 * sanitizer report as a failure. It reads what printk() has stored, so it does
 * not matter what the consoles show, or when.
 */
#ifndef _MODULE_TESTS_WATCH_H
#define _MODULE_TESTS_WATCH_H

#include <linux/sched.h>
#include <linux/types.h>

/* A case has no more tasks than this */
#define WATCH_TASKS	64

enum watch_owner {
	WATCH_NOBODY,
	WATCH_OURS,
	WATCH_STRANGER,
};

/* A line that says nothing, but is heard like a WARN */
#define WATCH_TEST	"module_decompress: is anybody listening?"

void watch_reset(void);
void watch_task(const struct task_struct *task);
void watch_in_company(void);
bool watch_is_alone(void);
enum watch_owner watch_owner(const char *line);
bool watch_report(char *line, size_t size);
unsigned int watch_errors(char *line, size_t size);

#endif /* _MODULE_TESTS_WATCH_H */
