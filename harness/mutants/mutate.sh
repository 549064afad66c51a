#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutate.sh OBJDIR ARGUMENT ...
#
# Builds harness/mutants/mutate.c, and runs it with these arguments and with the flags
# that decompress.c has in the kernel which is built in OBJDIR.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

objdir=$1
shift
tmp=$build/mutate.$$
trap 'rm -f "$tmp"' EXIT
llvm=$(sh "$top/harness/mutants/libclang.sh")
cc -O2 -I"$llvm/include" -o "$tmp" "$top/harness/mutants/mutate.c" \
	"$top/harness/mutants/syntax_tree.c" "$top/harness/mutants/calls.c" \
	"$top"/harness/mutants/*operators.c -L"$llvm/lib" -lclang ||
	exit 2
put "$tmp" "$build/mutate"
cd "$objdir"
eval '"$build/mutate" "$@"' -- \
	"$(saved_command "$objdir" kernel/module/decompress.o)"
