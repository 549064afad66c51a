#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make check-modules`: check whether a kernel and its kmod would load these files
# as modules. The kernel's own code is compiled natively into one static program,
# build/check/module-decompress-check, which can be taken elsewhere.
#
# FILES=name, or names between blanks: files, or directories of them
# FILES_FROM=file: names that each end with a NUL, as find -print0 writes them; "-"
#	is stdin. For names with blanks in them.
# KCONFIG=file: that kernel's configuration, or "any"
# KMOD=, VERBOSE=yes: as of the program's --kmod and --verbose
# BOOT=yes: a kernel of the machine ARCH is built and booted, and asked in place of its code:
#	the files go into its initramfs, where the suite module_decompress_replay finds them
# JSON=file, JUNIT=file: the answers for programs
#
# Exit status: 0 all files would load, 1 some would not, 2 some have no answer, or none.

set -eu
# A kernel as it is shipped, unless fixes are asked for
FIXES=${FIXES:-no}
. "$(dirname "$0")/../lib/lib.sh"
BOOT=${BOOT:-no}
KCONFIG=${KCONFIG:-}
case $BOOT,${ARCH:-},$KCONFIG in
no,,* | yes,,) ;;
no,*) die "ARCH=$ARCH: for BOOT=yes alone" ;;
yes,um,*) die 'ARCH=um: BOOT=yes boots i386, x86_64 or the like' ;;
yes,*,?*) die "KCONFIG=$KCONFIG: not with BOOT=yes, which has a configuration of its own" ;;
yes,*) ;;
*) die "BOOT=$BOOT: yes or no" ;;
esac
. "$top/harness/lib/build.sh"

JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")
KMOD=${KMOD:-}
VERBOSE=${VERBOSE:-no}
# shellcheck disable=SC2034	# of build.sh
command=check-modules

# What comes from outside is never evaluated: FILES is one name, with blanks in it if there
# is such a file, or names between blanks.
FILES=${FILES:-}
FILES_FROM=${FILES_FROM:-}
if [ "$FILES_FROM" ]; then
	[ ! "$FILES" ] || die "FILES and FILES_FROM: one of them, not both"
	[ "$FILES_FROM" = - ] || [ -r "$FILES_FROM" ] ||
		die "FILES_FROM=$FILES_FROM: cannot be read"
	set --
elif [ -e "$FILES" ]; then
	set -- "$FILES"
else
	set -f
	# shellcheck disable=SC2086	# a list of words
	set -- $FILES
	set +f
	[ $# -gt 0 ] || die "check-modules: which files? Run: make check-modules FILES='a.ko.xz b.ko.zst', or a directory of them"
fi
# Answers are not to be written over what is asked about.
for file; do
	if one_file "$file" "$JSON" || one_file "$file" "$JUNIT"; then
		die "$file: both one of the files and where the answers are to go"
	fi
done
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
if [ "$BOOT" = yes ]; then
	find_kernel
else
	find_source
fi
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

# build_booted: $what as a kernel, in $dir, with an initramfs
build_booted()
{
	plain=$build/kunit/$name-$ARCH
	start_from "$plain" "$plain-booted"
	take_dir "$plain-booted"
	log=$dir/booted.log
	: >"$log"
	configure "$top/harness/verdict/booted.config"
	# shellcheck disable=SC2119	# make's variables, of which there are none
	build_kernel
	say "Booting $what, on $ARCH, to be asked; its console is in $log ..."
}

boot=
if [ "$BOOT" = yes ]; then
	build_booted >&2
	KCONFIG=$dir/.config
	# For boot.sh, and for what the program makes for a boot
	export ARCH dir tree log
	TMPDIR=$dir
	export TMPDIR
	boot=$top/harness/verdict/boot.sh
fi
set -- ${boot:+"--boot=$boot"} ${KCONFIG:+"--kconfig=$KCONFIG"} ${KMOD:+"--kmod=$KMOD"} \
	${JSON:+"--json=$JSON"} ${JUNIT:+"--junit=$JUNIT"} \
	${FILES_FROM:+"--files-from=$FILES_FROM"} -- "$@"
[ "$VERBOSE" = no ] || set -- --verbose "$@"
exec "$program" "$@"
