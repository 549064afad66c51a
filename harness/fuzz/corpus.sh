#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# corpus.sh [KERNEL]: writes corpus/*.tar.xz here anew, of what `make fuzz` of that kernel
# has learnt: the fewest and smallest inputs that reach all that any of them does.
#
# corpus.sh unpack DIRECTORY: puts them into DIRECTORY/gzip, xz and zstd.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

here=$top/harness/fuzz/corpus
if [ "${1:-}" = unpack ]; then
	for archive in "$here"/*.tar.xz; do
		algorithm=$(basename "$archive" .tar.xz)
		mkdir -p "$2/$algorithm"
		tar -xJf "$archive" -C "$2/$algorithm"
	done
	exit
fi

kernel=${1:-newest}
ALGORITHMS='' SECONDS=1 KERNEL=$kernel sh "$top/harness/fuzz/fuzz.sh"
found=$(sh "$top/harness/lib/kernel.sh" "$kernel")
dir=$build/fuzz/${found%% *}-yes
STOCK=$(sh "$top/harness/lib/oracle.sh" libraries)
export STOCK
for algorithm in gzip xz zstd; do
	[ -d "$build/fuzz/corpus/$algorithm" ] || continue
	rm -rf "$dir/merged"
	mkdir -p "$dir/merged"
	patiently "$dir/build/fuzz_$algorithm" -merge=1 -max_len=4096 "$dir/merged" \
		"$build/fuzz/corpus/$algorithm" "$dir/seeds/$algorithm" >/dev/null 2>&1
	# The same inputs make the same file.
	tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=644 -cf - \
		-C "$dir/merged" . | xz -9 >"$here/$algorithm.tar.xz"
	echo "$algorithm: $(find "$dir/merged" -type f | wc -l) inputs, $(cat "$dir/merged"/* | wc -c) bytes"
done
