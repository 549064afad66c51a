#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make fuzz`: libFuzzer against decompress.c and its decoders, compiled natively,
# with the ledger and the stock libraries for a judge. What it has learnt stays in
# build/fuzz/, and the next run goes on from there.
#
# Exit status: 0 nothing was found, 1 there is a finding, 2 it did not come to that.
#
# shellcheck disable=SC2317,SC2086	# what patiently calls; numbers

set -eu
. "$(dirname "$0")/../lib/lib.sh"
unset ARCH
. "$top/harness/lib/build.sh"

# make's variable of that name; to some shells it is a clock.
# shellcheck disable=SC3028
seconds=${SECONDS:-60}
ALGORITHMS=${ALGORITHMS:-}
CORPUS=$(absolute "${CORPUS:-}")
command=fuzz
# Up to this size; what is longer is slower, and finds no more
most_bytes=4096

case $seconds in
'' | 0 | *[!0-9]*) die "SECONDS=$seconds: not a number of seconds" ;;
esac
all='gzip xz zstd'
for algorithm in $ALGORITHMS; do
	case " $all " in
	*" $algorithm "*) ;;
	*) die "ALGORITHMS=$ALGORITHMS: no $algorithm; there are $all" ;;
	esac
done
[ -z "$CORPUS" ] || [ -d "$CORPUS" ] || die "CORPUS=$CORPUS: no such directory"

LLVM=1 sh "$top/harness/lib/need.sh" native
need gcovr /usr/include/lzma.h /usr/include/zstd.h /usr/include/zlib.h
find_source
what="linux $version, $fixes"
take_tree
take_dir "$build/fuzz/$name-$FIXES"
log=$dir/build.log
corpus=${CORPUS:-$build/fuzz/corpus}
STOCK=$(sh "$top/harness/lib/oracle.sh" libraries) ||
	die 'fuzz: the stock libraries of a newer Debian cannot be downloaded, and older ones are no judges'
export STOCK

say "Building $what, to be fuzzed ..."
still_there()
{
	echo "  $(find "$dir/build" -name '*.o' 2>/dev/null | wc -l) objects built"
}
patiently into_log make -C "$tree/tools/testing/module_decompress" --no-print-directory \
	O="$dir/build" HOSTCC=clang --jobs="$JOBS" fuzz || {
	tail -n 20 "$log" >&2
	not_built built
}
# 6.1 has no zstd.
built=
for algorithm in $all; do
	[ ! -e "$dir/build/fuzz_$algorithm" ] || built="$built $algorithm"
done
for algorithm in ${ALGORITHMS:-$built}; do
	[ -e "$dir/build/fuzz_$algorithm" ] ||
		die "ALGORITHMS=$ALGORITHMS: decompress.c of linux $version does not know $algorithm"
	set -- "$@" "$algorithm"
done

# fuzz ALGORITHM: $JOBS processes, each of which reads what the others learn
fuzz()
{
	(
		cd "$dir/$1" && "$dir/build/fuzz_$1" -jobs="$JOBS" -workers="$JOBS" \
			-max_total_time="$seconds" -max_len=$most_bytes -timeout=10 \
			-rss_limit_mb=1024 -artifact_prefix="$dir/$1/found/" \
			"$corpus/$1" "$dir/seeds/$1" </dev/null >out 2>&1
	)
}

# keep ALGORITHM ARTIFACT: made as small as it becomes in a while, with its words
keep()
{
	kept=$build/fuzz/findings/$1-$(basename "$2" | sed 's/^[a-z]*-//' | cut -c 1-10)
	mkdir -p "$build/fuzz/findings"
	cp "$2" "$kept"
	patiently into_log "$dir/build/fuzz_$1" -minimize_crash=1 -max_total_time=20 \
		-exact_artifact_path="$kept" "$2" || :
	"$dir/build/fuzz_$1" "$kept" >"$kept.log" 2>&1 || :
	words=$(grep -m 1 -e '^finding: ' -e 'ERROR: ' -e 'runtime error: ' "$kept.log" |
		sed 's/^finding: //') || :
	# As a file, without the byte in front of it
	case $1 in
	gzip) tail -c +2 "$kept" >"$kept.gz" ;;
	xz) tail -c +2 "$kept" >"$kept.xz" ;;
	zstd) tail -c +2 "$kept" >"$kept.zst" ;;
	esac
	echo "$1: ${words:-it does not happen again}: $(wc -c <"$kept") bytes in $kept"
}

verdict=0
counts=
rm -rf "$dir/seeds"
for algorithm in $all; do
	mkdir -p "$dir/seeds/$algorithm" "$corpus/$algorithm"
