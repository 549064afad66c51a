// SPDX-License-Identifier: GPL-2.0
/*
 * seeds DIRECTORY: write the seed corpus of the fuzz targets, the suite's blobs and some
 * short streams, to DIRECTORY/gzip, DIRECTORY/xz and DIRECTORY/zstd, which must exist.
 */
#include <stdio.h>

#include "native.h"
#include "../../../kernel/module/tests/blob_table.h"
#include "../../../kernel/module/tests/streams.h"

/* Larger seeds only slow the fuzzer down */
#define MOST_BYTES	4096

static u8 payload[2 * PAGE_SIZE + 1];
static u8 file[1 + sizeof(payload) + STREAM_OVERHEAD(sizeof(payload))];
static const char *directory;
static unsigned int number;

/* Write a seed; its first byte is 0, so that no allocation fails */
static void write_seed(const char *format, const void *data, size_t size)
{
	char path[4096];
	FILE *f;

	if (size >= MOST_BYTES)
		return;
	scnprintf(path, sizeof(path), "%s/%s/seed-%u", directory, format, number++);
	f = fopen(path, "w");
	if (!f || putc(0, f) || fwrite(data, size, 1, f) != 1 || fclose(f)) {
		perror(path);
		exit(2);
	}
}

static const struct stream_options options[] = {
	{ .zstd_descriptor = 0 },
	{ .xz_check = 1, .zstd_checksum = true, .zstd_descriptor = ZSTD_WINDOW_128K },
	{ .gzip_flags = 8, .xz_dict = 22, .zstd_descriptor = ZSTD_WINDOW_8M },
	{ .gzip_flags = 0x1e, .xz_check = 4, .zstd_dictionary = 7 },
	{ .gzip_flags = 1, .xz_dict = 40, .zstd_content_size = true },
};

static const size_t lens[] = { 0, 1, 100, PAGE_SIZE - 1 };

int main(int argc, char **argv)
{
	unsigned int i, j;

	if (argc != 2)
		return 2;
	directory = argv[1];
	for (i = 0; i < ARRAY_SIZE(decompress_blobs); i++)
		write_seed(decompress_blobs[i].format, decompress_blobs[i].data,
			   decompress_blobs[i].size);
	/* Only zstd encodes two pages of zeros in a few bytes */
	write_seed("zstd", file, stream_zstd(file, payload, sizeof(payload), options));
	payload_fill(payload, sizeof(payload), PAYLOAD_TEXT, 1);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (j = 0; j < ARRAY_SIZE(options); j++) {
			write_seed("gzip", file, stream_gzip(file, payload, lens[i],
							     &options[j]));
			write_seed("xz", file, stream_xz(file, payload, lens[i],
							 &options[j]));
			write_seed("zstd", file, stream_zstd(file, payload, lens[i],
							     &options[j]));
		}
	}
	return 0;
}
