#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The build.sh of an OSS-Fuzz project: build the fuzz targets and their seed corpora in
# $OUT, with $CC, $CXX, $CFLAGS, $CXXFLAGS and $LIB_FUZZING_ENGINE of OSS-Fuzz, and copy
# zlib, liblzma and libzstd to $OUT/lib. libzstd must not be older than the kernel's zstd:
# if the image's libzstd is older, set STOCK to a directory with newer libraries.

set -eu

here=$(dirname "$0")
work=${WORK:-/tmp}/module_decompress
libraries=${STOCK:-/usr/lib/$(uname -m)-linux-gnu}

make -C "$here" O="$work" HOSTCC="$CC" LINK="$CXX $CXXFLAGS" SANITIZE='' \
	EXTRA_CFLAGS="$CFLAGS -UFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION" \
	LIB_FUZZING_ENGINE="$LIB_FUZZING_ENGINE" --jobs="$(nproc)" fuzz
mkdir -p "$work/begin/gzip" "$work/begin/xz" "$work/begin/zstd" "$OUT/lib"
"$work/seeds" "$work/begin"
for algorithm in gzip xz zstd; do
	[ -e "$work/fuzz_$algorithm" ] || continue
	cp "$work/fuzz_$algorithm" "$OUT/module_decompress_$algorithm"
	(cd "$work/begin/$algorithm" &&
		python3 -m zipfile -c "$OUT/module_decompress_${algorithm}_seed_corpus.zip" seed-*)
done
cp -L "$libraries/libz.so.1" "$libraries/liblzma.so.5" "$libraries/libzstd.so.1" "$OUT/lib"
