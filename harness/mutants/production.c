// SPDX-License-Identifier: GPL-2.0
/* decompress.c as in the kernel: for the kernel's own algorithm and without ledger */
#include "../decompress.c"
