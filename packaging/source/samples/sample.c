// SPDX-License-Identifier: GPL-2.0
/* What the checker takes for a module: an object file with the two sections that every module has */

static const char info[] __attribute__((used, section(".modinfo"))) = "license=GPL";
static char this_module[64] __attribute__((used, section(".gnu.linkonce.this_module"))) = "sample";
