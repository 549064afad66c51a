// SPDX-License-Identifier: GPL-2.0
/*
 * Ask a booted kernel about the files. The initramfs has the files, and the suite reads them
 * there (kernel/module/tests/replay.c). The log of the console has the result for each.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "json_xml.h"
#include "package.h"

#define SUITE		"module_decompress_replay"

/* The initramfs has to fit into the low memory of a 32-bit kernel */
#define BOOT_MAX	(320 * MIB)

/* Temporary directory for a boot */
static char dir[PATH_MAX - 16];

/* Read a line that kernel/module/tests/replay.c has printed */
static void replay_line(struct file *file, const char *text)
{
	struct output out;
	unsigned long long ns;
	int error;

	if (!strncmp(text, "asked as ", 9)) {
		file->asked = true;
	} else if (sscanf(text, "returned %5d, %19llu bytes, crc32 %8x, adler32 %8x, %19llu ns",
			  &error, &out.len, &out.crc, &out.adler, &ns) == 5) {
		file->answered = true;
		file->error = error;
		file->out = out;
		file->ns = ns;
	} else if (!strncmp(text, "said: ", 6)) {
		snprintf(file->said, sizeof(file->said), "%s", text + 6);
		clean(file->said);
	}
}

/* Read the number of a file and the character @behind; *end is set to what follows them */
static struct file *file_at(const char *number, char behind, const char **end,
			    struct file *const *group, unsigned int count)
{
	unsigned long nr;
	char *after;

	if (!isdigit((unsigned char)*number))
		return NULL;
	nr = strtoul(number, &after, 10);
	if (*after != behind || nr >= count)
		return NULL;
	*end = after + 1;
	return group[nr];
}

/* Is this KUnit's result for a file, such as "not ok 3 2.xz"? */
static bool is_end(const char *line, const char **name)
{
	const char *number = strstr(line, "ok ");
	size_t digits;

	if (!number)
		return false;
	number += strlen("ok ");
	digits = strspn(number, "0123456789");
	*name = number + digits + 1;
	return digits && number[digits] == ' ';
}

/* Read a line of the console's log, which may contain any bytes */
static ssize_t console_line(char **line, size_t *room, FILE *log)
{
	ssize_t i, n = getline(line, room, log);

	for (i = 0; i < n; i++)
		if (!(*line)[i])
			(*line)[i] = '?';
	if (n > 0) {
		(*line)[strcspn(*line, "\r\n")] = '\0';
		clean(*line);
	}
	return n;
}

static void end(struct file *file, const char *line)
{
	file->over = true;
	if (strstr(line, "not ok") && !file->has_bug_0001 && !file->has_bug_0004 && !file->fault[0])
		snprintf(file->fault, sizeof(file->fault),
			 "the case fails, and the log does not say why");
}

/* Read what a kernel says about the files of a boot; false if the suite did not run */
static bool read_log(FILE *log, struct file *const *group, unsigned int count)
{
	struct file *file = NULL, *of;
	bool failed = false, asked = false;
	const char *at;
	char *line = NULL;
	size_t room = 0;

	while (console_line(&line, &room, log) > 0) {
		/* For example: "# any_file_is_handled: replay 2: said: no" */
		at = strstr(line, "replay ");
		of = at ? file_at(at + 7, ':', &at, group, count) : NULL;
		if (of) {
			file = of;
			replay_line(file, at + strspn(at, " "));
		} else if (file && failed) {
			add_fault(file, line);
		} else if (is_end(line, &at)) {
			of = file_at(at, '.', &at, group, count);
			if (of)
				end(of, line);
			file = NULL;
		}
		asked = asked || strstr(line, "# Subtest: " SUITE);
		failed = strstr(line, "EXPECTATION FAILED") ||
			 strstr(line, "ASSERTION FAILED");
	}
	free(line);
	return asked;
}

/* Copy a file out of a package */
static void copy(const struct file *file, const char *name)
{
	void *content = malloc(file->size + 1);
	FILE *to = open_file(name, "w");

	if (!content || read_content(file, content, file->size) != file->size)
		die("%s: cannot read it again", file->path);
	fwrite(content, 1, file->size, to);
	close_written(to, name);
	free(content);
}

/*
 * Write the list for gen_init_cpio, in which a blank ends a name. So name each file by its
 * number, and make a link of that name to the file.
 */
static void make_list(FILE *list, struct file *const *group, unsigned int count)
{
	char *target, name[PATH_MAX];
	unsigned int i;

	fputs("dir /" SUITE " 0755 0 0\n", list);
	for (i = 0; i < count; i++) {
		target = group[i]->package ? NULL : realpath(group[i]->path, NULL);
		snprintf(name, sizeof(name), "%s/%u", dir, i);
		if (group[i]->package)
			copy(group[i], name);
		else if (!target || symlink(target, name))
			die("%s: %s", group[i]->path, strerror(errno));
		free(target);
		fprintf(list, "file /" SUITE "/%u.%s %u 0644 0 0\n", i,
			formats[group[i]->format].suffix, i);
	}
}

/* Run the program. Its output goes to stderr, because stdout is for the answers. */
static void run(const char *boot, const char *list, const char *log)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execl(boot, boot, list, log, NULL);
		_exit(2);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("--boot=%s: cannot start it: %s", boot, strerror(errno));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void remove_dir(void)
{
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void boot_with(const char *boot, struct file *const *group, unsigned int count)
{
	const char *tmp = getenv("TMPDIR") ?: "/tmp";
	char list[PATH_MAX], log[PATH_MAX];
	FILE *file;
	bool asked;

	if (snprintf(dir, sizeof(dir), "%s/booted.XXXXXX", tmp) >= (int)sizeof(dir) ||
	    !mkdtemp(dir))
		die("%s: cannot create a temporary directory in it", tmp);
	atexit(remove_dir);
	snprintf(list, sizeof(list), "%s/list", dir);
	snprintf(log, sizeof(log), "%s/log", dir);
	file = open_file(list, "w");
	make_list(file, group, count);
	close_written(file, list);
	run(boot, list, log);
	file = fopen(log, "r");
	asked = file && read_log(file, group, count);
	if (file)
		fclose(file);
	remove_dir();
	if (!asked)
		die("no kernel has been asked: the boot did not reach the suite " SUITE);
}

/* The format by the first bytes of a file */
static enum format format_of(const struct file *file)
{
	unsigned char begin[512];
	ssize_t n = file->trouble ? 0 : read_content(file, begin, sizeof(begin));

	return format_by_content(begin, n < 0 ? 0 : n);
}

/**
 * ask_booted() - boot kernels, and note what they say about the compressed files
 * @boot: program that boots a kernel. Its arguments are a list for gen_init_cpio, beside which
 *	the files are, and the name of the log that it must write.
 */
void ask_booted(const char *boot)
{
	struct file **group = calloc(nr_files, sizeof(*group));
	unsigned int count = 0, i;
	long long bytes = 0;

	if (!group)
		die("no memory");
	if (access(boot, X_OK))
		die("--boot=%s: %s", boot, strerror(errno));
	for (i = 0; i < nr_files; i++) {
		files[i].format = format_of(&files[i]);
		if (files[i].format == NO_FORMAT)
			continue;
		if (count && bytes + files[i].size > BOOT_MAX) {
			boot_with(boot, group, count);
			count = 0;
			bytes = 0;
		}
		group[count++] = &files[i];
		bytes += files[i].size;
	}
	if (count)
		boot_with(boot, group, count);
	free(group);
}
