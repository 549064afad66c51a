#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make series`: write patch series for the tree KERNEL to build/series/: "fixes",
# from patches/; "suite", an RFC; "native", on top of suite; and "kselftest". The files in
# suite/, native/ and kselftest/ here hold the message and the paths of each patch.
#
# Exit status: 0 success, 1 a mail is too long or checkpatch.pl complains, 2 no verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

# Limits of a mail, and of the first mails of the suite, which are useful alone
most_lines=1000
most_bytes=61440
core_mails=4
core_lines=2500

list=linux-modules@vger.kernel.org
CHECK=${CHECK:-no}
case $CHECK in
yes | no) ;;
*) die "CHECK=$CHECK: neither yes nor no" ;;
esac
found=$(sh "$top/harness/lib/kernel.sh" "${KERNEL:-}")
src=${found#* }
need git perl
for v in name email; do
	git config user.$v >/dev/null ||
		die "series: who sends it? Run: git config --global user.$v ..."
done
# The repositories below need the identity even if only this repository sets it.
GIT_AUTHOR_NAME=$(git config user.name)
GIT_AUTHOR_EMAIL=$(git config user.email)
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

lock 7 "$build/series.lock" "make series, process $$"
series=$build/series
work=$build/series.tmp
repo=$work/repo
# The tree with all series applied
whole=$work/whole
merged='kernel/module/Kconfig kernel/module/Makefile tools/testing/selftests/Makefile
	tools/testing/selftests/module/Makefile tools/testing/selftests/module/config
	tools/testing/kunit/configs/all_tests.config'
index=Documentation/dev-tools/index.rst
manual=Documentation/dev-tools/module-decompress-kunit.rst

in_repo()
{
	git -C "$repo" "$@"
}

# base_commit: print HEAD if the tree is a git work tree without changes in the files of
# the series; print nothing for an unpacked package
base_commit()
{
	set -- git -c safe.directory='*' -C "$src"
	[ "$("$@" rev-parse --show-toplevel 2>/dev/null)" = "$src" ] || return 0
	"$@" diff --quiet HEAD -- kernel/module Documentation/dev-tools tools/testing ||
		die "series: $src has changes that are in no commit; run: git stash"
	"$@" rev-parse HEAD
}

# pristine DIRECTORY: make a repository of those files of the tree that the series change
pristine()
{
	rm -rf "$1"
	git init -q -b master "$1"
	# With these files checkpatch.pl and install.sh accept it as a kernel tree.
	for f in $merged $index kernel/module/decompress.c Kbuild MAINTAINERS; do
		[ -e "$src/$f" ] || continue
		mkdir -p "$1/$(dirname "$f")"
		cp "$src/$f" "$1/$f"
	done
	git -C "$1" add -A
	git -C "$1" commit -q -m 'Linux'
	git -C "$1" tag base
}

# remove FILE RANGE: delete lines that do not go upstream
remove()
{
	edit "$whole/$1" "$2d"
}

# Install the suite, without the support for older kernels, replay and benchmarks
make_whole()
{
	sh "$top/harness/lib/install.sh" "$whole" 2>/dev/null
	cd "$whole" || exit
	rm -f kernel/module/.module_decompress_kunit \
		kernel/module/tests/compat.h kernel/module/tests/bench_cases.c \
		kernel/module/tests/replay* \
		tools/testing/kunit/configs/module_decompress_*
	cd "$top" || exit
	# Remove the markers around the suite's lines in the kernel's own files.
	for f in $merged; do
		! grep -q '^# module_decompress_kunit: ' "$whole/$f" ||
			remove "$f" '/^# module_decompress_kunit: \(begin\|end\)$/'
	done
	parameters='const void *prev, char *desc'
	! grep -q kunit_register_params_array "$src/include/kunit/test.h" ||
		parameters="struct kunit *test, $parameters"
	edit "$whole/kernel/module/decompress_kunit.c" "s/GENERATOR_PARAMETERS/$parameters/"
	for f in attempt.h attempt.c ledger.h ledger.c ledger_pages.c; do
		f=$whole/kernel/module/tests/$f
		without 'look ns records max_records sched/clock.h' "$f" >"$f.without"
		mv "$f.without" "$f"
	done
	remove kernel/module/tests/cases.h '/"compat.h"/'
	remove kernel/module/tests/ledger.h '/^\/\* The address is NULL if decompress/'
	edit "$whole/kernel/module/tests/ledger.h" 's/ __weak;$/;/'
	remove kernel/module/tests/cases.c '/if (!a->d || !a->d->decompress)$/,/format);$/'
	edit "$whole/kernel/module/tests/cases.c" '/^ \* @test: the running test; skipped/{
		N
		s/;.*the tree.s decompress.c does not know\n \*	@format//
		s/;.*the tree.s decompress.c does not know it//
	}'
	remove kernel/module/Makefile '/^ifneq .*zstd_decompress_stream/'
	edit "$whole/kernel/module/Makefile" '/seam_zstd.o$/{n;/^endif$/d}'
	remove kernel/module/Makefile '/replay\.o$/'
	remove kernel/module/Makefile '/bench_cases\.o$/'
	remove kernel/module/.kunitconfig '/^# Before v6.12/'
	! grep -rnE 'compat\.h|GENERATOR_PARAMETERS|__weak|replay|bench' "$whole/kernel" \
		"$whole/$manual" >&2 || die 'series: something is left of what stays here'
}

