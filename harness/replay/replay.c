// SPDX-License-Identifier: GPL-2.0
/*
 * What replay.sh does with files, before and after the kernel is asked.
 *
 * replay pack DIRECTORY FILE ...
 *	Takes the files, or those in a directory that have one of the suffixes,
 *	and writes to DIRECTORY: their paths, links to them, and a list for
 *	gen_init_cpio for each boot.
 * replay stock DIRECTORY
 *	Decompresses them with the stock tools, and writes down what that gives.
 * replay report DIRECTORY CONFIG LOG KERNEL JUDGES [JSON]
 *	Puts that next to what the kernel said, and tells why it differs. KERNEL and
 *	JUDGES say who was asked and who is believed.
 *
 * Exit status: 0; 1 if a file is not taken, or comes out wrong; 2 if something
 * cannot be read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "explain.h"

#define MIB		(1024 * 1024)
#define FILE_MAX	(64 * MIB)	/* REPLAY_MAX */
/* The initramfs has to fit into the low memory of a 32-bit kernel */
#define BOOT_MAX	(320 * MIB)
/* More than the kernel that is asked has memory for */
#define OUTPUT_MAX	(2048ll * MIB)

/* With less output than this, time is not spent on that */
#define SPEED_MIN	10000

/* A decompressed file, as good as: what two decompressors can be compared by */
struct output {
	unsigned long long len;
	unsigned int crc;
	unsigned int adler;
};

/**
 * struct file - one of the files
 * @path: as it was given
 * @target: the same without links, from the root
 * @size: in bytes
 * @format: the decoder that is asked
 * @tool: what the stock tool made of it
 * @tool_failed: the stock tool refused it
 * @tool_says: and said so
 * @out: what the kernel made of it
 * @asked: the kernel began with it
 * @answered: and ended
 * @over: and went on with the next
 * @error: 0, or what module_decompress() returned
 * @ns: time that took
 * @said: what the kernel would have logged
 * @fault: what the suite found wrong with the kernel
 */
struct file {
	char *path;
	char *target;
	long long size;
	enum format format;
	struct output tool;
	bool tool_failed;
	char tool_says[160];
	struct output out;
	bool asked;
	bool answered;
	bool over;
	int error;
	unsigned long long ns;
	char said[200];
	char fault[200];
};

static struct file *files;
static unsigned int nr_files;

static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("make: replay: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	exit(2);
}

static FILE *open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file)
		die("%s: %s", path, strerror(errno));
	return file;
}

