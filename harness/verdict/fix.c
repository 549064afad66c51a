// SPDX-License-Identifier: GPL-2.0
/*
 * Repair files as the commands of cure.c do. A repaired file takes the place of the old one in one
 * step, and only after the kernel's code has accepted it and has put out the same module.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "check.h"
#include "package.h"
#include "stock.h"

/* The file that is being written, to be removed after an interruption */
static char new_path[4096];

/* What the child process tells */
static struct outcome_of_fix {
	struct result result;
	struct file file;
	char why[160];
} *told;

static void interrupted(int number)
{
	unlink(new_path);
	signal(number, SIG_DFL);
	raise(number);
}

/* Compress as "gzip -n -9" does; the length, or 0 if there is no memory */
static size_t with_gzip(const unsigned char *in, size_t size, unsigned char **out)
{
	z_stream s = { .next_in = (unsigned char *)in, .avail_in = size };
	size_t room;

	if (deflateInit2(&s, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	room = deflateBound(&s, size);
	*out = malloc(room);
	s.next_out = *out;
	s.avail_out = room;
	if (!*out || deflate(&s, Z_FINISH) != Z_STREAM_END)
		return 0;
	deflateEnd(&s);
	return s.total_out;
}

/* Compress as "xz --check=crc32 --lzma2=dict=1MiB" does */
static size_t with_xz(const unsigned char *in, size_t size, unsigned char **out)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{ LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL },
	};
	size_t room = lzma_stream_buffer_bound(size), length = 0;

	*out = malloc(room);
	if (!*out || lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT))
		return 0;
	options.dict_size = MIB;
	return lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, in, size, *out, &length,
					 room) == LZMA_OK ? length : 0;
}

/* Compress as "zstd -19 FILE" does: with the content size in the frame header */
static size_t with_zstd(const unsigned char *in, size_t size, unsigned char **out)
{
	ZSTD_CCtx *s = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(size), length;

	*out = malloc(room);
	if (!s || !*out)
		return 0;
	ZSTD_CCtx_setParameter(s, ZSTD_c_compressionLevel, 19);
	ZSTD_CCtx_setParameter(s, ZSTD_c_checksumFlag, 1);
	length = ZSTD_compress2(s, *out, room, in, size);
	ZSTD_freeCCtx(s);
	return ZSTD_isError(length) ? 0 : length;
}

/* Make the new content; NULL, or why that fails */
static const char *make_content(struct file *file, const struct result *old, unsigned char **out,
				size_t *length)
{
	static size_t (*const compressors[])(const unsigned char *, size_t, unsigned char **) = {
		[GZIP] = with_gzip, [XZ] = with_xz, [ZSTD] = with_zstd,
	};
	unsigned char *in = malloc(file->size + 1);
	const unsigned char *module;
	size_t size;

	if (!in || read_content(file, in, file->size) != file->size)
		return "it cannot be read again";
	file->size -= old->rest;
	memset(&file->tool, 0, sizeof(file->tool));
	ask_stock(file, in);
	if (file->tool_failed)
		return "it does not decompress";
	module = stock_output(&size);
	*out = in;
	*length = file->size;
	if (old->cure == DECOMPRESS) {
		*out = (unsigned char *)module;
		*length = size;
	} else if (old->cure == RECOMPRESS) {
		*length = compressors[file->format](module, size, out);
	}
	return *length ? NULL : "no memory";
}

/* Write the new file, with owner, mode and time of the old one; NULL, or why that fails */
static const char *write_new(int fd, const struct stat *st, const unsigned char *out, size_t length)
{
	struct timespec times[] = { st->st_atim, st->st_mtim };
	size_t done = 0;
	ssize_t n;

	for (; done < length; done += n) {
		n = write(fd, out + done, length - done);
		if (n <= 0)
			return strerror(errno);
	}
	/* Only root may give a file away: the owner stays if it is another user's */
	if (fchown(fd, st->st_uid, st->st_gid) && errno != EPERM)
		return strerror(errno);
	if (fchmod(fd, st->st_mode & 07777) || futimens(fd, times) || fsync(fd))
		return strerror(errno);
	return NULL;
}

/* Repair the file into a new one, and ask the kernel's code about that. In a child process. */
static const char *repair(const struct file *old, const struct result *result, int fd,
			  const struct stat *st)
{
	struct file file = *old, *new = &told->file;
	const char *why;
	unsigned char *out;
	size_t length;

	why = make_content(&file, result, &out, &length) ?: write_new(fd, st, out, length);
	if (why)
		return why;
	*new = (struct file) {
		.path = new_path, .size = length, .format = NO_FORMAT, .target_nr = old->target_nr,
	};
	ask(new, &told->result);
	if (told->result.outcome != LOADS) {
		snprintf(told->why, sizeof(told->why), "repaired, it would not load: %.100s",
			 told->result.nr ? told->result.findings[0].text : "no answer");
		return told->why;
	}
	if (result->cure == DECOMPRESS ? length != file.tool.len : !same(&new->tool, &file.tool))
		return "another module comes out";
	return NULL;
}

