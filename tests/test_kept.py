# SPDX-License-Identifier: GPL-2.0
"""A test that passed runs again when a file changes on which it depends, and not before."""

import shutil
from pathlib import Path

import pytest

from support import TOP, Result, run

pytestmark = pytest.mark.commands

# A test that counts how often it ran, and fails if the file says so
TEST = '''
import pytest
from support import TOP

pytestmark = pytest.mark.commands

def runs(name):
	with open(TOP / 'build' / name, 'a') as out:
		out.write('.')
	assert 'wrong' not in (TOP / 'room/file').read_text()

@pytest.mark.depends('room')
def test_that_lists_a_room():
	runs('room')

@pytest.mark.depends(':(glob)room/*.c')
def test_that_lists_a_pattern():
	runs('pattern')

def test_that_lists_nothing():
	runs('nothing')

@pytest.mark.long
def test_that_takes_long():
	runs('long')
'''


class Repository:
	"""A repository with these tests, and with ours of pytest's hooks"""

	def __init__(self, top: Path) -> None:
		self.top = top
		shutil.copytree(TOP / 'tests', top / 'tests',
				ignore=shutil.ignore_patterns('test_*', '__pycache__'))
		for name in 'Makefile', 'suite':
			(top / name).touch()
		self.put('tests/test_four.py', TEST)
		self.put('room/file', 'right')
		self.put('room/a.c', '')
		(top / 'build').mkdir()
		run('git', 'init', '-q', top)
		run('git', '-C', top, 'add', '.')

	def put(self, name: str, text: str) -> None:
		"""Writes a file."""
		(self.top / name).parent.mkdir(exist_ok=True)
		(self.top / name).write_text(text)

	def tests(self, *options: str, status: int = 0) -> Result:
		"""Runs the tests."""
		return run('pytest-3', '-c', self.top / 'tests/pytest.ini', '-m', 'not long', *options,
			   self.top / 'tests', status=status, env={'BUILD': str(self.top / 'build')})

	def ran(self) -> str:
		"""Returns how often each test ran since the last call."""
		found = []
		for name in 'room', 'pattern', 'nothing', 'long':
			path = self.top / 'build' / name
			found.append(f'{name} {path.stat().st_size}' if path.exists() else '')
			path.unlink(missing_ok=True)
		return ', '.join(filter(None, found))


def test_a_test_that_passed_runs_again_when_its_files_change(tmp_path: Path) -> None:
	repository = Repository(tmp_path / 'repository')
	assert repository.tests().out.endswith('\n3 passed, 0 failed\n')
	assert repository.ran() == 'room 1, pattern 1, nothing 1'
	again = repository.tests()
	assert repository.ran() == 'nothing 1'
	assert again.has('^ok: that lists a room: not run again, .*: passed on 20')
	assert again.out.endswith('\n2 of them passed before and were not run again\n'
				  '3 passed, 0 failed\n')

	# A file that was added, and is not yet git's
	repository.put('room/b.c', '')
	repository.tests()
	assert repository.ran() == 'room 1, pattern 1, nothing 1'
	repository.put('room/file', 'changed')
	repository.tests()
	assert repository.ran() == 'room 1, nothing 1'
	(tmp_path / 'repository/room/b.c').unlink()
	repository.tests()
	assert repository.ran() == 'room 1, pattern 1, nothing 1'
	repository.put('tests/support.py', (TOP / 'tests/support.py').read_text() + '\n')
	repository.tests()
	assert repository.ran() == 'room 1, pattern 1, nothing 1'
	(tmp_path / 'repository/build/apt').mkdir()
	repository.put('build/apt/newest', '7.4')
	repository.tests()
	assert repository.ran() == 'room 1, pattern 1, nothing 1'
	repository.tests('--again')
	assert repository.ran() == 'room 1, pattern 1, nothing 1'
	repository.tests('-m', '')
	assert repository.ran() == 'nothing 1, long 1'


def test_a_test_that_failed_runs_again(tmp_path: Path) -> None:
	repository = Repository(tmp_path / 'repository')
	repository.put('room/file', 'wrong')
	for _ in range(2):
		repository.tests(status=1)
		assert repository.ran() == 'room 1, pattern 1, nothing 1'
	repository.put('room/file', 'right')
	repository.tests()
	assert repository.ran() == 'room 1, pattern 1, nothing 1'


def test_without_git_all_tests_run(tmp_path: Path) -> None:
	repository = Repository(tmp_path / 'repository')
	shutil.rmtree(repository.top / '.git')
	for _ in range(2):
		repository.tests()
		assert repository.ran() == 'room 1, pattern 1, nothing 1'


def test_a_test_that_lists_no_file_has_failed(tmp_path: Path) -> None:
	repository = Repository(tmp_path / 'repository')
	repository.put('tests/test_four.py', TEST.replace("'room'", "'rom'"))
	assert repository.tests(status=1).has('no file of the repository is rom$')
	assert repository.ran() == 'pattern 1, nothing 1'
