#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make test`: is the suite green on a fixed kernel, and red in exactly
# the cases named in known.tsv where a fix is missing? Does the code meet the
# kernel's own checks? Do the commands do what they promise?

set -eu
. "$(dirname "$0")/../lib/lib.sh"

# This is about one kernel; the caller's choice is for `make run`.
unset KERNEL ARCH CONFIG FIXES FILTER BENCH FILES JSON ALGORITHMS ROUNDS
kernel=6.12
tree=$build/tree/$kernel
logs=$build/test
passed=0
failed=0

# check NAME COMMAND ...: the command says nothing if all is well, or it fails.
check()
{
	name=$1
	shift
	log=$logs/$(printf '%s' "$name" | tr -cs '[:alnum:]' _)
	started=$(date +%s)
	say "... $name"
	if patiently "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok: $name ($(($(date +%s) - started)) s)"
	else
		failed=$((failed + 1))
		echo "FAILED: $name:"
		tail -n 20 "$log"
	fi
}

run()
{
	make -C "$top" --no-print-directory run "$@"
}

# results ARCH[-CONFIG...] STATUS: the tests that ended so in the last such run
results()
{
	python3 "$top/harness/run/results.py" "$build/kunit/$kernel-$1/kunit.json" |
		sed -n "s/^$2 //p" | sort
}

# No test may fail, and none may be skipped but those named.
green()
{
	arch=$1
	skips=$2
	shift 2
	run "$@" || return
	results "$arch" SKIP | grep -vE "$skips" || return 0
	echo "these are skipped, and could run"
	return 1
}

