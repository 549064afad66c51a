# SPDX-License-Identifier: GPL-2.0
"""Writes the series as mails, and checks them."""

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from email import message_from_string
from email.utils import parseaddr
from pathlib import Path
from typing import Dict, List, Sequence

from harness import base, fixes, install, tree
from harness.base import TOP, Trouble
from harness.fixes import PATCHES, Patch
from harness.kernel import Kernel
from harness.series.files import Files, Mail, not_maintained, table, with_maintained

# Limits of a mail, and of the test that comes first
MOST_LINES, MOST_BYTES, CORE_LINES = 1000, 61440, 350
CORE = 'kernel/module/tests/decompress_core.c'
# The patches that fail a case of it if they are left out, and 0002, without which the error of 0012
# is the right one by chance
CORE_FIXES = ('0001', '0002', '0003', '0004', '0012')

MODULES_LIST, KUNIT_LIST = 'linux-modules@vger.kernel.org', 'kunit-dev@googlegroups.com'
# FILE_PATH_CHANGES: see not_maintained(). DEPRECATED_API: the suite names kmap() to forbid it.
# UNKNOWN_COMMIT_ID: checkpatch.pl is run without git, and so knows no commits.
IGNORED = ('DEPRECATED_API', 'FILE_PATH_CHANGES', 'UNKNOWN_COMMIT_ID')
STAND_IN_TYPES = tuple(row[0] for row in base.rows(TOP / 'harness/data/stand_in_types.tsv'))


@dataclass(frozen=True)
class Series:
	"""A series: patches/ that it has, then the mails of its table."""
	name: str
	prefix: str = 'PATCH'
	on: str = 'linux'
	"""The series that it is on top of"""
	cc: str = ''
	"""A list that get_maintainer.pl does not know to be for it"""
	ignored: Sequence[str] = ()
	"""What checkpatch.pl is not to report, besides"""

	def patches(self) -> List[Patch]:
		"""Returns what it has of patches/."""
		if self.name not in ('core', 'fixes'):
			return [Patch(path)
				for path in sorted((PATCHES / self.name).glob('*.patch'))]
		found = [Patch(path) for path in sorted(PATCHES.glob('*.patch'))]
		return [one for one in found if (one.number in CORE_FIXES) == (self.name == 'core')]


SERIES = (
	Series('core', cc=KUNIT_LIST),
	Series('fixes', on='core'),
	# Those two are sent for the sake of modules. What decompresses a kernel has no flags.
	Series('xz', cc=MODULES_LIST, ignored=('MACRO_ARG_UNUSED',)),
	Series('loadpin', cc=MODULES_LIST),
	Series('suite', 'RFC PATCH', on='core', cc=KUNIT_LIST),
	Series('native', 'RFC PATCH', cc=KUNIT_LIST, ignored=STAND_IN_TYPES),
	Series('kselftest'),
)


