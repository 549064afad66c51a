// SPDX-License-Identifier: GPL-2.0
/*
 * Decompress files from the initramfs, if there are any, and print the results.
 * The host knows the expected output and compares.
 */
#include <linux/string.h>

#include "cases.h"
#include "replay.h"

static const void *replay_file_gen_params(GENERATOR_PARAMETERS)
{
	static struct replay_file file;

	if (!replay_find(&file, prev ? file.nr + 1 : 0) && prev)
		return NULL;
	strscpy(desc, kbasename(file.path), KUNIT_PARAM_DESC_SIZE);
	return &file;
}

/* Test that decompress.c keeps all rules, whether it accepts the file or not */
static void any_file_is_handled(struct kunit *test)
{
	const struct replay_file *file = test->param_value;
	struct attempt *a;

	if (!file->format)
		kunit_skip(test, "no files in the initramfs: see replay.h");
	kunit_info(test, "replay %u: asked as %s\n", file->nr, file->format);
	a = case_attempt_as(test, file->format);
	KUNIT_ASSERT_EQ(test, replay_read(a, file), 0);
	attempt_decompress(test, a);
	replay_print(test, a, file);
	replay_free(a);
}

static struct kunit_case replay_cases[] = {
	KUNIT_CASE_PARAM(any_file_is_handled, replay_file_gen_params),
	{ }
};

static struct kunit_suite module_decompress_replay_suite = {
	.name = "module_decompress_replay",
	.suite_init = case_suite_init,
	.suite_exit = case_suite_exit,
	.init = case_init,
	.exit = case_exit,
	.test_cases = replay_cases,
};

kunit_test_suite(module_decompress_replay_suite);
