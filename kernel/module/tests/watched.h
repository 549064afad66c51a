/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The makefile includes this before each suite, so that the watch begins and ends
 * with each case, and knows the tasks that the case creates. The suites themselves
 * do without the watch, and without compat.h.
 */
#ifndef _MODULE_TESTS_WATCHED_H
#define _MODULE_TESTS_WATCHED_H

#include <linux/kthread.h>

#include "cases.h"
#include "compat.h"
#include "watch.h"

#define case_init	watched_case_init
#define case_exit	watched_case_exit

#undef kthread_create
#define kthread_create(fn, data, ...)					\
	watch_thread(kthread_create_on_node(fn, data, NUMA_NO_NODE, __VA_ARGS__))

#endif /* _MODULE_TESTS_WATCHED_H */
