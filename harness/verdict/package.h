/* SPDX-License-Identifier: GPL-2.0 */
/* Packages, archives and initramfs images with modules in them */
#ifndef _PACKAGE_H
#define _PACKAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "stream.h"

/**
 * enum piece - what was found in a package
 * @MODULE: a module, by its name
 * @MISNAMED: a compressed file that depmod does not see, because of its name
 * @TOO_LARGE: a module of more than FILE_MAX bytes, which is not in the spool
 * @BESIDE: a configuration of a kernel, or kmod
 * @UNREAD: nothing: a part of the package cannot be read; the name is the reason
 * @SKIPPED: the same, for an archive in the package that need not have modules
 */
enum piece { MODULE, MISNAMED, TOO_LARGE, BESIDE, UNREAD, SKIPPED };

/**
 * struct unpacker - the state of unpack()
 * @spool: descriptor of the file that gets the content of all pieces, one after the other
 * @end: length of that file in bytes
 * @found: called for each piece with the name of the package, the name in it, and the place of
 *	the content in the spool
 * @context: for @found
 * @is_package: whether the file is a package or an archive, by its name or its content
 * @inside: number of archives around this layer that need not have modules
 * @told: whether a reason was given why this archive cannot be read; the first one counts
 * @members: number of members so far
 * @bytes: how many bytes came out so far, of all layers
 */
struct unpacker {
	int spool;
	long long end;
	void (*found)(struct unpacker *unpacker, enum piece piece, const char *outer,
		      const char *inner, long long at, long long size);
	void *context;
	bool is_package;
	unsigned int inside;
	bool told;
	unsigned long members;
	unsigned long long bytes;
};

/* unpack.c */
bool unpack(struct unpacker *unpacker, struct stream *in, const char *name);
void unpack_layer(struct unpacker *unpacker, struct stream *in, const char *outer,
		  unsigned int depth);
bool unpack_member(struct unpacker *unpacker, struct stream *in, const char *outer,
		   const char *inner, unsigned int depth);
void __attribute__((format(printf, 3, 4)))
unread(struct unpacker *unpacker, const char *outer, const char *fmt, ...);

/* cpio.c */
void unpack_cpio(struct unpacker *unpacker, struct stream *in, const char *outer,
		 unsigned int depth);

/* package.c */
struct file;

/**
 * struct package - a package, and what was found in it
 * @path: its name
 * @spool: descriptor of the file with the content of its modules
 * @beside: the configurations and kmods in it
 * @nr_beside: their number
 */
struct package {
	const char *path;
	int spool;
	struct beside *beside;
	unsigned int nr_beside;
};

bool collect_package(const char *path);
ssize_t read_content(const struct file *file, void *to, size_t size);
FILE *open_beside(const struct package *package, const char *outer, const char *name);

#endif /* _PACKAGE_H */
