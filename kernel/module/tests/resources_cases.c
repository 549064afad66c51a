// SPDX-License-Identifier: GPL-2.0
/*
 * If an allocation fails or the output is too long, decompress.c returns an
 * error and leaks nothing. A long output does no harm to other tasks.
 */
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "cases.h"

KUNIT_ARRAY_PARAM(algorithm, case_algorithms, case_algorithm_desc);

/* With pages of 4 KiB, its page array has more entries than a short can count */
#define LARGE_FILE	SZ_64M

/*
 * Fail the first call, then the second, and so on until no call fails; if @all,
 * then the later calls, too. decompress.c may do without the memory, and the
 * output must be intact then.
 */
static void fail_each(struct kunit *test, struct attempt *a,
		      enum ledger_service service, bool all)
{
	unsigned int n;

	a->orders.fail_services = service;
	a->orders.fail_on = all;
	for (n = 1; n < 1000; n++) {
		a->orders.fail_nth = n;
		scnprintf(a->what, sizeof(a->what), "%scall %u failing%s",
			  a->direct ? "direct, " : "", n,
			  all ? " and all later ones" : "");
		attempt_decompress(test, a);
		if (!a->ledger.failed)
			break;
		/* Setting up zlib needs no memory, so its failure is no ENOMEM */
		if (a->ret && a->ret != -ENOMEM &&
		    (a->ret != -EINVAL || service != LEDGER_DECODER)) {
			attempt_fail(test, a, "failed call: other error",
				     "returned %d", a->ret);
			return;
		}
	}
	KUNIT_EXPECT_EQ_MSG(test, a->ret, 0, "with nothing left to fail");
	KUNIT_EXPECT_GT(test, n, 1);
	KUNIT_EXPECT_LT(test, n, 1000);
}

/* Test that decompress.c returns -ENOMEM if an allocation fails, or does without it */
static void failed_allocation_is_ENOMEM_or_does_no_harm(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	fail_each(test, a, LEDGER_ALLOC, false);
	fail_each(test, a, LEDGER_ALLOC, true);
	if (!a->d->decode)
		return;
	/* The page array begins with one entry, and must grow */
	a->direct = 1;
	fail_each(test, a, LEDGER_ALLOC, false);
	fail_each(test, a, LEDGER_ALLOC, true);
}

/* Test the same when a page array of up to 256 entries cannot be extended */
static void failed_extension_is_ENOMEM_or_does_no_harm(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	size_t len = min_t(size_t, 257 * PAGE_SIZE, PAYLOAD_MAX);

	case_skip_without_decode(test, a);
	case_fill(len, PAYLOAD_RANDOM, 22);
	case_write(a, len, &stream_plain);
	a->direct = 1;
	fail_each(test, a, LEDGER_MEMORY, false);
	fail_each(test, a, LEDGER_MEMORY, true);
}

/* Test that decompress.c returns -ENOMEM if vmap() fails */
static void failed_vmap_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	if (expect_taken(test, a) && !a->ledger.vmaps)
		kunit_skip(test, "decompress.c does not call vmap()");
	fail_each(test, a, LEDGER_VMAP, true);
}

/* Test that a failed decoder setup is an error */
static void failed_decoder_setup_is_an_error(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	fail_each(test, a, LEDGER_DECODER, true);
}

/* Test that a failed allocation inside xz_dec_run() is -ENOMEM, not -EINVAL */
static void xz_dictionary_without_memory_is_ENOMEM(struct kunit *test)
{
	struct attempt *a = case_attempt_as(test, "xz");

	case_fill(SOME_PAGES, PAYLOAD_TEXT, 7);
	case_write(a, SOME_PAGES, &stream_checked);
	strscpy(a->what, "no memory for the dictionary", sizeof(a->what));
	a->orders.xz_dict = SZ_8M;
	expect_refused(test, a, -ENOMEM);
}

/* Check that no request may call the OOM killer, or log a warning if it fails */
static void expect_no_OOM_killer_or_warning(struct kunit *test, struct attempt *a)
{
	if (a->ledger.may_kill)
		attempt_fail(test, a, "memory: the OOM killer may run",
			     "in %u requests", a->ledger.may_kill);
	if (a->ledger.may_warn)
		attempt_fail(test, a, "memory: the kernel would warn",
			     "in %u requests", a->ledger.may_warn);
}

