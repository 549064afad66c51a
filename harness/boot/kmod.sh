#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kmod.sh ARCHITECTURE [RELEASE]
#
# Gets Debian's kmod for that, as Debian calls it, with all that it needs, and prints the
# directory where it is: of that release, or a new one.
#
# Not bookworm's: it was kmod 31 that began to leave decompression to the kernel.
# An archive that is being updated may have no index that fits for a day: so there are
# two releases to choose from.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/apt.sh"

releases=${2:-trixie forky}
arch=$1
dir=$build/kmod-${2:+$2-}$arch

get()
{
	for release in $releases; do
		extract "$dir.tmp" "$release" "$arch" kmod &&
			mv "$dir.tmp" "$dir" && return
	done
	return 1
}

lock 7 "$dir.lock" 'another download of kmod'
if [ ! -d "$dir" ]; then
	need mmdebstrap
	say "Downloading kmod for $arch ..."
	patiently get >&2 ||
		die "boot: mmdebstrap cannot get kmod for $arch, of any of $releases; is there a network?"
fi
echo "$dir"
