#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Gets Debian's kmod for i386, with all that it needs, and prints the directory where
# it is.
#
# Not bookworm's: it was kmod 31 that began to leave decompression to the kernel.
# An archive that is being updated may have no index that fits for a day: so there are
# two releases to choose from.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/apt.sh"

releases='trixie forky'
dir=$build/kmod-i386

get()
{
	for release in $releases; do
		extract "$dir.tmp" "$release" i386 kmod &&
			mv "$dir.tmp" "$dir" && return
	done
	return 1
}

lock 7 "$build/kmod-i386.lock" 'another download of kmod'
if [ ! -d "$dir" ]; then
	need mmdebstrap
	say "Downloading kmod for i386 ..."
	patiently get >&2 ||
		die "boot: mmdebstrap cannot get kmod for i386, of any of $releases; is there a network?"
fi
echo "$dir"