@dataclass
class Writer:
	"""Writes series for a kernel to @work/series/, from a repository of what they change."""
	kernel: Kernel
	work: Path
	sender: Dict[str, str]
	"""The sender, as git's variables"""
	commit: str
	"""The commit that the mails name as their base, if the kernel is one"""
	counts: List[str] = field(default_factory=list)
	wrong: List[str] = field(default_factory=list)
	"""What is wrong, in lines; checkpatch.pl has its own"""
	complaints: bool = False
	"""Whether checkpatch.pl complained"""

	def __post_init__(self) -> None:
		self.files = Files(self.kernel)
		self.repo = self.work / 'repo'
		for name in {*install.MERGED, *tree.other_files(), install.INDEX, fixes.DECOMPRESS,
			     'MAINTAINERS'}:
			source, path = self.kernel.directory / name, self.repo / name
			if source.exists():
				path.parent.mkdir(parents=True, exist_ok=True)
				shutil.copy(source, path)
		self.git('init', '-q', '-b', 'master')
		self.git('add', '-A')
		self.git('commit', '-q', '-m', 'Linux')
		self.git('tag', 'linux')

	def succeeds(self, *words: base.Arg, text: str = '', quiet: bool = False) -> bool:
		"""Returns whether git does something in the repository."""
		return subprocess.run(['git', *words], cwd=self.repo, input=text, text=True,
				      stdout=subprocess.DEVNULL,
				      stderr=subprocess.DEVNULL if quiet else 2, check=False,
				      env=base.environment(**self.sender)).returncode == 0

	def git(self, *words: base.Arg, text: str = '') -> None:
		"""Has git do something in the repository."""
		if not self.succeeds(*words, text=text):
			raise Trouble(f'series: git {words[0]} fails, see above')

	def apply(self, patch: Patch) -> None:
		"""
		Applies a patch, with the sender as the author, unless the tree has it already. A
		newer tree may have another place for it.
		"""
		others = Patch(PATCHES / 'mainline' / patch.path.name)
		for one in (patch, others) if others.path.exists() else (patch,):
			if one.apply(self.repo, reverse=True, dry_run=True):
				return
			author = parseaddr(message_from_string(one.text)['From'])[1]
			mail = re.sub(f'^Signed-off-by: .*<{re.escape(author)}>\n', '',
				      one.text, flags=re.MULTILINE)
			if self.succeeds('am', '-q', '-s', text=mail, quiet=True):
				self.git('commit', '-q', '--amend', '--no-edit', '--reset-author')
				return
			self.git('am', '-q', '--abort')
		raise Trouble(f'series: patches/{patch.path.name} does not apply to '
			      f'{self.kernel.directory}')

	def add(self, mail: Mail, core: bool) -> None:
		"""Commits what a table says of a mail."""
		for name in mail.files:
			path = self.repo / name
			path.parent.mkdir(parents=True, exist_ok=True)
			text = self.files.core(name) if core else self.files.whole(name)
			path.write_text(text, encoding='utf-8')
			shutil.copymode(TOP / name, path)
		maintainers = self.repo / 'MAINTAINERS'
		for name in mail.maintained:
			text = with_maintained(maintainers.read_text(encoding='utf-8'), name)
			maintainers.write_text(text, encoding='utf-8')
		self.git('add', '-A')
		self.git('commit', '-q', '-s', '-F', '-',
			 text=f'{mail.subject}\n\n{mail.message}\n')

	def make(self, series: Series) -> None:
		"""Commits a series, and writes it, unless this kernel needs none of it."""
		patches = series.patches()
		if series.name in fixes.NEEDS and patches[0].lacking(self.kernel, ''):
			return
		self.git('checkout', '-q', '-B', 'master', series.on)
		for patch in patches:
			self.apply(patch)
		for mail in table(series.name)[1:]:
			self.add(mail, series.name == 'core')
		self.git('tag', series.name)
		self.write(series)

	def recipients(self, series: Series) -> List[str]:
		"""Returns whom a series is for, as options of format-patch."""
		bare = self.work / 'bare' / series.name
		self.git('format-patch', '-q', '-o', bare, series.on)
		mails = sorted(bare.iterdir())
		# Rust's maintainers ask for patches with pin_init, which loadpin_init has in it.
		has_init = any('loadpin_init' in mail.read_text('utf-8') for mail in mails)
		found = {f'--cc={series.cc}'} if series.cc else set()
		for option, role in (('to', 'm'), ('cc', 'r'), ('cc', 'l')):
			names = base.run(
				['perl', 'scripts/get_maintainer.pl', '--no-git',
				 '--no-git-fallback', '--no-rolestats', '--no-m', '--no-r',
				 '--no-l', '--no-keywords' if has_init else '--keywords',
				 f'--{role}', '--mpath', self.repo / 'MAINTAINERS', *mails],
				cwd=self.kernel.directory).stdout
			found.update(f'--{option}={name}' for name in names.splitlines())
		return sorted(found)

	def write(self, series: Series) -> None:
		"""Writes the commits of a series as mails, and checks them."""
		out = self.work / 'series' / series.name
		self.git('format-patch', '-q', '--cover-letter', '-o', out,
			 f'--subject-prefix={series.prefix}', *self.recipients(series), series.on)
		cover, *mails = sorted(out.iterdir())
		self.fill_in(cover, table(series.name)[0])
		for mail in (cover, *mails):
			text = mail.read_bytes()
			if text.count(b'\n') > MOST_LINES or len(text) > MOST_BYTES:
				self.wrong.append(f'{mail.relative_to(self.work)}: '
						  f'{text.count(10)} lines, {len(text)} bytes')
		maintainers = (self.repo / 'MAINTAINERS').read_text(encoding='utf-8')
		self.wrong += [f'{name}: not in MAINTAINERS'
			       for name in not_maintained(maintainers, mails)]
		self.checkpatch(mails, [*IGNORED, *series.ignored])
		self.git('checkout', '-q', '--detach', series.on)
		if not self.succeeds('am', '-q', *mails):
			raise Trouble(f'series: git am does not take {series.name}')
		if not self.succeeds('diff', '--quiet', series.name):
			raise Trouble(f'series: git am of {series.name} gives another tree than '
				      'the one it was made from')
		self.counts.append(f'{len(mails)} of {series.name}')

	def fill_in(self, cover: Path, letter: Mail) -> None:
		"""Fills in git's template of a cover letter."""
		text = cover.read_text(encoding='utf-8')
		text = text.replace('*** SUBJECT HERE ***', letter.subject).replace(
			'*** BLURB HERE ***\n', f'{letter.message}\n\nv1: the first version\n')
		if self.commit:
			text = text.replace('\n-- \n', f'\nbase-commit: {self.commit}\n-- \n')
		cover.write_text(text, encoding='utf-8')

	def checkpatch(self, mails: List[Path], ignored: List[str]) -> None:
		"""
		Shows what checkpatch.pl has to say. In a git tree it needs Python modules for
		licenses.
		"""
		source = self.kernel.directory
		self.complaints |= subprocess.run(
			['perl', 'scripts/checkpatch.pl', '--strict', '--quiet', '--no-summary',
			 '--ignore', ','.join(ignored), *mails], cwd=source, stdout=2, check=False,
			env=base.environment(GIT_DIR='none')).returncode != 0
		# It leaves a cache in the user's tree.
		for cache in source.glob('.checkpatch-camelcase.*'):
			cache.unlink()
