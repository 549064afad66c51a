# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC2317	# shared with those that source it
#
# The tests of the series. Sourced by test.sh.

# A tree of one's own, of links to the kernel: with its own kunit_kernel.py
own_tree()
{
	own=$logs/own_tree
	rm -rf "$own"
	mkdir -p "$own/kernel" "$own/tools/testing"
	for f in "$build/src/linux-$kernel"/*; do
		case ${f##*/} in
		kernel | tools) ;;
		*) ln -s "$f" "$own" ;;
		esac
	done
	for f in "$build/src/linux-$kernel"/kernel/*; do
		ln -s "$f" "$own/kernel"
	done
	rm "$own/kernel/module"
	cp -r "$build/src/linux-$kernel/kernel/module" "$own/kernel"
	for f in "$build/src/linux-$kernel"/tools/testing/*; do
		ln -s "$f" "$own/tools/testing"
	done
	rm "$own/tools/testing/kunit"
	cp -r "$build/src/linux-$kernel/tools/testing/kunit" "$own/tools/testing"
}

# A tree of git's, and somebody who sends what is made for it
series()
{
	own_tree
	# checkpatch.pl looks for names there, and follows no links
	rm "$own/include"
	mkdir "$own/include"
	cp -r "$build/src/linux-$kernel/include/linux" "$own/include"
	git init -q "$own"
	git -C "$own" add kernel/module
	git -C "$own" commit -q -m 'Linux'
	base=$(git -C "$own" rev-parse HEAD)
	set -- env GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name \
		GIT_CONFIG_VALUE_0='A Sender' GIT_CONFIG_KEY_1=user.email \
		GIT_CONFIG_VALUE_1=sender@example.org \
		make -C "$top" series KERNEL="$own"
	"$@" || return
	for series in core fixes xz suite native kselftest; do
		grep -x "base-commit: $base" \
			"$build/series/$series/0000-cover-letter.patch" || return
	done
	for mail in "$build"/series/*/*.patch; do
		echo "$mail"
		grep -q '^From: A Sender <sender@example.org>' "$mail" &&
			grep -q 'linux-modules@vger.kernel.org' "$mail" || return
		case $mail in
		*/0000-*) ;;
		*) [ "$(grep '^Signed-off-by: ' "$mail")" = \
			'Signed-off-by: A Sender <sender@example.org>' ] || return ;;
		esac
	done
	# The fixes come with whom they are for, and what they cure.
	for line in 'Cc: stable@vger.kernel.org' 'Cc: linux-mm@kvack.org'; do
		grep -qx "$line" "$build"/series/core/0001-* || return
	done
	[ "$(grep -L '^Fixes: ' "$build"/series/fixes/*.patch)" = \
		"$build/series/fixes/0000-cover-letter.patch" ] || return
	# Tests are for KUnit's list, too.
	for series in core suite native; do
		grep -q 'kunit-dev@googlegroups.com' \
			"$build/series/$series/0000-cover-letter.patch" || return
	done
	echo '/* not in the commit */' >>"$own/kernel/module/main.c"
	refused 'changes that are in no commit' "$@"
}

# A mail that no list takes is named.
too_long_a_mail()
{
	sed 's/^most_lines=.*/most_lines=900/; s/^core_lines=.*/core_lines=300/' "$top/harness/series/series.sh" \
		>"$top/harness/series/short.sh"
	exits 1 sh "$top/harness/series/short.sh" >"$logs/out"
	rm "$top/harness/series/short.sh"
	grep 'suite/.*-real-compressors.patch: 9.. lines' "$logs/out" &&
		grep 'decompress_core.c: 3.. lines' "$logs/out"
}

code_checks()
{
	check series 'series applies, passes checkpatch.pl, and is for the lists' series
	check series 'a mail that is too long is named' too_long_a_mail
}
