# SPDX-License-Identifier: GPL-2.0
"""Installs the modules of a kernel that was built here, as the selftest wants them."""

import shutil
import subprocess
from pathlib import Path

from harness.boot.guest import Guest, make_bad, make_formats

# Half of what a module has is for a debugger: that makes one of over 1 MB.
FLAGS = 'CFLAGS_MODULE=-g'
STRIPPED = 'INSTALL_MOD_STRIP=1'
NOT_COMPRESSED = [f'CONFIG_MODULE_COMPRESS_{name}=' for name in ('ALL', 'GZIP', 'XZ', 'ZSTD')]


def install(guest: Guest, name: str, *variables: str) -> Path:
	"""Has the kernel install its modules to a new directory, and returns where they are."""
	root = guest.path / name
	shutil.rmtree(root, ignore_errors=True)
	status = guest.made.make_kernel('modules_install', FLAGS, f'INSTALL_MOD_PATH={root}', *variables)
	if status:
		raise subprocess.CalledProcessError(status, 'make')
	return next((root / 'lib/modules').iterdir())


def copy_index(guest: Guest, modules: Path) -> None:
	"""
	Makes modprobe's index for modules compressed by gzip. Debian's depmod was built without zlib
	and looks for no .gz: what it says of the same modules as .xz holds for these, with as long a
	name.
	"""
	xz = install(guest, 'index', 'CONFIG_MODULE_COMPRESS_GZIP=', 'CONFIG_MODULE_COMPRESS_XZ=y')
	for index in xz.glob('modules.*.bin'):
		shutil.copyfile(index, modules / index.name)
	index = modules / 'modules.dep.bin'
	index.write_bytes(index.read_bytes().replace(b'.ko.xz', b'.ko.gz'))


def install_all(guest: Guest, algorithm: str) -> Path:
	"""Installs them, compressed and plain, stripped and whole. Returns where they are."""
	modules = install(guest, 'installed', STRIPPED)
	if algorithm == 'gzip':
		copy_index(guest, modules)
	plain = modules / 'test/plain'
	for variables, to in (((), modules / 'test/whole'), (NOT_COMPRESSED, plain / 'test/whole')):
		overlayfs = install(guest, 'whole', *variables) / 'kernel/fs/overlayfs'
		to.mkdir(parents=True)
		for module in overlayfs.glob('overlay.ko*'):
			shutil.copyfile(module, to / module.name)
	shutil.copytree(install(guest, 'plain', STRIPPED, *NOT_COMPRESSED) / 'kernel', plain / 'kernel')
	small = plain / 'kernel/fs/binfmt_script.ko'
	make_formats(small, modules / 'test')
	make_bad(small, algorithm, modules / 'test')
	return modules
