# SPDX-License-Identifier: GPL-2.0
"""
`make series`: writes patch series for the tree KERNEL to build/series/:
- core: decompress_core.c, and the fixes of the bugs that it finds;
- fixes: the other patches of patches/, on top of core;
- xz, loadpin, isofs and initramfs: the patches of these directories of patches/;
- suite: an RFC, on top of fixes;
- native: the native build;
- kselftest: the selftest;
- zlib-kunit, xz-kunit and zstd-kunit: the tests of the decoders in lib/.
"""

import os
import shutil
from pathlib import Path
from typing import Dict

from harness import base, install, kernel, locks, packages, tree, values
from harness.base import TOP, Trouble, patience, say
from harness.kernel import Kernel, Sources
from harness.series import check
from harness.series.files import in_no_mail
from harness.series.writer import CORE, CORE_LINES, MOST_LINES, SERIES, Writer
from harness.values import Given


def sender() -> Dict[str, str]:
	"""Returns the sender of the mails, as git's environment variables for all repositories."""
	found = {}
	for one in ('name', 'email'):
		value = base.output(['git', 'config', f'user.{one}'])
		if not value:
			raise Trouble(f'git does not know the sender of the mails; run: git config '
				      f'--global user.{one} ...')
		for role in ('AUTHOR', 'COMMITTER'):
			found[f'GIT_{role}_{one.upper()}'] = value
	return found


def base_commit(source: Path) -> str:
	"""
	Returns the commit HEAD of the kernel's git tree, or an empty string if it is not a git tree.
	Refuses a tree with uncommitted changes in the files of the series.
	"""
	git = kernel.git(source)
	if base.output([*git, 'rev-parse', '--show-toplevel']) != str(source):
		return ''
	if base.run([*git, 'diff', '--quiet', 'HEAD', '--', 'kernel/module', 'tools/testing',
		     'Documentation/dev-tools', 'MAINTAINERS', *tree.other_files(),
		     *(name for name in install.MERGED if name.startswith('lib/'))]).returncode:
		raise Trouble(f'{source} has uncommitted changes; run there: git stash')
	return base.output([*git, 'rev-parse', 'HEAD'])


def write(one: Kernel, build: Path, work: Path) -> int:
	"""Writes all series to build/series/. Returns 0 if the checks find nothing, or 1."""
	commit = base_commit(one.directory)
	say(f'Making the series for {one.directory.name} ...')
	if not commit:
		say('  not a git tree, so the mails name no base-commit')
	left = in_no_mail()
	if left:
		raise Trouble('add these files to a table in harness/series/, or to stays.txt there: '
			      f'{" ".join(left)}')
	writer = Writer(one, work, sender(), commit)
	with patience(lambda: f'{len(writer.counts)} series written'):
		for series in SERIES:
			writer.make(series)
	lines = (TOP / CORE).read_bytes().count(b'\n')
	if lines > CORE_LINES:
		writer.wrong.append(f'{CORE}: {lines} lines')
	shutil.rmtree(build / 'series', ignore_errors=True)
	(work / 'series').rename(build / 'series')
	for line in writer.wrong:
		print(line)
	counts, where = ', '.join(writer.counts), base.place(build / 'series')
	if writer.wrong or writer.complaints:
		say(f'make series: {counts} in {where}; the checks failed, see above')
		return 1
	print(f'make series: {counts} in {where}; none over {MOST_LINES} lines, and '
	      'checkpatch.pl --strict and git am accept them', flush=True)
	return 0


def command(given: Given, build: Path) -> int:
	"""Writes the series. With CHECK=yes or CHECK=core, checks them, too."""
	wanted = given.get('CHECK') or 'no'
	if wanted not in ('yes', 'no', 'core'):
		raise Trouble(f'CHECK={wanted}: must be yes, no or core')
	may_install = values.is_yes(given, 'INSTALL', 'yes')
	one = Sources(build, may_install).find(given.get('KERNEL') or '6.12')
	packages.need(['git', 'perl'], may_install)
	sender()
	locks.take(build / 'series.lock', f'make series, process {os.getpid()}')
	work = build / 'series.tmp'
	shutil.rmtree(work, ignore_errors=True)
	try:
		work.mkdir()
		status = write(one, build, work)
	finally:
		shutil.rmtree(work, ignore_errors=True)
	if status or wanted == 'no':
		return status
	return check.check(one, build, wanted == 'yes', values.jobs(given), may_install)
