/* SPDX-License-Identifier: GPL-2.0 */
/* What a file is, by the bytes that it begins with */
#ifndef _MAGIC_H
#define _MAGIC_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct kind - what a file is
 * @id: a short name that stays: "elf", "tar"
 * @words: to be read behind "is" and "holds", with an article where one is needed
 * @compressed: whether a tool has compressed it
 */
struct kind {
	const char *id;
	const char *words;
	bool compressed;
};

const struct kind *kind_of(const unsigned char *in, size_t size);
bool is_zero(const unsigned char *in, size_t size);

#endif /* _MAGIC_H */
