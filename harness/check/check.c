// SPDX-License-Identifier: GPL-2.0
/*
 * module-decompress-check: will that kernel take these files as modules? Its decompress.c
 * and its decoders are in here: see kernel.h. The manual page beside this says how it is
 * called.
 *
 * Each file gets a process of its own, which may die of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../replay/report.h"
#include "kernel.h"
#include "kmod.h"
#include "stock.h"

/* What the guest of make replay has for a dictionary or a window: addresses, or memory */
#define MOST_MEMORY_32BIT	(320ul * MIB)
#define MOST_MEMORY_64BIT	(2048ul * MIB)

/* Of a processor's time; the largest file takes a few */
#define MOST_SECONDS	60

#define MOST_JOBS	1024

const char *const program = "module-decompress-check";

/**
 * struct options - what was asked for
 * @kconfig: the kernel's configuration, "any", or NULL for that of the running one
 * @json: file to write, "-" for stdout, or ""
 * @junit: file to write, or ""
 * @jobs: files at once
 * @quiet: nothing to be said of what is fine
 */
struct options {
	const char *kconfig;
	const char *json;
	const char *junit;
	long jobs;
	bool quiet;
};

/* BusyBox, for one, and a kmod without the format's library do not */
static const char left_to_kmod[] =
	"kmod has to decompress what is left to it: else it is an \"Invalid ELF header magic\"";

static struct kernel kernel;
/* Else it is any kernel with the decoder that the file wants */
static bool kernel_is_known;

/* The end, if what was printed is where it should be */
static void __attribute__((noreturn)) finish(int status)
{
	if (fflush(stdout) || ferror(stdout))
		die("stdout: cannot be written");
	exit(status);
}

static void __attribute__((noreturn)) usage(void)
{
	puts("usage: module-decompress-check [--kconfig=FILE|any] [--json[=FILE]]\n"
	     "       [--junit=FILE] [--quiet] [--jobs=N] [--files-from=FILE] [--] FILE ...");
	finish(0);
}

/* The bytes of a file, right before a page that cannot be read */
static unsigned char *read_to_guard_page(const struct file *file)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t room = (file->size / page + 1) * page;
	unsigned char *in = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *from;

	if (in == MAP_FAILED)
		die("%s: no memory", file->path);
	mprotect(in + room, page, PROT_NONE);
	from = map_file(file->path, file->target, file->size);
	memcpy(in + room - file->size, from, file->size);
	munmap(from, file->size + 1);
	return in + room - file->size;
}

static void look(void *context, const void *out, size_t len)
{
	struct file *file = context;

	digest(&file->out, out, len);
}

static void fault(void *context, const char *report)
{
	add_fault(context, report);
}

static void ask_kernel(struct file *file, const unsigned char *in)
{
	struct native_check check = {
		.format = formats[file->format].name,
		.in = in,
		.size = file->size,
		.most_memory = kernel.is_64bit ? MOST_MEMORY_64BIT : MOST_MEMORY_32BIT,
		.look = look,
		.fault = fault,
		.context = file,
	};
	enum native_check_result result;
	unsigned int id;

	for (id = 0; id < ARRAY_SIZE(kernel.has_bcj); id++)
		check.filters |= kernel.has_bcj[id] << id;
	file->asked = true;
	file->out.adler = 1;
	result = native_check(&check);
	if (result == NATIVE_CHECK_NO_MEMORY)
		die("%s: no memory", file->path);
	file->over = result != NATIVE_CHECK_ENDLESS;
	file->answered = result == NATIVE_CHECK_ANSWERED;
	file->error = check.ret;
	file->ns = check.ns;
	snprintf(file->said, sizeof(file->said), "%.*s",
		 (int)strcspn(check.said, "\n"), check.said);
	clean(file->said);
}

/* The decoder is not asked: the file is to be whole, and nothing else */
static void leave_to_kmod(struct answer *answer, const struct file *file)
{
	answer->verdict = file->tool_failed ? REFUSED : LEFT;
	if (!file->tool_failed)
		return;
	snprintf(answer->why, sizeof(answer->why), "it is damaged: %s says \"%s\"",
		 formats[file->format].tool, file->tool_says);
	snprintf(answer->advice, sizeof(answer->advice), "get the file anew");
}

