#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# blobs.sh make: write kernel/module/tests/blob_table.h: one file from a real
#	compressor for each row of the table below.
# blobs.sh check: do the files in blob_table.h hold, for the stock tools, what they
#	claim to? Compressed bytes are never compared: every version of a
#	compressor makes others.
# blobs.sh files DIRECTORY: write those files there, by their names in the table.
#
# xz has the RISC-V filter from 5.6 on. Bookworm's 5.4 makes all rows but that
# one, so "make" needs a newer one first in PATH; "check" is content with 5.4,
# and says what it could not check.
set -u

# shellcheck source=harness/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# blob NAME FORMAT KIND LENGTH SEED FATE FACTS COMMAND
#
# KIND, LENGTH and SEED are those of the payload, see payload.h. COMMAND is run
# where there is a module.ko with the payload, and leaves a module.ko.gz, .xz or
# .zst. FACTS are words that facts() must find in that file.
#
# FATE follows from the formats and from what the kernel's documentation says
# of its decoders, not from what they are seen to do:
#	ok	the payload
#	small	the same, and the file is good for sweeps over its bits and bytes
#	options	XZ_OPTIONS_ERROR: XZ Embedded knows no other check than CRC32,
#		and no other filters than LZMA2 with at most one BCJ filter, at
#		its default offset, before it
#	data	Z_DATA_ERROR: of the optional fields of a gzip header only the
#		file name is skipped, so any other is taken for compressed data
#	X86 ...	ok if the kernel has CONFIG_XZ_DEC_X86 ..., else as options
table()
{
	blob 'gzip -1' gzip text 9000 1 ok 'name=9 block=dynamic' \
		'gzip -1 module.ko'
	blob 'gzip -6' gzip text 9000 1 ok 'name=9 block=dynamic' \
		'gzip -6 module.ko'
	blob 'gzip -9' gzip text 9000 1 ok 'name=9 block=dynamic' \
		'gzip -9 module.ko'
	blob 'gzip -n' gzip text 9000 2 ok 'flags=0 name=none mtime=0' \
		'gzip -n module.ko'
	blob 'gzip in make modules_install' gzip text 9000 3 ok 'flags=0' \
		'gzip -n -f module.ko'
	# shellcheck disable=SC2016	# expanded where the command is run
	blob 'gzip with a file name of 203 characters' gzip text 9000 1 ok \
		'flags=8 name=203' \
		'n=$(printf %0200d).ko; mv module.ko $n; gzip $n; mv $n.gz module.ko.gz'
	blob 'gzip --rsyncable' gzip text 9000 1 ok 'name=9' \
		'gzip --rsyncable module.ko'
	blob 'gzip of nothing' gzip zero 0 0 ok 'block=fixed' \
		'gzip module.ko'
	blob 'gzip of 4096 bytes' gzip text 4096 1 ok 'block=dynamic' \
		'gzip module.ko'
	blob 'gzip of 4097 bytes' gzip text 4097 1 ok 'block=dynamic' \
		'gzip module.ko'
	blob 'gzip of 8192 bytes' gzip text 8192 1 ok 'block=dynamic' \
		'gzip module.ko'
	blob 'gzip of 1 MiB of zeroes' gzip zero 1048576 0 ok 'name=9' \
		'gzip -9 module.ko'
	blob 'gzip of random bytes' gzip random 4200 1 ok 'block=stored' \
		'gzip module.ko'
	blob 'gzip of 300 bytes' gzip text 300 24 small 'flags=0' \
		'gzip -9 -n module.ko'
	blob 'gzip of 300 bytes with a file name' gzip text 300 24 small \
		'flags=8 name=9' 'gzip -9 module.ko'
	blob 'pigz' gzip text 9000 1 ok 'name=9 block=dynamic' \
		'pigz module.ko'
	blob 'pigz -p 4 in several pieces' gzip zero 1048576 0 ok 'name=9' \
		'pigz -p 4 -b 128 module.ko'
	blob 'pigz -11' gzip text 9000 1 ok 'name=9' \
		'pigz -11 module.ko'
	blob 'pigz with a comment' gzip text 300 24 data 'flags=24 block=invalid' \
		'pigz -C out-of-tree module.ko'
	blob 'zopfli' gzip text 9000 1 ok 'flags=0 block=dynamic' \
		'zopfli module.ko'

	blob 'xz --check=none' xz text 9000 1 ok 'check=None' \
		'xz --check=none module.ko'
	blob 'xz --check=crc32' xz text 9000 1 ok 'check=CRC32' \
		'xz --check=crc32 module.ko'
	blob 'xz --check=crc64' xz text 300 24 options 'check=CRC64' \
		'xz --check=crc64 module.ko'
	blob 'xz --check=sha256' xz text 300 24 options 'check=SHA-256' \
		'xz --check=sha256 module.ko'
	blob 'xz in make modules_install' xz text 9000 3 ok \
		'check=CRC32 filters=--lzma2=dict=1MiB' \
		'xz --check=crc32 --lzma2=dict=1MiB -f module.ko'
	blob 'xz with the x86 filter' xz code 4400 0 X86 \
		'bcj straddled filters=--x86,--lzma2=dict=1MiB' \
		'xz --check=crc32 --x86 --lzma2=dict=1MiB module.ko'
	blob 'xz with the PowerPC filter' xz code 4400 1 POWERPC \
		'bcj filters=--powerpc,--lzma2=dict=1MiB' \
		'xz --check=crc32 --powerpc --lzma2=dict=1MiB module.ko'
	blob 'xz with the IA-64 filter' xz code 4400 2 IA64 \
		'bcj filters=--ia64,--lzma2=dict=1MiB' \
		'xz --check=crc32 --ia64 --lzma2=dict=1MiB module.ko'
	blob 'xz with the ARM filter' xz code 4400 3 ARM \
		'bcj filters=--arm,--lzma2=dict=1MiB' \
		'xz --check=crc32 --arm --lzma2=dict=1MiB module.ko'
	blob 'xz with the ARM-Thumb filter' xz code 4400 4 ARMTHUMB \
		'bcj straddled filters=--armthumb,--lzma2=dict=1MiB' \
		'xz --check=crc32 --armthumb --lzma2=dict=1MiB module.ko'
	blob 'xz with the SPARC filter' xz code 4400 5 SPARC \
		'bcj filters=--sparc,--lzma2=dict=1MiB' \
		'xz --check=crc32 --sparc --lzma2=dict=1MiB module.ko'
	blob 'xz with the ARM64 filter' xz code 4400 6 ARM64 \
		'bcj filters=--arm64,--lzma2=dict=1MiB' \
		'xz --check=crc32 --arm64 --lzma2=dict=1MiB module.ko'
	blob 'xz with the RISC-V filter' xz code 4400 7 RISCV \
		'bcj straddled filters=--riscv,--lzma2=dict=1MiB' \
		'xz --check=crc32 --riscv --lzma2=dict=1MiB module.ko'
	blob 'xz with the x86 filter in several blocks' xz code 4400 0 X86 \
		'bcj blocks=2 check=CRC32' \
		'xz -T1 --block-size=4200 --check=crc32 --x86 --lzma2 module.ko'
	blob 'xz with an offset for the x86 filter' xz code 300 0 options \
		'filters=--x86=start=4100,--lzma2=dict=8MiB' \
		'xz --check=crc32 --x86=start=4100 --lzma2 module.ko'
	blob 'xz with two BCJ filters' xz code 300 0 options \
		'filters=--x86,--arm,--lzma2=dict=8MiB' \
		'xz --check=crc32 --x86 --arm --lzma2 module.ko'
	blob 'xz with the delta filter' xz text 300 24 options \
		'filters=--delta=dist=4,--lzma2=dict=8MiB' \
		'xz --check=crc32 --delta=dist=4 --lzma2 module.ko'
	blob 'xz with a dictionary of 4 KiB' xz text 9000 1 ok window=4096 \
		'xz --check=crc32 --lzma2=dict=4KiB module.ko'
	blob 'xz with a dictionary of 64 KiB' xz text 9000 1 ok window=65536 \
		'xz --check=crc32 --lzma2=dict=64KiB module.ko'
	blob 'xz with a dictionary of 1 MiB' xz text 9000 1 ok window=1048576 \
		'xz --check=crc32 --lzma2=dict=1MiB module.ko'
	blob 'xz with a dictionary of 8 MiB' xz text 9000 1 ok window=8388608 \
		'xz --check=crc32 --lzma2=dict=8MiB module.ko'
	blob 'xz with a dictionary of 64 MiB' xz text 9000 1 ok \
		window=67108864 \
		'xz --check=crc32 --lzma2=dict=64MiB module.ko'
	blob 'xz with a dictionary smaller than the file' xz text 20000 1 ok \
		'window=4096 blocks=1' \
		'xz -T1 --check=crc32 --lzma2=dict=4KiB module.ko'
	blob 'xz with lc=0,lp=2,pb=0' xz text 9000 1 ok 'lc=0 lp=2 pb=0' \
		'xz --check=crc32 --lzma2=lc=0,lp=2,pb=0 module.ko'
	blob 'xz with lc=4,lp=0,pb=4' xz text 9000 1 ok 'lc=4 lp=0 pb=4' \
		'xz --check=crc32 --lzma2=lc=4,lp=0,pb=4 module.ko'
	blob 'xz with lc=0,lp=4,pb=2' xz text 9000 1 ok 'lc=0 lp=4 pb=2' \
		'xz --check=crc32 --lzma2=lc=0,lp=4,pb=2 module.ko'
	blob 'xz -T1' xz text 9000 2 ok 'blocks=1 sizes=no' \
		'xz -T1 --check=crc32 module.ko'
	blob 'xz -T2 in several blocks' xz text 9000 1 ok 'blocks=3 sizes=yes' \
		'xz -T2 --block-size=4096 --check=crc32 module.ko'
	blob 'xz -T2 in several blocks without a check' xz text 9000 1 ok \
		'blocks=4 sizes=yes check=None' \
		'xz -T2 --block-list=3000,4096,1000,0 --check=none module.ko'
	blob 'xz -0' xz text 9000 1 ok 'check=CRC32 window=262144' \
		'xz -0 --check=crc32 module.ko'
	blob 'xz -9e' xz text 9000 1 ok 'check=CRC32 window=67108864' \
		'xz -9e --check=crc32 module.ko'
	blob 'xz of nothing' xz zero 0 0 ok 'check=CRC32 blocks=0' \
		'xz --check=crc32 module.ko'
	blob 'xz of 4096 bytes' xz text 4096 1 ok 'check=CRC32' \
		'xz --check=crc32 --lzma2=dict=1MiB module.ko'
	blob 'xz of 4097 bytes' xz text 4097 1 ok 'check=CRC32' \
		'xz --check=crc32 --lzma2=dict=1MiB module.ko'
	blob 'xz of 8192 bytes' xz text 8192 1 ok 'check=CRC32' \
		'xz --check=crc32 --lzma2=dict=1MiB module.ko'
	blob 'xz of 1 MiB of zeroes' xz zero 1048576 0 ok 'check=CRC32' \
		'xz --check=crc32 --lzma2=dict=1MiB module.ko'
	blob 'xz of random bytes' xz random 1000 1 ok 'chunk=copied' \
		'xz --check=crc32 --lzma2=dict=1MiB module.ko'
	blob 'xz of 300 bytes without a check' xz text 300 24 small \
		'check=None' \
		'xz -T1 --check=none --lzma2=dict=64KiB module.ko'
	blob 'xz of 300 bytes with CRC32' xz text 300 24 small 'check=CRC32' \
		'xz -T1 --check=crc32 --lzma2=dict=64KiB module.ko'
	blob 'xz of 300 bytes with CRC32 in several blocks' xz text 300 24 small \
		'check=CRC32 blocks=2 sizes=yes' \
		'xz -T2 --block-size=200 --check=crc32 --lzma2=dict=64KiB module.ko'

	blob 'zstd -1' zstd text 9000 1 ok 'check=XXH64 size=9000' \
		'zstd -1 -q module.ko'
	blob 'zstd -3' zstd text 9000 1 ok 'check=XXH64 size=9000' \
		'zstd -3 -q module.ko'
	blob 'zstd -19' zstd text 9000 1 ok 'check=XXH64 size=9000' \
		'zstd -19 -q module.ko'
	blob 'zstd --ultra -22' zstd text 9000 1 ok 'check=XXH64 size=9000' \
		'zstd --ultra -22 -q module.ko'
	blob 'zstd -1 --no-check' zstd text 9000 1 ok 'check=None size=9000' \
		'zstd -1 --no-check -q module.ko'
	blob 'zstd -3 --no-check' zstd text 9000 1 ok 'check=None size=9000' \
		'zstd -3 --no-check -q module.ko'
	blob 'zstd -19 --no-check' zstd text 9000 1 ok 'check=None size=9000' \
		'zstd -19 --no-check -q module.ko'
	blob 'zstd --ultra -22 --no-check' zstd text 9000 1 ok \
		'check=None size=9000' \
		'zstd --ultra -22 --no-check -q module.ko'
	blob 'zstd --fast=5' zstd text 9000 1 ok 'check=XXH64' \
		'zstd --fast=5 -q module.ko'
	blob 'zstd in make modules_install' zstd text 9000 3 ok \
		'check=XXH64 size=9000' \
		'zstd --rm -f -q module.ko'
	blob 'zstd in make modules_install of v6.1' zstd text 9000 3 ok \
		'check=XXH64 size=9000' \
		'zstd -T0 --rm -f -q module.ko'
	blob 'zstd from a pipe' zstd text 9000 1 ok \
		'check=XXH64 size=none window=2097152' \
		'cat module.ko | zstd > module.ko.zst'
	blob 'zstd from a pipe --no-check' zstd text 9000 1 ok \
		'check=None size=none window=2097152' \
		'cat module.ko | zstd --no-check > module.ko.zst'
	blob 'zstd -19 from a pipe' zstd text 9000 1 ok \
		'check=XXH64 size=none window=8388608' \
		'cat module.ko | zstd -19 > module.ko.zst'
	blob 'zstd --long=24 from a pipe' zstd text 9000 1 ok \
		'check=XXH64 size=none window=16777216' \
		'cat module.ko | zstd --long=24 > module.ko.zst'
	blob 'zstd with a window smaller than the file' zstd text 9000 1 ok \
		'size=none window=1024 blocks=9' \
		'cat module.ko | zstd --zstd=wlog=10 > module.ko.zst'
	blob 'zstd in several blocks' zstd text 132000 1 ok \
		'blocks=2 block=compressed check=XXH64' \
		'zstd -19 -q module.ko'
	blob 'zstd of nothing' zstd zero 0 0 ok 'check=XXH64 size=0' \
		'zstd -q module.ko'
	blob 'zstd of 4096 bytes' zstd text 4096 1 ok size=4096 \
		'zstd -q module.ko'
	blob 'zstd of 4097 bytes' zstd text 4097 1 ok size=4097 \
		'zstd -q module.ko'
	blob 'zstd of 8192 bytes' zstd text 8192 1 ok size=8192 \
		'zstd -q module.ko'
	blob 'zstd of 1 MiB of zeroes' zstd zero 1048576 0 ok \
		'last=RLE size=1048576' \
		'zstd -q module.ko'
	blob 'zstd of random bytes' zstd random 1000 1 ok 'block=raw' \
		'zstd -q module.ko'
	blob 'zstd of 300 bytes without a check' zstd text 300 24 small \
		'check=None size=300' \
		'zstd -19 --no-check -q module.ko'
	blob 'zstd of 300 bytes with a check' zstd text 300 24 small \
		'check=XXH64 size=300' \
		'zstd -19 -q module.ko'
	blob 'zstd of 300 bytes from a pipe' zstd text 300 24 small \
		'check=XXH64 size=none' \
		'cat module.ko | zstd -1 > module.ko.zst'
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
	need gzip gzip pigz pigz zopfli zopfli xz xz-utils zstd zstd
	xz_has --riscv ||
		die 'xz has no RISC-V filter: put 5.6 or newer (xz-utils of' \
		    'Debian 13) first in PATH'
	: >"$tmp/arrays"
	: >"$tmp/rows"
	table
	{
		cat <<-'END'
		/* SPDX-License-Identifier: GPL-2.0 */
		/*
		 * Made by "harness/blobs/blobs.sh make" from the table in that script: edit that,
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
	"${HOSTCC:-cc}" -I"$(dirname "$blobs")" -o "$tmp/unpack" \
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
	need gzip gzip xz xz-utils zstd zstd
	unpack
	table
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
	table
}

xz_has()
{
	xz -c "$1" --lzma2 </dev/null >/dev/null 2>&1
}

blob()
{
	name=$1 format=$2 kind=$3 len=$4 seed=$5 fate=$6 wanted=$7 command=$8
	count=$((count + 1))
	"${mode}_blob"
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
need "${HOSTCC:-cc}" gcc /usr/include/stdio.h libc6-dev
"${HOSTCC:-cc}" -O2 -o "$build/payload" "$top/harness/blobs/payload.c" ||
	die 'cannot build harness/blobs/payload.c'
"${mode}_blobs"
