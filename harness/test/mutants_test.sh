#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Is what `make mutants` says of a mutant said of that mutant, and of no other?
# Run by test.sh after a sample of them, from which it takes a log and the base.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

mutants=$build/mutants
tree=$build/tree/6.12
patch=$top/harness/mutants/history/0001.patch
dir=$build/test/mutants_test
failed=0

wrong()
{
	echo "wrong: $*"
	failed=1
}

# judged [OPTION]: what mutants.py makes of the runs in $dir, by the tables there
judged()
{
	status=0
	python3 "$dir/mutants/mutants.py" "$@" "$dir" \
		"$tree/tools/testing/kunit" >"$dir/out" 2>&1 || status=$?
}

# expect STATUS TEXT WHAT
expect()
{
	if [ "$status" -ne "$1" ] || ! grep -qF "$2" "$dir/out"; then
		wrong "$3: exit status $status, not $1 with \"$2\":"
		cat "$dir/out"
	fi
}

# no_verdict WHAT: on the log as it is now
no_verdict()
{
	judged
	expect 2 'no verdict on 1 ' "$1"
	[ "$(wc -l <"$dir/out")" -eq 1 ] || wrong "$1: more than one line"
	[ ! -e "$dir/log" ] || wrong "$1: the log is kept"
}

set -- "$mutants"/log/0001-*-*
finished=$1
[ -e "$finished" ] || die 'no log of mutant 0001; run: sh harness/mutants/mutants.sh sample'

rm -rf "$dir"
mkdir -p "$dir/mutants" "$dir/base" "$dir/patches"
cp "$top/harness/mutants/mutants.py" "$dir/mutants"
cp "$mutants/base/decompress.c" "$dir/base"
cp "$patch" "$dir/patches"
: >"$dir/mutants/equivalent.tsv"
: >"$dir/mutants/kept.tsv"
: >"$dir/rebuilt"
echo '{ "sub_groups": [] }' >"$dir/kunit.json"

# A real log, without the name, and with another
printf '0001\t-\t123\tpatch\t0001\n' >"$dir/list"
echo "0001 $dir/log" >"$dir/runs"
cp "$finished" "$dir/log"
judged
expect 0 '1 of 1 that differ in code are caught' 'a log as it came'
sed '/^mutant: /d' "$finished" >"$dir/log"
no_verdict 'a log that names no mutant'
sed 's/^mutant: .*/mutant: 0002/' "$finished" >"$dir/log"
no_verdict 'a log that names another mutant'
sed 's/^mutant: 0001/&2/' "$finished" >"$dir/log"
no_verdict 'a log that names a mutant with a longer name'

# A survivor and a mutant that is caught, by a suite of one case
log_of()
{
	cat <<EOF
mutant: $1
KTAP version 1
1..1
    KTAP version 1
    # Subtest: module_decompress_as_built
    # module: decompress_kunit
    1..1
    # a_case: EXPECTATION FAILED at attempt.c:1
    it is said why
    $2 1 a_case
$2 1 module_decompress_as_built
mutant_boot.sh: ended
EOF
}
log_of alive ok | sed '/EXPECTATION/,+1d' >"$dir/alive"
log_of dead 'not ok' >"$dir/dead"
printf '%s\tf\t%s\tkind\ta -> b\n' alive 7 dead 8 >"$dir/list"
printf "%s $dir/%s\n" alive alive dead dead >"$dir/runs"

# with_row ID FUNCTION:LINE WHAT REASON: a table of it, and the verdict
with_row()
{
	(IFS='	' && echo "$*") >"$dir/mutants/equivalent.tsv"
	judged --all
}

with_row alive f:7 'a -> b' 'a is b'
expect 0 '1 are equivalent (50.0 %); 0 survive unexplained' 'a row that is right'
with_row alive f:6 'a -> b' 'a is b'
expect 1 'alive: f:6: a -> b: no such survivor' 'a row with a wrong line'
expect 1 '1 survive unexplained' 'a row with a wrong line'
judged --rows
expect 0 "$(printf 'alive\tf:7\ta -> b\ta is b')" 'the row anew'
with_row alive f:7 '*' 'a is b'
expect 1 'no such survivor' 'a row with a wildcard'
with_row alive f:7 'a -> b' ''
expect 1 '1 survive unexplained' 'a row without a reason'
with_row dead f:8 'a -> b' 'a is b'
expect 1 'dead: f:8: a -> b: no such survivor' 'a row of a mutant that is caught'
judged --rows
expect 0 "$(printf 'alive\tf:7\ta -> b\ta is b')" 'a row for another mutant alike'

# The mutant has to be in the image after decompress.c got a later date, too.
rm "$finished"
touch "$tree/kernel/module/decompress.c"
status=0
MUTANTS="$dir/patches" sh "$top/harness/mutants/mutants.sh" >"$dir/out" 2>&1 || status=$?
expect 0 ' 1 of 1 are caught' 'a mutant linked after decompress.c got a later date'

exit $failed
