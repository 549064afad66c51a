#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# replay_table.sh: asks each kernel about the known blobs, by way of make replay,
# as it is shipped, and writes what it takes into the manual.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

unset FILES_FROM ARCH FIXES JSON JUNIT
manual=$top/Documentation/dev-tools/module-decompress-kunit.rst
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM

sh "$top/harness/blobs/blobs.sh" files "$tmp/blobs"
cd "$tmp/blobs"
for kernel in 6.1 6.12 newest; do
	status=0
	KERNEL=$kernel FILES=. sh "$top/harness/replay/replay.sh" >"$tmp/$kernel" ||
		status=$?
	[ "$status" -lt 2 ] || exit 2
done

# Blobs to which every kernel gives the same answers share a row.
awk '
/^make replay: / {
	split($0, words, /[:,] */)
	kernel[++kernels] = substr(words[2], 7)
	next
}
/^\.\// {
	name = substr($0, 3)
	sub(/\.(gz|xz|zst) +(gzip|xz|zstd) .*/, "", name)
	answer = $0 ~ / (gzip|xz|zstd) +taken / ? "taken" : ""
	file[name, kernels + 1] = answer
	if (!kernels)
		names[++count] = name
	next
}
/^    / && file[name, kernels + 1] == "" {
	sub(/^ +/, "")
	sub(/;.*/, "")
	file[name, kernels + 1] = $0
}
END {
	for (i = 1; i <= count; i++) {
		key = ""
		for (k = 1; k <= kernels; k++)
			key = key "\n     - " file[names[i], k]
		if (!(key in row))
			keys[++rows] = key
		row[key] = row[key] (row[key] ? ",\n       " : "") "``" names[i] "``"
	}
	print "\n.. list-table::\n   :header-rows: 1\n   :widths: 40 20 20 20\n"
	print "   * - made by"
	for (k = 1; k <= kernels; k++)
		print "     - Linux " kernel[k]
	for (i = 1; i <= rows; i++)
		print "   * - " row[keys[i]] keys[i]
	print ""
}' "$tmp/6.1" "$tmp/6.12" "$tmp/newest" >"$tmp/table"

sed -e '/^\.\. what each kernel takes: begin$/r '"$tmp/table" \
	-e '/^\.\. what each kernel takes: begin$/,/^\.\. what each kernel takes: end$/{
/^\.\. what each kernel takes: \(begin\|end\)$/!d
}' "$manual" >"$tmp/manual"
put "$tmp/manual" "$manual"
