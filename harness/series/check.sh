#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make series CHECK=yes`: after each patch of build/series/ the kernel builds,
# the suite as far as it is there runs on i386 and UML, and what is red is red by a bug
# that is known. The fixes have all of the suite on top. W=1 and sparse are silent. The
# native program builds and runs, and the kselftest builds.
#
# Exit status: 0 so it is, 1 it is not, 2 it did not come to that.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
KERNEL=${KERNEL:-6.12}
FIXES=no
unset CONFIG FILTER BENCH BASE LLVM TIMEOUT JSON JUNIT
. "$top/harness/lib/build.sh"

command='series CHECK=yes'
series=$build/series
logs=$series/check
decompress=kernel/module/decompress.c

# with_suite: the tree has all of the suite, as make run puts it there
with_suite()
{
	exec 9>&-
	take_tree
	# Nobody else has it while it is not what they take it for.
	relock 9 "$build/tree/$name.lock" "$who" -x
	rm -f "$tree/.state"
}

# without_suite: and nothing of it
without_suite()
{
	with_suite
	suite_files | while read -r f; do
		rm -f "$tree/$f"
		[ ! -e "$src/$f" ] || cp "$src/$f" "$tree/$f"
	done
	rm -f "$tree/kernel/module/.module_decompress_kunit"
}

# The known bugs that a patch to decompress.c has cured are not known any more.
note_cured()
{
	while read -r number; do
		patch -sfR --dry-run -r - "$tree/$decompress" \
			"$top/patches/$number"-*.patch >/dev/null || echo "$number"
	done <"$tree/.lacks" >"$logs/lacks"
	cp "$logs/lacks" "$tree/.lacks"
}

# as_told ARCH: builds and boots, and says how it went
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

# quietly: all that is there of the suite compiles without a word. What the makefile
# does not name yet is named for the time.
quietly()
{
	w1=$build/kunit/$name-i386-w1
	log=$logs/$mail.w1.log
	start_from "$build/kunit/$name-i386" "$w1"
	# What is not in the makefile yet has no option, either.
	cp "$build/kunit/$name-i386/.config" "$w1"
	cp "$tree/kernel/module/Makefile" "$logs/Makefile"
	[ -e "$tree/kernel/module/decompress_kunit.c" ] ||
		(cd "$tree/kernel/module" && for f in tests/*.c; do
			[ ! -e "$f" ] || echo "obj-y += ${f%.c}.o"
		done) >>"$tree/kernel/module/Makefile"
	patiently into_log make -C "$tree" O="$w1" ARCH=i386 W=1 C=1 --jobs="$JOBS" -s \
		kernel/module/ || failed=1
	cp "$logs/Makefile" "$tree/kernel/module/Makefile"
	! grep -E 'kernel/module/(tests/|decompress)' "$log" >&2 || failed=1
}

# selftest: all of tools/testing/selftests/module/ that there is. What has no makefile
# yet is compiled as the one that is to come will do it.
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

# natively: as soon as there is a makefile, it makes a program of the suite that is in
# the tree, which runs it
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

# check_series NAME: patch by patch
check_series()
{
	for patch in "$series/$1"/000[1-9]-*.patch "$series/$1"/00[1-9][0-9]-*.patch; do
		[ -e "$patch" ] || continue
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
		if [ -e "$tree/kernel/module/decompress_kunit.c" ]; then
			as_told i386
			as_told um
		fi
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

with_suite
check_series fixes
without_suite
check_series suite
check_series native
check_series kselftest

minutes=$((($(date +%s) - started + 59) / 60))
if [ $failed -ne 0 ]; then
	say "make series: of $patches patches not all are as they should be, see above; $minutes min"
	exit 1
fi
echo "make series: $patches patches build, and all that fails is known; $minutes min"
