#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# replay_test.sh: does a booted kernel, asked by `make check-modules BOOT=yes`, give the right
# answer, for the right reason, to what the tools of each format write, and to what is none
# of theirs? And does the code of that kernel, compiled natively, say the same?

set -eu
. "$(dirname "$0")/../lib/lib.sh"

unset GZIP XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM

need gzip pigz zopfli bgzip xz zstd pzstd

# each_row COMMAND: for each file of the table
each_row()
{
	count=0
	while IFS='	' read -r file shipped reason fixed fixed_reason command <&3; do
		case $file in
		'' | '#'*) continue ;;
		esac
		count=$((count + 1))
		"$1"
	done 3<"$top/harness/test/replay.tsv"
}

# It would take xz 10 times that much memory: so change the header of another
# file, and its CRC.
dict_1536_mib()
{
	xz -c --check=crc32 --lzma2=dict=1GiB /dev/null >/dev/null 2>&1 || :
	xz -c --check=crc32 --lzma2=dict=1MiB module.ko >dict
	perl -e '
		undef $/;
		$_ = <STDIN>;
		my @table = map {
			my $c = $_;
			$c = $c & 1 ? $c >> 1 ^ 0xedb88320 : $c >> 1 for 1 .. 8;
			$c
		} 0 .. 255;
		# LZMA2, one byte of properties: 37 is 3 << 29
		s/^(.{12})(.)(.*?\x21\x01)./$1$2$3\x25/s or die;
		my $size = 4 * (1 + ord $2);
		my $header = substr $_, 12, $size - 4;
		my $crc = 0xffffffff;
		$crc = $table[($crc ^ $_) & 255] ^ $crc >> 8
			for unpack "C*", $header;
		substr $_, 12 + $size - 4, 4, pack "V", ~$crc & 0xffffffff;
		print' <dict
}

random()
{
	"$build/payload" random 5000 1
}

# flip N: in the byte there, all bits
flip()
{
	perl -e 'undef $/; $_ = <STDIN>; substr($_, shift, 1) ^= "\xff"; print' -- "$1"
}

with_dictionary()
{
	split -b 500 module.ko piece.
	zstd -q --train piece.* -o dictionary
	zstd -D dictionary -c module.ko
}

write_file()
{
	(eval "$command") >"$tmp/files/$file" 2>"$tmp/errors" || {
		cat "$tmp/errors"
		die "replay_test.sh: cannot write $file: $command"
	}
}

wrong()
{
	wrong=$((wrong + 1))
	echo "wrong: $*"
}

# check_answer ANSWER REASON: is that in the row of the file?
check_answer()
{
	line=$(grep -F "./$file  " "$tmp/rows") || line='no such row'
	case $1,$line in
	any,*) ;;
	*",./$file  "*" $1"*) ;;
	*) wrong "$what: $file: not $1: $line" ;;
	esac
	case $2,$line in
	-,*' | '*) wrong "$what: $file: nothing should be said: $line" ;;
	-,*) ;;
	*",./$file  "*"$2"*) ;;
	*) wrong "$what: $file: not \"$2\": $line" ;;
	esac
}

as_shipped()
{
	check_answer "$shipped" "$reason"
}

with_fixes()
{
	[ "$fixed" != = ] || fixed=$shipped
	[ "$fixed_reason" != = ] || fixed_reason=$reason
	check_answer "$fixed" "$fixed_reason"
}

# A line a file, in words
rows='
import json, sys
words = {"right": "taken", "wrong": "WRONG"}
for f in json.load(open(sys.argv[1]))["files"]:
    kernel = f.get("kernel", {"verdict": "refused", "why": f["causes"] and f["causes"][0]["text"]})
    why = kernel["why"]
    verdict = words.get(kernel["verdict"], kernel["verdict"])
    print(f["file"].encode("unicode_escape").decode() + "   " + verdict + (" | " + why if why else ""))'

# replay STATUS: of what FILES or FILES_FROM say; $tmp/rows has one line a file
replay()
{
	status=0
	JSON=$tmp/json JUNIT=$tmp/junit BOOT=$boot KMOD=none VERBOSE=yes \
		sh "$top/harness/verdict/check-modules.sh" >"$tmp/out" 2>"$tmp/errors" ||
		status=$?
	[ "$status" -eq "$1" ] || {
		wrong "$what: exit status $status, not $1"
		cat "$tmp/errors"
	}
	[ "$status" -eq 2 ] || python3 -c "$rows" "$tmp/json" >"$tmp/rows"
}

# The names of all files as the answers for programs have them, a NUL behind each
json_names='
import json, os, sys, urllib.parse
for f in json.load(open(sys.argv[1]))["files"]:
    name = os.fsencode(f["file"])
    if "file_bytes" in f:
        name = urllib.parse.unquote_to_bytes(f["file_bytes"])
    sys.stdout.buffer.write(name + b"\0")'
# Of one format, by what it was taken for
names_of='
import json, os, sys
formats = {"gz": "gzip", "xz": "xz", "zst": "zstd", "none": None}
for f in json.load(open(sys.argv[1]))["files"]:
    if f["format"] == formats[sys.argv[2]]:
        sys.stdout.buffer.write(os.fsencode(f["file"]) + b"\0")'
