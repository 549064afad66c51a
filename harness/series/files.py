# SPDX-License-Identifier: GPL-2.0
"""
Reads the tables of the series, NAME.txt, and makes the files that the mails add.

A table has the cover letter and the mails. Each begins with its subject in a line "# SUBJECT", and
its message follows. "+ PATH" is a file that the mail adds, "F: PATH" a line for MAINTAINERS. Files
of the suite that no mail adds are listed in stays.txt.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import List

from harness import base, install
from harness.base import TOP
from harness.kernel import Kernel

TABLES = TOP / 'harness/series'
KCONFIG, MAKEFILE = 'kernel/module/Kconfig', 'kernel/module/Makefile'
KUNITCONFIG = 'kernel/module/.kunitconfig'

# The line in these files where the part for the suite begins. The lines above it are for the core.
SUITE = {
	'kernel/module/tests/Kconfig': 'config MODULE_DECOMPRESS_ENABLE_',
	'kernel/module/tests/Makefile': 'obj-$(CONFIG_MODULE_DECOMPRESS_KUNIT_TEST)',
}


@dataclass(frozen=True)
class Mail:
	"""A mail of a table, or its cover letter."""
	subject: str
	message: str
	files: List[str]
	maintained: List[str]
	"""The paths that it adds to MAINTAINERS"""


def table(name: str) -> List[Mail]:
	"""Returns the cover letter and the mails of a series."""
	mails = []
	text = (TABLES / f'{name}.txt').read_text(encoding='utf-8')
	for part in re.split('^# ', text, flags=re.MULTILINE)[1:]:
		subject, _, rest = part.partition('\n')
		message = re.sub(r'^(\+|F:) .*\n', '', rest, flags=re.MULTILINE)
		mails.append(Mail(subject, message.strip('\n'),
				  re.findall(r'^\+ (.*)', rest, re.MULTILINE),
				  re.findall('^F: (.*)', rest, re.MULTILINE)))
	return mails


def in_no_mail() -> List[str]:
	"""Returns the files of the suite that neither a table nor stays.txt names."""
	mailed = {name for path in TABLES.glob('*.txt') for mail in table(path.stem)
		  for name in mail.files}
	stays = [row[0] for row in base.rows(TABLES / 'stays.txt')]
	return [name for name in install.suite_files()
		if name not in mailed and not any(fnmatchcase(name, one) for one in stays)]


def ours(name: str) -> str:
	"""Returns a file of the suite, without the end of a makefile that is for this repository."""
	return (TOP / name).read_text(encoding='utf-8').partition('\n# From here on')[0]


@dataclass(frozen=True)
class Files:
	"""The files that the mails add or change, for the tree of a kernel."""
	kernel: Kernel

	def text(self, name: str) -> str:
		"""Returns a file of the kernel."""
		return (self.kernel.directory / name).read_text(encoding='utf-8')

	def core(self, name: str) -> str:
		"""Returns a file with the core only."""
		if name in (KCONFIG, MAKEFILE):
			return self.text(name) + '\n' * (name == KCONFIG) + ours(name)
		if name in SUITE:
			return ours(name).partition(SUITE[name])[0].rstrip('\n') + '\n'
		return ours(name).partition('\n\n')[0] + '\n' if name == KUNITCONFIG else ours(name)

	def whole(self, name: str) -> str:
		"""Returns a file with the core and the suite."""
		if name in (KCONFIG, MAKEFILE):
			return self.core(name)
		tree = install.Tree(self.kernel.directory, self.kernel.directory)
		if name == install.INDEX:
			lines = install.with_index_line(self.text(name).splitlines(), True)
		elif name in tree.merged():
			marked = tree.with_block(name, self.text(name).splitlines())
			lines = [line for line in marked
				 if line not in (install.BEGIN, install.END)]
		else:
			return ours(name)
		return ''.join(f'{line}\n' for line in lines)


def with_maintained(text: str, path: str) -> str:
	"""Returns MAINTAINERS with a path for MODULE SUPPORT. 7.3 has one of them already."""
	if f'\nF:\t{path}\n' in text.partition('\nMODULE SUPPORT\n')[2].partition('\n\n')[0] + '\n':
		return text
	lines = text.splitlines(keepends=True)
	start = next(number for number in range(lines.index('MODULE SUPPORT\n'), len(lines))
		     if lines[number].startswith('F:'))
	at = next(number for number in range(start, len(lines))
		  if not lines[number].startswith('F:') or lines[number].split()[1] > path)
	return ''.join([*lines[:at], f'F:\t{path}\n', *lines[at:]])


def not_maintained(text: str, mails: List[Path]) -> List[str]:
	"""
	Returns the new files of mails that MAINTAINERS does not list for MODULE SUPPORT, without those
	in lib/, which have other maintainers. checkpatch.pl only asks whether MAINTAINERS needs an
	update.
	"""
	section = text.partition('\nMODULE SUPPORT\n')[2].partition('\n\n')[0]
	patterns = re.findall(r'^F:\s*(.*)', section, re.MULTILINE)
	new = [name for mail in mails for name in re.findall(
		r'^--- /dev/null\n\+\+\+ b/(.*)', mail.read_text(encoding='utf-8'), re.MULTILINE)]
	return [name for name in new
		if not name.startswith('lib/')
		and not any(fnmatchcase(name, f'{one}*') for one in patterns)]
