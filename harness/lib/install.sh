#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# install.sh DIRECTORY              put the suite into a kernel tree
# install.sh --uninstall DIRECTORY  take it out again without a trace
# install.sh --overlay SOURCE TREE  for tree.sh: TREE is made of links to SOURCE
#
# Every file stands where it stands in Linux. A file that the kernel has too
# holds only our lines here, and they are merged into the kernel's; every other
# file is copied. What was copied is listed, with checksums, in a hidden file
# in the tree: that is how our files are told from others of the same name.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

list=kernel/module/.module_decompress_kunit
begin='# module_decompress_kunit: begin'
end='# module_decompress_kunit: end'

# Merged between marker lines; those of the selftests only where the kernel has them,
# too, and else copied. What --alltests builds is of no use without the kernel's lines.
all_tests=tools/testing/kunit/configs/all_tests.config
merged="kernel/module/Kconfig kernel/module/Makefile $all_tests
	tools/testing/selftests/module/.gitignore
	tools/testing/selftests/module/Makefile
	tools/testing/selftests/module/config"
# The list of the selftests; no kernel is without
targets=tools/testing/selftests/Makefile
# A toctree cannot hold markers: our line goes below the one of the kernel's
# own KUnit manual, and is known by its text.
index=Documentation/dev-tools/index.rst
index_line='   module-decompress-kunit'

listed_files()
{
	[ ! -f "$tree/$list" ] || sed 's/^[^ ]*  //' "$tree/$list" | sort -u
}

# The files to be merged here
merged_files()
{
	for f in $merged $targets; do
		# One that is listed has been copied.
		[ ! -e "$base/$f" ] || listed_files | grep -qxF "$f" ||
			echo "$f"
	done
}

copied_files()
{
	suite_files | grep -vxF "$(merged_files; echo "$targets"; echo "$index"; echo "$all_tests")"
}

# Refuse before anything is written: neither a file of the user's nor one of
# ours that was edited there may be lost.
check_ours()
{
	for f in "$@"; do
		[ -e "$tree/$f" ] || continue
		! cmp -s "$top/$f" "$tree/$f" || continue
		sum=$(cd "$tree" && sha256sum "$f")
		! grep -qxF "$sum" "$tree/$list" 2>/dev/null || continue
		if listed_files | grep -qxF "$f"; then
			die "$tree/$f was changed after it was installed; move it away"
		fi
		die "$tree/$f exists and is not of this suite; move it away"
	done
}

# rewrite FILE COMMAND ...: the command's output is the file's new content. It
# keeps its mode.
rewrite()
{
	file=$1
	shift
	cp -p "$base/$file" "$tmp"
	"$@" "$base/$file" >"$tmp"
	put "$tmp" "$tree/$file"
}

without_block()
{
	sed "/^$begin\$/,/^$end\$/d" "$1"
}

# kunit.py takes no line of an option that the kernel does not have: before v6.12 there
# was no MODULE_COMPRESS.
known_options()
{
	if grep -q '^\(menu\)\{0,1\}config MODULE_COMPRESS$' "$base/kernel/module/Kconfig"; then
		cat
	else
		grep -vx 'CONFIG_MODULE_COMPRESS=y'
	fi
}

# Where our lines go, if not to the end: above this, and what is below it in ours
# below. Selftests are listed by the alphabet.
place='^include \.\./lib\.mk$\|^TARGETS += mount$'

with_block()
{
	without_block "$1" | sed "\\~$place~,\$d"
	echo "$begin"
	sed -e '/^# SPDX/d' -e "\\~$place~,\$d" "$top/$file" | known_options
	echo "$end"
	without_block "$1" | sed -n "\\~$place~,\$p"
	! grep -q "$place" "$top/$file" || {
		echo "$begin"
		sed "1,\\~$place~d" "$top/$file"
		echo "$end"
	}
}

without_line()
{
	grep -vxF "$index_line" "$1"
}

with_line()
{
	without_line "$1" | sed "/^ *kunit\/index\$/a\\
$index_line"
}

merge()
{
	for f in $(merged_files); do
		rewrite "$f" "$1_block"
	done
	[ ! -f "$top/$index" ] || [ ! -f "$base/$index" ] ||
		rewrite "$index" "$1_line"
}

# remove_but FILE ...: all listed files but these.
remove_but()
{
	listed_files | while read -r f; do
		case " $* " in
		*" $f "*) continue ;;
		esac
		rm -f "$tree/$f"
		(cd "$tree" && rmdir -p "$(dirname "$f")" 2>/dev/null) || :
	done
}

install_suite()
{
	# The list has both the old and the new files for as long as there may
	# be any of either, so that an interrupted run can be run again.
	{
		cat "$tree/$list" 2>/dev/null || :
		(cd "$top" && sha256sum "$@")
	} | sort -u >"$tmp"
	put "$tmp" "$tree/$list"
	remove_but "$@"
	for f in "$@"; do
		! cmp -s "$top/$f" "$tree/$f" || [ -L "$tree/$f" ] || continue
		mkdir -p "$tree/$(dirname "$f")"
		cp "$top/$f" "$tmp"
		mv -f "$tmp" "$tree/$f"
	done
	(cd "$top" && sha256sum "$@") | sort >"$tmp"
	put "$tmp" "$tree/$list"
	merge with
}

uninstall_suite()
{
	merge without
	remove_but
	rm -f "$tree/$list"
}

open_tree()
{
	[ "$1" ] || die "which tree? KERNEL=DIRECTORY"
	[ -d "$1" ] || die "KERNEL=$1: no such directory"
	tree=$(cd "$1" && pwd -P)
	[ -f "$tree/Kbuild" ] || die "KERNEL=$1: not a kernel tree"
	[ -f "$tree/kernel/module/decompress.c" ] ||
		die "KERNEL=$1: no kernel/module/decompress.c; it needs Linux 5.19 or later"
	[ -w "$tree/kernel/module" ] || die "KERNEL=$1: not writable"
	base=$tree
	tmp=$tree/$list.new
	trap 'rm -f "$tmp"' EXIT
	trap 'exit 2' HUP INT TERM
}

case ${1:-} in
--uninstall)
	open_tree "${2:-}"
	[ -f "$tree/$list" ] || die "KERNEL=$2: the suite is not installed there"
	# shellcheck disable=SC2046	# names of ours, without spaces
	check_ours $(listed_files)
	uninstall_suite
	say "make uninstall: done, $tree is as it was"
	;;
--overlay)
	open_tree "$3"
	base=$2
	# shellcheck disable=SC2046
	install_suite $(copied_files)
	;;
*)
	open_tree "${1:-}"
	# shellcheck disable=SC2046
	set -- $(copied_files)
	# shellcheck disable=SC2046
	check_ours $(listed_files) "$@"
	install_suite "$@"
	say "make install: done; there: tools/testing/kunit/kunit.py run --kunitconfig=kernel/module"
	;;
esac