# Copy Kconfig and the makefile, with only the objects whose sources exist so far. Do
# nothing before decompress_kunit.c exists.
makefile()
{
	[ -e "$repo/kernel/module/decompress_kunit.c" ] || return 0
	cp "$whole/kernel/module/Kconfig" "$repo/kernel/module/Kconfig"
	awk -v dir="$repo/kernel/module/" '
	function there(object,  file, found, line) {
		file = dir object
		sub(/\.o$/, ".c", file)
		found = (getline line <file) > 0
		close(file)
		return found
	}
	/^module_decompress_kunit-y \+= / {
		kept = ""
		for (i = 3; i <= NF; i++)
			if (there($i))
				kept = kept " " $i
		if (kept)
			print $1, $2 kept
		next
	}
	{ print }' "$whole/kernel/module/Makefile" >"$repo/kernel/module/Makefile"
}

# without NAMES FILE: print a C file without the code that uses these names
without()
{
	[ "$1" ] || {
		cat "$2"
		return
	}
	awk -v names="$1" -f "$top/harness/series/without.awk" "$2" ||
		die "series: $2 cannot be had without something"
}

# later PATCH: print the "+ NAME" names of the patches after this one
later()
{
	for patch in "${1%/*}"/*; do
		[ "$(printf '%s\n' "$1" "$patch" | sort | tail -n 1)" = "$1" ] ||
			sed -n '1,/^---$/d; s/^+ //p' "$patch"
	done | paste -s -d ' '
}

# commit PATCH: commit a patch as its file describes it: the message, "---", the paths
# that it adds, and "+ NAME ..." lines, the names that earlier files gain with it
commit()
{
	names=$(later "$1")
	sed -n '1,/^---$/d; /^+ /!p' "$1" >>"$work/paths"
	while read -r f; do
		mkdir -p "$repo/$(dirname "$f")"
		case $f in
		*.[ch]) without "$names" "$whole/$f" >"$repo/$f" ;;
		*) cp "$whole/$f" "$repo/$f" ;;
		esac
	done <"$work/paths"
	case $1 in
	*/suite/*) makefile ;;
	esac
	in_repo add -A
	sed '/^---$/,$d' "$1" | in_repo commit -q -s -F -
}

# apply_fixes: apply patches/, with the sender as the author
apply_fixes()
{
	for p in "$top"/patches/*.patch; do
		# Skip the stand-in for a mainline commit: it is not a mail.
		grep -q '^From ' "$p" || continue
		# Skip a fix that the tree has already.
		patch -sfR --dry-run -p1 -d "$repo" <"$p" >/dev/null && continue
		author=$(git mailinfo /dev/null /dev/null <"$p" | sed -n 's/^Email: //p')
		sed "/^Signed-off-by: .*<$author>\$/d" "$p" | in_repo am -q -s ||
			die "series: patches/${p##*/} does not apply to $src"
		in_repo commit -q --amend --no-edit --reset-author
	done
}

