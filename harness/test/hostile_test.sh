#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# hostile_test.sh: what `make replay` reads comes from anywhere: files that nobody
# vouches for, and the console of a kernel that may have died over them. Is nothing
# read but what is there, and nothing believed that the kernel has not said? No
# kernel is asked here.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

need gcc /usr/include/stdlib.h /usr/include/lzma.h /usr/include/zstd.h \
	/usr/include/zlib.h gzip xz zstd perl
# Without memory for the largest dictionaries, which take their time
export ASAN_OPTIONS=exitcode=99:detect_leaks=0:max_allocation_size_mb=64:allocator_may_return_null=1
export UBSAN_OPTIONS=exitcode=99
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
wrong=0
count=0

wrong()
{
	wrong=$((wrong + 1))
	echo "wrong: $*"
}

# build PROGRAM SOURCE ...
build()
{
	program=$tmp/$1
	shift
	gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined \
		-fno-sanitize-recover -o "$program" "$@" -llzma -lzstd -lz ||
		die "hostile_test.sh: $1 does not build; see above"
}

cd "$top/harness/verdict"
build explain_all "$top/harness/test/explain_all.c" explain*.c format.c
build replay ../replay/*.c explain*.c file.c format.c json_xml.c judge.c kernel_config.c stock.c

sh "$top/harness/blobs/blobs.sh" files "$tmp/blobs"
patiently "$tmp/explain_all" "$tmp"/blobs/*' of 300 bytes'* 2>"$tmp/errors" || {
	wrong 'explain.c does not get over that'
	grep -v 'failed to allocate' "$tmp/errors"
}

# Six files, five of which a kernel has room for: so two are asked.
mkdir "$tmp/many" "$tmp/many/files"
for n in 0 1 2 3 4 5; do
	truncate -s 64M "$tmp/many/$n.gz"
done
cd "$tmp/many"
"$tmp/replay" pack "$tmp/many/files" .
cat >expected <<'END'
dir /module_decompress_replay 0755 0 0
file /module_decompress_replay/0.gz 5 0644 0 0
END
sed "s|$tmp/many/files/||" files/list.1 | cmp -s - expected ||
	wrong 'the files of the second kernel are not numbered from 0'

# What a kernel says of three files
mkdir "$tmp/three" "$tmp/three/files"
cd "$tmp/three"
echo module | gzip -n >0.gz
echo module | xz --check=crc32 >1.xz
echo module | zstd -q >2.zst
"$tmp/replay" pack "$tmp/three/files" .
"$tmp/replay" stock "$tmp/three/files"
cd files
printf 'CONFIG_%s\n' CC_VERSION_TEXT= MODULES=y HIGHMEM=y >config
sum='7 bytes, crc32 076e8a4f, adler32 0b7c0291, 5000 ns'
cat >good <<END
KTAP version 1
    # Subtest: module_decompress_replay
        # Subtest: any_file_is_handled
    # any_file_is_handled: replay 0: asked as gzip
    # any_file_is_handled: replay 0: returned 0, $sum
        ok 1 0.gz
    # any_file_is_handled: replay 1: asked as xz
    # any_file_is_handled: replay 1: returned -22, 0 bytes, crc32 00000000, adler32 00000001, 70 ns
    # any_file_is_handled: replay 1: said: decompression failed with status 6
        ok 2 1.xz
    # any_file_is_handled: replay 2: asked as zstd
    # any_file_is_handled: EXPECTATION FAILED at kernel/module/tests/attempt.c:20
zstd, /module_decompress_replay/2.zst: something is wrong
    # any_file_is_handled: replay 2: returned 0, $sum
        not ok 3 2.zst
END

# report: of log.0. Whatever is in there, the answer is one of three statuses.
report()
{
	count=$((count + 1))
	status=0
	"$tmp/replay" report . config kernel judges json junit >out 2>errors ||
		status=$?
	if [ "$status" -gt 2 ] || grep -q 'Sanitizer\|runtime error' errors; then
		wrong "$1: exit status $status"
		cat errors
		cp log.0 "$tmp/log" && head -n 30 "$tmp/log"
	fi
	[ "$status" -eq 2 ] || python3 -c '
import json, xml.etree.ElementTree
assert len(json.load(open("json"))["files"]) == 3
assert len(list(xml.etree.ElementTree.parse("junit").iter("testcase"))) == 3
' || wrong "$1: JSON or JUnit that does not parse"
}

# expect WHAT VERDICT VERDICT VERDICT: of the three files
expect()
{
	report "$1"
	verdicts=$(sed -n 's/^\.\/[0-9]\.[a-z]* *[a-z]*  *\([A-Za-z, ]*[A-Za-z]\) .*/\1/p' out |
		paste -s -d '|')
	[ "$verdicts" = "$2|$3|$4" ] || wrong "$1: $verdicts"
}

