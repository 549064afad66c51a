#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# replay_table.sh: ask each kernel, as shipped, about the known blobs by make replay, and
# write the answers into Documentation/modules.md.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

unset FILES_FROM ARCH FIXES JSON JUNIT
page=$top/Documentation/modules.md
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
			key = key " | " file[names[i], k]
		if (!(key in row))
			keys[++rows] = key
		row[key] = row[key] (row[key] ? ", " : "") "`" names[i] "`"
	}
	print ""
	printf "| made by"
	for (k = 1; k <= kernels; k++)
		printf " | Linux " kernel[k]
	print " |\n|---|---|---|---|"
	for (i = 1; i <= rows; i++)
		print "| " row[keys[i]] keys[i] " |"
	print ""
}' "$tmp/6.1" "$tmp/6.12" "$tmp/newest" >"$tmp/table"

sed -e '/^<!-- known files: begin -->$/r '"$tmp/table" \
	-e '/^<!-- known files: begin -->$/,/^<!-- known files: end -->$/{
/^<!-- known files: \(begin\|end\) -->$/!d
}' "$page" >"$tmp/page"
put "$tmp/page" "$page"
