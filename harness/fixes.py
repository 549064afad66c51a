# SPDX-License-Identifier: GPL-2.0
"""
patches/: the fixes for the bugs that the suite found, and which of them FIXES= selects.

The patches in subdirectories are for other maintainers, and change other files than decompress.c.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List

from harness import base
from harness.base import Trouble
from harness.kernel import RELEASES, Kernel

PATCHES = base.TOP / 'patches'
DECOMPRESS = 'kernel/module/decompress.c'

# The patches of a subdirectory apply only to a kernel that has this file with this line, which
# defines this name.
NEEDS = {'loadpin': ('include/linux/kernel_read_file.h', r'id\(MODULE_COMPRESSED,',
		     'READING_MODULE_COMPRESSED')}


@dataclass(frozen=True)
class Patch:
	"""A patch that fixes a bug."""
	path: Path

	@property
	def number(self) -> str:
		"""0001, ..."""
		return self.path.name.partition('-')[0]

	@property
	def text(self) -> str:
		"""The mail"""
		return self.path.read_text(encoding='utf-8')

	@property
	def versions(self) -> List['Patch']:
		"""Itself, and its version for newer kernels if patches/mainline/ has one"""
		newer = PATCHES / 'mainline' / self.path.name
		return [self, Patch(newer)] if newer.exists() else [self]

	@property
	def files(self) -> List[str]:
		"""The files that it changes"""
		return re.findall(r'^\+\+\+ b/(.*)$', self.text, re.MULTILINE)

	@property
	def is_kconfig(self) -> bool:
		"""Whether it changes Kconfig, which changes nothing on a machine with an MMU"""
		return any(name.endswith('Kconfig') for name in self.files)

	@property
	def title(self) -> str:
		"""The subject"""
		subject = re.search('^Subject: (?:\\[.*?\\] )?(.*(?:\n .*)*)', self.text, re.MULTILINE)
		return ' '.join(subject[1].split()) if subject else \
			self.path.stem.partition('-')[2].replace('-', ' ')

	def lacking(self, kernel: Kernel, decompress: str) -> str:
		"""
		Returns what the kernel lacks for the bug to be in it, or an empty string: the name in
		NEEDS, or a function that a hunk names but @decompress, the text of decompress.c, does
		not have. 6.1 has no zstd, for example.
		"""
		if self.path.parent.name in NEEDS:
			file, line, name = NEEDS[self.path.parent.name]
			return '' if kernel.has(file, line) else name
		for name in re.findall(r'^@@ .* @@.*[ *](module_[a-z0-9_]*)\(', self.text, re.MULTILINE):
			if not re.search(rf'\b{name}\b', decompress):
				return f'{name}()'
		return ''

	def apply(self, directory: Path, reverse: bool = False, dry_run: bool = False) -> bool:
		"""Applies it to the files in a directory. Returns False if it does not apply."""
		options = ['-sf', '--no-backup-if-mismatch', '-r', '-', '-p1', '-d', str(directory)]
		options += ['-R'] if reverse else []
		options += ['--dry-run'] if dry_run else []
		with self.path.open(encoding='utf-8') as mail:
			return subprocess.run(['patch', *options], stdin=mail, check=False,
					      stdout=subprocess.DEVNULL if dry_run else 2).returncode == 0


def own_patches() -> List[Patch]:
	"""Returns the patches to decompress.c."""
	found = [Patch(path) for path in sorted(PATCHES.glob('*.patch'))]
	return [patch for patch in found if DECOMPRESS in patch.files]


def other_patches() -> List[Patch]:
	"""Returns the patches to other files, which are in subdirectories."""
	return [Patch(path) for path in sorted(PATCHES.glob('*/*.patch'))
		if path.parent.name != 'mainline']


def title(number: str) -> str:
	"""Returns the subject of the patch of that number."""
	for path in [*PATCHES.glob(f'{number}-*'), *PATCHES.glob(f'*/{number}-*')]:
		return Patch(path).title
	return ''


def why_not(number: str) -> str:
	"""Returns why FIXES= does not take a number."""
	if len(number) != 4:
		return 'a number has four digits, such as 0001'
	if any(Patch(path).is_kconfig for path in PATCHES.rglob(f'{number}-*.patch')):
		return f'{number} changes only Kconfig, so FIXES= does not take it'
	return f'patches/ has no patch {number}'


@dataclass(frozen=True)
class Fixes:
	"""The value of FIXES=: yes, no, or the numbers of patches."""
	given: str

	def check(self) -> None:
		"""Refuses other values, and numbers that no patch to a C file has."""
		if not re.fullmatch(r'yes|no|[0-9]+(,[0-9]+)*', self.given):
			raise Trouble(f'FIXES={self.given}: must be yes, no, or numbers of patches in '
				      'patches/, such as 0001,0003')
		known = {patch.number for patch in [*own_patches(), *other_patches()]}
		for number in re.findall('[0-9]+', self.given):
			if number not in known:
				raise Trouble(f'FIXES={self.given}: {why_not(number)}; give some of '
					      + ' '.join(sorted(known)))

	def wants(self, patch: Patch) -> bool:
		"""Returns whether FIXES= selects a patch."""
		return self.given == 'yes' or patch.number in self.given.split(',')

	def words(self, kernel: Kernel) -> str:
		"""Returns the words for the fixes in a result."""
		if self.given == 'yes':
			return 'with fixes'
		if self.given == 'no':
			return 'as shipped' if kernel.is_named else 'as it is'
		return f'with fixes {self.given}'


def default_fixes(kernel: str) -> str:
	"""
	Returns the default of FIXES= for a KERNEL=: the fixes for the releases that the project names,
	none for a user's tree.
	"""
	return 'yes' if kernel in RELEASES else 'no'
