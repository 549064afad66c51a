#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make mutants`: breaks decompress.c in every way that mutate.c knows,
# or as MUTANTS=directory of patches says, and reports what the suite catches.
#
# mutants.sh sample: the bugs of the past and some of the others, for `make test`
#
# mutants.sh right [sample]: try the right changes in harness/mutants/right, or one of each
# kind. The suite must stay green, natively and in a kernel with CONFIG=debug. right.py
# judges the results. `make mutants` ends with this.
#
# Each mutant is compiled by itself, first natively. One that the suites catch there needs
# no kernel; but some of these are to be caught in one as well. The others, and patches,
# are compiled as Kbuild does it, and compared with what decompress.c as it is compiles
# to. Those that differ are linked into one kernel, next to the suite's own objects, which
# is then booted once for each (harness/mutants/select.c).

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/hosts.sh"

MUTANTS=${MUTANTS:-}
right=
[ "${1:-}" != right ] || {
	right=yes MUTANTS='' HOSTS=''
	shift
}
sample=${1:-}
config=${right:+debug}
JOBS=${JOBS:-$(nproc)}
kernel=6.12
arch=i386

mutants=$build/mutants${right:+/right}
base=$mutants/base
tree=$build/tree/$kernel
objdir=$build/kunit/$kernel-$arch${config:+-module_decompress_$config}
decompress=$tree/kernel/module/decompress.c
list=$mutants/list
image=$mutants/vmlinux

case $JOBS in
'' | 0 | *[!0-9]*) die "JOBS=$JOBS: not a number" ;;
esac
patches=history
[ ! "$right" ] || patches=right
set -- "${MUTANTS:-$top/harness/mutants/$patches}"
[ -d "$1" ] || die "MUTANTS=$MUTANTS: no such directory"
set -- "$1"/*.patch
[ -e "$1" ] || die "MUTANTS=$MUTANTS: no *.patch in there"
# shellcheck disable=SC2046	# names of ours
[ ! "$right$sample" = yessample ] ||
	set -- $(awk '/^Kind: / && !seen[$0]++ { print FILENAME }' "$@")

sh "$top/harness/lib/need.sh" $arch
sh "$top/harness/lib/need.sh" native
need parallel unifdef sparse
sh "$top/harness/mutants/libclang.sh" >/dev/null

mkdir -p "$mutants/log" "$mutants/obj" "$build/tree"
lock 7 "$mutants/lock" "make mutants, process $$"
hash_sources

export KERNEL=$kernel ARCH=$arch CONFIG="$config" FIXES=yes FILTER='' BENCH=no BASE='' LLVM='' \
	JSON='' JUNIT=''
unset DECOMPRESS

# The suite has to be green before anything is broken.
green()
{
	sh "$top/harness/run/run.sh" >"$mutants/run.log" 2>&1
}

# flags_of OBJECT: how Kbuild made it, without headers, output and input
flags_of()
{
	saved_command "$objdir" "$1" |
		sed 's/-Wp,-MMD,[^ ]*//; s/-include [^ ]*//g; s/ -c -o .*//'
}

# gcc_for seam|production ARGUMENT ...: as Kbuild calls it, from the same directory
gcc_for()
{
	(
		cd "$base/kernel" || exit
		flags=$(cat "$base/$1.flags")
		shift
		eval "$flags" '"$@"'
	)
}

# precompile seam|production: the headers on stdin
precompile()
{
	{
		printf '#include <linux/%s.h>\n' \
			compiler-version kconfig compiler_types
		cat
	} >"$base/$1_headers.h"
	gcc_for "$1" -x c-header -o "$base/$1_headers.h.gch" \
		"$base/$1_headers.h"
}

