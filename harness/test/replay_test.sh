#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# replay_test.sh: does `make replay` give the right answer, for the right reason,
# to what the tools of each format write, and to what is none of theirs?

set -eu
. "$(dirname "$0")/../lib/lib.sh"

unset GZIP XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM

need gzip gzip pigz pigz zopfli zopfli bgzip tabix xz xz-utils zstd zstd \
	pzstd zstd

# file NAME ANSWER REASON COMMAND: the command is run where there is a module.ko,
# and writes the file to stdout. REASON is part of what is to be said of it, or
# "-" if nothing is.
table()
{
	file 'default.xz' refused 'integrity check CRC64 is not supported' \
		'xz -c module.ko'
	file 'crc32.xz' taken - 'xz -c --check=crc32 module.ko'
	file 'none.xz' taken - 'xz -c --check=none module.ko'
	file 'sha256.xz' refused 'integrity check SHA-256 is not supported' \
		'xz -c --check=sha256 module.ko'
	file 'x86.xz' taken - 'xz -c --check=crc32 --x86 --lzma2 module.ko'
	file 'offset.xz' refused 'x86 filter has a start offset' \
		'xz -c --check=crc32 --x86=start=4096 --lzma2 module.ko'
	file 'delta.xz' refused 'delta filter is not supported' \
		'xz -c --check=crc32 --delta --lzma2 module.ko'
	file 'three-filters.xz' refused '3 filters in a chain' \
		'xz -c --check=crc32 --x86 --arm --lzma2 module.ko'
	file 'blocks.xz' taken - \
		'xz -c --check=crc32 -T2 --block-size=16KiB module.ko'
	file 'dict-64.xz' taken - \
		'xz -c --check=crc32 --lzma2=dict=64MiB module.ko'
	file 'dict-1536.xz' refused 'dictionary or window of 1536 MiB' \
		'dict_1536_mib'
	file 'two-streams.xz' WRONG '2 streams, of which the kernel takes the first' \
		'xz -c --check=crc32 module.ko; xz -c --check=crc32 module.ko'
	file 'padding.xz' taken - \
		'xz -c --check=crc32 module.ko; head -c 8 /dev/zero'
	file 'trailing.xz' WRONG '9 bytes after the end' \
		'xz -c --check=crc32 module.ko; echo and more'
	file 'cut.xz' refused 'it is damaged: xz, too, says "Unexpected end of input"' \
		'xz -c --check=crc32 module.ko | head -c 30000'
	file 'flipped.xz' refused 'it is damaged: xz, too, says "Compressed data is corrupt"' \
		'xz -c --check=crc32 module.ko | flip 30000'
	file 'lzma.xz' refused 'does not begin with an xz stream header' \
		'xz -c --format=lzma module.ko'
	file 'random.xz' refused 'does not begin with an xz stream header' \
		'random'
	file 'empty.xz' refused 'it is empty' :

	file 'named.gz' taken - 'gzip -c module.ko'
	file 'nameless.gz' taken - 'gzip -cn9 module.ko'
	file 'pigz.gz' taken - 'pigz -c module.ko'
	file 'zopfli.gz' taken - 'zopfli --i1 -c module.ko'
	file 'bgzip.gz' any 'extra field (FEXTRA)' 'bgzip -c module.ko'
	file 'comment.gz' any 'comment (FCOMMENT)' 'pigz -c -C text module.ko'
	file 'two-members.gz' WRONG '2 members, of which the kernel takes the first' \
		'gzip -c module.ko; gzip -c module.ko'
	file 'trailing.gz' taken - 'gzip -c module.ko; echo and more'
	file 'bad-crc.gz' WRONG 'which the kernel did not notice: gzip says "invalid compressed data--crc error"' \
		'gzip -c module.ko | flip -8'
	file 'cut.gz' refused 'it is damaged: gzip, too, says "unexpected end of file"' \
		'gzip -c module.ko | head -c 30000'
	file 'random.gz' refused 'does not begin with a gzip header' random
	file 'empty.gz' refused 'it is empty' :

	file '1.zst' taken - 'zstd -1 -c module.ko'
	file '19.zst' taken - 'zstd -19 -c module.ko'
	file 'ultra-22.zst' taken - 'zstd --ultra -22 -c module.ko'
	file 'no-check.zst' taken - 'zstd --no-check -c module.ko'
	file 'long-27.zst' taken - 'zstd --long=27 -c <module.ko'
	file 'long-30.zst' refused 'window of 1024 MiB, where the kernel takes 128' \
		'zstd --long=30 -c <module.ko'
	file 'long-31.zst' refused 'window of 2048 MiB, where the kernel takes 128' \
		'zstd --long=31 -c <module.ko'
	file 'two-frames.zst' WRONG '2 frames, of which the kernel takes the first' \
		'zstd -c module.ko; zstd -c module.ko'
	file 'skippable.zst' refused 'begins with a skippable frame' \
		'printf "\120\052\115\030\0\0\0\0"; zstd -c module.ko'
	file 'pzstd.zst' refused 'begins with a skippable frame' \
		'pzstd -q -c module.ko'
	file 'dictionary.zst' refused 'needs the dictionary with ID' \
		'with_dictionary'
	file 'empty-block.zst' refused 'an empty compressed block' \
		'printf "\050\265\057\375\0\0\025\0\0\0\0"'
	file 'trailing.zst' WRONG '9 bytes after the end' \
		'zstd -c module.ko; echo and more'
	file 'cut.zst' refused 'it is damaged: zstd, too, says "premature end"' \
		'zstd -c module.ko | head -c 30000'
	file 'random.zst' refused 'does not begin with a zstd frame' random
	file 'empty.zst' refused 'it is empty' :

	# By its content, as kmod does, and whatever its name
	# shellcheck disable=SC2016	# nor is it to be expanded anywhere
	file 'in truth "it'\''s" gzip; $(no) zstd.zst' taken - 'gzip -c module.ko'
}

