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
BASE=${BASE:-}
TIMEOUT=${TIMEOUT:-300}
JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")
command=run

case $BENCH in
yes | no) ;;
*) die "BENCH=$BENCH: neither yes nor no" ;;
esac
case $TIMEOUT in
'' | 0 | *[!0-9]*) die "TIMEOUT=$TIMEOUT: not a number of seconds" ;;
esac
writable "$JSON" "$JUNIT"

# Names or paths, with commas between them
suffix=
set -f --
IFS=,
for c in $CONFIG; do
	config=$(unset IFS && set +f && fragment "$c")
	set -- "$@" "$config"
	suffix=$suffix-$(basename "$config" .config)
done
unset IFS
set +f
find_kernel
what="linux $version, $ARCH${CONFIG:+ $CONFIG}${LLVM:+ by LLVM}, $fixes"

# What BASE gives is the list of its tests; it is a run like this one.
run_base()
{
	if [ -d "$BASE" ]; then
		set -- KERNEL="$(absolute "$BASE")"
	else
		case $BASE in
		6.1 | 6.12 | newest) set -- KERNEL="$BASE" ;;
		*)
			sh "$top/harness/lib/kernel.sh" "$KERNEL" "$BASE" >/dev/null
			set -- BASE_COMMIT="$BASE"
			;;
		esac
	fi
	say "Running BASE=$BASE ..."
	env "$@" BASE_LIST="$of_base" BASE='' JSON='' JUNIT='' FIXES="$FIXES" \
		sh "$0" || [ $? -eq 1 ] || exit 2
}

of_base=$build/base.$$
if [ "$BASE" ]; then
	trap 'rm -f "$of_base"' EXIT
	trap 'exit 2' HUP INT TERM
	run_base
fi

take_tree
plain=$build/kunit/$name-$ARCH${LLVM:+-llvm}
start_from "$plain" "$plain$suffix"
take_dir "$plain$suffix"
log=$dir/run.log
: >"$log"
configure "$@"
# shellcheck disable=SC2119	# make's variables, of which there are none
build_kernel

set -- --timeout="$TIMEOUT"
[ "$BENCH" = no ] || set -- "$@" --kernel_args=module_decompress_kunit.bench=1
# What a row of make matrix has besides
[ -z "${ROW_QEMU_ARGS:-}" ] || set -- "$@" --qemu_args="$ROW_QEMU_ARGS"
[ -z "${ROW_KERNEL_ARGS:-}" ] || set -- "$@" --kernel_args="$ROW_KERNEL_ARGS"
[ -z "$FILTER" ] || set -- "$@" "$FILTER"
boot_kernel "$@"

# kunit.py does not show what a case that passes has to say.
[ "$BENCH" = no ] || sed -n 's/.*# benchmark: \(.* ns .*\)/\1/p' "$dir/test.log"

judge explain "$dir/.config" "$tree/.lacks" ${BASE:+"$of_base"}
[ -z "${BASE_LIST:-}" ] || results_py list "$dir/test.log" >"$BASE_LIST"
[ -z "${ROW:-}" ] || cp "$dir/test.log" "$dir/.config" "$tree/.lacks" "$ROW"
[ -z "$JSON" ] || cp "$dir/kunit.json" "$JSON" || die "JSON=$JSON cannot be written"
[ -z "$JUNIT" ] || results_py junit "$dir/test.log" "$what" "$JUNIT" 2>/dev/null ||
	die "JUNIT=$JUNIT cannot be written"
sed '$d' "$dir/results"
seconds=$(sed -n 's/.*Elapsed time: \([0-9]*\.[0-9]\)[0-9]*s.*/\1/p' "$log" |
	tail -n 1)
result="$what: $(tail -n 1 "$dir/results"); boot to verdict ${seconds:-?} s"
# Only all cases, and by themselves; make matrix records its rows
[ "$FILTER$BASE${ROW:-}${BASE_LIST:-}" ] || [ "$BENCH" = yes ] || ! tested_as_named ||
	record "make run KERNEL=$KERNEL ARCH=$ARCH${CONFIG:+ CONFIG=$CONFIG}${LLVM:+ LLVM=1} FIXES=$FIXES" \
		"$result"
echo "make run: $result"
exit "$verdict"
