/* SPDX-License-Identifier: GPL-2.0 */
/* The programs that run in guests. Each is the init, and the only program, of its guest. */
#ifndef GUEST_H
#define GUEST_H

#include "decompress.h"

void load_with_little_memory(int argc, char **argv) __noreturn;
void load_with_few_addresses(int argc, char **argv) __noreturn;
void load_with_security_modules(int argc, char **argv) __noreturn;
void load_with_loaders(int argc, char **argv) __noreturn;
void load_all_modules(void) __noreturn;
void load_the_suite(int argc, char **argv) __noreturn;

#endif /* GUEST_H */
