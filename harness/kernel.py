# SPDX-License-Identifier: GPL-2.0
"""
Finds the source of a kernel, or downloads it. Debian's sources and commits of a git tree go to
build/src/. The system's packages stay as they are.
"""

import contextlib
import os
import re
import shutil
import subprocess
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List

from harness import base, locks, packages
from harness.apt import SANDBOX_USER, PrivateApt, no_archive
from harness.base import Trouble, patience, say

# The kernels that the project names, and a Debian release that has each. The system's own release
# comes first.
RELEASES = {'6.1': 'bookworm', '6.12': 'trixie', 'newest': 'trixie-backports'}

NO_ARCHIVE = 'if the command takes KERNEL=, give the path of a kernel tree: KERNEL=DIRECTORY'
DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Kernel:
	"""The source of a kernel."""
	given: str
	"""The value of KERNEL=: 6.12, newest, a path"""
	name: str
	"""The name of its tree and build directories"""
	directory: Path

	@property
	def version(self) -> str:
		"""VERSION, PATCHLEVEL and SUBLEVEL"""
		text = base.text(self.directory / 'Makefile')
		return '.'.join(re.findall(r'^(?:VERSION|PATCHLEVEL|SUBLEVEL) = (.*)$', text,
					   re.MULTILINE))

	@property
	def is_named(self) -> bool:
		"""Whether the project names it. patches/ are the default for these kernels."""
		return self.given in RELEASES

	def has(self, path: str, pattern: str = '') -> bool:
		"""Returns whether a file exists and has a line that matches."""
		file = self.directory / path
		return file.is_file() and re.search(pattern, file.read_text(
			encoding='utf-8', errors='replace'), re.MULTILINE) is not None


class Sources:
	"""The kernels in build/src/. One command at a time adds to them."""

	def __init__(self, build: Path, may_install: bool = True) -> None:
		self.build = build
		self.may_install = may_install
		self.src = build / 'src'

	def find(self, given: str, commit: str = '', variable: str = 'KERNEL') -> Kernel:
		"""
		Returns the kernel for KERNEL=, or a commit of its git tree. @given is a key of RELEASES
		or a path. @variable has its name on the command line, for messages.
		"""
		(self.build / 'apt').mkdir(parents=True, exist_ok=True)
		lock = locks.take(self.src / 'lock', 'another command that downloads a kernel')
		try:
			kernel = self.named(given, commit) if given in RELEASES else \
				self.of_user(given, commit)
		finally:
			lock.release()
		for what, path in (('this clone', base.TOP), ('BUILD=', self.build),
				   (f'{variable}=', kernel.directory)):
			if re.search(r'[\s:]', str(path)):
				raise Trouble("the kernel's makefiles cannot handle a space or colon in the "
					      f'path of {what}: {path}')
		check(kernel, f'BASE={commit}' if commit else f'{variable}={given}')
		return kernel

	def named(self, given: str, commit: str) -> Kernel:
		"""Returns one of Debian's kernels."""
		if commit:
			raise Trouble(f'BASE={commit}: no such directory; for a commit, give a git tree: '
				      'KERNEL=DIRECTORY')
		version = self.newest() if given == 'newest' else given
		directory = self.src / f'linux-{version}'
		if not directory.is_dir():
			self.unpack(given, version, directory)
		return Kernel(given, version, directory)

	def of_user(self, given: str, commit: str) -> Kernel:
		"""Returns the user's tree, or a commit of it."""
		if not Path(given).is_dir():
			raise Trouble(f'KERNEL={given}: no such directory; give 6.12, 6.1, newest, or the '
				      'path of a kernel tree')
		directory = Path(given).resolve()
		if not commit:
			# Trees of different paths may have the same last component.
			return Kernel(given, f'{directory.name}-{zlib.crc32(str(directory).encode())}',
				      directory)
		packages.need(['git'], self.may_install)
		number = base.output([*git(directory), 'rev-parse', '--verify', '-q', f'{commit}^{{commit}}'])
		if not number:
			raise Trouble(f'BASE={commit}: neither a directory nor a commit of KERNEL={directory}')
		name = f'commit-{number[:12]}'
		if not (self.src / name).is_dir():
			with unpacking(self.src / name) as tree:
				say(f'Unpacking commit {number} of {directory} ...')
				tar = tree.parent / 'tar'
				if base.run([*git(directory), 'archive', '-o', tar, number]).returncode:
					raise Trouble(f'BASE={number}: git archive failed; see above')
				untar(tar, tree)
		return Kernel(given, name, self.src / name)

	def newest(self) -> str:
		"""
		Returns the version of the newest kernel. Asks Debian once a day. Without a network, uses
		the last answer.
		"""
		answer = self.build / 'apt/newest'
		if not answer.exists() or time.time() - answer.stat().st_mtime > DAY:
			need_apt('newest')
			apt = self.private_apt('newest', 'the newest kernel')
			names = base.output(apt.command('apt-cache', 'pkgnames', 'linux-source-')).split()
			versions = [name[13:] for name in names if re.fullmatch(r'[0-9.]+', name[13:])]
			if versions:
				base.write(answer, max(versions, key=numbers) + '\n')
		with contextlib.suppress(OSError):
			return answer.read_text(encoding='utf-8').strip()
		raise Trouble(f'KERNEL=newest: no linux-source package found in {RELEASES["newest"]}; '
			      'is there a network?')

	def private_apt(self, given: str, what: str) -> PrivateApt:
		"""Returns an apt that has looked for @what in the release for @given."""
		release = RELEASES[given]
		apt = PrivateApt(self.build / 'apt' / release,
				 base.output(['dpkg', '--print-architecture']))
		if not apt.set_sources(release):
			raise Trouble(f'KERNEL={given}: {no_archive()}; {NO_ARCHIVE}')
		say(f'Looking for {what} in {release} ...')
		apt.succeeds('apt-get', '-qq', 'update')
		return apt

	def download(self, given: str, package: str, directory: Path) -> bool:
		"""Downloads a package, with the system's own apt if its archives have the package."""
		if given != 'newest':
			own = ['apt-get', '-qq', 'update']
			# A new machine has no package lists yet; only root can get them.
			if not base.output(['apt-cache', 'show', package]) and os.geteuid() == 0:
				subprocess.run(own, stdin=subprocess.DEVNULL, stdout=2, check=False)
			if quietly(['apt-get', '-o', SANDBOX_USER, '-qq', 'download', package], directory):
				return True
		apt = self.private_apt(given, package)
		return apt.succeeds('apt-get', '-qq', 'download', package, cwd=directory)

	def unpack(self, given: str, version: str, directory: Path) -> None:
		"""Unpacks Debian's package of the kernel's source."""
		package = f'linux-source-{version}'
		need_apt(given)
		packages.need(['xz'], self.may_install)
		with unpacking(directory) as tree:
			tarball = Path('/usr/src') / f'{package}.tar.xz'
			if not tarball.is_file():
				say(f'Downloading {package} ...')
				if not self.download(given, package, tree.parent):
					raise Trouble(f'KERNEL={given}: apt-get cannot download {package}; is '
						      f'there a network? Or {NO_ARCHIVE}')
				deb = next(tree.parent.glob('*.deb'))
				base.run(['dpkg-deb', '-x', deb, tree.parent])
				deb.unlink()
				tarball = next((tree.parent / 'usr/src').glob('*.tar.xz'))
			say(f'Unpacking {package} into {base.place(directory)} ...')
			untar(tarball, tree, '--strip-components=1')


