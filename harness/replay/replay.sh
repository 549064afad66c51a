#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make replay`: will the kernel take these files as modules? They go into
# an initramfs, where the suite module_decompress_replay finds them; replay.c
# says what came of it, and why.
#
# FILES=name, or names between blanks: files, or directories of them
# FILES_FROM=file: names that each end with a NUL, as find -print0 writes them; "-"
#	is stdin. For names with blanks in them.
# JSON=file, JUNIT=file: the answers for programs
#
# Exit status: 0 all are taken and come out as the stock tools would have it,
# 1 not all, 2 it did not come to that.

set -eu
# A kernel as it is shipped, unless fixes are asked for
FIXES=${FIXES:-no}
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/build.sh"

JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")
command=replay

case $ARCH in
um) die "ARCH=um: replay has no use for it; i386 or x86_64" ;;
esac
. "$top/harness/lib/files.sh"
writable "$JSON" "$JUNIT"

replay=$build/replay
mkdir -p "$replay"
lock 7 "$replay/lock" "make replay, process $$"

need gcc /usr/include/stdlib.h /usr/include/lzma.h /usr/include/zstd.h \
	/usr/include/zlib.h gzip xz zstd
tool=$replay/replay
if [ ! -x "$tool" ] ||
	[ "$(find "$top/harness/replay" "$top/harness/verdict" -name '*.[ch]' -newer "$tool")" ]; then
	(
		set --
		for part in explain explain_gzip explain_xz explain_zstd file format json_xml \
			judge kernel_config stock; do
			set -- "$@" "$top/harness/verdict/$part.c"
		done
		gcc -std=gnu11 -O2 -o "$tool" "$top"/harness/replay/*.c "$@" -llzma -lzstd -lz
	) || die 'replay: harness/replay/ does not build; see above'
fi
files=$replay/files
rm -rf "$files"
mkdir -p "$files"
case $FILES_FROM in
'') "$tool" pack "$files" "$@" ;;
-) "$tool" pack-from "$files" ;;
*) "$tool" pack-from "$files" <"$FILES_FROM" ;;
esac
count=$(find "$files" -type l | wc -l)

# version_of TOOL: such as "zstd 1.5.7"
version_of()
{
	echo "$1 $(PATH=$judges:$PATH "$1" --version |
		sed -n '1s/.*[^0-9.]\([0-9]\.[0-9.]*[0-9]\).*/\1/p')"
}

whose=
judges=$(sh "$top/harness/lib/oracle.sh") || {
	judges=$PATH
	whose=', as this system has them: newer ones cannot be downloaded'
}
judged_by="$(version_of gzip), $(version_of xz), $(version_of zstd)$whose"

find_kernel
what="linux $version, $ARCH${LLVM:+ by LLVM}, $fixes"
take_tree
plain=$build/kunit/$name-$ARCH${LLVM:+-llvm}
start_from "$plain" "$plain-replay"
take_dir "$plain-replay"
log=$dir/replay.log
: >"$log"
{
	configure "$top/harness/replay/replay.config"
	# shellcheck disable=SC2119	# make's variables, of which there are none
	build_kernel
} >&2

# boot LIST LOG: a kernel with the files of that list
boot()
{
	"$dir/usr/gen_init_cpio" "$1" >"$files/cpio"
	kunit_py exec --timeout=3600 --raw_output=all \
		--qemu_args="$qemu_args -m 3072 -initrd $files/cpio" \
		--kernel_args="vmalloc=384M panic=-1" module_decompress_replay >"$2"
}

still_there()
{
	echo "  $(cat "$files"/log.* 2>/dev/null | grep -c 'replay.*: returned') of $count files answered"
}

say "Asking $what, of $count files ..."
# In the background it does not hear of an interrupt, and is not to hold a lock.
PATH=$judges:$PATH "$tool" stock "$files" 7>&- 8>&- 9>&- &
stock=$!
trap 'kill $stock 2>/dev/null || :' EXIT
trap 'exit 2' HUP INT TERM
for list in "$files"/list.*; do
	patiently boot "$list" "$files/log.${list##*.}" || :
	rm -f "$files/cpio"
done
wait $stock || die "replay: the stock tools cannot be asked"
# No verdict is made from a kernel that did not get as far as the suite.
for list in "$files"/list.*; do
	grep -q '# Subtest: module_decompress_replay' "$files/log.${list##*.}" ||
		not_built 'booted'
done
"$tool" report "$files" "$dir/.config" "$what" "$judged_by" "$JSON" "$JUNIT"
