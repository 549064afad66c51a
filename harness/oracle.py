# SPDX-License-Identifier: GPL-2.0
"""
Downloads gzip, xz and zstd of a newer Debian, and their libraries, to judge the kernel's answers.
zstd 1.5.4, which Debian 12 has, refuses some valid files and accepts some invalid ones. Each tool
runs with the C library of its release. The system's own tools stay as they are.

oracle.py BUILD INSTALL [libraries|headers]: prints the directory of the tools, for the front of
PATH, or that of the libraries or their headers. Exit status: 1 if the download fails.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from harness import apt, base, locks, packages
from harness.base import Trouble, patience, say

RELEASES = ('sid', 'forky', 'trixie')
SUFFIXES = {'gzip': 'gz', 'xz': 'xz', 'zstd': 'zst'}
PACKAGES = ('gzip', 'xz-utils', 'zstd', 'libzstd-dev', 'liblzma-dev', 'zlib1g-dev')
WRAPPER = '''#!/bin/sh
top=$(dirname "$0")/..
exec "$top/{loader}" --library-path "$top/{libraries}" "$top/usr/bin/{tool}" "$@"
'''


@dataclass(frozen=True)
class Oracle:
	"""The directory of the downloaded tools and libraries."""
	directory: Path

	@property
	def tools(self) -> Path:
		"""The directory of gzip, xz and zstd"""
		return self.directory / 'wrapped'

	@property
	def headers(self) -> Path:
		"""The directory of the headers of the libraries"""
		return self.directory / 'include'

	@property
	def libraries(self) -> Path:
		"""The directory of libz.a, liblzma.a and libzstd.a"""
		return self.directory / 'usr/lib' / base.output(['gcc', '-print-multiarch'])


def runs(oracle: Oracle, tool: str) -> bool:
	"""Returns whether a tool runs here. A release may be inconsistent for a day."""
	packed = subprocess.run([tool, '-c'], input=b'right', stdout=subprocess.PIPE, check=False)
	try:
		ended = subprocess.run([oracle.tools / tool, '-dc'], input=packed.stdout,
				       stdout=subprocess.PIPE, check=False)
	except OSError:
		return False
	return ended.stdout == b'right'


def wrap(oracle: Oracle, tool: str) -> bool:
	"""Writes a script that runs a tool with its own libraries. Returns whether it runs."""
	loader = next(oracle.libraries.glob('ld-linux*.so.*'), None)
	if not loader:
		return False
	script = oracle.tools / tool
	script.write_text(WRAPPER.format(
		loader=loader.relative_to(oracle.directory), tool=tool,
		libraries=oracle.libraries.relative_to(oracle.directory)), encoding='utf-8')
	script.chmod(0o755)
	return runs(oracle, tool)


def download(directory: Path, release: str) -> bool:
	"""Downloads the packages of a release. Returns whether all tools run."""
	if not apt.extract(directory, release, base.output(['dpkg', '--print-architecture']), PACKAGES):
		return False
	oracle = Oracle(directory)
	oracle.headers.mkdir()
	# Only the headers of the libraries: the C library's headers are for the C library beside them.
	for header in [*directory.glob('usr/include/lzma*'), *directory.glob('usr/include/z*.h')]:
		(oracle.headers / header.name).symlink_to(f'../usr/include/{header.name}')
	oracle.tools.mkdir()
	return all([wrap(oracle, tool) for tool in SUFFIXES])


def get(build: Path, may_install: bool = True) -> Optional[Oracle]:
	"""Returns the tools and libraries, after downloading them, or None if the download fails."""
	lock = locks.take(build / 'oracle.lock', 'another download of gzip, xz and zstd')
	try:
		oracle = Oracle(build / 'oracle')
		if (oracle.headers / 'zstd.h').exists():
			return oracle
		if not shutil.which('apt-get'):
			return None
		packages.need(['mmdebstrap'], may_install)
		say('Downloading gzip, xz and zstd of a newer Debian, to compare with ...')
		new = build / 'oracle.new'
		with patience():
			got = any(download(new, release) for release in RELEASES)
		if got:
			shutil.rmtree(oracle.directory, ignore_errors=True)
			new.rename(oracle.directory)
			return oracle
		shutil.rmtree(new, ignore_errors=True)
		say('Cannot download gzip, xz and zstd; see above.')
		return None
	finally:
		lock.release()


def main(build: str, install: str, what: str = 'tools') -> int:
	"""Prints one of the directories, for scripts."""
	try:
		oracle = get(base.build_directory(build), install != 'no')
	except Trouble as error:
		base.refuse(error)
		return 2
	if not oracle:
		return 1
	print(getattr(oracle, what))
	return 0


if __name__ == '__main__':
	sys.exit(main(*sys.argv[1:]))
