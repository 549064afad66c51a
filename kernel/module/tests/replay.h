/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files that somebody put into the initramfs, to hear whether this kernel would
 * take them as modules: /module_decompress_replay/0.xz, 1.gz, 2.zst and so on.
 */
#ifndef _MODULE_TESTS_REPLAY_H
#define _MODULE_TESTS_REPLAY_H

#include "attempt.h"

/* As much as a file may have */
#define REPLAY_MAX	SZ_64M

/**
 * struct replay_file - one of the files
 * @nr: its number; they have no gap, and begin with 0
 * @format: as in /sys/module/compression; NULL if there is no such file
 * @path: where it is
 * @opened: the file, for a case to read: its thread may have another root
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
