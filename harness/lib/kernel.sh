#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh [6.12|6.1|newest|DIRECTORY]
#
# Finds, or gets, the source of a kernel and prints "NAME DIRECTORY": a short
# name for what is built from it, and where it is. The distribution's sources
# go to build/src/; nothing of the system's package state is changed.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/apt.sh"

# Not among the system's sources.
newest_codename=trixie-backports
apt=$build/apt

update_private_apt()
{
	private_sources "$newest_codename" ||
		die "KERNEL=newest: apt knows no archive of $codename; give the path of a kernel tree"
	say "Looking for the newest kernel in $newest_codename ..."
	private_apt apt-get -qq update >&2 &&
		private_apt apt-cache pkgnames linux-source- |
		sed -n 's/^linux-source-\([0-9.]*\)$/\1/p' |
		sort -V | tail -n 1 >"$apt/newest.tmp"
	[ -s "$apt/newest.tmp" ] && mv "$apt/newest.tmp" "$apt/newest"
}

# Asked once a day; without a network the last answer has to do.
newest()
{
	if [ -z "$(find "$apt/newest" -mtime -1 2>/dev/null)" ]; then
		update_private_apt || [ -s "$apt/newest" ] ||
			die "KERNEL=newest: no linux-source package found in $newest_codename; is there a network?"
	fi
	cat "$apt/newest"
}

# A new machine has no package lists yet; only root can get them.
refresh()
{
	[ "$(id -u)" -eq 0 ] && apt-get -qq update >&2
}

# unpack VERSION: into a directory of its own that is renamed when complete, so
# an interrupted run leaves nothing that looks like a kernel.
unpack()
{
	package=linux-source-$1
	tmp=$build/src/.linux-$1.$$
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' HUP INT TERM
	# What an earlier run had no time to remove.
	rm -rf "$build/src/.linux-$1".*
	mkdir -p "$tmp/tree"

	still_there()
	{
		echo "  $(du -sm "$tmp" | cut -f 1) MB"
	}

	tarball=/usr/src/$package.tar.xz
	if [ ! -f "$tarball" ]; then
		need xz xz-utils
		say "Downloading $package ..."
		cd "$tmp"
		patiently "$apt_get" -qq download "$package" >&2 ||
			{ refresh && "$apt_get" -qq download "$package" >&2; } ||
			die "KERNEL=$KERNEL: apt-get cannot download $package; run: apt-get update"
		cd "$top"
		dpkg-deb -x "$tmp"/*.deb "$tmp"
		rm -f "$tmp"/*.deb
		tarball=$(echo "$tmp"/usr/src/*.tar.xz)
	fi
	say "Unpacking $package into build/src/linux-$1 ..."
	patiently tar -xf "$tarball" -C "$tmp/tree" --strip-components=1
	mv "$tmp/tree" "$build/src/linux-$1"
	rm -rf "$tmp"
	trap - EXIT HUP INT TERM
}

plain_apt_get()
{
	apt-get -o APT::Sandbox::User="$(id -un)" "$@"
}

private_apt_get()
{
	private_apt apt-get "$@"
}

check()
{
	what="KERNEL=$KERNEL"
	[ -f "$1/Kbuild" ] || die "$what: $1 is not a kernel tree"
	[ -f "$1/kernel/module/decompress.c" ] ||
		die "$what: no kernel/module/decompress.c; it needs Linux 5.19 or later"
	for f in .config include/config arch/x86/include/generated; do
		[ ! -e "$1/$f" ] ||
			die "$what: has a build in it ($f); run: make -C $1 mrproper"
	done
	[ -x "$1/tools/testing/kunit/kunit.py" ] ||
		die "$what: no tools/testing/kunit/kunit.py"
}

KERNEL=${1:-6.12}
case $KERNEL in
6.1 | 6.12 | newest)
	version=$KERNEL apt_get=plain_apt_get
	if [ "$KERNEL" = newest ]; then
		version=$(newest) apt_get=private_apt_get
	fi
	name=$version
	dir=$build/src/linux-$version
	[ -d "$dir" ] || unpack "$version"
	;;
*)
	[ -d "$KERNEL" ] ||
		die "KERNEL=$KERNEL: no such directory, and not one of 6.12, 6.1, newest"
	dir=$(cd "$KERNEL" && pwd -P)
	# Two trees may have the same last name.
	name=$(basename "$dir")-$(printf %s "$dir" | cksum | cut -d ' ' -f 1)
	;;
esac
case $top$dir in
*[[:space:]:]*) die "the kernel's makefiles cannot handle a space or colon in a path: $top, $dir" ;;
esac
check "$dir"
echo "$name $dir"
