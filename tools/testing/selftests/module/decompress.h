/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the cases of decompress.c are made with: files, modules, what the kernel
 * says of itself, and how a case is run.
 */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

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

/* Is this init, with the machine all to itself? */
static bool alone;
static const char *directory;
/* What the names of compressed modules end in */
static const char *suffix;
/* This program */
static const char *self;

/* Of the case that runs, in a process of its own */
static bool failed;
/* Not a word on why it is skipped */
static bool quiet;

#define check(condition, ...) do {				\
	if (!(condition)) {					\
		ksft_print_msg(__VA_ARGS__);			\
		failed = true;					\
	}							\
} while (0)

#define skip(...) do {						\
	if (!quiet)						\
		ksft_print_msg("skipped: " __VA_ARGS__);	\
	exit(KSFT_SKIP);					\
} while (0)

/* Text */

static char *join(char *path, const char *a, const char *b, const char *c)
{
	path[0] = '\0';
	strlcat(path, a, PATH_SIZE);
	strlcat(path, b, PATH_SIZE);
	strlcat(path, c, PATH_SIZE);
	return path;
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool contains(const char *s, const char *what)
{
	for (; *s; s++)
		if (begins(s, what))
			return true;
	return false;
}

static bool is_word(char c)
{
	return c && c != ' ' && c != ',' && c != '\n';
}

/* Cuts the text behind its first word, and goes on there. */
static char *next_word(char **text)
{
	char *word = *text, *end;

	while (*word && !is_word(*word))
		word++;
	for (end = word; is_word(*end); end++)
		;
	*text = *end ? end + 1 : end;
	*end = '\0';
	return *word ? word : NULL;
}

/* Files */

/* What is in a file, and a zero byte; NULL if there is none. */
static char *contents(const char *path, size_t *size)
{
	size_t room = 1 << 16, used = 0;
	char *buf = malloc(room);
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0 || !buf)
		return NULL;
	while ((n = read(fd, buf + used, room - used - 1)) > 0) {
		used += n;
		if (used + 1 < room)
			continue;
		room *= 2;
		buf = realloc(buf, room);
		if (!buf)
			return NULL;
	}
	close(fd);
	if (n < 0) {
		free(buf);
		return NULL;
	}
	buf[used] = '\0';
	if (size)
		*size = used;
	return buf;
}

static bool put(const char *path, const void *buf, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, buf, size) == (ssize_t)size;
	close(fd);
	return done;
}

static bool put_string(const char *path, const char *s)
{
	return put(path, s, strlen(s));
}

/* Is that its first line? */
static bool holds(const char *path, const char *line)
{
	char *text = contents(path, NULL);
	bool it_does = text && begins(text, line) &&
		(!text[strlen(line)] || text[strlen(line)] == '\n');

	free(text);
	return it_does;
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long)st.st_size;
}

static void copy_to(const char *path, const char *from)
{
	size_t size;
	char *buf = contents(from, &size);

	if (buf)
		put(path, buf, size);
	free(buf);
}

/* Whoever starts this as init is to bring everything along. */
static void not_there(const char *path)
{
	if (!alone)
		skip("no %s\n", path);
	ksft_print_msg("no %s\n", path);
	exit(KSFT_FAIL);
}

static int open_it(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		not_there(path);
	return fd;
}

/* "x.ko" is x.ko.gz, say, or test/plain/x.ko. */
static const char *path_of(const char *file, int flags)
{
	static char path[PATH_SIZE];

	if (flags == COMPRESSED) {
		join(path, directory, "/", file);
		strlcat(path, suffix, sizeof(path));
	} else {
		join(path, directory, "/test/plain/", file);
	}
	return path;
}

static char *compressed_file(const struct module *m, size_t *size)
{
	const char *path = path_of(m->file, COMPRESSED);
	char *buf = contents(path, size);

	if (!buf)
		not_there(path);
	return buf;
}

/* A file that has these bytes, but no name, open for reading */
static int file_of(const void *buf, size_t size)
{
	int fd;

	put(TMP "/file", buf, size);
	fd = open(TMP "/file", O_RDONLY);
	unlink(TMP "/file");
	return fd;
}

/* Modules */

