# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC2317	# shared with those that source it
#
# Is the suite green on a fixed kernel, and red where a fix is missing: in as many cases as
# red.tsv says, by what known.tsv knows? Sourced by test.sh.

# results NAME-ARCH[-CONFIG...] [STATUS]: the tests of the last such run, or those that
# ended so
results()
{
	python3 "$top/harness/run/results.py" list \
		"$build/tree/${1%%-*}/tools/testing/kunit" \
		"$build/kunit/$1/test.log" >"$logs/results" || return
	sed -n "s/^${2:-[A-Z]*} //p" "$logs/results" | sort
}

# skips_of ARCH: the cases that are to be skipped
skips_of()
{
	awk -F '\t' -v arch="$1" '$1 == "all" || $1 == arch { print $2 }' \
		"$top/harness/test/skips.tsv" | sort
}

# green NAME-ARCH[-CONFIG...] VARIABLE=VALUE ...: no test may fail, and just those that
# skips.tsv names are skipped. All the others are there, and pass.
green()
{
	configuration=$1
	shift
	run "$@" || return
	arch=${configuration#*-}
	skips_of "${arch%%-*}" >"$logs/skips"
	results "$configuration" SKIP >"$logs/skips.is"
	diff -u "$logs/skips" "$logs/skips.is" || return
	results "$configuration" >"$logs/cases.is"
	[ -e "$logs/cases" ] || cp "$logs/cases.is" "$logs/cases"
	diff -u "$logs/cases" "$logs/cases.is" && [ -s "$logs/cases" ]
}

# red_are ARCH LOG COLUMN NUMBER ...: what failed in the run with this log failed by the bugs that
# these patches fix, each as often as red.tsv says of the machine, or else at least once
red_are()
{
	machine=$1
	report=$2
	column=$3
	shift 3
	grep -F ', 0 not known)' "$report" || return
	[ "$(grep -c '^  [0-9]* by [0-9]*, ' "$report")" -eq $# ] || return
	for number; do
		often=$(awk -F '\t' -v machine="$machine" -v number="$number" -v column="$column" \
			'$1 == machine && $2 == number { print $column }' "$top/harness/test/red.tsv")
		grep "^  ${often:-[1-9][0-9]*} by $number, " "$report" || {
			echo "not ${often:-at least one} by $number on $machine"
			return 1
		}
	done
}

# red_without ARCH NUMBER ...: all other patches are left in. Is what goes red what these
# cure, and all of it?
red_without()
{
	arch=$1
	shift
	others=$(find "$top/patches" -name '*.patch' | sed 's/.*\///; s/-.*//; /0008/d' |
		grep -vxF "$(printf '%s\n' "$@")" | sort | paste -s -d ,)
	exits 1 run ARCH="$arch" FIXES="$others" >"$logs/red.log" &&
		red_are "$arch" "$logs/red.log" 3 "$@"
}

# Both have to name their cause.
log_says()
{
	grep -F "$2" "$build/kunit/$kernel-$1/test.log"
}

red_without_gzip_fix()
{
	red_without i386 0001 &&
		log_says i386 'by an address outside the page] kunmap_local() 4096 bytes' &&
		log_says i386 'after.kmap_idx == 1'
}

# known_on ARCH: the patches without which cases fail there
known_on()
{
	grep -v '^#' "$top/harness/run/known.tsv" | cut -f 1 | sort -u |
		grep -vxF "$(awk -F '\t' -v machine="$1" \
			'$1 == machine && $3 == 0 { print $2 }' "$top/harness/test/red.tsv")"
}

as_shipped_is_red()
{
	exits 1 run FIXES=no JSON="$logs/red.json" JUNIT="$logs/red.xml" \
		>"$logs/red.log" || return
	# shellcheck disable=SC2046	# numbers
	red_are i386 "$logs/red.log" 4 $(known_on i386) || return
	# Each is told with its patch
	n=$(sed -n 's/.* \([0-9]*\) failed (.*/\1/p' "$logs/red.log")
	grep -F " by 0001, $(sed -n 's/^Subject: \[PATCH\] //p' "$top"/patches/0001-*)" \
			"$logs/red.log" || return
	python3 - "$logs/red.json" "$logs/red.xml" "$n" <<-'END'
		import json, sys, xml.etree.ElementTree as ET
		failures = ET.parse(sys.argv[2]).findall('.//failure')
		text = open(sys.argv[1]).read()
		json.loads(text)
		n = int(sys.argv[3])
		assert len(failures) == text.count('"FAIL"') == n, (len(failures), n)
		assert any('by an address outside the page' in f.text for f in failures)
	END
}

machine_as_shipped_is_red()
{
	numbers=$(known_on "$1")
	# shellcheck disable=SC2086
	exits 1 run ARCH="$1" FIXES=no >"$logs/red.log" &&
		red_are "$1" "$logs/red.log" 4 $numbers
}

# In other releases, too, none fails that is not known.
other_is_red()
{
	exits 1 run "$@" FIXES=no >"$logs/red.log" &&
		grep -F ', 0 not known)' "$logs/red.log"
}

kunit_py()
{
	"$top/tools/testing/kunit/kunit.py" "$@"
}

kunit_py_alone()
{
	dir=$build/kunit/$kernel-i386
	cd "$logs" || return
	for command in config 'build --jobs=2' 'exec --json=kunit.json'; do
		# shellcheck disable=SC2086	# the command and its flags
		kunit_py $command --arch=i386 --build_dir="$dir" || return
	done
	grep -q '"PASS"' kunit.json && ! grep -E '"(FAIL|ERROR)"' kunit.json &&
		kunit_py parse "$dir/test.log"
}

# native_cases LOG: what came of those that run natively, too
native_cases()
{
	python3 "$top/harness/run/results.py" list "$tree/tools/testing/kunit" "$1" |
		grep ' module_decompress\(_resources\|_bad_input\|\)/' | sort
}

# as_in_a_kernel FIXES STATUS: each case comes to the same natively, of 64 bits as on UML,
# of 32 as on i386
# Natively there is no preemption, which makes one case pass on i386 in any case.
as_in_a_kernel()
{
	exits "$2" make -C "$top" --no-print-directory native FIXES="$1" >"$logs/native" ||
		return
	! grep 'warning: ' "$build/native/$kernel/native.log" || return
	for arch in um i386; do
		bits=32
		[ $arch = i386 ] || bits=64
		exits "$2" run ARCH=$arch FIXES="$1" >"$logs/out" || return
		preempted=none
		[ $arch = um ] || preempted=other_tasks_run_during_a_long_output
		native_cases "$build/kunit/$kernel-$arch/test.log" | grep -v $preempted \
			>"$logs/cases.kernel"
		native_cases "$build/native/$kernel/$bits.log" | grep -v $preempted \
			>"$logs/cases.native"
		[ "$(wc -l <"$logs/cases.native")" -gt 150 ] &&
			diff -u "$logs/cases.kernel" "$logs/cases.native" || return
	done
	tail -n 1 "$logs/native"
}

# natively_red WORDS SED-SCRIPT: decompress.c, changed so, fails one case at least, which
# says so
natively_red()
{
	sed "$2" "$tree/kernel/module/decompress.c" >"$logs/decompress.c"
	! cmp -s "$tree/kernel/module/decompress.c" "$logs/decompress.c" || return
	DECOMPRESS=$logs/decompress.c exits 1 sh "$top/harness/native/native.sh" \
		>"$logs/out" && grep -F "$1" "$logs/out"
}

# What no rule of the ledger's speaks of, and a kernel may live through
mistakes_fault()
{
	make_tree "$kernel" && natively_red 'AddressSanitizer: use-after-poison' \
		's/^\t\tkunmap_local(zstd_dec.dst);/&\n*(char *)zstd_dec.dst = 0;/' &&
		natively_red 'AddressSanitizer: use-after-poison' \
			's/^\t\tkunmap_local(zstd_dec.dst);/((char *)zstd_dec.dst)[PAGE_SIZE] = 0;\n&/' &&
		natively_red 'AddressSanitizer: heap-buffer-overflow' \
			's/^\tzstd_buf.pos = 0;/&\nif (((volatile const char *)buf)[size] == 1) size--;/' &&
		natively_red 'ended with signal 27' \
			's/^\tzstd_buf.pos = 0;/&\nif (size > SZ_16M) for (;;);/'
}

suite_checks()
{
	check suite 'green on i386 with highmem' green "$kernel-i386"
	check suite 'the suite knows all that decompress.c calls' \
		sh "$top/harness/mutants/services.sh"
	check suite 'and names what it does not know' service_unknown
	check suite 'kunit.py config, build, exec, parse' kunit_py_alone

	check red 'red without the gzip fix, exactly' red_without_gzip_fix
	check red 'red without the xz fix, exactly' red_without i386 0002
	check red 'red without the zstd truncation fix, exactly' red_without i386 0003
	check red 'red without the zstd window fix, exactly' red_without i386 0004
	check red 'red without the limit of the output, exactly' red_without i386 0006
	check red 'red without the end of a line, exactly' red_without i386 0007
	check red 'red without what spares other tasks, exactly' \
		red_without i386 0005 0009 0010 0012
	check red 'red as shipped, exactly, and all of it known' as_shipped_is_red
	# The core is of the kernel's own format.
	check red 'red as shipped, built for zstd, all of it known' other_is_red CONFIG=zstd
	check red 'red as shipped, built for xz, all of it known' other_is_red CONFIG=xz

	check um 'green on UML' green "$kernel-um" ARCH=um
	check um 'red without the zstd window fix on 64-bit, exactly' \
		red_without um 0004
	check um 'red without the limit of the output on 64-bit, exactly' \
		red_without um 0006
	check um 'red on UML as shipped, exactly, and all of it known' \
		machine_as_shipped_is_red um

	check native 'natively as in a kernel, with fixes' as_in_a_kernel yes 0
	check native 'natively as in a kernel, as shipped' as_in_a_kernel no 1
	check native 'natively a mistake faults' mistakes_fault

	# Where kmap_local_page() takes no slot for what kmap() has mapped, and big endian
	for machine in arm mips; do
		check machines "green on $machine" green "$kernel-$machine" ARCH=$machine
		check machines "red on $machine as shipped, exactly, and all of it known" \
			machine_as_shipped_is_red $machine
	done

	check debug 'green by LLVM, with the debug options' \
		green "$kernel-i386"-llvm-module_decompress_debug-module_decompress_stats \
		LLVM=1 CONFIG=debug,stats

	check kernels '6.1: red as shipped, all of it known' other_is_red KERNEL=6.1
	check kernels '6.1: green with fixes' run KERNEL=6.1
	check kernels 'newest: red as shipped, all of it known' \
		other_is_red KERNEL=newest
	check kernels 'newest: green with fixes' run KERNEL=newest
}

# One page of each module would never be given back.
service_unknown()
{
	sed 's/^\t\tkunmap_local(/\t\tget_page(page);\n&/' \
		"$tree/kernel/module/decompress.c" >"$logs/decompress.c"
	! cmp -s "$tree/kernel/module/decompress.c" "$logs/decompress.c" || return
	exits 1 sh "$top/harness/mutants/services.sh" "$kernel" "$logs/decompress.c"
}
