// SPDX-License-Identifier: GPL-2.0
/*
 * Let compressed modules fail to load in every way, and check what CONFIG_MODULE_STATS counts for
 * each, by "module statistics debugfs counters" in kernel/module/stats.c. "As of today" is what
 * this document leaves open.
 */
#include "guest.h"

#define COUNTERS	"/sys/kernel/debug/modules"

/* A tmpfs with files that IMA refuses */
#define REFUSED		"/refused"

/* What fails. The kernel counts failures and bytes for each. */
enum step { READ, DECOMPRESS, BECOMING, LOAD, STEPS };

static const struct {
	const char *failures;
	const char *bytes;
} counters[STEPS] = {
	[READ] = { COUNTERS "/failed_kreads", COUNTERS "/invalid_kread_bytes" },
	[DECOMPRESS] = { COUNTERS "/failed_decompress", COUNTERS "/invalid_decompress_bytes" },
	[BECOMING] = { COUNTERS "/failed_becoming", COUNTERS "/invalid_becoming_bytes" },
	[LOAD] = { COUNTERS "/failed_load_modules", COUNTERS "/invalid_mod_bytes" },
};

struct counts {
	long failures[STEPS];
	long bytes[STEPS];
};

struct failure {
	/* A path, or a file of INITRAMFS */
	const char *path;
	const char *file;
	/* NULL is an invalid address. */
	const char *params;
	int error;
	enum step step;
	/*
	 * The bytes that are counted: how often the module, without its signature, and whether
	 * the compressed file
	 */
	int modules;
	const char *module;
	bool compressed;
	/* The module is loaded already. */
	bool again;
};

static const char name[] = "binfmt_script";

static const struct failure not_read = {
	.path = "/", .params = "", .error = EINVAL, .step = READ,
};

static const struct failure refused = {
	.path = REFUSED "/unsigned.ko", .params = "", .error = EACCES, .step = READ,
};

static const struct failure not_decompressed = {
	.path = INITRAMFS "/test/plain/unsigned.ko", .params = "",
	.error = EINVAL, .step = DECOMPRESS, .modules = 1, .module = "unsigned.ko",
};

static const struct failure not_a_module = {
	.file = "text.ko", .params = "", .error = ENOEXEC,
	.step = BECOMING, .modules = 1, .module = "text.ko", .compressed = true,
};

static const struct failure wrongly_signed = {
	.file = "changed.ko", .params = "", .error = EKEYREJECTED,
	.step = BECOMING, .modules = 1, .module = "unsigned.ko", .compressed = true,
};

static const struct failure loaded_already = {
	.file = "signed.ko", .params = "", .error = EEXIST, .again = true,
	.step = BECOMING, .modules = 1, .module = "unsigned.ko", .compressed = true,
};

static const struct failure without_parameters = {
	.file = "signed.ko", .params = NULL, .error = EFAULT,
	.step = LOAD, .modules = 2, .module = "unsigned.ko", .compressed = true,
};

static long number_in(const char *path)
{
	char *text = contents(path, NULL);
	long number;

	must(text, "no %s\n", path);
	number = atol(text);
	free(text);
	return number;
}

static struct counts count(void)
{
	struct counts c;
	int step;

	for (step = 0; step < STEPS; step++) {
		c.failures[step] = number_in(counters[step].failures);
		c.bytes[step] = number_in(counters[step].bytes);
	}
	return c;
}

static int fail(const struct failure *f, long *size)
{
	int fd, error;
	const char *path;

	directory = INITRAMFS;
	path = f->path ?: path_of(f->file, COMPRESSED);
	*size = size_of(path);
	fd = open_made(path, O_RDONLY);
	error = finit_module(fd, f->params ?: (const char *)-1L, COMPRESSED);
	close(fd);
	return error;
}

static void is_counted(const void *failure)
{
	const struct failure *f = failure;
	struct counts before, after;
	long size, bytes, more;
	int error, step;

	if (!exists(COUNTERS))
		skip("no " COUNTERS "\n");
	directory = INITRAMFS;
	if (f->again)
		must(load(f->file, COMPRESSED) == 0, "not loaded\n");
	before = count();
	error = fail(f, &size);
	after = count();
	check(error == f->error, "%s, not %s\n", error_name(error), error_name(f->error));
	if (f->again)
		check(unload(name) == 0, "not unloaded\n");
	bytes = f->compressed ? size : 0;
	if (f->modules)
		bytes += f->modules * size_of(path_of(f->module, NOT_COMPRESSED));
	for (step = 0; step < STEPS; step++) {
		more = after.failures[step] - before.failures[step];
		check(more == (step == f->step), "%s: %ld more\n", counters[step].failures, more);
		more = after.bytes[step] - before.bytes[step];
		check(more == (step == f->step) * bytes, "%s: %ld more, not %ld\n",
		      counters[step].bytes, more, (step == f->step) * bytes);
	}
}

static const struct test tests[] = {
	{ "statistics: a directory is a failure to read", is_counted, &not_read },
	{ "statistics: a file that IMA refuses is a failure to read, of no bytes as of today",
	  is_counted, &refused },
	{ "statistics: an ELF file, said to be compressed, counts with its own bytes as of today",
	  is_counted, &not_decompressed },
	{ "statistics: a text is counted, and its compressed file", is_counted, &not_a_module },
	{ "statistics: a wrong signature is counted, the module without it as of today",
	  is_counted, &wrongly_signed },
	{ "statistics: a loaded module is counted, without its signature as of today",
	  is_counted, &loaded_already },
	{ "statistics: one without parameters counts twice, without its signature as of today",
	  is_counted, &without_parameters },
};

static void make_refused(void)
{
	static const char policy[] =
		"appraise func=MODULE_CHECK fowner=1 appraise_type=imasig\n";

	mount_on(REFUSED, "tmpfs", NULL);
	directory = INITRAMFS;
	copy_to(refused.path, path_of("unsigned.ko", COMPRESSED));
	give_to(refused.path, 1);
	load_ima_policy(policy);
}

void load_with_statistics(int argc, char **argv)
{
	size_t i;

	start(argc, argv, ARRAY_SIZE(tests));
	mount_on(SECURITYFS, "securityfs", NULL);
	make_refused();
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		run_test(&tests[i]);
	finish();
}
