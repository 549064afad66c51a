// SPDX-License-Identifier: GPL-2.0
/*
 * On a machine with little memory, load small files that need a lot of it. The output of
 * /hostile/long does not fit into the memory; the output of /hostile/half does. The headers of
 * /hostile/128M and /hostile/3G declare a dictionary or a window of that size. The loads must
 * fail and must not harm other tasks. Then let one allocation of a load fail after the other. In
 * another guest, the output of /hostile/half fits into the memory, but vmap() finds no addresses
 * for it.
 */
#include <linux/mman.h>

#include "guest.h"

/* Other tasks. Each uses more memory than the loader, so the OOM killer would choose it first. */
#define BYSTANDERS	3
#define BYSTANDER_MB	75

#define FAIL_NTH	"/proc/self/fail-nth"

/* How often each allocation fails */
#define FAILURES	30

/* A file and the error that loading it must give. 3 GiB are refused before any allocation. */
struct claim {
	const char *file;
	int error;
};

static const struct claim long_output = { "/hostile/long", ENOMEM };
static const struct claim window_of_128_mib = { "/hostile/128M", ENOMEM };
static const struct claim window_of_3_gib = { "/hostile/3G", EINVAL };

static const struct module small = {
	"binfmt_script", "kernel/fs/binfmt_script.ko",
};

static pid_t bystander[BYSTANDERS];

/* Fill some memory, write a byte to the pipe, and wait to be killed */
static void stand_by(int ready)
{
	size_t size = BYSTANDER_MB << 20;
	char *memory = malloc(size);

	if (!memory)
		exit(KSFT_FAIL);
	memset(memory, 1, size);
	write(ready, "", 1);
	for (;;)
		wait_ms(1000);
}

static void start_bystanders(void)
{
	int ends[2], i;
	char byte;

	for (i = 0; i < BYSTANDERS; i++) {
		must(pipe(ends) == 0, "no pipe: %s\n", error_name(errno));
		bystander[i] = fork();
		if (bystander[i] == 0)
			stand_by(ends[1]);
		close(ends[1]);
		must(read(ends[0], &byte, 1) == 1, "no bystander\n");
		close(ends[0]);
	}
}

static void end_bystanders(void)
{
	int i, status, alive = 0;

	for (i = 0; i < BYSTANDERS; i++) {
		alive += waitpid(bystander[i], &status, WNOHANG) == 0;
		kill(bystander[i], SIGKILL);
		waitpid(bystander[i], &status, 0);
	}
	check(alive == BYSTANDERS, "%d of %d other tasks were killed\n",
	      BYSTANDERS - alive, BYSTANDERS);
}

/* Check that the kernel has logged neither a lack of memory nor a warning */
static void log_is_silent(void)
{
	static const char *const signs[] = {
		"oom-killer", "Out of memory", "allocation failure", "vmalloc error",
		"Mem-Info", "WARNING", "BUG",
	};
	const char *message;
	size_t i;

	while ((message = next_message()))
		for (i = 0; i < ARRAY_SIZE(signs); i++)
			check(!contains(message, signs[i]), "kernel: %s\n", message);
}

/* Hundredths of a second since boot */
static long now(void)
{
	char *uptime = contents("/proc/uptime", NULL);
	long time;

	must(uptime && strchr(uptime, '.'), "no /proc/uptime\n");
	time = atol(uptime) * 100 + atol(strchr(uptime, '.') + 1);
	free(uptime);
	return time;
}

/*
 * Load in another process. While the load uses all memory, a page fault of any task would call
 * the OOM killer. So the child locks all of its pages, and the parent has 100 ms to fault in the
 * pages that it writes after fork(). The child needs its pages even after the load has returned:
 * when vmalloc() fails, 7.3 frees the memory later, in a workqueue.
 */
static pid_t start_loading(const char *file)
{
	pid_t pid = fork();

	if (pid == 0) {
		must(syscall(__NR_mlockall, MCL_CURRENT) == 0, "pages not locked: %s\n",
		     error_name(errno));
		wait_ms(100);
		exit(finit_module(open_made(file, O_RDONLY), "", COMPRESSED));
	}
	return pid;
}

static void fails_alone(const void *claim)
{
	const struct claim *c = claim;
	int status;
	pid_t pid;

	start_bystanders();
	pid = start_loading(c->file);
	must(waitpid(pid, &status, 0) == pid, "no process\n");
	if (!WIFEXITED(status))
		check(false, "the task that loads was killed\n");
	else
		check(WEXITSTATUS(status) == c->error, "%s, not %s\n",
		      error_name(WEXITSTATUS(status)), error_name(c->error));
	end_bystanders();
	log_is_silent();
}

static const char half[] = "/hostile/half";

/* The output is zeros, not a module: ENOEXEC means that it was decompressed. */
static void check_loaded(int status)
{
	check(WIFEXITED(status) && WEXITSTATUS(status) == ENOEXEC,
	      "not decompressed: status %x\n", status);
}

static long time_of_a_load(void)
{
	long began = now();
	int status;

	waitpid(start_loading(half), &status, 0);
	check_loaded(status);
	return now() - began;
}

static void stops_when_killed(const void *unused)
{
	long whole = time_of_a_load(), killed;
	int status;
	pid_t pid;

	pid = start_loading(half);
	wait_ms(100 + whole);	/* a tenth of it */
	check(waitpid(pid, &status, WNOHANG) == 0, "ended too early\n");
	killed = now();
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	killed = now() - killed;
	ksft_print_msg("a load takes %ld ms; killed, it took %ld ms more\n",
		       whole * 10, killed * 10);
	check(WIFSIGNALED(status), "was not killed\n");
	check(killed < whole / 4, "went on\n");
}

