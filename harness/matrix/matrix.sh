#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make matrix`: the suite on machines of many kinds. Each row of rows.tsv is what
# `make run` does with its ARCH, CONFIG and LLVM. What has a result is not run again, if
# nothing has changed of what goes into it.
#
# Exit status: 0 all passed, 1 tests failed, 2 a row did not come to that.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/build.sh"

ROWS=${ROWS:-}
JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")
writable "$JSON" "$JUNIT"
table=$top/harness/matrix/rows.tsv

# What is for this kernel
for_kernel()
{
	awk -F '\t' -v kernel="$KERNEL" '!/^#/ && $7 != kernel' "$table"
}

wanted=
for row in $(echo "$ROWS" | tr , ' '); do
	for_kernel | cut -f 1 | grep -qx -e "$row" ||
		die "ROWS=$ROWS: no row $row for KERNEL=$KERNEL; there are $(
			for_kernel | cut -f 1 | paste -s -d ' ')"
	wanted="$wanted $row"
done
[ "$wanted" ] || [ ! "$ROWS" ] || die "ROWS=$ROWS: which row?"

found=$(sh "$top/harness/lib/kernel.sh" "$KERNEL")
src=${found#* }
matrix=$build/matrix/${found%% *}-$FIXES
mkdir -p "$matrix"
lock 7 "$matrix/lock" "make matrix, process $$"

# What the result of a row depends on, but for the row itself
key=$(
	cd "$top" && {
		suite_files
		find patches harness/lib harness/run .kunitconfig -type f ! -name '*.pyc' |
			sort
	} | xargs sha256sum | sha256sum
)

still_there()
{
	tail -n 1 "$dir/log" | sed "s/^/  $row: /"
}

# field TEXT: what "-" stands for
field()
{
	[ "$1" = - ] || echo "$1"
}

# run_row NAME MACHINE CONFIG LLVM QEMU_ARGS KERNEL_ARGS: what report.py reads of it goes
# to $dir
run_row()
{
	row=$1
	dir=$matrix/$row
	log=$dir/log
	mkdir -p "$dir"
	read_machine "$2" || :
	printf '%s\n' "$key" "$found" "$@" >"$dir/key.new"
	if path=$(command -v "qemu-system-$qemu"); then
		stat -L -c '%n %s %Y' "$path" >>"$dir/key.new"
	fi
	if cmp -s "$dir/key.new" "$dir/key"; then
		say "$row: nothing has changed"
		return
	fi
	say "$row ..."
	rm -f "$dir/key" "$dir/test.log"
	started=$(date +%s)
	status=0
	: >"$log"
	ROW=$dir ROW_QEMU_ARGS=$(field "$5") ROW_KERNEL_ARGS=$(field "$6") \
		ARCH=$2 CONFIG=$(field "$3") LLVM=$(field "$4") \
		JSON='' JUNIT='' patiently into_log sh "$top/harness/run/run.sh" ||
		status=$?
	echo $(($(date +%s) - started)) >"$dir/seconds"
	say "$row: $(tail -n 1 "$log")"
	# Trouble may be over the next time.
	[ $status -gt 1 ] || mv "$dir/key.new" "$dir/key"
}

run_rows()
{
	while IFS='	' read -r name machine config llvm qemu args _; do
		case "$wanted " in
		' ' | *" $name "*) ;;
		*) continue ;;
		esac
		echo "$name" >>"$matrix/rows"
		run_row "$name" "$machine" "$config" "$llvm" "$qemu" "$args" </dev/null
	done
}

: >"$matrix/rows"
for_kernel >"$matrix/table"
run_rows <"$matrix/table"
python3 "$top/harness/matrix/report.py" "$src/tools/testing/kunit" "$matrix" \
	"$KERNEL" "$FIXES" "$JSON" "$JUNIT"
