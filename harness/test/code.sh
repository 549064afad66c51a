# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC2317	# shared with those that source it
#
# Does the code meet the kernel's own checks, and the series, and the manual? Sourced
# by test.sh.

# make_tree NAME [SOURCE]: build/tree/NAME, of the kernel that all this is about, or of
# that one
make_tree()
{
	mkdir -p "$build/tree"
	(
		exec 9<>"$build/tree/$1.lock"
		sh "$top/harness/lib/tree.sh" "$1" "${2:-$build/src/linux-$kernel}" \
			"make test, process $$"
	)
}

c_files()
{
	suite_files | grep '^\(kernel\|tools\)/.*\.[ch]$'
}

run_checkpatch()
{
	cd "$build/src/linux-$kernel" &&
		perl scripts/checkpatch.pl --strict --quiet --no-summary "$@"
}

stand_ins='^tools/testing/module_decompress/'

# kmap() and kmap_atomic() are what the suite is about.
checkpatch()
{
	# shellcheck disable=SC2046	# no blanks in them
	make_tree "$kernel" && run_checkpatch --ignore DEPRECATED_API \
		--file $(c_files | grep -v "$stand_ins" | sed "s|^|$tree/|") &&
		run_checkpatch --ignore "DEPRECATED_API,$stand_in_types" \
			--file $(c_files | grep "$stand_ins" | sed "s|^|$tree/|")
}

