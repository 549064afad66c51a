# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154,SC2317	# shared with those that source it
#
# What the commands that build a kernel and boot it share. Sourced by them, after
# lib.sh; $command is their name.

KERNEL=${KERNEL:-6.12}
ARCH=${ARCH:-i386}
FIXES=${FIXES:-yes}
JOBS=${JOBS:-$(nproc)}
export KERNEL FIXES PYTHONUNBUFFERED=1

case $ARCH in
i386 | x86_64 | um) ;;
*) die "ARCH=$ARCH: not one of i386, x86_64, um" ;;
esac
case $FIXES in
yes) fixes='with fixes' ;;
no) fixes='as shipped' ;;
'' | *[!0-9,]*) die "FIXES=$FIXES: not yes, no, or numbers of patches/ like 0001,0003" ;;
*) fixes="with fixes $FIXES" ;;
esac
case $JOBS in
'' | 0 | *[!0-9]*) die "JOBS=$JOBS: not a number" ;;
esac

# Its name is what builds of it are called by.
find_kernel()
{
	sh "$top/harness/lib/need.sh" "$ARCH"
	found=$(sh "$top/harness/lib/kernel.sh" "$KERNEL")
	name=${found%% *}
	src=${found#* }
	version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' \
		"$src/Makefile" | paste -s -d .)
}

# fragment CONFIG: the path of a configuration fragment, given that or its name
fragment()
{
	configs=$top/tools/testing/kunit/configs
	path=$configs/module_decompress_$1.config
	[ -f "$path" ] || path=$1
	[ -f "$path" ] || die "CONFIG=$1: no such file, and not one of$(
		cd "$configs" && printf ' %s' module_decompress_*.config |
			sed 's/module_decompress_\([^.]*\).config/\1/g')"
	echo "$path"
}

# logged COMMAND ...: the output is shown, and kept; the exit status is its own.
logged()
{
	{
		"$@" 2>&1 && echo 0 >"$dir/status" || echo $? >"$dir/status"
	} | tee -a "$log"
	return "$(cat "$dir/status")"
}

kunit_py()
{
	subcommand=$1
	shift
	logged "$top/tools/testing/kunit/kunit.py" "$subcommand" \
		--build_dir="$dir" --arch="$ARCH" "$@"
}

# make_kernel TARGET [VARIABLE=VALUE ...]: for "all" what kunit.py does to build,
# but for compile_commands.json and for a "make olddefconfig" that takes half of
# the time after an edit: "config" does that.
make_kernel()
{
	logged flock -n "$build/tree/$name.lock" make -C "$build/tree/$name" \
		--no-print-directory -s "$@" \
		ARCH="$ARCH" O="$dir" --jobs="$JOBS" </dev/null
}

not_built()
{
	say "make $command: $what: not $1; see above, or $log"
	exit 2
}

# build_kernel FRAGMENT ...: $what in $dir, with what it says in $log; $module_flags
# is for the compiler, for modules only.
build_kernel()
{
	mkdir -p "$dir"
	: >"$log"

	still_there()
	{
		echo "  $(find "$dir" -name '*.o' 2>/dev/null | wc -l) objects built"
	}

	# Added one by one, as only these may contradict the configuration.
	for config; do
		while IFS= read -r line; do
			case $line in
			CONFIG_* | '# CONFIG_'*' is not set')
				set -- "$@" --kconfig_add="$line"
				;;
			esac
		done <"$config"
		shift
	done
	patiently kunit_py config "$@" || not_built configured
	say "Building $what ..."
	patiently make_kernel all CFLAGS_MODULE="${module_flags:-}" ||
		not_built built
}

# build_init SOURCE HEADERS: from C, the init of an initramfs, $dir/guest-init, on the
# nolibc of the tree HEADERS, with its selftests' headers one level up
build_init()
{
	logged gcc -m32 -Os -Wall -Werror -ffreestanding -fno-stack-protector \
		-fno-pie -no-pie -static -nostdlib \
		-include "$2/tools/include/nolibc/nolibc.h" \
		-I "$2/tools/testing/selftests/kmod" \
		-idirafter "/usr/include/$(gcc -print-multiarch)" \
		-o "$dir/guest-init" "$1"
}

# From "Testing complete. Ran 3 tests: passed: 2, skipped: 1" in the log, where
# what is zero is left out
count()
{
	n=$(sed -n "s/.*Ran [0-9]* tests:.* $1: \([0-9]*\).*/\1/p" "$log" |
		tail -n 1)
	echo "${n:-0}"
}

counts()
{
	result="$(count passed) passed, $(count failed) failed, $(count skipped) skipped"
	for c in crashed errors; do
		[ "$(count $c)" -eq 0 ] || result="$result, $(count $c) $c"
	done
	echo "$result"
}
