#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Does right.py see each way in which a right change can fail? Run by test.sh.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

kunit=$build/tree/6.12/tools/testing/kunit
dir=$build/test/right_test
work=$dir/work
failed=0

# suite NAME RESULT: the results of a suite with one case
suite()
{
	printf '%s\n' '    KTAP version 1' "    # Subtest: $1" '    1..1'
	[ "$2" = ok ] || printf '%s\n' '    # case: EXPECTATION FAILED at attempt.c:1' \
		'gzip, x: [rule: one] 12 bytes'
	printf '%s\n' "    $2 1 case" "$2 1 $1"
}

# native_log RESULT: what a native program prints
native_log()
{
	printf '%s\n' 'mutant: m' 'KTAP version 1' '1..1'
	suite module_decompress "$1"
}

# kernel_log RESULT [END]: what a kernel prints, and how it ended
kernel_log()
{
	printf '%s\n' 'mutant: m' 'KTAP version 1' '1..2'
	suite module_decompress "$1"
	suite module_decompress_own ok
	echo "mutant_boot.sh: ${2:-ended: 5 s of CPU time, 0 s asleep}"
}

# fresh: a change that stays green
fresh()
{
	rm -rf "$work"
	mkdir -p "$work/obj/m"
	printf 'm\t-\t7\tpatch\tchange\n' >"$work/list"
	echo "m $work/log whole" >"$work/runs"
	: >"$work/warnings"
	: >"$work/obj/m/native.log"
	for bits in 32 64; do
		native_log ok >"$work/obj/m/native$bits.log"
	done
	kernel_log ok >"$work/log"
	: >"$dir/mutants/right/pinned.tsv"
}

pin()
{
	printf 'change\tmodule_decompress/case\n' >"$dir/mutants/right/pinned.tsv"
}

# expect STATUS TEXT WHAT
expect()
{
	status=0
	python3 "$dir/mutants/right.py" "$work" "$kunit" >"$dir/out" 2>&1 || status=$?
	if [ "$status" -ne "$1" ] || ! grep -qF -e "$2" "$dir/out"; then
		echo "wrong: $3: exit status $status, not $1 with \"$2\":"
		cat "$dir/out"
		failed=1
	fi
}

rm -rf "$dir"
mkdir -p "$dir/mutants/right" "$dir/lib" "$dir/run"
cp "$top"/harness/mutants/mutants.py "$top"/harness/mutants/right.py "$dir/mutants"
cp "$top/harness/lib/kunit_log.py" "$dir/lib"
cp "$top/harness/run/results.py" "$dir/run"

fresh
expect 0 '1 of 1 right changes stay green' 'a green change'
for bits in 32 64; do
	fresh
	native_log 'not ok' >"$work/obj/m/native$bits.log"
	expect 1 "$bits bits: module_decompress/case fails" 'red natively'
	expect 1 '1  rule: one   first: module_decompress/case' 'the cause'
	fresh
	rm "$work/obj/m/native$bits.log"
	expect 1 "$bits bits: not run" 'not run natively'
done
fresh
kernel_log 'not ok' >"$work/log"
expect 1 'in a kernel: module_decompress/case fails' 'red in a kernel'
fresh
kernel_log ok 'hung: 50 s of CPU time, 0 s asleep' >"$work/log"
expect 1 'in a kernel: hung' 'a kernel that hangs'
fresh
echo '64 bits, xz: > ./a: returned 0, 1 bytes' >"$work/obj/m/native.log"
expect 1 '64 bits, xz: > ./a' 'another result of the corpus'
fresh
echo '/checked/m.c:7:1: warning: unused variable' >"$work/warnings"
expect 1 'unused variable' 'a warning'
echo '/checked/m_2.c:7:1: warning: unused variable' >"$work/warnings"
expect 0 '1 of 1 right changes stay green' 'a warning of another change'
echo 'm_XZ.o is not built' >"$work/warnings"
expect 1 'm_XZ.o is not built' 'an object that is not built'

fresh
pin
for bits in 32 64; do
	native_log 'not ok' >"$work/obj/m/native$bits.log"
done
kernel_log 'not ok' >"$work/log"
expect 0 '1 turn just the cases red' 'a change of what is pinned'
kernel_log ok >"$work/log"
expect 1 'in a kernel: module_decompress/case passes, but pinned.tsv names it' 'a case that does not pin'

fresh
sed -i 's/^mutant: .*/mutant: another/' "$work/log"
expect 2 'no verdict on 1 right changes' 'the log of another kernel'
[ ! -e "$work/log" ] || { echo 'wrong: the log is kept'; failed=1; }
fresh
sed -i 's/^mutant: .*/mutant: another/' "$work/obj/m/native32.log"
expect 2 'no verdict on 2 right changes' 'the log of another program'
[ ! -e "$work/obj/m/native.log" ] || { echo 'wrong: the program is not made again'; failed=1; }
exit $failed
