#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make series`: write patch series for the tree KERNEL to build/series/: "core", the
# fixes that decompress_core.c shows, and that test; "fixes", the other patches/, on top of
# it; "xz" and "loadpin", from those directories of patches/; "suite", an RFC, on top of core;
# "native", on top of suite; and "kselftest".
#
# NAME.txt is the table of a series: the cover letter, then each mail, with its subject in a
# line "# SUBJECT", its message, "+ PATH" for each file that it adds, whole, and "F: PATH" for
# a line of MAINTAINERS. What is in no table is in stays.txt.
#
# Exit status: 0 success, 1 a mail is too long or checkpatch.pl complains, 2 no verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

# Limits of a mail, and of the test that comes first
most_lines=1000
most_bytes=61440
core_lines=350
core=kernel/module/tests/decompress_core.c
# The patches that fail a case of it if they are left out, and 0002, without which the error
# of 0012 is the right one by chance
core_fixes='0001 0002 0003 0004 0012'

modules_list=linux-modules@vger.kernel.org
kunit_list=kunit-dev@googlegroups.com
CHECK=${CHECK:-no}
case $CHECK in
yes | no | core) ;;
*) die "CHECK=$CHECK: not yes, no or core" ;;
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
# What the patches in the directories of patches/ change
others='lib/xz/xz_dec_lzma2.c lib/decompress_unxz.c security/loadpin/loadpin.c
	Documentation/admin-guide/LSM/LoadPin.rst'
index=Documentation/dev-tools/index.rst

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
	# shellcheck disable=SC2086	# names
	"$@" diff --quiet HEAD -- kernel/module Documentation/dev-tools tools/testing \
		$others MAINTAINERS ||
		die "series: $src has changes that are in no commit; run: git stash"
	"$@" rev-parse HEAD
}

# pristine DIRECTORY: make a repository of those files of the tree that the series change
pristine()
{
	rm -rf "$1"
	git init -q -b master "$1"
	# With these files checkpatch.pl and install.sh accept it as a kernel tree.
	for f in $merged $index kernel/module/decompress.c Kbuild MAINTAINERS \
		$others; do
		[ -e "$src/$f" ] || continue
		mkdir -p "$1/$(dirname "$f")"
		cp "$src/$f" "$1/$f"
	done
	git -C "$1" add -A
	git -C "$1" commit -q -m 'Linux'
	git -C "$1" tag base
}

# Install the suite after the core, without what marks our lines in the kernel's own files
make_whole()
{
	sh "$top/harness/lib/install.sh" "$whole" 2>/dev/null
	# The core is there already, and the last part of the makefile stays here.
	for f in Kconfig Makefile; do
		awk '/^config |^obj/ { twice = /DECOMPRESS_CORE/ && seen++ }
			/^$/ { empty = empty "\n"; next }
			/^# From here on, all is for the suite/ { ours = 1 }
			/^# module_decompress_kunit: end/ { ours = 0 }
			!twice && !ours { printf "%s", empty; print }
			{ empty = "" }' "$whole/kernel/module/$f" >"$work/once"
		cp "$work/once" "$whole/kernel/module/$f"
	done
	for f in $merged; do
		sed '/^# module_decompress_kunit: \(begin\|end\)$/d' "$whole/$f" >"$work/unmarked"
		cp "$work/unmarked" "$whole/$f"
	done
}

