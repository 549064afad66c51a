// SPDX-License-Identifier: GPL-2.0
/*
 * Who decompresses? Load files with insmod and modprobe of several projects, and watch which
 * system calls they make, with which flags and results. /expected has a line for each load.
 */
#include <linux/ptrace.h>

#include "guest.h"

/* The root of a loader's programs: ROOTS/NAME */
#define ROOTS		"/loaders"

/* The modules: FILES/KIND/binfmt_script.ko* */
#define FILES		"/files"

#define EXPECTED	"/expected"
#define OUTPUT		"/output"

static const char name[] = "binfmt_script";

/* A kind of file, and whose suffix it has: the kernel's format, none, or that of another format */
static const struct kind {
	const char *name;
	enum { KERNELS, NONE, OTHER } suffix;
} kinds[] = {
	{ "good", KERNELS },
	{ "not-compressed", NONE },
	{ "refused", KERNELS },
	{ "of-another-format", OTHER },
	{ "of-another-format-by-content", KERNELS },
	{ "not-compressed-by-content", KERNELS },
	{ "without-suffix", NONE },
};

struct loader {
	const char *root;
	bool is_modprobe;
};

/* The calls of the load that runs, as text */
static char calls[PATH_SIZE];

static long call_ptrace(long request, pid_t pid, long address, void *data)
{
	return syscall(__NR_ptrace, request, pid, address, data);
}

static void add(const char *text)
{
	must(strlcat(calls, text, sizeof(calls)) < sizeof(calls), "too many calls\n");
}

/* Add a call when it begins, and its result when it ends. */
static void add_call(const struct ptrace_syscall_info *info, long *running)
{
	if (info->op == PTRACE_SYSCALL_INFO_ENTRY) {
		*running = info->entry.nr;
		if (*running == __NR_finit_module)
			add(info->entry.args[2] & COMPRESSED ? "finit_module(compressed) " :
			    "finit_module() ");
		if (*running == __NR_init_module)
			add("init_module() ");
	} else if (info->op == PTRACE_SYSCALL_INFO_EXIT) {
		if (*running == __NR_finit_module || *running == __NR_init_module) {
			add(error_name(-(int)info->exit.rval));
			add(", ");
		}
		*running = 0;
	}
}

static void trace(pid_t pid)
{
	struct ptrace_syscall_info info;
	int status, signal = 0;
	long running = 0;

	while (waitpid(pid, &status, 0) == pid && !WIFEXITED(status)) {
		must((status & 0x7f) == 0x7f, "killed by signal %d\n", status & 0x7f);
		signal = status >> 8 & 0xff;
		if (signal == (SIGTRAP | 0x80)) {
			must(call_ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0,
			     "no information about a call: %s\n", error_name(errno));
			add_call(&info, &running);
		}
		if (signal == (SIGTRAP | 0x80) || signal == SIGTRAP || signal == SIGSTOP)
			signal = 0;
		call_ptrace(PTRACE_SYSCALL, pid, 0, (void *)(long)signal);
	}
}

/* Start a program of the loader in its root. It stops at once, for trace(). */
static pid_t start_program(const char *root, const char *program, const char *arg)
{
	char path[PATH_SIZE];
	const char *const argv[3] = { join(path, "/sbin/", program, ""), arg };
	pid_t pid = fork();
	int output;

	if (pid)
		return pid;
	output = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(output, 1);
	dup2(output, 2);
	if (syscall(__NR_chroot, root) || chdir("/") || call_ptrace(PTRACE_TRACEME, 0, 0, NULL))
		exit(KSFT_FAIL);
	kill(getpid(), SIGSTOP);
	execve(path, (char *const *)argv, environ);
	exit(KSFT_FAIL);
}

static void run_program(const char *root, const char *program, const char *arg)
{
	pid_t pid = start_program(root, program, arg);
	int status;

	calls[0] = '\0';
	must(pid > 0 && waitpid(pid, &status, 0) == pid && !WIFEXITED(status),
	     "%s/sbin/%s: not started\n", root, program);
	must(call_ptrace(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACESYSGOOD) == 0,
	     "not traced: %s\n", error_name(errno));
	call_ptrace(PTRACE_SYSCALL, pid, 0, NULL);
	trace(pid);
}

static const char *suffix_of(const struct kind *k)
{
	const char *const suffixes[] = {
		[KERNELS] = suffix, [NONE] = "", [OTHER] = getenv("OTHER"),
	};

	return suffixes[k->suffix];
}

/* Load a file that lies in /lib/modules/RELEASE of the loader's root. */
static void load_by(const struct loader *l, const struct kind *k)
{
	char root[PATH_SIZE], from[PATH_SIZE], path[PATH_SIZE], file[PATH_SIZE];

	join(root, ROOTS "/", l->root, "");
	join(file, name, ".ko", suffix_of(k));
	join(from, FILES "/", k->name, "/");
	strlcat(from, file, sizeof(from));
	join(path, directory, "/", file);
	strlcat(root, path, sizeof(root));
	copy_to(root, from);
	join(root, ROOTS "/", l->root, "");
	if (l->is_modprobe) {
		run_program(root, "depmod", NULL);
		run_program(root, "modprobe", name);
	} else {
		run_program(root, "insmod", path);
	}
	strlcat(root, path, sizeof(root));
	unlink(root);
}

static void loads_as_expected(const void *loader)
{
	const struct loader *l = loader;
	char *expected = contents(EXPECTED, NULL), line[2 * PATH_SIZE], *output;
	const struct kind *k;

	must(expected, "no " EXPECTED "\n");
	for (k = kinds; k < kinds + ARRAY_SIZE(kinds); k++) {
		load_by(l, k);
		add(is_loaded(name) ? "loaded" : "not loaded");
		if (is_loaded(name))
			must(unload(name) == 0, "not unloaded\n");
		join(line, l->root, "\t", l->is_modprobe ? "modprobe" : "insmod");
		strlcat(line, "\t", sizeof(line));
		strlcat(line, k->name, sizeof(line));
		strlcat(line, "\t", sizeof(line));
		strlcat(line, calls, sizeof(line));
		strlcat(line, "\n", sizeof(line));
		output = contents(OUTPUT, NULL);
		check(contains(expected, line), "not expected: %s# it says: %s\n", line,
		      output ?: "");
		free(output);
	}
}

static const struct test tests[] = {
	{ "insmod of kmod 30", loads_as_expected, &(struct loader){ "kmod-30" } },
	{ "modprobe of kmod 30", loads_as_expected, &(struct loader){ "kmod-30", true } },
	{ "insmod of kmod 34", loads_as_expected, &(struct loader){ "kmod-34" } },
	{ "modprobe of kmod 34", loads_as_expected, &(struct loader){ "kmod-34", true } },
	{ "insmod of BusyBox", loads_as_expected, &(struct loader){ "busybox" } },
	{ "modprobe of BusyBox", loads_as_expected, &(struct loader){ "busybox", true } },
};

static void make_root(const char *loader)
{
	char path[PATH_SIZE];

	mount_on(join(path, ROOTS "/", loader, "/proc"), "proc", NULL);
	mount_on(join(path, ROOTS "/", loader, "/sys"), "sysfs", NULL);
	mkdir(join(path, ROOTS "/", loader, "/lib/modules"), 0755);
	join(path, ROOTS "/", loader, directory);
	mkdir(path, 0755);
}

void load_with_loaders(int argc, char **argv)
{
	size_t i;

	start(argc, argv, ARRAY_SIZE(tests));
	make_root("kmod-30");
	make_root("kmod-34");
	make_root("busybox");
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		run_test(&tests[i]);
	finish();
}
