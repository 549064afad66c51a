# SPDX-License-Identifier: GPL-2.0
"""Code elsewhere in the kernel that had a bug of decompress.c; see Documentation/copies.md."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.fixes import PATCHES, Patch
from kept import FOR_NATIVE
from support import BUILD, TOP, TREE, make, run

pytestmark = [pytest.mark.native, pytest.mark.depends(*FOR_NATIVE, 'tests/initramfs.c')]

NATIVE = TOP / 'tools/testing/module_decompress'
KERNEL_SOURCE = BUILD / 'src/linux-6.12'


@pytest.fixture(scope='module', name='headers')
def native_headers(tmp_path_factory: pytest.TempPathFactory) -> Path:
	"""Returns the headers of the native build."""
	directory = tmp_path_factory.mktemp('native')
	make('native')
	run('make', '-s', '-C', TREE / 'tools/testing/module_decompress',
	    f'O={directory}', directory / 'flags')
	return directory / 'include'


def unpacker(directory: Path, headers: Path, fixed: bool) -> Path:
	"""Builds tests/initramfs.c with lib/decompress_inflate.c, with its fix or as shipped."""
	(directory / 'lib').mkdir()
	shutil.copy(KERNEL_SOURCE / 'lib/decompress_inflate.c', directory / 'lib')
	(directory / 'lib/zlib_inflate').symlink_to(KERNEL_SOURCE / 'lib/zlib_inflate')
	if fixed:
		patch, = (PATCHES / 'initramfs').glob('*.patch')
		assert Patch(patch).apply(directory)
	run('gcc', '-w', '-g', '-O1', '-fsanitize=address,undefined', '-D_GNU_SOURCE',
	    '-D__KERNEL__', '-I', headers, '-I', NATIVE, '-I', directory / 'lib', '-include', 'native.h',
	    '-idirafter', KERNEL_SOURCE / 'include', '-o', directory / 'unpack', TOP / 'tests/initramfs.c')
	return directory / 'unpack'


@pytest.mark.parametrize('fixed', [True, False], ids=['fixed', 'as shipped'])
def test_a_gzip_initramfs_without_its_trailer_is_not_read_past(
		tmp_path: Path, headers: Path, fixed: bool) -> None:
	program, file = unpacker(tmp_path, headers, fixed), gzip.compress(b'cpio ' * 1000, mtime=0)
	for lost in range(10):
		said = subprocess.run([program], input=file[:len(file) - lost], check=True,
				      stdout=subprocess.PIPE).stdout.decode().splitlines()
		left = 0 if fixed else max(-lost, -8)
		error = ['says: read error'] if lost > 8 else \
			['says: gzip trailer is truncated'] if fixed and lost else []
		assert said == [*error, f'status {-1 if error else 0}, {left} bytes left']
