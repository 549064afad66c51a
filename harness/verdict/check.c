// SPDX-License-Identifier: GPL-2.0
/*
 * module-decompress-check: would a kernel, and its kmod, load these files as modules? The
 * program contains the kernel's decompress.c and its decoders: see native_check.h. For usage,
 * see the manual page in this directory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "json_xml.h"
#include "package.h"
#include "stock.h"

#define MOST_JOBS	1024

/* Address space for page frames and their mappings: see NR_PAGES in native_check.mk */
#define ADDRESSES	(6ul << 30)

const char *const program = "module-decompress-check";

/* Exit, with an error if the output could not be written */
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
	     "a module (.ko, .ko.gz, .ko.xz, .ko.zst), or has modules in it: a directory, a\n"
	     "package (.deb, .rpm, .apk, .ipk, .pkg.tar.zst), a tar or cpio archive, an initramfs.\n"
	     "\n"
	     "  --kconfig=FILE     the configuration of the kernel that is to load them; without\n"
	     "                     it, that of the release in the path, or else any\n"
	     "  --kconfig=any      any 64-bit kernel with the decoder that the file needs\n"
	     "  --kmod=VERSION     the kmod that reads them: 30, 34, or none; as Debian builds it,\n"
	     "                     without zlib, or with it: 34+ZLIB; or a program: /bin/kmod\n"
	     "  --boot=PROGRAM     ask a booted kernel: see the manual page\n"
	     "  --fix              repair the files that can be repaired, if the kernel's code takes\n"
	     "                     the repaired file\n"
	     "  --dry-run          with --fix: leave the files as they are, and only tell\n"
	     "  --json[=FILE]      write the answers as JSON, to stdout in place of the text\n"
	     "  --junit=FILE       write the answers as JUnit XML\n"
	     "  -q, --quiet        print nothing if all files would load\n"
	     "  -v, --verbose      print a line for each file\n"
	     "  --jobs=N           check N files at once\n"
	     "  --root=DIRECTORY   the modules of all releases below this root of a system\n"
	     "  --files-from=FILE  read names from FILE, each ended by a NUL; - is stdin\n"
	     "  -h, --help         print this\n"
	     "  --version          print the versions of this program, of the kernel's code and\n"
	     "                     of the libraries in it\n"
	     "\n"
	     "Exit status: 0 all files would load, 1 some would not, 2 some have no answer.");
	finish(0);
}

