#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# right_native.sh BASE DIRECTORY
#
# Compiles DIRECTORY/decompress.c as `make native` does, for 32 and for 64 bits, and runs the
# suites and the fuzzers' corpus with it. The suites' output goes to native32.log and
# native64.log. native.log lists errors of the build, and files of the corpus that decompress
# differently than in BASE; it is empty if all is well. After any other error no native.log is
# written: exit status 2.

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
			"$native/fuzz_mend.o" "$native/fuzz_sections.o" || return
	done
}

# any_reason FILE: print the outcomes in FILE with one word for -ENOMEM, -EINVAL and -EFBIG. There
# can be several reasons to refuse a file, and any of them may be found first.
any_reason()
{
	sed 's/: returned -\(12\|22\|27\),/: refused,/' "$1"
}

# outcomes: compare the outcome of each file of the corpus with that in BASE. A wrong
# decompress.c may loop for ever, so limit its CPU time.
outcomes()
{
	for algorithm in gzip xz zstd; do
		(
			cd "$base/corpus/$algorithm" &&
				prlimit --cpu=300: "$work/try_$algorithm" ./* 2>"$work/stderr"
		) >"$work/outcomes" || grep -m 1 -e '^finding: ' -e 'ERROR: ' "$work/stderr" ||
			echo "try_$algorithm ends early"
		any_reason "$native/outcomes.$algorithm" >"$work/before"
		any_reason "$work/outcomes" | diff "$work/before" - |
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
