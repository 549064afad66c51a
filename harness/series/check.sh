#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make series CHECK=yes`: apply the patches of build/series/ one by one. After
# each patch, build the kernel, with W=1 and sparse silent, and run the suites that exist
# so far on i386 and UML: only known bugs may fail. For the fixes the whole suite is
# installed. Also build and run the native program, and build the kselftest.
#
# The core is run alone, as its maintainers would: by the tree's kunit.py, in each format;
# and without each of the fixes that it shows, which must fail it. With CHECK=core, only
# that is done.
#
# Exit status: 0 success, 1 a check failed, 2 no verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
KERNEL=${KERNEL:-6.12}
FIXES=no
unset CONFIG FILTER BENCH BASE LLVM TIMEOUT JSON JUNIT
. "$top/harness/lib/build.sh"

command='series CHECK=yes'
series=$build/series
logs=$series/check
core=kernel/module/tests/decompress_core.c

# with_suite: take the tree with the whole suite, as make run does
with_suite()
{
	exec 9>&-
	take_tree
	# The tree differs from what other commands expect: lock them out.
	relock 9 "$build/tree/$name.lock" "$who" -x
	rm -f "$tree/.state"
}

# without_suite: take the tree without the suite
without_suite()
{
	with_suite
	suite_files | while read -r f; do
		rm -f "$tree/$f"
		[ ! -e "$src/$f" ] || cp "$src/$f" "$tree/$f"
	done
	rm -f "$tree/kernel/module/.module_decompress_kunit"
}

# Update the list of bugs that the tree still has: the cases of a fixed bug must pass.
note_cured()
{
	while read -r number; do
		cat "$top/patches/$number"-*.patch "$top"/patches/*/"$number"-*.patch 2>/dev/null |
			patch -sfR --dry-run -p1 -d "$tree" >/dev/null || echo "$number"
	done <"$tree/.lacks" >"$logs/lacks"
	cp "$logs/lacks" "$tree/.lacks"
}

# as_told ARCH: build, boot, and print the result
as_told()
{
	log=$logs/$mail.$1.log
	status=0
	patiently into_log env ARCH="$1" TREE="$tree" sh "$top/harness/run/run.sh" ||
		status=$?
	result=$(sed -n 's/^make run: .*: \([0-9]* passed.*\);.*/\1/p' "$log")
	case $status,$result in
	0,* | 1,*', 0 not known)'*) ;;
	*)
		tail -n 20 "$log" >&2
		failed=1
		;;
	esac
	echo "    $1: ${result:-not run}"
}

# makes_suite: does the tree's makefile name the suite?
makes_suite()
{
	grep -q module_decompress_kunit "$tree/kernel/module/Makefile"
}

# quietly: check that the suite compiles without warnings of W=1 and sparse. Files that
# the makefile does not name yet are added to it for this check.
quietly()
{
	w1=$build/kunit/$name-i386-w1
	log=$logs/$mail.w1.log
	start_from "$build/kunit/$name-i386" "$w1"
	# While the makefile does not name the suite, its Kconfig option is missing as well.
	cp "$build/kunit/$name-i386/.config" "$w1"
	cp "$tree/kernel/module/Makefile" "$logs/Makefile"
	makes_suite ||
		(cd "$tree/kernel/module" && for f in decompress_kunit.c tests/*.c; do
			[ ! -e "$f" ] || echo "obj-y += ${f%.c}.o"
		done) >>"$tree/kernel/module/Makefile"
	patiently into_log make -C "$tree" O="$w1" ARCH=i386 W=1 C=1 --jobs="$JOBS" -s \
		kernel/module/ || failed=1
	cp "$logs/Makefile" "$tree/kernel/module/Makefile"
	! grep -E 'kernel/module/(tests/|decompress)' "$log" >&2 || failed=1
}

# selftest: build tools/testing/selftests/module/. Before its patch adds the makefile,
# compile the files with the makefile of this repository.
selftest()
{
	module=tools/testing/selftests/module
	log=$logs/$mail.log
	rm -rf "$logs/selftest"
	if grep -qs decompress "$tree/$module/Makefile"; then
		set -- -C "$tree/tools/testing/selftests" TARGETS=module O="$logs/selftest"
	else
		set -- -C "$tree/$module" -f "$top/$module/Makefile"
		for f in "$tree/$module"/*.c; do
			f=${f##*/}
			set -- "$@" "${f%.c}.o"
		done
	fi
	patiently into_log make "$@" USERCFLAGS=-Werror || {
		tail -n 20 "$log" >&2
		failed=1
	}
	find "$tree/$module" -name '*.o' -delete -printf '    compiles: %f\n'
	find "$logs" -path '*/selftest/*/decompress' -type f -executable \
		-printf '    builds: %f\n'
}

