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

/* A line that says nothing, but is heard like a WARN */
#define WATCH_TEST	"module_decompress: is anybody listening?"

void watch_reset(void);
void watch_task(const struct task_struct *task);
bool watch_names_stranger(const char *line);
bool watch_report(char *line, size_t size);
unsigned int watch_errors(char *line, size_t size);

#endif /* _MODULE_TESTS_WATCH_H */
