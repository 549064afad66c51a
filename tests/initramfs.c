// SPDX-License-Identifier: GPL-2.0
/*
 * Unpack a gzip file with the kernel's decompressor of initramfs files, lib/decompress_inflate.c.
 * Print what it says, its status, and how many bytes of input are left. The file ends
 * where readable memory ends.
 */
#define STATIC	static
#define INIT

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static unsigned long free_mem_ptr, free_mem_end_ptr;

#define malloc	boot_malloc
#define free	boot_free
#include "decompress_inflate.c"

#define MOST	0x100000

static char heap[MOST];

static long flush(void *buf, unsigned long size)
{
	return size;
}

static void error(char *message)
{
	printf("says: %s\n", message);
}

/* Return a copy of standard input whose end is the end of readable memory. */
static unsigned char *input(long *size)
{
	unsigned char *all = mmap(NULL, 2 * MOST, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*size = fread(all, 1, MOST, stdin);
	memmove(all + MOST - *size, all, *size);
	mprotect(all + MOST, MOST, PROT_NONE);
	return all + MOST - *size;
}

int main(void)
{
	long size, pos = 0;
	unsigned char *in = input(&size);
	int status;

	free_mem_ptr = (unsigned long)heap;
	free_mem_end_ptr = free_mem_ptr + sizeof(heap);
	status = __decompress(in, size, NULL, flush, NULL, 0, &pos, error);
	printf("status %d, %ld bytes left\n", status, size - pos);
	return 0;
}
