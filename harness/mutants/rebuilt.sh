#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# rebuilt.sh ID DECOMPRESS_C LOG ARCH[-CONFIG]
#
# Runs the suite as `make run` does on a kernel with that decompress.c, and
# leaves the console's log as mutant_boot.sh does. The kernel announces the ID as
# one with select.c does: what it says is compiled together with decompress.c.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

log=$3
export DECOMPRESS="$log.c" KERNEL=6.12 FIXES=yes FILTER='' BENCH=no
ARCH=${4%%-*}
CONFIG=${4#"$ARCH"}
CONFIG=${CONFIG#-}
export ARCH CONFIG

cat "$2" - >"$DECOMPRESS" <<EOF

static int __init mutant_announce(void)
{
	/* Not a macro, which the seam would redirect to the ledger */
	_printk(KERN_ALERT "mutant: $1\n");
	return 0;
}
early_initcall(mutant_announce);
EOF

dir=$build/kunit/$KERNEL-$ARCH${CONFIG:+-module_decompress_$CONFIG}
sh "$top/harness/run/run.sh" >"$log.run" 2>&1 || [ $? -eq 1 ] || {
	tail -n 3 "$log.run" >&2
	exit 2
}
! grep -q 'timed out after [0-9]* seconds$' "$log.run" ||
	die "$1 on $4 came to no end in time, which is no verdict; run it again"
cp "$dir/test.log" "$log.new"
echo 'mutant_boot.sh: ended' >>"$log.new"
mv "$log.new" "$log"
rm "$log.run" "$DECOMPRESS"