/*
 * Test that a file that declares a large window cannot make the kernel warn, or
 * kill another task
 */
static void zstd_window_without_memory_is_ENOMEM(struct kunit *test)
{
	static const struct stream_options window_8m = {
		.zstd_descriptor = ZSTD_WINDOW_8M,
	};
	struct attempt *a = case_attempt_as(test, "zstd");

	case_fill(SOME_PAGES, PAYLOAD_TEXT, 7);
	case_write(a, SOME_PAGES, &window_8m);
	strscpy(a->what, "no memory for the window", sizeof(a->what));
	a->orders.most_memory = SZ_1M;
	expect_refused(test, a, -ENOMEM);
	expect_no_OOM_killer_or_warning(test, a);
}

/* Test that a file with a long output cannot do that, either */
static void output_is_allocated_without_the_OOM_killer(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	expect_taken(test, a);
	expect_no_OOM_killer_or_warning(test, a);
}

/* A long output, and a callback for allocations and after decoder calls */
static struct attempt *long_output(struct kunit *test,
				   void (*callback)(void *context))
{
	struct attempt *a = case_attempt(test);

	case_fill(PAYLOAD_MAX, PAYLOAD_RANDOM, 21);
	case_write(a, PAYLOAD_MAX, &stream_plain);
	a->orders.unmapped = callback;
	a->orders.context = a;
	return a;
}

static void kill_current(void *context)
{
	struct attempt *a = context;

	if (a->ledger.runs && !fatal_signal_pending(current))
		send_sig(SIGKILL, current, 1);
}

/* Test that decompress.c stops in the first half of the output if the task is killed */
static void killed_task_is_EINTR(struct kunit *test)
{
	struct attempt *a = long_output(test, kill_current);
	unsigned int ample;

	a->payload = NULL;
	allow_signal(SIGKILL);
	for (ample = 0; ample <= 1; ample++) {
		a->orders.ample_memory = ample;
		attempt_decompress(test, a);
		flush_signals(current);
		if (a->ret != -EINTR || a->ledger.produced > PAYLOAD_MAX / 2)
			attempt_fail(test, a, "killed task: went on",
				     "returned %d after %llu bytes of output", a->ret,
				     a->ledger.produced);
	}
	disallow_signal(SIGKILL);
}

/* Test that a signal that does not kill the task changes nothing */
static void other_signal_does_no_harm(struct kunit *test)
{
	struct attempt *a = case_some_pages(test);

	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	expect_taken(test, a);
	KUNIT_EXPECT_NE(test, signal_pending(current), 0);
	flush_signals(current);
	disallow_signal(SIGUSR1);
}

/* How often another task was to run, and after which decoder call the last time */
static struct {
	unsigned int asked;
	unsigned int run;
} others;

/* Ask for a switch to another task, as the scheduler does at the end of a slice */
static void ask_for_the_cpu(void *context)
{
	struct attempt *a = context;

	if (a->ledger.runs == others.run)
		return;
	others.run = a->ledger.runs;
	if (need_resched())
		return;
	others.asked++;
	set_tsk_need_resched(current);
	set_preempt_need_resched();
}

/* Test that decompress.c lets other tasks run during a long output */
static void other_tasks_run_during_a_long_output(struct kunit *test)
{
	struct attempt *a = long_output(test, ask_for_the_cpu);
	unsigned int ample;

	if (!preempt_model_none())
		kunit_skip(test, "with preemption, other tasks run in any case");
	for (ample = 0; ample <= 1; ample++) {
		memset(&others, 0, sizeof(others));
		a->orders.ample_memory = ample;
		expect_taken(test, a);
		cond_resched();
		/* The first request was answered if there is a second */
		if (others.asked < 2)
			attempt_fail(test, a, "other tasks: not let run",
				     "in %u decoder calls", a->ledger.runs);
	}
}