static char *without_suffix(const char *path, enum format format)
{
	char *plain = strndup(path, strlen(path) - strlen(formats[format].suffix) - 1);

	if (!plain)
		die("no memory");
	return plain;
}

/* Put the new file in the place of the old one; NULL, or why that fails */
static const char *replace(const char *path, const struct result *result, enum format format)
{
	char *plain;
	int ret;

	if (result->cure != DECOMPRESS)
		return rename(new_path, path) ? strerror(errno) : NULL;
	plain = without_suffix(path, format);
	/* Unlike rename(), link() does not replace another file */
	ret = link(new_path, plain);
	free(plain);
	if (ret || unlink(path))
		return strerror(errno);
	unlink(new_path);
	return NULL;
}

/* Put the repaired file in the place of the old one in the list of files */
static void take_new(struct file *file, struct result *result)
{
	bool other_name = result->cure == DECOMPRESS;
	struct file new = told->file;

	new.path = other_name ? without_suffix(file->path, file->format) : file->path;
	new.shown = other_name ? printable(new.path) : file->shown;
	*file = new;
	*result = told->result;
}

static const char *in_a_child(const struct file *file, const struct result *result, int fd,
			      const struct stat *st)
{
	const char *why;
	int status;
	pid_t pid;

	memset(told, 0, sizeof(*told));
	fflush(NULL);
	pid = fork();
	if (!pid) {
		why = repair(file, result, fd, st);
		if (why && why != told->why)
			snprintf(told->why, sizeof(told->why), "%s", why);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("cannot start a process: %s", strerror(errno));
	return status ? "the checker died on it" : told->why[0] ? told->why : NULL;
}

/* A link in a root may lead to a file of the system that builds it */
static bool leads_out(const struct file *file, const char *path)
{
	char *root = file->root ? realpath(file->root, NULL) : NULL;
	size_t n = root && root[1] ? strlen(root) : 0;
	bool out = root && (strncmp(path, root, n) || path[n] != '/');

	free(root);
	return out;
}

/* Repair a file; NULL, or why that fails */
static const char *fix(struct file *file, struct result *result, bool for_real)
{
	enum format format = format_by_name(file->path);
	char *path = realpath(file->path, NULL), *slash = path ? strrchr(path, '/') : NULL;
	const char *suffix = result->cure == DECOMPRESS ? "ko" : formats[file->format].suffix;
	const char *why;
	struct stat st;
	int fd;

	if (!path || stat(path, &st))
		return strerror(errno);
	if (leads_out(file, path)) {
		free(path);
		return "a link that leads out of the root; repair the file that it leads to";
	}
	/* The name must end as that of the old file does, as kmod and depmod see it */
	if (format != file->format)
		return "its name does not have the suffix of its format";
	snprintf(new_path, sizeof(new_path), "%.*s/.module-decompress.XXXXXX.%s",
		 (int)(slash - path), path, suffix);
	fd = mkostemps(new_path, strlen(suffix) + 1, O_CLOEXEC);
	if (fd < 0) {
		free(path);
		return strerror(errno);
	}
	why = in_a_child(file, result, fd, &st);
	close(fd);
	if (!why && for_real)
		why = replace(path, result, format);
	if (why || !for_real)
		unlink(new_path);
	free(path);
	return why;
}

static const char *const done_by[] = {
	[DECOMPRESS] = "decompressed", [RECOMPRESS] = "recompressed", [TRUNCATE] = "truncated",
};

/**
 * fix_all() - repair the files that can be repaired
 * @results: results of all files; a repaired file gets its new result
 * @for_real: false to leave the files as they are, and only tell
 * @to: where to print a line for each, or NULL
 */
void fix_all(struct result *results, bool for_real, FILE *to)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	unsigned int in_packages = 0, i;
	const char *why;

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		die("no memory");
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], interrupted);
	for (i = 0; i < nr_files; i++) {
		in_packages += files[i].package && results[i].outcome == FAILS;
		if (results[i].cure < DECOMPRESS)
			continue;
		why = fix(&files[i], &results[i], for_real);
		if (to && why)
			fprintf(to, "not fixed: %s: %s\n", files[i].shown, why);
		else if (to)
			fprintf(to, "%s: %s: %s, %lld bytes before, %lld after\n",
				for_real ? "fixed" : "would be fixed", files[i].shown,
				done_by[results[i].cure], files[i].size, told->file.size);
		if (!why && for_real)
			take_new(&files[i], &results[i]);
	}
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
	if (to && in_packages)
		fprintf(to, "not fixed: %u file%s in packages: repair them before packing\n",
			in_packages, in_packages > 1 ? "s" : "");
}
