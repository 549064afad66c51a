/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The watch reads the kernel log, because KUnit does not fail a case for a
 * WARN, a lockdep report or a sanitizer report. The watch reads the records
 * that printk() stored, whatever the settings and speed of the consoles.
 */
#ifndef _MODULE_TESTS_WATCH_H
#define _MODULE_TESTS_WATCH_H

#include <linux/sched.h>
#include <linux/types.h>

struct kunit;

/* Largest number of tasks in a case */
#define WATCH_TASKS	64

enum watch_owner {
	WATCH_NO_TASK,
	WATCH_OUR_TASK,
	WATCH_OTHER_TASK,
};

/* A harmless line that the watch treats like a WARN, for its own test */
#define WATCH_TEST	"module_decompress: is anybody listening?"

void watch_reset(void);
void watch_task(const struct task_struct *task);
void watch_in_company(void);
bool watch_is_alone(void);
enum watch_owner watch_owner(const char *line);
bool watch_report(char *line, size_t size);
unsigned int watch_errors(char *line, size_t size);
struct task_struct *watch_thread(struct task_struct *thread);
int watched_case_init(struct kunit *test);
void watched_case_exit(struct kunit *test);

#endif /* _MODULE_TESTS_WATCH_H */