/* Simulate an output of many pages, whatever the file holds */
static void simulate(struct attempt *a, unsigned int pages)
{
	case_fill(100, PAYLOAD_TEXT, 20);
	case_write(a, 100, &stream_plain);
	a->payload = NULL;
	a->orders.endless = pages;
}

/* Skip the case unless it has failed: kunit_skip() makes KUnit forget that */
static void skip_if_listed(struct kunit *test, const struct attempt *a, bool ok)
{
	if (ok && a->ledger.listed)
		kunit_skip(test, "decompress.c lists its pages; simulated output has one");
}

/*
 * Test that a large file gets a page array. decompress.c may check the simulated
 * output and refuse it: it has the page array then.
 */
static void large_file_gets_a_page_array(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	bool ok;
	u8 *file;

	case_skip_without_room(test, LARGE_FILE);
	file = vzalloc(LARGE_FILE);
	KUNIT_ASSERT_NOT_NULL(test, file);
	simulate(a, 2);
	a->in = memcpy(file, a->in, a->size);
	a->size = LARGE_FILE;
	strscpy(a->what, "a large file", sizeof(a->what));
	ok = attempt_decompress(test, a);
	vfree(file);
	skip_if_listed(test, a, ok);
	/* Such a request is for the output, and not for a page array */
	if (ok && a->ret == -ENOMEM && a->ledger.short_of >= LARGE_FILE)
		kunit_skip(test, "needs more free addresses, for the output in one piece");
	KUNIT_EXPECT_NE(test, a->ret, -ENOMEM);
	KUNIT_EXPECT_GT(test, a->ledger.produced, 0);
}

/*
 * Test that the output has the same limit as a module that is not compressed,
 * which kernel_read_file() enforces. The length of a longer output overflows.
 */
static void output_beyond_INT_MAX_is_EFBIG(struct kunit *test)
{
	struct attempt *a = case_attempt(test);
	int error;
	bool ok;

	/* Enough for the page array, but not for all of the output */
	a->orders.most_memory = SZ_32M;
	simulate(a, INT_MAX / PAGE_SIZE);
	scnprintf(a->what, sizeof(a->what), "%u pages", a->orders.endless);
	ok = attempt_decompress(test, a);
	skip_if_listed(test, a, ok);
	if (ok && !a->ledger.nr_pages)
		kunit_skip(test, "decompress.c allocates no output pages");
	KUNIT_EXPECT_NE(test, a->ret, -EFBIG);
	/* With less memory than that, decompress.c may say so, and request none */
	error = a->ret == -ENOMEM && !a->ledger.denied ? -ENOMEM : -EFBIG;

	simulate(a, INT_MAX / PAGE_SIZE + 1);
	scnprintf(a->what, sizeof(a->what), "%u pages", a->orders.endless);
	expect_refused(test, a, error);
}

static struct kunit_case resource_cases[] = {
	KUNIT_CASE_PARAM(failed_allocation_is_ENOMEM_or_does_no_harm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_extension_is_ENOMEM_or_does_no_harm,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_vmap_is_ENOMEM, algorithm_gen_params),
	KUNIT_CASE_PARAM(failed_decoder_setup_is_an_error,
			 algorithm_gen_params),
	KUNIT_CASE(xz_dictionary_without_memory_is_ENOMEM),
	KUNIT_CASE(zstd_window_without_memory_is_ENOMEM),
	KUNIT_CASE_PARAM(output_is_allocated_without_the_OOM_killer,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(killed_task_is_EINTR, algorithm_gen_params),
	KUNIT_CASE_PARAM(other_signal_does_no_harm, algorithm_gen_params),
	KUNIT_CASE_PARAM(other_tasks_run_during_a_long_output,
			 algorithm_gen_params),
	KUNIT_CASE_PARAM(large_file_gets_a_page_array, algorithm_gen_params),
	SLOW_CASE_PARAM(output_beyond_INT_MAX_is_EFBIG, algorithm_gen_params),
	{ }
};

static struct kunit_suite module_decompress_resources_suite = {
	.name = "module_decompress_resources",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = resource_cases,
};

kunit_test_suite(module_decompress_resources_suite);
