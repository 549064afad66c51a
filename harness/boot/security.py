# SPDX-License-Identifier: GPL-2.0
"""The guest with the security modules (LSMs) that check the file of a kernel module."""

import hashlib
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


def asks_again(kernel: Kernel) -> bool:
	"""
	Returns whether the kernel asks security modules again after it has decompressed a module:
	whether it has READING_MODULE_COMPRESSED.
	"""
	return kernel.has(*fixes.NEEDS['loadpin'][:2])


def is_asked(kernel: Kernel, config: str) -> bool:
	"""Returns whether to boot this guest: with CONFIG=security, or if the kernel asks again."""
	return config == 'security' or asks_again(kernel)


def options(kernel: Kernel) -> List[str]:
	"""
	Returns the options that the fragment cannot hold: 6.1 has no IPE and no MODULE_STATS, and one
	is a path.
	"""
	lines = []
	if kernel.has('security/ipe/Kconfig'):
		lines += ['CONFIG_SECURITY_IPE=y', f'CONFIG_IPE_BOOT_POLICY="{IPE_POLICY}"']
	if kernel.has('kernel/module/Kconfig', '^config MODULE_STATS$'):
		lines += ['CONFIG_MODULE_DEBUG=y', 'CONFIG_MODULE_STATS=y']
	return lines


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


def sign(guest: Guest, file: Path) -> None:
	"""Signs a file for security.ima, with the key that signs modules. Makes FILE.sig."""
	base.run(['evmctl', 'ima_sign', '--hashalgo', 'sha256', '--sigfile', '--key',
		  guest.made.directory / 'certs/signing_key.pem', file]).check_returncode()


def digest(file: Path) -> str:
	"""Returns the digest of a file as IMA writes it."""
	return f'sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}'


def measurements(files: Path, suffix: str, asked_again: bool) -> str:
	"""
	Returns what IMA's list must have of the files that harness/guest/ima.c loads: "d-ng n-ng", and
	with ima-modsig an empty "sig" and "d-modsig". See Documentation/security/IMA-templates.rst.
	"""
	lines, module = [], digest(files / 'test/plain/unsigned.ko')
	for form, has_modsig in ('test/plain/{}.ko', True), ('{}.ko' + suffix, asked_again):
		measured, appended = form.format('xattr'), form.format('appended')
		lines += [f' ima-ng {digest(files / measured)} /ima/measured/{measured}\n',
			  f' ima-modsig {digest(files / appended)} /ima/modsig/{appended}  '
			  f'{module if has_modsig else ""} \n']
	return ''.join(lines)


def content(guest: Guest, modules: Path, algorithm: str) -> List[str]:
	"""Makes the guest's files, and returns the lines for gen_init_cpio."""
	files, plain = guest.path / 'security', modules / 'test/plain/kernel/fs/binfmt_script.ko'
	shutil.rmtree(files, ignore_errors=True)
	(files / 'test/plain').mkdir(parents=True)
	module = plain.read_bytes()
	made = {f'{name}.ko': module for name in ('signed', 'appended', 'xattr')}
	made.update(signature.bad(module))
	with guest.making('built: no initramfs', lambda: 'still making files'):
		for name, data in made.items():
			for path in files / 'test/plain' / name, files / name:
				path.write_bytes(data)
			compress(algorithm, files / name)
		sign(guest, files / 'test/plain/xattr.ko')
		compressed, = files.glob('xattr.ko.*')
		sign(guest, compressed)
	(guest.path / 'expected').write_text(
		measurements(files, compressed.suffix, asks_again(guest.made.tree.kernel)),
		encoding='utf-8')
	make_selinux_policy(guest)
	return [f'file /policy {guest.path}/policy 0644 0 0',
		f'file /expected {guest.path}/expected 0644 0 0',
		f'file /ima.der {guest.made.directory}/certs/signing_key.x509 0644 0 0',
		*list_files(files_in(files), files, '/modules')]