/* The bytes of a file; an empty one would not be mapped */
static unsigned char *map(const char *path, size_t size)
{
	int fd = open(path, O_RDONLY);
	void *in;

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	in = mmap(NULL, size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (in == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return in;
}

static struct file *add_file(const char *path)
{
	struct file *file;

	/* Twice the room at each power of two */
	if (!(nr_files & (nr_files - 1)))
		files = realloc(files, (2 * nr_files + 1) * sizeof(*files));
	if (!files)
		die("%s: no memory", path);
	file = &files[nr_files++];
	memset(file, 0, sizeof(*file));
	file->path = strdup(path);
	return file;
}

static void add_named(const char *path, long long size)
{
	struct file *file = add_file(path);
	unsigned char *in;

	if (size > FILE_MAX)
		die("%s: larger than %d MB", path, FILE_MAX / MIB);
	file->size = size;
	file->target = realpath(path, NULL);
	in = map(path, size);
	file->format = format_by_content(in, size);
	munmap(in, size + 1);
	if (file->format == NO_FORMAT)
		file->format = format_by_name(path);
	if (file->format == NO_FORMAT)
		die("%s: neither its name nor its content is that of a .gz, .xz or .zst",
		    path);
}

static int add_if_compressed(const char *path, const struct stat *st, int type,
			     struct FTW *where)
{
	struct stat target;

	(void)where;
	if (type == FTW_DNR)
		die("%s: cannot be read", path);
	if (format_by_name(path) == NO_FORMAT)
		return 0;
	if (type == FTW_F)
		add_named(path, st->st_size);
	else if (type == FTW_SL && !stat(path, &target) &&
		 S_ISREG(target.st_mode))
		add_named(path, target.st_size);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct file *one = a, *other = b;

	return strcmp(one->path, other->path);
}

static void add_argument(const char *path)
{
	unsigned int before = nr_files;
	struct stat st;

	if (stat(path, &st))
		die("%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode)) {
		add_named(path, st.st_size);
	} else if (S_ISDIR(st.st_mode)) {
		if (nftw(path, add_if_compressed, 16, FTW_PHYS))
			die("%s: %s", path, strerror(errno));
		if (nr_files == before)
			die("%s: no .gz, .xz or .zst file in this directory",
			    path);
		qsort(files + before, nr_files - before, sizeof(*files),
		      by_path);
	} else {
		die("%s: neither a file nor a directory", path);
	}
}

/* gen_init_cpio's lists end a name at a blank: so the files go by their number */
static void pack(const char *dir)
{
	FILE *names = open_file("files", "w"), *list = NULL;
	unsigned int i, boot = 0;
	long long in_boot = 0;
	char name[32];

	for (i = 0; i < nr_files; i++) {
		const struct file *file = &files[i];

		snprintf(name, sizeof(name), "%u", i);
		if (symlink(file->target, name))
			die("%s: %s", file->path, strerror(errno));
		fprintf(names, "%d %lld %s%c", file->format, file->size,
			file->path, 0);

		if (list && in_boot + file->size > BOOT_MAX) {
			fclose(list);
			list = NULL;
			in_boot = 0;
		}
		in_boot += file->size;
		if (!list) {
			snprintf(name, sizeof(name), "list.%u", boot++);
			list = open_file(name, "w");
			fputs("dir /module_decompress_replay 0755 0 0\n", list);
		}
		fprintf(list, "file /module_decompress_replay/%u.%s %s/%u 0644 0 0\n",
			i, formats[file->format].suffix, dir, i);
	}
	if (list)
		fclose(list);
	fclose(names);
}

static void unpack(void)
{
	FILE *names = open_file("files", "r");
	size_t room = 0;
	char *line = NULL, *path;
	long long size;
	int format, at;

	while (getdelim(&line, &room, 0, names) > 0) {
		struct file *file;

		if (sscanf(line, "%d %lld %n", &format, &size, &at) != 2)
			die("build/replay/files: not as it was written");
		path = line + at;
		file = add_file(path);
		file->format = format;
		file->size = size;
	}
	free(line);
	fclose(names);
}

static void digest(struct output *out, const unsigned char *bytes, size_t n)
{
	out->len += n;
	out->crc = crc32(out->crc, bytes, n);
	out->adler = adler32(out->adler, bytes, n);
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
	if (!strncmp(text, "asked as ", 9))
		file->asked = true;
	else if (sscanf(text, "returned %d, %llu bytes, crc32 %x, adler32 %x, %llu ns",
			&file->error, &file->out.len, &file->out.crc,
			&file->out.adler, &file->ns) == 5)
		file->answered = true;
	else if (!strncmp(text, "said: ", 6))
		snprintf(file->said, sizeof(file->said), "%s", text + 6);
}

/* KUnit's result, such as "not ok 3 2.xz" */
static bool is_end(const char *line)
{
	const char *ok = strstr(line, "ok ");
	unsigned int nr;

	return ok && sscanf(ok, "ok %*u %u.", &nr) == 1;
}

static void read_log(const char *path)
{
	FILE *log = open_file(path, "r");
	struct file *file = NULL;
	bool failed = false;
	char line[512], *at;
	unsigned int nr;
	int n;

	while (fgets(line, sizeof(line), log)) {
		line[strcspn(line, "\r\n")] = '\0';
		at = strstr(line, "replay ");
		if (at && sscanf(at, "replay %u: %n", &nr, &n) == 1 &&
		    nr < nr_files) {
			file = &files[nr];
			replay_line(file, at + n);
		} else if (file && failed && !file->fault[0]) {
			snprintf(file->fault, sizeof(file->fault), "%s",
				 line + strspn(line, " "));
		} else if (file && is_end(line)) {
			file->over = true;
			if (strstr(line, "not ok") && !file->fault[0])
				snprintf(file->fault, sizeof(file->fault),
					 "it fails, and nobody says why");
			file = NULL;
		}
		failed = strstr(line, "EXPECTATION FAILED") ||
			 strstr(line, "ASSERTION FAILED");
	}
	fclose(log);
}

enum verdict { RIGHT, WRONG, REFUSED };

/**
 * struct answer - what is told of a file
 * @verdict: taken and right, taken and wrong, or refused
 * @why: what is wrong, in words
 * @advice: what to do about it
 */
struct answer {
	enum verdict verdict;
	char why[600];
	char advice[120];
};

static void __attribute__((format(printf, 2, 3)))
because(struct answer *answer, const char *fmt, ...)
{
	size_t used = strlen(answer->why);
	va_list args;

	if (used)
		used += snprintf(answer->why + used, sizeof(answer->why) - used,
				 "; ");
	va_start(args, fmt);
	vsnprintf(answer->why + used, sizeof(answer->why) - used, fmt, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3)))
advise(struct answer *answer, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(answer->advice, sizeof(answer->advice), fmt, args);
	va_end(args);
}

static bool same(const struct output *a, const struct output *b)
{
	return a->len == b->len && a->crc == b->crc && a->adler == b->adler;
}

static void why_refused(struct answer *answer, const struct file *file,
			const struct explanation *e)
{
	const char *tool = formats[file->format].tool;
	/* The decoder got as far as the data, and found that wrong */
	bool data_error = strstr(file->said, "status 7") ||
			  strstr(file->said, "status 8");

	if (e->unsupported[0] && !(file->format == XZ && data_error)) {
		because(answer, "%s", e->unsupported);
		advise(answer, "%s", e->advice);
		return;
	}
	if (file->tool_failed) {
		because(answer, "it is damaged: %s, too, says \"%s\"", tool,
			file->tool_says);
		advise(answer, "get the file anew");
	} else if (file->error == -ENOMEM) {
		if (e->memory > file->tool.len) {
			because(answer, "no memory: a dictionary or window of %llu MiB at once",
				(e->memory + MIB - 1) / MIB);
			advise(answer, "%s", e->advice);
		} else {
			because(answer, "no memory: %s%llu MiB come out",
				file->tool.len > OUTPUT_MAX ? "more than " : "",
				file->tool.len / MIB);
			advise(answer, "look at what is in it: no module is that large");
		}
	} else {
		because(answer, "%s takes it, and nothing in the file explains it",
			tool);
	}
}

static void why_wrong(struct answer *answer, const struct file *file,
		      const struct explanation *e)
{
	const struct format_info *format = &formats[file->format];

	advise(answer, "%s", e->advice);
	if (e->unsupported[0]) {
		because(answer, "%s", e->unsupported);
	} else if (file->tool_failed && e->trailing) {
		because(answer, "%zu bytes after the end, where %s wants none",
			e->trailing, format->tool);
	} else if (file->tool_failed && strstr(file->tool_says, "supported")) {
		because(answer, "%s here is too old to know what should come out: it says \"%s\"",
			format->tool, file->tool_says);
		advise(answer, "ask where a newer %s is to be had", format->tool);
	} else if (file->tool_failed) {
		because(answer, "it is damaged, which the kernel did not notice: %s says \"%s\"",
			format->tool, file->tool_says);
		advise(answer, "get the file anew");
	} else if (e->parts > 1) {
		because(answer, "%u %ss, of which the kernel takes the first: %llu of %llu bytes",
			e->parts, format->part, file->out.len, file->tool.len);
	} else {
		because(answer, "other bytes come out, and nothing in the file explains it");
		answer->advice[0] = '\0';
	}
}

static void judge(struct answer *answer, unsigned int nr,
		  const struct kernel *kernel)
{
	const struct file *file = &files[nr];
	const struct format_info *format = &formats[file->format];
	struct explanation e;
	const char *words;
	unsigned char *in;
	char link[16];

	snprintf(link, sizeof(link), "%u", nr);
	in = map(link, file->size);
	explain(&e, file->format, in, file->size, kernel);
	munmap(in, file->size + 1);

	memset(answer, 0, sizeof(*answer));
	if (!file->answered) {
		answer->verdict = file->over && !file->fault[0] ? REFUSED : WRONG;
		if (answer->verdict == REFUSED)
			because(answer, "the decompress.c of this kernel does not know %s",
				format->name);
		else if (!file->over)
			because(answer, file->asked ?
				"the kernel did not come back from it" :
				"the kernel was not asked: it died before");
	} else if (file->error) {
		answer->verdict = REFUSED;
		why_refused(answer, file, &e);
	} else if (file->tool_failed || !same(&file->out, &file->tool)) {
		answer->verdict = WRONG;
		why_wrong(answer, file, &e);
	}
	words = status_in_words(file->format, file->said);
	if (file->said[0])
		because(answer, words ? "the kernel says \"%s\" (%s)" :
			"the kernel says \"%s\"", file->said, words);
	if (file->fault[0]) {
		if (answer->verdict == RIGHT)
			answer->verdict = WRONG;
		because(answer, "the suite reports: %s", file->fault);
	}
}

static const char *verdict_name(const struct file *file, enum verdict verdict)
{
	static char text[32];

	if (verdict == RIGHT)
		return "taken";
	if (verdict == WRONG)
		return "WRONG";
	if (!file->error)
		return "refused";
	snprintf(text, sizeof(text), "refused, %s",
		 file->error == -EINVAL ? "EINVAL" :
		 file->error == -ENOMEM ? "ENOMEM" : "?");
	return text;
}

/* Some kernels have no better clock in QEMU than one that ticks */
static bool has_speed(const struct file *file)
{
	return file->out.len >= SPEED_MIN && file->ns;
}

static double ms_per_mb(const struct file *file)
{
	return file->ns / 1e6 / (file->out.len / 1e6);
}

static void print_row(const struct file *file, const struct answer *answer,
		      int width)
{
	char bytes[24] = "-", speed[24] = "-";

	if (file->answered && !file->error) {
		snprintf(bytes, sizeof(bytes), "%llu", file->out.len);
		if (has_speed(file))
			snprintf(speed, sizeof(speed), "%.1f", ms_per_mb(file));
	}
	printf("%-*s  %-4s  %-15s %11s %5s %7s\n", width, file->path,
	       formats[file->format].name,
	       verdict_name(file, answer->verdict), bytes,
	       !file->answered || file->error || file->tool_failed ? "-" :
	       same(&file->out, &file->tool) ? "yes" : "NO", speed);
	if (answer->why[0])
		printf("    %s\n", answer->why);
	if (answer->advice[0] && answer->verdict != RIGHT)
		printf("    to do: %s\n", answer->advice);
}

static void json_string(FILE *json, const char *text)
{
	fputc('"', json);
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			fprintf(json, "\\%c", c);
		else if (c < ' ')
			fprintf(json, "\\u%04x", c);
		else
			fputc(c, json);
	}
	fputc('"', json);
}

