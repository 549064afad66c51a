/* SPDX-License-Identifier: GPL-2.0 */
/* What the cases of decompress.c are made with */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include <stdbool.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "../kselftest.h"

/* Flags of finit_module(); the second one is none that it knows. */
#define COMPRESSED	MODULE_INIT_COMPRESSED_FILE
#define NOT_COMPRESSED	0x40000000

/* The scratch directory: on a live system only this program sees it. */
#define TMP		"/tmp"
#define PATH_SIZE	256

#define MODPROBE	"/proc/sys/kernel/modprobe"
#define SIG_ENFORCE	"/sys/module/module/parameters/sig_enforce"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

/*
 * In DIRECTORY, compressed, and in DIRECTORY/test/plain/, not compressed. What is
 * in test/ is made by whoever starts this as init.
 */
struct module {
	const char *name;
	const char *file;
	const char *needs;
	const char *needs_file;
	/* So many at least, when not compressed */
	long bytes;
	/* Does what it is for? */
	bool (*works)(void);
};

struct refusal {
	const char *what;
	int error;
	int (*open)(long arg);
	long arg;
	/* COMPRESSED, if not given, and no parameters */
	int flags;
	const char *params;
	/* Might it load, or leave a mark, on a live system? */
	bool only_alone;
};

struct test {
	const char *name;
	void (*run)(const void *arg);
	const void *arg;
};

/* In pages, low and high, as /proc/zoneinfo has it */
struct memory {
	/*
	 * With those that are kept for each CPU, and those of the slab caches,
	 * which come and go: what leaks from these is for kmemleak to see.
	 */
	long free_low, free_high;
	long high;
};

/* run.c. kselftest.h counts results for each .c by itself: here they are. */

/* Is this init, with the machine all to itself? */
extern bool alone;
extern const char *directory;
/* What the names of compressed modules end in */
extern const char *suffix;

/* Of the case that runs, in a process of its own */
extern bool failed;
/* Not a word on why it is skipped */
extern bool quiet;

#define check(condition, ...) do {				\
	if (!(condition)) {					\
		ksft_print_msg(__VA_ARGS__);			\
		failed = true;					\
	}							\
} while (0)

/* There is no case without that. */
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
