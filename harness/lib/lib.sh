# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the scripts share. Sourced by each of them, from a directory of harness/.

# Where "cd" goes, how things are sorted and which words tools have is not to
# depend on who calls.
unset CDPATH
LC_ALL=C
export LC_ALL

top=$(cd "$(dirname "$0")/../.." && pwd -P)

# A calling make's flags and variables are not for the makes called from here.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# Nor is what the Makefile exports though nobody gave it.
[ "${ARCH:-}" ] || unset ARCH

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

# absolute PATH: the same for whoever is called from another directory
absolute()
{
	case $1 in
	'' | /*) printf '%s\n' "$1" ;;
	*) printf '%s/%s\n' "$PWD" "$1" ;;
	esac
}

# Everything that is made goes there, and make clean takes all of it away: so it is
# no directory of anybody else's.
build=$(absolute "${BUILD:-$top/build}")
mkdir -p "$build" 2>/dev/null || :
{ [ -d "$build" ] && [ -w "$build" ]; } ||
	die "$build cannot be written to; BUILD=DIRECTORY says where to build"
build=$(cd "$build" && pwd -P)
if [ ! -e "$build/CACHEDIR.TAG" ]; then
	# What another run puts there first, at the same time, is that file.
	[ "$build" = "$top/build" ] || [ -z "$(ls -A "$build")" ] ||
		[ -e "$build/CACHEDIR.TAG" ] ||
		die "BUILD=$build: there is something else in it"
	echo 'Signature: 8a477f597d28d172789f06886806bc55' >"$build/CACHEDIR.TAG"
fi
BUILD=$build
export BUILD

case ${INSTALL:-yes} in
yes | no) ;;
*) die "INSTALL=$INSTALL: neither yes nor no" ;;
esac

# one_file A B: under two names
one_file()
{
	[ -e "$1" ] && [ -e "$2" ] &&
		[ "$(stat -L -c %d:%i -- "$1")" = "$(stat -L -c %d:%i -- "$2")" ]
}

# writable JSON JUNIT: where the results are to go, before anything is done for them.
# What an earlier run has written there is gone; what is no file of its own stays.
writable()
{
	[ -z "$1" ] || { [ "$1" != "$2" ] && ! one_file "$1" "$2"; } ||
		die "JSON=$1 and JUNIT=: not both into one file"
	for file; do
		[ -z "$file" ] || (: >>"$file") 2>/dev/null ||
			die "$file cannot be written to"
		[ ! -f "$file" ] || [ -L "$file" ] || rm -f "$file"
	done
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
		# holding on to a lock. The shell may keep a copy of a pipe that
		# somebody reads to its end before the parent is waited for, as a
		# descriptor above 9: so a zombie does not count as a parent.
		exec 7>&- 8>&- 9>&-
		while sleep 5 >/dev/null 2>&1 &&
			grep -qs '^State:.[^Z]' "/proc/$$/status"; do
			still_there >&2
		done
	) &
	ticker=$!
	patiently_status=0
	"$@" || patiently_status=$?
	kill $ticker 2>/dev/null || :
	return $patiently_status
}

# into_log COMMAND ...: what it says goes to $log
into_log()
{
	# shellcheck disable=SC2154	# the caller's
	"$@" >"$log" 2>&1
}

still_waiting()
{
	(
		still_there()
		{
			echo "  still waiting"
		}
		patiently "$@"
	)
}

# lock DESCRIPTOR FILE WHO [-s]: until this process and all that it has started
# have ended, nobody else has the lock that FILE is; with -s others may share it.
# It is waited for. The descriptor is 7 for what a command has to itself, 8 for a
# build directory, 9 for a tree.
lock()
{
	eval "exec $1<>\"\$2\"" || die "$2 cannot be written to"
	relock "$@"
}

# relock DESCRIPTOR FILE WHO [-s]: the same of one that is open; changes the kind.
# Without WHO nobody is told for whom to wait.
relock()
{
	if ! flock "${4:--x}" -n "$1"; then
		holder=$(cat "$2")
		say "Waiting for ${holder:-another run} to end ..."
		still_waiting flock "${4:--x}" "$1"
	fi
	[ -z "$3" ] || echo "$3" >"$2"
}

# edit FILE SED-SCRIPT: in place; the script has to change something
edit()
{
	sed "$2" "$1" >"$1.edited"
	! cmp -s "$1" "$1.edited" || die "$1: there is nothing in it for sed '$2'"
	chmod --reference="$1" "$1.edited"
	mv -f "$1.edited" "$1"
}

# not_needed PATCH SOURCE: print what the kernel in SOURCE has not, and the bug that the patch
# fixes came with
not_needed()
{
	case $1 in
	*/loadpin/*)
		grep -q 'id(MODULE_COMPRESSED,' "$2/include/linux/kernel_read_file.h" ||
			echo READING_MODULE_COMPRESSED
		;;
	esac
}

# tested_as_named: succeed if anybody can repeat this: a kernel that the project names, as
# shipped or with all fixes, no configuration by path. Only that goes to results.md.
tested_as_named()
{
	case ${KERNEL:-6.12},$FIXES${DECOMPRESS:-},${CONFIG:-} in
	*/*) return 1 ;;
	6.1,yes,* | 6.12,yes,* | newest,yes,* | 6.1,no,* | 6.12,no,* | newest,no,*) ;;
	*) return 1 ;;
	esac
}

