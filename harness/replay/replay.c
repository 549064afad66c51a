// SPDX-License-Identifier: GPL-2.0
/*
 * What replay.sh does with files, before and after the kernel is asked.
 *
 * replay pack DIRECTORY FILE ...
 *	Takes the files, or those in a directory that have one of the suffixes,
 *	and writes to DIRECTORY: their paths, links to them, and a list for
 *	gen_init_cpio for each boot.
 * replay pack-from DIRECTORY
 *	The same with the files whose names are on stdin, each with a NUL behind it.
 * replay stock DIRECTORY
 *	Decompresses them with the stock tools, and writes down what that gives.
 * replay report DIRECTORY CONFIG KERNEL JUDGES JSON JUNIT
 *	Puts that next to what the kernel said, in the log of each boot, and tells
 *	why it differs. KERNEL and JUDGES say who was asked and who is believed;
 *	JSON and JUNIT are files to write, or empty.
 *
 * Exit status: 0; 1 if a file is not taken, or comes out wrong; 2 if something
 * cannot be read.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../verdict/kernel_config.h"
#include "report.h"
#include "../verdict/json_xml.h"

/* The initramfs has to fit into the low memory of a 32-bit kernel */
#define BOOT_MAX	(320 * MIB)

const char *const program = "make: replay";

/* gen_init_cpio's lists end a name at a blank: so the files go by their number */
static void pack(const char *dir)
{
	FILE *names = open_file("files", "w"), *list = NULL;
	unsigned int i, first = 0, boot = 0;
	long long in_boot = 0;
	char name[32];

	for (i = 0; i < nr_files; i++) {
		const struct file *file = &files[i];

		snprintf(name, sizeof(name), "%u", i);
		if (symlink(file->target, name))
			die("%s: %s", file->path, strerror(errno));
		if (list && in_boot + file->size > BOOT_MAX) {
			fclose(list);
			list = NULL;
			in_boot = 0;
			first = i;
			boot++;
		}
		in_boot += file->size;
		if (!list) {
			snprintf(name, sizeof(name), "list.%u", boot);
			list = open_file(name, "w");
			fputs("dir /module_decompress_replay 0755 0 0\n", list);
		}
		fprintf(names, "%d %lld %u %s%c", file->format, file->size,
			boot, file->path, 0);
		fprintf(list, "file /module_decompress_replay/%u.%s %s/%u 0644 0 0\n",
			i - first, formats[file->format].suffix, dir, i);
	}
	if (list)
		fclose(list);
	if (fclose(names))
		die("build/replay/files: %s", strerror(errno));
}

static void unpack(void)
{
	FILE *names = open_file("files", "r");
	unsigned int boot;
	size_t room = 0;
	char *line = NULL;
	long long size;
	int format, at;

	while (getdelim(&line, &room, 0, names) > 0) {
		struct file *file;

		if (sscanf(line, "%1d %9lld %9u%n", &format, &size, &boot,
			   &at) != 3 || format < 0 || format >= NR_FORMATS ||
		    size < 0 || line[at] != ' ')
			die("build/replay/files: not as it was written");
		file = add_file(line + at + 1);
		file->format = format;
		file->size = size;
		file->boot = boot;
	}
	free(line);
	fclose(names);
	if (!nr_files)
		die("build/replay/files: empty");
}

/* The last line, without the name that the tool has for itself and its input */
static void last_line(FILE *from, char *text, size_t size)
{
	char line[160], *begin, *colon;

	rewind(from);
	while (fgets(line, sizeof(line), from)) {
		for (size_t n = strlen(line); n && line[n - 1] <= ' '; n--)
			line[n - 1] = '\0';
		for (begin = line; (colon = strstr(begin, ": ")); )
			begin = colon + 2;
		if (*begin)
			snprintf(text, size, "%s", begin);
	}
}

/* The file is its stdin: its name is of no account, and cannot be an option */
static void ask_tool(struct file *file, unsigned int nr)
{
	static unsigned char bytes[256 * 1024];
	const struct format_info *format = &formats[file->format];
	char command[100];
	FILE *errors = tmpfile(), *pipe;
	int status;
	size_t n;

	if (!errors)
		die("no temporary file: %s", strerror(errno));
	snprintf(command, sizeof(command), "exec %s %s <%u 2>&%d",
		 format->tool, format->args, nr, fileno(errors));
	pipe = popen(command, "r");
	if (!pipe)
		die("%s: %s", format->tool, strerror(errno));
	file->tool.adler = 1;
	while ((n = fread(bytes, 1, sizeof(bytes), pipe)) &&
	       file->tool.len <= OUTPUT_MAX)
		digest(&file->tool, bytes, n);
	status = pclose(pipe);
	/* gzip's 2 is a warning, of trailing bytes for instance */
	file->tool_failed = file->tool.len <= OUTPUT_MAX &&
			    !(WIFEXITED(status) &&
			      (WEXITSTATUS(status) == 0 ||
			       (file->format == GZIP &&
				WEXITSTATUS(status) == 2)));
	if (file->tool_failed)
		last_line(errors, file->tool_says, sizeof(file->tool_says));
	fclose(errors);
}

