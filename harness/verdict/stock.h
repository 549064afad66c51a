/* SPDX-License-Identifier: GPL-2.0 */
/* Decompress a file as gzip, xz and zstd do, with their libraries */
#ifndef _STOCK_H
#define _STOCK_H

#include "file.h"

const unsigned char *stock_output(size_t *len);
void ask_stock(struct file *file, const unsigned char *in);
void stock_versions(char *text, size_t size);

#endif /* _STOCK_H */
