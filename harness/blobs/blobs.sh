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
set -u

# shellcheck source=harness/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# each_blob COMMAND: for each row
each_blob()
{
	while IFS='	' read -r name format kind len seed fate wanted command catches <&3; do
		case $name in
		'' | '#'*) continue ;;
		esac
		count=$((count + 1))
		"$1"
	done 3<"$top/harness/blobs/blobs.tsv"
}

# file_of DIRECTORY: where in it the file of this row is, or is to be
file_of()
{
	case $format in
	gzip) suffix=gz ;;
	zstd) suffix=zst ;;
	*) suffix=$format ;;
	esac
	echo "$1/$(printf '%s' "$name" | tr -cs '[:alnum:]' _ |
		tr '[:upper:]' '[:lower:]').$suffix"
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

# write_row: what the row and its facts say in C, behind what others do
write_row()
{
	window=${facts#*window=}
	rows=$((rows + 1))
	{
		printf '\t/* %s */\n\t{\n' "$catches"
		printf '\t\t.name = "%s",\n' "$name"
		line=$(printf '\t\t.command = "%s",' "$command")
		[ ${#line} -le 66 ] ||
			line=$(printf '\t\t.command =\n\t\t\t"%s",' "$command")
		echo "$line"
		printf '\t\t.format = "%s", .kind = PAYLOAD_%s, .seed = %s, .len = %s,\n' \
			"$format" "$(echo "$kind" | tr '[:lower:]' '[:upper:]')" \
			"$seed" "$len"
		printf '\t\t.data = blob_%d, .size = sizeof(blob_%d), .window = %s,\n' \
			$rows $rows "${window%% *}"
		case $fate in
		ok | small) ;;
		options | data) printf '\t\t.error = -EINVAL,\n' ;;
		*) printf '\t\t.error = IS_ENABLED(CONFIG_XZ_DEC_%s) ? 0 : -EINVAL,\n' \
			"$fate" ;;
		esac
		flags=
		case "$format $facts" in
		xz*check=CRC32* | zstd*check=XXH64*) flags=' .checked = true,' ;;
		esac
		[ "$fate" != small ] || flags="$flags .small = true,"
		[ ! "$flags" ] || printf '\t\t%s\n' "${flags# }"
		printf '\t},\n'
	} >>"$tmp/rows"
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
	echo "made: $name: $(wc -c <"$1") bytes"
	if [ ! "$catches" ]; then
		mv "$1" "$(file_of "$tmp/files")"
		return
	fi
	write_row
	{
		printf '\nstatic const u8 blob_%d[] = {\n' $rows
		od -An -v -tx1 -w12 "$1" |
			sed 's/ \(..\)/ 0x\1,/g; s/^ /\t/'
		echo '};'
	} >>"$tmp/arrays"
}

make_blobs()
{
	need pigz zopfli
	xz_has --riscv || die 'no xz of 5.6 or newer, which has the RISC-V filter'
	mkdir "$tmp/files"
	: >"$tmp/arrays"
	each_blob make_blob
	{
		cat <<-'END'
		/* SPDX-License-Identifier: GPL-2.0 */
		/*
		 * Files made by real compressors: each by its command from a module.ko that
		 * holds the payload. The comment above a file says what it catches. The
		 * table is generated by harness/blobs/blobs.sh of the suite's repository.
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
	rm -rf "$files"
	mv "$tmp/files" "$files"
	echo "$count blobs made"
}

# The files of blob_table.h, each where file_of says
unpack()
{
	cat >"$tmp/unpack.c" <<-'END'
	#include <stdio.h>
	#define IS_ENABLED(x)	1
	typedef __UINT8_TYPE__ u8;
	typedef __UINT32_TYPE__ u32;
	typedef _Bool bool;
	#define true	1
	#include "blob_table.h"

	int main(void)
	{
		unsigned int i, n = sizeof(decompress_blobs) / sizeof(*decompress_blobs);

		for (i = 0; i < n; i++) {
			const struct decompress_blob *b = &decompress_blobs[i];
			char path[16];
			FILE *f;

			snprintf(path, sizeof(path), "%u", i);
			f = fopen(path, "w");
			if (!f || fwrite(b->data, 1, b->size, f) != b->size ||
			    fclose(f))
				return 1;
			printf("%u\t%s\t%s\n", i, b->format, b->name);
		}
		return 0;
	}
	END
	mkdir "$tmp/out" "$tmp/table"
	cc -I"$(dirname "$blobs")" -o "$tmp/unpack" \
		"$tmp/unpack.c" || die "cannot compile $blobs"
	(cd "$tmp/out" && ../unpack >../lines) || die "cannot unpack $blobs"
	while IFS='	' read -r number format name; do
		mv "$tmp/out/$number" "$(file_of "$tmp/table")"
	done <"$tmp/lines"
}

# stored: the file of this row
stored()
{
	if [ "$catches" ]; then
		file_of "$tmp/table"
	else
		file_of "$files"
	fi
}

check_blob()
{
	file=$(stored)
	echo "${file##*/}" >>"$tmp/known"
	if [ "$fate" = RISCV ] && ! xz_has --riscv; then
		echo "not checked: $name: $(xz --version | head -n 1) has no such filter, 5.6 has"
		skipped=$((skipped + 1))
	elif [ ! -e "$file" ]; then
		fail "$name: $file is not there: run harness/blobs/blobs.sh make"
	elif ! verify "$file"; then
		fail "$name: $why"
	else
		[ ! "$catches" ] || write_row
		echo "ok: $name: $(wc -c <"$file") bytes"
	fi
}

