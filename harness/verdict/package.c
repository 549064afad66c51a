// SPDX-License-Identifier: GPL-2.0
/*
 * Collect the modules in packages. A child process reads each package, because the package may
 * crash the reader, and copies the modules to a file without a name. It reports by a pipe what it
 * has found.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "package.h"

/* Limit of CPU time for a package; a kernel of a distribution takes 20 seconds */
#define MOST_SECONDS	600

/* Exit status of the child process if the file is no package */
#define NO_PACKAGE	3

/* A file in a package that is not a module */
struct beside {
	char *outer;
	char *name;
	long long at;
	long long size;
};

/* What the child writes to the pipe for each piece; the two names follow, with their NULs */
struct report {
	enum piece piece;
	long long at;
	long long size;
	size_t outer;
	size_t inner;
};

struct file_stream {
	struct stream stream;
	int fd;
	unsigned char block[64 * 1024];
};

static ssize_t next_of_file(struct stream *stream, const void **block)
{
	struct file_stream *file = (struct file_stream *)stream;
	ssize_t n = read(file->fd, file->block, sizeof(file->block));

	if (n < 0)
		stream_error(stream, "%s", strerror(errno));
	*block = file->block;
	return n;
}

static void report(struct unpacker *unpacker, enum piece piece, const char *outer,
		   const char *inner, long long at, long long size)
{
	const struct report report = {
		.piece = piece, .at = at, .size = size,
		.outer = strlen(outer) + 1, .inner = strlen(inner) + 1,
	};

	fwrite(&report, sizeof(report), 1, unpacker->context);
	fwrite(outer, report.outer, 1, unpacker->context);
	fwrite(inner, report.inner, 1, unpacker->context);
}

/* Read the package in a child process */
static void __attribute__((noreturn)) read_package(const char *path, int fd, int spool, FILE *to)
{
	struct file_stream in = { .stream.next = next_of_file, .fd = fd };
	struct unpacker unpacker = { .spool = spool, .found = report, .context = to };
	struct rlimit limit;

	getrlimit(RLIMIT_CPU, &limit);
	if (limit.rlim_cur > MOST_SECONDS)
		limit.rlim_cur = MOST_SECONDS;
	setrlimit(RLIMIT_CPU, &limit);
	unpack(&unpacker, &in.stream, path);
	fflush(to);
	_exit(unpacker.is_package ? 0 : NO_PACKAGE);
}

static struct file *add_piece(struct package *package, const char *outer, const char *inner)
{
	struct file *file;
	char *name;

	if (asprintf(&name, "%s: %s", outer, inner) < 0)
		die("no memory");
	file = add_file(name);
	file->format = NO_FORMAT;
	file->package = package;
	file->outer = strdup(outer);
	if (!file->outer)
		die("no memory");
	free(name);
	return file;
}

static void add_beside(struct package *package, const char *outer, const char *inner,
		       const struct report *report)
{
	struct beside *one;

	package->beside = realloc(package->beside, (package->nr_beside + 1) *
				  sizeof(*package->beside));
	if (!package->beside)
		die("no memory");
	one = &package->beside[package->nr_beside++];
	*one = (struct beside) { strdup(outer), strdup(inner), report->at, report->size };
	if (!one->outer || !one->name)
		die("no memory");
}

static void add(struct package *package, const char *outer, const char *inner,
		const struct report *report)
{
	struct file *file;
	char why[80];

	switch (report->piece) {
	case BESIDE:
		add_beside(package, outer, inner, report);
		break;
	case UNREAD:
	case SKIPPED:
		file = add_file(outer);
		file->format = NO_FORMAT;
		no_answer(file, "package-unread", report->piece == UNREAD ? TROUBLE : ASIDE, inner);
		break;
	case MODULE:
	case TOO_LARGE:
	case MISNAMED:
		file = add_piece(package, outer, inner);
		file->at = report->at;
		file->size = report->size;
		if (report->piece == TOO_LARGE) {
			snprintf(why, sizeof(why), "larger than %d MB", FILE_MAX / MIB);
			no_answer(file, "too-large", TROUBLE, why);
		} else if (report->piece == MISNAMED) {
			no_answer(file, "name-not-seen", UNSEEN, name_not_seen);
		}
	}
}

