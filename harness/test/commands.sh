# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC2317	# shared with those that source it
#
# Do the commands do what they promise: are verdicts made of kernels that ran, and of
# the kernel that was asked for; is what is no good refused? Sourced by test.sh.

# with_qemu SCRIPT COMMAND ...: with that in the place of any QEMU
with_qemu()
{
	mkdir -p "$logs/fake"
	printf '#!/bin/sh\n%s\n' "$1" >"$logs/fake/qemu-system-i386"
	chmod +x "$logs/fake/qemu-system-i386"
	shift
	PATH=$logs/fake:$PATH "$@"
}

header='printf "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: suite\n    1..2\n    ok 1 one\n"'

# A tree of one's own, of links to the kernel: with its own kunit_kernel.py
own_tree()
{
	own=$logs/own_tree
	rm -rf "$own"
	mkdir -p "$own/kernel" "$own/tools/testing"
	for f in "$build/src/linux-$kernel"/*; do
		case ${f##*/} in
		kernel | tools) ;;
		*) ln -s "$f" "$own" ;;
		esac
	done
	for f in "$build/src/linux-$kernel"/kernel/*; do
		ln -s "$f" "$own/kernel"
	done
	rm "$own/kernel/module"
	cp -r "$build/src/linux-$kernel/kernel/module" "$own/kernel"
	for f in "$build/src/linux-$kernel"/tools/testing/*; do
		ln -s "$f" "$own/tools/testing"
	done
	rm "$own/tools/testing/kunit"
	cp -r "$build/src/linux-$kernel/tools/testing/kunit" "$own/tools/testing"
}

replay()
{
	make -C "$top" --no-print-directory replay "$@"
}

not_for_replay()
{
	mkdir -p "$logs/empty"
	: >"$logs/what.txt"
	rm -f "$logs/evaluated"
	truncate -s 65M "$logs/large.xz"
	refused 'which files' replay &&
		refused 'no-such.xz' replay FILES=no-such.xz &&
		refused "'no-such.xz: No such file" replay FILES="'no-such.xz" &&
		refused 'No such file' \
			replay FILES="\$(shell touch $logs/evaluated)" &&
		refused 'No such file' replay FILES="\$(touch $logs/evaluated)" &&
		[ ! -e "$logs/evaluated" ] &&
		refused "no .gz, .xz or .zst file" replay FILES="$logs/empty" &&
		refused 'neither its name nor its content' \
			replay FILES="$logs/what.txt" &&
		refused 'larger than 64 MB' replay FILES="$logs/large.xz" &&
		refused 'neither a file nor a directory' \
			replay FILES=/dev/null &&
		refused 'ARCH=um' replay FILES="$logs/large.xz" ARCH=um
}

matrix()
{
	make -C "$top" --no-print-directory matrix "$@"
}

# What fails, what did not run, for want of QEMU, too, and what need not run again
matrix_verdicts()
{
	exits 1 with_qemu "$header; echo '    not ok 2 two'" matrix ROWS=i386 \
		>"$logs/out" && grep '^i386  *red .* 1 failed' "$logs/out" || return
	exits 2 with_qemu 'exit 1' matrix ROWS=i386 >"$logs/out" &&
		grep '^i386  *not run .* did not come to its first test' "$logs/out" ||
		return
	rm -rf "$logs/no_qemu"
	mkdir -p "$logs/no_qemu"
	for f in /usr/bin/*; do
		case $f in
		*/qemu-system-*) ;;
		*) ln -s "$f" "$logs/no_qemu" ;;
		esac
	done
	PATH=$logs/no_qemu exits 2 matrix ROWS=i386 INSTALL=no >"$logs/out" &&
		grep '^i386  *not run .*missing: qemu-system-i386' "$logs/out" || return
	matrix ROWS=i386,um JSON="$logs/matrix.json" JUNIT="$logs/matrix.xml" \
		>"$logs/out" && grep ': 2 green, 0 known, 0 red, 0 not run$' "$logs/out" ||
		return
	matrix ROWS=um 2>"$logs/out" && grep '^um: nothing has changed' "$logs/out" ||
		return
	matrix ROWS=i386,um >"$logs/out" 2>&1 || return
	grep -c 'class="green"><b>' "$build/matrix/$kernel-yes/report.html"
	python3 - "$logs/matrix.json" "$logs/matrix.xml" <<-'END'
		import json, sys, xml.etree.ElementTree as ET
		rows = json.load(open(sys.argv[1]))
		assert [(row['row'], row['word']) for row in rows] == [
			('i386', 'green'), ('um', 'green')]
		suites = ET.parse(sys.argv[2]).getroot()
		assert [suite.get('name') for suite in suites] == ['i386', 'um']
		assert all(int(suite.get('tests')) > 200 for suite in suites)
	END
}

not_for_matrix()
{
	refused 'no row nothing' matrix ROWS=um,nothing &&
		refused 'which row' matrix ROWS=, &&
		refused 'no row i386-zstd for KERNEL=6.1' \
			matrix ROWS=i386-zstd KERNEL=6.1 &&
		refused 'FIXES=maybe' matrix FIXES=maybe &&
		refused 'make matrix takes no HOSTS= any more; run make matrix' matrix HOSTS=a
}

not_for_native()
{
	set -- make -C "$top" --no-print-directory
	refused 'FIXES=maybe' "$@" native FIXES=maybe &&
		refused 'SECONDS=long' "$@" fuzz SECONDS=long &&
		refused 'no lzma' "$@" fuzz ALGORITHMS='xz lzma' &&
		refused 'CORPUS=/nowhere' "$@" fuzz CORPUS=/nowhere &&
		refused 'make fuzz takes no HOSTS= any more; run it in' "$@" fuzz HOSTS=a
}

not_for_check()
{
	set -- make -C "$top" --no-print-directory
	refused 'make check has another name: make check-modules' "$@" check FILES=a.xz &&
		refused 'make check-modules takes no ARCH=' "$@" check-modules ARCH=i386 &&
		refused 'which files' "$@" check-modules &&
		refused 'FILES and FILES_FROM' "$@" check-modules FILES=a.xz FILES_FROM=b &&
		refused 'KCONFIG=/nowhere' "$@" check-modules FILES=a.xz KCONFIG=/nowhere &&
		refused 'VERBOSE=maybe' "$@" check-modules FILES=a.xz VERBOSE=maybe &&
		refused '/nowhere/json' "$@" check-modules FILES=a.xz JSON=/nowhere/json &&
		refused 'not both into one file' "$@" check-modules FILES=a.xz JSON=x JUNIT=x &&
		refused 'KERNEL=5.0' "$@" check-modules FILES=a.xz KERNEL=5.0
}

command_checks()
{
	check commands 'matrix refuses bad variables' not_for_matrix
	check native 'native and fuzz refuse bad variables' not_for_native
	check check 'check-modules refuses bad variables' not_for_check
	check commands 'matrix tells what its rows came to' matrix_verdicts
	check replay 'replay refuses what it cannot ask about' not_for_replay
}
