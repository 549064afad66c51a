#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check_test.sh: does `make check` say of a kernel's configuration, of kmod and of itself
# what is so? That it answers as `make replay` does is for replay_test.sh to show.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

unset FILES FILES_FROM KCONFIG JSON JUNIT FIXES KERNEL XZ_OPT XZ_DEFAULTS
need gcc gzip xz zstd pzstd
tmp=$build/test/check_test
rm -rf "$tmp"
mkdir -p "$tmp"
program=$build/check/module-decompress-check
wrong=0

wrong()
{
	wrong=$((wrong + 1))
	echo "wrong: $*"
	cat "$tmp/out" "$tmp/errors"
}

# says STATUS TEXT [ARGUMENT ...]: the program, in $tmp/out and $tmp/errors; "-" is no
# text at all
says()
{
	status=0
	expected=$1 text=$2
	shift 2
	"$program" "$@" >"$tmp/out" 2>"$tmp/errors" </dev/null || status=$?
	[ $status -eq "$expected" ] || wrong "$*: exit status $status, not $expected"
	case $text in
	-) [ ! -s "$tmp/out" ] && [ ! -s "$tmp/errors" ] ;;
	*) cat "$tmp/out" "$tmp/errors" | grep -qF -e "$text" ;;
	esac || wrong "$*: not \"$text\""
}

# refuses TEXT [ARGUMENT ...]: exit status 2, and one line
refuses()
{
	says 2 "$@"
	[ "$(wc -l <"$tmp/errors") $(wc -l <"$tmp/out")" = '1 0' ] || wrong "$*: not one line"
}

