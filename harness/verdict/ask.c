// SPDX-License-Identifier: GPL-2.0
/*
 * Check the files: ask the kernel's code, the stock library and kmod. A separate process checks
 * each file, because the file may crash it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "native_check.h"
#include "package.h"
#include "stock.h"

/*
 * The largest dictionary or window: as in the guest of BOOT=yes, where a 32-bit kernel lacks
 * addresses, and a 64-bit kernel lacks memory, for a larger one
 */
#define MOST_MEMORY_32BIT	(320ul * MIB)
#define MOST_MEMORY_64BIT	(2048ul * MIB)

/* Limit of CPU time for a file; the largest file takes a few seconds */
#define MOST_SECONDS	60

/* Note that there is no answer for the file, whatever else is known about it */
static void __attribute__((format(printf, 3, 4)))
no_verdict(struct result *result, const char *id, const char *fmt, ...)
{
	char why[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	result->outcome = NO_VERDICT;
	find(result, id, BY_NAME, false, "%s", why);
}

static void forget(struct result *result)
{
	result->nr = 0;
	result->outcome = LOADS;
	result->advice[0] = '\0';
}

/* Read a file so that an unreadable page follows its last byte; NULL with errno */
static unsigned char *read_to_guard_page(const struct file *file)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t room = (file->size / page + 1) * page;
	unsigned char *in = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *begin = in + room - file->size;
	ssize_t got;

	if (in == MAP_FAILED)
		return NULL;
	mprotect(in + room, page, PROT_NONE);
	got = read_content(file, begin, file->size);
	if (got >= 0 && got < file->size)
		errno = ESTALE;
	return got == file->size ? begin : NULL;
}

/* State of the process that checks a file; the callbacks below need it */
static struct {
	struct result *result;
	const struct target *target;
	bool inspected;
} asked;

static void look(void *context, const void *out, size_t len)
{
	struct file *file = context;

	digest(&file->out, out, len);
	inspect(asked.result, &asked.target->kernel, out, len);
	asked.inspected = true;
}

static void fault(void *context, const char *report)
{
	add_fault(context, report);
}

static void ask_kernel(struct file *file, const unsigned char *in)
{
	const struct kernel *kernel = &asked.target->kernel;
	struct native_check check = {
		.format = formats[file->format].name,
		.in = in,
		.size = file->size,
		.most_memory = kernel->is_64bit ? MOST_MEMORY_64BIT : MOST_MEMORY_32BIT,
		.look = look,
		.fault = fault,
		.context = file,
	};
	enum native_check_result result;
	struct timespec begun, ended;
	unsigned int id;

	for (id = 0; id < ARRAY_SIZE(kernel->has_bcj); id++)
		check.filters |= kernel->has_bcj[id] << id;
	file->asked = true;
	file->out.adler = 1;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	result = native_check(&check);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	if (result == NATIVE_CHECK_NO_MEMORY)
		die("%s: no memory", file->path);
	file->over = result != NATIVE_CHECK_ENDLESS;
	file->answered = result == NATIVE_CHECK_ANSWERED;
	file->error = check.ret;
	file->ns = (ended.tv_sec - begun.tv_sec) * 1000000000ll + ended.tv_nsec - begun.tv_nsec;
	snprintf(file->said, sizeof(file->said), "%.*s",
		 (int)strcspn(check.said, "\n"), check.said);
	clean(file->said);
}

static void ask_library(struct file *file, const unsigned char *in)
{
	size_t len;

	ask_stock(file, in);
	/* If the kernel has decompressed only a part, inspect the library's output instead */
	if (!file->tool_failed && !(asked.inspected && file->out.len == file->tool.len)) {
		const unsigned char *out = stock_output(&len);

		forget(asked.result);
		inspect(asked.result, &asked.target->kernel, out, len);
	}
}

