// SPDX-License-Identifier: GPL-2.0
/*
 * module_decompress [-1] [FILTER]
 *
 * Run all cases, or the cases that match FILTER, and print KTAP as the kernel does.
 * FILTER is a glob for "suite" or "suite.case". With -1, stop after the first suite that
 * fails, or after a case that exceeds its time limit. If a sanitizer report or a fault
 * ends the process, the case fails, and the next case runs in a new process.
 *
 * Exit status: 0 no case failed, 1 a case failed, 2 no case ran.
 */
#include <assert.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kunit.h"

#define NR_SUITES	16

/* Limit of CPU time for a case; without an endless loop it needs a few seconds */
#define CASE_SECONDS	20

/* Number of lines of stderr that the result quotes if the process dies */
#define LAST_WORDS	3

static struct kunit_suite *suites[NR_SUITES];
static unsigned int nr_suites;
static const char *filter = "*";
static bool stop_at_failure;

/* Progress of the run, in memory shared by all processes */
static struct {
	unsigned int suite, test, param;
	/* Number of the last result printed at each level of KTAP */
	unsigned int nr_suite, nr_test, nr_param;
	/* Whether a case is running */
	bool in_case;
	bool suite_failed, case_failed;
	unsigned int passed, failed, skipped;
	char desc[KUNIT_PARAM_DESC_SIZE];
} *at;

/* Print without a buffer: a process may die at any time, and fork() copies buffers */
static __printf(1, 2) void say(const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vscnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(STDOUT_FILENO, line, n) != n)
		exit(2);
}

void kunit_register(struct kunit_suite *suite)
{
	suites[nr_suites++] = suite;
}

/* Match a case against the filter; as in kunit.py, without a dot it selects suites */
static bool wanted(const struct kunit_suite *suite, const struct kunit_case *c)
{
	char name[256];

	scnprintf(name, sizeof(name), strchr(filter, '.') ? "%s.%s" : "%s",
		  suite->name, c->name);
	return !fnmatch(filter, name, 0);
}

static unsigned int count_cases(const struct kunit_suite *suite)
{
	const struct kunit_case *c;
	unsigned int n = 0;

	for (c = suite->test_cases; c->run_case; c++)
		n += wanted(suite, c);
	return n;
}

static unsigned int count_suites(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr_suites; i++)
		n += !!count_cases(suites[i]);
	return n;
}

void kunit_try_catch_throw(struct kunit_try_catch *try_catch)
{
	longjmp(try_catch->env, 1);
}

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	unsigned int i;

	for (i = 0; test->memory[i]; i++)
		assert(i + 1 < KUNIT_ALLOCATIONS);
	test->memory[i] = kmalloc(size, gfp);
	return test->memory[i];
}

static const char *case_name(void)
{
	return suites[at->suite]->test_cases[at->test].name;
}

void kunit_fail(struct kunit *test, const char *where, const char *format, ...)
{
	char text[768];
	va_list args;

	va_start(args, format);
	vscnprintf(text, sizeof(text), format, args);
	va_end(args);
	say("    # %s: EXPECTATION FAILED at %s\n    %s\n", case_name(), where, text);
	test->status = KUNIT_FAILURE;
}

void kunit_skip(struct kunit *test, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vscnprintf(test->reason, sizeof(test->reason), format, args);
	va_end(args);
	if (test->status == KUNIT_SUCCESS)
		test->status = KUNIT_SKIPPED;
	kunit_try_catch_throw(&test->try_catch);
}

static void end_test(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < KUNIT_ALLOCATIONS; i++)
		kfree(test->memory[i]);
	current->kunit_test = NULL;
}

/* Run a case once, and check for leaks */
static void try_case(struct kunit *test, const struct kunit_suite *suite,
		     const struct kunit_case *c)
{
	long allocated = native_allocated();
	const char *warning;
	int ret;

	setitimer(ITIMER_PROF, &(struct itimerval){ { 0 }, { CASE_SECONDS } }, NULL);
	current->kunit_test = test;
	if (!setjmp(test->try_catch.env)) {
		ret = suite->init ? suite->init(test) : 0;
		if (ret)
			KUNIT_FAIL(test, "cannot be begun: %d", ret);
		else
			c->run_case(test);
	}
	if (suite->exit && !setjmp(test->try_catch.env))
		suite->exit(test);
	end_test(test);
	warning = native_warned();
	if (warning)
		KUNIT_FAIL(test, "[the kernel complained] WARNING: at %s", warning);
	if (native_allocated() != allocated)
		KUNIT_FAIL(test, "%ld pieces of memory are left",
			   native_allocated() - allocated);
}

static void count_result(enum kunit_status status)
{
	at->passed += status == KUNIT_SUCCESS;
	at->failed += status == KUNIT_FAILURE;
	at->skipped += status == KUNIT_SKIPPED;
	at->case_failed |= status == KUNIT_FAILURE;
	at->suite_failed |= status == KUNIT_FAILURE;
}

