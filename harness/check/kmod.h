/* SPDX-License-Identifier: GPL-2.0 */
/* What kmod does with a file, and how to make another of it */
#ifndef _KMOD_H
#define _KMOD_H

#include "../replay/answer.h"

void add_kmod(struct answer *answer, const struct file *file,
	      const struct kernel *kernel, bool is_known);

#endif /* _KMOD_H */