# license_of MODULE: as $kmod reads it, run with the libraries that it was linked with
license_of()
{
	set -- "$kmod"/usr/lib/*/ld-linux*.so.* "$1"
	"$1" --library-path "${1%/*}" "$kmod/usr/sbin/modinfo" -F license "./$2" 2>errors
}

config()
{
	printf 'CONFIG_%s=y\n' MODULES "$@"
}

FILES=/etc/passwd sh "$top/harness/check/check.sh" >"$tmp/out" 2>"$tmp/errors" &&
	wrong 'what is no compressed file is taken'
cd "$tmp"
seq 10000 >module.ko
gzip -kn module.ko
xz -k --check=crc32 module.ko
zstd -q module.ko
xz -c --check=crc32 --x86 --lzma2 module.ko >x86.xz
xz -c module.ko >"it's of CRC64.xz"
head -c 3000 module.ko.zst >cut.zst
echo 'const char license[] __attribute__((section(".modinfo"))) = "license=GPL";' |
	gcc -x c -c -o licensed.ko -
pzstd -q -c licensed.ko >"it's by pzstd.ko.zst"
# Left behind by a cure that was interrupted
echo stale >"it's by pzstd.ko.zst.new"
config MODULE_DECOMPRESS MODULE_COMPRESS_XZ XZ_DEC_ARM64 64BIT >xz.config
config MODULE_COMPRESS_XZ 64BIT >none.config
config MODULE_DECOMPRESS MODULE_COMPRESS_GZIP HIGHMEM >highmem.config
config MODULE_DECOMPRESS MODULE_COMPRESS_GZIP >lowmem.config
gzip -c xz.config | head -c 40 >cut.gz
gzip -k xz.config

says 0 '3 taken and right' --kconfig=any module.ko.gz module.ko.xz module.ko.zst
says 0 '1 taken and right, 0 wrong, 0 refused, 2 left to kmod' --kconfig=xz.config \
	module.ko.gz module.ko.xz module.ko.zst
says 0 '3 left to kmod' --kconfig=none.config module.ko.gz module.ko.xz module.ko.zst
says 0 'Invalid ELF header magic' --kconfig=none.config module.ko.gz
says 1 'it is damaged: zstd says "premature end"' --kconfig=xz.config cut.zst
says 1 'x86 filter is not built into this kernel (CONFIG_XZ_DEC_X86)' \
	--kconfig=xz.config.gz x86.xz
says 1 'status 6" (XZ_OPTIONS_ERROR)' --kconfig=xz.config.gz x86.xz
says 0 '1 taken and right' --kconfig=any x86.xz
says 1 'unmaps other pages than it mapped' --kconfig=highmem.config module.ko.gz
says 0 '1 taken and right' --kconfig=lowmem.config module.ko.gz
says 1 'whose refusal is final' --kconfig=any "it's of CRC64.xz"
says 1 '1 refused' --quiet --kconfig=any module.ko.gz "it's of CRC64.xz"
! grep -q '^module.ko.gz' out || wrong '--quiet: what is taken has a line'
says 0 - --quiet --kconfig=any module.ko.gz
says 0 'linux 6.12' --version

# What is printed as a cure is one, and leaves the file alone if its first command fails.
says 1 '    run: ' --kconfig=any "it's of CRC64.xz"
sed -n 's/^    run: \(.*; \)xz [^<]*/\1false /p' out >cure
! sh cure 2>/dev/null || wrong 'a cure that fails says that it has not'
says 1 '    run: ' --kconfig=any "it's of CRC64.xz"
for cured in "it's of CRC64.xz" "it's by pzstd.ko.zst" module.ko.gz; do
	config=any
	[ "$cured" != module.ko.gz ] || config=highmem.config
	says 1 '    run: ' --kconfig=$config "$cured"
	sed -n 's/^    run: //p' out >cure
	sh cure || wrong "$cured: its cure fails"
done
says 0 '2 taken and right' --kconfig=any "it's of CRC64.xz" "it's by pzstd.ko.zst"
[ ! -e module.ko.gz ] || wrong 'the compressed one is left'
seq 10000 | cmp -s - module.ko || wrong 'what is decompressed is not it'

# And is one to kmod, too: since 34 that needs the content size in the frame header.
kmod=$(sh "$top/harness/boot/kmod.sh" "$(dpkg --print-architecture)")
[ "$(license_of "it's by pzstd.ko.zst")" = GPL ] || wrong 'kmod cannot read what is cured'
zstd -q -c <licensed.ko >piped.ko.zst
! license_of piped.ko.zst >out || wrong 'kmod reads a zstd file without a content size'
grep -q 'Failed to determine decompression size' errors ||
	wrong 'kmod does not want a content size'

says 1 '"verdict": "wrong"' --json --kconfig=any cut.zst x86.xz
python3 -m json.tool out >/dev/null || wrong '--json: it is not'
says 1 'cut off' --json=json --junit=xml --kconfig=any cut.zst -- x86.xz
cmp -s out json && wrong '--json=FILE: no text'
python3 -m json.tool json >/dev/null || wrong '--json=FILE: it is not'
grep -q '<failure type="WRONG"' xml || wrong '--junit=FILE: no failure'
find . -name '*.zst' -print0 >list
says 1 'of 4 files' --kconfig=any --files-from=list

refuses 'No such file' missing.xz
refuses 'neither its name nor its content' module.ko
refuses 'no configuration of a kernel' --kconfig=module.ko x86.xz
refuses 'No such file' --kconfig=missing x86.xz
refuses 'Input/output error' --kconfig=cut.gz x86.xz
for jobs in none 0 3x 4294967296; do
	refuses 'not a number' --jobs=$jobs x86.xz
done
refuses 'which files'
refuses '--no-such-option: no such option' --no-such-option x86.xz
refuses 'not both into one file' --json=json --junit=./json x86.xz
cp x86.xz kept.xz
refuses 'what is looked into is not written' --json=kept.xz kept.xz
cmp x86.xz kept.xz || wrong 'an input that was to be written is another'
says 0 'usage: ' --help
status=0
"$program" --kconfig=any x86.xz >/dev/full 2>errors || status=$?
[ $status -eq 2 ] || wrong "a full disk: exit status $status"

# A decoder that dies of one file, and does not come back from another: lib/xz of a
# kernel that was broken for that
cp -al "$build/src/linux-6.12" linux
edit linux/lib/xz/xz_dec_stream.c \
	'/^enum xz_ret xz_dec_run/,/^}/s/^\tif (DEC_IS_SINGLE.*/\tif (b->in_size == 100)\n\t\t__builtin_trap();\n\twhile (b->in_size == 104)\n\t\tbarrier();\n&/'
for size in 100 104; do
	xz -c --check=crc32 /dev/null | head -c 32 >"$size.xz"
	truncate -s $size "$size.xz"
done
mkdir files
mv 100.xz 104.xz module.ko.xz files
status=0
KERNEL=$tmp/linux KCONFIG=any FILES=files/module.ko.xz sh "$top/harness/check/check.sh" \
	>out 2>errors || wrong 'the broken kernel is not built'
# The limit is a minute; here it is less.
(
	# shellcheck disable=SC3045	# dash and bash have it
	ulimit -St 2
	"$program" --kconfig=any files >out 2>errors
) || status=$?
[ $status -eq 1 ] || wrong "a decoder that dies: exit status $status"
grep -q '1 taken and right, 2 wrong' out || wrong 'not two that died'
[ "$(grep -c '^    the kernel did not come back from it: ' out)" -eq 2 ] ||
	wrong 'nobody says that they died'

# Nobody else is to find that decoder in there.
KCONFIG=any FILES=files/module.ko.xz sh "$top/harness/check/check.sh" >out 2>errors ||
	wrong 'the kernel that is whole does not take a module'

echo "$wrong answers wrong"
[ $wrong -eq 0 ]
