# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154	# shared with image.sh, which sources it
#
# The kernel that IMAGE= and MODULES= name, and its modules.

IMAGE=${IMAGE:-}
MODULES=${MODULES:-}

image_py()
{
	python3 "$top/harness/boot/image.py" "$@"
}

# get_package, or get_file: set $deb_arch, the architecture as Debian calls it; $release;
# $image; $modules, their directory; $config, which is empty if there is none; and $name, by
# which what is made of it is called
get_package()
{
	deb_arch=
	case ${IMAGE%%/*} in
	*[!-a-z0-9.+~]*) ;;
	linux-image-*amd64) deb_arch=amd64 ;;
	linux-image-*arm64) deb_arch=arm64 ;;
	esac
	[ "$deb_arch" ] ||
		die "IMAGE=$IMAGE: no such file, and no package's name, which begins with linux-image- and ends with amd64 or arm64"
	case $IMAGE in
	*/*[!-a-z0-9]*) die "IMAGE=$IMAGE: no release of Debian's is called ${IMAGE#*/}" ;;
	esac
	[ -z "$MODULES" ] || die "MODULES=$MODULES: those of the package IMAGE=$IMAGE are in it"
	found=$(sh "$top/harness/boot/package.sh" "$deb_arch" "$IMAGE")
	release=${found%% *}
	root=${found#* }
	name=$release
	modules=$root/usr/lib/modules/$release
	image=$root/boot/vmlinuz-$release
	config=$root/boot/config-$release
	[ -e "$image" ] || image=$modules/vmlinuz
	[ -e "$config" ] || config=$modules/config
}

get_file()
{
	deb_arch=$(image_py arch "$IMAGE") ||
		die "IMAGE=$IMAGE: neither a bzImage of 64 bits nor an Image of arm64"
	[ "$MODULES" ] || die "IMAGE=$IMAGE: where are its modules? MODULES=/lib/modules/RELEASE, say"
	image=$(absolute "$IMAGE")
	modules=$(cd "$MODULES" 2>/dev/null && pwd -P) ||
		die "MODULES=$MODULES: no such directory"
	[ -s "$modules/modules.dep" ] ||
		die "MODULES=$MODULES: no modules.dep in it; depmod makes one"
	release=$(basename "$modules")
	name=$release-$(echo "$image $modules" | cksum | cut -d ' ' -f 1)
	for config in "${image%/*}/config-$release" "$modules/config" \
		"$modules/build/.config" "/boot/config-$release"; do
		[ ! -e "$config" ] || return 0
	done
	config=
}

config_says()
{
	if [ ! "$config" ]; then
		echo 'a config was not found'
		return
	fi
	echo "its config says $(
		grep -E '^(# )?CONFIG_MODULE_(COMPRESS_[A-Z]*=y|DECOMPRESS)' "$config" |
			paste -s -d ,
	)$(grep -q CONFIG_MODULE_DECOMPRESS "$config" ||
		echo ' and nothing of CONFIG_MODULE_DECOMPRESS')"
}

does_not_decompress()
{
	die "IMAGE=$IMAGE: linux $release does not decompress modules; $(config_says)"
}

# decompressed FILE: to stdout
decompressed()
{
	case $1 in
	*.gz) gzip -dc "$1" ;;
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dcq "$1" ;;
	*) cat "$1" ;;
	esac
}

# decompress_modules DIRECTORY: those on stdin, to there
decompress_modules()
{
	while read -r module; do
		mkdir -p "$1/${module%/*}" &&
			decompressed "$modules/$module" >"$1/${module%.ko*}.ko" || return
	done
}

# The modules that the selftest has a use for, with what they need, and one that needs
# another, which is not there
install_modules()
{
	installed=$guest/installed
	mkdir -p "$installed/test/plain"
	cp "$modules"/modules.*.bin "$installed" || return
	for module in kernel/fs/binfmt_script kernel/fs/binfmt_misc \
		kernel/fs/overlayfs/overlay kernel/net/sunrpc/sunrpc; do
		grep "^$module\.ko[^:]*:" "$modules/modules.dep"
	done | tr ': ' '[\n*]' | sed '/^$/d' >"$guest/selftest"
	while read -r module; do
		mkdir -p "$installed/${module%/*}" && cp "$modules/$module" "$installed/$module" ||
			return
	done <"$guest/selftest"
	decompress_modules "$installed/test/plain" <"$guest/selftest" || return
	module=$(grep ': ' "$modules/modules.dep" | grep -v -F -f "$guest/selftest" |
		sed -n '1s/:.*//p')
	[ ! "$module" ] || cp "$modules/$module" "$installed/test/needs.ko${module##*.ko}" || return

	small=$installed/test/plain/kernel/fs/binfmt_script.ko
	[ -e "$small" ] || small=${small%script.ko}misc.ko
	[ -e "$small" ] ||
		die "IMAGE=$IMAGE: the selftest loads a kernel/fs/binfmt_script.ko or binfmt_misc.ko, and it has none"
	signature_py signed "$small" || ! grep -qs '^CONFIG_MODULE_SIG=y' "$config" ||
		die "IMAGE=$IMAGE: its config says CONFIG_MODULE_SIG=y, but its modules are not signed"
	make_formats "$small" "$installed/test"
	make_bad "$small" "$(said compression)" "$installed/test"
}
