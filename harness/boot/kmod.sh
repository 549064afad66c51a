#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Gets Debian's kmod for i386, with the libraries it cannot be without, and prints
# the directory where they are.
#
# Not bookworm's: it was kmod 31 that began to leave decompression to the kernel.
# An archive that is being updated may have no index that fits for a day: then the
# next release's will do.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/apt.sh"

releases='trixie forky'
packages='kmod libc6 libssl3t64 zlib1g libzstd1'
dir=$build/kmod-i386
apt=$build/apt-i386

i386_apt_get()
{
	private_apt apt-get -o APT::Architecture=i386 \
		-o APT::Architectures::=i386 -qq "$@"
}

get_from()
{
	rm -rf "$apt" "$dir.tmp"
	mkdir -p "$dir.tmp/debs"
	private_sources arch=i386 "$1" || return
	cd "$dir.tmp/debs"
	# shellcheck disable=SC2086	# a list of words
	i386_apt_get update && i386_apt_get download $packages || return
	for deb in *.deb; do
		dpkg-deb -x "$deb" "$dir.tmp" || return
	done
	rm -rf "$dir.tmp/debs"
	mv "$dir.tmp" "$dir"
}

get()
{
	for release in $releases; do
		(get_from "$release") && return
	done
	return 1
}

lock 7 "$build/kmod-i386.lock" 'another download of kmod'
if [ ! -d "$dir" ]; then
	command -v dpkg-deb >/dev/null ||
		die 'boot: kmod for i386 comes from Debian, and there is no apt-get here'
	say "Downloading kmod for i386 ..."
	patiently get >&2 ||
		die "boot: apt-get cannot download kmod for i386, of any of $releases; is there a network?"
fi
echo "$dir"
