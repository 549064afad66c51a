/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decompress files from the initramfs, to tell whether this kernel accepts them
 * as modules: /module_decompress_replay/0.xz, 1.gz, 2.zst and so on.
 */
#ifndef _MODULE_TESTS_REPLAY_H
#define _MODULE_TESTS_REPLAY_H

#include "attempt.h"

/* Size of the largest file in bytes */
#define REPLAY_MAX	SZ_64M

/**
 * struct replay_file - one of the files
 * @nr: number of the file; the numbers begin with 0 and have no gap
 * @format: as in /sys/module/compression; NULL if the file does not exist
 * @path: path of the file
 * @opened: the open file, because the thread of the case may have another root
 */
struct replay_file {
	unsigned int nr;
	const char *format;
	char path[48];
	struct file *opened;
};

bool replay_find(struct replay_file *file, unsigned int nr);
int replay_read(struct attempt *a, const struct replay_file *file);
void replay_free(struct attempt *a);
void replay_print(struct kunit *test, struct attempt *a,
		  const struct replay_file *file);

#endif /* _MODULE_TESTS_REPLAY_H */
