#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make run`; the variables are explained by `make`.
#
# Exit status: 0 all passed, 1 tests failed or the kernel did not live to tell,
# 2 it did not come to that.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/build.sh"

CONFIG=${CONFIG:-}
FILTER=${FILTER:-}
BENCH=${BENCH:-no}
command=run

case $BENCH in
yes | no) ;;
*) die "BENCH=$BENCH: neither yes nor no" ;;
esac

find_kernel
dir=$build/kunit/$name-$ARCH
# Names or paths, with commas between them
set -f --
IFS=,
for c in $CONFIG; do
	config=$(fragment "$c")
	set -- "$@" "$config"
	dir=$dir-$(basename "$config" .config)
done
unset IFS
set +f
log=$dir/run.log
what="linux $version, $ARCH${CONFIG:+ $CONFIG}, $fixes"
build_kernel "$@"

set --
[ "$BENCH" = no ] || set -- "$@" --kernel_args=module_decompress_kunit.bench=1
[ -z "$FILTER" ] || set -- "$@" "$FILTER"

still_there()
{
	echo "  the kernel is running"
}

status=0
patiently kunit_py exec --json="$dir/kunit.json" "$@" || status=$?

# kunit.py does not show what a case that passes has to say.
[ "$BENCH" = no ] || sed -n 's/.*# benchmark: \(.* ns .*\)/\1/p' "$dir/test.log"

seconds=$(sed -n 's/.*Elapsed time: \([0-9]*\.[0-9]\)[0-9]*s.*/\1/p' "$log" |
	tail -n 1)
echo "make run: $what: $(counts); boot to verdict ${seconds:-?} s"
[ "$status" -eq 0 ] || exit 1
