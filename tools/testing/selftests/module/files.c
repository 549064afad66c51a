// SPDX-License-Identifier: GPL-2.0
/* Text and files */
#include "decompress.h"

/* Text */

char *join(char *path, const char *a, const char *b, const char *c)
{
	path[0] = '\0';
	strlcat(path, a, PATH_SIZE);
	strlcat(path, b, PATH_SIZE);
	strlcat(path, c, PATH_SIZE);
	return path;
}

bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

bool contains(const char *s, const char *what)
{
	for (; *s; s++)
		if (begins(s, what))
			return true;
	return false;
}

const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
		{ 0, "success" }, { EPERM, "EPERM" }, { ENOENT, "ENOENT" },
		{ ENOEXEC, "ENOEXEC" }, { EBADF, "EBADF" },
		{ EIO, "EIO" }, { ENXIO, "ENXIO" }, { EAGAIN, "EAGAIN" }, { ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" }, { EFAULT, "EFAULT" }, { EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" }, { ENODEV, "ENODEV" }, { EINVAL, "EINVAL" },
		{ ETXTBSY, "ETXTBSY" }, { ENOPKG, "ENOPKG" },
		{ EBADMSG, "EBADMSG" }, { ENOKEY, "ENOKEY" },
		{ EOPNOTSUPP, "EOPNOTSUPP" }, { EKEYREJECTED, "EKEYREJECTED" },
	};
	static char number[PATH_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].error == error)
			return names[i].name;
	return join(number, "errno ", itoa(error), "");
}

/* Files */

/* Return the content of a file and a NUL byte, or NULL if it cannot be read. */
char *contents(const char *path, size_t *size)
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

static bool put(int fd, const void *buf, size_t size)
{
	bool done = fd >= 0 && write(fd, buf, size) == (ssize_t)size;

	close(fd);
	return done;
}

/* Write to a file in /proc or /sys; do not create it. */
bool tell(const char *path, const char *s)
{
	return put(open(path, O_WRONLY), s, strlen(s));
}

/* Return true if @line is the first line of the file. */
bool holds(const char *path, const char *line)
{
	char *text = contents(path, NULL);
	bool it_does = text && begins(text, line) &&
		(!text[strlen(line)] || text[strlen(line)] == '\n');

	free(text);
	return it_does;
}

bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long)st.st_size;
}

/* Make a file in the scratch directory. */
void make_file(const char *path, const void *buf, size_t size)
{
	must(put(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700), buf, size),
	     "%s: not written\n", path);
}

void make_text(const char *path, const char *s)
{
	make_file(path, s, strlen(s));
}

/* Open a file, or fail the case, so that no later EBADF is due to a failed open. */
int open_made(const char *path, int flags)
{
	int fd = open(path, flags);

	must(fd >= 0, "%s: not opened: %s\n", path, error_name(errno));
	return fd;
}

void copy_to(const char *path, const char *from)
{
	size_t size;
	char *buf = contents(from, &size);

	must(buf, "%s: not read\n", from);
	make_file(path, buf, size);
	free(buf);
}

/* Make a file with these bytes, open it for reading, and unlink it. */
int file_of(const void *buf, size_t size)
{
	int fd;

	make_file(TMP "/file", buf, size);
	fd = open_made(TMP "/file", O_RDONLY);
	unlink(TMP "/file");
	return fd;
}

/* Skip the case because a file is missing; in a virtual machine, fail it. */
void not_there(const char *path)
{
	if (!alone)
		skip("no %s\n", path);
	ksft_print_msg("no %s\n", path);
	exit(KSFT_FAIL);
}

int open_it(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		not_there(path);
	return fd;
}
