#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# module.sh [y|m]
#
# The suite as CKI, LKFT and Android run it: as a module, here of a kernel with KUNIT=y
# or =m. A guest loads it, reads its results in debugfs, and unloads it, again and again,
# and in the end while others are busy. Behind `make bots` and `make test`.
#
# Exit status: 0 each time it did what it does when it is built in, 1 it did not, 2 no
# verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
ARCH=${ARCH:-um}
export ARCH
. "$top/harness/lib/build.sh"

kunit=${1:-y}
command=bots
rounds=4
light_rounds=64
busy_rounds=1
own_suites='module_decompress_\(core\|own\)'

# With what it does when it is built in
JSON='' JUNIT='' CONFIG='' FILTER='' BENCH='' BASE='' TIMEOUT='' \
	sh "$top/harness/run/run.sh" || [ $? -eq 1 ] || exit 2

find_kernel
what="linux $version, $ARCH, $fixes, KUNIT=$kunit and the suite as a module"
take_tree
plain=$build/kunit/$name-$ARCH${LLVM:+-llvm}
target=all
start_from "$plain" "$plain-module-$kunit"
take_dir "$plain-module-$kunit"
log=$dir/module.log
guest=$dir/guest
mkdir -p "$guest"
: >"$log"

# The kernel's own module_decompress() is not exported, so its suites are not in the module.
results_py list "$plain/test.log" | grep -v "^[A-Z]* $own_suites/" | sort >"$guest/expected"
suites=$(sed 's/^[A-Z]* //; s|/.*||' "$guest/expected" | sort -u)

{
	echo "CONFIG_KUNIT=$kunit"
	options_it_has fs/proc/Kconfig:PROC_SYSCTL
} >"$guest/kunit.config"
configure "$top/harness/bots/module.config" "$guest/kunit.config"
# shellcheck disable=SC2119	# make's variables, of which there are none
build_kernel
find_headers
build_guest "$headers" || not_built 'built: no init'

initramfs()
{
	gzip -n -c "$dir/lib/xz/xz_dec_test.ko" >"$guest/other.ko.gz" || return
	{
		cat <<-END
			dir /dev 0755 0 0
			nod /dev/console 0600 0 0 c 5 1
			nod /dev/kmsg 0600 0 0 c 1 11
			file /init $dir/guest-init 0755 0 0
			file /suite.ko $dir/kernel/module/module_decompress_kunit.ko 0644 0 0
			file /other.ko.gz $guest/other.ko.gz 0644 0 0
		END
		[ "$kunit" = y ] || echo "file /kunit.ko $dir/lib/kunit/kunit.ko 0644 0 0"
	} >"$guest/initramfs.list"
	"$dir/usr/gen_init_cpio" "$guest/initramfs.list" >"$guest/initramfs.cpio"
}

logged initramfs || not_built 'built: no initramfs'

# The log is read by the init, and is not to be between what that prints. All behind
# the "--" is for the init.
boot_guest()
{
	set -- loglevel=1 log_buf_len=4M panic=-1 GUEST=rounds -- "$rounds" "$light_rounds" \
		"$busy_rounds" "$@"
	case $ARCH in
	um)
		timeout 1200 "$dir/linux" noreboot mem=1G initrd="$guest/initramfs.cpio" \
			con0=fd:0,fd:1 con=none console=tty "$@"
		;;
	i386)
		# shellcheck disable=SC2086	# a list of arguments
		timeout 1200 qemu-system-i386 -nodefaults -nographic -no-reboot \
			-serial stdio -m 1024 $qemu_args -kernel "$dir/vmlinux" \
			-initrd "$guest/initramfs.cpio" \
			-append "console=ttyS0 $*"
		;;
	esac </dev/null >"$guest/out.raw" 2>&1
}

still_there()
{
	echo "  $(grep -c "^=== round" "$guest/out.raw") rounds begun"
}

say "Booting $what ..."
: >"$guest/out.raw"
# shellcheck disable=SC2086	# a list of words
patiently boot_guest $suites || :
tr -d '\r' <"$guest/out.raw" >"$guest/out"
cat "$guest/out" >>"$log"
status=0
python3 "$top/harness/bots/rounds.py" "$tree/tools/testing/kunit" "$guest/out" \
	"$guest/expected" "$rounds" "$busy_rounds" "$light_rounds" >"$guest/results" || status=$?
case $status in
0) echo "make bots: $what: $(cat "$guest/results")" ;;
1)
	cat "$guest/results"
	echo "make bots: $what: not as if built in; see above, or $log"
	;;
*) not_built 'booted: its init did not come to the first round' ;;
esac
[ $status -eq 0 ] || exit 1
