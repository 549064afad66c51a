#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# boot.sh LIST LOG: boot a kernel with the files of that list in its initramfs, and write its
# console to that log. module-decompress-check runs it for check-modules.sh, whose $tree, $dir
# and $log are in the environment.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck disable=SC2034	# of build.sh
command=check-modules
. "$top/harness/lib/build.sh"

cd "$(dirname "$1")"
"$dir/usr/gen_init_cpio" "$1" >"$1.cpio"
# A file that the kernel gets wrong fails the suite, and kunit.py: the log says which.
patiently kunit_py exec --timeout=3600 --raw_output=all \
	--qemu_args="$qemu_args -m 3072 -initrd $1.cpio" \
	--kernel_args="vmalloc=384M panic=-1" module_decompress_replay >"$2"
