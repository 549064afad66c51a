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
mkdir "$dir/lib"
cp "$top/harness/lib/kunit_log.py" "$dir/lib"
cp "$mutants/base/decompress.c" "$dir/base"
cp "$patch" "$dir/patches"
: >"$dir/mutants/equivalent.tsv"
: >"$dir/native"

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

# log_of ID ok|not ok: that of a survivor or of a mutant that is caught, by a suite
# of one case
log_of()
{
	cat <<EOF
mutant: $1
KTAP version 1
1..1
    KTAP version 1
    # Subtest: module_decompress_own
    # module: decompress_kunit
    1..1
    # a_case: EXPECTATION FAILED at attempt.c:1
    it is said why
    $2 1 a_case
$2 1 module_decompress_own
mutant_boot.sh: ended: 5 s of CPU time, 0 s asleep
EOF
}

# fate FATE TEXT: what comes of the log in $dir, and what is said of it
fate()
{
	judged
	[ "$1" != survived ] || status=$((status - 1))
	[ $status -eq 0 ] || wrong "a mutant that is to be $1: exit status is not right"
	grep -qF ": a -> b: $1: $2" "$dir/report.txt" || {
		wrong "a mutant that is to be \"$1: $2\":"
		tail -n 1 "$dir/report.txt"
	}
}

printf 'm\tf\t7\tkind\ta -> b\n' >"$dir/list"
echo "m $dir/log" >"$dir/runs"
log_of m 'not ok' >"$dir/log"
fate caught 'it is said why'
log_of m ok | sed '/EXPECTATION/,+1d' >"$dir/log"
fate survived ''
# Some consoles say when.
log_of m ok | sed '/EXPECTATION/,+1d; /^mutant_boot/!s/^/[    4.500000] /' >"$dir/log"
fate survived ''
log_of m 'not ok' | sed 's/: ended: 5/: hung: 50/' >"$dir/log"
fate hung '50 s of CPU time, 0 s asleep'
log_of m 'not ok' | sed 's/: ended: 5 s of CPU time, 0/: hung: 5 s of CPU time, 60/' >"$dir/log"
fate hung '5 s of CPU time, 60 s asleep'
log_of m 'not ok' | sed '/^not ok/i BUG: unable to handle page fault\
Kernel panic - not syncing: Fatal exception' >"$dir/log"
fate crashed 'BUG: unable to handle page fault'
log_of m 'not ok' | sed '/^ *not ok/d' >"$dir/log"
fate crashed 'without a word'
# Neither a case nor another suite that passed is the end.
log_of m 'not ok' | sed '/^not ok/d' >"$dir/log"
fate crashed 'without a word'
log_of m ok | sed 's/_own$//' >"$dir/log"
fate crashed 'without a word'
log_of m 'not ok' | sed 's/it is said why/[the kernel complained] WARNING: at a.c:1/' >"$dir/log"
fate crashed 'WARNING: at a.c:1'
log_of m 'not ok' | sed '/EXPECTATION/,+1d' >"$dir/log"
fate crashed 'a case did not end'

# One that is caught natively needs no kernel, but if it was booted, too, what comes of it
# there is held against it.
: >"$dir/runs"
echo "m $dir/log" >"$dir/native"
log_of m 'not ok' >"$dir/log"
fate caught 'it is said why'
sed -i 's/^mutant: .*/mutant: another/' "$dir/log"
no_verdict 'a native log that names another mutant'
log_of m 'not ok' >"$dir/log"
log_of m ok | sed '/EXPECTATION/,+1d' >"$dir/booted"
echo "m $dir/booted" >"$dir/runs"
judged
expect 1 'caught natively, and in the kernel survived: f:7: a -> b [m]' 'a survivor in the kernel'
log_of m 'not ok' >"$dir/booted"
judged
expect 0 '1 of them natively, of which 1 were booted, too, and 1 caught there' 'one caught twice'
: >"$dir/native"
echo "m $dir/log" >"$dir/runs"
log_of m 'not ok' >"$dir/log"

# Rows are for survivors only.
judged --rows
[ ! -s "$dir/out" ] || wrong 'a row for a mutant that crashed'
log_of m ok | sed '/EXPECTATION/,+1d' >"$dir/log"
judged --rows
expect 0 "$(printf 'm\tf:7\ta -> b\t')" 'a row without a reason'

# A survivor and one that is caught
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

# mutants DIRECTORY: with the patches there
mutants()
{
	status=0
	MUTANTS=$1 sh "$top/harness/mutants/mutants.sh" \
		>"$dir/out" 2>&1 || status=$?
}

mkdir "$dir/none" "$dir/useless" "$dir/bin"
mutants "$dir/none"
expect 2 'no *.patch in there' 'no patches'

# patch_of NAME EXPRESSION: decompress.c, edited so
patch_of()
{
	sed "$2" "$mutants/base/decompress.c" |
		diff -u --label a/kernel/module/decompress.c \
			--label b/kernel/module/decompress.c \
			"$mutants/base/decompress.c" - >"$dir/useless/$1.patch" || :
}

# A compiler that has no room for the mutants is no verdict on them.
patch_of comment 's/^static int module_extend/\/* none *\/ &/'
patch_of syntax 's/^static int module_extend/int = &/'
cat >"$dir/bin/gcc" <<EOF
#!/bin/sh
case \$* in
*/obj/syntax/*) echo 'a.c:1:1: fatal error: a.s: No space left on device' >&2; exit 1 ;;
esac
exec $(command -v gcc) "\$@"
EOF
chmod +x "$dir/bin/gcc"
rm -rf "$mutants/obj/syntax" "$mutants/obj/comment"
PATH=$dir/bin:$PATH mutants "$dir/useless"
expect 2 '1 mutants could not be compiled: syntax: a.c:1:1: fatal error' 'a full disk'

# With room again, they are what they are.
mutants "$dir/useless"
expect 2 'syntax.patch does not build: decompress.c:' 'a patch that does not build'
expect 2 'comment.patch changes no code of decompress.c' 'a patch of a comment'
[ "$(grep -c '^make: ' "$dir/out")" -eq 2 ] || wrong 'useless patches: not a line each'

# The mutant has to be in the image after decompress.c got a later date, too. Half
# a log, with half of its last line, is none.
head -c -5 "$finished" >"$dir/half"
cp "$dir/half" "$finished"
touch "$tree/kernel/module/decompress.c"
mutants "$dir/patches"
expect 0 ' 1 of 1 are caught' 'a mutant linked after decompress.c got a later date'
tail -n 1 "$finished" | grep -q '^mutant_boot.sh: ended: ' ||
	wrong 'half a log is taken for a whole one'

python3 -m py_compile "$dir/mutants/mutants.py" || wrong 'mutants.py does not compile'
need pyflakes3
pyflakes3 "$dir/mutants/mutants.py" || wrong 'pyflakes3 complains of mutants.py'

exit $failed
