# SPDX-License-Identifier: GPL-2.0
"""The hooks of packaging/hooks/ do their work in the real tools, in a Debian of their own."""

import shutil
from pathlib import Path
from typing import Iterator

import pytest

from kept import FOR_FILES
from support import BUILD, TOP, Result, make, run

pytestmark = [pytest.mark.check, pytest.mark.long, pytest.mark.depends(*FOR_FILES, 'packaging')]

HOOKS = TOP / 'packaging/hooks'
PACKAGES = '''linux-image-cloud-amd64,linux-headers-cloud-amd64,dkms,initramfs-tools,dracut-core,systemd,
	zstd,xz-utils,kmod,cpio,make,gcc'''.replace('\n\t', '')

DKMS_CONF = '''PACKAGE_NAME=hello
PACKAGE_VERSION=1
BUILT_MODULE_NAME[0]=hello
DEST_MODULE_LOCATION[0]=/updates
AUTOINSTALL=yes
'''
HELLO = '''#include <linux/module.h>
static int __init hello(void) { return 0; }
module_init(hello);
MODULE_DESCRIPTION("hello");
MODULE_LICENSE("GPL");
'''


class Root:
	"""A Debian with a kernel that decompresses xz, and the checker"""

	def __init__(self, path: Path) -> None:
		self.path = path
		run('mmdebstrap', '--variant=minbase', f'--include={PACKAGES}', 'bookworm', path)
		self.release = next((path / 'lib/modules').iterdir()).name
		self.modules = path / 'lib/modules' / self.release
		shutil.copy(BUILD / 'check/module-decompress-check', path / 'usr/bin')
		for config in (path / 'boot' / f'config-{self.release}',
			       path / 'usr/src' / f'linux-headers-{self.release}/.config'):
			config.write_text(config.read_text() + 'CONFIG_MODULE_COMPRESS_XZ=y\n'
					  'CONFIG_MODULE_DECOMPRESS=y\n')
		self.module = self.modules / 'kernel/drivers/net/dummy.ko.xz'
		self.compress('crc32')

	def compress(self, check: str) -> None:
		"""Compresses a module of the kernel by xz, with that check."""
		if self.module.exists():
			run('xz', '-d', self.module)
		run('xz', f'--check={check}', self.module.with_suffix(''))
		self.run('depmod', self.release)

	def run(self, *words: str, status: int = 0) -> Result:
		"""Runs a command in the root, with /proc and /dev, which dkms needs."""
		return run('unshare', '--mount', 'sh', '-ec', 'mount -t proc proc "$1/proc"\n'
			   'mount --rbind /dev "$1/dev"\nexec chroot "$@"', '-', self.path, *words,
			   status=status)

	def install(self, hook: str, directory: str) -> None:
		"""Puts a hook into a directory of the root."""
		target = self.path / directory
		target.mkdir(parents=True, exist_ok=True)
		if (HOOKS / hook).is_dir():
			shutil.copytree(HOOKS / hook, target / Path(hook).name)
		else:
			shutil.copy(HOOKS / hook, target)


@pytest.fixture(name='root', scope='module')
def fixture_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Root]:
	"""A Debian with a kernel that decompresses xz, and the checker"""
	make('check-modules', status=2, KCONFIG='any', KMOD='none', FILES='/dev/null')
	path = tmp_path_factory.mktemp('hooks') / 'root'
	yield Root(path)
	shutil.rmtree(path)


def test_dkms_installs_what_the_kernel_loads(root: Root) -> None:
	source = root.path / 'usr/src/hello-1'
	source.mkdir()
	(source / 'hello.c').write_text(HELLO)
	(source / 'Makefile').write_text('obj-m := hello.o\n')
	(source / 'dkms.conf').write_text(DKMS_CONF)
	built = root.path / f'var/lib/dkms/hello/1/{root.release}/x86_64/module/hello.ko.xz'
	words = ('hello/1', '-k', root.release)
	root.run('dkms', 'build', *words)
	# As dkms comes, the kernel refuses what it builds.
	assert 'CRC64' in run('xz', '-l', built).out
	root.run('dkms', 'unbuild', *words)
	(source / 'dkms.conf').write_text(
		f'{DKMS_CONF}POST_BUILD="dkms-post-build $kernelver $arch"\n')
	root.install('dkms-post-build', 'usr/src/hello-1')
	root.run('dkms', 'remove', 'hello/1', '--all')
	result = root.run('dkms', 'install', *words)
	assert 'CRC32' in run('xz', '-l', built).out
	installed = root.modules / 'updates/dkms/hello.ko.xz'
	assert installed.read_bytes() == built.read_bytes(), result.text
	# One that cannot be repaired is told; dkms heeds no exit status and installs it.
	root.run('dkms', 'remove', 'hello/1', '--all')
	(source / 'dkms.conf').write_text(
		f'{DKMS_CONF}POST_BUILD="dkms-post-build $kernelver $arch"\n'
		'MAKE[0]="make -C $kernel_source_dir M=$dkms_tree/hello/1/build && : >hello.ko"\n')
	assert root.run('dkms', 'install', *words).has('empty: nothing comes out of it')
	root.run('dkms', 'remove', 'hello/1', '--all')


def test_kernel_install_refuses_a_kernel(root: Root) -> None:
	root.install('60-module-decompress-check.install', 'etc/kernel/install.d')
	(root.path / 'etc/machine-id').write_text('0' * 31 + '1\n')
	words = ('kernel-install', 'add', root.release, f'/boot/vmlinuz-{root.release}')
	# A file that depmod does not see is no reason to refuse a kernel.
	stray = root.module.with_name('dummy.ko.xz.bak')
	shutil.copy(root.module, stray)
	root.run(*words)
	stray.unlink()
	root.compress('crc64')
	assert root.run(*words, status=1).has('CRC64 is not supported by this kernel')
	root.compress('crc32')


def test_an_initramfs_is_checked(root: Root) -> None:
	root.install('initramfs-post-update', 'etc/initramfs/post-update.d')
	(root.path / 'etc/initramfs-tools/modules').write_text('dummy\n')
	words = ('update-initramfs', '-u', '-k', root.release)
	root.compress('crc64')
	# mkinitramfs decompresses modules, if there is xz.
	root.run(*words)
	xz = root.path / 'usr/bin/xz'
	xz.rename(xz.with_suffix('.away'))
	assert root.run(*words, status=1).has('initrd.img-.*: usr/lib/modules/.*/dummy.ko.xz')
	xz.with_suffix('.away').rename(xz)
	root.compress('crc32')


def test_dracut_fails(root: Root) -> None:
	root.install('dracut/99module-decompress-check', 'usr/lib/dracut/modules.d')
	words = ('dracut', '--force', '--no-hostonly', '--modules', 'base module-decompress-check',
		 '/tmp/image', root.release)
	root.run(*words)
	root.compress('crc64')
	assert root.run(*words, status=1).has('installkernel failed in module module-decompress-check')
	root.compress('crc32')
