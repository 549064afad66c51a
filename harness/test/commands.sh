# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC2317	# shared with those that source it
#
# Do the commands do what they promise: are verdicts made of kernels that ran, and of
# the kernel that was asked for; is what is no good refused? Sourced by test.sh.

# with_qemu SCRIPT COMMAND ...: with that in the place of any QEMU
with_qemu()
{
	mkdir -p "$logs/fake"
	printf '#!/bin/sh\n%s\n' "$1" >"$logs/fake/qemu-system-i386"
	chmod +x "$logs/fake/qemu-system-i386"
	shift
	PATH=$logs/fake:$PATH "$@"
}

# A tree of one's own, of links to the kernel: with its own kunit_kernel.py
own_tree()
{
	own=$logs/own_tree
	rm -rf "$own"
	mkdir -p "$own/kernel" "$own/tools/testing"
	for f in "$build/src/linux-$kernel"/*; do
		case ${f##*/} in
		kernel | tools) ;;
		*) ln -s "$f" "$own" ;;
		esac
	done
	for f in "$build/src/linux-$kernel"/kernel/*; do
		ln -s "$f" "$own/kernel"
	done
	rm "$own/kernel/module"
	cp -r "$build/src/linux-$kernel/kernel/module" "$own/kernel"
	for f in "$build/src/linux-$kernel"/tools/testing/*; do
		ln -s "$f" "$own/tools/testing"
	done
	rm "$own/tools/testing/kunit"
	cp -r "$build/src/linux-$kernel/tools/testing/kunit" "$own/tools/testing"
}

not_for_native()
{
	set -- make -C "$top" --no-print-directory
	refused 'FIXES=maybe' "$@" native FIXES=maybe &&
		refused 'SECONDS=long' "$@" fuzz SECONDS=long &&
		refused 'no lzma' "$@" fuzz ALGORITHMS='xz lzma' &&
		refused 'CORPUS=/nowhere' "$@" fuzz CORPUS=/nowhere &&
		refused 'make fuzz takes no HOSTS= any more; run it in' "$@" fuzz HOSTS=a
}

command_checks()
{
	check native 'native and fuzz refuse bad variables' not_for_native
}
