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
# Exit status: 0 all passed, 1 tests failed or the kernel did not live to tell,
# 2 it did not come to that.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
[ -z "${IMAGE:-}${MODULES:-}" ] || exec sh "$top/harness/boot/image.sh"
. "$top/harness/lib/build.sh"
. "$top/harness/boot/guest.sh"
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

# install_modules DIRECTORY [VARIABLE=VALUE ...]
install_modules()
{
	root=$1
	shift
	rm -rf "$root"
	make_kernel modules_install CFLAGS_MODULE=$module_flags \
		INSTALL_MOD_PATH="$root" "$@"
}

# modprobe's index. Debian's depmod was built without zlib and looks for no .gz:
# what it says of the same modules as .xz holds for these, with as long a name.
index_modules()
{
	[ "$algorithm" = gzip ] || return 0
	install_modules "$guest/index" CONFIG_MODULE_COMPRESS_GZIP= \
		CONFIG_MODULE_COMPRESS_XZ=y || return
	cp "$guest/index/lib/modules/$release"/modules.*.bin "$modules" || return
	edit "$modules/modules.dep.bin" 's/\.ko\.xz/.ko.gz/g'
}

install_all_modules()
{
	release=$(cat "$dir/include/config/kernel.release")
	modules=$guest/installed/lib/modules/$release
	whole=lib/modules/$release/kernel/fs/overlayfs
	not_compressed='CONFIG_MODULE_COMPRESS_ALL= CONFIG_MODULE_COMPRESS_GZIP=
		CONFIG_MODULE_COMPRESS_XZ= CONFIG_MODULE_COMPRESS_ZSTD='

	install_modules "$guest/installed" INSTALL_MOD_STRIP=1 || return
	index_modules || return
	install_modules "$guest/whole" || return
	mkdir -p "$modules/test/whole" "$modules/test/plain/test/whole"
	cp "$guest/whole/$whole"/overlay.ko* "$modules/test/whole" || return

	# shellcheck disable=SC2086	# a list of words
	install_modules "$guest/whole" $not_compressed || return
	cp "$guest/whole/$whole/overlay.ko" "$modules/test/plain/test/whole" ||
		return
	# shellcheck disable=SC2086
	install_modules "$guest/plain" INSTALL_MOD_STRIP=1 $not_compressed || return
	cp -r "$guest/plain/lib/modules/$release/kernel" "$modules/test/plain" ||
		return

	plain=$modules/test/plain/kernel/fs/binfmt_script.ko
	make_formats "$plain" "$modules/test"
	make_bad "$plain" "$algorithm" "$modules/test"
}

initramfs()
{
	{
		list_base "$dir/guest-init"
		list_kmod
		(cd "$guest/installed/lib/modules" && find . -type f | sed 's|^\./||') |
			list_files "$guest/installed/lib/modules" /lib/modules
	} >"$guest/initramfs.list" &&
		"$dir/usr/gen_init_cpio" "$guest/initramfs.list" \
			>"$guest/initramfs.cpio"
}

# hex DIGITS
hex()
{
	python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "$1"
}

# zeros SIZE FILE: compress SIZE bytes of zeros to FILE, unless FILE exists
zeros()
{
	[ ! -e "$hostile/$2" ] || return 0
	head -c "$1" /dev/zero |
		case $algorithm in
		gzip) gzip -n -9 ;;
		xz) xz --check=crc32 -9 ;;
		zstd) zstd -q -19 --long=19 ;;
		esac >"$hostile/$2.new" &&
		mv "$hostile/$2.new" "$hostile/$2"
}

# Make the files that memory.c loads. 128M and 3G are headers only; zstd's 3G declares a
# window of 3.75 GiB.
make_hostile()
{
	hostile=$guest/hostile/$algorithm
	mkdir -p "$hostile"
	zeros 192M half && zeros 1536M long || return
	case $algorithm in
	xz)	hex fd377a585a0000016922de36020021011e0000009b075166 >"$hostile/128M" &&
			hex fd377a585a0000016922de360200210127000000b0b072eb >"$hostile/3G"
		;;
	zstd)	hex 28b52ffd0088010000 >"$hostile/128M" &&
			hex 28b52ffd00af010000 >"$hostile/3G"
		;;
	esac
}

little_initramfs()
{
	{
		list_base "$dir/guest-init"
		(cd "$hostile" && find . -type f | sed 's|^\./||') |
			list_files "$hostile" /hostile
		(cd "$guest/installed/lib/modules" && echo */kernel/fs/binfmt_script.ko.*) |
			list_files "$guest/installed/lib/modules" /lib/modules
	} >"$guest/little.list" &&
		"$dir/usr/gen_init_cpio" "$guest/little.list" >"$guest/little.cpio"
}

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

# boot_little: boot the same kernel with 384 MB, of which three other tasks use 225, and
# without preemption, to see whether a load gives way. vmalloc=256M leaves room for a
# dictionary of 128 MiB.
boot_little()
{
	still_there()
	{
		echo "  still at the files"
	}
	patiently make_hostile || not_built 'built: no files'
	logged little_initramfs || not_built 'built: no initramfs'
	say "Booting $what, with little memory ..."
	boot_kernel --timeout=300 \
		--qemu_args="-m 384 -initrd $guest/little.cpio" \
		--kernel_args="panic=-1 loglevel=1 log_buf_len=4M preempt=none vmalloc=256M" \
		--kernel_args=GUEST=memory
	told "$what, little memory" "$algorithm-little"
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
