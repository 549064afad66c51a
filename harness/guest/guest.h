/* SPDX-License-Identifier: GPL-2.0 */
/* The programs that run in guests. Each is the init, and the only program, of its guest. */
#ifndef GUEST_H
#define GUEST_H

#include "decompress.h"

/* Where modules are in the initramfs */
#define INITRAMFS	"/modules"

#define SECURITYFS	"/sys/kernel/security"

/* A module is loaded in two forms; the flag says which one path_of() names. */
struct form {
	const char *what;
	int flags;
};

extern const struct form forms[2];

/* A file, where it is, and the error that loading it must give */
struct answer {
	const char *from;
	const char *file;
	int error;
};

void check_answer(const struct answer *a, const struct form *form);
void copy_forms(const char *to, const char *const *files);
void give_to(const char *path, int owner);
void load_ima_policy(const char *rules);

void load_with_ima(int argc, char **argv) __noreturn;
void load_with_little_memory(int argc, char **argv) __noreturn;
void load_with_few_addresses(int argc, char **argv) __noreturn;
void load_with_security_modules(int argc, char **argv) __noreturn;
void load_with_loaders(int argc, char **argv) __noreturn;
void load_with_statistics(int argc, char **argv) __noreturn;
void load_all_modules(int argc, char **argv) __noreturn;
void read_zisofs(int argc, char **argv) __noreturn;
void load_the_suite(int argc, char **argv) __noreturn;

#endif /* GUEST_H */