/* Fail early if a process cannot get the addresses; it uses few of them */
static void want_addresses(void)
{
	void *room = mmap(NULL, ADDRESSES, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		die("%lu GiB of addresses are needed: raise the limit (ulimit -v)",
		    ADDRESSES >> 30);
	munmap(room, ADDRESSES);
}

/* Values of long options, which no short option can have */
enum {
	BOOT = UCHAR_MAX + 1, KCONFIG, JSON, JUNIT, KMOD, QUIET, VERBOSE, JOBS, FILES_FROM, ROOT,
	FIX, DRY_RUN, HELP, VERSION
};

/* getopt_long() leaves in optopt the letter or the value of an option that it knows, or 0 */
static void __attribute__((noreturn)) bad_option(const char *arg)
{
	if (optopt && optopt <= UCHAR_MAX)
		die("-%c: no such option; --help names them, and -- ends them", optopt);
	die("%s: no such option, or a value is missing or not allowed; --help lists the options",
	    arg);
}

/* What is only mentioned gets no verdict */
static void want_modules(void)
{
	unsigned int i;

	for (i = 0; i < nr_files; i++)
		if (files[i].trouble != ASIDE)
			return;
	die("%s: %s", files[0].path, files[0].trouble_says);
}

static void parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{ "boot", required_argument, NULL, BOOT },
		{ "kconfig", required_argument, NULL, KCONFIG },
		{ "json", optional_argument, NULL, JSON },
		{ "junit", required_argument, NULL, JUNIT },
		{ "kmod", required_argument, NULL, KMOD },
		{ "quiet", no_argument, NULL, QUIET },
		{ "verbose", no_argument, NULL, VERBOSE },
		{ "jobs", required_argument, NULL, JOBS },
		{ "files-from", required_argument, NULL, FILES_FROM },
		{ "root", required_argument, NULL, ROOT },
		{ "fix", no_argument, NULL, FIX },
		{ "dry-run", no_argument, NULL, DRY_RUN },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ }
	};
	char versions[160], *end;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "qvh", known, NULL)) != -1) {
		/* "--junit --quiet": the next option is not the value */
		if (optarg && !strncmp(optarg, "--", 2))
			die("%s: no value for an option; --help names them", optarg);
		switch (c) {
		case BOOT:
			options->boot = optarg;
			break;
		case KCONFIG:
			options->kconfig = optarg;
			break;
		case JSON:
			options->json = optarg ? optarg : "-";
			break;
		case JUNIT:
			options->junit = optarg;
			break;
		case 'q':
		case QUIET:
			options->quiet = true;
			break;
		case JOBS:
			options->jobs = strtol(optarg, &end, 10);
			if (*end || options->jobs < 1 || options->jobs > MOST_JOBS)
				die("--jobs=%s: not a number from 1 to %d", optarg,
				    MOST_JOBS);
			break;
		case FILES_FROM:
			collect_from(optarg);
			break;
		case FIX:
			options->fix = true;
			break;
		case DRY_RUN:
			options->dry_run = true;
			break;
		case ROOT:
			collect_root(optarg);
			break;
		case 'h':
		case HELP:
			usage();
		case KMOD:
			options->kmod = optarg;
			break;
		case 'v':
		case VERBOSE:
			options->verbose = true;
			break;
		case VERSION:
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
		die("which files? Name one or more; --help lists the options");
	want_modules();
	if (options->dry_run && !options->fix)
		die("--dry-run goes only with --fix");
	if (*options->boot && options->fix)
		die("--fix does not go with --boot: repair the files first");
	if (*options->boot && (!options->kconfig || !strcmp(options->kconfig, "any")))
		die("--boot needs --kconfig=FILE, the configuration of the kernel that it boots");
}

/* Refuse an output file that is also the other output file or one of the files to check */
static void own_file(FILE *file, FILE *other)
{
	struct stat st, is;
	const char *path;
	unsigned int i;

	if (!file || fstat(fileno(file), &st) || !S_ISREG(st.st_mode))
		return;
	if (other && !fstat(fileno(other), &is) && is.st_ino == st.st_ino &&
	    is.st_dev == st.st_dev)
		die("--json and --junit: not both into one file");
	for (i = 0; i < nr_files; i++) {
		path = files[i].package ? files[i].package->path : files[i].path;
		if (!stat(path, &is) && is.st_ino == st.st_ino && is.st_dev == st.st_dev)
			die("%s: is a file to check; write the answers to another file", path);
	}
}

/* Open without truncating, as it may still turn out to be one of the files to check */
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
		.boot = "", .json = "", .junit = "", .jobs = sysconf(_SC_NPROCESSORS_ONLN),
	};
	FILE *json = NULL, *junit;
	struct result *results;
	int fd, status;

	if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
		fprintf(stderr, "%s: stdout is closed\n", program);
		return 2;
	}
	/* The caller may ignore SIGCHLD, or have closed stdin, stdout or stderr */
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

	if (*options.boot)
		ask_booted(options.boot);
	results = ask_all(options.jobs);
	if (options.fix)
		fix_all(results, !options.dry_run, json == stdout ? NULL : stdout);

	if (json != stdout)
		json = emptied(json, options.json);
	junit = emptied(junit, options.junit);
	status = tell(&options, results, json, junit);
	if (json != stdout)
		close_written(json, options.json);
	close_written(junit, options.junit);
	finish(status);
}
