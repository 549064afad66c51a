#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# need.sh ARCH|host|native
#
# Sees to it that the tools are there with which a kernel is built and run for
# ARCH, with LLVM=1 by clang, or booted on a host of `make mutants`, or with which
# `make native` builds: as root installs what is missing, else names it.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

for_a_build='make gcc ld flex bison bc perl patch cmp flock python3
	/usr/include/stdlib.h'

# makes_programs COMPILER BITS: with sanitizers
makes_programs()
{
	echo 'int main(void) { return 0; }' |
		"$1" "-m$2" -fsanitize=address,undefined -xc -o /dev/null - 2>/dev/null
}

if [ "$1" = native ]; then
	need make gcc patch cmp flock python3 /usr/include/stdlib.h
	compiler=gcc
	if [ "${LLVM:-}" ]; then
		compiler=clang
		{ command -v clang >/dev/null && makes_programs clang 64; } ||
			need_packages 'clang and its sanitizers' clang libclang-rt-dev
	fi
	makes_programs $compiler 32 && exit
	# gcc-multilib cannot be beside the compilers for other machines.
	set -- "lib32gcc-$(gcc -dumpversion)-dev" libc6-dev-i386
	need_packages "$compiler for 32-bit programs" "$@"
	exit
fi

# Older ones cannot build i386, and Debian's default is old: so the newest it has.
if [ "${LLVM:-}" ] && ! sh "$top/harness/lib/llvm.sh" >/dev/null; then
	newest=$(apt-cache pkgnames clang- 2>/dev/null |
		sed -n 's/^clang\(-[0-9]*\)$/\1/p' | sort -V | tail -n 1)
	need_packages "clang of LLVM 17 or later" \
		"clang$newest" "lld$newest" "llvm$newest"
fi

if [ "$1" = host ]; then
	need qemu-system-i386 rsync
	exit
fi
cross='' qemu=''
read_machine "$1" || :
[ ! "${LLVM:-}" ] || cross=
# shellcheck disable=SC2086	# a list of words
set -- "$1" $for_a_build ${cross:+"${cross}gcc"} ${qemu:+"qemu-system-$qemu"}
# The unwinder's tables are made by objtool, which reads ELF.
[ "$1" != x86_64 ] || set -- "$@" /usr/include/gelf.h
shift
need "$@"
