# SPDX-License-Identifier: GPL-2.0
"""`make mutants` judges a mutant by its own logs and by the tables, and by nothing else."""

import shutil
from pathlib import Path
from typing import Callable, List, Tuple

import pytest

from stand_ins import SOURCE
from support import TOP, Result, run

pytestmark = pytest.mark.mutants

Edit = Callable[[List[str]], List[str]]


def log_of(ident: str, result: str, *edits: Edit) -> List[str]:
	"""Returns the log of a mutant, from a suite with one case."""
	lines = [
		f'mutant: {ident}',
		'KTAP version 1',
		'1..1',
		'    KTAP version 1',
		'    # Subtest: module_decompress_own',
		'    # module: decompress_kunit',
		'    1..1',
		'    # a_case: EXPECTATION FAILED at attempt.c:1',
		'    it is said why',
		f'    {result} 1 a_case',
		f'{result} 1 module_decompress_own',
		'mutant_boot.sh: ended: 5 s of CPU time, 0 s asleep',
	]
	for edit in edits:
		lines = edit(lines)
	return lines


def replaced(old: str, new: str) -> Edit:
	"""Replaces words in a log, which must have them."""
	def edit(lines: List[str]) -> List[str]:
		text = '\n'.join(lines)
		assert old in text
		return text.replace(old, new).split('\n')
	return edit


def without(*words: str) -> Edit:
	"""Removes the lines that contain one of these words."""
	return lambda lines: [line for line in lines if not any(word in line for word in words)]


def timed(lines: List[str]) -> List[str]:
	"""Adds timestamps, as some consoles have."""
	return ['[    4.500000] ' + line for line in lines[:-1]] + lines[-1:]


# A case that passes prints no reason.
passed = without('EXPECTATION', 'it is said why')


class Work:
	"""A directory with logs and lists of mutants, and a harness with its tables."""

	def __init__(self, path: Path) -> None:
		self.path = path
		shutil.copytree(TOP / 'harness', path / 'harness')
		(path / 'obj').mkdir()
		(path / 'base').mkdir()
		shutil.copy(SOURCE / 'kernel/module/decompress.c', path / 'base')
		for name in 'list', 'runs', 'native':
			(path / name).touch()
		self.equivalent()

	def equivalent(self, *fields: str) -> None:
		"""Writes an equivalent.tsv of one row, or of none."""
		(self.path / 'harness/mutants/equivalent.tsv').write_text(
			'\t'.join(fields) + '\n' if fields else '')

	def list(self, *rows: Tuple[str, ...]) -> None:
		"""Sets the list of mutants: ID, function, line, kind, what."""
		(self.path / 'list').write_text(''.join('\t'.join(row) + '\n' for row in rows))

	def log(self, name: str, lines: List[str]) -> Path:
		"""Writes a log, and returns its path."""
		path = self.path / name
		path.write_text('\n'.join(lines) + '\n')
		return path

	def runs(self, name: str, *logs: Tuple[str, Path]) -> None:
		"""Sets the logs of kernels ("runs") or of native programs ("native")."""
		(self.path / name).write_text(''.join(f'{ident} {log}\n' for ident, log in logs))

	def judged(self, status: int, text: str, *options: str) -> Result:
		"""Judges the mutants. The exit status must be @status, and the output has @text."""
		result = run('python3', self.path / 'harness/mutants/mutants.py', *options,
			     self.path, SOURCE / 'tools/testing/kunit', status=status)
		assert text in result.text
		return result

	def no_verdict(self, log: Path) -> None:
		"""Judges the mutants. There must be no verdict, and the log must be removed."""
		result = self.judged(2, 'no verdict on 1 ')
		assert len(result.text.splitlines()) == 1
		assert not log.exists()

	def report(self) -> str:
		"""Returns the report."""
		return (self.path / 'report.txt').read_text()


@pytest.fixture(name='work')
def fixture_work(tmp_path: Path) -> Work:
	"""One mutant, with the ID m, and no log yet."""
	work = Work(tmp_path)
	work.list(('m', 'f', '7', 'kind', 'a -> b'))
	work.runs('runs', ('m', tmp_path / 'log'))
	return work


@pytest.fixture(name='two')
def fixture_two(tmp_path: Path) -> Work:
	"""Two mutants: one survives, and one is caught"""
	work = Work(tmp_path)
	work.list(*((ident, 'f', line, 'kind', 'a -> b') for ident, line in
		    (('alive', '7'), ('dead', '8'))))
	work.runs('runs', ('alive', work.log('alive', log_of('alive', 'ok', passed))),
		  ('dead', work.log('dead', log_of('dead', 'not ok'))))
	return work


@pytest.mark.parametrize('name', ['', 'mutant: another', 'mutant: m2'],
			 ids=['no name', 'another name', 'a longer name'])
def test_a_log_that_does_not_name_its_mutant_is_no_verdict(work: Work, name: str) -> None:
	work.log('log', log_of('m', 'not ok'))
	work.judged(0, '1 of 1 that differ in code are caught')
	work.no_verdict(work.log('log', log_of('m', 'not ok', replaced('mutant: m', name))))


