/* SPDX-License-Identifier: GPL-2.0 */
/* From what was heard of a file to what is told of it */
#ifndef _JUDGE_H
#define _JUDGE_H

#include "file.h"

enum verdict { RIGHT, LEFT, WRONG, REFUSED, NO_ANSWER, NR_VERDICTS };

/**
 * struct answer - what is told of a file
 * @verdict: taken and right, left to others, taken and wrong, refused, or nothing was
 *	heard
 * @cause: a name for what is wrong, that stays, or NULL
 * @why: the same in words
 * @advice: what to do about it
 */
struct answer {
	enum verdict verdict;
	const char *cause;
	char why[800];
	char advice[240];
};

static inline bool is_fine(enum verdict verdict)
{
	return verdict == RIGHT || verdict == LEFT;
}

void add_fault(struct file *file, const char *report);
void is_damaged(struct answer *answer, const struct file *file);
bool same(const struct output *a, const struct output *b);
void judge(struct answer *answer, const struct file *file, const struct explanation *e,
	   const struct kernel *kernel);

#endif /* _JUDGE_H */