# recipients OPTION=ROLE ...: print get_maintainer.pl's answer as options of format-patch
recipients()
{
	for option; do
		(cd "$src" && perl scripts/get_maintainer.pl --no-git --no-git-fallback \
			--no-rolestats --no-m --no-r --no-l --"${option#*=}" \
			"$work"/bare/*.patch) | sort -u | sed "s/^/--${option%=*}=/"
	done
}

# cover FILE NAME: fill in git's template of a cover letter from NAME.cover
cover()
{
	letter=$top/harness/series/$2.cover
	{
		sed '/^\*\*\* BLURB HERE \*\*\*$/,$d' "$1" |
			sed "s|\*\*\* SUBJECT HERE \*\*\*|$(head -n 1 "$letter")|"
		sed 1,2d "$letter"
		printf '\nv1: the first version\n'
		sed "1,/^\*\*\* BLURB HERE \*\*\*\$/d${base:+; /^-- \$/i base-commit: $base}" "$1"
	} >"$work/cover"
	mv "$work/cover" "$1"
}

# too_long MAIL ...: report each mail that is over the limits
too_long()
{
	for mail; do
		lines=$(wc -l <"$mail")
		bytes=$(wc -c <"$mail")
		if [ "$lines" -gt $most_lines ] || [ "$bytes" -gt $most_bytes ]; then
			echo "${mail#"$work/"}: $lines lines, $bytes bytes"
			failed=1
		fi
	done
}

# too_long_a_core MAIL ...: report if the first mails of the suite are over their limit
too_long_a_core()
{
	lines=$(printf '%s\n' "$@" | head -n $core_mails | xargs cat | wc -l)
	[ "$lines" -gt $core_lines ] || return 0
	echo "suite: $lines lines in the first $core_mails mails"
	failed=1
}

# write NAME PREFIX: write the commits since the base to series/NAME/, and check them
write()
{
	name=$1
	out=$work/series/$name
	in_repo format-patch -q -o "$work/bare" base
	recipients to=m cc=r cc=l >"$work/recipients"
	# get_maintainer.pl does not name the modules list for tools/ and Documentation/.
	grep -q "$list" "$work/recipients" || echo "--cc=$list" >>"$work/recipients"
	rm -rf "$work/bare"
	set -- --subject-prefix="$2"
	while read -r option; do
		set -- "$@" "$option"
	done <"$work/recipients"
	in_repo format-patch -q --cover-letter -o "$out" "$@" base
	cover "$out/0000-cover-letter.patch" "$name"

	set -- "$out"/*.patch
	too_long "$@"
	shift # the cover letter
	[ "$name" != suite ] || too_long_a_core "$@"
	# FILE_PATH_CHANGES: MAINTAINERS has kernel/module/ already. DEPRECATED_API: the
	# suite names kmap() to forbid it. GIT_DIR=none: in a git tree checkpatch.pl needs
	# Python modules for licenses; without git it knows no commits.
	ignored=DEPRECATED_API,FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID
	[ "$name" != native ] || ignored=$ignored,$stand_in_types
	(cd "$src" && GIT_DIR=none perl scripts/checkpatch.pl --strict --quiet --no-summary \
		--ignore $ignored "$@") >&2 || failed=1
	# Remove checkpatch.pl's cache from the user's tree.
	rm -f "$src"/.checkpatch-camelcase.*

	pristine "$work/check"
	git -C "$work/check" am -q "$@" || die "series: git am does not take $name"
	[ "$(git -C "$work/check" rev-parse 'HEAD^{tree}')" = \
		"$(in_repo rev-parse 'HEAD^{tree}')" ] ||
		die "series: git am of $name gives another tree than the one it was made from"
	counts="$counts${counts:+, }$# of $name"
}

# of_files NAME: commit the patches that the files in NAME/ describe
of_files()
{
	pristine "$repo"
	: >"$work/paths"
	for description in "$top/harness/series/$1"/*; do
		commit "$description"
	done
	# Note the files, to find those in no series; and check that each NAME exists.
	(cd "$repo" && git ls-files) >>"$work/files"
	for name in $(later "$top/harness/series/$1/"); do
		grep -rqw "${name%=*}" "$repo/kernel" || die "series: nothing there is called $name"
	done
}

rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
failed=0
counts=
base=$(base_commit)

say "Making the series for ${src##*/} ..."
[ "$base" ] || say '  no git tree: the mails name no base-commit'
pristine "$whole"
make_whole

pristine "$repo"
apply_fixes
write fixes PATCH
of_files suite
write suite 'RFC PATCH'
of_files native
write native 'RFC PATCH'
of_files kselftest
write kselftest PATCH
left=$(cd "$whole" && git ls-files -co | grep -vxFf "$work/files") || :
[ ! "$left" ] || die "series: in no patch: $(echo "$left" | paste -s -d " ")"

rm -rf "$series"
mv "$work/series" "$series"
if [ $failed -ne 0 ]; then
	say "make series: $counts in build/series/; something is wrong with them, see above"
	exit 1
fi
echo "make series: $counts in build/series/; none over $most_lines lines, and checkpatch.pl --strict and git am take them"
[ "$CHECK" = yes ] || exit 0
rm -rf "$work"
exec sh "$top/harness/series/check.sh"
