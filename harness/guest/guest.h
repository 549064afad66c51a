/* SPDX-License-Identifier: GPL-2.0 */
/* The programs for guests. Each is the init of a virtual machine that has nothing else. */
#ifndef GUEST_H
#define GUEST_H

#include "decompress.h"

void load_with_little_memory(int argc, char **argv) __noreturn;
void load_with_security_modules(int argc, char **argv) __noreturn;
void load_all_modules(void) __noreturn;
void load_the_suite(int argc, char **argv) __noreturn;

#endif /* GUEST_H */
