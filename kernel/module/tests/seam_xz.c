// SPDX-License-Identifier: GPL-2.0
/* Build decompress.c as a kernel with CONFIG_MODULE_COMPRESS_XZ does */
#include "seam.h"

#define SEAM_ALGORITHM			xz
#define CONFIG_MODULE_COMPRESS_XZ	1
#include "../decompress.c"

SEAM_DECOMPRESSOR;
