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

case $ARCH/${CONFIG:-}/${FILTER:-} in
i386//) ;;
*) die "coverage takes no ARCH, CONFIG or FILTER: it is of the whole suite, on i386, in a configuration of its own" ;;
esac

need lcov lcov gcov gcc
find_kernel
what="linux $version, i386, $fixes"

dir=$build/kunit/$name-i386-coverage
tests=$dir/kernel/module/tests
report=$build/coverage
log=$dir/coverage.log
mkdir -p "$dir"
: >"$log"

# Unlike elsewhere, only what is wrong is shown.
logged()
{
	"$@" >>"$log" 2>&1
}

# give_up WHAT: what came last says why.
give_up()
{
	tail -n 20 "$log" >&2
	die "coverage: $what: $1; see above, or $log"
}

# Exit status 2 is from the forwarder, whose one line says it all.
kunit_py()
{
	status=0
	patiently logged "$top/tools/testing/kunit/kunit.py" "$@" || status=$?
	[ "$status" -lt 2 ] || {
		tail -n 1 "$log" >&2
		exit 2
	}
	return "$status"
}

# From -O1 on, a line like "return -ENOMEM;" leaves nothing behind to be counted,
# though the branch to it does. The counters have to be exact, whatever tasks
# and CPUs meet, as gcov counts some branches and works out the others.
set -- --arch=i386 --build_dir="$dir" \
	--kconfig_add=CONFIG_DEBUG_FS=y \
	--kconfig_add=CONFIG_GCOV_KERNEL=y \
	--kconfig_add=CONFIG_BINFMT_ELF=y \
	--make_options="CFLAGS_GCOV=--coverage -O0 -fprofile-update=atomic -include $top/harness/coverage/gcov-atomic.h"
for a in gzip xz zstd; do
	# In 6.1 objects go by their name without the directory.
	set -- "$@" --make_options="GCOV_PROFILE_seam_$a.o=y" \
		--make_options="GCOV_PROFILE_tests/seam_$a.o=y"
done

still_there()
{
	echo "  $(find "$dir" -name '*.o' 2>/dev/null | wc -l) objects built"
}

say "Building $what, with gcov ..."
kunit_py build --jobs="$JOBS" "$@" || give_up 'not built'
# The memory of the kernel is the only place where the counters are, so an init
# is needed to bring them out.
build_init "$top/harness/coverage/gcov-init.c" "$src" || give_up 'no init built'
echo "file /init $dir/guest-init 0755 0 0" | "$dir/usr/gen_init_cpio" - >"$dir/guest-init.cpio"

still_there()
{
	echo "  the kernel is running"
}

# All that follows a "--" is for init: the files to bring out, and the
# kunit_shutdown= that kunit.py adds, which would leave no time for that.
set -- "$@" --qemu_args="-smp 2,sockets=2 -initrd $dir/guest-init.cpio" \
	--qemu_args="-serial file:$dir/gcov.hex" \
	--kernel_args='kunit.enable=1 console=ttyS0 panic=-1 --'
for object in "$tests"/seam_*.o; do
	set -- "$@" --kernel_args="${object%.o}.gcda"
done

say "Running the suite ..."
rm -rf "$dir/gcov.hex" "$tests"/*.gcda "$report"
kunit_py exec "$@" || {
	grep -F '[FAILED]' "$log" >&2 || tail -n 20 "$log" >&2
	say "make coverage: $what: tests failed, so nothing was counted; see make run, or $log"
	exit 1
}
tr -d '\r' <"$dir/gcov.hex" >"$dir/gcov.data"
grep -qx 'done' "$dir/gcov.data" || give_up 'the counters did not come out'

# What is missed, a line each, and how much is not
summary()
{
	awk -v algorithm="$1" '
	/^SF:/ {
		file = substr($0, 4)
		while ((getline text <file) > 0) {
			gsub(/^[ \t]+/, "", text)
			source[++n] = text
		}
	}
	/^FN:/ {
		split(substr($0, 4), f, ",")
		function_at[f[1]] = f[2]
	}
	function missed(line, which,	start) {
		for (start = line; start && !(start in function_at); start--)
			;
		printf "%s: missed: %s, line %d: %s%s\n", algorithm,
			function_at[start], line, source[line], which
	}
	/^DA:/ {
		split(substr($0, 4), d, ",")
		lines++
		if (d[2] > 0)
			lines_hit++
		else
			missed(d[1], "")
	}
	/^BRDA:/ {
		split(substr($0, 6), b, ",")
		branches++
		nth[b[1]]++
		if (b[4] > 0)
			branches_hit++
		else
			missed(b[1], ": branch " nth[b[1]])
	}
	END {
		printf "%s: lines %d/%d, branches %d/%d\n", algorithm,
			lines_hit, lines, branches_hit, branches
		exit !lines
	}' "$2"
}

say "Writing $report ..."
mkdir -p "$report"
for object in "$tests"/seam_*.o; do
	seam=$(basename "$object" .o)
	a=${seam#seam_}
	sed -n "s/^$seam.gcda //p" "$dir/gcov.data" |
		perl -ne 'chomp; print pack "H*", $_' >"$tests/$seam.gcda"
	logged geninfo --quiet --rc lcov_branch_coverage=1 --test-name "$a" \
		--include '*/kernel/module/decompress.c' \
		--output-filename "$report/$a.info" "$tests/$seam.gcda" ||
		give_up "geninfo fails on $seam.gcda"
	summary "$a" "$report/$a.info" || give_up "nothing was counted for $a"
done >"$report/coverage.txt"
logged genhtml --quiet --branch-coverage --show-details \
	--title "decompress.c, $what" --prefix "$build/tree/$name" \
	--output-directory "$report" "$report"/*.info ||
	give_up 'genhtml fails'

cat "$report/coverage.txt"
missed=$(grep -c ': missed: ' "$report/coverage.txt") || :
echo "make coverage: $what: $missed lines and branches of decompress.c missed; see build/coverage/index.html"
[ "$missed" -eq 0 ]
