// SPDX-License-Identifier: GPL-2.0
/*
 * module-decompress-check: would a kernel, and its kmod, load these files as modules? The
 * kernel's decompress.c and its decoders are in here: see native_check.h. The manual page beside
 * this says how it is called.
 *
 * Each file gets a process of its own, which may die of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "json_xml.h"
#include "check.h"
#include "native_check.h"
#include "stock.h"

/* What the guest of make replay has for a dictionary or a window: addresses, or memory */
#define MOST_MEMORY_32BIT	(320ul * MIB)
#define MOST_MEMORY_64BIT	(2048ul * MIB)

/* Of a processor's time; the largest file takes a few */
#define MOST_SECONDS	60

#define MOST_JOBS	1024

/* Page frames, and views of them: see NR_PAGES in native_check.mk */
#define ADDRESSES	(6ul << 30)

const char *const program = "module-decompress-check";

/* The end, if what was printed is where it should be */
static void __attribute__((noreturn)) finish(int status)
{
	if (fflush(stdout) || ferror(stdout))
		die("stdout: cannot be written");
	exit(status);
}

static void __attribute__((noreturn)) usage(void)
{
	puts("usage: module-decompress-check [OPTION ...] [--] FILE ...\n"
	     "\n"
	     "Check whether a kernel and its kmod would load these files as modules. A FILE is\n"
	     "a module (.ko, .ko.gz, .ko.xz, .ko.zst) or a directory of them.\n"
	     "\n"
	     "  --kconfig=FILE     the configuration of the kernel that is to load them; without\n"
	     "                     it, that of the release in the path, or else any\n"
	     "  --kconfig=any      any 64-bit kernel with the decoder that the file needs\n"
	     "  --kmod=VERSION     the kmod that reads them: 30, 34, or none; as Debian builds it,\n"
	     "                     without zlib, or with it: 34+ZLIB\n"
	     "  --json[=FILE]      write the answers as JSON, to stdout in place of the text\n"
	     "  --junit=FILE       write the answers as JUnit XML\n"
	     "  -q, --quiet        print nothing if all files would load\n"
	     "  -v, --verbose      print a line for each file\n"
	     "  --jobs=N           check N files at once\n"
	     "  --files-from=FILE  read names from FILE, each ended by a NUL; - is stdin\n"
	     "  -h, --help         print this\n"
	     "  --version          print the versions of this program, of the kernel's code and\n"
	     "                     of the libraries in it\n"
	     "\n"
	     "Exit status: 0 all files would load, 1 some would not, 2 some have no answer.");
	finish(0);
}

/* No answer, whatever else is known of the file */
static void __attribute__((format(printf, 3, 4)))
no_answer(struct result *result, const char *id, const char *fmt, ...)
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

/* The bytes of a file, right before a page that cannot be read; NULL with errno */
static unsigned char *read_to_guard_page(const struct file *file)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t room = (file->size / page + 1) * page;
	unsigned char *in = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *begin = in + room - file->size;
	int fd = open(file->path, O_RDONLY | O_NONBLOCK);
	ssize_t n = 0, got = 0;

	if (in == MAP_FAILED || fd < 0)
		return NULL;
	mprotect(in + room, page, PROT_NONE);
	while (got < file->size) {
		n = read(fd, begin + got, file->size - got);
		if (n <= 0)
			break;
		got += n;
	}
	close(fd);
	if (n >= 0 && got < file->size)
		errno = ESTALE;
	return got == file->size ? begin : NULL;
}

/* What a process knows of the file that it looks into */
static struct {
	struct file *file;
	struct result *result;
	const struct target *target;
	/* What has to come out for the file's own check to prove it, or 0 */
	unsigned long long proven;
	bool inspected;
} asked;

static void look(void *context, const void *out, size_t len)
{
	struct file *file = context;

	if (asked.proven == len)
		file->out.len = len;
	else
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
	unsigned int id;

	for (id = 0; id < ARRAY_SIZE(kernel->has_bcj); id++)
		check.filters |= kernel->has_bcj[id] << id;
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

/* The stock library need not be asked if the file's own check has proven what came out */
static void ask_library(struct file *file, const unsigned char *in)
{
	size_t len;

	if (asked.proven && file->answered && !file->error && file->out.len == asked.proven) {
		file->tool = file->out;
		return;
	}
	ask_stock(file, in);
	/* All of it, if the kernel takes a part only */
	if (!file->tool_failed && !(asked.inspected && file->out.len == file->tool.len)) {
		const unsigned char *out = stock_output(&len);

		forget(asked.result);
		inspect(asked.result, &asked.target->kernel, out, len);
	}
}

/* What the kernel refuses for another reason can be damaged, too */
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
		no_answer(result, answer->cause ? answer->cause : "unreadable", "%s", answer->why);
	else if (!is_fine(answer->verdict))
		find(result, answer->cause ? answer->cause : "unexplained", BY_KERNEL, true, "%s",
		     answer->why);
}

/* The kernel has no decoder for the file: what it is, the library has to say */
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

	asked.proven = proven_length(file->format, in, file->size);
	if (!target->config || target->kernel.decoder == file->format)
		ask_kernel(file, in);
	ask_library(file, in);
	/* Nothing to explain, and it may take long */
	if (asked.proven && file->asked && same(&file->out, &file->tool) && !file->known)
		memset(&e, 0, sizeof(e));
	else
		explain(&e, file->format, in, file->size, &target->kernel);
	/* Of a damaged file the damage is told, and not what comes of it */
	if (file->tool_failed && !e.rest)
		forget(result);
	if (file->asked)
		judge(&result->kernel, file, in, &target->kernel);
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