static const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
		{ 0, "success" }, { EPERM, "EPERM" }, { ENOENT, "ENOENT" },
		{ ENOEXEC, "ENOEXEC" }, { EBADF, "EBADF" },
		{ EIO, "EIO" }, { EAGAIN, "EAGAIN" }, { ENOMEM, "ENOMEM" },
		{ EFAULT, "EFAULT" }, { EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" }, { EINVAL, "EINVAL" },
		{ ETXTBSY, "ETXTBSY" }, { ENOPKG, "ENOPKG" },
		{ EBADMSG, "EBADMSG" }, { ENOKEY, "ENOKEY" },
		{ EKEYREJECTED, "EKEYREJECTED" },
	};
	static char number[PATH_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].error == error)
			return names[i].name;
	return join(number, "errno ", itoa(error), "");
}

static int finit_module(int fd, const char *params, int flags)
{
	if (flags == NOT_COMPRESSED)
		flags = 0;
	return syscall(__NR_finit_module, fd, params, flags) ? errno : 0;
}

static int load(const char *file, int flags)
{
	int fd, error;

	fd = open(path_of(file, flags), O_RDONLY);
	if (fd < 0)
		return errno;
	error = finit_module(fd, "", flags);
	close(fd);
	return error;
}

static void wait_ms(int ms)
{
	if (poll(NULL, 0, ms))
		ksft_print_msg("this kernel does not wait\n");
}

/* Whoever has just used it may not quite have let go of it. */
static int unload(const char *name)
{
	int i;

	for (i = 0; syscall(__NR_delete_module, name, O_NONBLOCK); i++) {
		if (errno != EAGAIN || i == 100)
			return errno;
		wait_ms(10);
	}
	return 0;
}

/* Its line in /proc/modules ends in "Live 0x...". */
static bool in_proc_modules(const char *name, const char *state)
{
	char *modules = contents("/proc/modules", NULL);
	bool found = false;
	char *line, *end;

	for (line = modules; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end = '\0';
		if (begins(line, name) && line[strlen(name)] == ' ')
			found = !state || contains(line, state);
	}
	free(modules);
	return found;
}

static bool is_loaded(const char *name)
{
	return in_proc_modules(name, NULL);
}

static bool is_live(const char *name)
{
	return in_proc_modules(name, " Live ");
}

/* Skips a module that is not there, or that the system has loaded. */
static void get_ready(const struct module *m, int flags)
{
	if (!exists(path_of(m->file, flags)))
		not_there(path_of(m->file, flags));
	if (is_loaded(m->name))
		skip("%s is loaded\n", m->name);
	if (m->needs && !is_loaded(m->needs))
		check(load(m->needs_file, flags) == 0, "%s: not loaded\n",
		      m->needs);
}

static void put_back(const struct module *m)
{
	if (m->needs && is_loaded(m->needs))
		unload(m->needs);
}

static bool signatures_are_enforced(void)
{
	return holds(SIG_ENFORCE, "Y");
}

/* Processes */

static void drop_privileges(void)
{
#ifdef __NR_setuid32
	syscall(__NR_setuid32, 65534);
#else
	syscall(__NR_setuid, 65534);
#endif
}

