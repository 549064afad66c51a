# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the scripts share. Sourced by each of them, from a directory of harness/.

top=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck disable=SC2034	# used by the scripts that source this
build=$top/build

# A calling make's flags and variables are not for the makes called from here.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# Progress goes to stderr: stdout is for what a script was asked for.
say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	printf 'make: %s\n' "$*" >&2
	exit 2
}

# patiently COMMAND ...: run what may take long, with a sign of life every few
# seconds; a script may have a better still_there.
still_there()
{
	echo "  still at it"
}

patiently()
{
	(
		# Not for long if killed together with its parent, and not
		# holding on to a pipe that somebody reads to its end, or to a
		# lock, which is always 9.
		exec 9>&-
		while sleep 5 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
			still_there >&2
		done
	) &
	ticker=$!
	patiently_status=0
	"$@" || patiently_status=$?
	kill $ticker 2>/dev/null || :
	return $patiently_status
}

# The files that go into a kernel tree: all that stand where Linux has its own,
# but for the forwarder, which stands in for the tree's kunit.py.
suite_files()
{
	(
		cd "$top" || exit
		set -- kernel tools
		[ ! -d Documentation ] || set -- "$@" Documentation
		find "$@" -type f \
			! -name '*~' ! -name '*.orig' ! -name '*.rej' \
			! -name '.*.sw?' ! -name '*.pyc' \
			! -path tools/testing/kunit/kunit.py
	) | sort
}

# Put a file in place only if its content is new, so that nothing is rebuilt for
# nothing. A rename, so that neither an interrupted run nor a hard link to the
# old file ever shows half of it.
put()
{
	if cmp -s "$1" "$2"; then
		rm -f "$1"
	else
		mv -f "$1" "$2"
	fi
}

# saved_command OBJDIR OBJECT: how Kbuild made it; it was cmd_ before Linux 6.3
saved_command()
{
	sed -n '1s/^\(saved\)\{0,1\}cmd_[^ ]* := //p' \
		"$1/$(dirname "$2")/.$(basename "$2").cmd"
}

apt_install()
{
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq \
		install --yes --no-install-recommends "$@"
}

# need COMMAND-OR-HEADER PACKAGE ...: all of them, or install them, or say how.
need()
{
	commands='' packages=''
	while [ $# -gt 0 ]; do
		case $1 in
		/*) [ -e "$1" ] ;;
		*) command -v "$1" >/dev/null ;;
		esac || {
			commands="$commands $1"
			case "$packages " in
			*" $2 "*) ;;
			*) packages="$packages $2" ;;
			esac
		}
		shift 2
	done
	[ "$commands" ] || return 0

	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		die "missing:$commands; run: apt-get install$packages"
	fi
	say "Installing$packages ..."
	# shellcheck disable=SC2086	# a list of words
	patiently apt_install $packages >&2 ||
		die "missing:$commands, and apt-get cannot install$packages"
}
