// SPDX-License-Identifier: GPL-2.0
/*
 * Load modules while IMA measures and appraises their files. The policy of the file decides; it
 * tells the rules apart by the owner of the file. IMA must give the same answer for a module and
 * for the same module compressed.
 *
 * security.ima holds a signature of the file as it is on the disk. A module's appended signature
 * is at the end of the decompressed module, so IMA can find it only after decompression, which it
 * does since v6.19. IMA_SEES=decompressed says that it does.
 */
#include <linux/xattr.h>

#include "guest.h"

/* Directories on one tmpfs, and the owners of their files */
#define DIRECTORY	"/ima"
#define IMASIG		DIRECTORY "/imasig"
#define MODSIG		DIRECTORY "/modsig"
#define MEASURED	DIRECTORY "/measured"

#define MEASUREMENTS	SECURITYFS "/ima/ascii_runtime_measurements"

/* Texts, a line each, that the list of measurements must have once */
#define EXPECTED	"/expected"

#define REFUSALS	200

static const char policy[] =
	"appraise func=MODULE_CHECK fowner=1 appraise_type=imasig\n"
	"appraise func=MODULE_CHECK fowner=2 appraise_type=imasig|modsig\n"
	"measure func=MODULE_CHECK fowner=2 template=ima-modsig\n"
	"measure func=MODULE_CHECK fowner=3\n";

/* The modules. xattr.ko has a signature in security.ima, and changed.ko has the same one. */
static const char with_xattr[] = "xattr.ko";
static const char changed[] = "changed.ko";
static const char appended[] = "appended.ko";
static const char without[] = "unsigned.ko";

static const char *const files[] = { with_xattr, changed, appended, without, NULL };

static const struct {
	const char *path;
	int owner;
} directories[] = {
	{ IMASIG, 1 }, { MODSIG, 2 }, { MEASURED, 3 },
};

static const struct answer imasig[] = {
	{ IMASIG, with_xattr },
	{ IMASIG, changed, EACCES },
	{ IMASIG, appended, EACCES },
	{ IMASIG, without, EACCES },
	{ }
};

static const struct answer modsig[] = {
	{ MODSIG, with_xattr },
	{ MODSIG, changed, EACCES },
	{ MODSIG, appended },
	{ MODSIG, without, EACCES },
	{ }
};

/* Before v6.19: as modsig, but IMA does not find the appended signature. */
static const struct answer modsig_of_compressed[] = {
	{ MODSIG, with_xattr },
	{ MODSIG, changed, EACCES },
	{ MODSIG, appended, EACCES },
	{ MODSIG, without, EACCES },
	{ }
};

static bool sees_decompressed(void)
{
	const char *sees = getenv("IMA_SEES");

	return sees && strcmp(sees, "decompressed") == 0;
}

/* IMA remembers its answer for each file: load each twice. */
static void check_answers(const struct answer *a, const struct form *form)
{
	for (; a->from; a++) {
		check_answer(a, form);
		check_answer(a, form);
	}
}

static void answers_alike(const void *answers)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		check_answers(answers, &forms[i]);
}

static void finds_no_appended_signature(const void *unused)
{
	check_answers(modsig, &forms[0]);
	check_answers(modsig_of_compressed, &forms[1]);
}

/* Preparation: the files, with signatures and owners */
static void sign(const char *path, const char *signature)
{
	size_t size;
	char *value = contents(signature, &size);

	must(value, "no %s\n", signature);
	must(syscall(__NR_setxattr, path, "security.ima", value, size, 0) == 0,
	     "%s: no security.ima: %s\n", path, error_name(errno));
	free(value);
}

static void prepare(const char *file, const char *to, int flags, int owner)
{
	char signature[PATH_SIZE];
	const char *path;

	directory = INITRAMFS;
	join(signature, path_of(with_xattr, flags), ".sig", "");
	directory = to;
	path = path_of(file, flags);
	if (file == with_xattr || file == changed)
		sign(path, signature);
	give_to(path, owner);
}

static void make_directories(void)
{
	size_t i, j, f;

	mount_on(DIRECTORY, "tmpfs", NULL);
	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		mkdir(directories[i].path, 0755);
		copy_forms(directories[i].path, files);
		for (f = 0; files[f]; f++)
			for (j = 0; j < ARRAY_SIZE(forms); j++)
				prepare(files[f], directories[i].path, forms[j].flags,
					directories[i].owner);
	}
}

/* Overwrite a file in place: the inode, its owner and security.ima stay. */
static void overwrite(const char *file, const char *with, int flags)
{
	char from[PATH_SIZE];

	directory = INITRAMFS;
	join(from, path_of(with, flags), "", "");
	directory = IMASIG;
	copy_to(path_of(file, flags), from);
}

