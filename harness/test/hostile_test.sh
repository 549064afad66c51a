#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# hostile_test.sh: what `make check-modules` reads comes from anywhere: files that nobody
# vouches for, and the console of a kernel that may have died over them. Is nothing
# read but what is there, and nothing believed that the kernel has not said? No
# kernel is booted here.

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
# The code of a kernel is built by what `make check-modules` runs.
KCONFIG=any KMOD=none FILES=/dev/null sh check-modules.sh >"$tmp/out" 2>"$tmp/errors" || :
build check -DKERNEL_NAME='"a kernel"' [!n]*.c "$build/check/6.12-no/check.o"

sh "$top/harness/blobs/blobs.sh" files "$tmp/blobs"
patiently "$tmp/explain_all" "$tmp"/blobs/*' of 300 bytes'* 2>"$tmp/errors" || {
	wrong 'explain.c does not get over that'
	grep -v 'failed to allocate' "$tmp/errors"
}

# A boot that says what is in the file good: the files are in the directory of the list.
export TMPDIR="$tmp"
cat >"$tmp/boot" <<'END'
#!/bin/sh
cat "$1" >>list
cp log "$2"
END
chmod +x "$tmp/boot"

# Six files, five of which a kernel has room for: so two are asked.
mkdir "$tmp/many"
cd "$tmp/many"
printf 'CONFIG_%s\n' CC_VERSION_TEXT= MODULES=y HIGHMEM=y >config
for n in 0 1 2 3 4 5; do
	printf '\037\213' >"$n.ko.gz"
	truncate -s 64M "$n.ko.gz"
done
echo '# Subtest: module_decompress_replay' >log
"$tmp/check" --boot="$tmp/boot" --kconfig=config --jobs=1 . >out 2>errors || :
cat >expected <<'END'
dir /module_decompress_replay 0755 0 0
file /module_decompress_replay/0.gz 0 0644 0 0
END
tail -n 2 list | cmp -s - expected ||
	wrong 'the files of the second kernel are not numbered from 0'

# What a kernel says of three files
mkdir "$tmp/three"
cd "$tmp/three"
echo module | gzip -n >0.ko.gz
echo module | xz --check=crc32 >1.ko.xz
echo module | zstd -q >2.ko.zst
cp "$tmp/many/config" .
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

# report: of log. Whatever is in there, the answer is one of three statuses.
report()
{
	count=$((count + 1))
	status=0
	"$tmp/check" --boot="$tmp/boot" --kconfig=config --kmod=none --json=json \
		--junit=junit ./*.ko.* >out 2>errors || status=$?
	if [ "$status" -gt 2 ] || grep -q 'Sanitizer\|runtime error' errors; then
		wrong "$1: exit status $status"
		cat errors
		head -n 30 log
	fi
	grep -q 'no kernel has been asked' errors || python3 -c '
import json, xml.etree.ElementTree
assert len(json.load(open("json"))["files"]) == 3
assert len(list(xml.etree.ElementTree.parse("junit").iter("testcase"))) == 3
' || wrong "$1: JSON or JUnit that does not parse"
}

# expect WHAT VERDICT VERDICT VERDICT: of the three files
expect()
{
	report "$1"
	verdicts=$(sed -n 's/.*"kernel": {"verdict": "\([^"]*\)".*/\1/p' json | paste -s -d '|')
	[ "$verdicts" = "$2|$3|$4" ] || wrong "$1: $verdicts"
}

cp good log
expect 'what a kernel says' right refused wrong
head -n 4 good >log
expect 'dead at the first' wrong 'no answer' 'no answer'
grep -q 'did not come back' out || wrong 'dead at the first: nobody says so'
head -n 5 good >log
expect 'dead after the first' wrong 'no answer' 'no answer'
head -n 3 good >log
expect 'dead before the first' 'no answer' 'no answer' 'no answer'
head -n 1 good >log
report 'dead before the suite'
grep -q 'no kernel has been asked' errors || wrong 'dead before the suite: nobody says so'
sed 's/returned 0,/returned 4294967296,/' good >log
expect 'an error of 33 bits' 'no answer' refused wrong
sed 's/returned 0, 7/returned 0, 18446744073709551623/' good >log
expect 'a length of 65 bits' 'no answer' refused wrong
sed 's/replay 0: returned/replay 4294967296: returned/' good >log
expect 'a file of 33 bits' 'no answer' refused wrong
sed 's/replay 0: returned/replay -4294967296: returned/' good >log
expect 'a file below 0' 'no answer' refused wrong
sed 's/ 0\.gz/ 4294967296.gz/' good >log
expect 'an end of 33 bits' wrong refused wrong
perl -pe 's/7 bytes/7\0bytes/' good >log
expect 'a NUL in a line' 'no answer' refused wrong
perl -pe 's/status 6/"\xff\x1b[2J<&>\"" x 5000/e' good >log
expect 'a line of 40000 bytes' right refused wrong
! grep -q "$(printf '\033')" out || wrong 'the kernel gets at the terminal'
perl -pe 's/\n/\r\n/' good >log
expect 'lines that end as on a serial console' right refused wrong

n=0
while [ "$n" -lt "$(wc -c <good)" ]; do
	head -c "$n" good >log
	report "cut after $n bytes"
	n=$((n + 13))
done
n=0
while [ "$n" -lt 100 ]; do
	perl -e 'undef $/; $_ = <STDIN>; srand shift;
		substr($_, rand length, rand 9) = join "",
			map chr rand 256, 0 .. rand 9 for 0 .. 9;
		print' "$n" <good >log
	report "damaged, seed $n"
	n=$((n + 1))
done

# Of a file that there is not, right behind the only one
cp good log
status=0
"$tmp/check" --boot="$tmp/boot" --kconfig=config --kmod=none 0.ko.gz >out 2>errors || status=$?
grep -q 'something is wrong\|Sanitizer\|runtime error' out errors &&
	wrong "a file too many: exit status $status" "$(cat out errors)"
echo ': >0.ko.gz' >>"$tmp/boot"
report 'a file that has become smaller'
grep -q 'it became smaller while it was read' out || wrong 'a file that has become smaller: nobody says so'
[ -z "$(find "$tmp" -name 'booted.*')" ] || wrong 'a directory is left behind'

# What the fuzzers have found to be of interest
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