junit_names='
import re, sys, xml.etree.ElementTree
for t in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
    name = re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]),
                  t.get("name").encode())
    sys.stdout.buffer.write(name + b"\0")'

same_names()
{
	python3 -c "$json_names" "$tmp/json" | cmp -s - "$1" ||
		wrong "$what: the names in the JSON are not those in $1"
	python3 -c "$junit_names" "$tmp/junit" | cmp -s - "$1" ||
		wrong "$what: the names in the JUnit file are not those in $1"
}

# What both say that the kernel makes of each file. Where a rule is broken, the suite names
# the file as it is called in the guest, and gzip and zlib do not find the same damage
# first. The checker is of 64 bits, whatever the kernel: zstd's bits come by words, so of damage, and of
# windows of a GiB and more, a kernel of 32 bits makes something else, but nothing good.
same_answers='
import json, re, sys
def words(f):
    why = re.sub(r"/module_decompress_replay/\d+\.\w+", "the file", f["why"] or "")
    return re.sub("it is (damaged|cut off after \\d+ bytes): gzip says \".*?\"", "damaged", why)
def answer(f):
    if f["format"] == "zstd" and re.match("it is (damaged|cut)|a window of \\d{4}", words(f)):
        return f["verdict"] == "right"
    return [f.get(key) for key in ("format", "verdict", "advice", "error", "bytes", "same", "said")] + [words(f)]
def answers(path):
    return {f["file"]: answer({"format": f["format"], **f["kernel"]})
            for f in json.load(open(path))["files"] if f["format"]}
replay = answers(sys.argv[1])
check = {}
for path in sys.argv[2:]:
    check.update(answers(path))
for name in sorted(replay.keys() | check.keys()):
    if replay.get(name) != check.get(name):
        print(f"wrong: {name}: the booted kernel says {replay.get(name)}and its code {check.get(name)}")
print(len(check), "files compared with the code")'

# check: the same files, of the same kernel, once for each decoder that it could be
# built with
check()
{
	for decoder in GZIP XZ ZSTD; do
		case $decoder in
		GZIP) suffix=gz ;;
		XZ) suffix=xz ;;
		ZSTD) suffix=zst ;;
		esac
		sed '/^CONFIG_MODULE_COMPRESS_/d' "$build/kunit/6.12-i386-booted/.config" >"$tmp/config"
		echo "CONFIG_MODULE_COMPRESS_$decoder=y" >>"$tmp/config"
		grep -q '^CONFIG_MODULE_DECOMPRESS=y' "$tmp/config" || die 'no decompression in there'
		python3 -c "$names_of" "$tmp/json" "$suffix" >"$tmp/names.$suffix"
		env FILES= FILES_FROM="$tmp/names.$suffix" KCONFIG="$tmp/config" KMOD=none \
			JSON="$tmp/check.$suffix" JUNIT= sh "$top/harness/verdict/check-modules.sh" \
			>"$tmp/out" 2>"$tmp/errors" || [ $? -eq 1 ] || {
			wrong "$what: make check-modules: $(tail -n 1 "$tmp/errors")"
			return
		}
	done
	python3 -c "$same_answers" "$tmp/json" "$tmp/check.gz" "$tmp/check.xz" "$tmp/check.zst" \
		>"$tmp/compared"
	wrong=$((wrong + $(grep -c '^wrong: ' "$tmp/compared" || :)))
	cat "$tmp/compared"
}

