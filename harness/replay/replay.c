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

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
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

/*
 * What the suite finds wrong with kernels as they are shipped, whatever the file:
 * the bytes that come out may be right, and the kernel is not. On 64-bit there is
 * neither highmem nor a lack of addresses.
 */
static const struct {
	const char *report;
	const char *why;
	const char *where;
} known_faults[] = {
	{
		"kunmap_local() outside the mapped page",
		"this kernel unmaps other pages than it mapped (patches/0001)",
		"with highmem, on 32-bit, modules may come out damaged; x86_64 has none",
	}, {
		"from vmalloc(), whose address space is scarce",
		"this kernel needs scarce address space for it (patches/0005)",
		"on 32-bit a large module may find too little; x86_64 has plenty",
	},
};

/**
 * struct file - one of the files
 * @path: as it was given
 * @shown: the same, with escapes for what is not to get at a terminal
 * @target: the same without links, from the root
 * @size: in bytes
 * @boot: which kernel is asked; files are numbered anew for each
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
 * @known: what of known_faults the suite found, a bit each
 * @fault: what else it found wrong with the kernel
 */
struct file {
	char *path;
	char *shown;
	char *target;
	long long size;
	unsigned int boot;
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
	unsigned int known;
	char fault[200];
};

static struct file *files;
static unsigned int nr_files;

/*
 * The length in bytes of the character there and its number, or 0 for what is not
 * UTF-8
 */
static unsigned int utf8(const char *text, unsigned int *code)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *c = (const unsigned char *)text;
	unsigned int i, n = *c < 0x80 ? 1 : *c >> 5 == 6 ? 2 :
			    *c >> 4 == 14 ? 3 : *c >> 3 == 30 ? 4 : 0;

	*code = n > 1 ? *c & 0x7f >> n : *c;
	for (i = 1; i < n; i++) {
		if (c[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (c[i] & 0x3f);
	}
	if (n && (*code < least[n] || *code > 0x10ffff ||
		  (*code >= 0xd800 && *code < 0xe000)))
		return 0;
	return n;
}

/* The same, but 0 for control characters, too, and what XML does not have */
static unsigned int plain(const char *text)
{
	unsigned int code, n = utf8(text, &code);

	return code < ' ' || (code >= 0x7f && code < 0xa0) ||
	       code == 0xfffe || code == 0xffff ? 0 : n;
}

/* With all else, and backslashes, as \xff: what it was can be told from it */
static char *printable(const char *text)
{
	char *result = malloc(4 * strlen(text) + 1), *end = result;
	unsigned int n;

	if (!result)
		abort();
	for (; *text; text += n) {
		n = *text == '\\' ? 0 : plain(text);
		if (n) {
			end = mempcpy(end, text, n);
		} else {
			n = 1;
			end += sprintf(end, "\\x%02x", (unsigned char)*text);
		}
	}
	*end = '\0';
	return result;
}

/* What tools and consoles say, without what does not belong there */
static void clean(char *text)
{
	unsigned int n;

	for (; *text; text += n) {
		n = plain(text);
		if (!n) {
			*text = '?';
			n = 1;
		}
	}
}

static void __attribute__((noreturn, format(printf, 1, 2)))
die(const char *fmt, ...)
{
	char *text;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	fprintf(stderr, "make: replay: %s\n", printable(text));
	exit(2);
}

static FILE *open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file)
		die("%s: %s", path, strerror(errno));
	return file;
}

