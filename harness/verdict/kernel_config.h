/* SPDX-License-Identifier: GPL-2.0 */
/* Read what a kernel's configuration says about modules */
#ifndef _KERNEL_CONFIG_H
#define _KERNEL_CONFIG_H

#include <stdio.h>

#include "explain.h"

const char *machine_name(unsigned int machine);
const char *read_kernel_config(struct kernel *kernel, FILE *file);

#endif /* _KERNEL_CONFIG_H */
