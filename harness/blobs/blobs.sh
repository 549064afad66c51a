#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# blobs.sh make: write kernel/module/tests/blob_table.h: one file from a real
#	compressor for each row of blobs.tsv.
# blobs.sh check: do the files in blob_table.h hold, for the stock tools, what they
#	claim to? Compressed bytes are never compared: every version of a
#	compressor makes others.
# blobs.sh files DIRECTORY: write those files there, by their names in blobs.tsv.
#
# xz has the RISC-V filter from 5.6 on. Bookworm's 5.4 makes all rows but that
# one, so "make" needs a newer one first in PATH; "check" gets one, and where that
# cannot be had says what it could not check.
set -u

# shellcheck source=harness/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# each_blob COMMAND: for each row
each_blob()
{
	while IFS='	' read -r name format kind len seed fate wanted command <&3; do
		case $name in
		'' | '#'*) continue ;;
		esac
		count=$((count + 1))
		"$1"
	done 3<"$top/harness/blobs/blobs.tsv"
}

bytes()
{
	od -An -v -tu1 "$1" | tr -s ' ' '\n' | sed '/^$/d'
}

# RFC 1952, as far as the kernel reads it: what follows the name is a block.
gzip_facts()
{
	bytes "$1" | awk '
	{ b[n++] = $1 }
	END {
		name = "none"
		p = 10
		if (int(b[3] / 8) % 2) {
			while (b[p])
				p++
			name = p++ - 10
		}
		split("stored fixed dynamic invalid", type)
		print "window=32768 flags=" b[3], "name=" name, \
		      "mtime=" b[4] + b[5] + b[6] + b[7], \
		      "block=" type[int(b[p] / 2) % 4 + 1]
	}'
}

# RFC 8878
zstd_facts()
{
	bytes "$1" | awk '
	{ b[n++] = $1 }
	function le(count,  i, v) {
		for (i = 0; i < count; i++)
			v += b[p++] * 256 ^ i
		return v
	}
	END {
		p = 4
		flags = le(1)
		single = int(flags / 32) % 2
		if (!single) {
			window = le(1)
			window = 2 ^ (10 + int(window / 8)) * (1 + window % 8 / 8)
		}
		width = int(flags / 64) ? 2 ^ int(flags / 64) : single
		size = width ? le(width) + (width == 2) * 256 : "none"
		if (single)
			window = size
		split("raw RLE compressed", type)
		do {
			block = le(3)
			last = type[int(block / 2) % 4 + 1]
			if (!blocks++)
				first = last
			p += last == "RLE" ? 1 : int(block / 8)
		} while (block % 2 == 0 && p < n)
		check = int(flags / 4) % 2
		print "window=" window, "check=" (check ? "XXH64" : "None"), \
		      "size=" size, "blocks=" blocks, "block=" first, \
		      "last=" last, "rest=" n - p - 4 * check
	}'
}

# The list that xz prints, and the first LZMA2 chunk. A BCJ filter is of use
# only if the bytes before it are other than the payload after it, on both
# sides of the first 4096 bytes, and straddled if that is so just there.
xz_facts()
{
	xz --robot -lvv "$1" >"$tmp/list" || return
	check=$(awk -F '\t' '$1 == "file" { print $7 }' "$tmp/list")
	blocks=$(awk -F '\t' '$1 == "file" { print $3 }' "$tmp/list")
	printf 'check=%s blocks=%s' "$check" "$blocks"
	[ "$blocks" -gt 0 ] || { echo ' window=0'; return; }

	set -- "$1" "$(awk -F '\t' '$1 == "block" {
		$16 = $16; gsub(" ", ",", $16)
		dict = $16; sub(".*dict=", "", dict)
		window = dict + 0
		if (dict ~ /KiB/) window *= 1024
		if (dict ~ /MiB/) window *= 1048576
		printf "offset=%d length=%d sizes=%s filters=%s window=%.0f",
			$5 + $12, $14, $13 == "cu" ? "yes" : "no", $16, window
		exit }' "$tmp/list")"
	printf ' %s' "$2"
	offset=${2#offset=} length=${2#*length=} window=${2##*=}
	tail -c "+$((${offset%% *} + 1))" "$1" | head -c "${length%% *}" \
		>"$tmp/lzma2"
	bytes "$tmp/lzma2" | awk '
	{ b[n++] = $1 }
	END {
		if (b[0] < 192)
			print " chunk=copied"
		else
			print " chunk=compressed", "lc=" b[5] % 9, \
			      "lp=" int(b[5] / 9) % 5, "pb=" int(b[5] / 45)
	}'
	case $2 in
	*,--lzma2*)
		xz -dc --format=raw --lzma2="dict=$window" "$tmp/lzma2" |
			cmp -l - "$tmp/payload" 2>/dev/null | awk '
			$1 <= 4096 { before++ }
			$1 > 4096 { after++ }
			$1 == 4095 || $1 == 4096 { end = 1 }
			$1 == 4097 || $1 == 4098 { start = 1 }
			END {
				if (before >= 100 && after >= 10) print "bcj"
				if (end && start) print "straddled"
			}'
	esac
}