/* The bytes of a file, to be found as @as; an empty one would not be mapped */
static unsigned char *map(const char *path, const char *as, size_t size)
{
	int fd = open(as, O_RDONLY);
	struct stat st;
	void *in;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	if (st.st_size < (off_t)size)
		die("%s: has become smaller", path);
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
	if (!file->path)
		die("%s: no memory", path);
	file->shown = printable(path);
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
	if (!file->target)
		die("%s: %s", path, strerror(errno));
	in = map(path, path, size);
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

static void add_from_stdin(void)
{
	char *path = NULL;
	size_t room = 0;

	while (getdelim(&path, &room, 0, stdin) > 0) {
		if (!*path)
			die("FILES_FROM: an empty name");
		add_argument(path);
	}
	free(path);
	if (!nr_files)
		die("FILES_FROM: no name in it");
}

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

/* What stands below "EXPECTATION FAILED" */
static void add_fault(struct file *file, const char *report)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known_faults); i++)
		if (strstr(report, known_faults[i].report)) {
			file->known |= 1 << i;
			return;
		}
	if (!file->fault[0])
		snprintf(file->fault, sizeof(file->fault), "%s",
			 report + strspn(report, " "));
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

enum verdict { RIGHT, WRONG, REFUSED, NO_ANSWER, NR_VERDICTS };

/**
 * struct answer - what is told of a file
 * @verdict: taken and right, taken and wrong, refused, or nothing was heard
 * @why: what is wrong, in words
 * @advice: what to do about it
 */
struct answer {
	enum verdict verdict;
	char why[800];
	char advice[240];
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
	/* XZ_MEM_ERROR is an EINVAL without patches/0002 */
	bool no_memory = file->error == -ENOMEM ||
			 (file->format == XZ && strstr(file->said, "status 3"));

