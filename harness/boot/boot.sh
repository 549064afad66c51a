#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make boot`: do modules that the kernel's own "make modules_install" has
# compressed load through finit_module(), from the guest's user space? For each
# algorithm a kernel is built with it, and booted with
# tools/testing/selftests/module/ for its init. Then it is booted with little memory,
# to see what small files with a long output or a large window do to other tasks
# (harness/guest/memory.c), and with security modules (harness/guest/security.c).
#
# Exit status: 0 all passed, 1 tests failed or the kernel died, 2 no verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
[ -z "${IMAGE:-}${MODULES:-}" ] || exec sh "$top/harness/boot/image.sh"
. "$top/harness/lib/build.sh"
. "$top/harness/boot/guest.sh"
. "$top/harness/boot/modules.sh"
. "$top/harness/boot/memory.sh"
. "$top/harness/boot/security.sh"

ALGORITHMS=${ALGORITHMS:-}
CONFIG=${CONFIG:-}
JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")
command=boot
target=all

[ "$ARCH" = i386 ] || die "ARCH=$ARCH: make boot is for i386, where there is high memory"
for algorithm in $ALGORITHMS; do
	case $algorithm in
	gzip | xz | zstd) ;;
	*) die "ALGORITHMS=$algorithm: not one of gzip, xz, zstd" ;;
	esac
done

[ -z "$LLVM" ] || die 'LLVM=1 is for make run; make boot builds by gcc'
writable "$JSON" "$JUNIT"

extra=
suffix=
if [ "$CONFIG" ]; then
	extra=$(fragment "$CONFIG")
	suffix=-$(basename "$extra" .config)
fi

# The key that modules are signed with is made by openssl, and they are signed
# by a program on its library.
need gzip xz zstd /sbin/depmod openssl /usr/include/openssl/evp.h
find_kernel
kmod=$(sh "$top/harness/boot/kmod.sh" i386)

has()
{
	grep -q "^static ssize_t module_$1_decompress" \
		"$src/kernel/module/decompress.c"
}

for algorithm in ${ALGORITHMS:-gzip xz zstd}; do
	if has "$algorithm"; then
		set -- "$@" "$algorithm"
	elif [ "$ALGORITHMS" ]; then
		die "ALGORITHMS=$algorithm: linux $version does not have it"
	fi
done

take_tree
take_dir "$build/boot/$name$suffix"

# Apart from what the kernel's build makes
guest=$dir/guest

# Half of what a module has is for a debugger: that makes one of over 1 MB.
module_flags=-g

security=no
! asks_security || {
	security=yes
	need checkpolicy
}

# Removed in v6.15
memory=highmem64g
grep -q '^config HIGHMEM64G$' "$src/arch/x86/Kconfig" || memory=pae

find_headers

# told WHAT NAME: judge the log of a guest, and keep it as NAME
told()
{
	judge count
	cp "$dir/test.log" "$dir/$2-guest.log"
	cp "$dir/kunit.json" "$dir/$2.json"
	logs="$logs $dir/$2-guest.log $2"
	jsons="$jsons $2 $dir/$2.json"
	sed '$d' "$dir/results"
	result="$1: $(tail -n 1 "$dir/results")"
	echo "make boot: $result" >>"$dir/summary"
	[ "$verdict" -eq 0 ] || passed=no
}

# boot_with ALGORITHM
boot_with()
{
	algorithm=$1
	what="linux $version, i386, $algorithm${CONFIG:+, $CONFIG}, $fixes"
	log=$dir/$algorithm.log
	set -- "$(fragment boot)" "$(fragment $memory)"
	[ "$algorithm" = gzip ] || set -- "$@" "$(fragment "$algorithm")"
	: >"$log"
	# All that is installed is to be compressed, and /proc/sys to be there.
	options_it_has kernel/module/Kconfig:MODULE_COMPRESS_ALL fs/proc/Kconfig:PROC_SYSCTL \
		kernel/Kconfig.preempt:PREEMPT_DYNAMIC \
		>"$guest/kernel.config"
	[ $security = no ] || {
		set -- "$@" "$(fragment security)"
		security_options >>"$guest/kernel.config"
	}
	configure "$@" "$guest/kernel.config" ${extra:+"$extra"}
	build_kernel CFLAGS_MODULE=$module_flags

	still_there()
	{
		echo "  still at the modules"
	}
	# Of 4 GB, QEMU has 1 GB above 4 GB: only HIGHMEM64G gets at that.
	high_mb=2000
	! grep -q '^CONFIG_HIGHMEM64G=y$' "$dir/.config" || high_mb=3000

	build_init "$headers" "$selftest"/*.c ||
		not_built 'built: no init'
	patiently install_all_modules || not_built 'built: no modules'
	logged initramfs || not_built 'built: no initramfs'

	say "Booting $what ..."
	boot_kernel --timeout=$((300 + 10 * ROUNDS)) \
		--qemu_args="-m 4096 -initrd $guest/initramfs.cpio" \
		--kernel_args="panic=-1 loglevel=1 log_buf_len=4M" \
		--kernel_args="DECOMPRESS_ALGORITHM=$algorithm" \
		--kernel_args="DECOMPRESS_HIGH_MB=$high_mb" \
		--kernel_args="DECOMPRESS_ROUNDS=$ROUNDS"
	told "$what" "$algorithm"
	! tested_as_named ||
		record "make boot KERNEL=$KERNEL ALGORITHMS=$algorithm${CONFIG:+ CONFIG=$CONFIG} FIXES=$FIXES" \
			"$result"
	build_guest "$headers" || not_built 'built: no init'
	boot_little
	[ $security = no ] || boot_security_modules
}

mkdir -p "$guest"
rm -f "$dir/summary"
passed=yes
logs='' jsons=''
for algorithm; do
	boot_with "$algorithm"
done

# shellcheck disable=SC2086	# no blanks in them
[ -z "$JSON" ] || python3 "$top/harness/run/results.py" join "$JSON" $jsons
# shellcheck disable=SC2086
[ -z "$JUNIT" ] || results_py junit $logs "$JUNIT"
cat "$dir/summary"
[ $passed = yes ] || exit 1
