// SPDX-License-Identifier: GPL-2.0
/*
 * Load the suite as a module, print the results of its KUnit suites from debugfs, unload it,
 * and repeat.
 *
 * Arguments: the number of rounds; the number of loads with only a few cases, to find leaks of
 * memory; the number of rounds while other programs are busy; and the names of the KUnit
 * suites. A line that begins with "=== " heads each part of the output.
 */
#include <linux/mman.h>

#include "guest.h"

#define DEBUGFS	"/sys/kernel/debug/kunit/"
#define FILTER	"/sys/module/kunit/parameters/filter_glob"
#define TAINTED	"/proc/sys/kernel/tainted"

/*
 * Short cases of all KUnit suites, except of two: these have no cases when the suite is a module
 */
#define FEW	"module_decompress*.[aesx]*"

/* See syslog(2) */
#define SYSLOG_ACTION_READ_CLEAR	4

/* The names of the suites, up to a NULL */
static char **suites;

/* Load on the machine while the suite runs */
static void allocate(void)
{
	size_t size = 1 << 23;
	char *memory;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return;
	memset(memory, 1, size);
	munmap(memory, size);
}

/* The kernel's own module_decompress() accepts the first file; it refuses /init with a message */
static void load_others(void)
{
	load_path("/other.ko.gz", COMPRESSED);
	unload("xz_dec_test");
	load_path("/init", COMPRESSED);
}

/* Lines that look like reports of the kernel: any program of root may write them to the log */
static void talk(void)
{
	static const char *const lines[] = {
		"WARNING: CPU: 0 PID: 1 at nowhere.c:1 nothing+0x0/0x1\n",
		"WARNING: possible circular locking dependency detected\n",
		"BUG: unable to handle page fault for address: 00000000\n",
		"Oops: said by a program\n",
		"decompression failed, said by a program\n",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		tell("/dev/kmsg", lines[i]);
}

static void (*const others[])(void) = { allocate, load_others, talk };

static pid_t busy[ARRAY_SIZE(others)];

static void begin_busy(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		busy[i] = fork();
		while (!busy[i]) {
			others[i]();
			wait_ms(20);
		}
	}
}

static void end_busy(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
	unload("xz_dec_test");
}

static void complain(const char *what, int error)
{
	printf("=== error %s: %s\n", what, error_name(error));
}

static void print_file(const char *path)
{
	size_t size;
	char *text = contents(path, &size);

	if (text)
		write(1, text, size);
	free(text);
}

static void print_results(const char *name)
{
	char path[PATH_SIZE];

	printf("=== results %s\n", name);
	print_file(join(path, DEBUGFS, name, "/results"));
}

static void print_log(void)
{
	static char text[1 << 21];
	ssize_t n = syscall(__NR_syslog, SYSLOG_ACTION_READ_CLEAR, text, sizeof(text));

	printf("=== log\n");
	if (n > 0)
		write(1, text, n);
}

static void print_taint(void)
{
	printf("=== tainted ");
	print_file(TAINTED);
}

/*
 * Free memory. Caches that the kernel drops on demand count as free; each CPU adds its pending
 * changes to the totals first.
 */
static long free_memory(void)
{
	struct memory m;

	tell("/proc/sys/vm/drop_caches", "3");
	free(contents("/proc/sys/vm/stat_refresh", NULL));
	m = count_memory();
	return m.free_low - m.slab + m.free_high;
}

static bool with_kunit;

static void load_suite(const char *filter)
{
	int error = load_path("/kunit.ko", NOT_COMPRESSED);

	with_kunit = !error;
	if (error && error != ENOENT)
		complain("loading kunit", error);
	if (!tell(FILTER, filter))
		complain(FILTER, errno);
	error = load_path("/suite.ko", NOT_COMPRESSED);
	if (error)
		complain("loading the suite", error);
}

static void unload_suite(void)
{
	int error = unload("module_decompress_kunit");
	char path[PATH_SIZE], **name;

	if (error)
		complain("unloading the suite", error);
	for (name = suites; *name; name++)
		if (exists(join(path, DEBUGFS, *name, "/results")))
			complain("debugfs still has the suite", 0);
	error = with_kunit ? unload("kunit") : 0;
	if (error)
		complain("unloading kunit", error);
}

static void one_round(int number)
{
	char **name;

	printf("=== round %d\n", number);
	load_suite("*");
	for (name = suites; *name; name++)
		print_results(*name);
	unload_suite();
	print_log();
}

static long free_after_loads(int loads)
{
	while (loads--) {
		load_suite(FEW);
		unload_suite();
	}
	return free_memory();
}

/*
 * Memory that the kernel takes once and keeps is no leak, and other tasks may take some, up to
 * half a page per load. A leak is seen in each of three comparisons.
 */
static void look_for_leaks(int loads)
{
	long before, after = free_after_loads(loads);
	int i;

	printf("=== leaks\n");
	for (i = 0; i < 3; i++) {
		before = after;
		after = free_after_loads(loads);
		printf("=== free %d %d\n", (int)before, (int)after);
		if (before - after < loads / 2)
			break;
	}
	printf("=== %s\n", i < 3 ? "no leak" : "leak");
	print_log();
}

void load_the_suite(int argc, char **argv)
{
	int rounds, busy_rounds, i;

	become_init();
	/* The kernel passes words that it does not know first, such as noreboot of UML. */
	for (; argc > 1 && !atoi(argv[1]); argc--)
		argv++;
	must(argc > 4, "which rounds and suites?\n");
	rounds = atoi(argv[1]);
	busy_rounds = atoi(argv[3]);
	suites = argv + 4;

	/* Separate the messages of the boot from those of the suite */
	print_log();
	print_taint();
	for (i = 1; i <= rounds; i++)
		one_round(i);
	look_for_leaks(atoi(argv[2]));
	for (; i <= rounds + busy_rounds; i++) {
		begin_busy();
		one_round(i);
		end_busy();
	}
	print_taint();
	printf("=== done\n");
	finish();
}