/* Print the result of a parameter, a case or a suite */
static void say_result(const char *indent, enum kunit_status status,
		       unsigned int number, const char *name, const char *reason)
{
	say("%s%sok %u %s%s%s\n", indent,
	    status == KUNIT_FAILURE ? "not " : "", number, name,
	    status == KUNIT_SKIPPED ? " # SKIP " : "",
	    status == KUNIT_SKIPPED ? reason : "");
}

static enum kunit_status status_of(bool failed)
{
	return failed ? KUNIT_FAILURE : KUNIT_SUCCESS;
}

static void end_param(const struct kunit_case *c, enum kunit_status status,
		      const char *reason)
{
	count_result(status);
	if (c->generate_params)
		say_result("        ", status, ++at->nr_param, at->desc, reason);
	else
		say_result("    ", status, ++at->nr_test, c->name, reason);
	at->in_case = false;
	at->param++;
}

static void run_param(const struct kunit_suite *suite, const struct kunit_case *c,
		      const void *param)
{
	struct kunit test = { .param_value = param };

	at->in_case = true;
	try_case(&test, suite, c);
	end_param(c, test.status, test.reason);
}

static void run_params(const struct kunit_suite *suite, const struct kunit_case *c)
{
	const void *param = NULL;
	unsigned int i;

	if (!at->param)
		say("        KTAP version 1\n        # Subtest: %s\n", c->name);
	for (i = 0; (param = c->generate_params(param, at->desc)); i++) {
		if (i >= at->param)
			run_param(suite, c, param);
	}
	say_result("    ", status_of(at->case_failed), ++at->nr_test, c->name, "");
}

static void run_case(const struct kunit_suite *suite, const struct kunit_case *c)
{
	if (c->generate_params)
		run_params(suite, c);
	else if (!at->param)
		run_param(suite, c, NULL);
	at->test++;
	at->param = 0;
	at->nr_param = 0;
	at->case_failed = false;
}

static void run_suite(struct kunit_suite *suite)
{
	if (!at->test && !at->param) {
		say("    KTAP version 1\n    # Subtest: %s\n    1..%u\n", suite->name,
		    count_cases(suite));
	}
	if (suite->suite_init && suite->suite_init(suite))
		exit(2);
	while (suite->test_cases[at->test].run_case) {
		if (wanted(suite, &suite->test_cases[at->test]))
			run_case(suite, &suite->test_cases[at->test]);
		else
			at->test++;
	}
	if (suite->suite_exit)
		suite->suite_exit(suite);
	say_result("", status_of(at->suite_failed), ++at->nr_suite, suite->name, "");
}

static void run(void)
{
	for (; at->suite < nr_suites; at->suite++) {
		if (!count_cases(suites[at->suite]))
			continue;
		run_suite(suites[at->suite]);
		if (stop_at_failure && at->suite_failed)
			return;
		at->test = 0;
		at->nr_test = 0;
		at->suite_failed = false;
	}
}

/* Forward the stderr of a process; if the process died, print its first lines as KTAP */
static void say_last_words(FILE *words, bool dead)
{
	char line[512];
	int n = 0;

	rewind(words);
	while (fgets(line, sizeof(line), words)) {
		fputs(line, stderr);
		line[strcspn(line, "\n")] = '\0';
		if (dead && line[strspn(line, "=")] && n++ < LAST_WORDS)
			say("    # %s: %s\n", case_name(), line);
	}
	fclose(words);
}

static void bury(int status)
{
	const struct kunit_suite *suite = suites[at->suite];

	if (!at->in_case) {
		fprintf(stderr, "the test process ended outside a case, status %#x\n", status);
		exit(2);
	}
	say("    # %s: ended with signal %d, status %d\n", case_name(),
	    WTERMSIG(status), WEXITSTATUS(status));
	end_param(&suite->test_cases[at->test], KUNIT_FAILURE, "");
}

/* Run the remaining cases in a new process; return true if the run is over */
static bool run_in_process(void)
{
	FILE *words = tmpfile();
	int status;
	pid_t pid;

	if (!words)
		exit(2);
	pid = fork();
	if (!pid) {
		dup2(fileno(words), STDERR_FILENO);
		run();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		exit(2);
	say_last_words(words, status);
	if (status)
		bury(status);
	return !status || (stop_at_failure && WTERMSIG(status) == SIGPROF);
}

int main(int argc, char **argv)
{
	while (getopt(argc, argv, "1") == '1')
		stop_at_failure = true;
	if (argv[optind])
		filter = argv[optind];
	at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return 2;
	if (native_mutant)
		say("mutant: %s\n", native_mutant);
	say("KTAP version 1\n1..%u\n", count_suites());
	while (!run_in_process())
		;
	if (!(at->passed + at->failed))
		return 2;
	return !!at->failed;
}
