#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make test`: is the suite green on a fixed kernel, and red in exactly
# the cases named in known.tsv where a fix is missing? Does the code meet the
# kernel's own checks? Do the commands do what they promise?
#
# Exit status: 0 all passed, 1 not all, 2 it did not come to that.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

ONLY=${ONLY:-}
JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")
# This is about one kernel; the caller's choice is for `make run`.
unset KERNEL ARCH CONFIG FIXES FILTER BENCH BASE LLVM TIMEOUT FILES FILES_FROM ALGORITHMS \
	ROUNDS MUTANTS HOSTS BOTS SEED CONFIGS ROWS SECONDS CORPUS KCONFIG
writable "$JSON" "$JUNIT"
json=$JSON junit=$JUNIT
unset JSON JUNIT

kernel=6.12
began=$(date +%s)
hash_sources
export IN_TEST=yes
logs=$build/test

parts='blobs suite red mutants replay check boot code series manual install commands coverage
	um native fuzz machines debug kernels'
[ "$ONLY" ] || ONLY=$parts
part=
for part in $(echo "$ONLY" | tr , ' '); do
	# shellcheck disable=SC2086	# a list of words
	printf '%s\n' $parts | grep -qx "$part" ||
		die "ONLY=$ONLY: no part $part; there are" $parts
done
[ "$part" ] || die "ONLY=$ONLY: which part?"

rm -rf "$logs"
mkdir -p "$logs"
: >"$logs/checks"
need shellcheck sparse git gzip zstd sphinx-build pyflakes3 parallel unifdef pytest-3 mypy \
	mandoc cc /usr/include/lzma.h /usr/include/zstd.h /usr/include/zlib.h
sh "$top/harness/mutants/libclang.sh" >/dev/null

sh "$top/harness/lib/kernel.sh" $kernel >/dev/null

tests_status=0
PYTHONDONTWRITEBYTECODE=1 pytest-3 -c "$top/tests/pytest.ini" --checks="$logs/checks" \
	-m "$(echo "$ONLY" | tr -s ', \n\t' '\n' | paste -s -d '|' | sed 's/|$//; s/|/ or /g')" \
	"$top/tests" || tests_status=$?
case $tests_status in
0 | 1) ;;
*) die "test: pytest has failed, see above" ;;
esac
passed=$(grep -c '^ok' "$logs/checks") || :
failed=$(grep -c '^FAILED' "$logs/checks") || :

[ -z "$json$junit" ] ||
	python3 "$top/harness/test/report.py" "$logs/checks" "$json" "$junit"
IN_TEST=
[ "$ONLY" != "$parts" ] || record 'make test' \
	"all parts: $passed passed, $failed failed; $((($(date +%s) - began) / 60)) min"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