/* The exit status, or -1 */
static int run(const char *program, const char *a, const char *b)
{
	const char *const argv[4] = { program, a, b };
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		execve(program, (char *const *)argv, environ);
		exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* What the kernel says of itself */

/* In pages, low and high, as /proc/zoneinfo has it */
struct memory {
	/*
	 * With those that are kept for each CPU, and those of the slab caches,
	 * which come and go: what leaks from these is for kmemleak to see.
	 */
	long free_low, free_high;
	long high;
};

static struct memory count_memory(void)
{
	char *zones = contents("/proc/zoneinfo", NULL);
	char *text = zones, *word, *last = "";
	struct memory m = { };
	bool high = false;

	while ((word = next_word(&text))) {
		if (strcmp(last, "zone") == 0)
			high = strcmp(word, "HighMem") == 0;
		else if (strcmp(last, "free") == 0 || strcmp(last, "count:") == 0)
			*(high ? &m.free_high : &m.free_low) += atol(word);
		else if (begins(last, "nr_slab_"))
			m.free_low += atol(word);
		else if (strcmp(last, "managed") == 0 && high)
			m.high += atol(word);
		last = word;
	}
	free(zones);
	return m;
}

/*
 * With caches dropped; RCU, work queues and the other CPU may still be about to
 * free more, so the most that is seen in a second counts.
 */
static struct memory settled_memory(void)
{
	struct memory most = { }, m;
	int i;

	for (i = 0; i < 5; i++) {
		wait_ms(200);
		put_string("/proc/sys/vm/drop_caches", "3");
		free(contents("/proc/sys/vm/stat_refresh", NULL));
		m = count_memory();
		if (m.free_low > most.free_low)
			most.free_low = m.free_low;
		if (m.free_high > most.free_high)
			most.free_high = m.free_high;
	}
	return most;
}

static long taint(void)
{
	char *number = contents("/proc/sys/kernel/tainted", NULL);
	long value = number ? atol(number) : 0;

	free(number);
	return value;
}

/* Of the kernel's log, what is new */
static int kmsg = -1;

static const char *next_message(void)
{
	static char record[2048];
	char *text, *end;
	ssize_t n;

	/* EPIPE is for what was overwritten meanwhile: the next is there. */
	do {
		n = read(kmsg, record, sizeof(record) - 1);
	} while (n < 0 && errno == EPIPE);
	if (n <= 0)
		return NULL;
	record[n] = '\0';
	text = strchr(record, ';');
	if (!text)
		return "";
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	return text + 1;
}

static void open_kmsg(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	lseek(kmsg, 0, SEEK_END);
}

/* Shows the warnings, and says how many there are. */
static int warnings(void)
{
	static const char *const signs[] = {
		"WARNING", "DEBUG_LOCKS_WARN_ON", "BUG", "Oops", "stall",
	};
	const char *message;
	int found = 0;
	size_t i;

	while ((message = next_message())) {
		for (i = 0; i < ARRAY_SIZE(signs); i++) {
			if (!contains(message, signs[i]))
				continue;
			ksft_print_msg("kernel: %s\n", message);
			found++;
			break;
		}
	}
	return found;
}

/* Only what is older than five seconds and was seen twice is reported. */
static char *kmemleak_report(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		put_string(KMEMLEAK, "scan");
		wait_ms(3000);
	}
	return contents(KMEMLEAK, NULL);
}

/* How it is run */

static void become_init(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir(TMP, 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	/* Nothing is loaded unless a case does it. */
	put_string(MODPROBE, "\n");
	/* Most of what it takes to unload is to wait for RCU. */
	put_string("/sys/kernel/rcu_expedited", "1");
	/* Whoever was at the console before may not have ended a line. */
	printf("\n");
}

static void start(int argc, char **argv)
{
	static const char *const suffixes[][2] = {
		{ "gzip", ".gz" }, { "xz", ".xz" }, { "zstd", ".zst" },
	};
	static char path[PATH_SIZE];
	struct utsname uts;
	size_t i;

	alone = getpid() == 1;
	if (alone)
		become_init();
	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("only root may load modules\n");
	for (i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (holds("/sys/module/compression", suffixes[i][0]))
			suffix = suffixes[i][1];
	if (!suffix)
		ksft_exit_skip("this kernel does not decompress modules\n");

	self = argv[0];
	uname(&uts);
	directory = join(path, "/lib/modules/", uts.release, "");
	if (argc > 1 && !alone)
		directory = argv[1];
	open_kmsg();

	/* Programs that the kernel starts, as modprobe, see what init sees. */
	if (!alone) {
		syscall(__NR_unshare, CLONE_NEWNS);
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	}
	mount("scratch", TMP, "ramfs", 0, NULL);
}

/*
 * In a process of its own: what a bug leaves behind in the one that met it does
 * not get any further, and neither does one that is killed.
 */
static void run_test(const struct test *test)
{
	int status, code = KSFT_FAIL;
	long tainted = taint();
	pid_t pid;

	/* What is said only once is to be said for each. */
	if (alone)
		put_string("/sys/kernel/debug/clear_warn_once", "1");
	pid = fork();
	if (pid == 0) {
		test->run(test->arg);
		exit(failed ? KSFT_FAIL : KSFT_PASS);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		code = WEXITSTATUS(status);
	else
		ksft_print_msg("killed by signal %d\n", status & 127);
	if (warnings() || taint() != tainted) {
		ksft_print_msg("the kernel has warned; tainted: %ld\n",
			       taint());
		code = KSFT_FAIL;
	}
	ksft_test_result_code(code, test->name, NULL);
}

static __noreturn void finish(void)
{
	if (!alone)
		ksft_finished();
	ksft_print_cnts();
	reboot(LINUX_REBOOT_CMD_RESTART);
	exit(KSFT_FAIL);
}

#endif /* DECOMPRESS_H */