/* A file that the kernel refuses for another reason can also be damaged: say so */
static void tell_damage(struct result *result, const struct file *file)
{
	struct answer damage = { };
	const char *cause = result->nr ? result->findings[0].id : "";

	if (!strcmp(cause, "cut-off") || !strcmp(cause, "damaged") ||
	    !strcmp(cause, "zstd-dictionary") || strstr(file->tool_says, "nsupported"))
		return;
	is_damaged(&damage, file);
	find(result, damage.cause, BY_MODULE, true, "%s", damage.why);
	snprintf(result->advice, sizeof(result->advice), "%s", damage.advice);
}

static void from_kernel(struct result *result)
{
	const struct answer *answer = &result->kernel;

	if (!result->advice[0])
		snprintf(result->advice, sizeof(result->advice), "%s",
			 is_fine(answer->verdict) ? "" : answer->advice);
	if (answer->verdict == NO_ANSWER)
		no_verdict(result, answer->cause ? answer->cause : "unreadable", "%s", answer->why);
	else if (!is_fine(answer->verdict))
		find(result, answer->cause ? answer->cause : "unexplained", BY_KERNEL, true, "%s",
		     answer->why);
}

/* The kernel has no decoder for the file: go by what the library says */
static void without_decoder(struct result *result, const struct file *file,
			    const struct explanation *e)
{
	struct answer *answer = &result->kernel;

	answer->verdict = LEFT;
	if (file->tool_failed && !e->rest) {
		is_damaged(answer, file);
		answer->verdict = REFUSED;
	}
	if (!asked.target->kmod.version)
		find(result, "kernel-no-decoder", BY_KERNEL, true,
		     "the kernel has no decoder for %s, and no kmod is asked",
		     formats[file->format].name);
}

static void ask_compressed(struct file *file, struct result *result, const unsigned char *in)
{
	const struct target *target = asked.target;
	struct explanation e;

	if (!target->booted && has_decoder(target, file->format))
		ask_kernel(file, in);
	ask_library(file, in);
	explain(&e, file->format, in, file->size, &target->kernel);
	/* For a damaged file report the damage, not what is wrong with its output */
	if (file->tool_failed && !e.rest)
		forget(result);
	if (has_decoder(target, file->format))
		judge(&result->kernel, file, &e, &target->kernel);
	else
		without_decoder(result, file, &e);
	result->rest = e.rest;
	from_kernel(result);
	if (file->tool_failed && !e.rest && result->outcome == FAILS)
		tell_damage(result, file);
	if (e.rest && ends_in_signature(in, file->size))
		find(result, "signed-after-compression", BY_KERNEL, true,
		     "a signature follows the compressed data; the kernel ignores it and the module counts as unsigned%s",
		     result->is_signed ? ", but for the signature inside it" : "");
	ask_kmod(result, file, in, target, &e);
	choose_cure(result, file, &e, target);
}

/* The file is neither gzip, xz nor zstd: kmod passes it to the kernel unchanged */
static void ask_other(struct file *file, struct result *result, const unsigned char *in)
{
	const struct target *target = asked.target;
	enum format named = format_by_name(file->path);
	struct explanation e;

	if (!strcmp(kind_of(in, file->size)->id, "elf")) {
		if (named != NO_FORMAT && !target->kmod.version)
			find(result, "not-compressed", BY_KERNEL, true,
			     "it is an ELF file that is not compressed, called .%s",
			     formats[named].suffix);
		else if (named != NO_FORMAT)
			find(result, "not-compressed", BY_NAME, false,
			     "it is not compressed, but called .%s: kmod goes by the content and loads it",
			     formats[named].suffix);
		inspect(result, &target->kernel, in, file->size);
		return;
	}
	explain(&e, XZ, in, file->size, &target->kernel);
	find(result, e.cause, BY_MODULE, true, "%s", e.unsupported);
	snprintf(result->advice, sizeof(result->advice), "%s", e.advice);
}

/**
 * ask() - check a file in this process, which must not have checked another
 * @file: the file
 * @result: gets the result
 */
