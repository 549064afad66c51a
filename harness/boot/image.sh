#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make boot IMAGE=`: a kernel as somebody ships it, with its own compressed
# modules. IMAGE is a package of Debian's, as apt writes it, linux-image-amd64/trixie,
# say; or a file, whose modules are in the directory MODULES. Each of them is loaded,
# compressed in one boot and decompressed in another; in a third one
# tools/testing/selftests/module/ is its init.
#
# Exit status: 0 all passed, 1 tests failed, or a module loads only when decompressed,
# 2 it did not come to that.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
. "$top/harness/boot/guest.sh"

IMAGE=${IMAGE:-}
MODULES=${MODULES:-}
JSON=$(absolute "${JSON:-}")
JUNIT=$(absolute "${JUNIT:-}")

[ "$IMAGE" ] || die "MODULES=$MODULES: of which IMAGE=?"
for variable in KERNEL ARCH CONFIG FIXES LLVM ALGORITHMS; do
	eval "value=\${$variable:-}"
	# shellcheck disable=SC2154	# by eval
	[ -z "$value" ] || die "$variable=$value: not with IMAGE=, which is booted as it is"
done

# arch_of FILE: as Debian calls it, by the header. Of a bzImage 64 bits are a flag of
# xloadflags; see Documentation/arch/x86/boot.rst and Documentation/arch/arm64/booting.rst.
arch_of()
{
	if [ "$(dd if="$1" bs=1 skip=514 count=4 2>/dev/null | tr -d '\0')" = HdrS ]; then
		[ $(($(od -An -tu1 -j 566 -N 1 "$1") & 1)) -eq 0 ] || echo amd64
	elif [ "$(dd if="$1" bs=1 skip=56 count=4 2>/dev/null | tr -d '\0')" = ARMd ]; then
		echo arm64
	fi
}

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
	deb_arch=$(arch_of "$IMAGE")
	[ "$deb_arch" ] || die "IMAGE=$IMAGE: neither a bzImage of 64 bits nor an Image of arm64"
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

writable "$JSON" "$JUNIT"
if [ -f "$IMAGE" ]; then
	get_file
else
	get_package
fi
[ ! "$config" ] || grep -q '^CONFIG_MODULE_DECOMPRESS=y' "$config" || does_not_decompress

case $deb_arch in
amd64) ARCH=x86_64 ;;
arm64) ARCH=arm64 ;;
esac
export ARCH
. "$top/harness/lib/build.sh"
command=boot
what="linux $release, $ARCH, as shipped"
case $ARCH in
arm64) need aarch64-linux-gnu-gcc /usr/aarch64-linux-gnu/include/asm/unistd.h ;;
esac
need gcc /usr/include/stdlib.h python3 flock gzip xz zstd /sbin/depmod "qemu-system-$qemu"
kmod=$(sh "$top/harness/boot/kmod.sh" "$deb_arch")

