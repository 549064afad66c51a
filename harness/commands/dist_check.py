# SPDX-License-Identifier: GPL-2.0
"""
`make dist-check`: makes a source archive of module-decompress-check. It has the files of the kernel
that the build has read, so it builds without network and kernel tree.
"""

import gzip
import io
import lzma
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Dict, Set

from harness import packages
from harness.base import TOP, Trouble
from harness.commands import check_modules
from harness.commands.check_modules import PROGRAM, VERDICT, Checker
from harness.fixes import DECOMPRESS
from harness.values import Given

PACKAGING = TOP / 'packaging'
NATIVE = 'tools/testing/module_decompress'

# What the build reads besides the files that the compiler names
ALSO = (f'{NATIVE}/Makefile', 'kernel/module/internal.h')
LICENSE = 'LICENSES/preferred/GPL-2.0'


def kernel_files(checker: Checker) -> Set[str]:
	"""Returns the files of the tree that the build has read, as the compiler has noted them."""
	top = checker.own.path
	found = set(ALSO)
	for noted in checker.directory.rglob('*.d'):
		for word in re.sub(r'\\\n', ' ', noted.read_text(encoding='utf-8')).split():
			name = os.path.relpath(os.path.normpath(top / NATIVE / word.rstrip(':')), top)
			if not name.startswith('..') and (top / name).is_file():
				found.add(name)
	return found


def zstd(data: bytes) -> bytes:
	"""Compresses as zstd does from a pipe."""
	return subprocess.run(['zstd', '-qc'], input=data, capture_output=True, check=True).stdout


def make_samples(directory: Path) -> None:
	"""Makes the files that samples/check.sh asks about."""
	module = directory / 'sample.ko'
	subprocess.run(['gcc', '-c', '-O2', '-o', module, directory / 'sample.c'], check=True)
	data = module.read_bytes()
	samples: Dict[str, bytes] = {
		'check.ko.xz': lzma.compress(data, check=lzma.CHECK_CRC64),
		'comment.ko.gz': b'\x1f\x8b\x08\x10' + bytes(6) + b'comment\0' +
			gzip.compress(data, mtime=0)[10:],
		'cut.ko.xz': lzma.compress(data, check=lzma.CHECK_CRC32)[:-20],
		'good.ko.gz': gzip.compress(data, mtime=0),
		'good.ko.xz': lzma.compress(data, check=lzma.CHECK_CRC32),
		'no-module.ko.xz': lzma.compress(b'no module\n', check=lzma.CHECK_CRC32),
		'no-size.ko.zst': zstd(data),
		'rest.ko.xz': lzma.compress(data, check=lzma.CHECK_CRC32) + b'rest',
	}
	for name, content in samples.items():
		(directory / name).write_bytes(content)
	subprocess.run(['zstd', '-q', module, '-o', directory / 'good.ko.zst'], check=True)
	module.unlink()
	with tarfile.open(directory / 'samples.tar', 'w') as archive:
		for name in 'check.ko.xz', 'good.ko.xz':
			member = tarfile.TarInfo(f'lib/modules/0/{name}')
			member.size = len(samples[name])
			archive.addfile(member, io.BytesIO(samples[name]))


def fill(directory: Path, checker: Checker, version: str) -> None:
	"""Puts all files into the directory that becomes the archive."""
	for name in sorted(kernel_files(checker)):
		target = directory / 'linux' / name
		target.parent.mkdir(parents=True, exist_ok=True)
		shutil.copy(checker.own.path / name, target)
	shutil.copytree(PACKAGING / 'source', directory, dirs_exist_ok=True)
	for name in 'debian', 'hooks':
		shutil.copytree(PACKAGING / name, directory / name)
	changelog = directory / 'debian/changelog'
	changelog.write_text(re.sub(r'\(.*?\)', f'({version})', changelog.read_text(encoding='utf-8'),
				    count=1), encoding='utf-8')
	(directory / 'verdict').mkdir()
	for path in sorted(VERDICT.glob('*')):
		if path.suffix in ('.c', '.h', '.mk', '.1', '.bash'):
			shutil.copy(path, directory / 'verdict')
	shutil.copy(checker.own.path / LICENSE, directory / 'COPYING')
	(directory / 'name').write_text(f'{checker.what}\n', encoding='utf-8')
	make_samples(directory / 'samples')


def command(given: Given, build: Path) -> int:
	"""Makes the archive, and prints its name."""
	options = check_modules.as_shipped(given, build)
	packages.need(['gcc', 'xz', 'zstd'], options.may_install)
	checker = check_modules.build_program(options)
	version = re.search(r'^#define CHECK_VERSION\t"(.*)"$', (VERDICT / 'check.h').read_text(
		encoding='utf-8'), re.MULTILINE)
	release = re.search(r'linux ([0-9.]+)', checker.what)
	if not version or not release:
		raise Trouble(f'{checker.what}: this is no release; give KERNEL= one of 6.1, 6.12 and newest')
	full_version = f'{version[1]}+{release[1]}'
	name = f'{PROGRAM}-{full_version}'
	top = build / 'dist'
	shutil.rmtree(top / name, ignore_errors=True)
	(top / name).mkdir(parents=True)
	fill(top / name, checker, full_version)
	date = int((checker.own.kernel.directory / DECOMPRESS).stat().st_mtime)
	subprocess.run(['tar', '-C', top, '--sort=name', '--owner=0', '--group=0', '--numeric-owner',
			'--mode=go=rX,u+rw', f'--mtime=@{date}', '-cJf', top / f'{name}.new', name],
		       check=True)
	(top / f'{name}.new').rename(top / f'{name}.tar.xz')
	shutil.rmtree(top / name)
	print(top / f'{name}.tar.xz')
	return 0
