#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# tree.sh NAME SOURCE
#
# Makes or refreshes build/tree/NAME, the tree that gets built, and prints its
# path: the kernel in SOURCE, which stays as it is, plus the suite, plus
# patches/ (as FIXES says), or with the file DECOMPRESS in place of its own. All
# but a few files are symbolic links, so it
# costs next to nothing, and an edit in SOURCE is seen at once.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

FIXES=${FIXES:-yes}
name=$1
src=$2
tree=$build/tree/$name
decompress=kernel/module/decompress.c
kunit=tools/testing/kunit

# The directories that hold a file which is not a link, parents first.
open_dirs()
{
	{ suite_files && echo $kunit/kunit.py; } |
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
	set -- "$top/patches/$number"-*.patch
	[ -e "$1" ] || die "FIXES=$FIXES: no patch $number in patches/"
done

apply_fixes()
{
	for p in "$top"/patches/*.patch; do
		wanted "$p" || continue
		# One is for Kconfig: it changes nothing on a machine with an MMU.
		grep -q "^+++ b/$decompress" "$p" || continue
		function=$(missing_function "$p" "$1")
		if [ "$function" ]; then
			say "patches/${p##*/}: not needed, no $function() in this kernel"
		elif patch -sfR --dry-run -r - "$1" "$p" >/dev/null; then
			say "patches/${p##*/}: already in this kernel"
		elif ! patch -sf --no-backup-if-mismatch -r - "$1" "$p" >&2; then
			die "patches/${p##*/} does not apply to $src/$decompress; FIXES=no leaves the patches out"
		fi
	done
}

for d in $(open_dirs); do
	case $d/ in
	# kunit.py finds the kernel by its own real path, so it cannot be a link.
	$kunit/*) ;;
	*) open_dir "$d" ;;
	esac
done
[ ! -L "$tree/$kunit" ] || rm "$tree/$kunit"
mkdir -p "$tree/$kunit"
cp -Ru --preserve=mode,timestamps "$src/$kunit/." "$tree/$kunit"
# Newer ones try KVM first. Under TCG a run is the same on every machine, and a
# stale TLB entry always shows.
sed -i "/^[[:space:]]*'-accel', '\(kvm\|hvf\)',\$/d" "$tree/$kunit/kunit_kernel.py"

tmp=$tree/.decompress.c.new
if [ "${DECOMPRESS:-}" ]; then
	cp "$DECOMPRESS" "$tmp"
else
	cp "$src/$decompress" "$tmp"
	apply_fixes "$tmp"
fi
[ ! -L "$tree/$decompress" ] || rm "$tree/$decompress"
put "$tmp" "$tree/$decompress"

sh "$top/harness/lib/install.sh" --overlay "$src" "$tree"
echo "$tree"