# It would take xz 10 times that much memory: so change the header of another
# file, and its CRC.
dict_1536_mib()
{
	xz -c --check=crc32 --lzma2=dict=1GiB /dev/null >/dev/null 2>&1 || :
	xz -c --check=crc32 --lzma2=dict=1MiB module.ko >dict
	perl -e '
		undef $/;
		$_ = <STDIN>;
		my @table = map {
			my $c = $_;
			$c = $c & 1 ? $c >> 1 ^ 0xedb88320 : $c >> 1 for 1 .. 8;
			$c
		} 0 .. 255;
		# LZMA2, one byte of properties: 37 is 3 << 29
		s/^(.{12})(.)(.*?\x21\x01)./$1$2$3\x25/s or die;
		my $size = 4 * (1 + ord $2);
		my $header = substr $_, 12, $size - 4;
		my $crc = 0xffffffff;
		$crc = $table[($crc ^ $_) & 255] ^ $crc >> 8
			for unpack "C*", $header;
		substr $_, 12 + $size - 4, 4, pack "V", ~$crc & 0xffffffff;
		print' <dict
}

random()
{
	"$build/payload" random 5000 1
}

# flip N: in the byte there, all bits
flip()
{
	perl -e 'undef $/; $_ = <STDIN>; substr($_, shift, 1) ^= "\xff"; print' -- "$1"
}

with_dictionary()
{
	split -b 500 module.ko piece.
	zstd -q --train piece.* -o dictionary
	zstd -D dictionary -c module.ko
}

write_file()
{
	(eval "$4") >"$tmp/files/$1" 2>"$tmp/errors" || {
		cat "$tmp/errors"
		die "replay_test.sh: cannot write $1: $4"
	}
}

check_file()
{
	line=$(grep -F "./$1  " "$tmp/rows") || line='no such row'
	case $2,$line in
	any,*) ;;
	*",./$1  "*" $2"*) ;;
	*) wrong=$((wrong + 1))
		echo "$1: not $2: $line" ;;
	esac
	case $3,$line in
	-,*'"'*says*)
		wrong=$((wrong + 1))
		echo "$1: nothing should be said: $line" ;;
	-,*) ;;
	*",./$1  "*"$3"*) ;;
	*) wrong=$((wrong + 1))
		echo "$1: not \"$3\": $line" ;;
	esac
}

file()
{
	count=$((count + 1))
	"${mode}_file" "$@"
}

cc -O2 -o "$build/payload" "$top/harness/blobs/payload.c"
mkdir "$tmp/files"
cd "$tmp"
# Some that can be compressed, some that cannot, not a multiple of anything
{
	"$build/payload" text 100000 7
	"$build/payload" random 50001 7
} >module.ko
count=0
mode="write"
table

cd files
status=0
JSON=$tmp/json FILES=. sh "$top/harness/replay/replay.sh" >"$tmp/out" || status=$?
[ "$status" -lt 2 ] || exit 2
# One line for each file
awk '/^    / { line = line " |" $0; next } { print line; line = $0 }
	END { print line }' "$tmp/out" >"$tmp/rows"
mode="check"
wrong=0
count=0
table
[ "$status" -eq 1 ] || {
	echo "exit status 0, not 1"
	wrong=$((wrong + 1))
}
[ "$(python3 -c 'import json, sys; print(len(json.load(sys.stdin)["files"]))' \
	<"$tmp/json")" -eq "$count" ] || {
	echo "not $count files in the JSON"
	wrong=$((wrong + 1))
}
tail -n 1 "$tmp/out"
echo "$count files asked for, $wrong answers wrong"
[ "$wrong" -eq 0 ]