fail()
{
	failed=$((failed + 1))
	echo "FAILED: $*"
}

# What the kernel tree has of them is to be read in one mail.
most_rows=30
most_bytes=8192

check_blobs()
{
	unpack
	each_blob check_blob
	for file in "$tmp/table"/* "$files"/*; do
		grep -qxF "${file##*/}" "$tmp/known" ||
			fail "${file##*/}: no row of blobs.tsv has it"
	done
	sed "1,/^static const struct decompress_blob/d; /^};/d" "$blobs" |
		diff - "$tmp/rows" || fail 'blob_table.h: not what blobs.tsv says'
	bytes=$(cat "$tmp/table"/* | wc -c)
	if [ $rows -gt $most_rows ] || [ "$bytes" -gt $most_bytes ]; then
		fail "blob_table.h: $rows rows and $bytes bytes, which is more than $most_rows or $most_bytes"
	fi
	python3 "$top/harness/blobs/core.py" check || fail 'decompress_core.c: see above'
	echo "$count blobs, $rows of them and $bytes bytes in blob_table.h:" \
		"$failed failed, $skipped not checked"
	[ "$failed" -eq 0 ]
}

copy_blob()
{
	file=$(stored)
	cp "$file" "$directory/$name.${file##*.}"
}

files_blobs()
{
	mkdir -p "$directory"
	unpack
	each_blob copy_blob
}

# Some fates are up to the configuration that was asked.
ask_blob()
{
	[ ! "$catches" ] || return 0
	case $fate in
	ok | small) answer=taken ;;
	options | data) answer=refused ;;
	*) answer=$(sed -n "s/^CONFIG_XZ_DEC_$fate=y/taken/p" "$config")
		answer=${answer:-refused} ;;
	esac
	file=$(file_of .)
	if grep -qE "^$file +$format +$answer" "$tmp/answers"; then
		echo "ok: $name: $answer"
	else
		fail "$name: not $answer: $(grep "^$file " "$tmp/answers")"
	fi
}

ask_blobs()
{
	cd "$files" || exit
	FILES=. FIXES=yes sh "$top/harness/replay/replay.sh" >"$tmp/answers"
	[ $? -lt 2 ] || exit 2
	tail -n 2 "$tmp/answers"
	config=$build/kunit/6.12-i386-replay/.config
	each_blob ask_blob
	[ "$failed" -eq 0 ]
}

xz_has()
{
	xz -c "$1" --lzma2 </dev/null >/dev/null 2>&1
}

mode=${1-}
directory=${2-}
case $#$mode in
1make | 1check | 1ask | 2files) ;;
*)	echo "usage: $0 make|check|ask|files DIRECTORY" >&2
	exit 2 ;;
esac

unset GZIP XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS
blobs=$top/kernel/module/tests/blob_table.h
files=$top/harness/blobs/files
count=0 rows=0 failed=0 skipped=0
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
: >"$tmp/rows"
need cc /usr/include/stdlib.h gzip xz zstd
! oracle=$(sh "$top/harness/replay/oracle.sh") || PATH=$oracle:$PATH
cc -O2 -o "$build/payload" "$top/harness/blobs/payload.c" ||
	die 'cannot build harness/blobs/payload.c'
"${mode}_blobs"
