#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# need.sh ARCH
#
# Sees to it that the tools are there with which a kernel is built and run for
# ARCH: as root installs what is missing, else names it.

set -eu
. "$(dirname "$0")/lib.sh"

set -- "$1" \
	make make gcc gcc ld binutils flex flex bison bison bc bc perl perl \
	patch patch cmp diffutils xz xz-utils python3 python3 \
	/usr/include/stdlib.h libc6-dev
case $1 in
i386) set -- "$@" qemu-system-i386 qemu-system-x86 ;;
# The unwinder's tables are made by objtool, which reads ELF.
x86_64) set -- "$@" qemu-system-x86_64 qemu-system-x86 \
	/usr/include/gelf.h libelf-dev ;;
esac
shift
need "$@"