# It gives the headers, and kunit.py.
found=$(sh "$top/harness/lib/kernel.sh" 6.12)
src=${found#* }
tree=$src
hash_sources
who="make $command of linux $release, process $$"
take_dir "$build/boot/$name"
guest=$dir/guest
rm -rf "$guest"
mkdir -p "$guest"
log=$dir/boot.log
: >"$log"
in_guest=/lib/modules/$release

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

# Of the modules on stdin, those that are to be loaded; $guest/untried has why others are not
keep_untried()
{
	awk -F '\t' -v arch="$deb_arch" -v untried="$guest/untried" '
		FNR == NR {
			if ($1 == arch)
				why[$2] = $3
			next
		}
		{
			for (begin in why)
				if (index($0, begin) == 1) {
					print why[begin] >untried
					next
				}
			print
		}' "$top/harness/boot/untried.tsv" -
}

# All of its modules, each after what it needs
list_modules()
{
	awk -F : '
		function visit(module, needs, n, i) {
			if (module in visited)
				return
			visited[module] = 1
			n = split(needed[module], needs, " ")
			for (i = n; i > 0; i--)
				visit(needs[i])
			print module
		}
		{ needed[$1] = $2; modules[NR] = $1 }
		END {
			for (i = 1; i <= NR; i++)
				visit(modules[i])
		}' "$modules/modules.dep"
}

# decompress_modules DIRECTORY: those on stdin, to there
decompress_modules()
{
	while read -r module; do
		mkdir -p "$1/${module%/*}" &&
			decompressed "$modules/$module" >"$1/${module%.ko*}.ko" || return
	done
}

# make_guest: its init is built; the rest of what is in it is on stdin, for gen_init_cpio
make_guest()
{
	{
		list_base "$dir/guest-init"
		cat
	} >"$guest/initramfs.list"
	"$guest/gen_init_cpio" "$guest/initramfs.list" >"$guest/initramfs.cpio" 2>>"$log" ||
		not_built 'built: no initramfs'
}

# boot_guest ARGUMENT ...: of kunit.py
boot_guest()
{
	boot_kernel --qemu_args="-m 4096 -initrd $guest/initramfs.cpio" \
		--kernel_args="panic=-1 loglevel=1 log_buf_len=4M" "$@"
}

# sweep HOW DIRECTORY: what becomes of the modules on stdin, which are in there, goes to
# HOW.log
sweep()
{
	cat >"$guest/sweep"
	sed "s|^|$in_guest/|" "$guest/sweep" >"$guest/modules"
	build_guest "$src" || not_built 'built: no init'
	{
		echo "file /modules $guest/modules 0644 0 0"
		list_files "$2" "$in_guest" <"$guest/sweep"
	} | make_guest
	say "Loading the modules of $what, $1 ..."
	running()
	{
		echo "  $(grep -cs '^# module ' "$dir/test.log" || :) of $(
			wc -l <"$guest/modules") modules"
	}
	boot_guest --timeout=3000 --kernel_args=GUEST=sweep
	mv "$dir/test.log" "$dir/$1.log"
	grep -q '^ok 1 modules' "$dir/$1.log" ||
		not_built "booted: it ends with $(grep '^# ' "$dir/$1.log" | tail -n 1)"
}

# said WHAT: a line of the guest's
said()
{
	sed -n "s/^# $1 //p" "$dir/compressed.log"
}

# What the two boots come to, as KTAP: a module is a test. That loads which does so when
# it is decompressed, and what does not gives the same error.
compare()
{
	awk -v prefix="$in_guest/" '
		# "# module PATH ERROR", and the messages of the kernel
		/^# module / {
			module = substr($3, length(prefix) + 1)
			name = module
			sub(/\.ko.*/, "", name)
			error = $0
			sub(/^# module [^ ]* /, "", error)
			if (FNR == NR) {
				plain[name] = error
			} else {
				order[++n] = name
				path[name] = module
				compressed[name] = error
			}
		}
		/^# : / && FNR != NR {
			messages[name] = messages[name] "# the kernel: " substr($0, 5) "\n"
		}
		END {
			print "KTAP version 1\n1.." n
			for (i = 1; i <= n; i++) {
				name = order[i]
				if (compressed[name] == "success") {
					print "ok " i " " path[name]
				} else if (compressed[name] == plain[name]) {
					print "ok " i " " path[name] " # SKIP " plain[name]
				} else {
					print "# " compressed[name] ", decompressed first " \
						plain[name]
					printf "%s", messages[name]
					print "not ok " i " " path[name]
				}
			}
		}' "$dir/decompressed.log" "$dir/compressed.log"
}

