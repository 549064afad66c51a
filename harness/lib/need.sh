#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# need.sh ARCH|host
#
# Sees to it that the tools are there with which a kernel is built and run for
# ARCH, with LLVM=1 by clang, or booted on a host of `make mutants`: as root
# installs what is missing, else names it.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

for_a_build='make gcc ld flex bison bc perl patch cmp flock python3
	/usr/include/stdlib.h'
[ -z "${LLVM:-}" ] || for_a_build="$for_a_build clang ld.lld llvm-ar"

# shellcheck disable=SC2086	# a list of words
case $1 in
host) need qemu-system-i386 rsync ;;
i386) need $for_a_build qemu-system-i386 ;;
# The unwinder's tables are made by objtool, which reads ELF.
x86_64) need $for_a_build qemu-system-x86_64 /usr/include/gelf.h ;;
*) need $for_a_build ;;
esac
