# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154,SC2317	# shared with those that source it
#
# What the commands that build a kernel and boot it share. Sourced by them, after
# lib.sh; $command is their name.

KERNEL=${KERNEL:-6.12}
ARCH=${ARCH:-i386}
FIXES=${FIXES:-$(default_fixes)}
JOBS=${JOBS:-$(nproc)}
LLVM=${LLVM:-}
DECOMPRESS=$(absolute "${DECOMPRESS:-}")
export KERNEL FIXES LLVM DECOMPRESS PYTHONUNBUFFERED=1

# What is built and booted, and how
read_machine "$ARCH" ||
	die "ARCH=$ARCH: not one of$(sed -n 's/^\([a-z0-9_-]*\)	.*/ \1/p' \
		"$top/harness/data/machines.tsv" | paste -s -d ,)"
target=$machine_target
case $FIXES in
yes) fixes='with fixes' ;;
no) fixes='as shipped' ;;
'' | ,* | *, | *[!0-9,]*) die "FIXES=$FIXES: not yes, no, or numbers of patches/ like 0001,0003" ;;
*) fixes="with fixes $FIXES" ;;
esac
case $KERNEL,$fixes in
6.1,* | 6.12,* | newest,*) ;;
*,'as shipped') fixes='as it is' ;;
esac
if [ "$DECOMPRESS" ]; then
	grep -qs '^int module_decompress(' "$DECOMPRESS" ||
		die "DECOMPRESS=$DECOMPRESS: not a decompress.c: it has no module_decompress()"
	fixes="with $DECOMPRESS in place of its decompress.c"
fi
case $JOBS in
'' | 0 | *[!0-9]*) die "JOBS=$JOBS: not a number" ;;
esac
case $LLVM in
'' | 1) ;;
*) die "LLVM=$LLVM: not 1" ;;
esac

# find_kernel: and the tools to build it
find_kernel()
{
	sh "$top/harness/lib/need.sh" "$ARCH"
	llvm=
	[ -z "$LLVM" ] || llvm=LLVM=$(sh "$top/harness/lib/llvm.sh")
	find_source
}

# find_source: BASE_COMMIT is one of its commits, if it is not to be taken as it is;
# $name is what builds of it are called by.
find_source()
{
	found=$(sh "$top/harness/lib/kernel.sh" "$KERNEL" ${BASE_COMMIT:+"$BASE_COMMIT"})
	name=${found%% *}
	src=${found#* }
	version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' \
		"$src/Makefile" | paste -s -d .)
}

# take_tree: the kernel with the suite in it; it stays so as long as this process
# lives.
take_tree()
{
	who="make $command of linux $version, $fixes, process $$"
	hash_sources
	mkdir -p "$build/tree"
	exec 9<>"$build/tree/$name.lock"
	tree=$(sh "$top/harness/lib/tree.sh" "$name" "$src" "$who")
}

# take_dir DIRECTORY: the build directory is ours as long as this process lives
take_dir()
{
	dir=$1
	mkdir -p "$dir"
	lock 8 "$dir/lock" "$who"
}

# start_from DIRECTORY NEW: most of what a kernel was built of there serves the same
# kernel in another configuration, which is to be built in the directory NEW
start_from()
(
	[ ! -d "$2" ] && [ -e "$1/built" ] || exit 0
	trap 'rm -rf "$2.$$"' EXIT
	trap 'exit 2' HUP INT TERM
	say "Starting from what is built in $1 ..."
	patiently flock -s "$1/lock" cp -a "$1" "$2.$$"
	(cd "$2.$$" && rm -f built configured results lock ./*.log ./*.json)
	# Another may have been as quick.
	mv -T "$2.$$" "$2" 2>/dev/null || :
)

# logged COMMAND ...: the output is shown, and kept; the exit status is its own.
logged()
{
	{
		"$@" 2>&1 && echo 0 >"$dir/status" || echo $? >"$dir/status"
	} | tee -a "$log"
	return "$(cat "$dir/status")"
}

# kunit_py COMMAND ARGUMENT ...: the tree's own. It boots what it would by itself, but for a
# command that builds nothing but the machine's target.
kunit_py()
{
	subcommand=$1
	shift
	[ "$target" != "$machine_target" ] || [ ! "$qemu" ] ||
		set -- --qemu_config="$top/harness/lib/machine.py" "$@"
	logged env KUNIT_MACHINE="$ARCH" python3 "$tree/tools/testing/kunit/kunit.py" \
		"$subcommand" --build_dir="$dir" --arch="$arch" \
		${cross:+--cross_compile="$cross"} "$@"
}

# make_kernel TARGET [VARIABLE=VALUE ...]: as kunit.py builds, but for
# compile_commands.json and for a "make olddefconfig" that takes half of the time
# after an edit: "config" does that.
make_kernel()
{
	logged make -C "$tree" --no-print-directory -s "$@" ${llvm:+"$llvm"} \
		ARCH="$arch" ${cross:+CROSS_COMPILE="$cross"} O="$dir" \
		--jobs="$JOBS" </dev/null
}

not_built()
{
	say "make $command: $what: not $1; see above, or $log"
	exit 2
}

# options_it_has FILE:OPTION ...: a fragment of the options that this kernel has, as one
# has no "if"
options_it_has()
{
	for option; do
		! grep -q "^config ${option#*:}\$" "$src/${option%%:*}" ||
			echo "CONFIG_${option#*:}=y"
	done
}

# configure FRAGMENT ...: only if something has changed of what goes into it. Their
# options are added one by one, as only these may contradict the configuration.
configure()
{
	key=$(cat "$top/.kunitconfig" "$top/kernel/module/.kunitconfig" \
		"$tree/kernel/module/Kconfig" "$tree/kernel/module/tests/Kconfig" \
		"$top/harness/configuration.py" \
		"$top"/harness/lib/machines/*.config "$@" | sha256sum)
	# Nor has anybody else been at it.
	[ "$key$(cat "$dir/.config" 2>/dev/null)" != \
		"$(cat "$dir/configured" 2>/dev/null)" ] || return 0
	still_there()
	{
		echo "  still configuring"
	}
	rm -f "$dir/configured"
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
	IFS='
'
	set -f
	# shellcheck disable=SC2046	# a line each
	set -- $(sh "$top/harness/lib/config_args.sh" "$tree" "$ARCH") "$@"
	set +f
	unset IFS
	patiently kunit_py config ${llvm:+--make_options="$llvm"} "$@" ||
		not_built configured
	echo "$key$(cat "$dir/.config")" >"$dir/configured"
}

# changed: is anything in the tree newer than what was built of it? What is in it has
# a directory in the build, too, or is a header, or makes others. make itself takes
# seconds to find that it has nothing to do.
changed()
{
	[ "$(cat "$dir/built" 2>/dev/null)" != "$1" ] || [ ! -e "$dir/$image" ] || (
		cd "$dir" && find . -type d ! -path './include*' -print0
	) | (
		cd "$tree" || exit
		{
			# shellcheck disable=SC2016	# of that shell
			xargs -0 sh -c 'find -L "$@" -maxdepth 1 -newer "$0"' \
				"$dir/built"
			find -L include arch/*/include scripts -newer "$dir/built"
		} 2>/dev/null
	) | grep -q .
}

