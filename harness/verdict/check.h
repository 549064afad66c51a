/* SPDX-License-Identifier: GPL-2.0 */
/* The files, the kernels for which they are checked, and the results */
#ifndef _CHECK_H
#define _CHECK_H

#include "judge.h"

#define CHECK_VERSION	"2.0"
/* Goes up when a member of the JSON is renamed or removed */
#define JSON_SCHEMA	1

/* Whether a file would load. The largest one of all files sets the exit status. */
enum outcome { LOADS, FAILS, NO_VERDICT, NR_OUTCOMES };

/* Who or what causes a finding */
enum source { BY_KERNEL, BY_KMOD, BY_MODULE, BY_NAME };

/**
 * struct finding - one thing that the checker found out about a file
 * @id: its name for programs, which stays
 * @source: who or what causes it
 * @fatal: whether the file does not load because of it
 * @text: the finding in words, for people
 */
struct finding {
	const char *id;
	enum source source;
	bool fatal;
	char text[400];
};

#define FINDINGS_MAX	6

/* What repairs a file */
enum cure { NO_CURE, SIGN, DECOMPRESS, RECOMPRESS, TRUNCATE };

/**
 * struct result - all that the checker found out about a file
 * @kernel: the answer of the kernel
 * @findings: what the checker found
 * @nr: number of findings
 * @outcome: whether the file would load, according to the findings
 * @cure: what repairs it
 * @rest: bytes after the compressed data
 * @is_signed: whether a signature came out with the module
 * @vermagic: release of the kernel for which the module was built, or ""
 * @machine: machine in its ELF header, or 0
 * @advice: what to do, in words, or ""
 */
struct result {
	struct answer kernel;
	struct finding findings[FINDINGS_MAX];
	unsigned int nr;
	enum outcome outcome;
	enum cure cure;
	size_t rest;
	bool is_signed;
	char vermagic[64];
	unsigned int machine;
	char advice[240];
};

/**
 * struct kmod - the kmod that reads the files
 * @version: 30, 34, ..., or 0 for none
 * @has: for each format, whether kmod was built with its library
 * @words: which kmod it is and why, in words
 */
struct kmod {
	unsigned int version;
	bool has[NR_FORMATS];
	char words[160];
};

/**
 * struct target - a kernel and a kmod for which files are checked
 * @release: name of the directory in lib/modules, or ""
 * @root: where lib/modules is, or ""
 * @config: path of the kernel's configuration, or NULL for any kernel
 * @error: what is wrong with the configuration, or NULL
 * @booted: whether a booted kernel is asked instead of the code in this program
 * @kernel: what the configuration says
 * @kmod: the kmod that reads the files
 */
struct target {
	char *release;
	char *root;
	char *config;
	const char *error;
	bool booted;
	struct kernel kernel;
	struct kmod kmod;
};

extern struct target *targets;
extern unsigned int nr_targets;

/**
 * struct options - options of the command line
 * @kconfig: a configuration, "any", or NULL for that of the release in the path
 * @kmod: value of --kmod=, or NULL
 * @boot: a program that boots a kernel, or ""
 * @json: file to write, "-" for stdout, or ""
 * @junit: file to write, or ""
 * @jobs: number of files to check at once
 * @quiet: print nothing if all files would load
 * @verbose: print a line for each file
 * @fix: repair the files that can be repaired
 * @dry_run: with @fix, leave the files as they are, and only tell
 */
struct options {
	const char *kconfig;
	const char *kmod;
	const char *boot;
	const char *json;
	const char *junit;
	long jobs;
	bool quiet;
	bool verbose;
	bool fix;
	bool dry_run;
};

/* collect.c */
extern const char name_not_seen[];
void no_answer(struct file *file, const char *id, enum trouble trouble, const char *why);
void collect(const char *path);
void collect_from(const char *list);
void collect_root(const char *root);

/* target.c */
void choose_targets(const struct options *options);
bool has_decoder(const struct target *target, enum format format);

/* booted.c */
void ask_booted(const char *boot);

/* ask.c */
void ask(struct file *file, struct result *result);
struct result *ask_all(unsigned int jobs);

/* module.c */
void find(struct result *result, const char *id, enum source source, bool fatal,
	  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void inspect(struct result *result, const struct kernel *kernel, const unsigned char *out,
	     size_t len);
void compare_release(struct result *result, const struct target *target);
bool ends_in_signature(const unsigned char *in, size_t size);

/* kmod.c */
bool parse_kmod(struct kmod *kmod, const char *text);
bool kmod_of_program(struct kmod *kmod, FILE *in, const char *path);
void ask_kmod(struct result *result, const struct file *file, const unsigned char *in,
	      const struct target *target, const struct explanation *e);
void ask_kmod_by_name(struct result *result, const char *path, enum format format,
		      const struct kmod *kmod);

/* cure.c */
void choose_cure(struct result *result, const struct file *file, const struct explanation *e,
		 const struct target *target);
void print_cure(FILE *to, const unsigned int *group, unsigned int count,
		const struct result *results);

/* fix.c */
void fix_all(struct result *results, bool for_real, FILE *to);

/* tell.c */
int tell(const struct options *options, const struct result *results, FILE *json,
	 FILE *junit);

#endif /* _CHECK_H */