cc -O2 -o "$build/payload" "$top/harness/blobs/payload.c"
mkdir "$tmp/files"
cd "$tmp"
# Some that can be compressed, some that cannot, not a multiple of anything
{
	"$build/payload" text 100000 7
	"$build/payload" random 50001 7
} >module.ko
wrong=0
boot=yes
each_row write_file
sh "$top/harness/blobs/blobs.sh" files "$tmp/files/blobs"
# What the fuzzers have found to be of interest, without the byte that is no file's
sh "$top/harness/fuzz/corpus.sh" unpack "$tmp/corpus"
mkdir files/corpus files/corpus/gzip files/corpus/xz files/corpus/zstd
for format in gzip:gz xz:xz zstd:zst; do
	for input in corpus/"${format%:*}"/*; do
		tail -c +2 "$input" >"files/$input.${format#*:}"
	done
done
image=$(sh "$top/harness/boot/package.sh" amd64 linux-image-cloud-amd64/trixie)
mkdir files/modules
# shellcheck disable=SC2046	# no blanks in them
ln $(find "${image#* }" -name '*.ko.xz' | sort | head -n 500) files/modules

cd files
export FILES FILES_FROM FIXES
find . -type f -print0 | LC_ALL=C sort -z >"$tmp/names"
FILES='' FILES_FROM=$tmp/names FIXES=no what='as shipped'
replay 1
each_row as_shipped
same_names "$tmp/names"
tail -n 1 "$tmp/out"
check

FIXES=yes what='with fixes'
replay 1
each_row with_fixes
tail -n 1 "$tmp/out"
check

# Names are data. What a shell or a terminal could take for something else has to
# come out again as it went in.
rm -rf "$tmp/odd"
mkdir "$tmp/odd"
cd "$tmp/odd"
FIXES=no
# What is in them is a module.
xz -dc "$(find ../files/modules -name dummy.ko.xz | grep . || find "${image#* }" -name dummy.ko.xz)" |
	xz --check=crc32 >"$tmp/dummy.xz"
# shellcheck disable=SC2016	# not to be expanded, here or anywhere
set -- '$(touch evaluated).xz' '`touch evaluated`.xz' '*.xz' 'a;touch evaluated.xz' \
	' begins with a blank.xz' "	begins with a tab.xz" 'ends with one.xz ' \
	'-c.xz' "it's \"quoted\" & <b>.xz" 'back\slash.xz' 'percent%20.xz' \
	"$(printf 'line\nbreak.xz')" "$(printf 'escape\033[31m.xz')" \
	"$(printf 'not UTF-8 \377\300\200.xz')" "$(printf 'c1 \302\233.xz')" \
	"$(printf '\303\274ber.xz')" "$(printf '\357\277\276.xz')"
for file; do
	cp "$tmp/dummy.xz" "./$file"
done
printf '%s\0' "$@" >"$tmp/list"
FILES='' FILES_FROM=$tmp/list what='odd names'
replay 0
same_names "$tmp/list"
grep -q "of $# files, $# would load" "$tmp/out" || wrong 'odd names: not an answer for each'
! LC_ALL=C grep -q "$(printf '[\001-\011\013-\037]')" "$tmp/out" ||
	wrong 'odd names: control characters in the report'

# How FILES is read has nothing to do with the kernel.
FILES_FROM='' boot=no what='one name'
# shellcheck disable=SC2016
FILES='$(touch evaluated).xz'
replay 0
# shellcheck disable=SC2016
for FILES in '-c.xz $(touch evaluated)' '-c.xz `touch evaluated`' \
	'-c.xz;touch evaluated' '[-]c.xz'; do
	what="FILES=$FILES"
	replay 2
done
[ ! -e evaluated ] || wrong 'a name was evaluated'
boot=yes

# refused TEXT [VARIABLE=VALUE ...]: exit status 2 at once, and one line that has
# the text
refused()
{
	text=$1
	shift
	status=0
	env BOOT=yes FILES='' JSON='' JUNIT='' "$@" \
		sh "$top/harness/verdict/check-modules.sh" \
		>"$tmp/out" 2>"$tmp/errors" </dev/null || status=$?
	if [ "$status" -ne 2 ] || [ "$(wc -l <"$tmp/errors")" -ne 1 ] ||
		! grep -qF "$text" "$tmp/errors" || [ -s "$tmp/out" ]; then
		wrong "not refused with \"$text\": exit status $status"
		cat "$tmp/errors"
	fi
}

unset FILES_FROM
refused 'which files' FILES=' '
refused 'not both' FILES=-c.xz FILES_FROM=-
refused 'ARCH=um' FILES=-c.xz ARCH=um
refused 'KCONFIG=any: not with BOOT=yes' FILES=-c.xz KCONFIG=any
refused 'ARCH=i386: for BOOT=yes alone' FILES=-c.xz BOOT=no ARCH=i386
refused 'BOOT=maybe' FILES=-c.xz BOOT=maybe
refused 'FILES_FROM=no-such-list: cannot be read' FILES_FROM=no-such-list
refused '/no/such/json cannot be written' FILES=-c.xz JSON=/no/such/json
refused '/. cannot be written' FILES=-c.xz JUNIT=.
refused 'not both' FILES=-c.xz JSON=answers JUNIT=answers

# A kernel of which all that is known is what it prints
mkdir "$tmp/bin"
printf '#!/bin/sh\ncat "%s"\n' "$tmp/console" >"$tmp/bin/qemu-system-i386"
chmod +x "$tmp/bin/qemu-system-i386"
PATH=$tmp/bin:$PATH
FILES=-c.xz what='no console'
: >"$tmp/console"
replay 2
grep -q 'no kernel has been asked' "$tmp/errors" || wrong "$what: nobody says so"
what='no suite'
printf 'Linux version 6\nKTAP version 1\n1..0\n' >"$tmp/console"
replay 2
what='dead in the suite'
cat >"$tmp/console" <<'END'
Linux version 6
KTAP version 1
1..1
    KTAP version 1
    # Subtest: module_decompress_replay
    # any_file_is_handled: replay 0: asked as xz
Kernel panic - not syncing
END
replay 1
grep -q 'the kernel did not come back from it' "$tmp/rows" ||
	wrong "$what: nobody says so"

flock "$build/kunit/6.12-i386-booted/lock" sleep 5 &
what='two at once'
replay 1
grep -q '^Waiting for make check-modules' "$tmp/errors" ||
	wrong "$what: nobody says so"

echo "$count files and $# names asked for, $wrong answers wrong"
[ "$wrong" -eq 0 ]
