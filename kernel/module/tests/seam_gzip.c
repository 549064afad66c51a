// SPDX-License-Identifier: GPL-2.0
/* Build decompress.c as a kernel with CONFIG_MODULE_COMPRESS_GZIP does */
#include "seam.h"

#define SEAM_ALGORITHM			gzip
#define CONFIG_MODULE_COMPRESS_GZIP	1
#include "../decompress.c"

SEAM_DECOMPRESSOR;
