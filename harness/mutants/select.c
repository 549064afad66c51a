// SPDX-License-Identifier: GPL-2.0
/*
 * Many mutants of decompress.c in one kernel: mutant=N on the command line
 * selects the one that runs. The first is mutant=1.
 *
 * The linker's --wrap makes the suite and the module loader use the __wrap_
 * symbols below, so that both need not be compiled again.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "select.h"
#include "internal.h"

struct decompressor __wrap_gzip_decompressor;
struct decompressor __wrap_xz_decompressor;
struct decompressor __wrap_zstd_decompressor;

static const struct mutant *mutant;

int __wrap_module_decompress(struct load_info *info, const void *buf,
			     size_t size)
{
	return mutant->decompress(info, buf, size);
}

void __wrap_module_decompress_cleanup(struct load_info *info)
{
	mutant->cleanup(info);
}

static int __init mutant_setup(char *number)
{
	unsigned int n;

	if (kstrtouint(number, 10, &n) || !n || n > nr_mutants)
		panic("mutant=%s: not a number from 1 to %u", number, nr_mutants);
	mutant = &mutants[n - 1];
	return 0;
}
early_param("mutant", mutant_setup);

/*
 * The suite skips the algorithms that the mutant does not change, which saves
 * time: their decompressors stay empty. The name in the log proves which mutant
 * was tested, so print it at a level that every console shows.
 */
static int __init mutant_init(void)
{
	if (mutant->gzip)
		__wrap_gzip_decompressor = *mutant->gzip;
	if (mutant->xz)
		__wrap_xz_decompressor = *mutant->xz;
	if (mutant->zstd)
		__wrap_zstd_decompressor = *mutant->zstd;
	pr_alert("mutant: %s\n", mutant->name);
	return 0;
}
early_initcall(mutant_init);
