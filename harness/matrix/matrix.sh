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
	awk -F '\t' -v kernel="$KERNEL" '!/^#/ && index("," $7 ",", "," kernel ",") == 0' \
		"$table"
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
key=$(sh "$top/harness/lib/key.sh")

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
	still_there()
	{
		tail -n 1 "$dir/log" | sed "s/^/  $row: /"
	}
	say "$row ..."
	rm -f "$dir/key" "$dir/test.log"
	started=$(date +%s)
	status=0
	: >"$log"
	# KMSAN needs five minutes in the guest.
	ROW=$dir ROW_QEMU_ARGS=$(field "$5") ROW_KERNEL_ARGS=$(field "$6") \
		ARCH=$2 CONFIG=$(field "$3") LLVM=$(field "$4") \
		TIMEOUT=600 JSON='' JUNIT='' patiently into_log sh "$top/harness/run/run.sh" ||
		status=$?
	echo $(($(date +%s) - started)) >"$dir/seconds"
	say "$row: $(tail -n 1 "$log")"
	# Trouble may be over the next time.
	[ $status -gt 1 ] || mv "$dir/key.new" "$dir/key"
}

run_rows()
{
	lock 7 "$matrix/lock" "make matrix, process $$"
	while IFS='	' read -r name machine config llvm qemu args _; do
		! grep -qx "$name" "$matrix/rows.$$" || run_row "$name" "$machine" "$config" \
			"$llvm" "$qemu" "$args" </dev/null
	done <"$matrix/table"
}

# record_rows: keep the result of each row that has one
record_rows()
{
	sources=$(printf %.8s "$key")
	while read -r row; do
		[ -e "$matrix/$row/test.log" ] || continue
		record "make matrix KERNEL=$KERNEL FIXES=$FIXES ROWS=$row" \
			"$row: $(sed -n "s/^$row  *[a-z]*  *[0-9]* s  //p" "$matrix/report.txt")" \
			"$(date -r "$matrix/$row/test.log" +%F)"
	done <"$matrix/rows"
}

for_kernel >"$matrix/table"
if [ "$wanted" ]; then
	echo "$wanted"
else
	cut -f 1 "$matrix/table"
fi | xargs -n 1 >"$matrix/rows.$$"
trap 'rm -f "$matrix/rows.$$"' EXIT
trap 'exit 2' HUP INT TERM
run_rows
mv "$matrix/rows.$$" "$matrix/rows"
status=0
python3 "$top/harness/matrix/report.py" "$src/tools/testing/kunit" "$matrix" \
	"$KERNEL" "$FIXES" "$JSON" "$JUNIT" >"$matrix/report.txt" || status=$?
cat "$matrix/report.txt"
! tested_as_named || record_rows
exit $status
