#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# config_args.sh TREE MACHINE: what kunit.py has to be told to configure that tree with
# the suite and little else, an argument a line. What is no row of machines.tsv gets the
# suite on top of the architecture's default.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
tree=$1
machines=$top/harness/lib/machines

# small: nothing but what is asked for, and what cannot be without; only what differs from
# the defaults is named, as kunit.py starts from these
small()
{
	dir=$build/config/$(basename "$tree")-$machine
	mkdir -p "$dir"
	lock 7 "$dir/lock" "config_args.sh, process $$"
	cat "$machines/small.config" "$machines/$machine.config" >"$dir/all.config"
	make -C "$tree" -s O="$dir" ARCH="$arch" ${cross:+CROSS_COMPILE="$cross"} \
		KCONFIG_ALLCONFIG="$dir/all.config" allnoconfig savedefconfig \
		>"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		die "$tree cannot be configured for $machine; see above"
	}
	echo "--kunitconfig=$dir/defconfig"
}

case $2 in
i386) echo "--kunitconfig=$top/.kunitconfig" ;;
x86_64)
	echo "--kunitconfig=$top/.kunitconfig"
	echo '--kconfig_add=# CONFIG_HIGHMEM4G is not set'
	;;
*)
	if [ -e "$machines/$2.config" ] && read_machine "$2"; then
		small
	else
		echo "--kunitconfig=$top/kernel/module/.kunitconfig"
	fi
	;;
esac
# There was no such option before v6.12, and a kunitconfig has no "if".
grep -q '^\(menu\)\{0,1\}config MODULE_COMPRESS$' "$tree/kernel/module/Kconfig" ||
	echo '--kconfig_add=# CONFIG_MODULE_COMPRESS is not set'
