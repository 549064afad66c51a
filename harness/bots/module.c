// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's init in module.sh: loads the suite as a module, prints what each of
 * its suites has to say in debugfs, unloads it, and does so again.
 *
 * Arguments: how often; how often in a few cases only, to see what memory that takes;
 * how often while others are busy; and the suites. All that it prints stands below a
 * line of its own that begins with "=== ". END is how it asks to be ended.
 */
#define DEBUGFS	"/debug/kunit/"
#define FILTER	"/sys/module/kunit/parameters/filter_glob"

/* Cases of all suites but two that have none for a module, and none that takes long */
#define FEW	"module_decompress*.[aesx]*"

/* As in kernel/module/internal.h, and the man pages */
#define MODULE_INIT_COMPRESSED_FILE	4
#define SYSLOG_ACTION_READ_CLEAR	4

static char text[1 << 21];

/* What others do meanwhile, none of which is anything to the suite */
static void allocate(void)
{
	size_t size = 1 << 23, i;
	char *memory;

	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return;
	for (i = 0; i < size; i += 4096)
		memory[i] = 1;
	munmap(memory, size);
}

static int load(const char *path, int flags)
{
	int fd = open(path, O_RDONLY), ret = -ENOENT;

	if (fd >= 0) {
		ret = syscall(__NR_finit_module, fd, "", flags) ? -errno : 0;
		close(fd);
	}
	return ret;
}

