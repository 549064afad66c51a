#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make boot IMAGE=`: a kernel as somebody ships it, with its own compressed
# modules. IMAGE is a package of Debian's, as apt writes it, linux-image-amd64/trixie,
# say; or a file, whose modules are in the directory MODULES. Each of them is loaded,
# compressed in one boot and decompressed in another; in a third one
# tools/testing/selftests/module/ is its init.
#
# Exit status: 0 all passed, 1 tests failed, or a module loads only when decompressed,
# 2 no verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/boot/guest.sh"
. "$top/harness/boot/shipped.sh"

JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")

[ "$IMAGE" ] || die "MODULES=$MODULES: of which IMAGE=?"
for variable in KERNEL ARCH CONFIG FIXES LLVM ALGORITHMS; do
	eval "value=\${$variable:-}"
	# shellcheck disable=SC2154	# by eval
	[ -z "$value" ] || die "$variable=$value: not with IMAGE=, which is booted as it is"
done

writable "$JSON" "$JUNIT"
if [ -f "$IMAGE" ]; then
	get_file
else
	get_package
fi
[ ! "$config" ] || grep -q '^CONFIG_MODULE_DECOMPRESS=y' "$config" || does_not_decompress

case $deb_arch in
amd64) ARCH=x86_64 ;;
arm64) ARCH=arm64 ;;
esac
export ARCH
. "$top/harness/lib/build.sh"
command=boot
what="linux $release, $ARCH, as shipped"
case $ARCH in
arm64) need aarch64-linux-gnu-gcc /usr/aarch64-linux-gnu/include/asm/unistd.h ;;
esac
need gcc /usr/include/stdlib.h python3 flock gzip xz zstd /sbin/depmod "qemu-system-$qemu"
kmod=$(sh "$top/harness/boot/kmod.sh" "$deb_arch")

# It gives the headers, and kunit.py.
found=$(sh "$top/harness/lib/kernel.sh" 6.12)
src=${found#* }
tree=$src
hash_sources
who="make $command of linux $release, process $$"
take_dir "$build/boot/$name"
guest=$dir/guest
rm -rf "$guest"
mkdir -p "$guest"
log=$dir/boot.log
: >"$log"
in_guest=/lib/modules/$release

# make_guest: its init is built; the rest of what is in it is on stdin, for gen_init_cpio
make_guest()
{
	{
		list_base "$dir/guest-init"
		cat
	} >"$guest/initramfs.list"
	"$guest/gen_init_cpio" "$guest/initramfs.list" >"$guest/initramfs.cpio" 2>>"$log" ||
		not_built 'built: no initramfs'
}

# boot_guest ARGUMENT ...: of kunit.py
boot_guest()
{
	boot_kernel --qemu_args="-m 4096 -initrd $guest/initramfs.cpio" \
		--kernel_args="panic=-1 loglevel=1 log_buf_len=4M" "$@"
}

# sweep HOW DIRECTORY: what becomes of the modules on stdin, which are in there, goes to
# HOW.log
sweep()
{
	cat >"$guest/sweep"
	sed "s|^|$in_guest/|" "$guest/sweep" >"$guest/modules"
	build_guest "$src" || not_built 'built: no init'
	{
		echo "file /modules $guest/modules 0644 0 0"
		list_files "$2" "$in_guest" <"$guest/sweep"
	} | make_guest
	say "Loading the modules of $what, $1 ..."
	running()
	{
		echo "  $(grep -cs '^# module ' "$dir/test.log" || :) of $(
			wc -l <"$guest/modules") modules"
	}
	boot_guest --timeout=3000 --kernel_args=GUEST=sweep
	mv "$dir/test.log" "$dir/$1.log"
	grep -q '^ok 1 modules' "$dir/$1.log" ||
		not_built "booted: it ends with $(grep '^# ' "$dir/$1.log" | tail -n 1)"
}

# said WHAT: a line of the guest's
said()
{
	sed -n "s/^# $1 //p" "$dir/compressed.log"
}

logged gcc -O2 -o "$guest/gen_init_cpio" "$src/usr/gen_init_cpio.c" ||
	not_built 'built: no gen_init_cpio'
mkdir -p "$dir/${machine_image%/*}"
ln -sf "$image" "$dir/$machine_image"

image_py list "$modules" "$deb_arch" "$dir/untried" >"$guest/list"
sweep compressed "$modules" <"$guest/list"
[ "$(said release)" = "$release" ] ||
	die "IMAGE=$IMAGE is linux $(said release); MODULES=$MODULES are not its modules"
[ "$(said compression)" != none ] || does_not_decompress

say "Decompressing $(wc -l <"$guest/list") modules ..."
still_there()
{
	echo "  $(find "$guest/plain" -name '*.ko' | wc -l) modules decompressed"
}
patiently decompress_modules "$guest/plain" <"$guest/list" ||
	not_built 'read: a module is damaged'
sed 's/\.ko.*/.ko/' "$guest/list" | sweep decompressed "$guest/plain"
image_py compare "$dir" "$in_guest" >"$dir/modules.ktap"
rm -rf "$guest/plain"

install_modules || not_built 'built: no modules'
build_init "$src" "$selftest"/*.c || not_built 'built: no init'
{
	list_kmod
	(cd "$guest/installed" && find . -type f | sed 's|^\./||') |
		list_files "$guest/installed" "$in_guest"
} | make_guest
say "Running the selftest of $what ..."
running()
{
	echo "  $(grep -cs -e '^ok ' -e '^not ok ' "$dir/test.log" || :) cases"
}
boot_guest --timeout=$((300 + 10 * ROUNDS)) \
	--kernel_args="DECOMPRESS_ALGORITHM=$(said compression)" \
	--kernel_args="DECOMPRESS_ROUNDS=$ROUNDS"
judge count
cp "$dir/test.log" "$dir/selftest.log"
cp "$dir/kunit.json" "$dir/selftest.json"

# And the comparison, which no kernel has made
selftest_verdict=$verdict
modules_verdict=0
results_py count "$dir/modules.ktap" >"$dir/modules-results" || modules_verdict=$?
[ $modules_verdict -lt 2 ] || not_built 'tested: it has no modules'
if [ "$JSON" ]; then
	python3 "$tree/tools/testing/kunit/kunit.py" parse --json="$dir/modules.json" \
		"$dir/modules.ktap" >/dev/null || :
	python3 "$top/harness/run/results.py" join "$JSON" modules "$dir/modules.json" \
		selftest "$dir/selftest.json" || exit 2
fi
[ -z "$JUNIT" ] || results_py junit "$dir/modules.ktap" modules "$dir/selftest.log" \
	selftest "$JUNIT" || exit 2
image_py report "$dir" ${config:+"$config"} | tee "$dir/report"
sed '$d' "$dir/results"
result="$what: modules: $(tail -n 1 "$dir/modules-results"); selftest: $(tail -n 1 "$dir/results")"
case $IMAGE in
linux-*) record "make boot IMAGE=$IMAGE" "$result" ;;
esac
echo "make boot: $result" | tee -a "$dir/report"
[ "$selftest_verdict$modules_verdict" = 00 ] || exit 1
