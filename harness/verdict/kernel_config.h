/* SPDX-License-Identifier: GPL-2.0 */
/* Read what a kernel's configuration says about modules */
#ifndef _KERNEL_CONFIG_H
#define _KERNEL_CONFIG_H

#include "explain.h"

const char *read_kernel_config(struct kernel *kernel, const char *path);

#endif /* _KERNEL_CONFIG_H */
