#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Prints where the newest libclang is: in its include/ and lib/ is what mutate.c
# is built with. Which mutants there are is up to its syntax tree: equivalent.tsv
# is of version 14, that of Debian 12.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

find_header()
{
	printf '%s\n' /usr/lib/llvm-*/include/clang-c/Index.h | sort -V |
		tail -n 1
}

header=$(find_header)
[ -e "$header" ] || {
	need_packages libclang "$(package_of libclang)"
	header=$(find_header)
}
echo "${header%/include/*}"
