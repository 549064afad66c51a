#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# mutant_compile.sh BASE DIRECTORY
#
# Compiles DIRECTORY/decompress.c in the four ways in which the suite tests it: with
# the ledger for each of three algorithms, and as the kernel's own. BASE has the
# same four objects of the original. An object that is equal to the original's is
# removed: no test can tell the two apart. The file sum gets a checksum of the other
# objects, or "same" if there are no others.
#
# If decompress.c does not compile, the file not-built gets gcc's output. After any
# other error, such as a full disk, no result is written: exit status 2.

set -eu
objects='seam_gzip seam_xz seam_zstd production'
. "$(dirname "$0")/compile_common.sh"

# compile OBJECT: as Kbuild would, except that BASE has the headers precompiled
compile()
{
	(
		cd "$base/kernel" &&
			eval "$(cat "$base/${1%_*}.flags")" \
				-include "$base/${1%_*}_headers.h" \
				-c -o "$dir/$1.o" "$dir/tests/$1.c"
	)
}

# publish OBJECT SYMBOL ...: keep only these symbols global, and add the mutant's name to them
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
	# Only the kernel's own decompress.c runs its initcalls.
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
