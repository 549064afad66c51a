# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154	# the scripts that source it set $work
#
# Shared by mutant_compile.sh, mutant_native.sh and right_native.sh. The arguments of each are
# BASE, the directory of the original, and DIRECTORY, that of the changed decompress.c.

export LC_ALL=C
base=$1
dir=$2
id=${dir##*/}

# fail OUTPUT: print its first line with "error", or else its first line, and exit with 2
fail()
{
	line=$(printf '%s\n' "$1" | grep -im 1 error) ||
		line=$(printf '%s\n' "$1" | head -n 1)
	echo "${dir##*/}: $line" >&2
	exit 2
}

# part OBJECT: write the part of decompress.c that is compiled into that object to OBJECT.part
part()
{
	gzip=CONFIG_MODULE_COMPRESS_GZIP
	xz=CONFIG_MODULE_COMPRESS_XZ
	case $1 in
	seam_gzip | production) unifdef -D$gzip "$dir/decompress.c" ;;
	seam_xz) unifdef -U$gzip -D$xz "$dir/decompress.c" ;;
	seam_zstd) unifdef -U$gzip -U$xz "$dir/decompress.c" ;;
	esac >"$dir/$1.part" || [ $? -eq 1 ] ||
		fail "unifdef cannot read decompress.c"
}

differs()
{
	[ "$base" = "$dir" ] || ! cmp -s "$base/$1.part" "$dir/$1.part"
}

# sources BITS: copy the sources of the native seams to $work, with the mutant's
# decompress.c, to which it adds the mutant's name
sources()
{
	rm -rf "$work"
	mkdir "$work"
	cp -r "$base/native$1/tests" "$base/native$1/internal.h" "$work"
	cat "$dir/decompress.c" - >"$work/decompress.c" <<-END
		const char native_mutant[] __weak = "$id";
	END
}

# compile_native BITS OBJECT FLAG ...: compile a native seam from $work
compile_native()
{
	bits=$1
	object=$2
	shift 2
	(cd "$base/native$bits/src" && eval "$(cat "$base/native$bits/flags")" '"$@"' \
		-c -o "$work/$object.o" "$work/tests/$object.c")
}

# is_fault OUTPUT: did gcc find an error in decompress.c?
is_fault()
{
	printf '%s\n' "$1" | grep -q \
		-e '^[^ ]*:[0-9]*:[0-9]*: error: ' \
		-e 'decompress\.c:[0-9]*:[0-9]*: fatal error: .*: No such file'
}
