#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make coverage`: does a run of the suite reach every line of
# decompress.c, and take every branch both ways, for each algorithm? gcov counts,
# in what `make native` compiles for 64 and for 32 bits, together.
#
# Exit status: 0 nothing is missed, 1 something is, or tests failed, 2 no verdict.
#
# shellcheck disable=SC2317	# what into_log calls

set -eu
. "$(dirname "$0")/../lib/lib.sh"
unset ARCH LLVM
. "$top/harness/lib/build.sh"

command=coverage
sh "$top/harness/lib/need.sh" native
need gcovr gcov
find_source
what="linux $version, natively, $fixes"
take_tree
take_dir "$build/native/$name-coverage"
report=$build/coverage
log=$dir/coverage.log

failed()
{
	tail -n 20 "$log" >&2
	not_built "$1"
}

# build_program BITS: from -O1 on, a line like "return -ENOMEM;" leaves nothing behind to
# be counted, though the branch to it does. The process that runs the cases ends by
# _exit(), which would write no counts.
build_program()
{
	make -C "$tree/tools/testing/module_decompress" --no-print-directory O="$dir/$1" \
		BITS="$1" SANITIZE= EXTRA_CFLAGS='--coverage -O0 -D_exit=exit' \
		--jobs="$JOBS" default
}

# run_gcovr ARGUMENT ...: of decompress.c
run_gcovr()
{
	gcovr --root "$tree" --object-directory "$tree/tools/testing/module_decompress" \
		--filter '.*kernel/module/decompress\.c$' "$@" 2>>"$log"
}

# is_complete SUMMARY: at least one line and one branch, and all of them
is_complete()
{
	grep -q '^lines: 100.0% ([1-9]' "$1" &&
		grep -q '^branches: 100.0% ([1-9]' "$1"
}

say "Building $what, to be counted ..."
still_there()
{
	echo "  $(find "$dir" -name '*.o' | wc -l) objects built"
}
for bits in 64 32; do
	patiently into_log build_program $bits || failed built
done
find "$dir" -name '*.gcda' -delete
still_there()
{
	echo "  $(grep -c ' ok ' "$log") cases done"
}
for bits in 64 32; do
	say "Running the suite, $bits bits ..."
	patiently into_log "$dir/$bits/module_decompress" '*' || {
		grep '^ *not ok' "$log" >&2 || failed 'counted: the program ended early'
		say "make coverage: $what: tests failed, so nothing was counted; see make native, or $log"
		exit 1
	}
done

say "Writing $report ..."
rm -rf "$report" "$dir/counted"
mkdir -p "$report"
missed=0
set --
for seam in "$dir"/64/kernel/module/tests/seam_*.gcda; do
	a=${seam##*/seam_}
	a=${a%.gcda}
	for bits in 64 32; do
		mkdir -p "$dir/counted/$a/$bits"
		cp "$dir/$bits/kernel/module/tests/seam_$a".gc?? "$dir/counted/$a/$bits"
	done
	run_gcovr --print-summary --txt "$report/$a.lines" \
		--json "$report/$a.json" "$dir/counted/$a" >"$report/$a.summary" ||
		failed "counted: gcovr fails on $a"
	sed -n "s/^\(lines\|branches\): /$a: &/p" "$report/$a.summary"
	if ! is_complete "$report/$a.summary"; then
		missed=1
		run_gcovr --branches --add-tracefile "$report/$a.json"
		cat "$report/$a.lines"
	fi
	set -- "$@" --add-tracefile "$report/$a.json"
done >"$report/coverage.txt"
run_gcovr "$@" --html-details "$report/index.html" \
	--html-title "decompress.c, $what" || failed 'counted: gcovr fails'

cat "$report/coverage.txt"
all='all lines and branches of decompress.c are reached'
[ $missed -eq 0 ] || all='not all lines and branches of decompress.c are reached'
! tested_as_named || record "make coverage KERNEL=$KERNEL FIXES=$FIXES" \
	"$what: $all: $(paste -s -d ';' "$report/coverage.txt" | sed 's/;/; /g')"
echo "make coverage: $what: $all; see $report/index.html"
exit $missed
