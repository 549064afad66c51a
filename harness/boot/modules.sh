# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154,SC2317	# shared with boot.sh, which sources it
#
# The modules of the kernel that boot.sh has built, as the selftest wants them.

# install_modules DIRECTORY [VARIABLE=VALUE ...]
install_modules()
{
	root=$1
	shift
	rm -rf "$root"
	make_kernel modules_install CFLAGS_MODULE="$module_flags" \
		INSTALL_MOD_PATH="$root" "$@"
}

# modprobe's index. Debian's depmod was built without zlib and looks for no .gz:
# what it says of the same modules as .xz holds for these, with as long a name.
index_modules()
{
	[ "$algorithm" = gzip ] || return 0
	install_modules "$guest/index" CONFIG_MODULE_COMPRESS_GZIP= \
		CONFIG_MODULE_COMPRESS_XZ=y || return
	cp "$guest/index/lib/modules/$release"/modules.*.bin "$modules" || return
	edit "$modules/modules.dep.bin" 's/\.ko\.xz/.ko.gz/g'
}

install_all_modules()
{
	release=$(cat "$dir/include/config/kernel.release")
	modules=$guest/installed/lib/modules/$release
	whole=lib/modules/$release/kernel/fs/overlayfs
	not_compressed='CONFIG_MODULE_COMPRESS_ALL= CONFIG_MODULE_COMPRESS_GZIP=
		CONFIG_MODULE_COMPRESS_XZ= CONFIG_MODULE_COMPRESS_ZSTD='

	install_modules "$guest/installed" INSTALL_MOD_STRIP=1 || return
	index_modules || return
	install_modules "$guest/whole" || return
	mkdir -p "$modules/test/whole" "$modules/test/plain/test/whole"
	cp "$guest/whole/$whole"/overlay.ko* "$modules/test/whole" || return

	# shellcheck disable=SC2086	# a list of words
	install_modules "$guest/whole" $not_compressed || return
	cp "$guest/whole/$whole/overlay.ko" "$modules/test/plain/test/whole" ||
		return
	# shellcheck disable=SC2086
	install_modules "$guest/plain" INSTALL_MOD_STRIP=1 $not_compressed || return
	cp -r "$guest/plain/lib/modules/$release/kernel" "$modules/test/plain" ||
		return

	plain=$modules/test/plain/kernel/fs/binfmt_script.ko
	make_formats "$plain" "$modules/test"
	make_bad "$plain" "$algorithm" "$modules/test"
}

initramfs()
{
	{
		list_base "$dir/guest-init"
		list_kmod
		(cd "$guest/installed/lib/modules" && find . -type f | sed 's|^\./||') |
			list_files "$guest/installed/lib/modules" /lib/modules
	} >"$guest/initramfs.list" &&
		"$dir/usr/gen_init_cpio" "$guest/initramfs.list" \
			>"$guest/initramfs.cpio"
}
