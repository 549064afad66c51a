// SPDX-License-Identifier: GPL-2.0
/*
 * Read an initramfs as init/initramfs.c does: cpio archives of the format "newc", with zero bytes
 * between them, and then mostly a compressed one. libarchive would stop after the first, which
 * has only microcode. See Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "package.h"

#define HEADER_SIZE	110

/* Numbers in the header, 8 hexadecimal digits each */
enum field { INO, MODE, UID, GID, NLINK, MTIME, FILESIZE, MAJOR, MINOR, RMAJOR, RMINOR, NAMESIZE };

/* The data of a member: the next bytes of the archive, up to a number */
struct data {
	struct stream stream;
	struct stream *from;
	size_t left;
};

static bool number(unsigned int *value, const char *header, enum field field)
{
	const char *digits = header + 6 + 8 * field;
	char text[9] = "";
	int i;

	for (i = 0; i < 8; i++) {
		if (!isxdigit((unsigned char)digits[i]))
			return false;
		text[i] = digits[i];
	}
	return sscanf(text, "%8x", value) == 1;
}

static ssize_t next_of_data(struct stream *stream, const void **block)
{
	struct data *data = (struct data *)stream;
	ssize_t n = data->left ? stream_block(data->from, block, data->left) : 0;

	if (data->left && n <= 0) {
		stream_error(stream, "%s", data->from->error[0] ? data->from->error :
			     "it is cut off");
		return -1;
	}
	data->left -= n;
	return n;
}

/* Read the header of a member and its name; false after an error */
static bool read_header(struct stream *in, unsigned int *values, char *name)
{
	char header[HEADER_SIZE];
	enum field field;

	if (!stream_read(in, header, HEADER_SIZE))
		return false;
	for (field = INO; field <= NAMESIZE; field++)
		if (!number(&values[field], header, field)) {
			stream_error(in, "a header has no number where one must be");
			return false;
		}
	if (!values[NAMESIZE] || values[NAMESIZE] > PATH_MAX) {
		stream_error(in, "a name of %u bytes", values[NAMESIZE]);
		return false;
	}
	if (!stream_read(in, name, values[NAMESIZE]))
		return false;
	name[values[NAMESIZE] - 1] = '\0';
	return stream_read(in, NULL, -(HEADER_SIZE + values[NAMESIZE]) & 3);
}

/* Does a member of an archive of the format newc follow, of which @n bytes can be looked at? */
static bool is_newc(const struct stream *in, size_t n)
{
	return n >= 6 && !memcmp(in->begin, "07070", 5) &&
	       (in->begin[5] == '1' || in->begin[5] == '2');
}

/* Skip zero bytes; the number of bytes that can be looked at after them */
static size_t skip_zeros(struct stream *in)
{
	size_t n, zeros;

	do {
		n = stream_peek(in);
		for (zeros = 0; zeros < n && !in->begin[zeros]; zeros++)
			;
		stream_read(in, NULL, zeros);
	} while (zeros && zeros == n);
	return stream_peek(in);
}

/* Read a member; false at an error, or if nothing more can be read */
static bool member(struct unpacker *unpacker, struct stream *in, const char *outer,
		   unsigned int depth, bool *ended)
{
	struct data data = { .stream.next = next_of_data, .from = in };
	unsigned int values[NAMESIZE + 1];
	char name[PATH_MAX];
	bool goes_on = true;

	if (!read_header(in, values, name))
		return false;
	*ended = !strcmp(name, "TRAILER!!!");
	data.left = values[FILESIZE];
	/* The last of several names of a file has the content */
	if (!*ended && S_ISREG(values[MODE]) && (values[FILESIZE] || values[NLINK] < 2))
		goes_on = unpack_member(unpacker, &data.stream, outer, name, depth);
	return goes_on && stream_read(in, NULL, data.left) &&
	       stream_read(in, NULL, -values[FILESIZE] & 3);
}

/**
 * unpack_cpio() - find the modules in an initramfs, or in the cpio archive of an rpm package
 * @unpacker: the state
 * @in: the bytes
 * @outer: name of the package
 * @depth: number of layers around it
 */
void unpack_cpio(struct unpacker *unpacker, struct stream *in, const char *outer,
		 unsigned int depth)
{
	bool ended = true;
	size_t n;

	while ((n = skip_zeros(in)) && is_newc(in, n))
		if (!member(unpacker, in, outer, depth, &ended))
			break;
	if (in->error[0])
		unread(unpacker, outer, "%s", in->error);
	else if (!ended)
		unread(unpacker, outer, n ? "it is damaged" : "it is cut off");
	else if (n && !memcmp(in->begin, "07070", n < 5 ? n : 5))
		unread(unpacker, outer,
		       "a cpio archive of another format than newc, which no kernel reads");
	else if (n)
		unpack_layer(unpacker, in, outer, depth + 1);
}