# in_no_mail: print each file of the whole tree that no mail has and that stays.txt has not
in_no_mail()
{
	sed -n 's/^+ //p' "$top"/harness/series/*.txt >"$work/in_mails"
	sed '/^#/d; /^$/d' "$top/harness/series/stays.txt" >"$work/stays"
	(cd "$whole" && git ls-files -o && git diff --name-only) |
		grep -vxFf "$work/in_mails" | while read -r f; do
			while read -r pattern; do
				# shellcheck disable=SC2254	# a pattern
				case $f in
				$pattern) continue 2 ;;
				esac
			done <"$work/stays"
			echo "$f"
		done
}

# The core: its option inside "if MODULES", after the one that it depends on
make_core()
{
	pristine "$1"
	mkdir -p "$1/kernel/module/tests"
	cp "$top/$core" "$1/$core"
	sed '/^$/,$d' "$top/kernel/module/.kunitconfig" \
		>"$1/kernel/module/.kunitconfig"
	awk -v entry="$top/kernel/module/Kconfig" '
	function print_core(  line, ours) {
		while ((getline line <entry) > 0) {
			if (line ~ /^config /)
				ours = line ~ / MODULE_DECOMPRESS_CORE_KUNIT_TEST$/
			if (ours)
				print line
		}
	}
	/^config / {
		if (last == "MODULE_DECOMPRESS")
			print_core()
		last = $2
	}
	{ print }' "$src/kernel/module/Kconfig" >"$1/kernel/module/Kconfig"
	# shellcheck disable=SC2016	# of make's
	edit "$1/kernel/module/Makefile" '/^obj-$(CONFIG_MODULE_DECOMPRESS) += decompress.o$/a\
obj-$(CONFIG_MODULE_DECOMPRESS_CORE_KUNIT_TEST) += tests/decompress_core.o'
}

# maintained PATH: add it to what the maintainers of modules have in MAINTAINERS
maintained()
{
	awk -v path="$1" '
	function add() {
		if (ours && !added++)
			print "F:\t" path
	}
	/^F:/ && $2 > path { add() }
	!/^F:/ && last ~ /^F:/ { add() }
	/^[A-Z]/ && last == "" { ours = $0 == "MODULE SUPPORT" }
	{ print; last = $0 }' "$repo/MAINTAINERS" >"$work/MAINTAINERS"
	cp "$work/MAINTAINERS" "$repo/MAINTAINERS"
}

# mails NAME: split the table of a series into a file for each mail; the first is the cover
# letter
mails()
{
	mkdir -p "$work/mails/$1"
	awk -v dir="$work/mails/$1" '
	sub(/^# /, "") { file = sprintf("%s/%02d", dir, n++) }
	{ print >file }' "$top/harness/series/$1.txt"
}

# commit MAIL FROM: commit what the table says of a mail, with the files of the tree FROM
commit()
{
	sed -n 's/^+ //p' "$1" | while read -r f; do
		mkdir -p "$repo/$(dirname "$f")"
		cp "$2/$f" "$repo/$f"
	done
	sed -n 's/^F: //p' "$1" | while read -r path; do
		maintained "$path"
	done
	in_repo add -A
	sed '/^\(+\|F:\) /d' "$1" | in_repo commit -q -s -F -
}

# apply_fix PATCH: apply it, with the sender as the author, unless the tree has it already.
# A newer tree may have another place for it.
apply_fix()
{
	for p in "$1" "$top/patches/mainline/${1##*/}"; do
		[ -e "$p" ] || continue
		! patch -sfR --dry-run -p1 -d "$repo" <"$p" >/dev/null || return 0
		author=$(git mailinfo /dev/null /dev/null <"$p" | sed -n 's/^Email: //p')
		if sed "/^Signed-off-by: .*<$author>\$/d" "$p" | in_repo am -q -s >/dev/null 2>&1; then
			in_repo commit -q --amend --no-edit --reset-author
			return
		fi
		in_repo am -q --abort
	done
	die "series: patches/${1##*/} does not apply to $src"
}

is_of_core()
{
	number=${1##*/}
	echo " $core_fixes " | grep -q " ${number%%-*} "
}

# recipients OPTION=ROLE ...: print get_maintainer.pl's answer as options of format-patch
recipients()
{
	# Rust's maintainers ask for patches with pin_init, which loadpin_init has in it.
	keywords=--keywords
	! grep -q loadpin_init "$work"/bare/*.patch || keywords=--no-keywords
	for option; do
		(cd "$src" && perl scripts/get_maintainer.pl --no-git --no-git-fallback $keywords \
			--mpath "$repo/MAINTAINERS" \
			--no-rolestats --no-m --no-r --no-l --"${option#*=}" \
			"$work"/bare/*.patch) | sort -u | sed "s/^/--${option%=*}=/"
	done
}

# cover FILE NAME: fill in git's template of a cover letter from the table of a series
cover()
{
	letter=$work/mails/$2/00
	{
		sed '/^\*\*\* BLURB HERE \*\*\*$/,$d' "$1" |
			sed "s|\*\*\* SUBJECT HERE \*\*\*|$(head -n 1 "$letter")|"
		sed 1,2d "$letter" | git stripspace
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

# too_long_a_core: report if the test that comes first is over its limit
too_long_a_core()
{
	lines=$(wc -l <"$top/$core")
	[ "$lines" -gt $core_lines ] || return 0
	echo "$core: $lines lines"
	failed=1
}

# has_maintainers MAIL ...: is each new file one of those that MAINTAINERS has for modules?
# checkpatch.pl only asks.
has_maintainers()
{
	sed -n '/^--- \/dev\/null$/{n; s|^+++ b/||p}' "$@" | while read -r f; do
		sed -n '/^MODULE SUPPORT$/,/^$/s/^F:[[:space:]]*//p' "$repo/MAINTAINERS" |
			while read -r pattern; do
				# shellcheck disable=SC2254	# a pattern
				case $f in
				$pattern | $pattern*) echo "$f" ;;
				esac
			done | grep -q . || echo "$f: not in MAINTAINERS"
	done
}

