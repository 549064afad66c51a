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

# Limits of a mail, and of decompress_core.c
MOST_LINES, MOST_BYTES, CORE_LINES = 1000, 61440, 350
CORE = 'kernel/module/tests/decompress_core.c'
# The patches without which a case of decompress_core.c fails, and 0002: without it, the error that
# 0012 fixes is right by chance
CORE_FIXES = ('0001', '0002', '0003', '0004', '0012')

MODULES_LIST, KUNIT_LIST = 'linux-modules@vger.kernel.org', 'kunit-dev@googlegroups.com'
# FILE_PATH_CHANGES: see not_maintained(). DEPRECATED_API: the suite names kmap() to forbid it.
# UNKNOWN_COMMIT_ID: checkpatch.pl runs without git here, and so knows no commits.
IGNORED = ('DEPRECATED_API', 'FILE_PATH_CHANGES', 'UNKNOWN_COMMIT_ID')
STAND_IN_TYPES = tuple(row[0] for row in base.rows(TOP / 'harness/data/stand_in_types.tsv'))


@dataclass(frozen=True)
class Series:
	"""A series: some of patches/, then the mails of its table."""
	name: str
	prefix: str = 'PATCH'
	on: str = 'linux'
	"""The series that it applies on top of"""
	cc: str = ''
	"""A mailing list that get_maintainer.pl does not find"""
	ignored: Sequence[str] = ()
	"""More types of messages that checkpatch.pl must not report"""

	def patches(self) -> List[Patch]:
		"""Returns its patches of patches/."""
		if self.name not in ('core', 'fixes'):
			return [Patch(path)
				for path in sorted((PATCHES / self.name).glob('*.patch'))]
		found = [Patch(path) for path in sorted(PATCHES.glob('*.patch'))]
		return [one for one in found if (one.number in CORE_FIXES) == (self.name == 'core')]


SERIES = (
	Series('core', cc=KUNIT_LIST),
	Series('fixes', on='core'),
	# These two fix the loading of modules. MACRO_ARG_UNUSED: the macro for code that decompresses a
	# kernel ignores its flags.
	Series('xz', cc=MODULES_LIST, ignored=('MACRO_ARG_UNUSED',)),
	Series('loadpin', cc=MODULES_LIST),
	Series('isofs'),
	Series('initramfs'),
	Series('suite', 'RFC PATCH', on='fixes', cc=KUNIT_LIST),
	Series('native', 'RFC PATCH', on='suite', cc=KUNIT_LIST, ignored=STAND_IN_TYPES),
	Series('kselftest'),
	Series('zlib-kunit', cc=KUNIT_LIST),
	Series('xz-kunit', cc=KUNIT_LIST),
	Series('zstd-kunit', cc=KUNIT_LIST),
)


@dataclass
class Writer:
	"""Writes series for a kernel to @work/series/, from a repository of the files they change."""
	kernel: Kernel
	work: Path
	sender: Dict[str, str]
	"""The sender, as git's environment variables"""
	commit: str
	"""The base-commit of the mails, or an empty string"""
	counts: List[str] = field(default_factory=list)
	wrong: List[str] = field(default_factory=list)
	"""Lines that say what is wrong; checkpatch.pl prints its own"""
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
		"""Runs git in the repository. Returns whether it succeeds."""
		return subprocess.run(['git', *words], cwd=self.repo, input=text, text=True,
				      stdout=subprocess.DEVNULL,
				      stderr=subprocess.DEVNULL if quiet else 2, check=False,
				      env=base.environment(**self.sender)).returncode == 0

	def git(self, *words: base.Arg, text: str = '') -> None:
		"""Runs git in the repository."""
		if not self.succeeds(*words, text=text):
			raise Trouble(f'git {words[0]} failed, see above')

	def apply(self, patch: Patch) -> None:
		"""
		Applies a patch, or its version for newer kernels, with the sender as the author,
		unless the tree has it already.
		"""
		for one in patch.versions:
			if one.apply(self.repo, reverse=True, dry_run=True):
				return
			author = parseaddr(message_from_string(one.text)['From'])[1]
			mail = re.sub(f'^Signed-off-by: .*<{re.escape(author)}>\n', '',
				      one.text, flags=re.MULTILINE)
			if self.succeeds('am', '-q', '-s', text=mail, quiet=True):
				self.git('commit', '-q', '--amend', '--no-edit', '--reset-author')
				return
			self.git('am', '-q', '--abort')
		raise Trouble(f'patches/{patch.path.name} does not apply to {self.kernel.directory}')

	def add(self, mail: Mail, core: bool) -> None:
		"""Commits the files of a mail."""
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
		"""Commits a series and writes its mails, unless this kernel does not need it."""
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
		"""Returns the recipients of a series, as options of git format-patch."""
		bare = self.work / 'bare' / series.name
		self.git('format-patch', '-q', '-o', bare, series.on)
		mails = sorted(bare.iterdir())
		# Rust's maintainers match patches by the keyword pin_init, which is in "loadpin_init".
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
		base_commit = ['--base=linux'] if self.commit else []
		self.git('format-patch', '-q', '--cover-letter', '-o', out, *base_commit,
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
			raise Trouble(f'git am refuses the mails of {series.name}, see above')
		if not self.succeeds('diff', '--quiet', series.name):
			raise Trouble(f'git am of the mails of {series.name} makes another tree than the '
				      'commits that they were made from')
		self.counts.append(f'{len(mails)} of {series.name}')

	def fill_in(self, cover: Path, letter: Mail) -> None:
		"""Fills in git's template of a cover letter."""
		text = cover.read_text(encoding='utf-8')
		text = text.replace('*** SUBJECT HERE ***', letter.subject).replace(
			'*** BLURB HERE ***\n', f'{letter.message}\n')
		# git's base-commit is that of the repository, not of the tree.
		text = re.sub('^base-commit: .*', f'base-commit: {self.commit}', text, flags=re.M)
		cover.write_text(text, encoding='utf-8')

	def checkpatch(self, mails: List[Path], ignored: List[str]) -> None:
		"""
		Shows the complaints of checkpatch.pl. Hides the git tree from it, in which it would need
		Python modules to check licenses.
		"""
		source = self.kernel.directory
		self.complaints |= subprocess.run(
			['perl', 'scripts/checkpatch.pl', '--strict', '--quiet', '--no-summary',
			 '--ignore', ','.join(ignored), *mails], cwd=source, stdout=2, check=False,
			env=base.environment(GIT_DIR='none')).returncode != 0
		# checkpatch.pl leaves a cache in the user's tree.
		for cache in source.glob('.checkpatch-camelcase.*'):
			cache.unlink()