# What native programs share: all but the seams, as two objects. Its sources are copied,
# as others may come to the tree.
prepare_native()
{
	native=$base/native$1
	tests=$tree/kernel/module/tests
	elf=elf_i386
	[ "$1" = 32 ] || elf=elf_x86_64
	make -C "$tree/tools/testing/module_decompress" O="$native" BITS="$1" \
		--jobs="$JOBS" default tries && "$native/module_decompress" || return
	cp -r "$tree/tools/testing/module_decompress" "$native/src"
	mkdir "$native/tests"
	cp "$tests"/seam*.[ch] "$tests/ledger.h" "$native/tests"
	cp "$tree/kernel/module/internal.h" "$native"
	ours=$native/kernel/module/tests
	# shellcheck disable=SC2046	# names of ours
	ld -r -m $elf -o "$native/base.o" $(find "$native/lib" -name '*.o') \
		"$ours"/attempt.o "$ours"/ledger*.o "$native/native.o" &&
		ld -r -m $elf -o "$native/suite.o" "$native/kunit.o" \
			"$native/kernel/module/decompress_kunit.o" "$ours"/*cases.o \
			"$ours/streams.o" &&
		cd "$native/src" &&
		eval "$(cat ../flags)" -I../tests -c -o ../no_decompressors.o \
			'"$top/harness/mutants/no_decompressors.c"'
}

# What the corpus of the fuzzers comes to before anything is changed
prepare_outcomes()
{
	for bits in 32 64; do
		for program in "$base/native$bits"/try_*[a-z]; do
			(cd "$base/corpus/${program##*_}" && "$program" ./* \
				2>/dev/null) >"$base/native$bits/outcomes.${program##*_}" || return
		done
	done
}

# All that the mutants share; made anew if anything of it has changed.
prepare()
{
	flags_of kernel/module/tests/seam_gzip.o >"$mutants/seam.flags"
	flags_of kernel/module/decompress.o >"$mutants/production.flags"
	key=$(cat "$objdir/vmlinux.o" "$mutants"/*.flags "$decompress" \
		"$top"/harness/mutants/mutant_compile.sh "$top"/harness/mutants/mutant_native.sh \
		"$top"/harness/mutants/compile_common.sh "$top"/harness/mutants/production.c \
		"$top"/harness/mutants/no_decompressors.c "$top"/harness/mutants/select.[ch] \
		"$tree"/tools/testing/module_decompress/Makefile \
		"$tree"/tools/testing/module_decompress/kunit.[ch] \
		"$tree"/tools/testing/module_decompress/native.[ch] \
		"$tree"/tools/testing/module_decompress/fuzz* \
		"$top"/harness/mutants/right_native.sh | sha256sum)
	[ "$key" != "$(cat "$base/key" 2>/dev/null)" ] || return 0

	rm -rf "$base" "$mutants/obj"
	mkdir -p "$base/seams" "$base/kernel" "$mutants/obj"
	cp -a "$objdir/." "$base/kernel"
	mv "$base/kernel/vmlinux.a" "$base/kernel/parts.a"
	mv "$mutants/seam.flags" "$mutants/production.flags" "$base"
	cp "$tree"/kernel/module/tests/seam*.[ch] "$top/harness/mutants/production.c" \
		"$base/seams"
	cp "$decompress" "$base"
	echo '#include "tests/seam.h"' | precompile seam
	grep '^#include <' "$decompress" | precompile production
	sh "$top/harness/mutants/mutant_compile.sh" "$base" "$base"
	if [ -e "$base/not-built" ]; then
		cat "$base/not-built" >&2
		die 'decompress.c as it is does not build'
	fi
	gcc_for production -include "$base/production_headers.h" -c -o "$base/select.o" \
		"$top/harness/mutants/select.c"
	{
		prepare_native 32 &&
			{ [ ! "$right" ] || prepare_native 64; }
	} >"$mutants/native.log" 2>&1 || {
		tail -n 3 "$mutants/native.log" >&2
		die 'the native program does not build; see build/mutants/native.log'
	}
	[ ! "$right" ] || {
		sh "$top/harness/fuzz/corpus.sh" unpack "$base/corpus"
		prepare_outcomes || die 'the corpus cannot be tried before anything is changed'
	}
	patiently sh "$top/harness/mutants/mutant_boot.sh" \
		"$objdir/vmlinux" 0 600 whole >"$base/log" ||
		die 'the suite does not end before anything is broken'
	echo "$key" >"$base/key"
}

# The mutants: a line each in the list, "ID FUNCTION LINE KIND WHAT" between
# tabs, and a directory with its decompress.c.

# broken_by PATCH KIND: one mutant
broken_by()
{
	name=$(basename "$1" .patch)
	id=$(printf '%s' "$name" | tr -c '[:alnum:]' _)
	out=$mutants/new/$id.c
	[ ! -e "$out" ] || die "$1: another patch has this name"
	cp "$decompress" "$out" || exit 2
	grep -q '^+++ .*kernel/module/decompress\.c' "$1" &&
		patch -sf --no-backup-if-mismatch -r - "$out" "$1" >/dev/null ||
		return
	line=$(diff "$decompress" "$out" | sed -n '1s/^\([0-9]*\).*/\1/p')
	[ "$line" ] || die "$1 changes nothing in decompress.c"
	printf '%s\t-\t%s\t%s\t%s\n' "$id" "$line" "$2" "$name"
}

