#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel.sh [6.12|6.1|newest|DIRECTORY [COMMIT]]
#
# Finds, or gets, the source of a kernel and prints "NAME DIRECTORY": a short
# name for what is built from it, and where it is. Debian's sources, and a commit
# of a git tree, go to build/src/; nothing of the system's package state is changed.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/apt.sh"

# Where Debian has them, if the system's own release does not
release_of()
{
	case $1 in
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	*) echo trixie-backports ;;
	esac
}

has_apt()
{
	command -v apt-get >/dev/null ||
		die "KERNEL=$KERNEL comes from Debian, and there is no apt-get here; give the path of a kernel tree: KERNEL=DIRECTORY"
}

# update_private_apt RELEASE WHAT: to look for that there
update_private_apt()
{
	apt=$build/apt/$1
	mkdir -p "$apt"
	private_sources "$(dpkg --print-architecture)" "$1" ||
		die "KERNEL=$KERNEL: no archive of Debian's among those of apt-get here; give the path of a kernel tree: KERNEL=DIRECTORY"
	say "Looking for $2 in $1 ..."
	private_apt apt-get -qq update >&2
}

# Asked once a day; without a network the last answer has to do.
newest()
{
	release=$(release_of newest)
	answer=$build/apt/newest
	if [ -z "$(find "$answer" -mtime -1 2>/dev/null)" ]; then
		has_apt
		update_private_apt "$release" 'the newest kernel' || :
		private_apt apt-cache pkgnames linux-source- |
			sed -n 's/^linux-source-\([0-9.]*\)$/\1/p' |
			sort -V | tail -n 1 >"$answer.new"
		[ ! -s "$answer.new" ] || mv "$answer.new" "$answer"
		[ -s "$answer" ] ||
			die "KERNEL=newest: no linux-source package found in $release; is there a network?"
	fi
	cat "$answer"
}

# download PACKAGE: by the system's own apt if it knows it
download()
{
	if [ "$KERNEL" != newest ]; then
		# A new machine has no package lists yet; only root can get them.
		apt-cache show "$1" >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ] ||
			apt-get -qq update >&2
		apt-get -o APT::Sandbox::User="$(id -un)" -qq download "$1" \
			2>/dev/null && return
	fi
	update_private_apt "$(release_of "$KERNEL")" "$1" &&
		private_apt apt-get -qq download "$1"
}

# Only what is complete gets its name, so an interrupted run leaves nothing that
# looks like a kernel.
unpacking()
{
	tmp=$build/src/.$1
	rm -rf "$tmp"
	mkdir -p "$tmp/tree"
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' HUP INT TERM

	still_there()
	{
		echo "  $(du -sm "$tmp" | cut -f 1) MB"
	}
}

unpacked()
{
	mv "$tmp/tree" "$build/src/$1"
	rm -rf "$tmp"
	trap - EXIT HUP INT TERM
}

# unpack VERSION
unpack()
{
	package=linux-source-$1
	has_apt
	need xz
	unpacking "linux-$1"
	tarball=/usr/src/$package.tar.xz
	if [ ! -f "$tarball" ]; then
		say "Downloading $package ..."
		cd "$tmp"
		patiently download "$package" >&2 ||
			die "KERNEL=$KERNEL: apt-get cannot download $package; is there a network? Or give the path of a kernel tree: KERNEL=DIRECTORY"
		cd "$top"
		dpkg-deb -x "$tmp"/*.deb "$tmp"
		rm -f "$tmp"/*.deb
		tarball=$(echo "$tmp"/usr/src/*.tar.xz)
	fi
	say "Unpacking $package into build/src/linux-$1 ..."
	patiently tar -xf "$tarball" -C "$tmp/tree" --strip-components=1
	unpacked "linux-$1"
}

# commit_of DIRECTORY COMMIT: its number
commit_of()
{
	need git
	git -c safe.directory='*' -C "$1" rev-parse --verify -q "$2^{commit}" 2>/dev/null ||
		die "BASE=$2: neither a directory nor a commit of KERNEL=$1"
}

# check_out DIRECTORY NUMBER NAME
check_out()
{
	unpacking "$3"
	say "Unpacking commit $2 of $1 ..."
	patiently git -c safe.directory='*' -C "$1" archive -o "$tmp/tar" "$2" ||
		die "BASE=$2: git archive fails; see above"
	patiently tar -xf "$tmp/tar" -C "$tmp/tree"
	unpacked "$3"
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
commit=${2:-}
mkdir -p "$build/src" "$build/apt"
lock 7 "$build/src/lock" "another command that gets a kernel"
case $KERNEL in
6.1 | 6.12 | newest)
	[ -z "$commit" ] ||
		die "BASE=$commit: no such directory, and KERNEL=$KERNEL has no commits"
	version=$KERNEL
	[ "$KERNEL" != newest ] || version=$(newest)
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
	if [ "$commit" ]; then
		commit=$(commit_of "$dir" "$commit")
		name=commit-$(printf %.12s "$commit")
		[ -d "$build/src/$name" ] || check_out "$dir" "$commit" "$name"
		dir=$build/src/$name
	fi
	;;
esac
case $top$build$dir in
*[[:space:]:]*) die "the kernel's makefiles cannot handle a space or colon in a path: $top, $build, $dir" ;;
esac
check "$dir"
echo "$name $dir"