static int unload(const char *name)
{
	return syscall(__NR_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* The kernel's own module_decompress() takes the one, and logs why not the other */
static void load_others(void)
{
	load("/other.ko.gz", MODULE_INIT_COMPRESSED_FILE);
	unload("xz_dec_test");
	load("/init", MODULE_INIT_COMPRESSED_FILE);
}

/* Anybody who is root may write this, and no task is to blame */
static void talk(void)
{
	static const char *const lines[] = {
		"WARNING: CPU: 0 PID: 1 at nowhere.c:1 nothing+0x0/0x1\n",
		"WARNING: possible circular locking dependency detected\n",
		"BUG: unable to handle page fault for address: 00000000\n",
		"Oops: said by a program\n",
		"decompression failed, said by a program\n",
	};
	int fd = open("/dev/kmsg", O_WRONLY);
	unsigned int i;

	for (i = 0; fd >= 0 && i < sizeof(lines) / sizeof(*lines); i++)
		write(fd, lines[i], strlen(lines[i]));
	close(fd);
}

static void (*const others[])(void) = { allocate, load_others, talk };

#define OTHERS	(sizeof(others) / sizeof(*others))

static pid_t busy[OTHERS];

static void begin_busy(void)
{
	unsigned int i;

	for (i = 0; i < OTHERS; i++) {
		busy[i] = fork();
		while (!busy[i]) {
			others[i]();
			poll(NULL, 0, 20);
		}
	}
}

static void end_busy(void)
{
	unsigned int i;

	for (i = 0; i < OTHERS; i++) {
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
	unload("xz_dec_test");
}

static char *path_of(const char *suite, const char *file)
{
	static char path[256];

	path[0] = '\0';
	strlcat(path, DEBUGFS, sizeof(path));
	strlcat(path, suite, sizeof(path));
	strlcat(path, file, sizeof(path));
	return path;
}

/* All of a file, as a string in text[] */
static size_t read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += n;
	close(fd);
	text[size] = '\0';
	return size;
}

static void print_results(const char *suite)
{
	size_t size = read_file(path_of(suite, "/results"));

	printf("=== results %s\n", suite);
	write(1, text, size);
}

static void print_log(void)
{
	ssize_t n = syscall(__NR_syslog, SYSLOG_ACTION_READ_CLEAR, text,
			    sizeof(text));

	printf("=== log\n");
	if (n > 0)
		write(1, text, n);
}

static void print_taint(void)
{
	size_t size = read_file("/proc/sys/kernel/tainted");

	printf("=== tainted ");
	write(1, text, size);
}

static long number_after(const char *line, const char *word)
{
	while (*line == ' ')
		line++;
	if (strncmp(line, word, strlen(word)))
		return 0;
	line += strlen(word);
	while (*line == ' ')
		line++;
	return atol(line);
}

static void complain(const char *what, int ret)
{
	printf("=== error %s: errno %d\n", what, -ret);
}

static void write_file(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY);

	if (write(fd, what, strlen(what)) < 0)
		complain(path, -errno);
	close(fd);
}

/*
 * Pages, with those that each CPU keeps for itself: of these there may be thousands. Of
 * what it took and gave back, each CPU keeps an account, too, and is asked for it. What
 * the kernel keeps only for as long as nobody wants it does not count.
 */
static long free_memory(void)
{
	const char *line = text;
	long pages = 0;

	write_file("/proc/sys/vm/drop_caches", "3");
	read_file("/proc/sys/vm/stat_refresh");
	read_file("/proc/zoneinfo");
	while (line) {
		pages += number_after(line, "pages free");
		pages += number_after(line, "count:");
		line = strchr(line, '\n');
		line += !!line;
	}
	return pages;
}

static int with_kunit;

static void load_suite(const char *filter)
{
	int ret = load("/kunit.ko", 0);

	with_kunit = !ret;
	if (ret && ret != -ENOENT)
		complain("loading kunit", ret);
	write_file(FILTER, filter);
	ret = load("/suite.ko", 0);
	if (ret)
		complain("loading the suite", ret);
}

static void unload_suite(char **suites)
{
	int ret = unload("module_decompress_kunit");

	if (ret)
		complain("unloading the suite", ret);
	for (; *suites; suites++)
		if (open(path_of(*suites, "/results"), O_RDONLY) >= 0)
			complain("debugfs still has the suite", 0);
	ret = with_kunit ? unload("kunit") : 0;
	if (ret)
		complain("unloading kunit", ret);
}

static void one_round(char **suites)
{
	char **suite;

	load_suite("*");
	for (suite = suites; *suite; suite++)
		print_results(*suite);
	unload_suite(suites);
	print_log();
}

static long free_after_loads(char **suites, int loads)
{
	while (loads--) {
		load_suite(FEW);
		unload_suite(suites);
	}
	return free_memory();
}

/*
 * What settles the first time is not lost, and half a page of each load may be others'.
 * A leak is there each time.
 */
static void look_for_leaks(char **suites, int loads)
{
	long before, after = free_after_loads(suites, loads);
	int i;

	printf("=== leaks\n");
	for (i = 0; i < 3; i++) {
		before = after;
		after = free_after_loads(suites, loads);
		printf("=== free %d %d\n", (int)before, (int)after);
		if (before - after < loads / 2)
			break;
	}
	printf("=== %s\n", i < 3 ? "no leak" : "leak");
	print_log();
}

int main(int argc, char **argv)
{
	int rounds = atoi(argv[1]), busy_rounds = atoi(argv[3]), i;
	char **suites = argv + 4;

	mkdir("/debug", 0755);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("none", "/debug", "debugfs", 0, NULL);
	mount("none", "/proc", "proc", 0, NULL);
	mount("none", "/sys", "sysfs", 0, NULL);

	/* What the kernel has said up to here is not of the suite */
	print_log();
	print_taint();
	for (i = 1; i <= rounds; i++) {
		printf("=== round %d\n", i);
		one_round(suites);
	}
	look_for_leaks(suites, atoi(argv[2]));
	for (; i <= rounds + busy_rounds; i++) {
		printf("=== round %d\n", i);
		begin_busy();
		one_round(suites);
		end_busy();
	}
	print_taint();
	printf("=== done\n");
	/* What a serial line has not sent by then is lost. */
	ioctl(1, TCSBRK, (void *)1);
	reboot(END);
	return 1;
}