# verify FILE: is it what this row says? Sets $facts, and $why if not.
verify()
{
	why=
	"$build/payload" "$kind" "$len" "$seed" >"$tmp/payload" || exit 2
	case $format in
	gzip)	gzip -dc <"$1" ;;
	xz)	xz -dc <"$1" ;;
	zstd)	zstd -dcq --long=31 <"$1" ;;
	esac >"$tmp/output" 2>"$tmp/log" || {
		why=$(grep . "$tmp/log" | head -n 1)
		return 1
	}
	cmp -s "$tmp/output" "$tmp/payload" || {
		why='decodes to something other than the payload'
		return 1
	}
	facts=$("${format}_facts" "$1" | tr '\n' ' ')
	for fact in $wanted; do
		case " $facts" in
		*" $fact "*) ;;
		*)	why="not $fact: $facts"
			return 1 ;;
		esac
	done
}

# What the row and its facts say in C. Sets $window, $error and $flags.
in_c()
{
	window=${facts#*window=}
	window=${window%% *}
	error=-EINVAL flags=
	case $fate in
	ok | small)	error=0 ;;
	options | data)	;;
	*)		error="IS_ENABLED(CONFIG_XZ_DEC_$fate) ? 0 : -EINVAL" ;;
	esac
	case "$format $facts" in
	xz*check=CRC32*)	flags=checked ;;
	zstd*check=XXH64*)	flags=checked ;;
	esac
	[ "$fate" != small ] || flags="$flags small"
}

make_blob()
{
	rm -rf "$tmp/in"
	mkdir "$tmp/in"
	"$build/payload" "$kind" "$len" "$seed" >"$tmp/in/module.ko" || exit 2
	TZ=UTC0 touch -t 202202020202.02 "$tmp/in/module.ko"
	(cd "$tmp/in" && sh -c "$command") >&2 ||
		die "$name: \"$command\" fails"
	set -- "$tmp/in/module.ko".*
	[ $# -eq 1 ] || die "$name: \"$command\" leaves not one file but $#"
	verify "$1" || die "$name: $why"
	in_c

	array=$(printf '%s' "$name" | tr -cs '[:alnum:]' _ |
		tr '[:upper:]' '[:lower:]')
	{
		printf '\nstatic const u8 %s[] = {\n' "$array"
		od -An -v -tx1 -w12 "$1" |
			sed 's/ \(..\)/ 0x\1,/g; s/^ /\t/'
		echo '};'
	} >>"$tmp/arrays"
	{
		printf '\t{\n'
		printf '\t\t.%s = %s,\n' name "\"$name\"" format "\"$format\""
		printf '\t\t.command =\n\t\t\t"%s",\n' "$command"
		printf '\t\t.%s = %s,\n' data "$array" \
			size "sizeof($array)" \
			kind "PAYLOAD_$(echo "$kind" | tr '[:lower:]' '[:upper:]')" \
			seed "$seed" len "$len" window "$window" \
			error "$error"
		for flag in $flags; do
			printf '\t\t.%s = true,\n' "$flag"
		done
		printf '\t},\n'
	} >>"$tmp/rows"
	echo "made: $name: $(($(wc -c <"$1"))) bytes"
}

make_blobs()
{
	need gzip pigz zopfli xz zstd
	xz_has --riscv ||
		die 'xz has no RISC-V filter: put 5.6 or newer (xz-utils of' \
		    'Debian 13) first in PATH'
	: >"$tmp/arrays"
	: >"$tmp/rows"
	each_blob make_blob
	{
		cat <<-'END'
		/* SPDX-License-Identifier: GPL-2.0 */
		/*
		 * Made by "harness/blobs/blobs.sh make" from harness/blobs/blobs.tsv: edit that,
		 * not this. "harness/blobs/blobs.sh check" compares it with the stock tools.
		 */
		#include <linux/errno.h>
		#include <linux/kernel.h>

		#include "blobs.h"
		END
		cat "$tmp/arrays"
		printf '\nstatic const struct decompress_blob decompress_blobs[] = {\n'
		cat "$tmp/rows"
		echo '};'
	} >"$tmp/table"
	put "$tmp/table" "$blobs"
	echo "$count blobs made"
}

# A program that writes each blob to a file of its own, and a line about it.
unpack()
{
	cat >"$tmp/unpack.c" <<-'END'
	#include <stdio.h>
	#define IS_ENABLED(x)	1
	#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))
	typedef __UINT8_TYPE__ u8;
	typedef __UINT32_TYPE__ u32;
	typedef _Bool bool;
	#define true	1
	#include "blob_table.h"

	int main(void)
	{
		const struct decompress_blob *b = decompress_blobs;
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(decompress_blobs); i++, b++) {
			char path[16];
			FILE *f;

			snprintf(path, sizeof(path), "%u", i + 1);
			f = fopen(path, "w");
			if (!f || fwrite(b->data, 1, b->size, f) != b->size ||
			    fclose(f))
				return 1;
			printf("%s|%s|%d %zu %u|%u|%s|%s%s|%s\n", b->name,
			       b->format, b->kind, b->len, b->seed, b->window,
			       b->error ? "-EINVAL" : "0",
			       b->checked ? "checked" : "",
			       b->small ? " small" : "", b->command);
		}
		return 0;
	}
	END
	mkdir "$tmp/out"
	cc -I"$(dirname "$blobs")" -o "$tmp/unpack" \
		"$tmp/unpack.c" || die "cannot compile $blobs"
	(cd "$tmp/out" && ../unpack >../lines) || die "cannot unpack $blobs"
}

