// SPDX-License-Identifier: GPL-2.0
/*
 * Many mutants of decompress.c in one kernel: mutant=N on the command line says
 * which of them runs, from 1.
 *
 * The linker's --wrap turns what the suite and the module loader refer to into
 * the __wrap_ symbols below, so that both are the same objects as ever.
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
		panic("mutant=%s: there are %u", number, nr_mutants);
	mutant = &mutants[n - 1];
	return 0;
}
early_param("mutant", mutant_setup);

/*
 * What is not broken is left empty, which the suite skips: that saves time. The
 * name in the log is the proof that this one was tested, so it is of a level that
 * every console shows.
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