static void ask_tools(void)
{
	FILE *stock = open_file("stock", "w");
	unsigned int i;

	for (i = 0; i < nr_files; i++) {
		struct file *file = &files[i];

		ask_tool(file, i);
		fprintf(stock, "%llu %u %u %d %s\n", file->tool.len,
			file->tool.crc, file->tool.adler, file->tool_failed,
			file->tool_says);
	}
	fclose(stock);
}

static void read_stock(void)
{
	FILE *stock = open_file("stock", "r");
	char line[256];
	unsigned int i;
	int failed, at;

	for (i = 0; i < nr_files && fgets(line, sizeof(line), stock); i++) {
		struct file *file = &files[i];

		line[strcspn(line, "\n")] = '\0';
		clean(line);
		if (sscanf(line, "%llu %u %u %d%n", &file->tool.len,
			   &file->tool.crc, &file->tool.adler, &failed,
			   &at) != 4)
			die("build/replay/stock: not as it was written");
		file->tool_failed = failed;
		snprintf(file->tool_says, sizeof(file->tool_says), "%s",
			 line[at] ? line + at + 1 : "");
	}
	if (i < nr_files)
		die("build/replay/stock: ends early");
	fclose(stock);
}

/* A line of the suite's, see kernel/module/tests/replay.c */
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

/* The file whose number stands there, before that character; *end is behind both */
static struct file *file_at(const char *number, char behind, const char **end,
			    struct file *first, unsigned int count)
{
	unsigned long nr;
	char *after;

	if (!isdigit((unsigned char)*number))
		return NULL;
	nr = strtoul(number, &after, 10);
	if (*after != behind || nr >= count)
		return NULL;
	*end = after + 1;
	return first + nr;
}

/* KUnit's result, such as "not ok 3 2.xz" */
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

/* From a console, which may have any bytes in it */
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
	if (strstr(line, "not ok") && !file->known && !file->fault[0])
		snprintf(file->fault, sizeof(file->fault),
			 "it fails, and nobody says why");
}

/* What one kernel said of those files, from number 0 on */
static void read_log(FILE *log, struct file *first, unsigned int count)
{
	struct file *file = NULL, *of;
	bool failed = false;
	const char *at;
	char *line = NULL;
	size_t room = 0;

	while (console_line(&line, &room, log) > 0) {
		/* Such as "# any_file_is_handled: replay 2: said: no" */
		at = strstr(line, "replay ");
		of = at ? file_at(at + 7, ':', &at, first, count) : NULL;
		if (of) {
			file = of;
			replay_line(file, at + strspn(at, " "));
		} else if (file && failed) {
			add_fault(file, line);
		} else if (is_end(line, &at)) {
			of = file_at(at, '.', &at, first, count);
			if (of)
				end(of, line);
			file = NULL;
		}
		failed = strstr(line, "EXPECTATION FAILED") ||
			 strstr(line, "ASSERTION FAILED");
	}
	free(line);
}

static void read_logs(void)
{
	unsigned int first, end;
	char name[32];
	FILE *log;

	for (first = 0; first < nr_files; first = end) {
		for (end = first + 1; end < nr_files; end++)
			if (files[end].boot != files[first].boot)
				break;
		snprintf(name, sizeof(name), "log.%u", files[first].boot);
		log = open_file(name, "r");
		read_log(log, files + first, end - first);
		fclose(log);
	}
}

static struct answer *judge_all(const struct kernel *kernel)
{
	struct answer *answers = calloc(nr_files, sizeof(*answers));
	unsigned char *in;
	unsigned int i;
	char link[16];

	if (!answers)
		die("no memory");
	for (i = 0; i < nr_files; i++) {
		snprintf(link, sizeof(link), "%u", i);
		in = map_file(files[i].path, link, files[i].size);
		judge(&answers[i], &files[i], in, kernel);
		munmap(in, files[i].size + 1);
	}
	return answers;
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";
	FILE *json = NULL, *junit = NULL;
	struct asked asked = { .command = "make replay" };
	struct answer *answers;
	struct kernel kernel;
	const char *error;
	int i, status;

	if (!strcmp(command, "pack")) {
		for (i = 3; i < argc; i++)
			add_argument(argv[i]);
	} else if (!strcmp(command, "pack-from")) {
		add_from(stdin);
	} else if (!strcmp(command, "report") && argc == 8) {
		json = open_answers(argv[6]);
		junit = open_answers(argv[7]);
	} else if (strcmp(command, "stock")) {
		die("call it by way of make replay");
	}
	if (chdir(argv[2]))
		die("%s: %s", argv[2], strerror(errno));
	if (!strncmp(command, "pack", 4)) {
		pack(argv[2]);
		return 0;
	}
	unpack();
	if (!strcmp(command, "stock")) {
		ask_tools();
		return 0;
	}
	error = read_kernel_config(&kernel, argv[3]);
	if (error)
		die("%s: %s", argv[3], error);
	read_stock();
	read_logs();
	asked.kernel = argv[4];
	asked.judges = argv[5];
	answers = judge_all(&kernel);
	status = report(&asked, answers, json, junit);
	close_written(json, argv[6]);
	close_written(junit, argv[7]);
	free(answers);
	return status;
}
