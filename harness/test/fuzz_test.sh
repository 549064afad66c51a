#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fuzz_test.sh [all]
#
# Are bugs that were put back found by `make fuzz` within a minute, and nothing where there
# is none? A bug of the past in decompress.c is put back, and one in a decoder; "all" has
# more of them.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

tree=$build/tree/6.12
dir=$build/test/fuzz_test
failed=0
unset DECOMPRESS

wrong()
{
	echo "wrong: $*"
	failed=1
}

# fuzz WHAT STATUS WORDS ALGORITHM [VARIABLE=VALUE ...]: what make fuzz has to say of it.
# What it learns is not for others.
fuzz()
{
	name=$1 expected=$2 words=$3 algorithm=$4
	shift 4
	rm -rf "$dir/corpus"
	mkdir -p "$dir/corpus"
	started=$(date +%s)
	status=0
	env KERNEL=6.12 ALGORITHMS="$algorithm" CORPUS="$dir/corpus" SECONDS=60 "$@" \
		sh "$top/harness/fuzz/fuzz.sh" >"$dir/out" 2>&1 || status=$?
	if [ $status -ne "$expected" ] || ! grep -q "$words" "$dir/out"; then
		wrong "$name: exit status $status, not $expected with \"$words\":"
		tail -n 5 "$dir/out"
	fi
	echo "$name: $(($(date +%s) - started)) s"
}

# decoder ALGORITHM FILE SED-SCRIPT: a bug in a decoder, which is in a tree of its own
decoder()
{
	sed "$3" "$tree/lib/$2" >"$dir/tree/lib/$2"
	! cmp -s "$tree/lib/$2" "$dir/tree/lib/$2" || wrong "lib/$2: sed changes nothing"
	make -C "$dir/tree/tools/testing/module_decompress" O="$dir/build" HOSTCC=clang \
		--jobs="$(nproc)" fuzz >"$dir/out" 2>&1 || {
		tail -n 3 "$dir/out"
		exit 2
	}
	cp "$tree/lib/$2" "$dir/tree/lib/$2"
	started=$(date +%s)
	mkdir -p "$dir/seeds/gzip" "$dir/seeds/xz" "$dir/seeds/zstd"
	"$dir/build/seeds" "$dir/seeds"
	sh "$top/harness/fuzz/corpus.sh" unpack "$dir/seeds"
	(cd "$dir" && "$dir/build/fuzz_$1" -max_total_time=60 -max_len=4096 "$dir/seeds/$1") \
		>"$dir/out" 2>&1 && wrong "lib/$2: the bug is not found in a minute"
	echo "lib/$2: $(grep -m 1 -e '^finding: ' -e 'ERROR: Addr' -e 'runtime error' "$dir/out" |
		cut -c 1-100), $(($(date +%s) - started)) s"
}

rm -rf "$dir"
mkdir -p "$dir/tree/lib" "$dir/tree/kernel" "$dir/tree/tools/testing"

FIXES=yes KERNEL=6.12 sh "$top/harness/native/native.sh" >"$dir/out" 2>&1 || {
	tail -n 3 "$dir/out"
	exit 2
}
cp "$tree/kernel/module/decompress.c" "$dir/decompress.c"
patch -sf --no-backup-if-mismatch -r - "$dir/decompress.c" \
	"$top/harness/mutants/history/3537d8d21112.patch"
fuzz 'the ignored result of module_extend_max_pages()' 1 'page array: written past its end' gzip \
	DECOMPRESS="$dir/decompress.c"
[ "${1:-}" != all ] ||
	fuzz 'the window of zstd' 1 'more than any decoder uses' zstd FIXES=0001,0002,0003,0005,0006,0007
fuzz 'nothing broken' 0 'no findings' zstd SECONDS=5

STOCK=$(sh "$top/harness/lib/oracle.sh" libraries)
export STOCK
ln -s "$tree/include" "$dir/tree"
cp -rL "$tree/lib/zlib_inflate" "$tree/lib/xz" "$tree/lib/zstd" "$tree/lib/xxhash.c" \
	"$dir/tree/lib"
cp -rL "$tree/kernel/module" "$dir/tree/kernel"
cp -r "$tree/tools/testing/module_decompress" "$dir/tree/tools/testing"
decoder zstd zstd/decompress/zstd_decompress_block.c \
	's/sequence.offset > (size_t)(oLitEnd - virtualStart)/0 \&\& &/'
# It is one that what was learnt before finds by itself.
sed -i 's/sequence.offset > (size_t)(oLitEnd - virtualStart)/0 \&\& &/' \
	"$dir/tree/lib/zstd/decompress/zstd_decompress_block.c"
make -C "$dir/tree/tools/testing/module_decompress" O="$dir/tries" --jobs="$(nproc)" \
	tries >"$dir/out" 2>&1
sh "$top/harness/fuzz/corpus.sh" unpack "$dir/learnt"
"$dir/tries/try_gzip" "$dir/learnt/gzip"/* >"$dir/out" 2>&1 ||
	wrong 'the corpus finds a bug in zlib, where there is none'
"$dir/tries/try_zstd" "$dir/learnt/zstd"/* >"$dir/out" 2>&1 &&
	wrong 'the corpus does not find a bug that is found'
cp "$tree/lib/zstd/decompress/zstd_decompress_block.c" "$dir/tree/lib/zstd/decompress"
if [ "${1:-}" = all ]; then
	decoder gzip zlib_inflate/inffast.c 's/if (op > whave)/if (0 \&\& op > whave)/'
	decoder xz xz/xz_dec_lzma2.c \
		's/if (dist >= dict->full || dist >= dict->size)/if (dist >= dict->size)/'
fi
exit $failed
