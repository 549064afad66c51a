# SPDX-License-Identifier: GPL-2.0
"""A command does not use what another one is building, or what an interrupted one has left."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Dict, Iterator, List, Sequence

import pytest

from harness import locks
from stand_ins import GREEN, Bench
from support import KUNIT_PY, TOP, Arg, script

pytestmark = pytest.mark.commands

# A test fails if it waits longer than this many seconds.
LONG = 60
WAITING = 'Waiting for another user to end'


def until(happened: Path) -> None:
	"""Waits until this file exists."""
	end = time.monotonic() + LONG
	while not happened.exists():
		assert time.monotonic() < end, f'{happened} did not come'
		time.sleep(0.05)


def kill(pids: Sequence[int]) -> None:
	"""Kills these processes with SIGKILL, so that none cleans up; some may have ended."""
	for pid in pids:
		with contextlib.suppress(ProcessLookupError):
			os.kill(pid, signal.SIGKILL)


class Running:
	"""A command that runs in a new session, with its output in a file."""

	started: List['Running'] = []

	def __init__(self, bench: Bench, output: Path, *command: Arg) -> None:
		self.output = output
		env = {**os.environ, 'PATH': f'{bench.bin}:{os.environ["PATH"]}',
		       'BUILD': str(bench.build)}
		with open(output, 'w', encoding='utf-8') as out:
			self.process = subprocess.Popen(
				[str(word) for word in command], cwd=TOP, env=env, stdout=out,
				stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
		self.started.append(self)

	@property
	def text(self) -> str:
		"""What the command has printed so far"""
		return self.output.read_text(errors='replace')

	def says(self, words: str) -> None:
		"""Waits until the command has printed @words."""
		end = time.monotonic() + LONG
		while words not in self.text:
			assert self.process.poll() is None and time.monotonic() < end, \
				f'no "{words}" in:\n{self.text}'
			time.sleep(0.05)

	def ends(self) -> int:
		"""Waits until the command has ended, and returns its exit status."""
		try:
			return self.process.wait(LONG)
		finally:
			print(self.text)

	def members(self) -> Dict[int, int]:
		"""Returns the processes of the command's session, each with its parent."""
		found = {}
		for stat in Path('/proc').glob('[0-9]*/stat'):
			try:
				fields = stat.read_text().rpartition(')')[2].split()
			except OSError:
				continue
			if int(fields[3]) == self.process.pid and fields[0] != 'Z':
				found[int(stat.parent.name)] = int(fields[1])
		return found


def running(bench: Bench, name: str, **variables: Arg) -> Running:
	"""Starts `make run` with the stand-ins."""
	return Running(bench, bench.path / name, 'make', '--no-print-directory', 'run',
		       f'KERNEL={bench.kernel}',
		       *(f'{name}={value}' for name, value in variables.items()))


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
	"""Kills the processes that a failed test has left running."""
	yield
	for command in Running.started:
		kill(list(command.members()))
		command.process.wait()
	Running.started.clear()


@pytest.fixture(name='bench')
def built(tmp_path: Path) -> Iterator[Bench]:
	"""A bench whose kernel has been built"""
	bench = Bench(tmp_path)
	bench.run()
	yield bench


def build_slowly(bench: Bench) -> None:
	"""Makes the kernel's build say when it begins, and wait until the test lets it go on."""
	makefile = bench.kernel / 'Makefile'
	makefile.write_text(makefile.read_text().replace(
		'vmlinux:\n',
		f'vmlinux:\n\t@echo $$PPID >{bench.path}/begun.new\n'
		f'\t@mv {bench.path}/begun.new {bench.path}/begun\n'
		f'\t@: >$(O)/half\n\t@until [ -e {bench.path}/go ]; do sleep 0.1; done\n'
		'\t@rm $(O)/half\n'))


@pytest.mark.parametrize('shared, what, variables, waits', [
	(False, 'directory', {}, True),
	(False, 'tree', {}, True),
	(True, 'tree', {}, False),
	(True, 'tree', {'FIXES': '0001'}, True)],
	ids=['of the same directory', 'of the same tree', 'but not if both only read it',
	     'that wants other fixes in it'])