done
"$dir/build/seeds" "$dir/seeds"
sh "$top/harness/fuzz/corpus.sh" unpack "$dir/seeds"

for algorithm; do
	still_there()
	{
		cat "$dir/$algorithm"/fuzz-*.log 2>/dev/null | grep ' cov: ' | tail -n 1 |
			sed "s/^/  $algorithm: /; s/ L: .*//"
	}
	say "$algorithm, for $seconds seconds ..."
	started=$(date +%s)
	rm -rf "${dir:?}/$algorithm"
	mkdir -p "$dir/$algorithm/found"
	patiently fuzz "$algorithm" || :
	took=$(($(date +%s) - started))
	# What each of them last said of its inputs; a finding may be the first of them.
	inputs=0 covered=0
	for log in "$dir/$algorithm"/fuzz-*.log; do
		line=$(grep '^#[0-9].* cov: ' "$log" | tail -n 1) || :
		[ "$line" ] || [ "$(ls "$dir/$algorithm/found")" ] || {
			tail -n 5 "$log" >&2
			not_built "tested: the target of $algorithm did not begin"
		}
		[ "$line" ] || continue
		inputs=$((inputs + $(echo "$line" | sed 's/^#\([0-9]*\).*/\1/')))
		edges=$(echo "$line" | sed 's/.* cov: \([0-9]*\) .*/\1/')
		[ "$edges" -le $covered ] || covered=$edges
	done
	counts="$counts$algorithm $inputs inputs, $((inputs / (took ? took : 1) / JOBS)) a second and process, $covered edges; "
	for artifact in "$dir/$algorithm/found"/*; do
		[ -e "$artifact" ] || continue
		keep "$algorithm" "$artifact"
		verdict=1
	done
done

# build_tries DIRECTORY VARIABLE=VALUE ...: programs that try what is known
build_tries()
{
	tries=$1
	shift
	make -C "$tree/tools/testing/module_decompress" --no-print-directory O="$tries" \
		--jobs="$JOBS" "$@" tries
}

# All that is known
try_all()
{
	for algorithm in $built; do
		find "$corpus/$algorithm" "$dir/seeds/$algorithm" -type f \
			-exec "$tries/try_$algorithm" {} + || return
	done
}

# The stock libraries are not compiled for MemorySanitizer: so it is not the fuzzers that
# run under it.
try_with_msan()
{
	build_tries "$dir/msan" HOSTCC=clang SANITIZE=memory && : >"$dir/msan.began" && try_all
}

# What of decompress.c and the decoders is reached by all that is known now. gcov goes by
# paths as the compiler was given them.
count_lines()
{
	build_tries "$dir/lines" HOSTCC=gcc SANITIZE= EXTRA_CFLAGS=--coverage || return
	find "$dir/lines" -name '*.gcda' -delete
	try_all || return
	mkdir -p "$lines"
	gcovr --root "$tree" --object-directory "$tree/tools/testing/module_decompress" \
		"$dir/lines" --filter '.*/lib/(zlib_inflate|xz|zstd)/.*\.c$' \
		--filter '.*/kernel/module/decompress\.c$' --txt "$lines/lines.txt" \
		--html-details "$lines/index.html" --html-title "make fuzz: $what"
}

lines=$build/fuzz/lines
# A kernel as shipped fails at inputs that are known.
if [ "$FIXES" = yes ] && [ $verdict -eq 0 ]; then
	say "Trying all that is known with MemorySanitizer; the lines it reaches go to $lines ..."
	still_there()
	{
		echo "  $(find "$dir/msan" "$dir/lines" -name '*.o' 2>/dev/null | wc -l) objects built"
	}
	log=$dir/msan.log
	rm -f "$dir/msan.began"
	if ! patiently into_log try_with_msan; then
		[ -e "$dir/msan.began" ] || not_built built
		# Each is named before it is tried.
		echo "$(grep -m 1 -e 'MemorySanitizer' -e '^finding: ' "$log"): $(
			grep "^$build/" "$log" | tail -n 1)"
		verdict=1
	fi
	log=$dir/lines.log
	patiently into_log count_lines || [ $verdict -ne 0 ] || not_built counted
fi
result="$what: $counts$([ $verdict -ne 0 ] || echo no findings)"
[ "$seconds" -lt 60 ] || ! tested_as_named ||
	record "make fuzz KERNEL=$KERNEL FIXES=$FIXES SECONDS=$seconds" "$result"
echo "make fuzz: $result"
exit $verdict