# hash_sources: note the sources before anything is built of them, for record()
hash_sources()
{
	sources=$(sh "$top/harness/lib/key.sh" | cut -c 1-8)
}

# record COMMAND RESULT: keep the result of a command for `make results`, with the
# date, the sources that hash_sources() saw, and the machine. What runs within `make test`
# is not recorded: many of its kernels are broken on purpose.
record()
{
	[ ! "${IN_TEST:-}" ] || return 0
	mkdir -p "$build/results"
	recorded=$build/results/$(printf '%s' "$1" | tr -c '[:alnum:].=' _)
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$(date +%F)" \
		"$sources" "$(nproc) CPUs, $(uname -m)" >"$recorded.new"
	mv -f "$recorded.new" "$recorded"
}

# Those whose releases the project knows have the fixes of patches/, unless FIXES
# says otherwise; anybody's own tree is left as it is.
default_fixes()
{
	case ${KERNEL:-6.12} in
	6.1 | 6.12 | newest) echo yes ;;
	*) echo no ;;
	esac
}

# read_machine NAME: its row of machines.tsv, which has the names; none is no success
read_machine()
{
	# shellcheck disable=SC2034	# the caller's
	while IFS='	' read -r machine arch cross machine_target machine_image qemu \
		console qemu_args; do
		case $cross,$qemu in
		-,-) cross='' qemu='' qemu_args='' ;;
		-,*) cross='' ;;
		esac
		[ "$machine" != "$1" ] || return 0
	done <"$top/harness/data/machines.tsv"
	return 1
}

apt_install()
{
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq \
		install --yes --no-install-recommends "$@"
}

# package_of NAME: what has that command or header
package_of()
{
	awk -F '\t' -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' \
		"$top/harness/data/packages.tsv" || die "packages.tsv: no row for $1"
}

# need_packages WHAT PACKAGE ...: install them for what is missing, or say how.
need_packages()
(
	for_what=$1
	shift
	command -v apt-get >/dev/null ||
		die "missing: $for_what; install what Debian has in the packages $*"
	if [ "${INSTALL:-yes}" = no ] || [ "$(id -u)" -ne 0 ]; then
		die "missing: $for_what; run: apt-get install $*"
	fi
	say "Installing $*, for $for_what (INSTALL=no refuses) ..."
	patiently apt_install "$@" >&2 ||
		die "missing: $for_what, and apt-get cannot install $*"
)

# need COMMAND-OR-HEADER ...: all of them, or install them, or say how. In a shell of
# its own, as the caller has names, too.
need()
(
	missing=
	for name; do
		case $name in
		/*) [ -e "$name" ] ;;
		*) command -v "$name" >/dev/null ;;
		esac || missing="$missing $name"
	done
	[ "$missing" ] || exit 0

	packages=
	for name in $missing; do
		package=$(package_of "$name")
		case "$packages " in
		*" $package "*) ;;
		*) packages="$packages $package" ;;
		esac
	done
	# shellcheck disable=SC2086	# a list of words
	need_packages "${missing# }" $packages
)