# build_kernel [VARIABLE=VALUE ...]: $target of $what in $dir, with what it says in $log
build_kernel()
{
	case $ARCH,$target in
	um,* | *,"$machine_target") image=$machine_image ;;
	*,all) image=arch/x86/boot/bzImage ;;
	*) image=$target ;;
	esac
	still_there()
	{
		echo "  $(find "$dir" -name '*.o' 2>/dev/null | wc -l) objects built"
	}
	built="$target $* $("$(compiler)" --version | head -n 1) $(sha256sum <"$dir/.config")"
	changed "$built" || return 0
	say "Building $what ..."
	# Whatever is edited from now on is newer.
	echo "$built" >"$dir/built.new"
	rm -f "$dir/built"
	patiently make_kernel "$target" "$@" || not_built built
	mv "$dir/built.new" "$dir/built"
}

compiler()
{
	if [ "$llvm" ]; then
		echo "${llvm#LLVM=}clang"
	else
		echo "${cross}gcc"
	fi
}

# results_py COMMAND LOG ARGUMENT ...: see there
results_py()
{
	results_command=$1
	results_log=$2
	shift 2
	python3 "$top/harness/run/results.py" "$results_command" \
		"$tree/tools/testing/kunit" "$results_log" "$@"
}

# find_headers: $headers is a tree whose nolibc has syscall() and goes with its
# kselftest.h, which in 6.1 is not so
find_headers()
{
	headers=$src
	if ! grep -q NOLIBC "$src/tools/testing/selftests/kselftest.h"; then
		found=$(sh "$top/harness/lib/kernel.sh" 6.12)
		headers=${found#* }
	fi
}

# build_init HEADERS SOURCE ...: from C, the init of an initramfs, $dir/guest-init, on the
# nolibc of the tree HEADERS, with its selftests' headers one level up
build_init()
{
	guest_headers=$1
	shift
	case $ARCH in
	i386) bits=-m32 ;;
	x86_64) bits=-m64 ;;
	*) bits= ;;
	esac
	logged "${cross}gcc" $bits -Os -Wall -Werror -ffreestanding -fno-stack-protector \
		-fno-pie -no-pie -static -nostdlib \
		-include "$guest_headers/tools/include/nolibc/nolibc.h" \
		-I "$guest_headers/tools/testing/selftests/kmod" \
		-idirafter "/usr/include/$(gcc -print-multiarch)" \
		-o "$dir/guest-init" "$@"
}

selftest=$top/tools/testing/selftests/module

# build_guest HEADERS: the init of a guest in which GUEST=NAME says what runs, from
# harness/guest/ and the helpers of the selftest
build_guest()
{
	build_init "$1" -I "$selftest" "$top"/harness/guest/*.c "$selftest/files.c" \
		"$selftest/modules.c" "$selftest/run.c" "$selftest/watch.c"
}