# All others are left in: is what goes red what this patch cures, and all of it?
red_without()
{
	patch=$1
	arch=$2
	others=$(printf '%s\n' "$top"/patches/*.patch |
		sed 's/.*\///; s/-.*//' | grep -v "$patch" | paste -s -d ,)
	status=0
	run ARCH="$arch" FIXES="$others" || status=$?
	[ "$status" -eq 1 ] || {
		echo "exit status $status"
		return 1
	}
	results "$arch" FAIL >"$logs/red.is"
	sed -n "s/^$patch $arch //p" "$top/harness/run/known.tsv" | sort >"$logs/red"
	diff -u "$logs/red" "$logs/red.is"
}

# Both have to name their cause.
log_says()
{
	grep -F "$2" "$build/kunit/$kernel-$1/test.log"
}

red_without_gzip_fix()
{
	red_without 0001 i386 &&
		log_says i386 'kunmap_local() outside the mapped page: 4096 bytes' &&
		log_says i386 'leaves kmap idx 1'
}

as_shipped_is_red()
{
	status=0
	run FIXES=no || status=$?
	[ "$status" -eq 1 ]
}

kunit_py_alone()
{
	dir=$build/kunit/$kernel-i386
	cd "$logs"
	for command in config 'build --jobs=2' 'exec --json=kunit.json'; do
		# shellcheck disable=SC2086	# the command and its flags
		"$top/tools/testing/kunit/kunit.py" $command --arch=i386 \
			--build_dir="$dir" || return
	done
	python3 "$top/harness/run/results.py" kunit.json >results &&
		! grep -vE '^(PASS|SKIP) ' results
}

c_files()
{
	suite_files | grep '^\(kernel\|tools\)/.*\.[ch]$'
}

# kmap() and kmap_atomic() are what the suite is about.
checkpatch()
{
	cd "$build/src/linux-$kernel"
	# shellcheck disable=SC2046	# no blanks in them
	perl scripts/checkpatch.pl --strict --quiet --no-summary \
		--ignore DEPRECATED_API --file $(c_files | sed "s|^|$tree/|")
}

# There is no history here to know commits from. What stands in for a commit of
# mainline's is not to be sent, and has no sender.
checkpatch_fixes()
{
	cd "$build/src/linux-$kernel"
	# shellcheck disable=SC2046	# no blanks in them
	perl scripts/checkpatch.pl --strict --quiet --no-summary \
		--ignore UNKNOWN_COMMIT_ID $(grep -l '^From ' "$top"/patches/*.patch)
}

# nommu_config: what is left of a configuration that asks for decompression, and
# for the suite, on a machine without an MMU
nommu_config()
{
	make -s -C "$build/tree/nommu" O="$logs/nommu" ARCH=riscv \
		KCONFIG_ALLCONFIG="$logs/nommu.all" allnoconfig &&
		grep -x '# CONFIG_MMU is not set' "$logs/nommu/.config" &&
		grep -x 'CONFIG_KUNIT=y' "$logs/nommu/.config"
}

# There vmap() is a BUG(). Without the fix the kernel offers it nevertheless.
no_decompression_without_mmu()
{
	sh "$top/harness/lib/tree.sh" nommu "$build/src/linux-$kernel" || return
	{
		echo 'CONFIG_NONPORTABLE=y'
		echo '# CONFIG_MMU is not set'
		cat "$top/kernel/module/.kunitconfig"
	} >"$logs/nommu.all"
	nommu_config || return
	grep -x 'CONFIG_MODULE_DECOMPRESS=y' "$logs/nommu/.config" || return
	patch -sf "$build/tree/nommu/kernel/module/Kconfig" \
		"$top"/patches/0008-*.patch && nommu_config || return
	! grep 'CONFIG_MODULE_DECOMPRESS' "$logs/nommu/.config"
}

kernel_doc()
{
	cd "$tree"
	# shellcheck disable=SC2046	# no blanks in them
	perl scripts/kernel-doc -none -Wall $(c_files) 2>"$logs/kernel_doc.out"
	! grep . "$logs/kernel_doc.out"
}

# Every object of the suite again, with all that W=1 and sparse have to say.
warnings()
{
	rm -f "$build/kunit/$kernel-$1"/kernel/module/tests/*.o \
		"$build/kunit/$kernel-$1"/kernel/module/decompress_kunit.o
	make -C "$tree" O="$build/kunit/$kernel-$1" ARCH="$2" W=1 C=1 \
		-s kernel/module/ >"$logs/warnings" 2>&1 || {
		cat "$logs/warnings"
		return 1
	}
	! grep -E 'kernel/module/(tests/|decompress_kunit)' "$logs/warnings"
}

# As a module it may use what is exported, and no more.
as_module()
{
	"$top/tools/testing/kunit/kunit.py" config \
		--build_dir="$build/kunit/$kernel-um" \
		--kconfig_add=CONFIG_MODULE_DECOMPRESS_KUNIT_TEST=m &&
		"$top/tools/testing/kunit/kunit.py" build \
			--build_dir="$build/kunit/$kernel-um" \
			--kconfig_add=CONFIG_MODULE_DECOMPRESS_KUNIT_TEST=m &&
		ls "$build/kunit/$kernel-um/kernel/module/module_decompress_kunit.ko"
}

sums()
{
	(cd "$1" && find . -type f -exec sha256sum {} + | sort)
}

# In a copy of what install.sh has to do with
install_and_uninstall()
{
	own=$logs/own
	rm -rf "$own"
	mkdir -p "$own"
	(cd "$build/src/linux-$kernel" && tar -cf - Kbuild MAINTAINERS Makefile \
		kernel/module Documentation/dev-tools tools/testing) |
		tar -C "$own" -xf -
	sums "$own" >"$logs/before"
	make -C "$top" install KERNEL="$own" || return
	sums "$own" >"$logs/once"
	make -C "$top" install KERNEL="$own" || return
	sums "$own" >"$logs/twice"
	make -C "$top" uninstall KERNEL="$own" || return
	sums "$own" >"$logs/after"
	find "$own" -type d -empty | grep . && return 1
	! cmp -s "$logs/before" "$logs/once" &&
		cmp "$logs/once" "$logs/twice" &&
		diff "$logs/before" "$logs/after"
}

# refused TEXT COMMAND ...: exit status 2, and one line that has the text
refused()
{
	text=$1
	shift
	status=0
	"$@" >"$logs/out" 2>"$logs/err" || status=$?
	# What make has to say of it itself does not count.
	grep -v '^make.*: \(\*\*\*\|Entering\|Leaving\)\|^Makefile:.*: \*\*\*' \
		"$logs/err" >"$logs/line" || :
	cat "$logs/out" "$logs/line"
	[ "$status" -eq 2 ] && grep -qF "$text" "$logs/line" &&
		[ "$(wc -l <"$logs/line")" -eq 1 ]
}

not_a_kernel()
{
	mkdir -p "$logs/empty"
	refused 'no-such-kernel' run KERNEL=no-such-kernel &&
		refused "$logs/empty" run KERNEL="$logs/empty" &&
		refused "$logs/empty" make -C "$top" install KERNEL="$logs/empty"
}

tree_with_a_build_in_it()
{
	used=$logs/used
	rm -rf "$used"
	mkdir -p "$used"
	ln -s "$build/src/linux-$kernel"/* "$used"
	: >"$used/.config"
	refused 'mrproper' run KERNEL="$used"
}

tree_too_old()
{
	old=$logs/old
	rm -rf "$old"
	mkdir -p "$old/kernel"
	for f in "$build/src/linux-$kernel"/*; do
		[ "${f##*/}" = kernel ] || ln -s "$f" "$old"
	done
	refused 'decompress.c' run KERNEL="$old"
}

bad_variables()
{
	refused 'ARCH=vax' run ARCH=vax &&
		refused 'CONFIG=none' run CONFIG=none &&
		refused 'FIXES=maybe' run FIXES=maybe &&
		refused 'JOBS=many' run JOBS=many
}

# Without make and the like in reach, and without the right to install them
missing_tool()
{
	mkdir -p "$logs/bin"
	for tool in sh dirname id sed cut tr cat printf; do
		ln -sf "$(command -v $tool)" "$logs/bin/$tool"
	done
	printf '#!/bin/sh\necho 1000\n' >"$logs/not-root"
	chmod +x "$logs/not-root"
	ln -sf "$logs/not-root" "$logs/bin/id"
	refused 'apt-get install' env PATH="$logs/bin" \
		sh "$top/harness/lib/need.sh" i386
}

# One page of each module would never be given back.
service_unknown()
{
	sed 's/^\t\tkunmap_local(/\t\tget_page(page);\n&/' \
		"$tree/kernel/module/decompress.c" >"$logs/decompress.c"
	! cmp -s "$tree/kernel/module/decompress.c" "$logs/decompress.c" || return
	status=0
	sh "$top/harness/mutants/services.sh" $kernel "$logs/decompress.c" || status=$?
	[ $status -eq 1 ]
}

mutants()
{
	make -C "$top" --no-print-directory mutants "$@"
}

patch_that_does_not_apply()
{
	mkdir -p "$logs/patches"
	printf '%s\n' '--- a/kernel/module/decompress.c' \
		'+++ b/kernel/module/decompress.c' '@@ -1 +1 @@' '-what' '+else' \
		>"$logs/patches/stray.patch"
	refused 'stray.patch does not apply' mutants MUTANTS="$logs/patches" &&
		refused 'no-such-directory' mutants MUTANTS=no-such-directory &&
		refused 'JOBS=many' mutants JOBS=many &&
		refused 'REBUILD=some' mutants REBUILD=some
}

replay()
{
	make -C "$top" --no-print-directory replay "$@"
}

not_for_replay()
{
	mkdir -p "$logs/empty"
	: >"$logs/what.txt"
	truncate -s 65M "$logs/large.xz"
	refused 'which files' replay &&
		refused 'no-such.xz' replay FILES=no-such.xz &&
		refused 'a quote is missing' replay FILES="'no-such.xz" &&
		refused "no .gz, .xz or .zst file" replay FILES="$logs/empty" &&
		refused 'neither its name nor its content' \
			replay FILES="$logs/what.txt" &&
		refused 'larger than 64 MB' replay FILES="$logs/large.xz" &&
		refused 'neither a file nor a directory' \
			replay FILES=/dev/null &&
		refused 'ARCH=um' replay FILES="$logs/large.xz" ARCH=um
}

boot()
{
	make -C "$top" --no-print-directory boot "$@"
}

boot_as_shipped_is_red()
{
	status=0
	boot ALGORITHMS=gzip ROUNDS=10 FIXES=no || status=$?
	[ "$status" -eq 1 ] &&
		grep -F 'WARNING: CPU' "$build/boot/$kernel/gzip.log" |
		grep -F 'mm/highmem.c'
}

not_for_boot()
{
	refused 'ALGORITHMS=lzma' boot ALGORITHMS=lzma &&
		refused 'ARCH=um' boot ARCH=um &&
		refused 'ROUNDS=few' boot ROUNDS=few
}

# What runs on the host, or beside the suite, and never goes upstream
tools_in_c()
{
	cc -std=gnu11 -O2 -Wall -Wextra -Werror -fsyntax-only \
		"$top"/harness/replay/replay.c "$top"/harness/replay/explain.c || return
	cc -std=gnu11 -O2 -Wall -Wextra -Werror -fsyntax-only \
		-I/usr/lib/llvm-14/include "$top/harness/mutants/mutate.c" \
		"$top/harness/mutants/tree.c" "$top/harness/mutants/operators.c" \
		"$top/harness/mutants/calls.c" || return
	cd "$build/src/linux-$kernel"
	# The C interface of clang is in CamelCase.
	perl scripts/checkpatch.pl --strict --quiet --no-summary --no-tree \
		--ignore CAMELCASE,MACRO_ARG_REUSE,PREFER_DEFINED_ATTRIBUTE_MACRO \
		--file "$top"/harness/*/*.[ch]
}

series()
{
	make -C "$top" series && ls "$build"/series/*.patch
}

manual()
{
	cd "$tree"
	# shellcheck disable=SC2046	# no blanks in them
	make O="$logs/doc" SPHINXDIRS=dev-tools htmldocs >"$logs/manual.out" 2>&1 || {
		tail "$logs/manual.out"
		return 1
	}
	! grep -E 'module-decompress-kunit|kernel/module/' "$logs/manual.out" |
		grep -E 'WARNING|ERROR'
}

rm -rf "$logs"
mkdir -p "$logs"
need shellcheck shellcheck sparse sparse git git gzip gzip zstd zstd \
	sphinx-build python3-sphinx

# shellcheck disable=SC2086	# a list of files
check 'scripts pass shellcheck' shellcheck -x "$top"/harness/*/*.sh
check 'blobs hold what they claim' sh "$top/harness/blobs/blobs.sh" check

skips='benchmark$|found_by_the_check/gzip$|own_large_window|handled/none$'
check 'green on i386 with highmem' green i386 "$skips"
check 'the suite knows all that decompress.c calls' \
	sh "$top/harness/mutants/services.sh"
check 'and names what it does not know' service_unknown
check 'kunit.py config, build, exec' kunit_py_alone
check 'red without the gzip fix, exactly' red_without_gzip_fix
check 'red without the xz fix, exactly' red_without 0002 i386
check 'red without the zstd truncation fix, exactly' red_without 0003 i386
check 'red without the zstd window fix, exactly' red_without 0004 i386
check 'red without the limit of the output, exactly' red_without 0006 i386
check 'red without the end of a line, exactly' red_without 0007 i386
check 'no decompression without an MMU' no_decompression_without_mmu
check 'red as shipped' as_shipped_is_red

check 'code passes checkpatch.pl --strict' checkpatch
check 'fixes pass checkpatch.pl --strict' checkpatch_fixes
check 'kernel-doc is complete' kernel_doc
check 'W=1 and sparse are silent' warnings i386 i386

check 'bugs of the past and a sample of mutants are caught' \
	sh "$top/harness/mutants/mutants.sh" sample
check 'verdicts on mutants are of those mutants' sh "$top/harness/test/mutants_test.sh"
check 'refuses a mutant that is none' patch_that_does_not_apply
check 'replay answers rightly, and says why' sh "$top/harness/test/replay_test.sh"
check 'replay refuses what it cannot ask about' not_for_replay

check 'real modules load' boot ALGORITHMS=gzip ROUNDS=80
check 'real modules do not load as shipped' boot_as_shipped_is_red
check 'boot refuses bad variables' not_for_boot

check 'tools in C compile silently' tools_in_c
check 'all lines and branches are covered' make -C "$top" coverage

check 'green on UML' green um "$skips|in_highmem/|page_fault_while|preemption_while|move_between|disables_preemption" ARCH=um
check 'red without the zstd window fix on 64-bit, exactly' red_without 0004 um
check 'red without the limit of the output on 64-bit, exactly' red_without 0006 um
check 'builds as a module' as_module
check 'green with the debug options' \
	green i386-module_decompress_debug-module_decompress_stats "$skips" \
	CONFIG=debug,stats

check 'install and uninstall' install_and_uninstall
check 'refuses what is not a kernel' not_a_kernel
check 'refuses a tree with a build in it' tree_with_a_build_in_it
check 'refuses a tree that is too old' tree_too_old
check 'refuses bad variables' bad_variables
check 'names a missing tool' missing_tool
check 'series applies and passes checkpatch.pl' series
check 'manual builds without a warning' manual

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
