# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC2317	# shared with boot.sh, which sources it
#
# The machine with little memory.

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
