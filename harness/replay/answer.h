/* SPDX-License-Identifier: GPL-2.0 */
/* From what was heard of a file to what is told of it */
#ifndef _ANSWER_H
#define _ANSWER_H

#include "files.h"

enum verdict { RIGHT, LEFT, WRONG, REFUSED, NO_ANSWER, NR_VERDICTS };

/**
 * struct answer - what is told of a file
 * @verdict: taken and right, left to others, taken and wrong, refused, or nothing was
 *	heard
 * @why: what is wrong, in words
 * @advice: what to do about it
 * @kmod: what kmod does with the file, or NULL if nobody asks
 * @cure: commands for a shell, that do what is to be done, or NULL
 */
struct answer {
	enum verdict verdict;
	char why[800];
	char advice[240];
	char *kmod;
	char *cure;
};

static inline bool is_fine(enum verdict verdict)
{
	return verdict == RIGHT || verdict == LEFT;
}

void add_fault(struct file *file, const char *report);
bool same(const struct output *a, const struct output *b);
void judge(struct answer *answer, const struct file *file, const unsigned char *in,
	   const struct kernel *kernel);
const char *verdict_name(const struct file *file, enum verdict verdict);

#endif /* _ANSWER_H */
