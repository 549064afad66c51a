#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# need.sh ARCH|host
#
# Sees to it that the tools are there with which a kernel is built and run for
# ARCH, or booted on a host of `make mutants`: as root installs what is missing,
# else names it.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

for_a_build='make make gcc gcc ld binutils flex flex bison bison bc bc
	perl perl patch patch cmp diffutils xz xz-utils python3 python3
	/usr/include/stdlib.h libc6-dev'

# shellcheck disable=SC2086	# a list of words
case $1 in
host) need qemu-system-i386 qemu-system-x86 rsync rsync ;;
i386) need $for_a_build qemu-system-i386 qemu-system-x86 ;;
# The unwinder's tables are made by objtool, which reads ELF.
x86_64) need $for_a_build qemu-system-x86_64 qemu-system-x86 \
	/usr/include/gelf.h libelf-dev ;;
*) need $for_a_build ;;
esac
