# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154	# shared with those that source it
#
# What is in the guests that load modules. Sourced after lib.sh; $guest is the directory
# where it is made, and $kmod where kmod is.

ROUNDS=${ROUNDS:-100}
case $ROUNDS in
[1-9] | *[!0-9]* | '' | 0*) die "ROUNDS=$ROUNDS: not a number from 10 on" ;;
esac

# compress FORMAT FILE: as scripts/Makefile.modinst does it
compress()
{
	case $1 in
	gzip) gzip -n -f "$2" ;;
	xz) xz --check=crc32 --lzma2=dict=1MiB -f "$2" ;;
	zstd) zstd --rm -f -q "$2" ;;
	esac
}

signature_py()
{
	python3 "$top/harness/boot/signature.py" "$@"
}

# make_bad MODULE FORMAT DIRECTORY: what is no good, compressed; there is more of it if the
# module is signed
make_bad()
{
	signature_py bad "$1" "$3" || return
	for bad in text changed misformatted unsigned; do
		[ ! -e "$3/$bad.ko" ] || compress "$2" "$3/$bad.ko" || return
	done
}

# make_formats MODULE DIRECTORY: the same module in each format
make_formats()
{
	for format in gzip xz zstd; do
		cp "$1" "$2/format.ko"
		compress $format "$2/format.ko"
	done
}

# For gen_init_cpio: list_base INIT; list_kmod; and list_files FROM AT: those on stdin, in
# the directory FROM, are in the guest's directory AT.
list_base()
{
	cat <<-END
		dir /dev 0755 0 0
		nod /dev/console 0600 0 0 c 5 1
		nod /dev/kmsg 0600 0 0 c 1 11
		file /init $1 0755 0 0
		dir /lib 0755 0 0
	END
}

list_kmod()
{
	loader=/lib/ld-linux.so.2
	case $ARCH in
	x86_64)
		loader=/lib64/ld-linux-x86-64.so.2
		echo 'dir /lib64 0755 0 0'
		;;
	arm64) loader=/lib/ld-linux-aarch64.so.1 ;;
	esac
	cat <<-END
		dir /sbin 0755 0 0
		file /sbin/kmod $kmod/usr/bin/kmod 0755 0 0
		slink /sbin/insmod kmod 0777 0 0
		slink /sbin/rmmod kmod 0777 0 0
		slink /sbin/modprobe kmod 0777 0 0
		file $loader $(echo "$kmod"/usr/lib/*/"${loader##*/}") 0755 0 0
	END
	for library in libc.so.6 libcrypto.so.3 libz.so.1 libzstd.so.1; do
		echo "file /lib/$library $(echo "$kmod"/usr/lib/*-linux-gnu/$library) 0755 0 0"
	done
}

list_files()
{
	awk -v from="$1" -v at="$2" '
		function list_directory(path, above) {
			if (path == "" || path in listed)
				return
			listed[path] = 1
			above = path
			sub("/[^/]*$", "", above)
			list_directory(above)
			print "dir " path " 0755 0 0"
		}
		{
			path = at "/" $0
			sub("/[^/]*$", "", path)
			list_directory(path)
			print "file " at "/" $0 " " from "/" $0 " 0644 0 0"
		}'
}
