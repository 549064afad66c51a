// SPDX-License-Identifier: GPL-2.0
/*
 * Load modules while security modules decide about their files. A security module must give the
 * same answer for a module and for the same module compressed.
 */
#include "guest.h"

/* Where modules are, besides the initramfs: file systems that this program mounts */
#define PINNED		"/pinned"
#define OTHER		"/other"
#define ALLOWED		"/allowed"
#define DENIED		"/denied"

#define SELINUXFS	"/sys/fs/selinux"
#define LOADPIN		"/proc/sys/kernel/loadpin/enforce"

static const char name[] = "binfmt_script";
static const char with_signature[] = "signed.ko";
static const char without_signature[] = "unsigned.ko";

const struct form forms[2] = {
	{ "plain", NOT_COMPRESSED },
	{ "compressed", COMPRESSED },
};

/* A security module; @file switches it on and off. It allows one load and denies the other. */
struct guard {
	const char *file;
	/* NULL if it is on from boot */
	const char *on;
	/* NULL if it stays on */
	const char *off;
	struct answer loads[2];
};

static const struct guard loadpin = {
	LOADPIN, NULL, "0",
	{ { PINNED, with_signature }, { OTHER, with_signature, EPERM } },
};

/* With loadpin.exclude=kernel-module */
static const struct guard loadpin_for_others = {
	LOADPIN, NULL, NULL,
	{ { PINNED, with_signature }, { OTHER, with_signature } },
};

static const struct guard selinux = {
	SELINUXFS "/enforce", "1", "0",
	{ { ALLOWED, with_signature }, { DENIED, with_signature, EACCES } },
};

static const struct guard ipe = {
	SECURITYFS "/ipe/enforce", "1", "0",
	{ { INITRAMFS, with_signature }, { OTHER, with_signature, EACCES } },
};

static const struct guard lockdown = {
	SECURITYFS "/lockdown", "integrity", NULL,
	{ { INITRAMFS, with_signature }, { INITRAMFS, without_signature, EPERM } },
};

/* Last in the table: while sig_enforce is on, the kernel does not ask lockdown. */
static const struct guard sig_enforce = {
	SIG_ENFORCE, "1", NULL,
	{ { INITRAMFS, with_signature }, { INITRAMFS, without_signature, EKEYREJECTED } },
};

/* Load a file of binfmt_script, check the answer, and unload it. */
void check_answer(const struct answer *a, const struct form *form)
{
	int error;

	directory = a->from;
	error = load(a->file, form->flags);
	check(error == a->error, "%s/%s, %s: %s, not %s\n", a->from, a->file, form->what,
	      error_name(error), error_name(a->error));
	if (error)
		check(!is_loaded(name), "%s/%s, %s: loaded\n", a->from, a->file, form->what);
	else
		check(unload(name) == 0, "%s/%s, %s: not unloaded\n", a->from, a->file,
		      form->what);
}

static void answers_alike(const void *guard)
{
	const struct guard *g = guard;
	size_t i, form;

	if (!exists(g->file))
		skip("no %s\n", g->file);
	must(!g->on || tell(g->file, g->on), "%s: not written\n", g->file);
	for (i = 0; i < ARRAY_SIZE(g->loads); i++)
		for (form = 0; form < ARRAY_SIZE(forms); form++)
			check_answer(&g->loads[i], &forms[form]);
	must(!g->off || tell(g->file, g->off), "%s: not written\n", g->file);
}

static const struct test tests[] = {
	{ "LoadPin, another file system: EPERM, compressed or not", answers_alike, &loadpin },
	{ "SELinux, not module_load: EACCES, compressed or not", answers_alike, &selinux },
	{ "IPE, not boot_verified: EACCES, compressed or not", answers_alike, &ipe },
	{ "lockdown, unsigned: EPERM, compressed or not", answers_alike, &lockdown },
	{ "module.sig_enforce, unsigned: EKEYREJECTED, compressed or not",
	  answers_alike, &sig_enforce },
};

static const struct test exclude_tests[] = {
	{ "LoadPin without kernel-module, another file system: loads, compressed or not",
	  answers_alike, &loadpin_for_others },
};

/* Preparation */

/* Copy files in each form from the initramfs. @files ends with NULL. */
void copy_forms(const char *to, const char *const *files)
{
	char path[PATH_SIZE], from[PATH_SIZE];
	size_t i;

	mkdir(join(path, to, "/test", ""), 0755);
	mkdir(join(path, to, "/test/plain", ""), 0755);
	for (; *files; files++) {
		for (i = 0; i < ARRAY_SIZE(forms); i++) {
			directory = INITRAMFS;
			join(from, path_of(*files, forms[i].flags), "", "");
			directory = to;
			copy_to(path_of(*files, forms[i].flags), from);
		}
	}
}

/* Change the owner of a file. */
void give_to(const char *path, int owner)
{
	must(syscall(__NR_fchownat, AT_FDCWD, path, owner, -1, 0) == 0,
	     "%s: owner not changed: %s\n", path, error_name(errno));
}

/* A write() takes one rule. The policy holds from close() on. */
void load_ima_policy(const char *rules)
{
	int fd = open_made(SECURITYFS "/ima/policy", O_WRONLY);
	ssize_t n;

	for (; *rules; rules += n) {
		n = write(fd, rules, strlen(rules));
		must(n > 0, "IMA refuses %s: %s\n", rules, error_name(errno));
	}
	close(fd);
}

static void make_file_system(const char *path, const char *options)
{
	static const char *const files[] = { with_signature, without_signature, NULL };

	mount_on(path, "tmpfs", options);
	copy_forms(path, files);
}

static void load_selinux_policy(void)
{
	size_t size;
	char *policy = contents("/policy", &size);

	must(policy, "no /policy\n");
	mount_on(SELINUXFS, "selinuxfs", NULL);
	make_file(SELINUXFS "/load", policy, size);
	free(policy);
}

void load_with_security_modules(int argc, char **argv)
{
	bool is_excluded = getenv("LOADPIN_EXCLUDES");
	const struct test *t = is_excluded ? exclude_tests : tests;
	size_t i, n = is_excluded ? ARRAY_SIZE(exclude_tests) : ARRAY_SIZE(tests);

	start(argc, argv, n);
	mount_on(SECURITYFS, "securityfs", NULL);
	load_selinux_policy();
	make_file_system(PINNED, NULL);
	make_file_system(OTHER, NULL);
	make_file_system(ALLOWED, "context=user_u:object_r:base_t");
	make_file_system(DENIED, "context=user_u:object_r:other_t");
	for (i = 0; i < n; i++)
		run_test(&t[i]);
	finish();
}
