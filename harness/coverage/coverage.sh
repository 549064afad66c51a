#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make coverage`: does a run of the suite reach every line of
# decompress.c, and take every branch both ways, for each algorithm? The
# kernel's own gcov counts (Documentation/dev-tools/gcov.rst), in the three
# objects that include decompress.c and nowhere else.
#
# Exit status: 0 nothing is missed, 1 something is, or tests failed, 2 it did
# not come to that.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/build.sh"

command=coverage
case $ARCH/${CONFIG:-}/${FILTER:-}/$LLVM in
i386///) ;;
*) die "coverage takes no ARCH, CONFIG, FILTER or LLVM: it is of the whole suite, on i386, by gcc, in a configuration of its own" ;;
esac

need gcovr gcov
find_kernel
what="linux $version, i386, $fixes"
take_tree
start_from "$build/kunit/$name-i386" "$build/kunit/$name-i386-coverage"
take_dir "$build/kunit/$name-i386-coverage"
tests=$dir/kernel/module/tests
report=$build/coverage
log=$dir/coverage.log
: >"$log"

# Unlike elsewhere, only what is wrong is shown.
logged()
{
	"$@" >>"$log" 2>&1
}

not_built()
{
	tail -n 20 "$log" >&2
	die "coverage: $what: not $1; see above, or $log"
}

# From -O1 on, a line like "return -ENOMEM;" leaves nothing behind to be counted,
# though the branch to it does. The counters have to be exact, whatever tasks
# and CPUs meet, as gcov counts some branches and works out the others.
set -- CFLAGS_GCOV="--coverage -O0 -fprofile-update=atomic -include $top/harness/coverage/gcov-atomic.h"
for a in gzip xz zstd; do
	# In 6.1 objects go by their name without the directory.
	set -- "$@" GCOV_PROFILE_seam_$a.o=y GCOV_PROFILE_tests/seam_$a.o=y
done
configure "$top/harness/coverage/coverage.config"
build_kernel "$@"
# The memory of the kernel is the only place where the counters are, so an init
# is needed to bring them out.
build_init "$src" "$top/harness/coverage/gcov-init.c" || not_built 'built: no init'
echo "file /init $dir/guest-init 0755 0 0" | "$dir/usr/gen_init_cpio" - >"$dir/guest-init.cpio"

# All that follows a "--" is for init: the files to bring out, and the
# kunit_shutdown= that kunit.py adds, which would leave no time for that.
set -- --qemu_args="-initrd $dir/guest-init.cpio" \
	--qemu_args="-serial file:$dir/gcov.hex" \
	--kernel_args='kunit.enable=1 console=ttyS0 panic=-1 --'
for object in "$tests"/seam_*.o; do
	set -- "$@" --kernel_args="${object%.o}.gcda"
done

say "Running the suite ..."
rm -rf "$dir/gcov.hex" "$report"
boot_kernel "$@"
judge count
[ "$verdict" -eq 0 ] || {
	grep -F '[FAILED]' "$log" >&2 || tail -n 20 "$log" >&2
	say "make coverage: $what: tests failed, so nothing was counted; see make run, or $log"
	exit 1
}
tr -d '\r' <"$dir/gcov.hex" >"$dir/gcov.data"
grep -qx 'done' "$dir/gcov.data" || not_built 'counted: the counters did not come out'

# run_gcovr ARGUMENT ...: of decompress.c
run_gcovr()
{
	gcovr --root "$tree" --object-directory "$dir" \
		--filter '.*kernel/module/decompress\.c$' "$@" 2>>"$log"
}

# is_complete SUMMARY: at least one line and one branch, and all of them
is_complete()
{
	grep -q '^lines: 100.0% ([1-9]' "$1" &&
		grep -q '^branches: 100.0% ([1-9]' "$1"
}

say "Writing $report ..."
mkdir -p "$report"
missed=0
set --
for object in "$tests"/seam_*.o; do
	seam=$(basename "$object" .o)
	a=${seam#seam_}
	mkdir -p "$report/$a"
	cp "$tests/$seam.gcno" "$report/$a"
	sed -n "s/^$seam.gcda //p" "$dir/gcov.data" |
		perl -ne 'chomp; print pack "H*", $_' >"$report/$a/$seam.gcda"
	run_gcovr --print-summary --txt "$report/$a.lines" \
		--json "$report/$a.json" "$report/$a" >"$report/$a.summary" ||
		not_built "counted: gcovr fails on $seam"
	sed -n "s/^\(lines\|branches\): /$a: &/p" "$report/$a.summary"
	if ! is_complete "$report/$a.summary"; then
		missed=1
		run_gcovr --branches --add-tracefile "$report/$a.json"
		cat "$report/$a.lines"
	fi
	set -- "$@" --add-tracefile "$report/$a.json"
done >"$report/coverage.txt"
run_gcovr "$@" --html-details "$report/index.html" \
	--html-title "decompress.c, $what" || not_built 'counted: gcovr fails'

cat "$report/coverage.txt"
all='all lines and branches of decompress.c are reached'
[ $missed -eq 0 ] || all='not all lines and branches of decompress.c are reached'
! tested_as_named || record "make coverage KERNEL=$KERNEL FIXES=$FIXES" \
	"$what: $all: $(paste -s -d ';' "$report/coverage.txt" | sed 's/;/; /g')"
echo "make coverage: $what: $all; see $report/index.html"
exit $missed
