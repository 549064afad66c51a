// SPDX-License-Identifier: GPL-2.0
/*
 * Read a compressed file of an ISO file system into pages in highmem. zisofs decompresses into
 * mapped pages, as kernel/module/decompress.c does, and had the same bug (patches/isofs).
 */
#include <linux/loop.h>

#include "guest.h"

#define IMAGE		"/zisofs.iso"
#define PLAIN		"/plain"
#define MOUNTED		"/mounted"

static void mount_image(void)
{
	int loop = open_made("/dev/loop0", O_RDONLY), image = open_made(IMAGE, O_RDONLY);

	must(ioctl(loop, LOOP_SET_FD, (void *)(long)image) == 0, "no loop device: %s\n",
	     error_name(errno));
	mkdir(MOUNTED, 0755);
	must(mount("/dev/loop0", MOUNTED, "iso9660", MS_RDONLY, NULL) == 0,
	     IMAGE ": not mounted: %s\n", error_name(errno));
}

static void reads_whole(const void *unused)
{
	size_t size, plain_size, i;
	char *data, *plain = contents(PLAIN, &plain_size);

	must(plain, "no " PLAIN "\n");
	mount_image();
	data = contents(MOUNTED PLAIN, &size);
	must(data, MOUNTED PLAIN ": not read\n");
	check(size == plain_size, "%ld bytes, not %ld\n", (long)size, (long)plain_size);
	for (i = 0; i < plain_size && i < size && data[i] == plain[i]; i++)
		;
	check(i == plain_size, "wrong from byte %ld on\n", (long)i);
}

static const struct test tests[] = {
	{ "zisofs: reads a file into highmem", reads_whole },
};

void read_zisofs(int argc, char **argv)
{
	size_t i;

	start(argc, argv, ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		run_test(&tests[i]);
	finish();
}