# For people
report()
{
	compression=$(said compression)
	echo "  compression: $compression; $(
		if [ ! "$config" ]; then
			echo 'XZ filters: no config was found'
		else
			echo "XZ filters of its config:$(sed -n 's/^CONFIG_XZ_DEC_\([A-Z0-9]*\)=y/ \1/p' "$config" |
				grep -v -e BCJ -e MICROLZMA -e TEST | tr -d '\n')"
		fi
	)"
	awk '
		$1 == "ok" && !/ # SKIP / { loaded++ }
		/ # SKIP / { neither++; sub(/.* # SKIP /, ""); why[$0]++ }
		$1 == "not" { refused = refused "  not loaded: " $4 ": " said "\n"; n++ }
		!/^# / { said = "" }
		/^# / { said = said (said ? "; " : "") substr($0, 3) }
		END {
			printf "  %d of %d modules that load when decompressed first load compressed\n",
				loaded, loaded + n
			printf "%s", refused
			if (n)
				print "  make replay FILES=... says what it is about such a file"
			if (!neither)
				exit
			printf "  %d load in neither way:", neither
			for (error in why)
				printf " %s %d", error, why[error]
			print ""
		}' "$dir/modules.ktap"
	sort "$guest/untried" | uniq -c | sed 's/^ *\([0-9]*\)/  \1 not tried:/'
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
	is_signed "$small" || ! grep -qs '^CONFIG_MODULE_SIG=y' "$config" ||
		die "IMAGE=$IMAGE: its config says CONFIG_MODULE_SIG=y, but its modules are not signed"
	make_formats "$small" "$installed/test"
	make_bad "$small" "$(said compression)" "$installed/test"
}

logged gcc -O2 -o "$guest/gen_init_cpio" "$src/usr/gen_init_cpio.c" ||
	not_built 'built: no gen_init_cpio'
mkdir -p "$dir/${machine_image%/*}"
ln -sf "$image" "$dir/$machine_image"

: >"$guest/untried"
list_modules | keep_untried >"$guest/list"
sweep compressed "$modules" <"$guest/list"
[ "$(said release)" = "$release" ] ||
	die "IMAGE=$IMAGE is linux $(said release); MODULES=$MODULES are not its modules"
[ "$(said compression)" != none ] || does_not_decompress

say "Decompressing $(wc -l <"$guest/list") modules ..."
still_there()
{
	echo "  $(find "$guest/plain" -name '*.ko' | wc -l) modules decompressed"
}
patiently decompress_modules "$guest/plain" <"$guest/list" ||
	not_built 'read: a module is damaged'
sed 's/\.ko.*/.ko/' "$guest/list" | sweep decompressed "$guest/plain"
compare >"$dir/modules.ktap"
rm -rf "$guest/plain"

install_modules || not_built 'built: no modules'
build_init "$src" "$selftest"/*.c || not_built 'built: no init'
{
	list_kmod
	(cd "$guest/installed" && find . -type f | sed 's|^\./||') |
		list_files "$guest/installed" "$in_guest"
} | make_guest
say "Running the selftest of $what ..."
running()
{
	echo "  $(grep -cs -e '^ok ' -e '^not ok ' "$dir/test.log" || :) cases"
}
boot_guest --timeout=$((300 + 10 * ROUNDS)) \
	--kernel_args="DECOMPRESS_ALGORITHM=$(said compression)" \
	--kernel_args="DECOMPRESS_ROUNDS=$ROUNDS"
judge count
cp "$dir/test.log" "$dir/selftest.log"
cp "$dir/kunit.json" "$dir/selftest.json"

# And the comparison, which no kernel has made
selftest_verdict=$verdict
modules_verdict=0
results_py count "$dir/modules.ktap" >"$dir/modules-results" || modules_verdict=$?
[ $modules_verdict -lt 2 ] || not_built 'tested: it has no modules'
if [ "$JSON" ]; then
	python3 "$tree/tools/testing/kunit/kunit.py" parse --json="$dir/modules.json" \
		"$dir/modules.ktap" >/dev/null || :
	python3 "$top/harness/run/results.py" join "$JSON" modules "$dir/modules.json" \
		selftest "$dir/selftest.json" || exit 2
fi
[ -z "$JUNIT" ] || results_py junit "$dir/modules.ktap" modules "$dir/selftest.log" \
	selftest "$JUNIT" || exit 2
report | tee "$dir/report"
sed '$d' "$dir/results"
result="$what: modules: $(tail -n 1 "$dir/modules-results"); selftest: $(tail -n 1 "$dir/results")"
case $IMAGE in
linux-*) record "make boot IMAGE=$IMAGE" "$result" ;;
esac
echo "make boot: $result" | tee -a "$dir/report"
[ "$selftest_verdict$modules_verdict" = 00 ] || exit 1
