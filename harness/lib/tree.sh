#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# tree.sh NAME SOURCE WHO
#
# Makes or refreshes build/tree/NAME, the tree that gets built, and prints its
# path: the kernel in SOURCE, which stays as it is, plus the suite, plus
# patches/ (as FIXES says), or with the file DECOMPRESS in place of its own. All
# but a few files are symbolic links, so it costs next to nothing, and an edit in
# SOURCE is seen at once.
#
# The caller has build/tree/NAME.lock open as 9. From here on it is shared with
# those that want the same tree, until the caller ends; those that want another,
# for other FIXES say, wait for it.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

FIXES=${FIXES:-$(default_fixes)}
name=$1
src=$2
who=$3
tree=$build/tree/$name
decompress=kernel/module/decompress.c
kunit=tools/testing/kunit

# The files that the patches in the directories of patches/ change, for other maintainers.
# Kconfig stays as it is: the one patch to it changes nothing on a machine with an MMU.
other_files()
{
	sed -n 's|^+++ b/||p' "$top"/patches/*/*.patch | grep -v 'Kconfig$' | sort -u
}

# The directories that hold a file which is not a link, parents first.
open_dirs()
{
	{ suite_files && echo $kunit/kunit.py && other_files; } |
		awk -F / '{
			print d = "."
			for (i = 1; i < NF; i++)
				print d = i == 1 ? $1 : d "/" $i
		}' | sort -u
}

# A real directory of links to what the kernel has in it. A link that leads
# nowhere goes: the kernel has lost that file.
open_dir()
{
	[ ! -L "$tree/$1" ] || rm "$tree/$1"
	mkdir -p "$tree/$1"
	for f in "$tree/$1"/* "$tree/$1"/.[!.]*; do
		[ ! -L "$f" ] || [ -e "$f" ] || rm "$f"
	done
	for f in "$src/$1"/* "$src/$1"/.[!.]*; do
		case ${f##*/} in
		.git | .kunit) continue ;;
		esac
		[ ! -e "$f" ] || [ -e "$tree/$1/${f##*/}" ] ||
			ln -s "$f" "$tree/$1/"
	done
}

# A patch is for this kernel if all functions that its hunks name are in it:
# 6.1, for one, has no zstd here.
missing_function()
{
	sed -n 's/^@@ .* @@.*[ *]\(module_[a-z0-9_]*\)(.*/\1/p' "$1" |
		while read -r function; do
			grep -qw "$function" "$2" || {
				echo "$function"
				break
			}
		done
}

# wanted PATCH: is it among those that FIXES asks for? yes, no, or numbers.
wanted()
{
	number=${1##*/}
	case $FIXES,$FIXES, in
	yes,* | *,"${number%%-*}",*) ;;
	*) return 1 ;;
	esac
}

for number in $(echo "$FIXES" | tr , ' '); do
	case $number in
	yes | no) continue ;;
	esac
	cat "$top/patches/$number"-*.patch "$top"/patches/*/"$number"-*.patch 2>/dev/null |
		grep '^+++ ' | grep -qv 'Kconfig$' ||
		die "FIXES=$FIXES: no patch $number to C files in patches/"
done

# apply_fix PATCH OPTION ...: if it is wanted; or note that this kernel is left without it
apply_fix()
{
	p=$1
	shift
	number=${p##*/}
	if patch -sfR --dry-run -r - "$@" <"$p" >/dev/null; then
		! wanted "$p" || say "patches/${p##*/}: already in this kernel"
	elif ! wanted "$p"; then
		echo "${number%%-*}" >>"$tree/.lacks"
	elif ! patch -sf --no-backup-if-mismatch -r - "$@" <"$p" >&2; then
		die "patches/${p##*/} does not apply to $src; FIXES=no leaves the patches out"
	fi
}

# The patches to decompress.c, which is in the file $1 here
apply_fixes()
{
	for p in "$top"/patches/*.patch; do
		grep -q "^+++ b/$decompress" "$p" || continue
		function=$(missing_function "$p" "$1")
		if [ ! "$function" ]; then
			apply_fix "$p" "$1"
		elif wanted "$p"; then
			say "patches/${p##*/}: not needed, no $function() in this kernel"
		fi
	done
}

