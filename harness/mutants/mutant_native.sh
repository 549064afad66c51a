#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutant_native.sh BASE DIRECTORY
#
# Compiles what differs of DIRECTORY/decompress.c as `make native` does for 32 bits, and
# runs the suites with it until one has failed. What they print is the file native.log,
# with the mutant's name on its first line, which is compiled together with decompress.c,
# and an end on its last.
#
# What gcc finds fault with, or what calls a service that there is none of natively, has an
# empty one, and is for the kernel. Of any other trouble nothing is kept: exit status 2.

set -eu
. "$(dirname "$0")/compile_common.sh"
work=$dir/native
sources 32

# program OBJECT ...: what is not broken is left out, which the suite skips
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
	# What a sanitizer has to say of each case costs more than the case, with names.
	ASAN_OPTIONS=symbolize=0 UBSAN_OPTIONS=symbolize=0 "$work/program" -1 \
		>"$dir/native.new" 2>/dev/null || status=$?
	[ $status -le 1 ] || fail "the native program ends with status $status"
	echo "mutant_native.sh: ended" >>"$dir/native.new"
fi
rm -rf "$work" "$dir"/*.part
mv "$dir/native.new" "$dir/native.log"