# write NAME PREFIX: write the commits since the base to series/NAME/, and check them
write()
{
	name=$1
	out=$work/series/$name
	[ -d "$work/mails/$name" ] || mails "$name"
	in_repo format-patch -q -o "$work/bare" base
	recipients to=m cc=r cc=l >"$work/recipients"
	case $name in
	core | suite | native) echo "--cc=$kunit_list" >>"$work/recipients" ;;
	# They are sent for the sake of modules.
	xz | loadpin) echo "--cc=$modules_list" >>"$work/recipients" ;;
	esac
	sort -u -o "$work/recipients" "$work/recipients"
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
	[ "$name" != core ] || too_long_a_core
	! has_maintainers "$@" | grep . || failed=1
	# FILE_PATH_CHANGES: see has_maintainers. DEPRECATED_API: the suite names kmap() to
	# forbid it. GIT_DIR=none: in a git tree checkpatch.pl needs
	# Python modules for licenses; without git it knows no commits.
	ignored=DEPRECATED_API,FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID
	case $name in
	native) ignored=$ignored,$stand_in_types ;;
	# The code that decompresses a kernel has no flags.
	xz) ignored=$ignored,MACRO_ARG_UNUSED ;;
	esac
	(cd "$src" && GIT_DIR=none perl scripts/checkpatch.pl --strict --quiet --no-summary \
		--ignore $ignored "$@") >&2 || failed=1
	# Remove checkpatch.pl's cache from the user's tree.
	rm -f "$src"/.checkpatch-camelcase.*

	rm -rf "$work/check"
	git clone -q "$repo" "$work/check"
	git -C "$work/check" reset -q --hard base
	git -C "$work/check" am -q "$@" || die "series: git am does not take $name"
	[ "$(git -C "$work/check" rev-parse 'HEAD^{tree}')" = \
		"$(in_repo rev-parse 'HEAD^{tree}')" ] ||
		die "series: git am of $name gives another tree than the one it was made from"
	counts="$counts${counts:+, }$# of $name"
}

# on_core: the series that follows is on top of the core
on_core()
{
	pristine "$repo"
	in_repo am -q "$work"/series/core/000[1-9]*.patch
	in_repo tag -f base >/dev/null
}

# of_files NAME FROM: commit the mails of a table, with the files of the tree FROM
of_files()
{
	mails "$1"
	for mail in "$work/mails/$1"/*; do
		[ "$mail" = "$work/mails/$1/00" ] || commit "$mail" "$2"
	done
}

# of_directory NAME: write the series from patches/NAME/, unless this kernel needs none of it
of_directory()
{
	[ ! "$(not_needed "patches/$1/" "$src")" ] || return 0
	pristine "$repo"
	for patch in "$top/patches/$1"/*.patch; do
		apply_fix "$patch"
	done
	write "$1" PATCH
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
make_core "$work/core"
pristine "$whole"
cp "$work/core/kernel/module/Kconfig" "$work/core/kernel/module/Makefile" "$whole/kernel/module"
make_whole
left=$(in_no_mail)
[ ! "$left" ] || die "series: neither in a mail nor in stays.txt: $(echo "$left" | paste -s -d " ")"

pristine "$repo"
for patch in "$top"/patches/*.patch; do
	! is_of_core "$patch" || apply_fix "$patch"
done
of_files core "$work/core"
write core PATCH
on_core
for patch in "$top"/patches/*.patch; do
	is_of_core "$patch" || apply_fix "$patch"
done
write fixes PATCH
of_directory xz
of_directory loadpin
on_core
of_files suite "$whole"
write suite 'RFC PATCH'
pristine "$repo"
of_files native "$whole"
write native 'RFC PATCH'
pristine "$repo"
of_files kselftest "$whole"
write kselftest PATCH

rm -rf "$series"
mv "$work/series" "$series"
if [ $failed -ne 0 ]; then
	say "make series: $counts in build/series/; something is wrong with them, see above"
	exit 1
fi
echo "make series: $counts in build/series/; none over $most_lines lines, and checkpatch.pl --strict and git am take them"
[ "$CHECK" != no ] || exit 0
rm -rf "$work"
exec sh "$top/harness/series/check.sh"