cp good log.0
expect 'what a kernel says' taken 'refused, EINVAL' WRONG
head -n 4 good >log.0
expect 'dead at the first' WRONG 'no answer' 'no answer'
grep -q 'did not come back' out || wrong 'dead at the first: nobody says so'
head -n 5 good >log.0
expect 'dead after the first' WRONG 'no answer' 'no answer'
head -n 3 good >log.0
expect 'dead before the first' 'no answer' 'no answer' 'no answer'
sed 's/returned 0,/returned 4294967296,/' good >log.0
expect 'an error of 33 bits' 'no answer' 'refused, EINVAL' WRONG
sed 's/returned 0, 7/returned 0, 18446744073709551623/' good >log.0
expect 'a length of 65 bits' 'no answer' 'refused, EINVAL' WRONG
sed 's/replay 0: returned/replay 4294967296: returned/' good >log.0
expect 'a file of 33 bits' 'no answer' 'refused, EINVAL' WRONG
sed 's/replay 0: returned/replay -4294967296: returned/' good >log.0
expect 'a file below 0' 'no answer' 'refused, EINVAL' WRONG
sed 's/ 0\.gz/ 4294967296.gz/' good >log.0
expect 'an end of 33 bits' WRONG 'refused, EINVAL' WRONG
perl -pe 's/7 bytes/7\0bytes/' good >log.0
expect 'a NUL in a line' 'no answer' 'refused, EINVAL' WRONG
perl -pe 's/status 6/"\xff\x1b[2J<&>\"" x 5000/e' good >log.0
expect 'a line of 40000 bytes' taken 'refused, EINVAL' WRONG
! grep -q "$(printf '\033')" out || wrong 'the kernel gets at the terminal'
perl -pe 's/\n/\r\n/' good >log.0
expect 'lines that end as on a serial console' taken 'refused, EINVAL' WRONG

n=0
while [ "$n" -lt "$(wc -c <good)" ]; do
	head -c "$n" good >log.0
	report "cut after $n bytes"
	n=$((n + 13))
done
n=0
while [ "$n" -lt 100 ]; do
	perl -e 'undef $/; $_ = <STDIN>; srand shift;
		substr($_, rand length, rand 9) = join "",
			map chr rand 256, 0 .. rand 9 for 0 .. 9;
		print' "$n" <good >log.0
	report "damaged, seed $n"
	n=$((n + 1))
done

# The tool's own files: not as it wrote them is no verdict.
cp good log.0
for file in files stock; do
	cp "$file" keep
	# shellcheck disable=SC2016	# perl's
	for change in 's/^[0-9]/x/' 's/^[0-9]/9/' 's/^[0-9]+ [0-9]+/99999999999/' \
		's/^(\S+ ).*/$1/s' '$_ = ""'; do
		perl -0777 -pe "$change" keep >"$file"
		report "$file after $change"
		case $file$change in
		stocks/^\[0-9\]/9/) ;;
		*) [ "$status" -eq 2 ] || wrong "$file after $change: believed" ;;
		esac
	done
	cp keep "$file"
done

# Of a file that there is not, right behind the only one
mkdir "$tmp/one" "$tmp/one/files"
"$tmp/replay" pack "$tmp/one/files" ../0.gz
"$tmp/replay" stock "$tmp/one/files"
cp good "$tmp/one/files/log.0"
"$tmp/replay" report "$tmp/one/files" "$PWD/config" kernel judges '' '' \
	>out 2>errors || wrong "a file too many: exit status $?" "$(cat errors)"

: >../0.gz
report 'a file that has become smaller'
grep -q '^make: replay: ./0.gz: has become smaller$' errors ||
	wrong 'a file that has become smaller: nobody says so'

# What the fuzzers have found to be of interest, by what `make check-modules` runs
KCONFIG=any KMOD=none FILES=../1.xz sh "$top/harness/verdict/check-modules.sh" >out 2>errors ||
	[ $? -eq 1 ] || cat errors
cd "$top/harness/verdict"
build check -DKERNEL_NAME='"a kernel"' [!n]*.c "$build/check/6.12-no/check.o"
cd "$tmp"
sh "$top/harness/fuzz/corpus.sh" unpack "$tmp/corpus"
for format in gzip:gz xz:xz zstd:zst; do
	for input in "$tmp/corpus/${format%:*}"/*; do
		# Without the byte that says which allocation fails
		tail -c +2 "$input" >"$input.ko.${format#*:}"
	done
done
status=0
"$tmp/check" --kconfig=any corpus >out 2>errors || status=$?
[ "$status" -eq 1 ] || wrong "the corpus: exit status $status" "$(cat errors)"
! grep -e 'no answer' -e 'did not come back' out || wrong 'the corpus: not all is answered'
tail -n 1 out
image=$(sh "$top/harness/boot/package.sh" amd64 linux-image-cloud-amd64/trixie)
xz -dc "$(find "${image#* }" -name dummy.ko.xz)" >module.ko
python3 "$top/harness/test/check_fuzz.py" "$tmp/check" "$tmp/fuzz" 1 20 module.ko corpus/*/*.ko.* ||
	wrong 'a damaged file or configuration'

echo "$count logs read, $wrong wrong"
[ "$wrong" -eq 0 ]