# list_patches KIND PATCH ...: the patches come first, as they can be wrong.
list_patches()
{
	kind=$1
	shift
	for p; do
		broken_by "$p" "$kind" ||
			die "$p does not apply to kernel/module/decompress.c of linux $kernel with its fixes"
	done
}

# list_wrong: the bugs in harness/mutants/wrong. Like generated mutants, they are tried
# natively first. A sample has one in five.
list_wrong()
{
	[ ! "$MUTANTS$right" ] || return 0
	set -- "$top"/harness/mutants/wrong/*.patch
	# shellcheck disable=SC2046	# names of ours
	[ ! "$sample" ] || set -- $(printf '%s\n' "$@" | sed -n '1~5p')
	list_patches wrong "$@"
}

# All, or for a sample the first few of each kind. Their IDs are hashes, so these
# are any, and the same every time.
chosen()
{
	if [ "$sample" ]; then
		sort | awk -F '\t' '++n[$4] <= 5'
	else
		cat
	fi
}

list_mutants()
{
	if [ ! "$MUTANTS$right" ]; then
		sh "$top/harness/mutants/mutate.sh" "$base/kernel" "$decompress" \
			"$mutants/new" >"$mutants/generated" ||
			die 'mutate does not understand decompress.c'
		chosen <"$mutants/generated" >>"$list"
	fi
	ids | while read -r id; do
		c=$mutants/new/$id.c
		dir=$mutants/obj/$id
		cmp -s "$c" "$dir/decompress.c" && continue
		rm -rf "$dir"
		mkdir "$dir"
		mv "$c" "$dir/decompress.c"
	done
	rm -r "$mutants/new"
}

ids()
{
	cut -f 1 "$list"
}

# untried: those that a native program has to be made of. Of a patch all is told that
# catches it, so it is for the kernel.
untried()
{
	awk -F '\t' '$4 != "patch" { print $1 }' "$list" | while read -r id; do
		[ -e "$mutants/obj/$id/native.log" ] || echo "$mutants/obj/$id"
	done
}

untried_right()
{
	ids | while read -r id; do
		[ -e "$mutants/obj/$id/native.log" ] || echo "$mutants/obj/$id"
	done
}

try_right_natively()
{
	words=$(untried_right | parallel --will-cite --ungroup --jobs "$JOBS" \
		sh "$top/harness/mutants/right_native.sh" "$base" 2>&1) || :
}

# Kbuild's own warnings, and sparse's, for each of the three algorithms; the lines that
# name a warning or an error go to the file "warnings".
check_right()
{
	checked=$mutants/checked
	mkdir -p "$checked"
	cp "$tree/kernel/module/internal.h" "$checked"
	: >"$checked/Kbuild"
	set --
	for id in $(ids); do
		cp "$mutants/obj/$id/decompress.c" "$checked/$id.c.new"
		put "$checked/$id.c.new" "$checked/$id.c"
		for algorithm in GZIP XZ ZSTD; do
			cat >"$checked/${id}_$algorithm.c.new" <<-END
				#undef CONFIG_MODULE_COMPRESS_GZIP
				#undef CONFIG_MODULE_COMPRESS_XZ
				#undef CONFIG_MODULE_COMPRESS_ZSTD
				#define CONFIG_MODULE_COMPRESS_$algorithm 1
				#include "$id.c"
			END
			put "$checked/${id}_$algorithm.c.new" "$checked/${id}_$algorithm.c"
			set -- "$@" "${id}_$algorithm.o"
		done
	done
	printf 'obj-m += %s\n' "$@" >"$checked/Kbuild"
	make -C "$tree" O="$objdir" ARCH=$arch M="$checked" W=1 C=2 --keep-going \
		--jobs="$JOBS" "$@" </dev/null >"$checked/log" 2>&1 || :
	grep -E 'warning: |error: ' "$checked/log" >"$mutants/warnings" || :
	for object; do
		[ -e "$checked/$object" ] || echo "$object is not built" >>"$mutants/warnings"
	done
}

try_natively()
{
	words=$(untried | parallel --will-cite --ungroup --jobs "$JOBS" \
		sh "$top/harness/mutants/mutant_native.sh" "$base" 2>&1) || :
}

# Caught natively, by a failed expectation: "ID LOG". One in twenty, which differ for
# another kernel, is to be caught in the kernel, too.
judge_native()
{
	awk -F '\t' -v obj="$mutants/obj" '$4 != "patch" {
		print obj "/" $1 "/native.log" }' "$list" |
		xargs -r grep -l '^not ok ' | xargs -r grep -l 'EXPECTATION FAILED' |
		sed 's|.*/\([^/]*\)/native.log$|\1 &|' >"$mutants/native"
	cut -d ' ' -f 1 "$mutants/native" >"$mutants/native.ids"
	shuf -n $((($(wc -l <"$mutants/native.ids") + 19) / 20)) \
		--random-source="$base/kernel/vmlinux.o" "$mutants/native.ids" \
		>"$mutants/native.too"
}