check_blob()
{
	why=
	file=$tmp/out/$count
	if [ "$fate" = RISCV ] && ! xz_has --riscv; then
		echo "not checked: $name: $(xz --version | head -n 1) has no such filter, 5.6 has"
		skipped=$((skipped + 1))
		return
	fi
	[ -e "$file" ] || why='not in blob_table.h: run harness/blobs/blobs.sh make'
	if [ ! "$why" ] && verify "$file"; then
		in_c
		case $error in
		IS_*) error=0 ;;
		esac
		case $kind in
		zero) k=0 ;;
		text) k=1 ;;
		random) k=2 ;;
		code) k=3 ;;
		esac
		row="$name|$format|$k $len $seed|$window|$error"
		row="$row|$flags|$command"
		[ "$row" = "$(sed -n "${count}p" "$tmp/lines")" ] ||
			why='not what blob_table.h says: run harness/blobs/blobs.sh make'
	fi
	if [ "$why" ]; then
		failed=$((failed + 1))
		echo "FAILED: $name: $why"
	else
		echo "ok: $name: $(($(wc -c <"$file"))) bytes"
	fi
}

check_blobs()
{
	need gzip xz zstd
	! oracle=$(sh "$top/harness/replay/oracle.sh") || PATH=$oracle:$PATH
	unpack
	each_blob check_blob
	lines=$(($(wc -l <"$tmp/lines")))
	if [ "$lines" -gt "$count" ]; then
		echo "FAILED: $((lines - count)) more in blob_table.h"
		failed=$((failed + lines - count))
	fi
	echo "$count blobs: $((count - failed - skipped)) ok," \
		"$failed failed, $skipped not checked"
	[ "$failed" -eq 0 ]
}

files_blob()
{
	case $format in
	gzip) suffix=gz ;;
	xz) suffix=xz ;;
	zstd) suffix=zst ;;
	esac
	cp "$tmp/out/$count" "$directory/$name.$suffix"
}

files_blobs()
{
	mkdir -p "$directory"
	unpack
	each_blob files_blob
}

xz_has()
{
	xz -c "$1" --lzma2 </dev/null >/dev/null 2>&1
}

mode=${1-}
directory=${2-}
case $#$mode in
1make | 1check | 2files) ;;
*)	echo "usage: $0 make|check|files DIRECTORY" >&2
	exit 2 ;;
esac

unset GZIP XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS
export LC_ALL=C
blobs=$top/kernel/module/tests/blob_table.h
count=0 failed=0 skipped=0
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
mkdir -p "$build"
need cc /usr/include/stdlib.h
cc -O2 -o "$build/payload" "$top/harness/blobs/payload.c" ||
	die 'cannot build harness/blobs/payload.c'
"${mode}_blobs"