static void ask(struct file *file, struct answer *answer)
{
	unsigned char *in = read_to_guard_page(file);
	struct rlimit limit;

	getrlimit(RLIMIT_CPU, &limit);
	if (limit.rlim_cur > MOST_SECONDS)
		limit.rlim_cur = MOST_SECONDS;
	setrlimit(RLIMIT_CPU, &limit);
	if (!kernel_is_known || kernel.decoder == file->format)
		ask_kernel(file, in);
	ask_stock(file, in);
	if (file->asked)
		judge(answer, file, in, &kernel);
	else
		leave_to_kmod(answer, file);
}

/* A process that was not to die has died; a kill has come from somebody else */
static void give_up(const struct file *file, struct answer *answer, int signal)
{
	bool in_kernel = file->asked && !file->over && signal != SIGKILL;

	answer->verdict = in_kernel ? WRONG : NO_ANSWER;
	snprintf(answer->why, sizeof(answer->why),
		 in_kernel ? "the kernel did not come back from it: %s" :
		 "what looks into it is dead: %s", strsignal(signal));
	answer->advice[0] = '\0';
}

/* One that could not look into its file, and has said why, ends it all */
static void __attribute__((noreturn)) stop_all(const pid_t *pids, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (pids[i])
			kill(pids[i], SIGKILL);
	exit(2);
}

/* As many at once as there are to be, each with a process of its own */
static void ask_all(struct answer *answers, unsigned int jobs)
{
	pid_t *pids = calloc(nr_files, sizeof(*pids));
	unsigned int next = 0, ended = 0, i;
	int status;
	pid_t pid;

	if (!pids)
		die("no memory");
	while (ended < nr_files) {
		while (next < nr_files && next - ended < jobs) {
			pid = fork();
			if (pid < 0)
				die("no process: %s", strerror(errno));
			if (!pid) {
				ask(&files[next], &answers[next]);
				_exit(0);
			}
			pids[next++] = pid;
		}
		pid = wait(&status);
		if (pid < 0)
			die("a process is lost: %s", strerror(errno));
		for (i = 0; i < next && pids[i] != pid; i++)
			;
		/* Who calls it by exec() may have had children of his own */
		if (i == next)
			continue;
		ended++;
		pids[i] = 0;
		if (WIFSIGNALED(status))
			give_up(&files[i], &answers[i], WTERMSIG(status));
		else if (WEXITSTATUS(status))
			stop_all(pids, next);
	}
	free(pids);
}

/* What the processes write is to be seen here */
static void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		die("no memory");
	return p;
}

static bool is_readable(const char *path)
{
	return !access(path, R_OK);
}

/* Where the configuration of the kernel that runs may be; NULL if it is not there */
static const char *running_config(void)
{
	static const char *const places[] = { "/boot/config-%s", "/lib/modules/%s/config" };
	static char path[sizeof(struct utsname)];
	struct utsname name;
	unsigned int i;

	uname(&name);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), places[i], name.release);
		if (is_readable(path))
			return path;
	}
	return is_readable("/proc/config.gz") ? "/proc/config.gz" : NULL;
}

/* What is asked: in words */
static const char *read_kconfig(const char *kconfig)
{
	static const char *const build = KERNEL_NAME;
	const char *decoder;
	char *words;

	if (!kconfig)
		kconfig = running_config();
	if (!kconfig || !strcmp(kconfig, "any")) {
		kernel.is_64bit = true;
		memset(kernel.has_bcj, true, sizeof(kernel.has_bcj));
		return build;
	}
	if (read_kernel_config(&kernel, kconfig))
		die("%s: %s", kconfig,
		    errno ? strerror(errno) : "no configuration of a kernel");
	kernel_is_known = true;
	decoder = kernel.decoder == NO_FORMAT ? "does not decompress modules" :
		  formats[kernel.decoder].name;
	if (asprintf(&words, "%s, configured as %s in %s: %s", build,
		     kernel.version[0] ? kernel.version : "the kernel",
		     printable(kconfig), decoder) < 0)
		die("no memory");
	return words;
}