# for_kernel: all others, and those
for_kernel()
{
	ids | grep -vxFf "$mutants/native.ids" || :
	cat "$mutants/native.too"
}

# Once is enough: it leaves a sum, or not-built.
uncompiled()
{
	for_kernel | while read -r id; do
		dir=$mutants/obj/$id
		[ -e "$dir/sum" ] || [ -e "$dir/not-built" ] || echo "$dir"
	done
}

# In $words is what went wrong: a disk may be full.
compile_mutants()
{
	words=$(uncompiled | parallel --will-cite --ungroup --jobs "$JOBS" \
		sh "$top/harness/mutants/mutant_compile.sh" "$base" 2>&1) || :
}

# none_left COMMAND DONE: it lists those that something was in the way of
none_left()
{
	left=$("$1" | wc -l)
	[ "$left" -eq 0 ] ||
		die "$left mutants could not be $2: $(echo "$words" | head -n 1); run it again to go on"
}

# A patch that does not build, or does nothing, is a mistake: it is not for the
# suite to catch it.
useless_patches()
{
	sed -n 's/\tpatch\t/\t/p' "$list" | cut -f 1,4 | while read -r id name; do
		dir=$mutants/obj/$id
		if [ -e "$dir/not-built" ]; then
			error=$(grep -m 1 'error: ' "$dir/not-built")
			echo "make: $name.patch does not build: ${error##*/}"
		elif [ "$(cat "$dir/sum")" = same ]; then
			echo "make: $name.patch changes no code of decompress.c"
		fi
	done
}

# "ID LOG whole|short" of each mutant that differs from decompress.c as it is. A
# log's name has the sums of all that went into it. Of a patch all is told that
# catches it.
runs()
{
	kernel_sum=$(cut -c 1-8 "$base/key")
	for_kernel >"$mutants/for_kernel"
	awk -F '\t' 'NR == FNR { wanted[$1]; next } $1 in wanted { print $1, $4 }' \
		"$mutants/for_kernel" "$list" | while read -r id kind; do
		[ -e "$mutants/obj/$id/sum" ] || continue
		read -r sum <"$mutants/obj/$id/sum"
		[ "$sum" != same ] || continue
		length=short
		[ "$kind" != patch ] || length=whole
		echo "$id $mutants/log/$id-$kernel_sum-$sum $length"
	done
}

# Those that have not been booted, or not to the end
pending()
{
	cut -d ' ' -f 2 "$mutants/runs" |
		xargs grep -lsx 'mutant_boot.sh: .* asleep' >"$mutants/ended" || :
	grep -vFf "$mutants/ended" "$mutants/runs" || :
}

