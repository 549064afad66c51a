# SPDX-License-Identifier: GPL-2.0
"""Installs the modules of a kernel that was built here, for the selftest."""

import shutil
import subprocess
from pathlib import Path

from harness.boot.guest import Guest, make_bad, make_formats

# Debug information makes a module of over 1 MB.
FLAGS = 'CFLAGS_MODULE=-g'
STRIPPED = 'INSTALL_MOD_STRIP=1'
NOT_COMPRESSED = [f'CONFIG_MODULE_COMPRESS_{name}=' for name in ('ALL', 'GZIP', 'XZ', 'ZSTD')]


def install(guest: Guest, name: str, *variables: str) -> Path:
	"""Runs the kernel's modules_install to a new directory. Returns the modules' directory."""
	root = guest.path / name
	shutil.rmtree(root, ignore_errors=True)
	status = guest.made.make_kernel('modules_install', FLAGS, f'INSTALL_MOD_PATH={root}', *variables)
	if status:
		raise subprocess.CalledProcessError(status, 'make')
	return next((root / 'lib/modules').iterdir())


def copy_index(guest: Guest, modules: Path) -> None:
	"""
	Makes modprobe's index for modules compressed with gzip. Debian's depmod is built without zlib
	and ignores .gz files. So make the index of the same modules as .xz, and change the names,
	which have the same length.
	"""
	xz = install(guest, 'index', 'CONFIG_MODULE_COMPRESS_GZIP=', 'CONFIG_MODULE_COMPRESS_XZ=y')
	for index in xz.glob('modules.*.bin'):
		shutil.copyfile(index, modules / index.name)
	index = modules / 'modules.dep.bin'
	index.write_bytes(index.read_bytes().replace(b'.ko.xz', b'.ko.gz'))


def install_all(guest: Guest, algorithm: str) -> Path:
	"""Installs modules compressed and plain, stripped and whole. Returns their directory."""
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
