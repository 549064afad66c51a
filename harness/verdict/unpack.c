// SPDX-License-Identifier: GPL-2.0
/*
 * Read packages and archives with libarchive, layer by layer: a compressed file holds an archive,
 * an archive may hold others. Nothing is written but the modules, to one file without a name, so
 * the names in an archive do no harm.
 */
#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "package.h"

/* What no package of modules needs */
#define DEPTH_MAX	8
#define MEMBERS_MAX	1000000
#define NAME_LENGTH_MAX	4096
#define BYTES_MAX	(16ull << 30)
#define SPOOL_MAX	(4ll << 30)
#define BESIDE_MAX	(16 * MIB)

/* Names of archives: they are read inside other archives, and never judged as modules */
static const char *const archives[] = {
	"*.deb", "*.ddeb", "*.udeb", "*.rpm", "*.apk", "*.ipk", "*.tar", "*.tar.*", "*.tgz",
	"*.cpio", "initrd*", "initramfs*",
};

/* Files beside modules that say which kernel and which kmod load them, without "usr/" */
static const char *const beside[] = {
	"boot/config-*", "lib/modules/*/config", "lib/modules/*/build/.config", "bin/kmod",
	"sbin/kmod",
};

/* A layer that libarchive reads: a stream of the data of one member after the other */
struct layer {
	struct stream data;
	struct archive *archive;
	struct stream *from;
	struct unpacker *unpacker;
	unsigned char block[64 * 1024];
};

/**
 * unread() - note a part that cannot be read
 * @unpacker: the state
 * @outer: the package that it is in
 * @fmt: the reason, a format of printf()
 */
void unread(struct unpacker *unpacker, const char *outer, const char *fmt, ...)
{
	char why[200];
	va_list args;

	if (unpacker->told || !unpacker->is_package)
		return;
	unpacker->told = true;
	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	unpacker->found(unpacker, unpacker->inside ? SKIPPED : UNREAD, outer, why, 0, 0);
}

/* libarchive asks for the next block of the layer below */
static la_ssize_t below(struct archive *archive, void *context, const void **block)
{
	struct layer *layer = context;
	ssize_t n = stream_block(layer->from, block, sizeof(layer->block));

	if (n < 0)
		archive_set_error(archive, EIO, "%s", layer->from->error);
	return n;
}

static ssize_t next_of_member(struct stream *stream, const void **block)
{
	struct layer *layer = (struct layer *)stream;
	la_ssize_t n = archive_read_data(layer->archive, layer->block, sizeof(layer->block));

	if (n < 0) {
		stream_error(stream, "%s", archive_error_string(layer->archive) ?: "damaged");
		return -1;
	}
	layer->unpacker->bytes += n;
	if (layer->unpacker->bytes > BYTES_MAX) {
		stream_error(stream, "more than %llu GiB come out of it", BYTES_MAX >> 30);
		return -1;
	}
	*block = layer->block;
	return n;
}

static struct layer *open_layer(struct unpacker *unpacker, struct stream *from)
{
	struct layer *layer = calloc(1, sizeof(*layer));

	if (layer)
		layer->archive = archive_read_new();
	if (!layer || !layer->archive)
		die("no memory");
	layer->from = from;
	layer->unpacker = unpacker;
	layer->data.next = next_of_member;
	return layer;
}

static void close_layer(struct layer *layer)
{
	archive_read_free(layer->archive);
	free(layer);
}

/* Begin with the next member; its entry, or NULL at the end or after an error that is told */
static struct archive_entry *next_member(struct layer *layer, const char *outer)
{
	struct archive_entry *entry;
	int ret = archive_read_next_header(layer->archive, &entry);

	layer->data = (struct stream) { .next = next_of_member };
	if (ret >= ARCHIVE_WARN && ret != ARCHIVE_EOF)
		return entry;
	if (ret != ARCHIVE_EOF)
		unread(layer->unpacker, outer, "%s",
		       archive_error_string(layer->archive) ?: "damaged");
	return NULL;
}

/* Remove one layer of compression, or the headers of an rpm package */
static void unpack_filter(struct unpacker *unpacker, struct stream *in, const char *outer,
			  unsigned int depth, int (*filter)(struct archive *))
{
	struct layer *layer = open_layer(unpacker, in);

	archive_read_support_format_raw(layer->archive);
	archive_read_support_format_empty(layer->archive);
	filter(layer->archive);
	if (archive_read_open(layer->archive, layer, NULL, below, NULL))
		unread(unpacker, outer, "%s", archive_error_string(layer->archive) ?: "damaged");
	else if (archive_filter_count(layer->archive) < 2)
		unread(unpacker, outer, "its header is damaged");
	else if (next_member(layer, outer))
		unpack_layer(unpacker, &layer->data, outer, depth + 1);
	else if (filter == archive_read_support_filter_rpm)
		unread(unpacker, outer, "it is cut off before its content");
	close_layer(layer);
}

