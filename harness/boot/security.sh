# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154	# shared with boot.sh, which sources it
#
# The machine with security modules that are asked about the file of a module.

# asks_security: succeed if this is to be tried: with CONFIG=security, and where a compressed module
# is announced to security modules as something else than a module
asks_security()
{
	[ ! "$(not_needed patches/loadpin/ "$src")" ] || [ "$CONFIG" = security ]
}

# security_options: print what the fragment cannot say, as 6.1 has no IPE and the policy has a path
security_options()
{
	[ -e "$src/security/ipe/Kconfig" ] || return 0
	echo CONFIG_SECURITY_IPE=y
	echo "CONFIG_IPE_BOOT_POLICY=\"$top/harness/boot/ipe.policy\""
}

# make_selinux_policy: a policy that allows everything, by the kernel's own program, but for loading
# modules from files with the type other_t. checkpolicy need not know a new kernel's capabilities.
make_selinux_policy()
{
	"$dir/scripts/selinux/mdp/mdp" "$guest/policy.mdp" "$guest/contexts" || return
	sed -e '/^policycap /d' -e '/^user user_u /i\
type other_t;\
allow base_t other_t:dir *;\
allow base_t other_t:file *;\
allow base_t other_t:filesystem *;' "$guest/policy.mdp" >"$guest/policy.conf" &&
		checkpolicy -U allow -o "$guest/policy" "$guest/policy.conf"
}

security_initramfs()
{
	files=$guest/security
	plain=$modules/test/plain/kernel/fs/binfmt_script.ko
	rm -rf "$files"
	mkdir -p "$files/test/plain"
	cp "$plain" "$files/test/plain/signed.ko"
	signature_py strip "$plain" >"$files/test/plain/unsigned.ko" || return
	for form in signed unsigned; do
		cp "$files/test/plain/$form.ko" "$files" &&
			compress "$algorithm" "$files/$form.ko" || return
	done
	make_selinux_policy || return
	{
		list_base "$dir/guest-init"
		echo "file /policy $guest/policy 0644 0 0"
		(cd "$files" && find . -type f | sed 's|^\./||') | list_files "$files" /modules
	} >"$guest/security.list" &&
		"$dir/usr/gen_init_cpio" "$guest/security.list" >"$guest/security.cpio"
}

# boot_security WHAT NAME [ARGUMENTS]: boot with the security modules, of which only LoadPin forbids
# anything from the start
boot_security()
{
	say "Booting $what, $1 ..."
	boot_kernel --timeout=300 \
		--qemu_args="-m 512 -initrd $guest/security.cpio" \
		--kernel_args="panic=-1 loglevel=1 log_buf_len=4M GUEST=security" \
		--kernel_args="lsm=lockdown,loadpin,selinux,ipe loadpin.enforce=1 ipe.enforce=0 ${3:-}"
	told "$what, $1" "$algorithm-$2"
}

boot_security_modules()
{
	logged security_initramfs || not_built 'built: no initramfs'
	boot_security 'security modules' security
	boot_security 'LoadPin without kernel-module' loadpin \
		'loadpin.exclude=kernel-module LOADPIN_EXCLUDES=kernel-module'
}
