#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The suite as KernelCI runs it: among all others, in what --alltests builds, by the
# tree's own kunit.py, with QEMU as that starts it. Behind `make bots`.
#
# Exit status: 0 no case failed that should not, 1 one did, or has a status that
# KernelCI does not know, 2 no verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
ARCH=${ARCH:-x86_64}
export ARCH
. "$top/harness/lib/build.sh"

command=bots
target=all

find_kernel
what="KernelCI, linux $version, $ARCH, $fixes"
take_tree
take_dir "$build/kernelci/$name-$ARCH"
log=$dir/kernelci.log
: >"$log"

still_there()
{
	echo "  $(find "$dir" -name '*.o' | wc -l) objects built"
}

say "Building all tests, for $what: thousands of objects ..."
patiently kunit_py config --alltests ${llvm:+--make_options="$llvm"} ||
	not_built configured
grep -qx 'CONFIG_MODULE_DECOMPRESS_KUNIT_TEST=y' "$dir/.config" ||
	not_built 'configured: the suite is not among all tests'
patiently kunit_py build --alltests --jobs="$JOBS" ${llvm:+--make_options="$llvm"} ||
	not_built built

still_there()
{
	echo "  the kernel is running"
}

# Without KVM all tests take longer than kunit.py waits by itself.
rm -f "$dir/test.log" "$dir/kunit.json"
patiently kunit_py exec --alltests --timeout=1800 --json="$dir/kunit.json" || :
[ -s "$dir/kunit.json" ] || not_built 'tested: kunit.py wrote no results'

status=0
python3 "$top/harness/bots/kernelci.py" "$dir/kunit.json" "$tree/tools/testing/kunit" \
	"$dir/test.log" "$dir/.config" "$tree/.lacks" >"$dir/results" || status=$?
sed '$d' "$dir/results"
echo "make bots: $what: $(tail -n 1 "$dir/results")"
exit $status
