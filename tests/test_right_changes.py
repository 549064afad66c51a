# SPDX-License-Identifier: GPL-2.0
"""Right changes stay green, and each kind of failure is reported."""

import re
import shutil
from pathlib import Path

import pytest

from kept import FOR_MUTANTS
from stand_ins import SOURCE
from support import TOP, Result, run

pytestmark = pytest.mark.mutants

KUNIT = SOURCE / 'tools/testing/kunit'
GREEN = '1 of 1 right changes stay green'
BITS = (32, 64)


@pytest.mark.depends(*FOR_MUTANTS)
@pytest.mark.parametrize('options', ['', pytest.param('debug', marks=pytest.mark.long)],
			 ids=['without debug options', 'with debug options'])
def test_a_sample_of_right_changes_stays_green(options: str) -> None:
	run('python3', TOP / 'harness/mutants/run.py', 'right', 'sample', *options.split())


def test_each_patch_says_what_allows_or_forbids_it() -> None:
	for room, head in ('right', r'Kind: [a-z-]+\nAllowed: .+\n\n.'), ('wrong', r'Bug: .+\n\n.'):
		for path in (TOP / 'harness/mutants' / room).glob('*.patch'):
			assert re.match(head, path.read_text()), path


def suite(name: str, result: str) -> str:
	"""Returns the results of a suite with one case."""
	said = '' if result == 'ok' else ('    # case: EXPECTATION FAILED at attempt.c:1\n'
					  'gzip, x: [rule: one] 12 bytes\n')
	return (f'    KTAP version 1\n    # Subtest: {name}\n    1..1\n{said}'
		f'    {result} 1 case\n{result} 1 {name}\n')


class Change:
	"""A right change that stays green: the files of its run, and a harness with its tables"""

	def __init__(self, path: Path) -> None:
		shutil.copytree(TOP / 'harness', path / 'harness')
		self.judge = path / 'harness/mutants/right.py'
		self.pinned = path / 'harness/mutants/right/pinned.tsv'
		self.work = path / 'work'
		self.obj = self.work / 'obj/m'
		self.obj.mkdir(parents=True)
		self.log = self.work / 'log'
		(self.work / 'list').write_text('m\t-\t7\tpatch\tchange\n')
		(self.work / 'runs').write_text(f'm {self.log} whole\n')
		self.warnings('')
		self.corpus('')
		self.pinned.write_text('')
		for bits in BITS:
			self.native(bits, 'ok')
		self.kernel('ok')

	def native_log(self, bits: int) -> Path:
		"""Returns the log of the native program."""
		return self.obj / f'native{bits}.log'

	def native(self, bits: int, result: str, name: str = 'm') -> None:
		"""Sets the output of the native program."""
		self.native_log(bits).write_text(f'mutant: {name}\nKTAP version 1\n1..1\n' +
						 suite('module_decompress', result))

	def kernel(self, result: str, end: str = 'ended: 5 s of CPU time, 0 s asleep',
		   name: str = 'm') -> None:
		"""Sets the output of the kernel, and how it ended."""
		self.log.write_text(f'mutant: {name}\nKTAP version 1\n1..2\n' +
				    suite('module_decompress', result) +
				    suite('module_decompress_own', 'ok') +
				    f'mutant_boot.sh: {end}\n')

	def warnings(self, line: str) -> None:
		"""Sets the messages of the build."""
		(self.work / 'warnings').write_text(line)

	def corpus(self, line: str) -> None:
		"""Sets the changed results of the corpus."""
		(self.obj / 'native.log').write_text(line)

	def is_judged(self, status: int, text: str) -> Result:
		"""Judges the change. The exit status must be @status, and the output has @text."""
		result = run('python3', self.judge, self.work, KUNIT, status=status)
		assert text in result.text
		return result


@pytest.fixture(name='change')
def fixture_change(tmp_path: Path) -> Change:
	"""A change that stays green"""
	return Change(tmp_path)


def test_a_right_change_stays_green(change: Change) -> None:
	change.is_judged(0, GREEN)


@pytest.mark.parametrize('bits', BITS)
def test_a_right_change_that_is_red_natively_is_seen(change: Change, bits: int) -> None:
	change.native(bits, 'not ok')
	result = change.is_judged(1, f'{bits} bits: module_decompress/case fails')
	assert '1  rule: one   first: module_decompress/case' in result.text
	change.native_log(bits).unlink()
	change.is_judged(1, f'{bits} bits: not run')


def test_a_right_change_that_is_red_in_a_kernel_is_seen(change: Change) -> None:
	change.kernel('not ok')
	change.is_judged(1, 'in a kernel: module_decompress/case fails')
	change.kernel('ok', 'hung: 50 s of CPU time, 0 s asleep')
	change.is_judged(1, 'in a kernel: hung')


def test_another_result_of_the_corpus_is_seen(change: Change) -> None:
	change.corpus('64 bits, xz: > ./a: returned 0, 1 bytes\n')
	change.is_judged(1, '64 bits, xz: > ./a')


def test_a_warning_of_that_change_is_seen(change: Change) -> None:
	change.warnings('/checked/m.c:7:1: warning: unused variable\n')
	change.is_judged(1, 'unused variable')
	change.warnings('/checked/m_2.c:7:1: warning: unused variable\n')
	change.is_judged(0, GREEN)
	change.warnings('m_XZ.o is not built\n')
	change.is_judged(1, 'm_XZ.o is not built')


def test_a_case_that_is_pinned_has_to_fail(change: Change) -> None:
	change.pinned.write_text('change\tmodule_decompress/case\n')
	for bits in BITS:
		change.native(bits, 'not ok')
	change.kernel('not ok')
	change.is_judged(0, '1 turn just the cases red')
	change.kernel('ok')
	change.is_judged(1, 'in a kernel: module_decompress/case passes, but pinned.tsv names it')


def test_the_log_of_another_right_change_is_no_verdict(change: Change) -> None:
	change.kernel('ok', name='another')
	change.is_judged(2, 'no verdict on 1 right changes')
	assert not change.log.exists()
	change.kernel('ok')
	change.native(32, 'ok', name='another')
	change.is_judged(2, 'no verdict on 2 right changes')
	assert not (change.obj / 'native.log').exists()
