#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# right_native.sh BASE DIRECTORY
#
# Compiles DIRECTORY/decompress.c as `make native` does, for 32 and for 64 bits, runs the
# suites with it, and the corpus of the fuzzers. What the suites print are the files
# native32.log and native64.log. In native.log is what does not build, or comes out of the
# corpus in another way than in BASE: nothing, if all is well. Of any other trouble nothing
# is kept: exit status 2.

set -eu
. "$(dirname "$0")/compile_common.sh"
work=$dir/native

# program NAME OBJECT ...
program()
{
	name=$1
	shift
	gcc -m"$bits" -fsanitize=address,undefined -o "$work/$name" "$@" "$native/base.o" \
		"$work"/seam_*.o
}

build()
{
	for object in seam_gzip seam_xz seam_zstd; do
		compile_native "$bits" $object -Wall -Wno-unused-function \
			-Werror=implicit-function-declaration || return
	done
	program suite "$native/suite.o" || return
	for algorithm in gzip xz zstd; do
		program try_$algorithm "$native/fuzz.$algorithm.o" "$native/fuzz_main.o" \
			"$native/fuzz_mend.o" || return
	done
}

# What another has come to may be an endless loop.
outcomes()
{
	for algorithm in gzip xz zstd; do
		(
			cd "$base/corpus/$algorithm" &&
				prlimit --cpu=300: "$work/try_$algorithm" ./* 2>"$work/stderr"
		) >"$work/outcomes" || grep -m 1 -e '^finding: ' -e 'ERROR: ' "$work/stderr" ||
			echo "try_$algorithm ends early"
		diff "$native/outcomes.$algorithm" "$work/outcomes" |
			sed -n "s/^[<>] /$bits bits, $algorithm: &/p" || :
	done
}

: >"$dir/native.new"
for bits in 32 64; do
	native=$base/native$bits
	sources "$bits"
	words=$(build 2>&1) || {
		printf '%s\n' "$words" | grep -m 1 -e 'error: ' -e 'undefined reference' |
			sed "s/^/$bits bits, not built: /" >>"$dir/native.new"
		continue
	}
	status=0
	"$work/suite" >"$dir/native$bits.log" 2>/dev/null || status=$?
	[ $status -le 1 ] || fail "the native program ends with status $status"
	outcomes >>"$dir/native.new"
done
rm -rf "$work"
mv "$dir/native.new" "$dir/native.log"
