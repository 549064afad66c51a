# SPDX-License-Identifier: GPL-2.0
"""
How `make test` runs these tests and what it prints: a line when a test begins, a sign of life while
it lasts, and its result. All that a test prints is in its log in build/test/.
"""

import os
import re
import threading
import time
from pathlib import Path
from typing import Any, List, Optional, Tuple

import pytest

from stand_ins import Bench
from support import LOGS, TOP, Result, run

# The tests are about one kernel, and results of kernels that are broken on purpose are not
# recorded: what the caller has set for other commands is not for those that run here.
for variable in '''KERNEL ARCH CONFIG FIXES DECOMPRESS FILTER BENCH BASE LLVM TIMEOUT JSON JUNIT
	MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES'''.split():
	os.environ.pop(variable, None)
os.environ['IN_TEST'] = 'yes'

# Seconds between two signs of life
PATIENCE = 5


def words(nodeid: str) -> str:
	"""Returns the name of a test as a sentence: test_a_sentence[x] is "a sentence: x"."""
	name, _, parameter = nodeid.split('::')[-1].removeprefix('test_').partition('[')
	return name.replace('_', ' ') + (': ' + parameter[:-1] if parameter else '')


class Progress:
	"""Prints the progress, and writes a row for each test to the file of --checks."""

	def __init__(self, terminal: Any, parts: List[str], checks: Optional[str]) -> None:
		self.terminal = terminal
		self.parts = parts
		self.checks = checks
		self.began = 0.0
		self.ended = threading.Event()
		self.phases: List[pytest.TestReport] = []

	def say(self, line: str) -> None:
		"""Prints a line at once."""
		self.terminal.write_line(line)
		self.terminal.flush()

	def tick(self, ended: threading.Event) -> None:
		"""Prints a sign of life until the test has ended."""
		while not ended.wait(PATIENCE):
			self.say('  still at it')

	def pytest_runtest_logstart(self, nodeid: str) -> None:
		"""Says which test begins."""
		self.say(f'... {words(nodeid)}')
		self.began = time.monotonic()
		self.phases = []
		self.ended = threading.Event()
		threading.Thread(target=self.tick, args=(self.ended,), daemon=True).start()

	def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
		"""Collects the reports on setup, call and teardown of a test."""
		self.phases.append(report)
		if report.when == 'teardown':
			self.ended.set()
			self.conclude(words(report.nodeid), report)

	def conclude(self, name: str, last: pytest.TestReport) -> None:
		"""Says how a test went. A skipped one has failed."""
		seconds = round(time.monotonic() - self.began)
		failures = [phase for phase in self.phases if not phase.passed]
		text = last.capstdout + last.capstderr + ''.join(
			phase.longreprtext + '\n' for phase in failures)
		log = LOGS / (re.sub('[^A-Za-z0-9]+', '_', name) + '.log')
		log.write_text(text, errors='replace')
		if failures:
			self.say(f'FAILED: {name} ({seconds} s), see {log}:')
			self.say('\n'.join(text.splitlines()[-20:]))
		else:
			self.say(f'ok: {name} ({seconds} s)')
		if self.checks:
			part = next(part for part in self.parts if part in last.keywords)
			with open(self.checks, 'a', encoding='utf-8') as rows:
				print('FAILED' if failures else 'ok', seconds, part, name, log,
				      sep='\t', file=rows)


def pytest_addoption(parser: pytest.Parser) -> None:
	"""Adds what harness/commands/test.py gives."""
	parser.addoption('--checks', help='add a row for each test to this file')


def pytest_sessionstart(session: pytest.Session) -> None:
	"""Replaces pytest's progress with ours."""
	LOGS.mkdir(parents=True, exist_ok=True)
	plugins = session.config.pluginmanager
	parts = [line.partition(':')[0] for line in session.config.getini('markers')]
	plugins.register(Progress(plugins.getplugin('terminalreporter'), parts,
				  session.config.getoption('--checks')))


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