/* A file without a name, in the directory for temporary files */
static int nameless_file(void)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/module-decompress.XXXXXX", getenv("TMPDIR") ?: "/tmp") < 0)
		die("no memory");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	unlink(path);
	free(path);
	return fd;
}

/* Read what the child reports, and add it to the files */
static void read_reports(struct package *package, FILE *from)
{
	char *outer, *inner;
	struct report one;

	while (fread(&one, sizeof(one), 1, from)) {
		outer = malloc(one.outer);
		inner = malloc(one.inner);
		if (!outer || !inner)
			die("no memory");
		if (fread(outer, one.outer, 1, from) && fread(inner, one.inner, 1, from))
			add(package, outer, inner, &one);
		free(outer);
		free(inner);
	}
}

/**
 * collect_package() - add the modules in a package
 * @path: name of a file that may be a package
 *
 * Return: false if it is none, or cannot be opened.
 */
bool collect_package(const char *path)
{
	struct package *package = calloc(1, sizeof(*package));
	int fd = open(path, O_RDONLY | O_CLOEXEC), pipes[2], status;
	unsigned int before = nr_files;
	char why[80];
	FILE *from;
	pid_t pid;

	if (fd < 0)
		return false;
	if (!package || pipe2(pipes, O_CLOEXEC))
		die("%s: cannot read it: %s", path, strerror(errno));
	package->path = strdup(path);
	package->spool = nameless_file();
	pid = fork();
	if (pid < 0)
		die("cannot start a process: %s", strerror(errno));
	if (!pid)
		read_package(path, fd, package->spool, fdopen(pipes[1], "w"));
	close(pipes[1]);
	close(fd);
	from = fdopen(pipes[0], "r");
	if (!from || !package->path)
		die("no memory");
	read_reports(package, from);
	fclose(from);
	if (waitpid(pid, &status, 0) != pid)
		die("cannot wait for a process: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PACKAGE) {
		close(package->spool);
		free(package);
		return false;
	}
	if (status) {
		snprintf(why, sizeof(why), "the checker died when it read it: %s",
			 WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "see above");
		no_answer(add_file(path), "package-unread", TROUBLE, why);
	} else if (nr_files == before) {
		no_answer(add_file(path), "package-without-modules", ASIDE, "no module in it");
	}
	return true;
}

/**
 * read_content() - read the beginning of a file to check
 * @file: the file, which may be in a package
 * @to: where to
 * @size: how many bytes, at most
 *
 * Return: the number of bytes, or -1 with errno.
 */
ssize_t read_content(const struct file *file, void *to, size_t size)
{
	int fd = file->package ? file->package->spool :
		 open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = 0, done = 0;

	if (fd < 0)
		return -1;
	/* What is behind it in the spool is of the next file */
	if (file->package && (long long)size > file->size)
		size = file->size;
	while (done < (ssize_t)size) {
		n = pread(fd, to + done, size - done, file->at + done);
		if (n <= 0)
			break;
		done += n;
	}
	if (!file->package)
		close(fd);
	return n < 0 ? n : done;
}

/**
 * open_beside() - open a configuration or kmod in a package
 * @package: the package
 * @outer: the package or the archive in it that has the modules
 * @name: name of the file below the root, without "usr/"
 *
 * Return: the stream, or NULL with errno if there is no such file.
 */
FILE *open_beside(const struct package *package, const char *outer, const char *name)
{
	const struct beside *one = package->beside;
	unsigned int i;
	char *content;
	FILE *file;

	for (i = 0; i < package->nr_beside; i++, one++)
		if (!strcmp(one->outer, outer) && !strcmp(one->name, name))
			break;
	if (i == package->nr_beside) {
		errno = ENOENT;
		return NULL;
	}
	content = malloc(one->size + 1);
	file = fmemopen(NULL, one->size + 1, "w+");
	if (!content || !file || pread(package->spool, content, one->size, one->at) != one->size)
		die("%s: %s: cannot read it again", outer, name);
	fwrite(content, one->size, 1, file);
	free(content);
	rewind(file);
	return file;
}
