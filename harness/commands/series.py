# SPDX-License-Identifier: GPL-2.0
"""
`make series`: writes patch series for the tree KERNEL to build/series/: "core", the fixes that
decompress_core.c shows, and that test; "fixes", the other patches/, on top of it; "xz" and
"loadpin", from those directories of patches/; "suite", an RFC, on top of core; "native"; and
"kselftest".
"""

import os
import shutil
from pathlib import Path
from typing import Dict

from harness import base, kernel, locks, packages, tree, values
from harness.base import TOP, Trouble, patience, say
from harness.kernel import Kernel, Sources
from harness.series import check
from harness.series.files import in_no_mail
from harness.series.writer import CORE, CORE_LINES, MOST_LINES, SERIES, Writer
from harness.values import Given


def sender() -> Dict[str, str]:
	"""Returns who sends the mails, as git's variables. One repository may have set it."""
	found = {}
	for one in ('name', 'email'):
		value = base.output(['git', 'config', f'user.{one}'])
		if not value:
			raise Trouble(f'series: who sends it? Run: git config --global user.{one} '
				      '...')
		for role in ('AUTHOR', 'COMMITTER'):
			found[f'GIT_{role}_{one.upper()}'] = value
	return found


def base_commit(source: Path) -> str:
	"""
	Returns HEAD if the kernel is a git work tree without changes in the files of the series, or
	nothing for an unpacked package.
	"""
	git = kernel.git(source)
	if base.output([*git, 'rev-parse', '--show-toplevel']) != str(source):
		return ''
	if base.run([*git, 'diff', '--quiet', 'HEAD', '--', 'kernel/module', 'tools/testing',
		     'Documentation/dev-tools', 'MAINTAINERS', *tree.other_files()]).returncode:
		raise Trouble(f'series: {source} has changes that are in no commit; run: git stash')
	return base.output([*git, 'rev-parse', 'HEAD'])


def write(one: Kernel, build: Path, work: Path) -> int:
	"""Writes all series to build/series/. Returns 1 if something is wrong with them, or 0."""
	commit = base_commit(one.directory)
	say(f'Making the series for {one.directory.name} ...')
	if not commit:
		say('  no git tree: the mails name no base-commit')
	left = in_no_mail()
	if left:
		raise Trouble(f'series: neither in a mail nor in stays.txt: {" ".join(left)}')
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
	counts = ', '.join(writer.counts)
	if writer.wrong or writer.complaints:
		say(f'make series: {counts} in build/series/; something is wrong with them, see '
		    'above')
		return 1
	print(f'make series: {counts} in build/series/; none over {MOST_LINES} lines, and '
	      'checkpatch.pl --strict and git am take them', flush=True)
	return 0


def command(given: Given, build: Path) -> int:
	"""Writes the series, and checks them as CHECK= says."""
	wanted = given.get('CHECK') or 'no'
	if wanted not in ('yes', 'no', 'core'):
		raise Trouble(f'CHECK={wanted}: not yes, no or core')
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
