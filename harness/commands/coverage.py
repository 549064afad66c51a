# SPDX-License-Identifier: GPL-2.0
"""
`make coverage`: does the suite reach every line of decompress.c, and take every branch both ways,
for each algorithm? gcov counts in the native programs. The 64-bit and 32-bit counts are added.
"""

import re
import shutil
from pathlib import Path
from typing import List, Optional, Tuple

from harness import base, packages
from harness.base import say
from harness.commands.run import options_of
from harness.native_build import BITS, NativeBuild
from harness.values import Given

FILTER = ('--filter', r'.*kernel/module/decompress\.c$')
TESTS = 'kernel/module/tests'
REACHED = 'all lines and branches of decompress.c are reached'

# With -O1 and above, gcc leaves no code to count for a line like "return -ENOMEM;", only for the
# branch to it. The process that runs the cases ends by _exit(), which does not write the counts.
FLAGS = 'EXTRA_CFLAGS=--coverage -O0 -D_exit=exit'


class Coverage(NativeBuild):
	"""Native programs that gcov counts in, and their counts."""

	@property
	def report(self) -> Path:
		"""The directory for the report"""
		return self.options.build / 'coverage'

	def failures(self, bits: int) -> Optional[List[str]]:
		"""Runs the suite, and returns the cases that failed, or None if it passed."""
		say(f'Running the suite, {bits} bits ...')
		def done() -> str:
			return f'{self.log.read_text(errors="replace").count(" ok ")} cases done'

		with base.patience(done):
			status = base.logged(
				[self.directory / str(bits) / 'module_decompress', '*'], self.log)
		return re.findall('^ *not ok.*', self.log.read_text(errors='replace'),
				  re.MULTILINE) if status else None

	def count(self, algorithm: str) -> Tuple[List[str], Optional[str]]:
		"""Returns the counts for an algorithm, and a report if anything is missed."""
		how = f'counted: gcovr fails on {algorithm}'
		counted, file = self.directory / 'counted' / algorithm, self.report / algorithm
		for bits in BITS:
			(counted / str(bits)).mkdir(parents=True)
			seams = self.directory / str(bits) / TESTS
			for path in seams.glob(f'seam_{algorithm}.gc??'):
				shutil.copy(path, counted / str(bits))
		lines, tracefile = f'{file}.lines', f'{file}.json'
		summary = re.findall(r'^(?:lines|branches): .*', self.gcovr(
			how, *FILTER, '--print-summary', '--txt', lines, '--json', tracefile, counted),
			re.MULTILINE)
		missed = None
		# 100 % of the lines and of the branches, and not "100.0% (0 out of 0)"
		if len(re.findall(r'^\w+: 100\.0% \([1-9]', '\n'.join(summary), re.MULTILINE)) < 2:
			branches = f'{file}.branches'
			self.gcovr(how, *FILTER, '--branches', '--add-tracefile', tracefile,
				   '--txt', branches)
			missed = ''.join(Path(name).read_text(encoding='utf-8')
					 for name in (branches, lines))
		return [f'{algorithm}: {line}' for line in summary], missed

	def write(self) -> Tuple[List[str], bool]:
		"""Writes the report, and returns the counts and whether anything is missed."""
		say(f'Writing {self.report} ...')
		for directory in self.report, self.directory / 'counted':
			shutil.rmtree(directory, ignore_errors=True)
		self.report.mkdir()
		counts, missed = [], []
		tracefiles: List[base.Arg] = []
		for seam in sorted((self.directory / '64' / TESTS).glob('seam_*.gcda')):
			algorithm = seam.stem.partition('_')[2]
			summary, report = self.count(algorithm)
			counts += summary
			missed += [] if report is None else [report]
			tracefiles += ['--add-tracefile', self.report / f'{algorithm}.json']
		self.gcovr('counted: gcovr fails', *FILTER, *tracefiles, '--html-details',
			   self.report / 'index.html', '--html-title', f'decompress.c, {self.what}')
		text = ''.join([*(f'{line}\n' for line in counts), *missed])
		(self.report / 'coverage.txt').write_text(text, encoding='utf-8')
		print(text, end='')
		return counts, bool(missed)


def command(given: Given, build: Path) -> int:
	"""Builds, runs and counts. Returns 1 if lines or branches are missed or cases fail, or 0."""
	options = options_of(given, build)
	packages.need_for_native(False, options.may_install)
	packages.need(['gcovr', 'gcov'], options.may_install)
	coverage = Coverage('coverage', options, 'native/{}-coverage', ', natively')
	say(f'Building {coverage.what}, with --coverage ...')
	for bits in BITS:
		coverage.build(str(bits), f'BITS={bits}', 'SANITIZE=', FLAGS, 'default')
	coverage.forget_counts()
	for bits in BITS:
		failures = coverage.failures(bits)
		if failures is not None:
			if not failures:
				coverage.show_log()
				coverage.failed('counted: the program ended early')
			say('\n'.join(failures))
			say(f'make coverage: {coverage.what}: tests failed, so nothing was counted; run '
			    f'make native, or see {coverage.log}')
			return 1
	counts, missed = coverage.write()
	reached = f'{"not " if missed else ""}{REACHED}'
	coverage.record(f'{coverage.what}: {reached}: {"; ".join(counts)}')
	print(f'make coverage: {coverage.what}: {reached}; see {coverage.report}/index.html')
	return int(missed)
