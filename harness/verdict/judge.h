/* SPDX-License-Identifier: GPL-2.0 */
/* Turn what the kernel and the stock tool say about a file into an answer */
#ifndef _JUDGE_H
#define _JUDGE_H

#include "file.h"

enum verdict { RIGHT, LEFT, WRONG, REFUSED, NO_ANSWER, NR_VERDICTS };

/**
 * struct answer - the answer of a kernel for a file
 * @verdict: the kernel accepts the file and the output is right (RIGHT), leaves it to kmod
 *	(LEFT), accepts it and the output or the kernel is wrong (WRONG), refuses it (REFUSED), or
 *	says nothing (NO_ANSWER)
 * @cause: a stable name for what is wrong, or NULL
 * @why: what is wrong, in words
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
