#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutant_boot.sh IMAGE NUMBER SECONDS whole|short
#
# Boots a kernel that has many mutants in it with mutant NUMBER, as kunit.py would,
# and prints its console. A short run ends when a suite has failed; a whole run goes
# on. The last line says how the run ended, so that a truncated log is not mistaken
# for a whole one.
#
# A kernel hangs if it uses more than SECONDS of CPU time or sleeps for a minute.
# Elapsed time does not count: the host may not have run QEMU. If the kernel neither
# ends nor hangs within an hour, or its output cannot be stored, there is no verdict:
# exit status 2, and no last line.

set -eu

tmp=$(mktemp -d)
trap 'rm -r "$tmp"' EXIT
trap 'kill -KILL $qemu 2>/dev/null; exit 2' HUP INT TERM

# The console goes through a pipe because QEMU ignores a full disk; cat does not.
# no_timer_check: on a busy host the kernel's check of its timer would fail.
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
	# Count the looks at which all threads sleep; one that is runnable or stopped does not.
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
# Another process has ended QEMU.
! grep -q 'terminating on signal' "$tmp/errors" || fate='no verdict'

cat "$tmp/console"
# The console may end in the middle of a line.
echo
[ "$fate" != 'no verdict' ] || {
	cat "$tmp/errors" >&2
	exit 2
}
cpu=$(awk -F '[ms ]+' 'NR == 2 { printf "%.0f", 60 * ($1 + $3) + $2 + $4 }' "$tmp/times")
echo "mutant_boot.sh: $fate: $cpu s of CPU time, $((naps / 10)) s asleep"
