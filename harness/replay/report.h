/* SPDX-License-Identifier: GPL-2.0 */
/* What was found out, for people and for programs */
#ifndef _REPORT_H
#define _REPORT_H

#include "../verdict/judge.h"

/**
 * struct asked - who asked whom, and who is believed
 * @command: that asked
 * @kernel: in words
 * @judges: the stock tools that say what should come out
 * @left: what is to be known of files that are left to kmod
 * @rows: which files have a line of their own
 */
struct asked {
	const char *command;
	const char *kernel;
	const char *judges;
	const char *left;
	enum { ALL_ROWS, BAD_ROWS, NO_TEXT } rows;
};

int report(const struct asked *asked, const struct answer *answers, FILE *json,
	   FILE *junit);

#endif /* _REPORT_H */
