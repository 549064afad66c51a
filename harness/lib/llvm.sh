#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# llvm.sh: what LLVM= is for Kbuild: the directory of the newest clang and lld here.
# Fails if there is none of LLVM 17 or later, which i386 needs.

for clang in /usr/lib/llvm-*/bin/clang /usr/bin/clang; do
	bin=${clang%clang}
	if [ -x "$clang" ] && [ -x "${bin}ld.lld" ] && [ -x "${bin}llvm-ar" ]; then
		version=$("$clang" -dumpversion)
		[ "${version%%.*}" -lt 17 ] || echo "${version%%.*} $bin"
	fi
done | sort -n | tail -n 1 | sed 's/^[0-9]* //' | grep .
