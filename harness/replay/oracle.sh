#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# oracle.sh: gets gzip, xz and zstd of a newer Debian, to judge what a kernel makes
# of a file, and prints the directory they are in, to be first in PATH; status 1 if
# there are none to be had.
#
# Debian 12 has zstd 1.5.4, which refuses files that are valid, and takes some that
# are not: no judge of the decoder of a newer kernel. Each is run with the C library
# it was linked with, and nothing of the system's is changed.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/lib/apt.sh"

releases='sid forky trixie'
packages='gzip xz-utils zstd libc6 liblzma5 liblz4-1 libzstd1 zlib1g'
dir=$build/oracle
apt=$build/apt-oracle
log=$build/oracle.log

oracle_apt_get()
{
	private_apt apt-get -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
		-o APT::Update::Error-Mode=any -qq "$@"
}

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
	} >"$dir.tmp/bin/$1"
	chmod +x "$dir.tmp/bin/$1"
	# It has to run here: a release may be in pieces for a day.
	echo right | "$1" -c | "$dir.tmp/bin/$1" -dc | grep -qx right
}

get_from()
{
	rm -rf "$apt" "$dir.tmp"
	mkdir -p "$dir.tmp/debs" "$dir.tmp/bin"
	private_sources "$1" || {
		echo "apt knows no archive of $codename" >>"$log"
		return 1
	}
	cd "$dir.tmp/debs"
	# shellcheck disable=SC2086	# a list of words
	{ oracle_apt_get update && oracle_apt_get download $packages; } \
		>>"$log" 2>&1 || return
	for deb in *.deb; do
		dpkg-deb -x "$deb" "$dir.tmp" || return
	done
	cd "$top"
	rm -rf "$dir.tmp/debs"
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

mkdir -p "$build"
exec 9>"$build/oracle.lock"
flock 9
if [ ! -d "$dir" ]; then
	say "Downloading gzip, xz and zstd of a newer Debian, to compare with ..."
	: >"$log"
	patiently get >&2 || {
		say 'They cannot be downloaded; see build/oracle.log'
		exit 1
	}
fi
echo "$dir/bin"
