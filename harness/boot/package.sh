#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# package.sh amd64|arm64 PACKAGE[/RELEASE]
#
# Gets a kernel as Debian ships it, by the name of its package, and prints "RELEASE
# DIRECTORY": how it calls itself, and where all of it was unpacked to; nothing of it is
# installed. Without a release of Debian's it is the newest of that name.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/apt.sh"

# The newest first
releases='trixie-backports trixie bookworm-backports bookworm'
arch=$1
package=$2
what="IMAGE=$package"

apt_of_arch()
{
	private_apt "$@" -o APT::Architecture="$arch" -o APT::Architectures="$arch"
}

# Once a day; without a network the last answer has to do.
look()
{
	# shellcheck disable=SC2086	# a list of words
	private_sources "$arch" $releases || return
	[ -z "$(find "$apt/asked" -mtime -1 2>/dev/null)" ] || return 0
	say "Looking for kernels in $releases ..."
	! patiently apt_of_arch apt-get -qq update >&2 || touch "$apt/asked"
}

# parts PACKAGE/RELEASE: since 7.3 the kernel, its modules and its config are packages of
# their own
parts()
{
	apt_of_arch apt-get -qq -s --no-install-recommends install "$1" 2>/dev/null |
		sed -n 's/^Inst \(linux-\(image\|binary\|modules\|base\)-[0-9][^ :]*\)[^ ]* (\([^ ]*\) .*/\1=\3/p'
}

# With modules.dep, as its postinst makes it
unpack()
{
	mkdir -p "$tmp/tree" && cd "$tmp" || return
	# shellcheck disable=SC2031,SC2086	# a list of words, not changed
	apt_of_arch apt-get -qq download $packages || return
	for deb in *.deb; do
		dpkg-deb -x "$deb" tree || return
	done
	[ -d tree/usr/lib/modules ] || {
		mkdir -p tree/usr && mv tree/lib tree/usr/lib
	} || return
	/sbin/depmod -b "$tmp/tree/usr" "$release"
}

command -v apt-get >/dev/null ||
	die "$what comes from Debian, and there is no apt-get here; give a file: IMAGE=FILE MODULES=DIRECTORY"
need /sbin/depmod
apt=$build/apt/kernels-$arch
mkdir -p "$build/apt" "$build/image"
lock 7 "$apt.lock" "another command that gets a kernel's package"
look ||
	die "$what: no archive of Debian's among those of apt-get here; give a file: IMAGE=FILE MODULES=DIRECTORY"
case $package in
*/*) packages=$(parts "$package") ;;
*)
	for release in $releases; do
		packages=$(parts "$package/$release")
		[ -z "$packages" ] || break
	done
	;;
esac
release=$(echo "$packages" | sed -n 's/^linux-image-\([^=]*\)=.*/\1/p')
[ "$release" ] ||
	die "$what: no such package in any of $releases, nor a file; linux-image-$arch/trixie is one"
directory=$build/image/$release
if [ ! -d "$directory" ]; then
	tmp=$build/image/.$release
	rm -rf "$tmp"
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 2' HUP INT TERM
	still_there()
	{
		echo "  $(du -sm "$tmp" 2>/dev/null | cut -f 1) MB"
	}
	say "Downloading $(echo "$packages" | paste -s -d ' ') ..."
	patiently unpack >&2 || die "$what: not downloaded, see above; is there a network?"
	mv "$tmp/tree" "$directory"
fi
echo "$release $directory"
