// SPDX-License-Identifier: GPL-2.0
/*
 * The init of the guests of make boot and make bots. GUEST=NAME on the kernel's command line
 * says which program it runs.
 */
#include "guest.h"

static const struct {
	const char *name;
	void (*run)(int argc, char **argv);
} programs[] = {
	{ "addresses", load_with_few_addresses },
	{ "ima", load_with_ima },
	{ "loaders", load_with_loaders },
	{ "memory", load_with_little_memory },
	{ "rounds", load_the_suite },
	{ "security", load_with_security_modules },
	{ "statistics", load_with_statistics },
	{ "sweep", load_all_modules },
	{ "zisofs", read_zisofs },
};

int main(int argc, char **argv)
{
	const char *name = getenv("GUEST");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(programs); i++)
		if (name && strcmp(name, programs[i].name) == 0)
			programs[i].run(argc, argv);
	ksft_exit_fail_msg("GUEST=%s: no such program\n", name ?: "");
}