/* The name below the root, without "usr/" */
static const char *below_root(const char *name)
{
	while (*name == '.' || *name == '/')
		name++;
	return strncmp(name, "usr/", 4) ? name : name + 4;
}

/* Is this the member of a Debian package that has its files? */
static bool is_data(const char *name)
{
	return !strncmp(name, "data.tar", strlen("data.tar"));
}

/* In a Debian package, debian-binary comes first; only data.tar has files of the package */
static void unpack_archive(struct unpacker *unpacker, struct stream *in, const char *outer,
			   unsigned int depth)
{
	struct layer *layer = open_layer(unpacker, in);
	struct archive_entry *entry;
	bool goes_on = true, is_debian = false, has_data = false;

	archive_read_support_format_tar(layer->archive);
	archive_read_support_format_ar(layer->archive);
	archive_read_set_options(layer->archive, "tar:hdrcharset=BINARY");
	if (archive_read_open(layer->archive, layer, NULL, below, NULL)) {
		unread(unpacker, outer, "%s", archive_error_string(layer->archive) ?: "damaged");
		goes_on = false;
	}
	while (goes_on && (entry = next_member(layer, outer))) {
		const char *name = archive_entry_pathname(entry) ?:
				   archive_entry_pathname_utf8(entry);
		mode_t type = archive_entry_filetype(entry);
		bool is_link = archive_entry_hardlink(entry);

		is_debian |= name && !strcmp(below_root(name), "debian-binary");
		has_data |= name && is_data(below_root(name));
		if (!name)
			unread(unpacker, outer, "a member has a name that cannot be read");
		/* GNU ar writes no type, as all its members are files */
		else if ((type == AE_IFREG || !type) && !is_link)
			goes_on = unpack_member(unpacker, &layer->data, outer, name, depth);
	}
	if (goes_on && is_debian && !has_data)
		unread(unpacker, outer, "it has no data.tar, or is cut off before it");
	close_layer(layer);
}

/*
 * Say what to do with a file that may hold modules but is not read here. Returns false if it is of
 * another kind.
 */
static bool advise(struct unpacker *unpacker, const char *outer, const struct kind *kind)
{
	static const struct {
		const char *id;
		const char *advice;
	} others[] = {
		{ "squashfs", "run: unsquashfs -d DIR FILE, and check the directory" },
		{ "apk3", "run: apk extract --destination DIR FILE, and check the directory" },
		{ "zip", "unpack it, and check the directory" },
		{ "7z", "unpack it, and check the directory" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(kind->id, others[i].id))
			break;
	if (i == ARRAY_SIZE(others) && !kind->compressed)
		return false;
	unpacker->is_package = true;
	unread(unpacker, outer, "%s, which is not read here; %s", kind->words,
	       i < ARRAY_SIZE(others) ? others[i].advice : "decompress it first");
	return true;
}

/**
 * unpack_layer() - find the modules in a package, or in a layer of it
 * @unpacker: the state
 * @in: the bytes
 * @outer: name of the package
 * @depth: number of layers around this one
 */
void unpack_layer(struct unpacker *unpacker, struct stream *in, const char *outer,
		  unsigned int depth)
{
	static int (*const filters[NR_FORMATS])(struct archive *) = {
		[GZIP] = archive_read_support_filter_gzip,
		[XZ] = archive_read_support_filter_xz,
		[ZSTD] = archive_read_support_filter_zstd,
	};
	size_t n = stream_peek(in);
	const struct kind *kind = kind_of(in->begin, n);
	bool is_rpm = !strcmp(kind->id, "rpm"), is_cpio = !strcmp(kind->id, "cpio");
	bool is_archive = !strcmp(kind->id, "tar") || !strcmp(kind->id, "ar");

	unpacker->is_package |= is_rpm || is_cpio || is_archive;
	if (in->error[0])
		unread(unpacker, outer, "%s", in->error);
	else if (depth > DEPTH_MAX)
		unread(unpacker, outer, "it has more than %d layers of archives", DEPTH_MAX);
	else if (kind->format != NO_FORMAT)
		unpack_filter(unpacker, in, outer, depth, filters[kind->format]);
	else if (is_rpm)
		unpack_filter(unpacker, in, outer, depth, archive_read_support_filter_rpm);
	else if (is_archive)
		unpack_archive(unpacker, in, outer, depth);
	else if (is_cpio)
		unpack_cpio(unpacker, in, outer, depth);
	else if (!advise(unpacker, outer, kind))
		unread(unpacker, outer, "there is %s where an archive is expected", kind->words);
}

/* depmod does not look into these directories */
static bool is_skipped(const char *name)
{
	return strstr(name, "/build/") || strstr(name, "/source/");
}

static bool matches(const char *name, const char *const *patterns, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!fnmatch(patterns[i], name, FNM_PATHNAME))
			return true;
	return false;
}

