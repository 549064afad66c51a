# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154	# shared with those that source it
#
# The files of FILES or FILES_FROM become the caller's "$@", or its stdin if that is to
# be. What comes from outside is never evaluated: FILES is one name, with blanks in it if
# there is such a file, or names between blanks. Sourced after lib.sh.

FILES=${FILES:-}
FILES_FROM=${FILES_FROM:-}
if [ "$FILES_FROM" ]; then
	[ ! "$FILES" ] || die "FILES and FILES_FROM: one of them, not both"
	[ "$FILES_FROM" = - ] || [ -r "$FILES_FROM" ] ||
		die "FILES_FROM=$FILES_FROM: cannot be read"
	set --
elif [ -e "$FILES" ]; then
	set -- "$FILES"
else
	set -f
	# shellcheck disable=SC2086	# a list of words
	set -- $FILES
	set +f
	[ $# -gt 0 ] || die "$command: which files? Run: make $command FILES='a.ko.xz b.ko.zst', or a directory of them"
fi
# Answers are not to be written over what is asked about.
for file; do
	if one_file "$file" "$JSON" || one_file "$file" "$JUNIT"; then
		die "$file: both one of the files and where the answers are to go"
	fi
done
