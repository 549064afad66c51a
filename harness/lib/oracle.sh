#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# oracle.sh [libraries|headers]: gets gzip, xz and zstd of a newer Debian, and their
# libraries, to judge what a kernel makes of a file, and prints the directory that the
# former are in, to be first in PATH, or that of the latter or their headers; status 1 if
# there are none to be had.
#
# Debian 12 has zstd 1.5.4, which refuses files that are valid, and takes some that
# are not: no judge of the decoder of a newer kernel. Each is run with the C library
# it was linked with, and nothing of the system's is changed.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/apt.sh"

releases='sid forky trixie'
dir=$build/oracle
log=$build/oracle.log

# wrap TOOL: a script that runs it with the libraries beside it
wrap()
{
	lib=$dir.tmp/usr/lib/$(gcc -print-multiarch)
	set -- "$1" "$(echo "$lib"/ld-linux*.so.*)"
	[ -x "$2" ] || return
	# shellcheck disable=SC2016	# expanded where the tool is run
	{
		echo '#!/bin/sh'
		echo 'top=$(dirname "$0")/..'
		printf 'exec "$top/%s" --library-path "$top/%s" "$top/%s" "$@"\n' \
			"${2#"$dir.tmp/"}" "${lib#"$dir.tmp/"}" "usr/bin/$1"
	} >"$dir.tmp/wrapped/$1"
	chmod +x "$dir.tmp/wrapped/$1"
	# It has to run here: a release may be in pieces for a day.
	echo right | "$1" -c | "$dir.tmp/wrapped/$1" -dc | grep -qx right
}

get_from()
{
	extract "$dir.tmp" "$1" "$(dpkg --print-architecture)" gzip xz-utils zstd libzstd-dev \
		liblzma-dev zlib1g-dev >>"$log" 2>&1 || return
	# Theirs alone: those of the C library are for it
	mkdir "$dir.tmp/include"
	(cd "$dir.tmp/include" && ln -s ../usr/include/lzma* ../usr/include/z*.h .)
	mkdir "$dir.tmp/wrapped"
	for tool in gzip xz zstd; do
		wrap $tool || return
	done
	mv "$dir.tmp" "$dir"
}

get()
{
	for release in $releases; do
		(get_from "$release") && return
	done
	rm -rf "$dir.tmp"
	return 1
}

lock 7 "$build/oracle.lock" 'another download of gzip, xz and zstd'
# One of an earlier version of this script lacks the headers.
libraries=$dir/usr/lib/$(gcc -print-multiarch)
[ -e "$dir/include/zstd.h" ] || rm -rf "$dir"
if [ ! -d "$dir" ]; then
	command -v apt-get >/dev/null || exit 1
	need mmdebstrap
	say "Downloading gzip, xz and zstd of a newer Debian, to compare with ..."
	: >"$log"
	patiently get >&2 || {
		say 'They cannot be downloaded; see build/oracle.log'
		exit 1
	}
fi
case ${1:-} in
libraries) echo "$libraries" ;;
headers) echo "$dir/include" ;;
*) echo "$dir/wrapped" ;;
esac
