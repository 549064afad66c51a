#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# services.sh [KERNEL [DECOMPRESS_C]]
#
# Does decompress.c use anything of the kernel that the suite knows nothing of?
# Names it, and fails. KERNEL, or else 6.12, has to be built for i386. It is its own
# decompress.c, unless another is given.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

kernel=${1:-6.12}
objdir=$build/kunit/$kernel-i386
decompress=${2:-$build/tree/$kernel/kernel/module/decompress.c}

for f in "$decompress" "$objdir/kernel/module/.decompress.o.cmd"; do
	[ -e "$f" ] ||
		die "linux $kernel is not built; run: make run KERNEL=$kernel ARCH=i386"
done

# The names that seam.h defines stand for what is in the ledger.
known()
{
	grep -v '^#' "$top/harness/mutants/services.tsv"
	sed -n 's/^#define[[:space:]]*\([A-Za-z_0-9]*\).*/\1/p' \
		"$top/kernel/module/tests/seam.h"
}

calls=$(sh "$top/harness/mutants/mutate.sh" "$objdir" --calls "$decompress") || exit 2
[ "$calls" ] || die "mutate finds nothing that $decompress calls"
unknown=$(printf '%s\n' "$calls" | grep -vxF "$(known)") || exit 0
for name in $unknown; do
	echo "decompress.c calls $name(), which neither seam.h nor harness/mutants/services.tsv names"
done
exit 1
