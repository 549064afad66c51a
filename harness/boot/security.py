# SPDX-License-Identifier: GPL-2.0
"""The guest with the security modules (LSMs) that check the file of a kernel module."""

import re
import shutil
from pathlib import Path
from typing import List

from harness import base, fixes
from harness.boot import signature
from harness.boot.guest import Guest, compress, files_in, list_files
from harness.kernel import Kernel

IPE_POLICY = base.TOP / 'harness/boot/ipe.policy'

# An SELinux type for which everything is allowed except module_load
OTHER_TYPE = '''\
type other_t;
allow base_t other_t:dir *;
allow base_t other_t:file *;
allow base_t other_t:filesystem *;
'''


def is_asked(kernel: Kernel, config: str) -> bool:
	"""
	Returns whether to boot this guest: with CONFIG=security, or if the kernel has
	READING_MODULE_COMPRESSED.
	"""
	return config == 'security' or kernel.has(*fixes.NEEDS['loadpin'][:2])


def options(kernel: Kernel) -> List[str]:
	"""Returns the options of IPE. A fragment cannot hold them: 6.1 has none, and one is a path."""
	if not kernel.has('security/ipe/Kconfig'):
		return []
	return ['CONFIG_SECURITY_IPE=y', f'CONFIG_IPE_BOOT_POLICY="{IPE_POLICY}"']


def make_selinux_policy(guest: Guest) -> None:
	"""
	Adds OTHER_TYPE to the kernel's example policy, which allows everything. Drops the policy
	capabilities: Debian's checkpolicy does not know those of new kernels.
	"""
	made, example, policy = guest.made, guest.path / 'policy.mdp', guest.path / 'policy.conf'
	status = base.shown([made.directory / 'scripts/selinux/mdp/mdp', example,
			     guest.path / 'contexts'], made.log)
	if not status:
		text = re.sub('^policycap .*\n', '', example.read_text(encoding='utf-8'), flags=re.MULTILINE)
		policy.write_text(re.sub('^(?=user user_u )', OTHER_TYPE, text, flags=re.MULTILINE),
				  encoding='utf-8')
		status = base.shown(['checkpolicy', '-U', 'allow', '-o', guest.path / 'policy', policy],
				    made.log)
	if status:
		made.failed('built: no policy')


def content(guest: Guest, modules: Path, algorithm: str) -> List[str]:
	"""Makes the guest's files, and returns the lines for gen_init_cpio."""
	files, plain = guest.path / 'security', modules / 'test/plain/kernel/fs/binfmt_script.ko'
	shutil.rmtree(files, ignore_errors=True)
	(files / 'test/plain').mkdir(parents=True)
	module = plain.read_bytes()
	with guest.making('built: no initramfs', lambda: 'still making files'):
		for name, data in ('signed.ko', module), ('unsigned.ko', signature.strip(module)):
			for path in files / 'test/plain' / name, files / name:
				path.write_bytes(data)
			compress(algorithm, files / name)
	make_selinux_policy(guest)
	return [f'file /policy {guest.path}/policy 0644 0 0',
		*list_files(files_in(files), files, '/modules')]
