#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutant.sh BASE DIRECTORY
#
# Compiles DIRECTORY/decompress.c in the four ways that the suite meets it: with
# the ledger for each algorithm, and as the kernel's own. What comes out as in
# BASE, which has the same of decompress.c as it is, is left out: no test can
# tell it apart. If it does not build, not-built has gcc's words.

set -eu

base=$1
dir=$2
objects='seam_gzip seam_xz seam_zstd own'

# part OBJECT DIRECTORY: what of its decompress.c is in that object
part()
{
	gzip=CONFIG_MODULE_COMPRESS_GZIP
	xz=CONFIG_MODULE_COMPRESS_XZ
	case $1 in
	seam_gzip | own) unifdef -D$gzip "$2/decompress.c" ;;
	seam_xz) unifdef -U$gzip -D$xz "$2/decompress.c" ;;
	seam_zstd) unifdef -U$gzip -U$xz "$2/decompress.c" ;;
	esac || [ $? -eq 1 ]
}

differs()
{
	[ "$base" = "$dir" ] || [ "$(part "$1" "$base")" != "$(part "$1" "$dir")" ]
}

# As Kbuild would, but for the headers: base has them compiled.
compile()
{
	(
		cd "$base/kernel" &&
			eval "$(cat "$base/${1%_*}.flags")" \
				-include "$base/${1%_*}_headers.h" \
				-c -o "$dir/$1.o" "$dir/tests/$1.c"
	)
}

# publish OBJECT SYMBOL ...: only these are for others, and by names of their own
publish()
{
	object=$dir/$1.o
	shift
	: >"$dir/symbols"
	for symbol; do
		name=mutant_${dir##*/}_$symbol
		echo "$name" >>"$dir/symbols"
		set -- "$@" --redefine-sym "$symbol=$name"
		shift
	done
	objcopy "$@" "$object"
	# One mutant is not to do what the kernel's own does at boot.
	objcopy --keep-global-symbols="$dir/symbols" \
		--remove-section='.initcall*' --remove-section='.rel.initcall*' \
		"$object"
}

rm -f "$dir"/*.o
built=
cp -r "$base/seams" "$dir/tests"
for object in $objects; do
	! differs "$object" || compile "$object" || break
	built=$object
done 2>"$dir/errors"
rm -r "$dir/tests"
if [ "$built" != own ]; then
	rm -f "$dir"/*.o
	mv "$dir/errors" "$dir/not-built"
	exit
fi
rm "$dir/errors"
[ "$base" != "$dir" ] || exit 0

for object in $objects; do
	if cmp -s "$base/$object.o" "$dir/$object.o"; then
		rm "$dir/$object.o"
	elif [ ! -e "$dir/$object.o" ]; then
		continue
	elif [ "$object" = own ]; then
		publish own module_decompress module_decompress_cleanup
	else
		publish "$object" "${object#seam_}_decompressor"
	fi
done
find "$dir" -name '*.o' | sort | xargs -r cat | sha256sum | cut -c 1-16 >"$dir/sum"
