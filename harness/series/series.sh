#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make series`: writes the patches for linux-modules@ to build/series/,
# fixes first, then the suite, made for the tree that KERNEL names; checks them
# with the tree's checkpatch.pl and by applying them again.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

found=$(sh "$top/harness/lib/kernel.sh" "${KERNEL:-}")
src=${found#* }
need git perl
for v in name email; do
	git config user.$v >/dev/null ||
		die "series: who sends it? Run: git config --global user.$v ..."
done
# For the repositories below, too, if only this one says so.
GIT_AUTHOR_NAME=$(git config user.name)
GIT_AUTHOR_EMAIL=$(git config user.email)
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

lock 7 "$build/series.lock" "make series, process $$"
series=$build/series
work=$build/series.tmp
repo=$work/repo
merged='kernel/module/Kconfig kernel/module/Makefile'
# Where the kernel has them
for f in Makefile config; do
	f=tools/testing/selftests/module/$f
	[ ! -e "$src/$f" ] || merged="$merged $f"
done
index=Documentation/dev-tools/index.rst

in_repo()
{
	git -C "$repo" "$@"
}

# Only the files concerned, as they are in the tree.
pristine()
{
	rm -rf "$1"
	git init -q -b master "$1"
	# Enough to be taken for a kernel by checkpatch.pl and install.sh.
	for f in $merged $index kernel/module/decompress.c Kbuild MAINTAINERS; do
		mkdir -p "$1/$(dirname "$f")"
		cp "$src/$f" "$1/$f"
	done
	git -C "$1" add -A
	git -C "$1" commit -q -m 'Linux'
}

rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

say "Making the series for ${src##*/} ..."
pristine "$repo"
in_repo tag base

for p in "$top"/patches/*.patch; do
	# What stands in for a commit of mainline's is not to be sent.
	grep -q '^From ' "$p" || continue
	# Some are for older kernels only.
	patch -sfR --dry-run -p1 -d "$repo" <"$p" >/dev/null && continue
	in_repo am -q "$p" || die "series: patches/${p##*/} does not apply to $src"
done

# commit SUBJECT-AND-TEXT PATH ...
commit()
{
	message=$1
	shift
	for f in "$@"; do
		[ ! -e "$repo/$f" ] || in_repo add "$f"
	done
	in_repo diff --cached --quiet || in_repo commit -q -s -m "$message"
}

# In the kernel's own files the lines stand without markers.
sh "$top/harness/lib/install.sh" "$repo" 2>/dev/null
rm -f "$repo/kernel/module/.module_decompress_kunit"
for f in $merged; do
	edit "$repo/$f" '/^# module_decompress_kunit: \(begin\|end\)$/d'
done
# Nor does the kernel that they go to need to be asked what it has.
rm "$repo/kernel/module/tests/compat.h"
parameters='const void *prev, char *desc'
! grep -q kunit_register_params_array "$src/include/kunit/test.h" ||
	parameters="struct kunit *test, $parameters"
for f in "$repo/kernel/module/decompress_kunit.c" "$repo"/kernel/module/tests/*cases.[ch]; do
	sed -i "/\"\(tests\/\)\{0,1\}compat.h\"/d; s/GENERATOR_PARAMETERS/$parameters/" "$f"
done
! grep -rE 'compat\.h|GENERATOR_PARAMETERS' "$repo/kernel" >&2 ||
	die 'series: something of compat.h is left'
edit "$repo/kernel/module/Makefile" '/^ifneq .*zstd_decompress_stream/d'
edit "$repo/kernel/module/Makefile" '/seam_zstd.o$/{n;/^endif$/d}'

commit 'module: Add KUnit tests for in-kernel module decompression

Nothing tests the gzip, xz and zstd decompressors of
kernel/module/decompress.c, of which a kernel has only one, and which run
before any signature check.

Add a suite that builds all three into one test module. Each includes
decompress.c with its calls to the page allocator, kmap_local_page(),
vmap() and the decoders going through a ledger. It feeds them known,
generated and damaged input, lets each allocation fail in turn, interrupts,
preempts and migrates them while a page is mapped, and checks the output,
the error and that everything is unmapped and freed.' kernel tools/testing/kunit
commit 'Documentation: dev-tools: Describe the module decompression tests

Describe what is tested and why, and how to add an input or a case.' Documentation
commit 'selftests: module: Load compressed modules

Add a test that loads compressed modules through finit_module().' tools

in_repo diff --quiet base HEAD -- && die 'series: there is nothing to send'

rm -rf "$series"
in_repo format-patch -q --cover-letter -o "$series" base
cover=$series/0000-cover-letter.patch
{
	sed '/^\*\*\* BLURB HERE \*\*\*$/,$d' "$cover" |
		sed 's/\*\*\* SUBJECT HERE \*\*\*/module: Test in-kernel decompression, fix what that found/'
	cat "$top/harness/series/cover-letter.txt"
	sed '1,/^\*\*\* BLURB HERE \*\*\*$/d' "$cover"
} >"$work/cover"
mv "$work/cover" "$cover"

set -- "$series"/*.patch
shift # the cover letter
# The tree here has neither a history nor a change to MAINTAINERS, which has
# kernel/module/ already. That kmap() is deprecated is why the suite names it.
checked=yes
(cd "$src" && perl scripts/checkpatch.pl --strict --quiet --no-summary \
	--ignore DEPRECATED_API,FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID "$@") >&2 || checked=no
# Its cache, in a tree that is not ours
rm -f "$src"/.checkpatch-camelcase.*

pristine "$work/check"
git -C "$work/check" am -q "$@" || die 'series: git am does not take it'
[ "$(git -C "$work/check" rev-parse 'HEAD^{tree}')" = \
	"$(in_repo rev-parse 'HEAD^{tree}')" ] ||
	die 'series: git am gives another tree than the one it was made from'

if [ $checked = no ]; then
	say "make series: $# patches in build/series/; checkpatch.pl --strict complains"
	exit 1
fi
echo "make series: $# patches in build/series/; checkpatch.pl --strict and git am take them"
