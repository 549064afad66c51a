// SPDX-License-Identifier: GPL-2.0
/* Find, read and report on the files in the initramfs. */
#include <linux/crc32.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/zutil.h>

#include "replay.h"

static const struct {
	const char *format;
	const char *suffix;
} formats[] = {
	{ "gzip", "gz" },
	{ "xz", "xz" },
	{ "zstd", "zst" },
};

/* Buffer with the file at its end, in front of a guard page */
static u8 *room;

/* Digest of the output, for the host to compare with the stock tool's */
static struct {
	size_t len;
	u32 crc;
	u32 adler;
} output;

/* The decompressor of the attempt, and another that measures its run time */
static const struct decompressor *timed;
static struct decompressor timer;
static u64 ns;

static int timed_decompress(struct load_info *info, const void *buf, size_t size)
{
	u64 start = sched_clock();
	int ret = timed->decompress(info, buf, size);

	ns = sched_clock() - start;
	return ret;
}

static void digest(struct attempt *a, const void *out, size_t len)
{
	output.len = len;
	output.crc = ~crc32_le(~0, out, len);
	output.adler = zlib_adler32(1, out, len);
}

/**
 * replay_find() - find a file and open it
 * @file: the file; filled in, and closed first if it is open
 * @nr: number of the file
 *
 * Context: may sleep; the initramfs has been unpacked.
 * Return: true if the file exists.
 */
bool replay_find(struct replay_file *file, unsigned int nr)
{
	unsigned int i;

	if (file->opened)
		fput(file->opened);
	*file = (struct replay_file){ .nr = nr, .path = "none" };
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		char path[sizeof(file->path)];
		struct file *opened;

		scnprintf(path, sizeof(path), "/module_decompress_replay/%u.%s",
			  nr, formats[i].suffix);
		opened = filp_open(path, O_RDONLY, 0);
		if (IS_ERR(opened))
			continue;
		strscpy(file->path, path, sizeof(file->path));
		file->format = formats[i].format;
		file->opened = opened;
		return true;
	}
	return false;
}

/* Read the file to the end of a buffer, where a read past it faults */
static int read_to_guard_page(struct attempt *a, struct file *file)
{
	loff_t size = i_size_read(file_inode(file)), pos = 0;
	size_t room_size = max_t(size_t, PAGE_ALIGN(size), PAGE_SIZE);

	if (size > REPLAY_MAX)
		return -EFBIG;
	room = vmalloc(room_size);
	if (!room)
		return -ENOMEM;
	a->size = size;
	a->in = room + room_size - size;
	if (kernel_read(file, room + room_size - size, size, &pos) == size)
		return 0;
	replay_free(a);
	return -EIO;
}

/* Limit the output to half of free memory: decoders and kernel need the rest */
static int make_room_for_output(struct attempt *a)
{
	struct sysinfo memory;

	si_meminfo(&memory);
	a->orders.max_records = memory.freeram / 2;
	a->orders.records = kvmalloc_array(a->orders.max_records,
					   sizeof(*a->orders.records), GFP_KERNEL);
	return a->orders.records ? 0 : -ENOMEM;
}

/**
 * replay_read() - make a file the input of an attempt
 * @a: the attempt; gets the input, orders, and buffers that replay_free() frees
 * @file: a file that replay_find() found
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -EFBIG if the file has more than %REPLAY_MAX bytes; or
 * -EIO if it cannot be read to its end.
 */
int replay_read(struct attempt *a, const struct replay_file *file)
{
	int error = read_to_guard_page(a, file->opened);

	if (error)
		return error;

	memset(&output, 0, sizeof(output));
	a->payload = NULL;
	a->look = digest;
	timed = a->d;
	timer = *timed;
	timer.decompress = timed_decompress;
	a->d = &timer;
	strscpy(a->what, file->path, sizeof(a->what));
	error = make_room_for_output(a);
	if (error)
		replay_free(a);
	return error;
}

/**
 * replay_free() - free the buffers of replay_read()
 * @a: the attempt
 *
 * Context: may sleep.
 */
void replay_free(struct attempt *a)
{
	kvfree(a->orders.records);
	vfree(room);
	a->orders.records = NULL;
	room = NULL;
}

/**
 * replay_print() - print the result for a file, for the host to read
 * @test: the running test
 * @a: the attempt, after attempt_decompress()
 * @file: the file
 *
 * Context: any.
 */
void replay_print(struct kunit *test, struct attempt *a,
		  const struct replay_file *file)
{
	kunit_info(test, "replay %u: returned %d, %zu bytes, crc32 %08x, adler32 %08x, %llu ns\n",
		   file->nr, a->ret, output.len, output.crc, output.adler, ns);
	if (a->ledger.log_lines)
		kunit_info(test, "replay %u: said: %s\n", file->nr,
			   a->ledger.log);
}
