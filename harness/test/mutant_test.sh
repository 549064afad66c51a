#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Is only what gcc says of a mutant, and only what its kernel does, held against
# it? For trouble with gcc or QEMU there are some that make it. Run by test.sh
# after a sample of mutants, whose base it compiles with.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

base=$build/mutants/base
dir=$build/test/mutant_test
failed=0

wrong()
{
	echo "wrong: $*"
	failed=1
}

# stand_in NAME: what is called by that name, the script on stdin. The one before
# may still be running.
stand_in()
{
	{ echo '#!/bin/sh' && cat; } >"$dir/new"
	chmod +x "$dir/new"
	mv "$dir/new" "$dir/bin/$1"
}

# compiled EXPRESSION: decompress.c, edited so, as a mutant
compiled()
{
	rm -rf "$dir/id"
	mkdir "$dir/id"
	sed "$1" "$base/decompress.c" >"$dir/id/decompress.c"
	compile_again
}

compile_again()
{
	status=0
	PATH=$dir/bin:$PATH sh "$top/harness/mutants/mutant_compile.sh" "$base" "$dir/id" \
		>"$dir/out" 2>&1 || status=$?
}

# leaves FILE CONTENT WHAT: nothing else is said of the mutant
leaves()
{
	[ $status -eq 0 ] || wrong "$3: exit status $status"
	grep -q "$2" "$dir/id/$1" || wrong "$3: no \"$2\" in $1"
	[ "$(ls "$dir/id"/sum* "$dir/id"/not-built* "$dir/id/tests" 2>/dev/null)" = \
		"$dir/id/$1" ] || wrong "$3: not just $1 is left: $(ls "$dir/id")"
}

nothing_left()
{
	left=$(find "$dir/id" -name 'sum*' -o -name 'not-built*')
	[ -z "$left" ] || wrong "$1: leaves $left"
}

# no_verdict TEXT: on a mutant that is fine
no_verdict()
{
	compiled "$different"
	[ $status -ne 0 ] || wrong "gcc that says \"$1\": exit status 0"
	grep -qF "$1" "$dir/out" || wrong "gcc that says \"$1\": $(cat "$dir/out")"
	[ "$(wc -l <"$dir/out")" -eq 1 ] ||
		wrong "gcc that says \"$1\": not one line: $(cat "$dir/out")"
	nothing_left "gcc that says \"$1\""
}

# boot SECONDS whole|short: what becomes of the QEMU that stands in
boot()
{
	PATH=$dir/bin:$PATH sh "$top/harness/mutants/mutant_boot.sh" vmlinux 1 "$1" "$2"
}

# ends STATUS LINE WHAT: of $dir/out, which $status belongs to; no LINE if it is
# not to name an end
ends()
{
	[ "$status" -eq "$1" ] || wrong "$3: exit status $status"
	if [ "$2" ]; then
		tail -n 1 "$dir/out" | grep -qx "mutant_boot.sh: $2" ||
			wrong "$3: the last line is: $(tail -n 1 "$dir/out")"
	else
		! grep '^mutant_boot.sh: ' "$dir/out" || wrong "$3: has a verdict"
	fi
}

rm -rf "$dir"
mkdir -p "$dir/bin"
[ -e "$base/key" ] || die 'no base; run: sh harness/mutants/mutants.sh sample'
different='s/retval = -ENOMEM/retval = -EINVAL/'

compiled 's/= 0;/= 0 +;/'
leaves not-built 'decompress\.c:.*: error: ' 'an error of syntax'
compiled 's/^#include <linux.sysfs.h>/#include <linux\/none.h>/'
leaves not-built 'fatal error: linux/none.h' 'a header that is not there'
compiled 's/^static /\/* the same *\/ &/'
leaves sum '^same$' 'a comment'
compiled "$different"
leaves sum '^[0-9a-f]\{16\}$' 'another error'

stand_in gcc <<'END'
kill -9 $$
END
compiled "$different"
[ $status -eq 2 ] || wrong "gcc that is killed: exit status $status"
nothing_left 'gcc that is killed'
# As gcc 12 has it
while read -r line; do
	printf 'cat >&2 <<END\n%s\nEND\nexit 1\n' "$line" | stand_in gcc
	no_verdict "$line"
