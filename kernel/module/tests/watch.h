/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The watch listens to the console, because KUnit counts no WARN, lockdep or
 * sanitizer report as a failure.
 */
#ifndef _MODULE_TESTS_WATCH_H
#define _MODULE_TESTS_WATCH_H

#include <linux/types.h>

/* A line that says nothing, but is heard like a WARN */
#define WATCH_TEST	"module_decompress: is anybody listening?"

bool watch_begin(void);
void watch_end(void);
void watch_reset(void);
bool watch_report(char *line, size_t size);
unsigned int watch_errors(char *line, size_t size);

#endif /* _MODULE_TESTS_WATCH_H */
