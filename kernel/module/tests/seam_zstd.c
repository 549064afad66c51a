// SPDX-License-Identifier: GPL-2.0
/* Build decompress.c as a kernel with CONFIG_MODULE_COMPRESS_ZSTD does */
#include "seam.h"

#define SEAM_ALGORITHM			zstd
#define CONFIG_MODULE_COMPRESS_ZSTD	1
#include "../decompress.c"

SEAM_DECOMPRESSOR;
