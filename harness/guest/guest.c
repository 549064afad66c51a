// SPDX-License-Identifier: GPL-2.0
/*
 * The init of the guests of make boot and make bots. GUEST=NAME on the kernel's command line
 * says which program it runs.
 */
#include "guest.h"

int main(int argc, char **argv)
{
	const char *name = getenv("GUEST");

	if (!name)
		name = "";
	if (strcmp(name, "addresses") == 0)
		load_with_few_addresses(argc, argv);
	if (strcmp(name, "ima") == 0)
		load_with_ima(argc, argv);
	if (strcmp(name, "loaders") == 0)
		load_with_loaders(argc, argv);
	if (strcmp(name, "memory") == 0)
		load_with_little_memory(argc, argv);
	if (strcmp(name, "security") == 0)
		load_with_security_modules(argc, argv);
	if (strcmp(name, "statistics") == 0)
		load_with_statistics(argc, argv);
	if (strcmp(name, "sweep") == 0)
		load_all_modules();
	if (strcmp(name, "rounds") == 0)
		load_the_suite(argc, argv);
	if (strcmp(name, "zisofs") == 0)
		read_zisofs(argc, argv);
	ksft_exit_fail_msg("GUEST=%s: no such program\n", name);
}
