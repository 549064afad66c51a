#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# check.sh PROGRAM: does it give the answers in the file "expected"?

program=$(command -v "$1") && program=$(realpath "$program") && cd "$(dirname "$0")" || exit 2
answers=$(mktemp) || exit 2
trap 'rm -f "$answers"' EXIT
"$program" --kconfig=any --kmod=34+ZLIB --verbose -- *.ko* samples.tar >"$answers"
grep -E '^[a-z0-9.:/ -]+: (loads|does not load|no answer)' "$answers" | diff expected - ||
	{ echo 'check.sh: other answers than expected, see above' >&2; exit 1; }
echo "$(grep -c . expected) answers as expected"