# mutant_row ID: as struct mutant has it. The kernel's own module_decompress() is
# called __real_ by the linker.
mutant_row()
{
	row=1b
	for pair in seam_gzip:gzip_decompressor seam_xz:xz_decompressor \
		seam_zstd:zstd_decompressor production:module_decompress \
		production:module_decompress_cleanup; do
		if [ -e "$mutants/obj/$1/${pair%:*}.o" ]; then
			row="$row, mutant_$1_${pair#*:}"
		elif [ "${pair%:*}" = production ]; then
			row="$row, __real_${pair#*:}"
		else
			row="$row, 0"
		fi
	done
	echo "	.pushsection .rodata.names; 1: .asciz \"$1\"; .popsection"
	echo "	.long $row"
}

mutant_table()
{
	echo '	.section .rodata'
	echo '	.globl mutants, nr_mutants'
	echo 'mutants:'
	while read -r id _; do
		mutant_row "$id"
	done <"$mutants/pending"
	echo 'nr_mutants: .long (nr_mutants - mutants) / 24'
	echo '	.section .note.GNU-stack'
}

# make_image: what Kbuild makes of vmlinux.a. The base is what the sources were by
# content, but make goes by times, and would build anew, without the mutants, all
# that has a source of a later date: make test has been at decompress.c, say. So
# the base gets one date for all of it, later than that of any source in the tree,
# which nobody else changes meanwhile; and what make used is looked at: a base
# that is not what it was is of no use.
make_image()
{
	lock 9 "$tree.lock" "make mutants, process $$" -s
	cd "$base/kernel" &&
		touch "$base/now" &&
		find . -type f -exec touch -r "$base/now" {} + &&
		rm -f vmlinux.a &&
		ar cDrT vmlinux.a mutants.o &&
		make -C "$tree" --no-print-directory -s vmlinux ARCH="$arch" \
			O="$base/kernel" --jobs="$JOBS" </dev/null || return
	[ "$(ar t vmlinux.a)" = mutants.o ] || {
		echo 'make has built anew what it should have taken from the base'
		rm "$base/key"
		return 1
	}
	cp vmlinux "$image"
}

