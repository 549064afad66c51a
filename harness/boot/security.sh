# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154	# shared with boot.sh, which sources it
#
# Boot with the security modules that check the file of a module.

# asks_security: succeed with CONFIG=security, and if the kernel reads a compressed module under
# another id than a module
asks_security()
{
	[ ! "$(not_needed patches/loadpin/ "$src")" ] || [ "$CONFIG" = security ]
}

# security_options: print the options of IPE: 6.1 does not have them, and one is a path
security_options()
{
	[ -e "$src/security/ipe/Kconfig" ] || return 0
	echo CONFIG_SECURITY_IPE=y
	echo "CONFIG_IPE_BOOT_POLICY=\"$top/harness/boot/ipe.policy\""
}

# make_selinux_policy: add the type other_t to the kernel's example policy, which allows everything;
# allow everything but module_load for it. Drop the policy capabilities: Debian's checkpolicy does
# not know those of new kernels.
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

# boot_security WHAT NAME [ARGUMENTS]: boot with the security modules. Only LoadPin enforces anything
# before the program switches it on.
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
