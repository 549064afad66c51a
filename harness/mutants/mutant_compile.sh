#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutant_compile.sh BASE DIRECTORY
#
# Compiles DIRECTORY/decompress.c in the four ways that the suite meets it: with
# the ledger for each algorithm, and as the kernel's own. What comes out as in
# BASE, which has the same of decompress.c as it is, is left out: no test can
# tell it apart. The sum of the others is in the file sum, or it says "same".
#
# If gcc finds fault with decompress.c, its words are in the file not-built. Of
# any other trouble, such as a full disk, nothing is kept: exit status 2.

set -eu
objects='seam_gzip seam_xz seam_zstd production'
. "$(dirname "$0")/compile_common.sh"

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

rm -f "$dir"/*.o "$dir"/*.new
rm -rf "$dir/tests"
cp -r "$base/seams" "$dir/tests"
for object in $objects; do
	part "$object"
	differs "$object" || continue
	status=0
	words=$(compile "$object" 2>&1) || status=$?
	[ $status -ne 0 ] || continue
	{ [ $status -eq 1 ] && is_fault "$words"; } || fail "$words"
	rm -f "$dir"/*.o "$dir"/*.part
	printf '%s\n' "$words" >"$dir/not-built.new"
	mv "$dir/not-built.new" "$dir/not-built"
	break
done
rm -r "$dir/tests"
[ ! -e "$dir/not-built" ] || exit 0
[ "$base" != "$dir" ] || exit 0
rm "$dir"/*.part

for object in $objects; do
	if cmp -s "$base/$object.o" "$dir/$object.o"; then
		rm "$dir/$object.o"
	elif [ ! -e "$dir/$object.o" ]; then
		continue
	elif [ "$object" = production ]; then
		publish production module_decompress module_decompress_cleanup
	else
		publish "$object" "${object#seam_}_decompressor"
	fi
done
set -- "$dir"/*.o
if [ -e "$1" ]; then
	sum=$(sha256sum "$@") || exit
	sum=$(printf '%s\n' "$sum" | sha256sum | cut -c 1-16)
else
	sum=same
fi
echo "$sum" >"$dir/sum.new"
mv "$dir/sum.new" "$dir/sum"
