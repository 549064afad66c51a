// SPDX-License-Identifier: GPL-2.0
/*
 * Load the modules that /modules lists, one path a line, each after the modules that it needs.
 * First print "# release RELEASE" and "# compression ALGORITHM" (or "none"); then, for each
 * module, "# module PATH success", or the error and the kernel's messages as "# : MESSAGE".
 */
#include "guest.h"

#define MESSAGES	4
/* An init function may wait for ever for a device that the machine does not have. */
#define SECONDS		60

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && strcmp(s + n - m, with) == 0;
}

/* How the process ends, in words */
static const char *fate_of(pid_t pid)
{
	int status, ms;
	pid_t ended;

	for (ms = 0; ms < SECONDS * 1000; ms++) {
		ended = waitpid(pid, &status, WNOHANG);
		must(ended >= 0, "no process\n");
		if (ended)
			return WIFEXITED(status) ? error_name(WEXITSTATUS(status)) :
						   "kills the task that loads it";
		wait_ms(1);
	}
	return "does not end";
}

/* Load in a child process: an oops in an init function kills the task that loads the module */
static void load_one(const char *path)
{
	const char *message, *fate;
	pid_t pid;
	int i;

	while (next_message())
		;
	pid = fork();
	if (pid == 0)
		exit(load_path(path, ends(path, ".ko") ? NOT_COMPRESSED : COMPRESSED));
	fate = fate_of(pid);
	ksft_print_msg("module %s %s\n", path, fate);
	if (strcmp(fate, "success") == 0)
		return;
	for (i = 0; i < MESSAGES && (message = next_message()); i++)
		ksft_print_msg(": %s\n", message);
}

void load_all_modules(int argc, char **argv)
{
	struct utsname uts;
	char *list, *end, *compression;

	become_init();
	must(open_kmsg(), "no /dev/kmsg\n");
	ksft_print_header();
	ksft_set_plan(1);
	uname(&uts);
	ksft_print_msg("release %s\n", uts.release);
	compression = contents("/sys/module/compression", NULL);
	ksft_print_msg("compression %s", compression ? compression : "none\n");

	list = contents("/modules", NULL);
	must(list, "no /modules\n");
	for (; *list; list = end + 1) {
		end = strchr(list, '\n');
		must(end, "/modules: no end of its last line\n");
		*end = '\0';
		load_one(list);
	}
	ksft_test_result_pass("modules\n");
	finish();
}
