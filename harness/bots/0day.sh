#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The suite as 0-day builds it: in configurations that the kernel's own randconfig draws, by
# gcc and clang, for i386 and x86_64, and no further than kernel/module/. The n-th has
# KCONFIG_SEED=SEED+n. Behind `make bots`, which has looked at the variables.
#
# Exit status: 0 no warning, and nothing is missing, 1 otherwise, 2 no verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

KERNEL=${KERNEL:-6.12}
FIXES=${FIXES:-$(default_fixes)}
export KERNEL FIXES
CONFIGS=${CONFIGS:-30}
SEED=${SEED:-$(od -A n -N 2 -t u2 /dev/urandom | tr -d ' ')}
JOBS=${JOBS:-$(nproc)}
who="make bots of linux $KERNEL, process $$"

LLVM=1 sh "$top/harness/lib/need.sh" x86_64
llvm=$(sh "$top/harness/lib/llvm.sh")
found=$(sh "$top/harness/lib/kernel.sh" "$KERNEL")
name=${found%% *}
src=${found#* }
mkdir -p "$build/tree" "$build/0day"
exec 9<>"$build/tree/$name.lock"
tree=$(sh "$top/harness/lib/tree.sh" "$name" "$src" "$who")
lock 8 "$build/0day/lock" "$who"

# What the suite calls, and what has to be there for it
needs='kunit_ KUNIT
zlib_ ZLIB_INFLATE
xz_dec_ XZ_DEC
zstd_ ZSTD_DECOMPRESS
kmsg_dump_ PRINTK'

option()
{
	sed -n "s/^CONFIG_$1=//p" "$dir/.config"
}

objects()
{
	find "$dir/kernel/module" -name 'decompress_kunit.o' -o \
		-path '*/tests/*' -name '*.o'
}

# reaches: is all that the suite calls where it can reach it? kernel/module/ is not linked.
reaches()
{
	objects | xargs nm -u | sed -n 's/^ *U //p' | sort -u >"$dir/called"
	echo "$needs" | while read -r prefix symbol; do
		grep -q "^$prefix" "$dir/called" || continue
		case $(option "$symbol")$suite in
		yy | ym | mm) ;;
		*) echo "it calls $prefix..., and CONFIG_$symbol=$(option "$symbol")" ;;
		esac
	done >"$dir/beyond"
	! grep . "$dir/beyond"
}

# kbuild TARGET
kbuild()
{
	make -C "$tree" --no-print-directory -s "$1" ARCH="$arch" O="$dir" \
		${with_llvm:+"$with_llvm"} --jobs="$JOBS" </dev/null
}

still_there()
{
	echo "  $what"
}

ours='kernel/module/(tests/|decompress_kunit)|MODULE_DECOMPRESS_KUNIT'

# try: one configuration; what it says goes to $log
try()
{
	rm -f "$dir/.config"
	KCONFIG_ALLCONFIG=$forced KCONFIG_SEED=$seed kbuild randconfig || return 2
	suite=$(option MODULE_DECOMPRESS_KUNIT_TEST)
	! grep -A 30 'unmet direct dependencies' "$log" | grep -Eq "$ours" || return 1
	[ "$suite" ] || return 0
	[ ! -d "$dir/kernel/module" ] || objects | xargs rm -f
	status=0
	kbuild kernel/module/ || status=2
	! grep -Eq "($ours).*(warning|error)" "$log" || return 1
	[ $status -eq 0 ] || return $status
	[ "$(objects | wc -l)" -gt 10 ] || return 2
	reaches || return 1
}

# force NUMBER: what a configuration must have. Every fifth has KUNIT alone, and shows whether
# the suite is kept from where it cannot be. An error in what is not of the suite would leave
# nothing to see of it.
force()
{
	printf '%s\n' '# CONFIG_WERROR is not set' '# CONFIG_RUST is not set'
	if [ $(($1 % 5)) -eq 0 ]; then
		printf '%s\n' CONFIG_KUNIT=y CONFIG_KUNIT_ALL_TESTS=y
		return
	fi
	printf '%s\n' CONFIG_MODULES=y CONFIG_PRINTK=y \
		CONFIG_MODULE_DECOMPRESS_ENABLE_ALL_FOR_KUNIT=y
	case $(($1 % 3)) in
	0) printf '%s\n' CONFIG_KUNIT=y CONFIG_MODULE_DECOMPRESS_KUNIT_TEST=y ;;
	1) printf '%s\n' CONFIG_KUNIT=y CONFIG_MODULE_DECOMPRESS_KUNIT_TEST=m ;;
	2) printf '%s\n' CONFIG_KUNIT=m CONFIG_MODULE_DECOMPRESS_KUNIT_TEST=m ;;
	esac
}

say "0-day of linux $KERNEL: SEED=$SEED CONFIGS=$CONFIGS ..."
passed=0 failed=0 off=0 unknown=0
n=0
while [ $n -lt "$CONFIGS" ]; do
	n=$((n + 1))
	seed=$((SEED + n))
	arch=${ARCH:-$([ $((n % 2)) -eq 0 ] && echo x86_64 || echo i386)}
	compiler=gcc with_llvm=
	[ $((n / 2 % 2)) -eq 0 ] || compiler=clang with_llvm=LLVM=$llvm
	dir=$build/0day/$name-$arch-$compiler
	mkdir -p "$dir"
	log=$dir/$n.log
	forced=$dir/$n.config
	force $n >"$forced"
	what="$n: $arch, $compiler, KCONFIG_SEED=$seed"
	status=0
	patiently into_log try || status=$?
	suite=$(option MODULE_DECOMPRESS_KUNIT_TEST)
	case $status,$suite in
	0,) off=$((off + 1)) result='not asked for' ;;
	0,*) passed=$((passed + 1)) result="ok, =$suite" ;;
	1,*) failed=$((failed + 1)) result="FAILED, =$suite" ;;
	*) unknown=$((unknown + 1)) result='no verdict: the kernel itself does not build' ;;
	esac
	echo "$what: $result"
	[ "$status" -eq 0 ] || {
		tail -n 5 "$log"
		echo "  see $log; again: make bots BOTS=0day KERNEL=$KERNEL SEED=$SEED CONFIGS=$CONFIGS, or
  make -C $tree O=$dir ARCH=$arch ${with_llvm:+$with_llvm }KCONFIG_ALLCONFIG=$forced KCONFIG_SEED=$seed randconfig kernel/module/"
	}
done

counts="$passed without a warning, $failed failed, $off without the suite, $unknown no verdict"
echo "make bots: 0-day, linux $KERNEL, SEED=$SEED: $counts"
[ $failed -eq 0 ] || exit 1
[ $unknown -eq 0 ] || exit 2
