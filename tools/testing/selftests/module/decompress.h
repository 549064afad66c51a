/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers for the cases in decompress.c */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include <stdbool.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "../kselftest.h"

/* Flags of finit_module() in modules.c, which passes the second one as 0 */
#define COMPRESSED	MODULE_INIT_COMPRESSED_FILE
#define NOT_COMPRESSED	0x40000000

/* The scratch directory, a private mount on a live system */
#define TMP		"/tmp"
#define PATH_SIZE	256

#define MODPROBE	"/proc/sys/kernel/modprobe"
#define SIG_ENFORCE	"/sys/module/module/parameters/sig_enforce"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

/*
 * A module: compressed in DIRECTORY, not compressed in DIRECTORY/test/plain/. The
 * creator of a virtual machine for this program fills DIRECTORY/test/.
 */
struct module {
	const char *name;
	const char *file;
	const char *needs;
	const char *needs_file;
	/* Smallest size in bytes when not compressed */
	long bytes;
	/* Return true if the loaded module works */
	bool (*works)(void);
};

struct refusal {
	const char *what;
	int error;
	int (*open)(long arg);
	long arg;
	/* 0 stands for COMPRESSED, NULL for no parameters */
	int flags;
	const char *params;
	/* The case might change a live system */
	bool only_alone;
};

struct test {
	const char *name;
	void (*run)(const void *arg);
	const void *arg;
};

/* Memory in pages, lowmem and highmem, from /proc/zoneinfo */
struct memory {
	/*
	 * Free pages and the pages of per-CPU lists and slab caches, whose
	 * sizes vary. kmemleak finds leaked slab objects.
	 */
	long free_low, free_high;
	long high;
	/* Of free_low, the pages of slab caches */
	long slab;
};

/* run.c: only this file reports results, as kselftest.h has static counters */

/* This program is the init of a virtual machine */
extern bool alone;
extern const char *directory;
/* The suffix of compressed modules */
extern const char *suffix;

/* The running case has failed */
extern bool failed;
/* Do not print why a case is skipped */
extern bool quiet;

#define check(condition, ...) do {				\
	if (!(condition)) {					\
		ksft_print_msg(__VA_ARGS__);			\
		failed = true;					\
	}							\
} while (0)

/* Fail the case at once if a condition does not hold. */
#define must(condition, ...) do {				\
	if (!(condition)) {					\
		ksft_print_msg(__VA_ARGS__);			\
		exit(KSFT_FAIL);				\
	}							\
} while (0)

#define skip(...) do {						\
	if (!quiet)						\
		ksft_print_msg("skipped: " __VA_ARGS__);	\
	exit(KSFT_SKIP);					\
} while (0)

void mount_on(const char *path, const char *type, const char *options);
void become_init(void);
void start(int argc, char **argv, unsigned int cases);
void run_test(const struct test *test);
void finish(void) __noreturn;

/* files.c */
char *join(char *path, const char *a, const char *b, const char *c);
bool begins(const char *s, const char *with);
bool contains(const char *s, const char *what);
const char *error_name(int error);
char *contents(const char *path, size_t *size);
bool tell(const char *path, const char *s);
bool holds(const char *path, const char *line);
bool exists(const char *path);
long size_of(const char *path);
void make_file(const char *path, const void *buf, size_t size);
void make_text(const char *path, const char *s);
int open_made(const char *path, int flags);
void copy_to(const char *path, const char *from);
int file_of(const void *buf, size_t size);
void not_there(const char *path);
int open_it(const char *path);

/* modules.c */
const char *path_of(const char *file, int flags);
char *compressed_file(const struct module *m, size_t *size);
int finit_module(int fd, const char *params, int flags);
int load_path(const char *path, int flags);
int load(const char *file, int flags);
int unload(const char *name);
bool is_loaded(const char *name);
bool is_live(const char *name);
bool needs_another(const struct module *m);
void get_ready(const struct module *m, int flags);
void put_back(const struct module *m);
bool signatures_are_enforced(void);
void drop_privileges(void);
int run(const char *program, const char *a, const char *b);

/* watch.c */
struct memory count_memory(void);
struct memory settled_memory(void);
long taint(void);
bool open_kmsg(void);
const char *next_message(void);
int warnings(void);
char *kmemleak_report(void);
void wait_ms(int ms);

#endif /* DECOMPRESS_H */