# There is no history here to know commits from. MACRO_ARG_UNUSED: the code that
# decompresses a kernel has no flags.
checkpatch_fixes()
{
	run_checkpatch --ignore UNKNOWN_COMMIT_ID "$top"/patches/*.patch \
		"$top"/patches/mainline/*.patch "$top"/patches/loadpin/*.patch &&
		run_checkpatch --ignore UNKNOWN_COMMIT_ID,MACRO_ARG_UNUSED \
			"$top"/patches/xz/*.patch
}

# nommu_config: what is left of a configuration that asks for decompression, and
# for the suite, on a machine without an MMU
nommu_config()
{
	make -s -C "$build/tree/nommu" O="$logs/nommu" ARCH=riscv \
		KCONFIG_ALLCONFIG="$logs/nommu.all" allnoconfig &&
		grep -x '# CONFIG_MMU is not set' "$logs/nommu/.config" &&
		grep -x 'CONFIG_KUNIT=y' "$logs/nommu/.config"
}

# There vmap() is a BUG(). Without the fix the kernel offers it nevertheless.
no_decompression_without_mmu()
{
	rm -rf "$build/tree/nommu"
	make_tree nommu || return
	{
		echo 'CONFIG_NONPORTABLE=y'
		echo '# CONFIG_MMU is not set'
		cat "$top/kernel/module/.kunitconfig"
	} >"$logs/nommu.all"
	nommu_config || return
	grep -x 'CONFIG_MODULE_DECOMPRESS=y' "$logs/nommu/.config" || return
	patch -sf "$build/tree/nommu/kernel/module/Kconfig" \
		"$top"/patches/0008-*.patch && nommu_config || return
	! grep -E '^CONFIG_MODULE_DECOMPRESS(_KUNIT_TEST)?=' "$logs/nommu/.config"
}

kernel_doc()
{
	cd "$tree" || return
	# shellcheck disable=SC2046	# no blanks in them
	perl scripts/kernel-doc -none -Wall $(c_files) 2>"$logs/kernel_doc.out"
	! grep . "$logs/kernel_doc.out"
}

# Every object of the suite again, with all that W=1 and sparse have to say.
warnings()
{
	run FILTER='*.sysfs_attribute*' || return
	rm -f "$build/kunit/$kernel-i386"/kernel/module/tests/*.o \
		"$build/kunit/$kernel-i386"/kernel/module/decompress_kunit.o
	make -C "$tree" O="$build/kunit/$kernel-i386" ARCH=i386 W=1 C=1 \
		-s kernel/module/ >"$logs/warnings" 2>&1 || {
		cat "$logs/warnings"
		return 1
	}
	! grep -E 'kernel/module/(tests/|decompress_kunit)' "$logs/warnings"
}

# What runs on the host, or beside the suite, and never goes upstream
tools_in_c()
{
	need cc /usr/include/lzma.h /usr/include/zstd.h /usr/include/zlib.h || return
	(cd "$top/harness" && cc -std=gnu11 -O2 -Wall -Wextra -Werror -fsyntax-only \
		-DKERNEL_NAME='""' ../tests/*.c verdict/[!n]*.c) || return
	(cd "$top/harness/mutants" && cc -std=gnu11 -O2 -Wall -Wextra -Werror \
		-fsyntax-only -I"$(sh "$top/harness/mutants/libclang.sh")/include" \
		mutate.c syntax_tree.c calls.c ./*operators.c) || return
	# The C interface of clang is in CamelCase.
	run_checkpatch --no-tree \
		--ignore CAMELCASE,MACRO_ARG_REUSE,PREFER_DEFINED_ATTRIBUTE_MACRO \
		--file "$top"/harness/*/*.[ch] "$top"/tests/*.c
}

man_page()
{
	need mandoc || return
	mandoc -T lint -W warning "$top/harness/verdict/module-decompress-check.1"
}

python_files()
{
	(cd "$top" && find harness tests tools -name '*.py') >"$logs/python"
	[ -s "$logs/python" ] && (cd "$top" && xargs pyflakes3 <"$logs/python") &&
		(cd "$top/tests" && mypy --strict --cache-dir="$build/mypy" ./*.py)
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

manual()
{
	make_tree "$kernel" && cd "$tree" || return
	make O="$logs/doc" SPHINXDIRS=dev-tools htmldocs >"$logs/manual.out" 2>&1 || {
		tail "$logs/manual.out"
		return 1
	}
	find "$logs/doc" -name module-decompress-kunit.html | grep . || return
	! grep -E 'module-decompress-kunit|kernel/module/' "$logs/manual.out" |
		grep -E 'WARNING|ERROR'
}

# The README quotes few results, and those are the ones on the results page.
readme_quotes_results()
{
	python3 "$top/harness/results/results.py" check "$top/README.md" \
		"$top/Documentation/results.md" || return
	[ "$(wc -l <"$top/README.md")" -le 160 ] || {
		echo 'README.md has more than 160 lines'
		return 1
	}
	# A quote that is not on the page is named.
	sed 's/: [0-9]* passed/: 1 passed/' "$top/README.md" >"$logs/README.md"
	exits 1 python3 "$top/harness/results/results.py" check "$logs/README.md" \
		"$top/Documentation/results.md" >"$logs/out" &&
		grep -F 'README.md quotes "linux' "$logs/out"
}

# Results are merged into the page: a new one replaces its row, the others stay.
results_are_merged()
{
	rm -rf "$logs/records"
	mkdir "$logs/records"
	tab=$(printf '\t')
	page=$logs/results.md
	rm -f "$page"
	set -- python3 "$top/harness/results/results.py" write "$logs/records"
	exits 2 "$@" 11111111 "$page" || return
	[ ! -e "$page" ] || return
	echo "make run FIXES=yes${tab}linux: 1 passed${tab}2026-01-01${tab}11111111${tab}2 CPUs" \
		>"$logs/records/run"
	echo "make native${tab}linux: 2 passed${tab}2026-01-01${tab}11111111${tab}2 CPUs" \
		>"$logs/records/native"
	"$@" 11111111 "$page" >"$logs/out" && ! grep older "$logs/out" || return
	rm "$logs/records/native"
	sed -i 's/1 passed/3 passed/; s/11111111/22222222/' "$logs/records/run"
	"$@" 22222222 "$page" >"$logs/out" || return
	cat "$logs/out" "$page"
	# shellcheck disable=SC2016	# of Markdown
	grep -x 'older than the sources: make native (2026-01-01)' "$logs/out" &&
		grep -F '| `make run FIXES=yes` | linux: 3 passed |' "$page" &&
		grep -F '| `make native` | linux: 2 passed |' "$page" &&
		! grep '1 passed' "$page"
}

# Each link in a page leads to a file that is there, and to a heading that it has.
links_lead_somewhere()
{
	dead=0
	for page in "$top"/*.md "$top"/Documentation/*.md; do
		grep -o '](\([^)]*\))' "$page" | sed 's/^](//; s/)$//' | grep -v '^https:' |
			sort -u >"$logs/links" || :
		while IFS='#' read -r path anchor; do
			file=${page%/*}/$path
			[ "$path" ] || file=$page
			[ -e "$file" ] && { [ ! "$anchor" ] || sed -n 's/^#* //p' "$file" |
				tr '[:upper:]' '[:lower:]' | tr -d "?.,:'/()\140…" | tr ' ' - |
				grep -qxF -e "$anchor"; } && continue
			echo "${page#"$top"/}: nothing at $path${anchor:+#$anchor}"
			dead=1
		done <"$logs/links"
	done
	return $dead
}

# Each rule of the ledger and each check of an attempt is in red.md, which says what it
# stands on.
rules_are_explained()
{
	cat "$top"/kernel/module/tests/*.c |
		grep -zoP '(ledger_report\(ledger,\s*|attempt_fail\(test, a,\s*(?:[^",;]*\?\s*)?)"\K[^"]*' |
		tr '\0' '\n' | sort -u >"$logs/rules"
	[ "$(wc -l <"$logs/rules")" -gt 50 ] || return
	lost=0
	while read -r rule; do
		grep -qF -e "$rule" "${1:-$top/Documentation/red.md}" || {
			echo "not in Documentation/red.md: $rule"
			lost=1
		}
	done <"$logs/rules"
	return $lost
}

# kselftest VERSION: in the list of all, from which bots build it, and built from there
# without a warning by either compiler, which leaves nothing beside it. The headers are
# the system's: "make headers" takes longer than all of this.
kselftest()
{
	found=$(sh "$top/harness/lib/kernel.sh" "$1") || return
	make_tree "${found%% *}" "${found#* }" || return
	selftests=$build/tree/${found%% *}/tools/testing/selftests
	make -C "$selftests" -pn Makefile >"$logs/selftests"
	grep '^\(override \)\{0,1\}TARGETS := .* module ' "$logs/selftests" || return
	for compiler in LLVM= "LLVM=$(sh "$top/harness/lib/llvm.sh")"; do
		rm -rf "$logs/kselftest"
		make -C "$selftests" O="$logs/kselftest" TARGETS=module \
			USERCFLAGS=-Werror "$compiler" || return
		[ -x "$logs/kselftest/kselftest/module/decompress" ] || return
	done
	! [ -e "$selftests/module/decompress" ]
}

sums()
{
	(cd "$1" && find . -type f -exec sha256sum {} + | sort)
}

# In a copy of what install.sh has to do with
install_and_uninstall()
{
	own=$logs/own
	rm -rf "$own"
	mkdir -p "$own"
	(cd "$build/src/linux-$kernel" && tar -cf - Kbuild MAINTAINERS Makefile \
		kernel/module Documentation/dev-tools tools/testing) |
		tar -C "$own" -xf -
	sums "$own" >"$logs/before"
	make -C "$top" install KERNEL="$own" || return
	sums "$own" >"$logs/once"
	make -C "$top" install KERNEL="$own" || return
	sums "$own" >"$logs/twice"
	make -C "$top" uninstall KERNEL="$own" || return
	sums "$own" >"$logs/after"
	find "$own" -type d -empty | grep . && return 1
	# The pages of this repository are not for a kernel tree.
	! grep 'Documentation/[a-z-]*\.md$' "$logs/once" &&
		! cmp -s "$logs/before" "$logs/once" &&
		cmp "$logs/once" "$logs/twice" &&
		diff "$logs/before" "$logs/after"
}

code_checks()
{
	check code 'code passes checkpatch.pl --strict' checkpatch
	check code 'fixes pass checkpatch.pl --strict' checkpatch_fixes
	check code 'kernel-doc is complete' kernel_doc
	check code 'W=1 and sparse are silent' warnings
	check code 'no decompression without an MMU' no_decompression_without_mmu
	check code 'tools in C compile silently' tools_in_c
	check code 'Python files are clean' python_files
	check code 'the manual page of the checker is clean' man_page
	check code 'kselftest builds in 6.12' kselftest 6.12
	check code 'kselftest builds in the newest kernel' kselftest newest
	check install 'install and uninstall' install_and_uninstall
	check series 'series applies, passes checkpatch.pl, and is for the lists' series
	check series 'a mail that is too long is named' too_long_a_mail
	check manual 'manual builds without a warning' manual
	check manual 'the README quotes the results page' readme_quotes_results
	check manual 'results are merged into their page' results_are_merged
	check manual 'links lead somewhere' links_lead_somewhere
	check manual 'each rule says what it stands on' rules_are_explained
}
