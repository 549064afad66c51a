# SPDX-License-Identifier: GPL-2.0
"""
How `make test` runs these tests and what it prints: a line when a test begins, a sign of life while
it lasts, and its result. All that a test prints is in its log in build/test/.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

import kept
from stand_ins import Bench
from support import LOGS, TOP, Result, log_name, run, words

# The tests are about one kernel, and results of kernels that are broken on purpose are not
# recorded: what the caller has set for other commands is not for those that run here.
for variable in '''KERNEL ARCH CONFIG FIXES DECOMPRESS FILTER BENCH BASE LLVM TIMEOUT JSON JUNIT
	MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES'''.split():
	os.environ.pop(variable, None)
os.environ['IN_TEST'] = 'yes'

# Seconds between two signs of life
PATIENCE = 5
# Number of tests that are named at the end because they took longest
LONGEST = 8

# Marks of tests that build from the tree of Linux 6.12, each with fixes that it chooses
IN_TREE = {'suite', 'red', 'um', 'native', 'coverage', 'machines', 'debug', 'kernels', 'boot',
	   'in_tree'}
# Parts whose tests share what another file of them has built
SHARED = {'mutants', 'fuzz'}
# Parts whose tests have directories for themselves
APART = {'commands', 'install'}

# What is said of a test that is not run
NOT_AGAIN = 'not run again, as nothing has changed that it depends on'


class Progress:
	"""Prints the progress, and writes a row for each test to the file of --checks."""

	def __init__(self, terminal: Any, parts: List[str], checks: Optional[str]) -> None:
		self.terminal = terminal
		self.parts = parts
		self.checks = checks
		self.began: Dict[str, float] = {}
		self.phases: Dict[str, List[pytest.TestReport]] = {}
		self.count = {'ok': 0, 'kept': 0, 'FAILED': 0}
		self.took: List[Tuple[int, str]] = []
		self.ended = threading.Event()
		threading.Thread(target=self.tick, daemon=True).start()

	def say(self, line: str) -> None:
		"""Prints a line at once."""
		self.terminal.write_line(line)
		self.terminal.flush()

	def tick(self) -> None:
		"""Prints a sign of life while tests run."""
		while not self.ended.wait(PATIENCE):
			now = time.monotonic()
			running = [f'{words(nodeid)} ({now - began:.0f} s)'
				   for nodeid, began in list(self.began.items())]
			if running:
				self.say('  ' + ', '.join(running))

	def pytest_runtest_logstart(self, nodeid: str) -> None:
		"""Notes which test begins."""
		self.say(f'... {words(nodeid)}')
		self.began[nodeid] = time.monotonic()

	def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
		"""Collects the reports on setup, call and teardown of a test."""
		phases = self.phases.setdefault(report.nodeid, [])
		phases.append(report)
		if report.when == 'teardown':
			self.conclude(report, phases)

	def conclude(self, last: pytest.TestReport, phases: List[pytest.TestReport]) -> None:
		"""Says how a test went. One that was skipped has failed, unless it passed before."""
		name = words(last.nodeid)
		seconds = round(time.monotonic() - self.began.pop(last.nodeid))
		failures = [phase for phase in phases if not phase.passed]
		again = [phase.longrepr[2] for phase in failures if isinstance(phase.longrepr, tuple)
			 and NOT_AGAIN in phase.longrepr[2]]
		text = last.capstdout + last.capstderr + ''.join(
			phase.longreprtext + '\n' for phase in failures)
		log = LOGS / f'{log_name(last.nodeid)}.log'
		log.write_text(text, errors='replace')
		result = 'kept' if again else 'FAILED' if failures else 'ok'
		self.count[result] += 1
		self.took.append((seconds, name))
		if result == 'kept':
			self.say(f'ok: {name}: {again[0].removeprefix("Skipped: ")}')
		elif result == 'FAILED':
			self.say(f'FAILED: {name} ({seconds} s), see {log}:')
			self.say('\n'.join(text.splitlines()[-20:]))
		else:
			self.say(f'ok: {name} ({seconds} s)')
			key = dict(last.user_properties).get('key')
			if key:
				kept.passed(last.nodeid, str(key))
		if self.checks:
			part = next(part for part in self.parts if part in last.keywords)
			with open(self.checks, 'a', encoding='utf-8') as rows:
				print(result, seconds, part, name, log, sep='\t', file=rows)

	def pytest_sessionfinish(self) -> None:
		"""Ends the signs of life."""
		self.ended.set()

	def pytest_unconfigure(self) -> None:
		"""Prints which tests took longest, and the result as the last line."""
		self.say('longest: ' + ', '.join(f'{name} ({seconds} s)' for seconds, name
						 in sorted(self.took, reverse=True)[:LONGEST]))
		if self.count['kept']:
			self.say(f'{self.count["kept"]} of them passed before and were not run again')
		self.say(f'{self.count["ok"] + self.count["kept"]} passed, '
			 f'{self.count["FAILED"]} failed')


def pytest_addoption(parser: pytest.Parser) -> None:
	"""Adds what harness/commands/test.py gives."""
	parser.addoption('--checks', help='add a row for each test to this file')
	parser.addoption('--again', action='store_true',
			 help='run those, too, that passed and depend on nothing that has changed')


def pytest_configure(config: pytest.Config) -> None:
	"""Declares the marks that are not parts."""
	config.addinivalue_line('markers', 'long: runs only with ALL=yes or ONLY=')
	config.addinivalue_line('markers', 'in_tree: builds in build/tree/6.12, see IN_TREE')
	config.addinivalue_line('markers', 'depends(path, ...): see kept.py')


def pytest_sessionstart(session: pytest.Session) -> None:
	"""Replaces pytest's progress with ours; pytest-xdist's workers print nothing."""
	LOGS.mkdir(parents=True, exist_ok=True)
	if hasattr(session.config, 'workerinput'):
		return
	plugins = session.config.pluginmanager
	parts = [line.partition(':')[0] for line in session.config.getini('markers')]
	plugins.register(Progress(plugins.getplugin('terminalreporter'), parts,
				  session.config.getoption('--checks')))


def group(item: pytest.Item) -> str:
	"""Returns the name of the tests that use the same directories in build/."""
	parts = {mark.name for mark in item.iter_markers()}
	if parts & IN_TREE:
		return 'tree'
	if parts & APART:
		return ''
	return next(iter(parts & SHARED), item.path.stem)


def pytest_itemcollected(item: pytest.Item) -> None:
	"""Has one worker run all tests of a group."""
	if group(item):
		item.add_marker(pytest.mark.xdist_group(group(item)))


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
	"""Lets the groups that take longest begin, and the shortest tests fill in at the end."""
	first = ['tree', 'mutants']
	items.sort(key=lambda item: first.index(group(item)) if group(item) in first
		   else len(first) + (not group(item)))


def pytest_runtest_setup(item: pytest.Item) -> None:
	"""Skips a test that would pass again."""
	key = kept.key(item)
	date = kept.since(item.nodeid, key)
	if date and not item.config.getoption('--again'):
		pytest.skip(f'{NOT_AGAIN}: passed on {date}')
	if key:
		item.user_properties.append(('key', key))


def pytest_report_teststatus(report: pytest.TestReport) -> Tuple[str, str, str]:
	"""Keeps pytest from printing a letter for each test."""
	return report.outcome, '', ''


@pytest.fixture(name='sample', scope='session')
def fixture_sample() -> Result:
	"""A run of `make mutants` with the bugs of the past and a sample of the other mutants"""
	return run('python3', TOP / 'harness/mutants/run.py', 'sample', status=None)


@pytest.fixture(name='bench')
def fixture_bench(tmp_path: Path) -> Bench:
	"""A stand-in kernel with a build directory of its own and a QEMU"""
	return Bench(tmp_path)
