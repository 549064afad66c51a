#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# rebuilt.sh DECOMPRESS_C LOG ARCH[-CONFIG]
#
# Runs the suite as `make run` does on a kernel with that decompress.c, and
# leaves the console's log as mutant_boot.sh does.

set -eu
. "$(dirname "$0")/lib.sh"

export DECOMPRESS="$1" KERNEL=6.12 FIXES=yes FILTER='' BENCH=no
ARCH=${3%%-*}
CONFIG=${3#"$ARCH"}
CONFIG=${CONFIG#-}
export ARCH CONFIG

dir=$build/kunit/$KERNEL-$ARCH${CONFIG:+-module_decompress_$CONFIG}
sh "$top/scripts/run.sh" >"$2.run" 2>&1 || [ $? -eq 1 ] || {
	tail -n 3 "$2.run" >&2
	exit 2
}
cp "$dir/test.log" "$2.new"
echo 'mutant_boot.sh: ended' >>"$2.new"
mv "$2.new" "$2"
rm "$2.run"
