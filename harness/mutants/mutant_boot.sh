#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutant_boot.sh IMAGE NUMBER SECONDS whole|short
#
# Boots a kernel of many mutants with the one of that number, as kunit.py would,
# and prints its console. Of a short run nothing more is asked when a suite has
# failed; a whole one goes on. The last line says how it ended, so that half a log
# is not taken for a whole one.
#
# Hung is what has used so many seconds of CPU time, or slept for a minute. How
# long it took says nothing: QEMU may not have been let run. If there is no end to
# it in an hour, or not all that it says can be kept, that is no verdict: exit
# status 2, and no last line.

set -eu

tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT
trap 'kill -KILL $qemu 2>/dev/null; exit 2' HUP INT TERM

# Through a pipe: QEMU itself does not mind that a disk is full.
# Where little else than QEMU is run, the kernel's check of its timer would fail.
mkfifo "$tmp/pipe"
cat <"$tmp/pipe" >"$tmp/console" &
writer=$!
args=$(sed -n 's/^i386	.*	//p' "$(dirname "$0")/../data/machines.tsv")
# shellcheck disable=SC2086	# a list of words
prlimit --core=0 --cpu="$3:" \
	qemu-system-i386 -nodefaults -m 1024 -kernel "$1" \
	-append "mutant=$2 no_timer_check panic=-1 kunit.enable=1 console=ttyS0 kunit_shutdown=reboot" \
	-no-reboot -nographic -serial stdio $args \
	</dev/null >"$tmp/pipe" 2>"$tmp/errors" &
qemu=$!

fate='' naps=0 looks=0
while [ ! "$fate" ] && kill -0 $qemu 2>/dev/null; do
	sleep 0.1
	# What runs, waits for its turn or is stopped does not sleep.
	grep -qs '^State:.[^S]' /proc/$qemu/task/*/status || naps=$((naps + 1))
	looks=$((looks + 1))
	if [ "$4" = short ] && grep -q '^not ok ' "$tmp/console"; then
		fate=ended
	elif [ $naps -ge 600 ]; then
		fate=hung
	elif [ $looks -ge 36000 ]; then
		fate='no verdict'
	fi
done
[ ! "$fate" ] || kill -KILL $qemu 2>/dev/null || :

status=0
wait $qemu || status=$?
times >"$tmp/times"
wait $writer
[ "$fate" ] || case $status in
0) fate=ended ;;
152) fate=hung ;;	# SIGXCPU
*) fate='no verdict' ;;
esac
# Somebody else has ended it.
! grep -q 'terminating on signal' "$tmp/errors" || fate='no verdict'

cat "$tmp/console"
# It may have been in the middle of a line.
echo
[ "$fate" != 'no verdict' ] || {
	cat "$tmp/errors" >&2
	exit 2
}
cpu=$(awk -F '[ms ]+' 'NR == 2 { printf "%.0f", 60 * ($1 + $3) + $2 + $4 }' "$tmp/times")
echo "mutant_boot.sh: $fate: $cpu s of CPU time, $((naps / 10)) s asleep"
