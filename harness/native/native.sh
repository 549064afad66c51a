#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make native`: the suites that need no kernel, with decompress.c and its
# decoders, compiled natively for 64 and for 32 bits, and run.
#
# Exit status: 0 all passed, 1 tests failed, 2 it did not come to that.
#
# shellcheck disable=SC2317	# what for_both calls

set -eu
. "$(dirname "$0")/../lib/lib.sh"
unset ARCH
. "$top/harness/lib/build.sh"

FILTER=${FILTER:-}
command=native
sh "$top/harness/lib/need.sh" native
find_source
what="linux $version, natively${LLVM:+ by LLVM}, $fixes"
take_tree
take_dir "$build/native/$name${LLVM:+-llvm}"
log=$dir/native.log
compiler=gcc
[ -z "$LLVM" ] || compiler=clang

# for_both COMMAND: with the number of bits; both must do
for_both()
{
	"$1" 32 &
	both=0
	"$1" 64 || both=1
	wait $! || both=1
	return "$both"
}

build_program()
{
	make -C "$tree/tools/testing/module_decompress" --no-print-directory \
		O="$dir/$1" BITS="$1" HOSTCC="$compiler" --jobs="$JOBS" default tries
}

# A verdict is made of what it printed: the exit status has to go with that.
run_program()
{
	"$dir/$1/module_decompress" "${FILTER:-*}" >"$dir/$1.log" 2>"$dir/$1.stderr" ||
		echo $? >"$dir/$1.status"
}

# What libFuzzer has found to be of interest breaks no rule, either.
try_corpus()
{
	for program in "$dir/$1"/try_*[a-z]; do
		status=0
		"$program" "$dir/corpus/${program##*_}"/* >>"$dir/$1.tried" \
			2>"$dir/$1.stderr" || status=$?
		[ "$status" -ne 2 ] || : >"$dir/$1.unreadable"
		[ "$status" -eq 0 ] || {
			echo "$1 bits: $(grep -m 1 -e '^finding: ' -e 'ERROR: ' \
				-e 'runtime error: ' "$dir/$1.stderr")"
			# Each is named before it is tried.
			grep "^$dir/corpus/" "$dir/$1.stderr" | tail -n 1
			return 1
		}
	done
}

say "Building $what ..."
still_there()
{
	echo "  $(find "$dir" -name '*.o' | wc -l) objects built"
}
# lacking: what decompress.c uses and the native build does not have
lacking()
{
	sed -n \
		-e "s/.*decompress\.c:.*implicit declaration of function [^a-zA-Z_]*\([A-Za-z0-9_]*\).*/\1() native.h/p" \
		-e "s/.*decompress\.c:.*error: [^a-zA-Z_]*\([A-Za-z0-9_]*\)[^a-zA-Z_]* undeclared.*/\1 native.h/p" \
		-e "s/.*decompress\.c:.*unknown type name [^a-zA-Z_]*\([A-Za-z0-9_]*\).*/\1 native.h/p" \
		-e 's/.*decompress\.c:.*fatal error: \(.*\): No such file.*/\1 Makefile, to stands_in, with what is used of it in native.h/p' \
		-e "s/.*undefined reference to [^a-zA-Z_]*\([A-Za-z0-9_]*\).*/\1() native.c/p" \
		"$log" | sort -u | while read -r name where; do
		say "decompress.c uses $name, which the native build lacks: add it to tools/testing/module_decompress/$where"
	done
}

if ! patiently into_log for_both build_program; then
	tail -n 20 "$log" >&2
	lacking
	not_built built
fi
started=$(date +%s%N)
rm -f "$dir"/*.status
still_there()
{
	echo "  $(cat "$dir/64.log" "$dir/32.log" | grep -c ' ok ') cases done"
}
patiently for_both run_program || :
hundredths=$((($(date +%s%N) - started) / 10000000))

verdict=0
counts=
for bits in 64 32; do
	say "$bits bits:"
	cat "$dir/$bits.log"
	printf 'CONFIG_HIGHMEM=y\n%s' "$([ $bits = 32 ] || echo CONFIG_64BIT=y)" \
		>"$dir/$bits.config"
	judged=0
	results_py explain "$dir/$bits.log" "$dir/$bits.config" "$tree/.lacks" \
		>"$dir/results" || judged=$?
	[ $judged -ne 2 ] ||
		not_built "tested: no case ran${FILTER:+; does FILTER=$FILTER name any?}"
	[ $judged -eq "$(cat "$dir/$bits.status" 2>/dev/null || echo 0)" ] || {
		cat "$dir/$bits.stderr" >&2
		not_built "tested: the program of $bits bits says other than its tests"
	}
	sed "\$d; s/^/$bits bits: /" "$dir/results"
	counts="$counts$bits bits $(tail -n 1 "$dir/results"); "
	[ $judged -eq 0 ] || verdict=1
done
# Those that are known to fail would do so there, too.
if [ $verdict -eq 0 ] && [ ! "$FILTER" ]; then
	rm -rf "$dir/corpus" "$dir"/*.tried "$dir"/*.unreadable
	sh "$top/harness/fuzz/corpus.sh" unpack "$dir/corpus"
	patiently for_both try_corpus || verdict=1
	! ls "$dir"/*.unreadable >/dev/null 2>&1 || not_built 'tested: the corpus cannot be read'
	counts="${counts}of the fuzzers' corpus $(cat "$dir/64.tried" "$dir/32.tried" |
		awk '/ inputs$/ { n += $1 } END { print n }') tried; "
fi
result="$what: $counts$((hundredths / 100)).$((hundredths / 10 % 10)) s"
[ "$FILTER" ] || ! tested_as_named ||
	record "make native KERNEL=$KERNEL${LLVM:+ LLVM=1} FIXES=$FIXES" "$result"
echo "make native: $result"
exit $verdict