# The kernel with all that are pending: Kbuild's last steps, from one object that
# has the mutants in it, too.
link_mutants()
{
	mutant_table >"$mutants/table.s"
	gcc -m32 -c -o "$base/table.o" "$mutants/table.s" || return
	while read -r id _; do
		printf '%s\n' "$mutants/obj/$id"/*.o
	done <"$mutants/pending" >"$mutants/objects"
	(
		cd "$base/kernel" || exit
		link=$(saved_command . vmlinux.o |
			sed 's/vmlinux\.o/mutants.o/; s/vmlinux\.a/parts.a/')
		case $link in
		*' mutants.o '*' parts.a'*) ;;
		*) die "cannot make sense of how vmlinux.o is linked: $link" ;;
		esac
		eval "$link" \
			--wrap=gzip_decompressor --wrap=xz_decompressor \
			--wrap=zstd_decompressor --wrap=module_decompress \
			--wrap=module_decompress_cleanup \
			'"$base/select.o" "$base/table.o" @"$mutants/objects"'
	) && (make_image)
}

# They are numbered as in the table, from 1. No failure, of one mutant or all,
# stops the others; what a host had when it died goes to another.
boot_mutants()
{
	# Ten times as much as the unbroken suite is as good as no end.
	cpu=$(sed -n 's/^mutant_boot.sh: ended: \([0-9]*\) s .*/\1/p' "$base/log")
	booted=build/mutants${right:+/right}/vmlinux
	set -- --jobs "$JOBS"
	[ -z "$HOSTS" ] ||
		set -- --sshlogin "$logins" --ssh "$ssh" --workdir "$top" \
			--basefile "$booted" --retries 5
	(
		cd "$top" || exit
		parallel --will-cite "$@" --colsep ' ' --results '{2}' \
			--joblog "$mutants/joblog" \
			sh harness/mutants/mutant_boot.sh "$booted" '{#}' $((10 * cpu)) '{3}' \
			<"$mutants/pending" >/dev/null
	) || :
	rm -f "$mutants"/log/*.seq "$mutants"/log/*.err
}

found=$(sh "$top/harness/lib/kernel.sh" $kernel)
exec 9<>"$tree.lock"
sh "$top/harness/lib/tree.sh" $kernel "${found#* }" "make mutants, process $$" \
	>"$mutants/run.log" 2>&1 || {
	tail -n 1 "$mutants/run.log" >&2
	exit 2
}
exec 9>&-
rm -rf "$mutants/new"
mkdir "$mutants/new"
list_patches patch "$@" >"$list"
list_wrong >>"$list"

still_there()
{
	tail -n 1 "$mutants/run.log"
}
say "Building linux $kernel, $arch, with fixes, and running the suite on it ..."
patiently green || {
	tail -n 3 "$mutants/run.log" >&2
	die 'the suite is not green before anything is broken; see build/mutants/run.log'
}
prepare

list_mutants
say "$(ids | wc -l) ${right:+right changes}$([ "$right" ] || echo mutants); trying them natively ..."
still_there()
{
	echo "  $(find "$mutants/obj" -name native.log | wc -l) tried"
}
if [ "$right" ]; then
	patiently try_right_natively
	none_left untried_right tried
	patiently check_right
else
	patiently try_natively
	none_left untried tried
fi
judge_native
[ "$right" ] || say "$(wc -l <"$mutants/native") are caught."
say "Compiling $(for_kernel | wc -l) for the kernel ..."
still_there()
{
	echo "  $(find "$mutants/obj" -name sum -o -name not-built | wc -l) compiled"
}
patiently compile_mutants
none_left uncompiled compiled
useless_patches >"$mutants/useless"
[ ! -s "$mutants/useless" ] || {
	cat "$mutants/useless" >&2
	exit 2
}

runs >"$mutants/runs"
pending >"$mutants/pending"
if [ -s "$mutants/pending" ]; then
	say "Linking $(wc -l <"$mutants/pending") of them ..."
	patiently link_mutants >"$mutants/link.log" 2>&1 ||
		die 'the kernel with the mutants does not link; see build/mutants/link.log'
	# shellcheck disable=SC2119	# as many jobs as there are CPUs
	[ -z "$HOSTS" ] || find_hosts
	all=$(wc -l <"$mutants/pending")
	: >"$mutants/joblog"
	still_there()
	{
		ended=$(grep -c mutant_boot.sh "$mutants/joblog") || :
		minutes='?'
		[ "$ended" -eq 0 ] || minutes=$((
			(all - ended) * ($(date +%s) - started) / ended / 60 + 1))
		echo "  $ended of $all booted, $minutes min left"
	}
	say "Booting them${HOSTS:+ on $HOSTS} ..."
	started=$(date +%s)
	patiently boot_mutants
	left=$(pending | wc -l)
	[ "$left" -eq 0 ] ||
		die "$left of $all mutants could not be booted; run it again to go on"
fi

status=0
if [ "$right" ]; then
	python3 "$top/harness/mutants/right.py" "$mutants" "$tree/tools/testing/kunit" \
		>"$mutants/report.txt" || status=$?
	[ $status -le 1 ] || exit 2
	cat "$mutants/report.txt"
	exit $status
fi
set --
[ "$sample$MUTANTS" ] || set -- --all
python3 "$top/harness/mutants/mutants.py" "$@" "$mutants" "$tree/tools/testing/kunit" ||
	status=$?
[ $status -le 1 ] || exit 2
result="linux $kernel, $arch: $(sed -n 's/ that differ in code//p' "$mutants/report.txt" |
	head -n 1)"
[ "$sample$MUTANTS" ] || {
	of_right=0
	sh "$top/harness/mutants/mutants.sh" right || of_right=$?
	[ $of_right -le 1 ] || exit 2
	[ $of_right -eq 0 ] || status=1
	result="$result; $(tail -n 1 "$mutants/right/report.txt")"
	record 'make mutants' "$result"
}
echo "make mutants: $result; see build/mutants/report.html"
[ $status -eq 0 ]
