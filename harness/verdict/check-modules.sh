#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make check-modules`: check whether a kernel and its kmod would load these files
# as modules. The kernel's own code is compiled natively into one static program,
# build/check/module-decompress-check, which can be taken elsewhere.
#
# FILES=, FILES_FROM=: as of make replay
# KCONFIG=file: that kernel's configuration, or "any"
# KMOD=, VERBOSE=yes: as of the program's --kmod and --verbose
# JSON=file, JUNIT=file: the answers for programs
#
# Exit status: 0 all files would load, 1 some would not, 2 some have no answer, or none.

set -eu
# A kernel as it is shipped, unless fixes are asked for
FIXES=${FIXES:-no}
. "$(dirname "$0")/../lib/lib.sh"
unset ARCH
. "$top/harness/lib/build.sh"

JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")
KCONFIG=${KCONFIG:-}
KMOD=${KMOD:-}
VERBOSE=${VERBOSE:-no}
command=check-modules
. "$top/harness/lib/files.sh"
case $KCONFIG in
'' | any) ;;
*) [ -r "$KCONFIG" ] || die "KCONFIG=$KCONFIG: cannot be read" ;;
esac
case $VERBOSE in
yes | no) ;;
*) die "VERBOSE=$VERBOSE: yes or no" ;;
esac
writable "$JSON" "$JUNIT"

need make gcc objcopy patch cmp flock python3 /usr/include/stdlib.h /usr/include/lzma.h \
	/usr/include/zstd.h /usr/include/zlib.h
find_source
what="linux $version, $fixes"
take_tree
take_dir "$build/check/$name-$FIXES"
log=$dir/build.log
program=$dir/module-decompress-check

if libraries=$(sh "$top/harness/lib/oracle.sh" libraries); then
	headers=$(sh "$top/harness/lib/oracle.sh" headers)
else
	libraries=/usr/lib/$(gcc -print-multiarch)
	headers=/usr/include
	say "The newest zlib, liblzma and libzstd cannot be had: those of this system are asked."
fi

link()
{
	gcc -std=gnu11 -O2 -static -I"$headers" -DKERNEL_NAME="\"$what\"" \
		-o "$program.tmp" "$top"/harness/verdict/[!n]*.c "$dir/check.o" "$libraries/liblzma.a" \
		"$libraries/libzstd.a" "$libraries/libz.a"
}

# What the program was linked of
made_of()
{
	echo "$what"
	sha256sum "$dir/check.o" "$libraries"/liblzma.a "$libraries"/libz*.a \
		"$top"/harness/verdict/*.[ch]
}

build_program()
{
	make -C "$tree/tools/testing/module_decompress" --no-print-directory \
		EXTRA_MK="$top/harness/verdict/native_check.mk" O="$dir" SANITIZE= \
		--jobs="$JOBS" check || return
	made_of >"$dir/made_of"
	[ ! -x "$program" ] || ! cmp -s "$dir/made_of" "$program.made_of" || return 0
	link && mv "$program.tmp" "$program" && mv "$dir/made_of" "$program.made_of"
}

still_there()
{
	echo "  $(find "$dir" -name '*.o' | wc -l) objects built"
}
say "Building $what, to be asked ..."
if ! patiently into_log build_program; then
	tail -n 20 "$log" >&2
	not_built built
fi
# The one that was asked last is where others find it: whole at any time.
for f in "$program" "$top/harness/verdict/module-decompress-check.1"; do
	cp "$f" "$build/check/.$$" && mv "$build/check/.$$" "$build/check/${f##*/}"
done

set -- ${KCONFIG:+"--kconfig=$KCONFIG"} ${KMOD:+"--kmod=$KMOD"} \
	${JSON:+"--json=$JSON"} ${JUNIT:+"--junit=$JUNIT"} \
	${FILES_FROM:+"--files-from=$FILES_FROM"} -- "$@"
[ "$VERBOSE" = no ] || set -- --verbose "$@"
exec "$program" "$@"
