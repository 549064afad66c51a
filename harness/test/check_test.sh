#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check_test.sh: check that module-decompress-check gives true answers: those of check.tsv,
# and what it says when the kernel's code dies of a file. replay_test.sh checks that a
# booted kernel gives the same.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

unset FILES FILES_FROM KCONFIG KMOD VERBOSE JSON JUNIT FIXES KERNEL XZ_OPT XZ_DEFAULTS
need gcc bzip2 gzip openssl perl pigz pzstd xz zstd /usr/include/openssl/evp.h
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

# check_modules KERNEL FILE: build the program for that kernel
check_modules()
{
	KERNEL=$1 KCONFIG=any KMOD=none FILES=$2 sh "$top/harness/verdict/check-modules.sh" \
		>"$tmp/out" 2>"$tmp/errors"
}

cd "$tmp"
image=$(sh "$top/harness/boot/package.sh" amd64 linux-image-cloud-amd64/trixie)
xz -dc "$(find "${image#* }" -name dummy.ko.xz)" >module.ko
xz -k --check=crc32 module.ko
zstd -q module.ko

# What no kernel before 6.2 has, and what the kernel's code does of itself
! check_modules 6.1 module.ko.zst || wrong '6.1: zstd is taken'
grep -q 'does not know zstd: 6.2 and later do' out || wrong '6.1: no reason for zstd'
xz -c --check=crc32 --arm64 --lzma2 module.ko >arm64.ko.xz
! check_modules 6.1 arm64.ko.xz || wrong '6.1: the ARM64 filter is taken'
grep -q 'ARM64 filter is not known to kernels before 6.12' out ||
	wrong '6.1: no reason for the ARM64 filter'

check_modules 6.12 module.ko.xz || wrong 'a module is not taken'
gcc -w -o sign-file "$build/src/linux-6.12/scripts/sign-file.c" -lcrypto
arch=$(dpkg --print-architecture)
old=$(sh "$top/harness/boot/kmod.sh" "$arch" bookworm)
new=$(sh "$top/harness/boot/kmod.sh" "$arch")
python3 "$top/harness/test/check_table.py" "$program" "$top/harness/test/check.tsv" \
	module.ko "$tmp/sign-file" "$old" "$new" >table || wrong=$((wrong + 1))
cat table

# A decoder that dies of one file, does not come back from another, and gets a byte of a
# third wrong, which has no check: lib/xz of a kernel that was broken for that
cp -al "$build/src/linux-6.12" linux
edit linux/lib/xz/xz_dec_stream.c \
	'/^enum xz_ret xz_dec_run/,/^}/s/^\tif (DEC_IS_SINGLE.*/\tif (b->in_size == 100)\n\t\t__builtin_trap();\n\twhile (b->in_size == 104)\n\t\tbarrier();\n&/'
edit linux/lib/xz/xz_dec_stream.c \
	'/^enum xz_ret xz_dec_run/,/^}/s/^\tret = dec_main(s, b);/&\n\tif (b->in_size == 108 \&\& b->out_pos)\n\t\tb->out[0] ^= 1;/'
mkdir files
for size in 100 104; do
	xz -c --check=crc32 /dev/null | head -c 32 >"files/$size.ko.xz"
	truncate -s $size "files/$size.ko.xz"
done
mv module.ko.xz files
check_modules "$tmp/linux" files/module.ko.xz || wrong 'the broken kernel is not built'
status=0
# The limit is a minute; here it is less.
(
	# shellcheck disable=SC3045	# dash and bash have it
	ulimit -St 2
	"$program" --kconfig=any files >out 2>errors
) || status=$?
[ $status -eq 1 ] || wrong "a decoder that dies: exit status $status"
grep -q '1 would load, 2 would not' out || wrong 'not two that died'
grep -q '^    kernel: the kernel did not come back from it: ' out ||
	wrong 'nobody says that they died'

echo module | xz --check=none >files/108.ko.xz
truncate -s 108 files/108.ko.xz
! "$program" --kconfig=any files/108.ko.xz >out 2>errors || wrong 'a wrong byte is taken'
grep -q 'other bytes come out, and nothing in the file explains it' out ||
	wrong 'nobody says that a byte is wrong'

# The broken decoder is gone again.
check_modules 6.12 files/module.ko.xz || wrong 'the kernel that is whole does not take a module'

echo "$wrong answers wrong"
[ $wrong -eq 0 ]
