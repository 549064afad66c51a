// SPDX-License-Identifier: GPL-2.0
/* Empty decompressors for algorithms that a mutant does not change; the suite skips these */
#include "ledger.h"

const struct decompressor gzip_decompressor __weak;
const struct decompressor xz_decompressor __weak;