static void sees_a_change(const void *unused)
{
	static const struct answer loads = { IMASIG, with_xattr };
	static const struct answer refused = { IMASIG, with_xattr, EACCES };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		check_answer(&loads, &forms[i]);
		overwrite(with_xattr, changed, forms[i].flags);
		check_answer(&refused, &forms[i]);
		overwrite(with_xattr, with_xattr, forms[i].flags);
		check_answer(&loads, &forms[i]);
	}
}

/* Each time a new file: for a file that it knows IMA refuses before decompression. */
static void refuse(int times)
{
	static const struct answer refused = { MODSIG, changed, EACCES };
	char from[PATH_SIZE];

	while (times-- && !failed) {
		directory = INITRAMFS;
		join(from, path_of(changed, COMPRESSED), "", "");
		directory = MODSIG;
		unlink(path_of(changed, COMPRESSED));
		copy_to(path_of(changed, COMPRESSED), from);
		prepare(changed, MODSIG, COMPRESSED, 2);
		check_answer(&refused, &forms[1]);
	}
}

static void loses_no_memory(const void *unused)
{
	struct memory before, after;

	refuse(10);
	before = settled_memory();
	refuse(REFUSALS);
	after = settled_memory();
	ksft_print_msg("free pages, low: %ld before, %ld after\n", before.free_low, after.free_low);
	ksft_print_msg("free pages, high: %ld before, %ld after\n",
		       before.free_high, after.free_high);
	check(before.free_low - after.free_low < REFUSALS / 2 &&
	      before.free_high - after.free_high < REFUSALS / 2, "pages are lost\n");
}

static int count(const char *text, const char *what)
{
	int found = 0;

	for (; *text; text++)
		found += begins(text, what);
	return found;
}

static void check_measurements(const void *unused)
{
	char *list, *expected = contents(EXPECTED, NULL), *line, *end;
	static const struct answer loads = { MEASURED, with_xattr };
	int found;

	check_answer(&loads, &forms[0]);
	check_answer(&loads, &forms[1]);
	/* The answers of MODSIG have put its files on the list. */
	list = contents(MEASUREMENTS, NULL);
	must(list && expected, "no " MEASUREMENTS " or no " EXPECTED "\n");
	for (line = expected; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		found = count(list, line);
		check(found == 1, "%d times in the list, not once: %s\n", found, line);
	}
	if (failed)
		ksft_print_msg("the list: %s\n", list);
}

static const struct test tests[] = {
	{ "IMA, imasig: EACCES without a signature in security.ima, compressed or not",
	  answers_alike, imasig },
	{ "IMA, imasig|modsig: EACCES without either signature, compressed or not",
	  answers_alike, modsig },
	{ "IMA: sees that a file has changed, compressed or not", sees_a_change },
	{ "IMA: a refusal loses no memory", loses_no_memory },
	{ "IMA: measures the file, and the module without its signature, compressed or not",
	  check_measurements },
};

/* Before v6.19 */
static const struct test tests_of_compressed[] = {
	{ "IMA, imasig: EACCES without a signature in security.ima, compressed or not",
	  answers_alike, imasig },
	{ "IMA, imasig|modsig, before v6.19: finds no appended signature in a compressed file",
	  finds_no_appended_signature },
	{ "IMA: sees that a file has changed, compressed or not", sees_a_change },
	{ "IMA: a refusal loses no memory", loses_no_memory },
	{ "IMA, before v6.19: measures the file, but no signature in a compressed file",
	  check_measurements },
};

/* Let IMA trust the key that signs modules. */
static void trust_key(void)
{
	char *keys = contents("/proc/keys", NULL), *line, *end, *der;
	size_t size;
	long keyring = 0;

	der = contents("/ima.der", &size);
	must(keys && der, "no /proc/keys or no /ima.der\n");
	for (line = keys; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (contains(line, " .ima: "))
			keyring = strtol(line, NULL, 16);
	}
	must(syscall(__NR_add_key, "asymmetric", "", der, size, keyring) > 0,
	     "no key for IMA: %s\n", error_name(errno));
}

void load_with_ima(int argc, char **argv)
{
	const struct test *t = sees_decompressed() ? tests : tests_of_compressed;
	size_t i;

	start(argc, argv, ARRAY_SIZE(tests));
	mount_on(SECURITYFS, "securityfs", NULL);
	trust_key();
	make_directories();
	load_ima_policy(policy);
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		run_test(&t[i]);
	finish();
}