	if (e->unsupported[0] && !(file->format == XZ && data_error)) {
		because(answer, "%s", e->unsupported);
		advise(answer, "%s", e->advice);
		return;
	}
	if (file->tool_failed) {
		because(answer, "it is damaged: %s, too, says \"%s\"", tool,
			file->tool_says);
		advise(answer, "get the file anew");
	} else if (no_memory) {
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
	} else if (file->tool_failed && file->format == ZSTD &&
		   strstr(file->tool_says, "premature end")) {
		because(answer, "it is cut off, which no kernel since 6.2 notices (patches/0003)");
		because(answer, "%s says \"%s\"", format->tool, file->tool_says);
		advise(answer, "get the file anew");
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

static void why_at_fault(struct answer *answer, const struct file *file,
			 unsigned int known)
{
	unsigned int i;

	if (answer->verdict == RIGHT) {
		answer->verdict = WRONG;
		if (known)
			advise(answer, "for x86_64 ask with ARCH=x86_64; for 32-bit use %s",
			       "another format, or patch the kernel (FIXES=yes)");
	}
	for (i = 0; i < ARRAY_SIZE(known_faults); i++)
		if (known & 1 << i)
			because(answer, "%s: %s", known_faults[i].why,
				known_faults[i].where);
	if (file->fault[0])
		because(answer, "the suite reports: %s", file->fault);
}

static void judge(struct answer *answer, unsigned int nr,
		  const struct kernel *kernel)
{
	const struct file *file = &files[nr];
	const struct format_info *format = &formats[file->format];
	unsigned int known = kernel->is_64bit ? 0 : file->known;
	struct explanation e;
	const char *words;
	unsigned char *in;
	char link[16];

	snprintf(link, sizeof(link), "%u", nr);
	in = map(file->path, link, file->size);
	explain(&e, file->format, in, file->size, kernel);
	munmap(in, file->size + 1);

	memset(answer, 0, sizeof(*answer));
	if (!file->asked) {
		answer->verdict = NO_ANSWER;
		because(answer, file->over ? "the kernel complained too often before" :
			"the kernel died before");
		advise(answer, "ask about it without those before it");
	} else if (!file->over) {
		answer->verdict = WRONG;
		because(answer, "the kernel did not come back from it");
	} else if (!file->answered) {
		/* Only zstd can be unknown: it was added later. */
		answer->verdict = known || file->fault[0] ? WRONG :
				  file->format == ZSTD ? REFUSED : NO_ANSWER;
		if (answer->verdict == REFUSED)
			because(answer, "the decompress.c of this kernel does not know %s",
				format->name);
		else
			because(answer, "what the kernel said of it cannot be read");
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
	if ((known || file->fault[0]) && answer->verdict != NO_ANSWER)
		why_at_fault(answer, file, known);
	/* It may have been cut in the middle of a character. */
	clean(answer->why);
}

static const char *verdict_name(const struct file *file, enum verdict verdict)
{
	static char text[32];

	if (verdict == RIGHT)
		return "taken";
	if (verdict == WRONG)
		return "WRONG";
	if (verdict == NO_ANSWER)
		return "no answer";
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
	printf("%-*s  %-4s  %-15s %11s %5s %7s\n", width, file->shown,
	       formats[file->format].name,
	       verdict_name(file, answer->verdict), bytes,
	       !file->answered || file->error || file->tool_failed ? "-" :
	       same(&file->out, &file->tool) ? "yes" : "NO", speed);
	if (answer->why[0])
		printf("    %s\n", answer->why);
	if (answer->advice[0] && answer->verdict != RIGHT)
		printf("    to do: %s\n", answer->advice);
}

/* JSON is Unicode: what is not becomes U+FFFD */
static void json_string(FILE *json, const char *text)
{
	unsigned int code, n;

	fputc('"', json);
	for (; *text; text += n) {
		n = utf8(text, &code);
		if (!n) {
			fputs("\\ufffd", json);
			n = 1;
		} else if (code == '"' || code == '\\') {
			fprintf(json, "\\%c", code);
		} else if (code < ' ' || code == 0x7f) {
			fprintf(json, "\\u%04x", code);
		} else {
			fwrite(text, 1, n, json);
		}
	}
	fputc('"', json);
}

static bool is_utf8(const char *text)
{
	unsigned int code, n;

	for (; *text; text += n) {
		n = utf8(text, &code);
		if (!n)
			return false;
	}
	return true;
}

/*
 * A name that is not UTF-8 is in "file" for people to read, and in "file_bytes"
 * percent-encoded, to be opened by: urllib.parse.unquote_to_bytes() in Python.
 */
static void json_name(FILE *json, const char *path)
{
	fputs("    {\n      \"file\": ", json);
	json_string(json, path);
	if (is_utf8(path))
		return;
	fputs(",\n      \"file_bytes\": \"", json);
	for (; *path; path++)
		fprintf(json, isalnum((unsigned char)*path) ||
			strchr("-._~/", *path) ? "%c" : "%%%02X",
			(unsigned char)*path);
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
	static const char *const names[] = {
		"right", "wrong", "refused", "no answer",
	};
	bool taken = file->answered && !file->error;

	json_name(json, file->path);
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

/**
 * struct asked - who was asked, and who is believed
 * @kernel: in words
 * @judges: the stock tools that say what should come out
 */
struct asked {
	const char *kernel;
	const char *judges;
};

static void write_json(FILE *json, const struct asked *asked,
		       const struct answer *answers)
{
	unsigned int i;

	fputs("{\n  \"kernel\": ", json);
	json_string(json, asked->kernel);
	fputs(",\n  \"judged_by\": ", json);
	json_string(json, asked->judges);
	fputs(",\n  \"files\": [\n", json);
	for (i = 0; i < nr_files; i++) {
		json_row(json, &files[i], &answers[i]);
		fputs(i + 1 < nr_files ? ",\n" : "\n", json);
	}
	fputs("  ]\n}\n", json);
}

/* A text that printable() or clean() has been over */
static void xml_text(FILE *xml, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", xml);
			break;
		case '<':
			fputs("&lt;", xml);
			break;
		case '>':
			fputs("&gt;", xml);
			break;
		case '"':
			fputs("&quot;", xml);
			break;
		default:
			fputc(*text, xml);
		}
}

static void xml_attribute(FILE *xml, const char *name, const char *text)
{
	fprintf(xml, " %s=\"", name);
	xml_text(xml, text);
	fputc('"', xml);
}

static void xml_row(FILE *xml, const struct file *file,
		    const struct answer *answer)
{
	const char *element;

	fputs("    <testcase", xml);
	xml_attribute(xml, "classname", formats[file->format].name);
	xml_attribute(xml, "name", file->shown);
	fprintf(xml, " time=\"%.3f\"", file->ns / 1e9);
	if (answer->verdict == RIGHT) {
		fputs("/>\n", xml);
		return;
	}
	element = answer->verdict == NO_ANSWER ? "error" : "failure";
	fprintf(xml, ">\n      <%s", element);
	xml_attribute(xml, "type", verdict_name(file, answer->verdict));
	xml_attribute(xml, "message", answer->why);
	fputc('>', xml);
	if (answer->advice[0])
		fputs("to do: ", xml);
	xml_text(xml, answer->advice);
	fprintf(xml, "</%s>\n    </testcase>\n", element);
}

static void write_junit(FILE *xml, const struct asked *asked,
			const struct answer *answers, const unsigned int *counts)
{
	unsigned int i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite", xml);
	xml_attribute(xml, "name", "make replay");
	fprintf(xml, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"0\">\n",
		nr_files, counts[WRONG] + counts[REFUSED], counts[NO_ANSWER]);
	fputs("    <properties>\n      <property name=\"kernel\"", xml);
	xml_attribute(xml, "value", asked->kernel);
	fputs("/>\n      <property name=\"judged by\"", xml);
	xml_attribute(xml, "value", asked->judges);
	fputs("/>\n    </properties>\n", xml);
	for (i = 0; i < nr_files; i++)
		xml_row(xml, &files[i], &answers[i]);
	fputs("  </testsuite>\n</testsuites>\n", xml);
}

static void close_written(FILE *file, const char *path)
{
	bool failed = ferror(file);

	if (fclose(file) || failed)
		die("%s: cannot be written", path);
}

static int report(const struct kernel *kernel, const struct asked *asked,
		  FILE *json, FILE *junit)
{
	struct answer *answers = calloc(nr_files, sizeof(*answers));
	unsigned int counts[NR_VERDICTS] = { }, i;
	int width = 4;

	if (!answers)
		die("no memory");
	for (i = 0; i < nr_files; i++) {
		int length = strlen(files[i].shown);

		if (length > width && length <= 48)
			width = length;
		judge(&answers[i], i, kernel);
		counts[answers[i].verdict]++;
	}
	printf("%-*s  %-4s  %-15s %11s %5s %7s\n", width, "file", "as", "answer",
	       "bytes out", "same", "ms/MB");
	for (i = 0; i < nr_files; i++)
		print_row(&files[i], &answers[i], width);
	if (json)
		write_json(json, asked, answers);
	if (junit)
		write_junit(junit, asked, answers, counts);
	printf("judged by %s\n", asked->judges);
	printf("make replay: %s: of %u files, %u taken and right, %u wrong, %u refused",
	       asked->kernel, nr_files, counts[RIGHT], counts[WRONG],
	       counts[REFUSED]);
	if (counts[NO_ANSWER])
		printf(", %u without an answer", counts[NO_ANSWER]);
	putchar('\n');
	free(answers);
	return counts[RIGHT] == nr_files ? 0 : 1;
}

/* What is to be written, if anything, from where the user stands */
static FILE *open_answers(const char *path)
{
	return *path ? open_file(path, "w") : NULL;
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";
	FILE *json = NULL, *junit = NULL;
	struct asked asked;
	struct kernel kernel;
	int i, status;

	if (!strcmp(command, "pack")) {
		for (i = 3; i < argc; i++)
			add_argument(argv[i]);
	} else if (!strcmp(command, "pack-from")) {
		add_from_stdin();
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
	if (read_kernel_config(&kernel, argv[3]))
		die("%s: %s", argv[3], strerror(errno));
	read_stock();
	read_logs();
	asked.kernel = argv[4];
	asked.judges = argv[5];
	status = report(&kernel, &asked, json, junit);
	if (json)
		close_written(json, argv[6]);
	if (junit)
		close_written(junit, argv[7]);
	return status;
}
