// SPDX-License-Identifier: GPL-2.0
/* Set up the environment, run each case and report its result */
#include "decompress.h"

bool alone, failed, quiet;
const char *directory, *suffix;

void mount_on(const char *path, const char *type, const char *options)
{
	/* The directory is missing only in an empty virtual machine. */
	if ((alone && mkdir(path, 0755) && errno != EEXIST) ||
	    mount(type, path, type, 0, options))
		ksft_exit_fail_msg("%s: not mounted: %s\n", path,
				   error_name(errno));
}

/* Set up an empty virtual machine, whose init this program is. */
void become_init(void)
{
	alone = true;
	/* The kernel may have left an unfinished line on the console. */
	printf("\n");
	mount_on("/proc", "proc", NULL);
	mount_on("/sys", "sysfs", NULL);
	if (exists("/sys/kernel/debug"))
		mount_on("/sys/kernel/debug", "debugfs", NULL);
	/* Keep the kernel from starting modprobe. */
	if (!tell(MODPROBE, "\n"))
		ksft_exit_fail_msg("%s: not written\n", MODPROBE);
	/* Unloading mostly waits for RCU; make that faster. */
	tell("/sys/kernel/rcu_expedited", "1");
}

/* Use private mounts, which other processes do not see. */
static void take_own_mounts(void)
{
	if (syscall(__NR_unshare, CLONE_NEWNS))
		ksft_exit_skip("no mount namespace: %s\n", error_name(errno));
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		ksft_exit_skip("mounts are not private: %s\n",
			       error_name(errno));
}

void start(int argc, char **argv, unsigned int cases)
{
	static const char *const suffixes[][2] = {
		{ "gzip", ".gz" }, { "xz", ".xz" }, { "zstd", ".zst" },
	};
	static char path[PATH_SIZE];
	struct utsname uts;
	int error;
	size_t i;

	/* The init of a container also has PID 1, but may not call reboot(). */
	if (getpid() == 1 && reboot(LINUX_REBOOT_CMD_CAD_OFF) == 0)
		become_init();
	ksft_print_header();
	if (geteuid())
		ksft_exit_skip("only root may load modules\n");
	for (i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (holds("/sys/module/compression", suffixes[i][0]))
			suffix = suffixes[i][1];
	if (!suffix)
		ksft_exit_skip("this kernel does not decompress modules\n");
	/* The kernel checks for permission before it checks the file. */
	error = finit_module(-1, "", 0);
	if (error != EBADF)
		ksft_exit_skip("this process may not load modules: %s\n",
			       error_name(error));

	uname(&uts);
	directory = join(path, "/lib/modules/", uts.release, "");
	if (argc > 1 && !alone)
		directory = argv[1];
	if (!open_kmsg())
		ksft_print_msg("no /dev/kmsg: warnings show only in the taint\n");

	/* The kernel runs modprobe in init's mount namespace: as init, stay there. */
	if (!alone)
		take_own_mounts();
	mount_on(TMP, "ramfs", NULL);
	if (!alone && !exists(directory))
		ksft_exit_skip("no %s\n", directory);
	ksft_set_plan(cases);
}

/* Run a case in a new process, so that its exit does not end the program. */
void run_test(const struct test *test)
{
	int status, code = KSFT_FAIL;
	long tainted = taint();
	pid_t pid;

	/* Let WARN_ON_ONCE() warn again in each case. */
	if (alone)
		tell("/sys/kernel/debug/clear_warn_once", "1");
	pid = fork();
	if (pid == 0) {
		test->run(test->arg);
		exit(failed ? KSFT_FAIL : KSFT_PASS);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		ksft_print_msg("no process: %s\n", error_name(errno));
	else if (WIFEXITED(status))
		code = WEXITSTATUS(status);
	else
		ksft_print_msg("killed by signal %d\n", status & 127);
	if (warnings() || taint() != tainted) {
		ksft_print_msg("the kernel has warned; tainted: %ld\n",
			       taint());
		code = KSFT_FAIL;
	}
	ksft_test_result_code(code, test->name, NULL);
}

void finish(void)
{
	if (!alone)
		ksft_finished();
	ksft_print_cnts();
	/* Drain the serial line before the reboot. */
	ioctl(1, TCSBRK, (void *)1);
	reboot(LINUX_REBOOT_CMD_RESTART);
	exit(KSFT_FAIL);
}