/* Neither gzip, xz nor zstd: kmod hands it over as it is */
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

static void ask(struct file *file, struct result *result)
{
	unsigned char *in = read_to_guard_page(file);
	struct rlimit limit;

	if (!in) {
		no_answer(result, "unreadable", "%s", errno == ESTALE ?
			  "it became smaller while it was read" : strerror(errno));
		return;
	}
	getrlimit(RLIMIT_CPU, &limit);
	if (limit.rlim_cur > MOST_SECONDS)
		limit.rlim_cur = MOST_SECONDS;
	setrlimit(RLIMIT_CPU, &limit);
	asked.file = file;
	asked.result = result;
	asked.target = &targets[file->target_nr];
	file->format = format_by_content(in, file->size);
	if (file->format == NO_FORMAT)
		ask_other(file, result, in);
	else
		ask_compressed(file, result, in);
	ask_kmod_by_name(result, file->path, file->format, &asked.target->kmod);
}

/* A process that was not to die has died; a kill has come from somebody else */
static void give_up(const struct file *file, struct result *result, int signal)
{
	forget(result);
	if (file->asked && !file->over && signal != SIGKILL)
		find(result, "kernel-died", BY_KERNEL, true,
		     "the kernel did not come back from it: %s", strsignal(signal));
	else
		no_answer(result, "checker-died", "the process that looked into it is dead: %s",
			  strsignal(signal));
}

/* What needs no process to be told */
static bool is_told(const struct file *file, struct result *result)
{
	const struct target *target = &targets[file->target_nr];

	if (target->error)
		no_answer(result, "configuration", "%s: %s", target->config, target->error);
	else if (file->trouble == TROUBLE)
		no_answer(result, file->trouble_id, "%s", file->trouble_says);
	else if (file->trouble)
		find(result, file->trouble_id, BY_NAME,
		     file->trouble == UNSEEN && target->kmod.version, "%s",
		     file->trouble_says);
	return target->error || file->trouble != NO_TROUBLE;
}

/* On a terminal, from the third second on; the line is gone when the answers come */
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
		no_answer(result, "checker-failed", "the program could not look into it");
}

/* As many at once as there are to be, each with a process of its own */
static void ask_all(struct result *results, unsigned int jobs)
{
	pid_t *pids = calloc(nr_files, sizeof(*pids));
	unsigned int next = 0, ended = 0, i;
	int status;
	pid_t pid;

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
				die("no process: %s", strerror(errno));
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
			die("a process is lost: %s", strerror(errno));
		for (i = 0; i < next && pids[i] != pid; i++)
			;
		/* Who calls it by exec() may have had children of his own */
		if (i == next)
			continue;
		ended++;
		pids[i] = 0;
		ended_with(status, &files[i], &results[i]);
		show_progress(ended);
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

/* Each process needs that much, most of which it never touches */
static void want_addresses(void)
{
	void *room = mmap(NULL, ADDRESSES, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		die("%lu GiB of addresses are needed: raise the limit (ulimit -v)",
		    ADDRESSES >> 30);
	munmap(room, ADDRESSES);
}

static void __attribute__((noreturn)) bad_option(const char *arg)
{
	if (optopt)
		die("-%c: no such option; --help names them, and -- ends them", optopt);
	die("%s: no such option, or not with that; --help names them", arg);
}

static void parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "kconfig", required_argument, NULL, 'k' },
		{ "json", optional_argument, NULL, 'j' },
		{ "junit", required_argument, NULL, 'u' },
		{ "kmod", required_argument, NULL, 'm' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "jobs", required_argument, NULL, 'n' },
		{ "files-from", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	char versions[160], *end;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "qvh", known, NULL)) != -1) {
		/* One that was meant as the next option */
		if (optarg && !strncmp(optarg, "--", 2))
			die("%s: no value for an option; --help names them", optarg);
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
			collect_from(optarg);
			break;
		case 'h':
			usage();
		case 'm':
			options->kmod = optarg;
			break;
		case 'v':
			options->verbose = true;
			break;
		case 'V':
			stock_versions(versions, sizeof(versions));
			printf("%s %s: %s; %s\n", program, CHECK_VERSION, KERNEL_NAME,
			       versions);
			finish(0);
		default:
			bad_option(argv[optind - 1]);
		}
	}
	for (; optind < argc; optind++)
		collect(argv[optind]);
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
			die("%s: both one of the files and where the answers are to go",
			    files[i].path);
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
	FILE *json = NULL, *junit;
	struct result *results;
	int fd, status;

	if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
		fprintf(stderr, "%s: stdout is closed\n", program);
		return 2;
	}
	/* Whoever calls it: children are waited for, and no file is taken for stdin */
	signal(SIGCHLD, SIG_DFL);
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd < 3);
	parse(&options, argc, argv);
	want_addresses();
	choose_targets(&options);
	if (!strcmp(options.json, "-"))
		json = stdout;
	else
		json = open_output(options.json);
	junit = open_output(options.junit);
	own_file(json == stdout ? NULL : json, junit);
	own_file(junit, NULL);

	files = memcpy(shared(nr_files * sizeof(*files)), files,
		       nr_files * sizeof(*files));
	results = shared(nr_files * sizeof(*results));
	ask_all(results, options.jobs);

	if (json != stdout)
		json = emptied(json, options.json);
	junit = emptied(junit, options.junit);
	status = tell(&options, results, json, junit);
	if (json != stdout)
		close_written(json, options.json);
	close_written(junit, options.junit);
	finish(status);
}