# natively: build and run the native program, if the tree has its makefile
natively()
{
	native=tools/testing/module_decompress
	log=$logs/$mail.log
	[ -e "$tree/$native/Makefile" ] || return 0
	status=0
	patiently into_log make -C "$tree/$native" O="$logs/native" --jobs="$JOBS" -s &&
		patiently into_log "$logs/native/module_decompress" || status=$?
	if [ $status -gt 1 ] || ! grep -q '^1\.\.3$' "$log"; then
		tail -n 20 "$log" >&2
		failed=1
	fi
	echo "    natively: $(grep -c ' ok ' "$log") results"
}

# check_series NAME: apply the patches of a series one by one, and check after each
check_series()
{
	for patch in "$series/$1"/000[1-9]-*.patch "$series/$1"/00[1-9][0-9]-*.patch; do
		[ -e "$patch" ] || continue
		# The whole suite has the core's test already.
		[ ! -e "$tree/$core" ] || ! grep -q "^+++ b/$core" "$patch" || continue
		mail=$1-$(basename "$patch" | cut -c 1-4)
		sed -n 's/^Subject: \[.*\] //p' "$patch" | sed "s/^/  $mail: /"
		patch -s -p1 --no-backup-if-mismatch -d "$tree" <"$patch" >&2 ||
			die "series: $patch does not apply to $tree"
		patches=$((patches + 1))
		case $1 in
		native)
			natively
			continue
			;;
		kselftest)
			selftest
			continue
			;;
		esac
		note_cured
		quietly
		if makes_suite; then
			as_told i386
			as_told um
		fi
	done
}

# core_run ARCH FORMAT: configure, build and boot the tree with the core; print what came
core_run()
{
	log=$logs/$mail.$1-$2.log
	{
		sed 's/_COMPRESS_GZIP=y/_COMPRESS_'"$2"'=y/' "$tree/kernel/module/.kunitconfig"
		[ "$1" = um ] || echo CONFIG_HIGHMEM4G=y
		has_module_compress || echo '# CONFIG_MODULE_COMPRESS is not set'
	} >"$logs/core.kunitconfig"
	set -- "$1" "$2" --arch="$1" --kunitconfig="$logs/core.kunitconfig" \
		--build_dir="$build/kunit/$name-core-$1" --jobs="$JOBS"
	arch=$1 format=$2
	shift 2
	core_status=0
	patiently into_log python3 "$tree/tools/testing/kunit/kunit.py" run "$@" || core_status=$?
	result=$(sed -n 's/.*Testing complete\. //p' "$log")
	[ "$result" ] || {
		tail -n 20 "$log" >&2
		result='not run'
		failed=1
	}
	echo "    $arch, $format${without:+, without $without}: $result"
}

# core_green ARCH FORMAT
core_green()
{
	without=
	core_run "$1" "$2"
	[ $core_status -eq 0 ] || failed=1
}

# core_red ARCH FORMAT NUMBER CASE: without that patch this case has to fail
core_red()
{
	without=$3
	patch -sR -p1 --no-backup-if-mismatch -d "$tree" <"$(echo "$top/patches/$3"-*.patch)" >&2
	core_run "$1" "$2"
	grep -q "FAILED\] $4" "$log" || {
		echo "    $4 does not fail"
		failed=1
	}
	patch -s -p1 --no-backup-if-mismatch -d "$tree" <"$(echo "$top/patches/$3"-*.patch)" >&2
}

has_module_compress()
{
	grep -q '^config MODULE_COMPRESS$' "$tree/kernel/module/Kconfig"
}

check_core()
{
	check_series core
	for format in GZIP XZ ZSTD; do
		core_green i386 $format
		case $format in
		GZIP) core_red i386 GZIP 0001 lengths_around_pages_come_out_intact ;;
		ZSTD) core_red i386 ZSTD 0003 truncated_file_is_refused ;;
		esac
		core_green um "$format"
		case $format in
		XZ) core_red um XZ 0012 too_large_a_header_is_refused ;;
		ZSTD)	core_red um ZSTD 0003 truncated_file_is_refused
			core_red um ZSTD 0004 too_large_a_header_is_refused
			;;
		esac
	done
}

need sparse
mkdir -p "$logs"
find_kernel
trap 'rm -rf "$tree"' EXIT
trap 'exit 2' HUP INT TERM
failed=0
patches=0
started=$(date +%s)

# quietly() takes the configuration of a run.
[ -e "$build/kunit/$name-i386/.config" ] || {
	with_suite
	mail=suite
	as_told i386
}
without_suite
check_core
if [ "$CHECK" = yes ]; then
	check_series suite
	check_series native
	check_series kselftest
	with_suite
	check_series core
	check_series fixes
	check_series xz
	check_series loadpin
fi

minutes=$((($(date +%s) - started + 59) / 60))
if [ $failed -ne 0 ]; then
	say "make series: of $patches patches not all are as they should be, see above; $minutes min"
	exit 1
fi
echo "make series: $patches patches build, and all that fails is known; $minutes min"
