/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writers that wrap bytes of any length into a valid stream without compressing
 * them. So lengths around each page boundary, and megabytes, need no blob.
 */
#ifndef _MODULE_TESTS_STREAMS_H
#define _MODULE_TESTS_STREAMS_H

#include <linux/types.h>
#include <linux/zstd.h>

/* An upper bound for headers, block headers and trailer */
#define STREAM_OVERHEAD(len)	(256 + (len) / 256)

/**
 * struct stream_options - options of the writers
 * @gzip_flags: FLG of RFC 1952, 2.3.1; the writer adds the fields
 * @gzip_far_match: end with a match of 258 bytes from 32 KiB back
 * @xz_check: check type of the .xz format, 2.1.1.2: 0 none, 1 CRC32; any other
 *	check gets a wrong value
 * @xz_dict: dictionary size byte of the .xz format, 5.3.1
 * @zstd_checksum: write the content checksum of RFC 8878, 3.1.1
 * @zstd_descriptor: window descriptor of RFC 8878, 3.1.1.1.2
 * @zstd_dictionary: dictionary ID, or 0 for none
 * @zstd_content_size: write the content size of RFC 8878, 3.1.1.1.4
 */
struct stream_options {
	u8 gzip_flags;
	bool gzip_far_match;
	u8 xz_check;
	u8 xz_dict;
	bool zstd_checksum;
	u8 zstd_descriptor;
	u8 zstd_dictionary;
	bool zstd_content_size;
};

/* A window of 128 KiB allows raw blocks of the largest size */
#define ZSTD_WINDOW_128K	0x38
#define ZSTD_WINDOW_8M		0x68
/* ZSTD_WINDOWLOG_MAX and _LIMIT_DEFAULT as window descriptors */
#define ZSTD_WINDOW_MAX		((ZSTD_WINDOWLOG_MAX - 10) << 3)
#define ZSTD_WINDOW_LIMIT	((ZSTD_WINDOWLOG_LIMIT_DEFAULT - 10) << 3)

/* Options without a check, and with one if the kernel verifies any */
extern const struct stream_options stream_plain;
extern const struct stream_options stream_checked;

size_t stream_gzip(u8 *out, const u8 *payload, size_t len,
		   const struct stream_options *options);
size_t stream_xz(u8 *out, const u8 *payload, size_t len,
		 const struct stream_options *options);
size_t stream_zstd(u8 *out, const u8 *payload, size_t len,
		   const struct stream_options *options);

#endif /* _MODULE_TESTS_STREAMS_H */
