#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutant_native.sh BASE DIRECTORY
#
# Compiles the algorithms that DIRECTORY/decompress.c changes as `make native` does for 32
# bits, and runs the suites with them until a case fails. native.log gets the output. Its first
# line has the mutant's name, which is compiled together with decompress.c; its last line says
# that the program ended.
#
# If decompress.c does not compile natively, or calls a function that only a kernel has,
# native.log is empty and the mutant is booted instead. After any other error no native.log is
# written: exit status 2.

set -eu
. "$(dirname "$0")/compile_common.sh"
work=$dir/native
sources 32

# program OBJECT ...: link the suites with these algorithms; the suites skip the others
program()
{
	words=$(gcc -m32 -fsanitize=address,undefined -o "$work/program" \
		"$base/native32/suite.o" "$base/native32/base.o" "$@" \
		"$base/native32/no_decompressors.o" 2>&1) || {
		case $words in
		*': undefined reference to '*) return 1 ;;
		esac
		fail "$words"
	}
}

set --
for object in seam_gzip seam_xz seam_zstd; do
	part "$object"
	differs "$object" || continue
	status=0
	words=$(compile_native 32 "$object" -w 2>&1) || status=$?
	[ $status -eq 0 ] || {
		{ [ $status -eq 1 ] && is_fault "$words"; } || fail "$words"
		set --
		break
	}
	set -- "$@" "$work/$object.o"
done
: >"$dir/native.new"
if [ $# -ne 0 ] && program "$@"; then
	status=0
	# Finding names of symbols for sanitizers' reports takes longer than the cases.
	ASAN_OPTIONS=symbolize=0 UBSAN_OPTIONS=symbolize=0 "$work/program" -1 \
		>"$dir/native.new" 2>/dev/null || status=$?
	[ $status -le 1 ] || fail "the native program ends with status $status"
	echo "mutant_native.sh: ended" >>"$dir/native.new"
fi
rm -rf "$work" "$dir"/*.part
mv "$dir/native.new" "$dir/native.log"