def test_one_run_waits_for_another(bench: Bench, shared: bool, what: str,
				   variables: Dict[str, str], waits: bool) -> None:
	path = bench.dir / 'lock' if what == 'directory' else Path(f'{bench.tree}.lock')
	with open(path, 'w', encoding='utf-8') as lock:
		fcntl.flock(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
		print('another user', file=lock, flush=True)
		other = running(bench, 'other', **variables)
		if waits:
			other.says(WAITING)
		else:
			assert other.ends() == 0 and 'Waiting' not in other.text
	assert other.ends() == 0


def test_kunit_py_waits_for_a_run(bench: Bench) -> None:
	with open(f'{bench.tree}.lock', 'w', encoding='utf-8') as lock:
		fcntl.flock(lock, fcntl.LOCK_SH)
		print('another user', file=lock, flush=True)
		other = Running(bench, bench.path / 'other', 'env', f'KERNEL={bench.kernel}',
				'FIXES=0001', KUNIT_PY, 'parse', bench.dir / 'test.log')
		other.says(WAITING)
	assert other.ends() == 0


def test_kunit_py_holds_the_lock_whatever_files_its_caller_has_open(bench: Bench) -> None:
	# The first free descriptor has two digits then, and shells cannot redirect those.
	calls = script(bench.path / 'calls',
		       *(f'exec {number}</dev/null' for number in range(3, 10)),
		       f'exec {KUNIT_PY} exec --arch=i386 --build_dir={bench.dir}')
	bench.qemu(f': >"{bench.path}/begun"; until [ -e "{bench.path}/go" ]; do sleep 0.1; done',
		   f'printf "{GREEN}"'.replace('\n', '\\n'))
	first = Running(bench, bench.path / 'first', 'env', f'KERNEL={bench.kernel}', calls)
	until(bench.path / 'begun')
	other = running(bench, 'other', FIXES='0001')
	other.says('Waiting for kunit.py exec')
	(bench.path / 'go').touch()
	assert first.ends() == 0 and other.ends() == 0


def test_two_runs_at_once(tmp_path: Path) -> None:
	bench = Bench(tmp_path)
	runs = [running(bench, 'one'), running(bench, 'two'),
		running(bench, 'three', CONFIG='nohighmem'),
		running(bench, 'four', FIXES='0001'), running(bench, 'five', FIXES='0001,0003')]
	for each in runs:
		assert each.ends() == 0
		assert '1 passed, 0 failed, 0 skipped' in each.text
	assert sum('Waiting for ' in each.text for each in runs) > 0
	for number, name in ('0001', 'four'), ('0001,0003', 'five'):
		assert f'with fixes {number}: 1 passed' in (tmp_path / name).read_text()


def ancestors(of: int, members: Dict[int, int]) -> List[int]:
	"""Returns the ancestors of a process, the nearest first."""
	found = []
	while of in members and members[of] in members:
		of = members[of]
		found.append(of)
	return found


def test_what_a_killed_run_has_started_keeps_its_locks(bench: Bench) -> None:
	build_slowly(bench)
	first = running(bench, 'first')
	until(bench.path / 'begun')
	# The kernel's make survives, and still writes to the build directory.
	builds = int((bench.path / 'begun').read_text())
	kill(ancestors(builds, first.members())[::-1])
	first.ends()
	other = running(bench, 'other')
	other.says('Waiting for make run')
	assert (bench.dir / 'half').exists()
	(bench.path / 'go').touch()
	assert other.ends() == 0 and not (bench.dir / 'half').exists()


@pytest.mark.parametrize('moment, said', [
	(LONG, ''), (0.3, 'Waiting for another run to end ...\n')], ids=['for a moment', 'longer'])
def test_a_wait_is_told_if_it_lasts(tmp_path: Path, capsys: pytest.CaptureFixture[str],
				    monkeypatch: pytest.MonkeyPatch, moment: float,
				    said: str) -> None:
	monkeypatch.setattr(locks, 'MOMENT', moment)
	held, path = tmp_path / 'held', tmp_path / 'lock'
	with subprocess.Popen(['flock', path, 'sh', '-c', f'touch {held}; sleep 2']):
		until(held)
		locks.take(path, '').release()
	assert capsys.readouterr().err == said


def test_what_only_shows_progress_keeps_no_lock(bench: Bench) -> None:
	build_slowly(bench)
	first = running(bench, 'first')
	until(bench.path / 'begun')
	# Kill all processes of the build; the ones that show progress may live a little longer.
	builds = int((bench.path / 'begun').read_text())
	members = first.members()
	kill([*ancestors(builds, members)[::-1], builds,
	      *(pid for pid, parent in members.items() if parent == builds)])
	first.ends()
	(bench.path / 'go').touch()
	# The last "sleep 0.1" of the makefile ends by itself.
	time.sleep(0.5)
	other = running(bench, 'other')
	assert other.ends() == 0 and 'Waiting' not in other.text


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
			 ids=['SIGINT', 'SIGTERM', 'SIGHUP'])
def test_a_run_that_was_interrupted_goes_on(bench: Bench, how: signal.Signals) -> None:
	build_slowly(bench)
	made = (bench.dir / 'made').read_text().count('vmlinux')
	first = running(bench, 'first')
	until(bench.path / 'begun')
	os.killpg(first.process.pid, how)
	assert first.ends() != 0
	(bench.path / 'go').touch()
	# make may end before the processes that it has started; these end soon.
	end = time.monotonic() + LONG
	while first.members():
		assert time.monotonic() < end, first.members()
		time.sleep(0.1)
	other = running(bench, 'other')
	# The half-built kernel is not used.
	assert other.ends() == 0 and 'Waiting' not in other.text
	assert (bench.dir / 'made').read_text().count('vmlinux') == made + 1
	assert '1 passed, 0 failed, 0 skipped' in other.text


def test_a_tree_that_was_half_made_is_made_again(bench: Bench) -> None:
	# An interrupted command leaves such a tree: changed, incomplete, without a state file
	(bench.tree / '.state').unlink()
	(bench.tree / 'kernel' / 'module' / 'decompress.c').write_text('half of it')
	(bench.tree / 'kernel' / 'module' / 'decompress_kunit.c').unlink()
	bench.run()
	for name in 'decompress.c', 'decompress_kunit.c':
		of = bench.kernel if name == 'decompress.c' else TOP
		path = Path('kernel') / 'module' / name
		assert (bench.tree / path).read_bytes() == (of / path).read_bytes()