void ask(struct file *file, struct result *result)
{
	unsigned char *in = read_to_guard_page(file);
	struct rlimit limit;

	if (!in) {
		no_verdict(result, "unreadable", "%s", errno == ESTALE ?
			   "it shrank while the checker read it" : strerror(errno));
		return;
	}
	getrlimit(RLIMIT_CPU, &limit);
	if (limit.rlim_cur > MOST_SECONDS)
		limit.rlim_cur = MOST_SECONDS;
	setrlimit(RLIMIT_CPU, &limit);
	asked.result = result;
	asked.target = &targets[file->target_nr];
	file->format = format_by_content(in, file->size);
	if (file->format == NO_FORMAT)
		ask_other(file, result, in);
	else
		ask_compressed(file, result, in);
	compare_release(result, asked.target);
	ask_kmod_by_name(result, file->path, file->format, &asked.target->kmod);
}

/* A signal has ended the process. The kernel's code is to blame, except for SIGKILL. */
static void give_up(const struct file *file, struct result *result, int signal)
{
	forget(result);
	if (file->asked && !file->over && signal != SIGKILL)
		find(result, "kernel-died", BY_KERNEL, true,
		     "the kernel did not return from decompressing it: %s", strsignal(signal));
	else
		no_verdict(result, "checker-died", "the checker died on this file: %s",
			   strsignal(signal));
}

/* Set the result if it is known without reading the file; false if it is not */
static bool is_told(const struct file *file, struct result *result)
{
	const struct target *target = &targets[file->target_nr];

	if (target->error)
		no_verdict(result, "configuration", "%s: %s", target->config, target->error);
	else if (file->trouble == TROUBLE)
		no_verdict(result, file->trouble_id, "%s", file->trouble_says);
	else if (file->trouble)
		find(result, file->trouble_id, BY_NAME,
		     file->trouble == UNSEEN && target->kmod.version, "%s",
		     file->trouble_says);
	return target->error || file->trouble != NO_TROUBLE;
}

/* Show progress on a terminal, from the third second on; erase it before the answers */
static void show_progress(unsigned int ended)
{
	static time_t begun, shown;
	time_t now = time(NULL);

	if (!begun)
		begun = now;
	if (!isatty(STDERR_FILENO) || (ended == nr_files && !shown))
		return;
	if (ended == nr_files) {
		fprintf(stderr, "\r%*s\r", 40, "");
	} else if (now >= begun + 2 && now != shown) {
		shown = now;
		fprintf(stderr, "\r%u of %u files", ended, nr_files);
	}
}

static void ended_with(int status, struct file *file, struct result *result)
{
	if (WIFSIGNALED(status))
		give_up(file, result, WTERMSIG(status));
	else if (WEXITSTATUS(status))
		no_verdict(result, "checker-failed", "the checker failed on this file");
}

/* Allocate memory that the child processes write and this one reads */
static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		die("no memory");
	return p;
}

/**
 * ask_all() - check all files, each in a separate process
 * @jobs: number of files to check at once
 *
 * Return: a result for each file.
 */
struct result *ask_all(unsigned int jobs)
{
	struct result *results = shared(nr_files * sizeof(*results));
	pid_t *pids = calloc(nr_files, sizeof(*pids));
	unsigned int next = 0, ended = 0, i;
	int status;
	pid_t pid;

	files = memcpy(shared(nr_files * sizeof(*files)), files, nr_files * sizeof(*files));
	if (!pids)
		die("no memory");
	while (ended < nr_files) {
		while (next < nr_files && next - ended < jobs) {
			if (is_told(&files[next], &results[next])) {
				next++;
				ended++;
				continue;
			}
			pid = fork();
			if (pid < 0)
				die("cannot start a process: %s", strerror(errno));
			if (!pid) {
				ask(&files[next], &results[next]);
				_exit(0);
			}
			pids[next++] = pid;
		}
		if (ended == nr_files)
			break;
		pid = wait(&status);
		if (pid < 0)
			die("cannot wait for a process: %s", strerror(errno));
		for (i = 0; i < next && pids[i] != pid; i++)
			;
		/* A child that this process had before exec() */
		if (i == next)
			continue;
		ended++;
		pids[i] = 0;
		ended_with(status, &files[i], &results[i]);
		show_progress(ended);
	}
	free(pids);
	return results;
}