done <<'END'
gcc: fatal error: Killed signal terminated program cc1
gcc: internal compiler error: Segmentation fault signal terminated program cc1
decompress.c:1:1: fatal error: error closing /tmp/cckFaQb1.s: No space left on device
/tmp/cc1yWmGO.s: Fatal error: can't write 11 bytes to section .text of b.o: 'No space left on device'
cc1: out of memory allocating 65536 bytes after a total of 532480 bytes
END
stand_in gcc <<'END'
exec no-such-compiler
END
no_verdict 'no-such-compiler: not found'
rm "$dir/bin/gcc"
compile_again
leaves sum '^[0-9a-f]\{16\}$' 'a mutant after gcc was in trouble'
stand_in unifdef <<'END'
exit 2
END
no_verdict unifdef
rm "$dir/bin/unifdef"

# One that sleeps has to be seen asleep for a minute, one that was stopped for
# longer than that comes to its end: meanwhile there are others.
stand_in qemu-system-i386 <<END
echo \$\$ >'$dir/stopped'
kill -STOP \$\$
echo ok
END
boot 9 whole >"$dir/stopped.out" 2>&1 &
stopped=$!
until [ -s "$dir/stopped" ]; do
	sleep 0.1
done
stand_in qemu-system-i386 <<'END'
echo begin
exec sleep 1000
END
boot 9 whole >"$dir/asleep.out" 2>&1 &
asleep=$!
sleep 1

status=0
stand_in qemu-system-i386 <<'END'
echo begin
while :; do :; done
END
boot 2 whole >"$dir/out" 2>&1 || status=$?
ends 0 'hung: [23] s of CPU time, 0 s asleep' 'an endless loop'

stand_in qemu-system-i386 <<'END'
echo 'not ok 1 suite'
sleep 3
echo more
END
boot 9 short >"$dir/out" 2>&1 || status=$?
ends 0 'ended: [0-9]* s of CPU time, 0 s asleep' 'a suite that failed'
! grep more "$dir/out" || wrong 'a suite that failed: more was waited for'
boot 9 whole >"$dir/out" 2>&1 || status=$?
ends 0 'ended: [0-9]* s of CPU time, [0-3] s asleep' 'a suite that failed, to the end'
grep -q more "$dir/out" || wrong 'a suite that failed, to the end: no end'

stand_in qemu-system-i386 <<'END'
echo begin
kill -9 $$
END
boot 9 whole >"$dir/out" 2>&1 || status=$?
ends 2 '' 'a QEMU that was killed'
stand_in qemu-system-i386 <<'END'
echo begin
echo 'qemu-system-i386: terminating on signal 15 from pid 1 (init)' >&2
END
boot 9 whole >"$dir/out" 2>&1 || status=$?
ends 2 '' 'a QEMU that was told to end'

# A file that cannot grow stands for a full disk.
stand_in qemu-system-i386 <<'END'
trap '' PIPE
i=0
while [ $i -lt 2000 ]; do
	echo 'what the kernel has to say'
	i=$((i + 1))
done 2>/dev/null
exit 0
END
status=0
boot 9 whole >"$dir/out" 2>&1 || status=$?
ends 0 'ended: [0-9]* s of CPU time, 0 s asleep' 'a disk with room'
status=0
(ulimit -f 8 && boot 9 whole) 2>&1 | cat >"$dir/out"
ends 0 '' 'a full disk'

status=0
wait $asleep || status=$?
cp "$dir/asleep.out" "$dir/out"
ends 0 'hung: [0-9]* s of CPU time, 60 s asleep' 'a kernel that sleeps for ever'
# The other one has been there for longer.
kill -0 $stopped 2>/dev/null || wrong 'a QEMU that is stopped: given up'
kill -CONT "$(cat "$dir/stopped")"
wait $stopped || status=$?
cp "$dir/stopped.out" "$dir/out"
ends 0 'ended: [0-9]* s of CPU time, 0 s asleep' 'a QEMU that was stopped'

exit $failed
