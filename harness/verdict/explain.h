/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks into a .gz, .xz or .zst file for what the kernel's decoders make of it
 * that others do not.
 */
#ifndef _EXPLAIN_H
#define _EXPLAIN_H

#include "format.h"

#define MIB		(1024 * 1024)
#define VERSION(major, minor)	((major) << 8 | (minor))
/* More than the kernels that are asked have memory for: no need to go on */
#define OUTPUT_MAX	(2048ull * MIB)

/**
 * struct kernel - what its decoders depend on
 * @is_64bit: whether it has plenty of addresses, and no highmem
 * @has_highmem: whether it has that
 * @has_bcj: whether it was built with the .xz filter of that ID
 * @has_modules: whether it loads any
 * @wants_signature: whether it loads those alone that are signed
 * @knows_signatures: whether it can be told to, when it is booted
 * @decompresses: whether it decompresses modules
 * @decoder: with which decoder, or NO_FORMAT if it does not
 * @release: version of the code that is asked, as by VERSION(), or 0
 * @version: as its configuration has it, or nothing
 */
struct kernel {
	bool is_64bit;
	bool has_highmem;
	bool has_bcj[16];
	bool has_modules;
	bool wants_signature;
	bool knows_signatures;
	bool decompresses;
	enum format decoder;
	unsigned int release;
	char version[64];
};

/**
 * struct explanation - what is found in a file
 * @cause: a name for @unsupported that stays, for programs
 * @unsupported: what the kernel cannot decode, in words; empty if nothing
 * @advice: what to do about it
 * @memory: dictionary or window size in bytes: an allocation of its own
 * @parts: members, streams or frames in the file, as far as they are whole
 * @rest: bytes after the last of them
 * @trailing: the same without zero bytes at the end
 */
struct explanation {
	const char *cause;
	char unsupported[200];
	char advice[120];
	unsigned long long memory;
	unsigned int parts;
	size_t rest;
	size_t trailing;
};

void set_bcj(struct kernel *kernel, const char *config, bool set);
void set_all_bcj(struct kernel *kernel);
void explain(struct explanation *e, enum format which, const unsigned char *in,
	     size_t size, const struct kernel *kernel);
const char *status_in_words(enum format which, const char *said);

#endif /* _EXPLAIN_H */