static void add_from_file(const char *path)
{
	FILE *names = strcmp(path, "-") ? open_file(path, "r") : stdin;

	add_from(names);
}

static void parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "kconfig", required_argument, NULL, 'k' },
		{ "json", optional_argument, NULL, 'j' },
		{ "junit", required_argument, NULL, 'u' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "jobs", required_argument, NULL, 'n' },
		{ "files-from", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ }
	};
	char versions[160], *end;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "qh", known, NULL)) != -1) {
		switch (c) {
		case 'k':
			options->kconfig = optarg;
			break;
		case 'j':
			options->json = optarg ? optarg : "-";
			break;
		case 'u':
			options->junit = optarg;
			break;
		case 'q':
			options->quiet = true;
			break;
		case 'n':
			options->jobs = strtol(optarg, &end, 10);
			if (*end || options->jobs < 1 || options->jobs > MOST_JOBS)
				die("--jobs=%s: not a number from 1 to %d", optarg,
				    MOST_JOBS);
			break;
		case 'f':
			add_from_file(optarg);
			break;
		case 'h':
			usage();
		case 'v':
			stock_versions(versions, sizeof(versions));
			printf("%s: %s; %s\n", program, KERNEL_NAME, versions);
			finish(0);
		default:
			die("%s: no such option, or not with that; --help names them",
			    argv[optind - 1]);
		}
	}
	for (; optind < argc; optind++)
		add_argument(argv[optind]);
	if (!nr_files)
		die("which files? --help names all options");
}

/* What is written is neither read nor written by another way */
static void own_file(FILE *file, FILE *other)
{
	struct stat st, is;
	unsigned int i;

	if (!file || fstat(fileno(file), &st) || !S_ISREG(st.st_mode))
		return;
	if (other && !fstat(fileno(other), &is) && is.st_ino == st.st_ino &&
	    is.st_dev == st.st_dev)
		die("--json and --junit: not both into one file");
	for (i = 0; i < nr_files; i++)
		if (!stat(files[i].path, &is) && is.st_ino == st.st_ino &&
		    is.st_dev == st.st_dev)
			die("%s: what is looked into is not written", files[i].path);
}

/* Opened to be added to, until it is known to be none of the files */
static FILE *open_output(const char *path)
{
	return *path ? open_file(path, "a") : NULL;
}

static FILE *emptied(FILE *file, const char *path)
{
	if (file && !freopen(path, "w", file))
		die("%s: %s", path, strerror(errno));
	return file;
}

int main(int argc, char **argv)
{
	struct options options = {
		.json = "", .junit = "", .jobs = sysconf(_SC_NPROCESSORS_ONLN),
	};
	struct asked asked = {
		.command = program,
		.left = left_to_kmod,
	};
	FILE *json = NULL, *junit;
	struct answer *answers;
	char versions[160];
	unsigned int i;
	int fd, status;

	/* Whoever calls it: children are waited for, and no file is taken for stdout */
	signal(SIGCHLD, SIG_DFL);
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 3);
	parse(&options, argc, argv);
	asked.kernel = read_kconfig(options.kconfig);
	stock_versions(versions, sizeof(versions));
	asked.judges = versions;
	asked.rows = options.quiet ? BAD_ROWS : ALL_ROWS;
	if (!strcmp(options.json, "-"))
		asked.rows = NO_TEXT;
	else
		json = open_output(options.json);
	junit = open_output(options.junit);
	own_file(json, junit);
	own_file(junit, NULL);

	files = memcpy(shared(nr_files * sizeof(*files)), files,
		       nr_files * sizeof(*files));
	answers = shared(nr_files * sizeof(*answers));
	ask_all(answers, options.jobs);
	for (i = 0; i < nr_files; i++)
		add_kmod(&answers[i], &files[i], &kernel, kernel_is_known);

	json = asked.rows == NO_TEXT ? stdout : emptied(json, options.json);
	status = report(&asked, answers, json, emptied(junit, options.junit));
	if (json != stdout)
		close_written(json, options.json);
	close_written(junit, options.junit);
	finish(status);
}