apply_other_fixes()
{
	others=$tree/.others
	rm -rf "$others"
	for f in $(other_files); do
		mkdir -p "$others/${f%/*}"
		cp "$src/$f" "$others/$f"
	done
	for p in "$top"/patches/*/*.patch; do
		! grep -q '^+++ .*Kconfig$' "$p" || continue
		lacking=$(not_needed "$p" "$src")
		if [ ! "$lacking" ]; then
			apply_fix "$p" -p1 -d "$others"
		elif wanted "$p"; then
			say "patches/${p##*/}: not needed, no $lacking in this kernel"
		fi
	done
	for f in $(other_files); do
		[ ! -L "$tree/$f" ] || rm "$tree/$f"
		put "$others/$f" "$tree/$f"
	done
	rm -rf "$others"
}

# kunit.py finds the kernel by its own real path, so it cannot be a link. Newer
# ones try KVM first: under TCG a run is the same on every machine, and a stale TLB
# entry always shows.
copy_kunit()
{
	new=$tree/.kunit.new
	rm -rf "$new"
	cp -R "$src/$kunit" "$new"
	! grep -q "'-accel', 'kvm'" "$new/kunit_kernel.py" ||
		edit "$new/kunit_kernel.py" \
			"/^[[:space:]]*'-accel', '\(kvm\|hvf\)',\$/d"
	! grep -qw kvm "$new/kunit_kernel.py" ||
		die "$src/$kunit/kunit_kernel.py asks for KVM in a way that is not known here"
	[ ! -L "$tree/$kunit" ] || rm "$tree/$kunit"
	# All that is ours there are fragments; and install.sh writes all_tests.config.
	if diff -rq -x __pycache__ -x all_tests.config "$new" "$tree/$kunit" 2>&1 |
		grep -vq ': module_decompress_.*\.config$'; then
		rm -rf "${tree:?}/$kunit"
		mv "$new" "$tree/$kunit"
	fi
	rm -rf "$new"
}

refresh()
{
	for d in $(open_dirs); do
		case $d/ in
		$kunit/*) ;;
		*) open_dir "$d" ;;
		esac
	done
	copy_kunit

	tmp=$tree/.decompress.c.new
	: >"$tree/.lacks"
	if [ "${DECOMPRESS:-}" ]; then
		cp "$DECOMPRESS" "$tmp"
	else
		cp "$src/$decompress" "$tmp"
		apply_fixes "$tmp"
	fi
	[ ! -L "$tree/$decompress" ] || rm "$tree/$decompress"
	put "$tmp" "$tree/$decompress"
	apply_other_fixes
	sh "$top/harness/lib/install.sh" --overlay "$src" "$tree"
}

# All that the tree is made of, but for what it has links to
state()
{
	dirs=$(open_dirs)
	{
		echo "$src $FIXES $dirs"
		cd "$src"
		# shellcheck disable=SC2086	# a list of names
		ls -AF $dirs 2>/dev/null || :
		find $kunit -type f ! -name '*.pyc' -exec cat {} +
		# What others may have there too, and what is merged into it
		files=$(cd "$top" && suite_files)
		also=$(other_files)
		# shellcheck disable=SC2086
		cat $decompress $files $also 2>/dev/null || :
		cd "$top"
		# shellcheck disable=SC2086
		cat "${DECOMPRESS:-/dev/null}" $files patches/*.patch patches/*/*.patch \
			harness/lib/tree.sh harness/lib/install.sh
	} | sha256sum
}

lockfile=$build/tree/$name.lock
relock 9 "$lockfile" '' -s
until [ "$(state)" = "$(cat "$tree/.state" 2>/dev/null)" ]; do
	relock 9 "$lockfile" "$who" -x
	# One that was left half-done, or as what a series makes of it
	[ -e "$tree/.state" ] || rm -rf "$tree"
	mkdir -p "$tree"
	state >"$tree/.state.new"
	rm -f "$tree/.state"
	refresh
	mv "$tree/.state.new" "$tree/.state"
	# Another may come between the two; then it is looked at again.
	relock 9 "$lockfile" '' -s
done
echo "$who" >"$lockfile"
echo "$tree"
