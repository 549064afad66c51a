#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutant_boot.sh BZIMAGE NUMBER SECONDS whole|short
#
# Boots a kernel of many mutants with the one of that number, as kunit.py would,
# and prints its console. Of a short run nothing more is asked when a suite has
# failed; a whole one goes on. It is given up after so many seconds. The last line
# says how it ended, so that half a log is not taken for a whole one.

set -eu

console=$(mktemp)
trap 'rm -f "$console"' EXIT
trap 'kill $! 2>/dev/null; exit 2' HUP INT TERM
timeout "$3" qemu-system-i386 -nodefaults -m 1024 -kernel "$1" \
	-append "mutant=$2 panic=-1 kunit.enable=1 console=ttyS0 kunit_shutdown=reboot" \
	-no-reboot -nographic -serial stdio -accel tcg,thread=single \
	-smp 2,sockets=2 -cpu max,vendor=GenuineIntel </dev/null >"$console" &
while [ "$4" = short ] && kill -0 $! 2>/dev/null; do
	if grep -q '^not ok ' "$console"; then
		kill $! 2>/dev/null || :
		break
	fi
	sleep 0.1
done

status=0
wait $! || status=$?
# It may have been in the middle of a line.
cat "$console" && echo
case $status in
0) echo 'mutant_boot.sh: ended' ;;
124) echo "mutant_boot.sh: given up after $3 s" ;;
*) exit $status ;;
esac
