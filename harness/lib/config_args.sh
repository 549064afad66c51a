#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# config_args.sh TREE ARCH: what kunit.py has to be told to configure that tree with
# the suite and little else, an argument a line. The small configuration is for x86;
# on others the suite comes on top of the architecture's default.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

case $2 in
i386) echo "--kunitconfig=$top/.kunitconfig" ;;
x86_64)
	echo "--kunitconfig=$top/.kunitconfig"
	echo '--kconfig_add=# CONFIG_HIGHMEM4G is not set'
	;;
*) echo "--kunitconfig=$top/kernel/module/.kunitconfig" ;;
esac
# There was no such option before v6.12, and a kunitconfig has no "if".
grep -q '^\(menu\)\{0,1\}config MODULE_COMPRESS$' "$1/kernel/module/Kconfig" ||
	echo '--kconfig_add=# CONFIG_MODULE_COMPRESS is not set'
