#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# blobs.sh make: make a file by a real compressor for each row of blobs.tsv, in
#	kernel/module/tests/blob_table.h or in harness/blobs/files/.
# blobs.sh check: do these files hold, for the newest tools, what they claim to?
#	Compressed bytes are never compared: every version of a compressor makes
#	others.
# blobs.sh files DIRECTORY: write all of them there, by their names in blobs.tsv.
# blobs.sh ask: does the kernel take those that it does not hold itself, or refuse
#	them, as their rows say?
#
# xz has the RISC-V filter from 5.6 on, later than Debian 12. Where nothing newer can
# be had, "check" says what it could not check.
set -eu

# shellcheck source=harness/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

case $#${1-} in
1make | 1check | 1ask | 2files) ;;
*)	echo "usage: $0 make|check|ask|files DIRECTORY" >&2
	exit 2 ;;
esac
unset GZIP XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS
need cc /usr/include/stdlib.h gzip xz zstd python3
[ "$1" != make ] || need pigz zopfli
! oracle=$(sh "$top/harness/lib/oracle.sh") || PATH=$oracle:$PATH
cc -O2 -o "$build/payload" "$top/harness/blobs/payload.c" ||
	die 'cannot build harness/blobs/payload.c'
exec python3 "$top/harness/blobs/blobs.py" "$build" "$@"
