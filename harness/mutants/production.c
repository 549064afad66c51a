// SPDX-License-Identifier: GPL-2.0
/* decompress.c as the kernel has it, for its own algorithm and without ledger */
#include "../decompress.c"