PANIC = replaced('\nnot ok', '\nBUG: unable to handle page fault\n'
		 'Kernel panic - not syncing: Fatal exception\nnot ok')
COMPLAINT = replaced('it is said why', '[the kernel complained] WARNING: at a.c:1')
FATES = [
	('caught: it is said why', log_of('m', 'not ok')),
	('survived', log_of('m', 'ok', passed)),
	('survived', log_of('m', 'ok', passed, timed)),
	('hung: 50 s of CPU time, 0 s asleep',
	 log_of('m', 'not ok', replaced('ended: 5', 'hung: 50'))),
	('hung: 5 s of CPU time, 60 s asleep',
	 log_of('m', 'not ok', replaced('ended: 5', 'hung: 5'), replaced(', 0 s', ', 60 s'))),
	('crashed: BUG: unable to handle page fault', log_of('m', 'not ok', PANIC)),
	('crashed: without a word', log_of('m', 'not ok', without('not ok'))),
	# A passed case or another suite that passed is not the end of the log.
	('crashed: without a word', log_of('m', 'not ok')[:10] + log_of('m', 'not ok')[11:]),
	('crashed: without a word', log_of('m', 'ok', lambda lines: [
		line.replace('_own', '') if line.startswith('ok') else line for line in lines])),
	('crashed: WARNING: at a.c:1', log_of('m', 'not ok', COMPLAINT)),
	('crashed: a case did not end', log_of('m', 'not ok', passed)),
]


def test_the_log_tells_what_became_of_a_mutant(work: Work) -> None:
	for fate, lines in FATES:
		work.log('log', lines)
		work.judged(int(fate == 'survived'), '1 of 1 that differ' if fate != 'survived' else
			    '1 survive unexplained')
		assert f': a -> b: {fate}' in work.report()


def test_a_mutant_that_is_caught_natively_needs_no_kernel(work: Work) -> None:
	work.runs('runs')
	work.runs('native', ('m', work.log('log', log_of('m', 'not ok'))))
	work.judged(0, '1 of 1 that differ')
	assert ': a -> b: caught: it is said why' in work.report()
	work.no_verdict(work.log('log', log_of('another', 'not ok')))


def test_the_kernel_has_to_catch_what_is_caught_natively(work: Work) -> None:
	work.runs('native', ('m', work.log('log', log_of('m', 'not ok'))))
	work.runs('runs', ('m', work.log('booted', log_of('m', 'ok', passed))))
	work.judged(1, 'caught natively, and in the kernel survived: f:7: a -> b [m]')
	work.log('booted', log_of('m', 'not ok'))
	work.judged(0, '1 of them natively, of which 1 were booted, too, and 1 caught there')


def test_a_bug_of_the_past_needs_the_right_message(work: Work) -> None:
	(work.path / 'harness/mutants/history/bug.patch').write_text('Says: it is said why\n')
	work.list(('m', '-', '7', 'patch', 'bug'))
	work.log('log', log_of('m', 'not ok'))
	work.judged(0, '1 of 1 that differ')
	work.log('log', log_of('m', 'not ok', replaced('it is said why', 'something else')))
	work.judged(1, 'history: bug: no case says "it is said why"')
	work.log('log', log_of('m', 'not ok', PANIC))
	work.judged(1, 'history: bug: crashed')


def test_rows_are_for_survivors_only(work: Work) -> None:
	work.log('log', log_of('m', 'not ok', passed))
	assert not work.judged(0, '', '--rows').text
	work.log('log', log_of('m', 'ok', passed))
	work.judged(0, 'm\tf:7\ta -> b\t', '--rows')


@pytest.mark.parametrize('row, said', [
	(('alive', 'f:6', 'a -> b', 'a is b'), 'alive: f:6: a -> b: no such survivor'),
	(('alive', 'f:7', '*', 'a is b'), 'alive: f:7: *: no such survivor'),
	(('alive', 'f:7', 'a -> b', ''), 'alive: f:7: a -> b: no such survivor, or no reason'),
	(('dead', 'f:8', 'a -> b', 'a is b'), 'dead: f:8: a -> b: no such survivor'),
], ids=['another line', 'a wildcard', 'no reason', 'one that is caught'])
def test_a_row_counts_only_for_its_own_survivor(two: Work, row: Tuple[str, ...], said: str) -> None:
	two.equivalent('alive', 'f:7', 'a -> b', 'a is b')
	two.judged(0, '1 are equivalent (50.0 %); 0 survive unexplained', '--all')
	two.equivalent(*row)
	two.judged(1, said, '--all')
	two.judged(1, '1 survive unexplained', '--all')


@pytest.mark.parametrize('row', [('alive', 'f:6', 'a -> b', 'a is b'),
				 ('dead', 'f:8', 'a -> b', 'a is b')],
			 ids=['another line', 'another mutant alike'])
def test_a_new_row_has_the_reason_of_an_old_one(two: Work, row: Tuple[str, ...]) -> None:
	two.equivalent(*row)
	assert two.judged(0, '', '--rows').out == 'alive\tf:7\ta -> b\ta is b\n'