/* Copy a member to the spool, up to @most bytes; its length, or -1 if it cannot be read */
static long long spool(struct unpacker *unpacker, struct stream *in, const char *outer,
		       long long most)
{
	long long size = 0;
	const void *block;
	ssize_t n;

	while (size <= most) {
		n = stream_block(in, &block, 64 * 1024);
		if (n < 0)
			unread(unpacker, outer, "%s", in->error);
		if (n <= 0)
			return n < 0 ? n : size;
		if (unpacker->end + size + n > SPOOL_MAX) {
			unread(unpacker, outer, "it has more than %lld GiB of modules",
			       SPOOL_MAX >> 30);
			return -1;
		}
		if (pwrite(unpacker->spool, block, n, unpacker->end + size) != n)
			die("%s: cannot keep its modules: %s", outer, strerror(errno));
		size += n;
	}
	return size;
}

/* Look for modules in an archive in an archive */
static void unpack_inside(struct unpacker *unpacker, struct stream *in, const char *outer,
			  const char *inner, unsigned int depth)
{
	bool told = unpacker->told;
	char *both;

	if (asprintf(&both, "%s: %s", outer, inner) < 0)
		die("no memory");
	unpacker->told = false;
	unpacker->inside++;
	unpack_layer(unpacker, in, both, depth);
	unpacker->inside--;
	unpacker->told = told;
	free(both);
}

/**
 * unpack_member() - look at a file in a package
 * @unpacker: the state
 * @in: its content
 * @outer: name of the package
 * @inner: name in the package
 * @depth: number of layers around it
 *
 * Return: false if nothing more can be read.
 */
bool unpack_member(struct unpacker *unpacker, struct stream *in, const char *outer,
		   const char *inner, unsigned int depth)
{
	const char *name = below_root(inner), *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	bool is_beside = matches(name, beside, ARRAY_SIZE(beside));
	bool is_seen = depmod_sees(base) && !is_skipped(name);
	enum piece piece = is_beside ? BESIDE : is_seen ? MODULE : MISNAMED;
	long long most = is_beside ? BESIDE_MAX : FILE_MAX, size;

	if (++unpacker->members > MEMBERS_MAX || strlen(inner) > NAME_LENGTH_MAX) {
		unread(unpacker, outer, unpacker->members > MEMBERS_MAX ?
		       "it has too many members" : "the name of a member is too long");
		return false;
	}
	if (is_data(name)) {
		unpack_layer(unpacker, in, outer, depth + 1);
		return true;
	}
	if (matches(base, archives, ARRAY_SIZE(archives))) {
		unpack_inside(unpacker, in, outer, inner, depth + 1);
		return true;
	}
	if (piece == MISNAMED && (is_skipped(name) || !strcasestr(base, ".ko.") ||
				  !kind_of(in->begin, stream_peek(in))->compressed))
		return true;
	size = spool(unpacker, in, outer, most);
	if (size < 0)
		return false;
	unpacker->found(unpacker, size > most ? TOO_LARGE : piece, outer,
			is_beside ? name : inner, unpacker->end, size);
	if (size <= most)
		unpacker->end += size;
	return true;
}

/**
 * unpack() - find the modules in a package
 * @unpacker: the state, with @spool and @found
 * @in: the package
 * @name: its name
 *
 * Return: false if it is no package.
 */
bool unpack(struct unpacker *unpacker, struct stream *in, const char *name)
{
	const char *slash = strrchr(name, '/');

	unpacker->is_package = matches(slash ? slash + 1 : name, archives, ARRAY_SIZE(archives));
	unpack_layer(unpacker, in, name, 0);
	return unpacker->is_package;
}