def git(directory: Path) -> List[str]:
	"""Returns the first words of a git command for a tree that another user may own."""
	return ['git', '-c', 'safe.directory=*', '-C', str(directory)]


def numbers(version: str) -> List[int]:
	"""Returns the numbers of a version, to sort by."""
	return [int(number) for number in version.split('.') if number]


def quietly(command: List[str], directory: Path) -> bool:
	"""Runs a program in a directory and drops its output. Returns whether it succeeds."""
	return subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL,
			      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
			      check=False).returncode == 0


def need_apt(given: str) -> None:
	"""Refuses a Debian kernel if there is no apt-get."""
	if not shutil.which('apt-get'):
		raise Trouble(f'KERNEL={given} comes from Debian, but there is no apt-get here; '
			      + NO_ARCHIVE)


def untar(tar: Path, directory: Path, *options: str) -> None:
	"""Unpacks a tar file."""
	if base.run(['tar', '-xf', tar, '-C', directory, *options]).returncode:
		raise Trouble(f'cannot unpack {tar}, see above')


@contextlib.contextmanager
def unpacking(directory: Path) -> Iterator[Path]:
	"""
	Yields a directory to unpack to. Renames it to @directory at the end, so an interrupted run
	leaves nothing that looks like a kernel.
	"""
	tmp = directory.with_name(f'.{directory.name}')
	shutil.rmtree(tmp, ignore_errors=True)
	(tmp / 'tree').mkdir(parents=True)
	try:
		with patience(lambda: base.output(['du', '-sm', tmp]).partition('\t')[0] + ' MB'):
			yield tmp / 'tree'
		(tmp / 'tree').rename(directory)
	finally:
		shutil.rmtree(tmp, ignore_errors=True)


def check(kernel: Kernel, what: str) -> None:
	"""
	Refuses a directory that is not a kernel tree, is too old, or has been built in. @what is how
	the user named it.
	"""
	tree = kernel.directory
	if not (tree / 'Kbuild').is_file():
		raise Trouble(f'{what}: {tree} is not a kernel tree')
	if not (tree / 'kernel/module/decompress.c').is_file():
		raise Trouble(f'{what}: no kernel/module/decompress.c; the suite needs Linux 5.19 or later')
	for name in ('.config', 'include/config', 'arch/x86/include/generated'):
		if (tree / name).exists():
			raise Trouble(f'{what}: the tree has been built in ({name} exists); save its '
				      f'.config, then run: make -C {tree} mrproper (it deletes .config and '
				      'all objects), or give a clean copy')
	kunit = tree / 'tools/testing/kunit/kunit.py'
	if not kunit.is_file():
		raise Trouble(f'{what}: no tools/testing/kunit/kunit.py')
	if not os.access(kunit, os.X_OK):
		raise Trouble(f'{what}: kunit.py is not executable; run: chmod +x {kunit}')
