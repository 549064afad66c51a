/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Find out why the kernel's decoders decompress a .gz, .xz or .zst file differently than the
 * stock tools.
 */
#ifndef _EXPLAIN_H
#define _EXPLAIN_H

#include "format.h"

#define MIB		(1024 * 1024)
#define VERSION(major, minor)	((major) << 8 | (minor))
/* No kernel that is asked has memory for more output than this. */
#define OUTPUT_MAX	(2048ull * MIB)

/**
 * struct kernel - what the checker must know about a kernel
 * @is_64bit: whether it is a 64-bit kernel, with plenty of addresses and no highmem
 * @has_highmem: whether it has highmem
 * @has_bcj: for each ID, whether the kernel has that .xz filter
 * @has_modules: whether it loads modules
 * @wants_signature: whether it loads only signed modules
 * @knows_signatures: whether it checks signatures, and can be told at boot to require them
 * @decompresses: whether it decompresses modules
 * @decoder: the format of its decoder for modules, or NO_FORMAT
 * @machines: machine in the ELF headers of its modules, for a 32-bit and for a 64-bit kernel, or 0
 * @release: VERSION() of the code that is asked, or 0
 * @version: version of the kernel according to its configuration, or ""
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
	unsigned int machines[2];
	unsigned int release;
	char version[64];
};

/**
 * struct explanation - why the kernel treats a file differently than the stock tool
 * @cause: a stable name for @unsupported, for programs
 * @unsupported: what the kernel cannot decode, in words; "" if it can decode everything
 * @advice: what to do about it
 * @memory: size of the dictionary or window in bytes, which is one allocation
 * @parts: number of whole members, streams or frames in the file
 * @rest: number of bytes after the last of them
 * @trailing: @rest without zero bytes at the end
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