/* A task on the CPU of the load sleeps; it must get to run when its sleep ends. */
static void lets_others_run(const void *unused)
{
	long began = now(), before = began, longest = 0;
	unsigned long cpu = 1;
	int status;
	pid_t pid;

	must(syscall(__NR_sched_setaffinity, 0, sizeof(cpu), &cpu) == 0,
	     "not bound to a CPU: %s\n", error_name(errno));
	pid = start_loading(half);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		wait_ms(10);
		if (now() - before > longest)
			longest = now() - before;
		before = now();
	}
	check_loaded(status);
	ksft_print_msg("a load takes %ld ms; without the CPU for at most %ld ms\n",
		       (now() - began) * 10, longest * 10);
	check(longest < (now() - began) / 4, "did not let another task run\n");
}

/* Check that the free memory is what it was, give or take @some pages. */
static void nothing_is_lost(struct memory before, long some)
{
	struct memory after = settled_memory();
	long lost = before.free_low + before.free_high - after.free_low - after.free_high;

	check(lost < some, "%ld pages are lost\n", lost);
}

static void fails_without_addresses(const void *unused)
{
	struct memory before = settled_memory();
	int status;

	waitpid(start_loading(half), &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == ENOMEM, "not ENOMEM: status %x\n",
	      status);
	log_is_silent();
	nothing_is_lost(before, 200);
}

static void loads_afterwards(const void *module)
{
	const struct module *m = module;
	int error = load(m->file, COMPRESSED);

	check(error == 0, "%s: not loaded: %s\n", m->name, error_name(error));
	check(is_live(m->name), "%s: not Live in /proc/modules\n", m->name);
	check(unload(m->name) == 0, "%s: not unloaded\n", m->name);
}

static const struct test address_tests[] = {
	{ "half the output, without room for vmap(): fails, and loses no memory",
	  fails_without_addresses },
	{ "small: loads afterwards", loads_afterwards, &small },
};

/* Let the allocation with this number fail. Return false if there are not so many. */
static bool load_with_failure(const struct module *m, int number)
{
	int fd = open_made(path_of(m->file, COMPRESSED), O_RDONLY);
	int nth = open_made(FAIL_NTH, O_WRONLY), left = open_made(FAIL_NTH, O_RDONLY), error;
	const char *digits = itoa(number);
	char first;

	must(write(nth, digits, strlen(digits)) == (ssize_t)strlen(digits),
	     FAIL_NTH ": not written\n");
	error = finit_module(fd, "", COMPRESSED);
	/* What is left of the number: 0 if an allocation has failed */
	must(read(left, &first, 1) == 1, FAIL_NTH ": not read\n");
	write(nth, "0", 1);
	close(left);
	close(nth);
	close(fd);
	/* The check of the signature says that it rejects the key if it has no memory. */
	check(error == 0 || error == ENOMEM || error == EKEYREJECTED, "allocation %d: %s\n",
	      number, error_name(error));
	check(is_loaded(m->name) == !error, "allocation %d: %s, but%s loaded\n", number,
	      error_name(error), error ? "" : " not");
	must(error || unload(m->name) == 0, "not unloaded\n");
	return first == '0';
}

static void fails_at_each_allocation(const void *module)
{
	struct memory before;
	int number, i;

	tell("/sys/kernel/debug/failslab/verbose", "0");
	tell("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	tell("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	tell("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	tell("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	tell("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	before = settled_memory();
	/* A page that is lost with one of the allocations is seen only if it is lost often. */
	for (number = 1; load_with_failure(module, number); number++)
		for (i = 1; i < FAILURES; i++)
			load_with_failure(module, number);
	ksft_print_msg("%d allocations have failed\n", number - 1);
	check(number > 10, "too few\n");
	nothing_is_lost(before, FAILURES);
}

static const struct test tests[] = {
	{ "a long output: fails, and no task is killed", fails_alone, &long_output },
	{ "half the output: stops when its task is killed", stops_when_killed },
	{ "half the output: lets other tasks run", lets_others_run },
	{ "small: loads afterwards", loads_afterwards, &small },
};

/* With fault injection: FAULTS says that the kernel has it. */
static const struct test failure_tests[] = {
	{ "small, an allocation fails, each in turn: fails, and loses no memory",
	  fails_at_each_allocation, &small },
	{ "small: loads after that", loads_afterwards, &small },
};

/* Not for gzip: its header declares neither a dictionary nor a window. */
static const struct test window_tests[] = {
	{ "128 MiB in a header: fails, and no task is killed",
	  fails_alone, &window_of_128_mib },
	{ "3 GiB in a header: fails, and no task is killed",
	  fails_alone, &window_of_3_gib },
};

static void run_tests(const struct test *t, size_t n)
{
	while (n--)
		run_test(t++);
}

void load_with_little_memory(int argc, char **argv)
{
	size_t windows = exists(window_of_3_gib.file) ? ARRAY_SIZE(window_tests) : 0;
	size_t failures = getenv("FAULTS") ? ARRAY_SIZE(failure_tests) : 0;

	start(argc, argv, ARRAY_SIZE(tests) + windows + failures);
	run_tests(window_tests, windows);
	run_tests(tests, ARRAY_SIZE(tests));
	run_tests(failure_tests, failures);
	finish();
}

void load_with_few_addresses(int argc, char **argv)
{
	start(argc, argv, ARRAY_SIZE(address_tests));
	run_tests(address_tests, ARRAY_SIZE(address_tests));
	finish();
}
