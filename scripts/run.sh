#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make run`; the variables are explained by `make`.
#
# Exit status: 0 all passed, 1 tests failed or the kernel did not live to tell,
# 2 it did not come to that.

set -eu
. "$(dirname "$0")/lib.sh"

KERNEL=${KERNEL:-6.12}
ARCH=${ARCH:-i386}
CONFIG=${CONFIG:-}
FIXES=${FIXES:-yes}
FILTER=${FILTER:-}
BENCH=${BENCH:-no}
JOBS=${JOBS:-$(nproc)}
export KERNEL FIXES PYTHONUNBUFFERED=1

case $ARCH in
i386 | x86_64 | um) ;;
*) die "ARCH=$ARCH: not one of i386, x86_64, um" ;;
esac
case $BENCH in
yes | no) ;;
*) die "BENCH=$BENCH: neither yes nor no" ;;
esac
case $FIXES in
yes) what='with fixes' ;;
no) what='as shipped' ;;
'' | *[!0-9,]*) die "FIXES=$FIXES: not yes, no, or numbers of patches/ like 0001,0003" ;;
*) what="with fixes $FIXES" ;;
esac
case $JOBS in
'' | 0 | *[!0-9]*) die "JOBS=$JOBS: not a number" ;;
esac

sh "$top/scripts/need.sh" "$ARCH"
found=$(sh "$top/scripts/kernel.sh" "$KERNEL")
name=${found%% *}
src=${found#* }
version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "$src/Makefile" |
	paste -s -d .)

set -- --arch="$ARCH"
dir=$build/kunit/$name-$ARCH
if [ "$CONFIG" ]; then
	fragments=$top/tools/testing/kunit/configs
	fragment=$fragments/module_decompress_$CONFIG.config
	[ -f "$fragment" ] || fragment=$CONFIG
	[ -f "$fragment" ] || die "CONFIG=$CONFIG: no such file, and not one of$(
		cd "$fragments" && printf ' %s' module_decompress_*.config |
			sed 's/module_decompress_\([^.]*\).config/\1/g')"
	dir=$dir-$(basename "$fragment" .config)
	# Added one by one, as only these may contradict the configuration.
	while IFS= read -r line; do
		case $line in
		CONFIG_* | '# CONFIG_'*' is not set')
			set -- "$@" --kconfig_add="$line"
			;;
		esac
	done <"$fragment"
fi
mkdir -p "$dir"
log=$dir/run.log
: >"$log"
what="linux $version, $ARCH${CONFIG:+ $CONFIG}, $what"

# logged COMMAND ...: the output is shown, and kept; the exit status is its own.
logged()
{
	{
		"$@" 2>&1 && echo 0 >"$dir/status" || echo $? >"$dir/status"
	} | tee -a "$log"
	return "$(cat "$dir/status")"
}

kunit_py()
{
	command=$1
	shift
	logged "$top/tools/testing/kunit/kunit.py" "$command" \
		--build_dir="$dir" "$@"
}

# What kunit.py does to build, but for compile_commands.json and for a "make
# olddefconfig" that takes half of the time after an edit: "config" does that.
build_kernel()
{
	logged flock -n "$build/tree/$name.lock" make -C "$build/tree/$name" \
		--no-print-directory -s all \
		ARCH="$ARCH" O="$dir" --jobs="$JOBS" </dev/null
}

still_there()
{
	echo "  $(find "$dir" -name '*.o' | wc -l) objects built"
}

not_built()
{
	say "make run: $what: not $1; see above, or $log"
	exit 2
}

patiently kunit_py config "$@" || not_built configured
say "Building $what ..."
patiently build_kernel || not_built built

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

# From "Testing complete. Ran 3 tests: passed: 2, skipped: 1", where what is
# zero is left out.
count()
{
	n=$(sed -n "s/.*Ran [0-9]* tests:.* $1: \([0-9]*\).*/\1/p" "$log" | tail -n 1)
	echo "${n:-0}"
}

result="$(count passed) passed, $(count failed) failed, $(count skipped) skipped"
for c in crashed errors; do
	[ "$(count $c)" -eq 0 ] || result="$result, $(count $c) $c"
done
seconds=$(sed -n 's/.*Elapsed time: \([0-9]*\.[0-9]\)[0-9]*s.*/\1/p' "$log" |
	tail -n 1)
echo "make run: $what: $result; boot to verdict ${seconds:-?} s"
[ "$status" -eq 0 ] || exit 1
