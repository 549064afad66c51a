#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The suite as 0-day builds it: in configurations that nobody has thought of, by gcc and
# clang, for i386 and x86_64, and no further than kernel/module/. SEED draws them.
# Behind `make bots`, which has looked at the variables.
#
# Exit status: 0 no warning, and nothing missing, 1 there is, 2 it did not come to that.

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

# draw N: sets $drawn to one of the numbers below N, the same for a seed on any machine
state=$SEED
draw()
{
	state=$(((state * 1103515245 + 12345) & 0x7fffffff))
	drawn=$(((state >> 8) % $1))
}

# What the suite calls, and what has to be there for it
needs()
{
	cat <<-END
		kunit_	KUNIT
		zlib_	ZLIB_INFLATE
		xz_dec_	XZ_DEC
		zstd_	ZSTD_DECOMPRESS
		kmsg_dump_	PRINTK
	END
}

option()
{
	sed -n "s/^CONFIG_$1=//p" "$dir/.config"
}

objects()
{
	find "$dir/kernel/module" -name 'decompress_kunit.o' -o \
		-path '*/tests/*' -name '*.o'
}

# Is all that the suite calls where it can reach it? kernel/module/ alone is not linked.
reaches()
{
	objects | xargs nm -u | sed -n 's/^ *U //p' | sort -u >"$dir/called"
	needs | while IFS='	' read -r prefix symbol; do
		grep -q "^$prefix" "$dir/called" || continue
		case $(option "$symbol")$suite in
		yy | ym | mm) ;;
		*) echo "it calls $prefix..., and CONFIG_$symbol=$(option "$symbol")" ;;
		esac
	done >"$dir/beyond"
	! grep . "$dir/beyond"
}

# kbuild TARGET [VARIABLE=VALUE ...]
kbuild()
{
	make -C "$tree" --no-print-directory -s "$@" ARCH="$arch" O="$dir" \
		${with_llvm:+"$with_llvm"} --jobs="$JOBS" </dev/null
}

still_there()
{
	echo "  $what"
}

ours='kernel/module/(tests/|decompress_kunit)|MODULE_DECOMPRESS_KUNIT'

# try TARGET FORCED: one configuration; what it says goes to $log
try()
{
	rm -f "$dir/.config"
	KCONFIG_ALLCONFIG=$2 KCONFIG_SEED=$kconfig_seed kbuild "$1" || return 2
	suite=$(option MODULE_DECOMPRESS_KUNIT_TEST)
	[ "$suite" ] || return 0
	[ ! -d "$dir/kernel/module" ] || objects | xargs rm -f
	status=0
	kbuild kernel/module/ || status=2
	! grep -Eq "($ours).*(warning|error)" "$log" || return 1
	[ $status -eq 0 ] || return $status
	[ "$(objects | wc -l)" -gt 10 ] || return 2
	reaches || return 1
}

passed=0 failed=0 off=0 unknown=0 number=0

# one ARCH COMPILER TARGET FORCED [SEED]
one()
{
	arch=$1
	compiler=$2
	kconfig_seed=${5:-0}
	with_llvm=
	[ "$compiler" = gcc ] || with_llvm=LLVM=$llvm
	number=$((number + 1))
	case ${ARCH:-$arch} in
	"$arch") ;;
	*) return 0 ;;
	esac
	dir=$build/0day/$name-$arch-$compiler
	log=$dir/$number.log
	mkdir -p "$dir"
	what="$number: $arch, $compiler, $3${5:+, KCONFIG_SEED=$5}"
	status=0
	patiently into_log try "$3" "$4" || status=$?
	suite=$(option MODULE_DECOMPRESS_KUNIT_TEST)
	! grep -A 30 'unmet direct dependencies' "$log" | grep -Eq "$ours" || status=1
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
  make -C $tree O=$dir ARCH=$arch ${with_llvm:+$with_llvm }KCONFIG_ALLCONFIG=$4 KCONFIG_SEED=$kconfig_seed $3 kernel/module/"
	}
}

# An error in what is not of the suite would leave nothing to see of it.
no_errors='# CONFIG_WERROR is not set
# CONFIG_RUST is not set'
printf '%s\n' 'CONFIG_KUNIT_ALL_TESTS=y' "$no_errors" >"$build/0day/all.config"

# forced SUITE KUNIT FILE: what the suite depends on is there, and all else as it comes
forced()
{
	cat <<-END >"$3"
		CONFIG_KUNIT=$2
		CONFIG_MODULE_DECOMPRESS_KUNIT_TEST=$1
		CONFIG_MODULES=y
		CONFIG_PRINTK=y
		CONFIG_MODULE_DECOMPRESS_ENABLE_ALL_FOR_KUNIT=y
		$no_errors
	END
}

# What is not forced shows whether the suite is kept from where it cannot be.
left_free()
{
	cat <<-END >"$1"
		CONFIG_KUNIT=y
		CONFIG_KUNIT_ALL_TESTS=y
		$no_errors
	END
}

say "0-day of linux $KERNEL: SEED=$SEED CONFIGS=$CONFIGS ..."
for target in allmodconfig allyesconfig; do
	for arch in i386 x86_64; do
		for compiler in gcc clang; do
			one "$arch" "$compiler" $target "$build/0day/all.config"
		done
	done
done

i=0
while [ $i -lt "$CONFIGS" ]; do
	i=$((i + 1))
	draw 2
	case $drawn in
	0) arch=i386 ;;
	1) arch=x86_64 ;;
	esac
	draw 2
	case $drawn in
	0) compiler=gcc ;;
	1) compiler=clang ;;
	esac
	draw 3
	case $drawn in
	0) is=y of=y ;;
	1) is=m of=y ;;
	2) is=m of=m ;;
	esac
	draw 1000000
	file=$build/0day/$is-$of.config
	forced "$is" "$of" "$file"
	# One in five is left to what it depends on.
	if [ $((i % 5)) -eq 0 ]; then
		file=$build/0day/free.config
		left_free "$file"
	fi
	one "$arch" "$compiler" randconfig "$file" "$drawn"
done

counts="$passed without a warning, $failed failed, $off without the suite, $unknown no verdict"
echo "make bots: 0-day, linux $KERNEL, SEED=$SEED: $counts"
[ $failed -eq 0 ] || exit 1
[ $unknown -eq 0 ] || exit 2