static void json_member(FILE *json, const char *name, const char *text)
{
	fprintf(json, ",\n      \"%s\": ", name);
	if (*text)
		json_string(json, text);
	else
		fputs("null", json);
}

static void json_row(FILE *json, const struct file *file,
		     const struct answer *answer)
{
	static const char *const names[] = { "right", "wrong", "refused" };
	bool taken = file->answered && !file->error;

	fputs("    {\n      \"file\": ", json);
	json_string(json, file->path);
	json_member(json, "format", formats[file->format].name);
	json_member(json, "verdict", names[answer->verdict]);
	fprintf(json, ",\n      \"error\": %d", file->error);
	if (taken)
		fprintf(json, ",\n      \"bytes\": %llu,\n      \"same\": %s",
			file->out.len, file->tool_failed ? "null" :
			same(&file->out, &file->tool) ? "true" : "false");
	if (taken && has_speed(file))
		fprintf(json, ",\n      \"ms_per_mb\": %.3f", ms_per_mb(file));
	json_member(json, "said", file->said);
	json_member(json, "why", answer->why);
	json_member(json, "advice",
		    answer->verdict == RIGHT ? "" : answer->advice);
	fputs("\n    }", json);
}

static int report(const struct kernel *kernel, const char *name,
		  const char *judges, const char *json_path)
{
	FILE *json = json_path ? open_file(json_path, "w") : NULL;
	unsigned int counts[3] = { }, i;
	struct answer answer;
	int width = 4;

	for (i = 0; i < nr_files; i++) {
		int length = strlen(files[i].path);

		if (length > width && length <= 48)
			width = length;
	}
	if (json) {
		fputs("{\n  \"kernel\": ", json);
		json_string(json, name);
		fputs(",\n  \"judged_by\": ", json);
		json_string(json, judges);
		fputs(",\n  \"files\": [\n", json);
	}
	printf("%-*s  %-4s  %-15s %11s %5s %7s\n", width, "file", "as", "answer",
	       "bytes out", "same", "ms/MB");
	for (i = 0; i < nr_files; i++) {
		judge(&answer, i, kernel);
		counts[answer.verdict]++;
		print_row(&files[i], &answer, width);
		if (json) {
			json_row(json, &files[i], &answer);
			fputs(i + 1 < nr_files ? ",\n" : "\n", json);
		}
	}
	if (json) {
		fputs("  ]\n}\n", json);
		if (fclose(json))
			die("%s: %s", json_path, strerror(errno));
	}
	printf("judged by %s\n", judges);
	printf("make replay: %s: of %u files, %u taken and right, %u wrong, %u refused\n",
	       name, nr_files, counts[RIGHT], counts[WRONG], counts[REFUSED]);
	return counts[RIGHT] == nr_files ? 0 : 1;
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";
	struct kernel kernel;
	int i;

	if (!strcmp(command, "pack")) {
		for (i = 3; i < argc; i++)
			add_argument(argv[i]);
	} else if (argc < 3) {
		die("call it by way of make replay");
	}
	if (chdir(argv[2]))
		die("%s: %s", argv[2], strerror(errno));
	if (!strcmp(command, "pack")) {
		pack(argv[2]);
		return 0;
	}
	unpack();
	if (!strcmp(command, "stock")) {
		ask_tools();
		return 0;
	}
	if (read_kernel_config(&kernel, argv[3]))
		die("%s: %s", argv[3], strerror(errno));
	read_stock();
	read_log(argv[4]);
	return report(&kernel, argv[5], argv[6], argv[7]);
}
