# SPDX-License-Identifier: GPL-2.0
"""Builds a kernel with the suite and boots it, with the kernel's own kunit.py and makefiles."""

import contextlib
import hashlib
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, List, NoReturn, Sequence

from harness import base, configuration, locks, results
from harness.base import TOP, Trouble, patience, say
from harness.machine import Machine
from harness.tree import KUNIT, Tree

QEMU_CONFIG = TOP / 'harness/data/qemu_config.py'


def running() -> str:
	"""Returns the sign of progress while a kernel runs."""
	return 'the kernel is running'


@dataclass
class Build:
	"""A build directory. One command at a time holds its lock."""
	command: str
	what: str
	"""What is built, for messages"""
	tree: Tree
	machine: Machine
	directory: Path
	llvm: str = ''
	"""The value of Kbuild's LLVM=, or an empty string for gcc"""
	jobs: int = os.cpu_count() or 1
	log: Path = field(init=False)
	lock: locks.Lock = field(init=False)

	def __post_init__(self) -> None:
		self.directory.mkdir(parents=True, exist_ok=True)
		self.lock = locks.take(self.directory / 'lock', f'make {self.command} of {self.what}, '
			   f'process {os.getpid()}')
		self.begin_log(self.command)

	def begin_log(self, name: str) -> None:
		"""Starts a new log. Later commands append to it."""
		self.log = self.directory / f'{name}.log'
		self.log.unlink(missing_ok=True)

	def release(self) -> None:
		"""Releases the locks of the directory and the tree."""
		self.lock.release()
		if self.tree.lock:
			self.tree.lock.release()

	def failed(self, how: str) -> NoReturn:
		"""Ends without a verdict, and points to the log."""
		raise Trouble(f'{self.what}: not {how}; see {self.log}')

	def kunit_words(self, command: str, *args: str) -> List[base.Arg]:
		"""Returns the words of a command of the tree's kunit.py."""
		own = [f'--qemu_config={QEMU_CONFIG}'] if self.machine.qemu else []
		cross = [f'--cross_compile={self.machine.cross}'] \
			if self.machine.cross and not self.llvm else []
		config = self.directory / '.config'
		# With PREEMPT_RT a thread prints, and its last lines are lost when the kernel restarts,
		# but not when it panics. So make it panic: behind the "--", kunit.py's last argument,
		# which makes the kernel restart, goes to init, and the guest has no init.
		rt = config.exists() and '\nCONFIG_PREEMPT_RT=y\n' in config.read_text(encoding='utf-8')
		return ['env', 'PYTHONUNBUFFERED=1', f'KUNIT_MACHINE={self.machine.name}',
			f'KUNIT_MACHINE_ARGS={"panic=-1 --" if rt and command == "exec" else ""}',
			'python3', self.tree.path / KUNIT / 'kunit.py', command,
			f'--build_dir={self.directory}', f'--arch={self.machine.arch}', *cross, *own, *args]

	def kunit_py(self, command: str, *args: str) -> int:
		"""Runs a command of the tree's kunit.py, and returns its exit status."""
		return base.shown(self.kunit_words(command, *args), self.log)

	def make_kernel(self, *words: str) -> int:
		"""
		Runs make as kunit.py does, but without compile_commands.json and without a "make
		olddefconfig", which takes half of the time after an edit.
		"""
		llvm = [f'LLVM={self.llvm}'] if self.llvm else []
		cross = [f'CROSS_COMPILE={self.machine.cross}'] \
			if self.machine.cross and not self.llvm else []
		return base.shown(['make', '-C', self.tree.path, '--no-print-directory', '-s', *words,
				   *llvm, f'ARCH={self.machine.arch}', *cross, f'O={self.directory}',
				   f'--jobs={self.jobs}'], self.log)

	def configure(self, fragments: Sequence[Path]) -> None:
		"""
		Configures, if .config or any of its sources has changed. Gives kunit.py the options of
		fragments one by one, because only --kconfig_add may override the kunitconfig.
		"""
		config, done = self.directory / '.config', self.directory / 'configured'
		key = hashlib.sha256()
		for path in (TOP / '.kunitconfig', TOP / 'kernel/module/.kunitconfig',
			     self.tree.path / 'kernel/module/Kconfig',
			     self.tree.path / 'kernel/module/tests/Kconfig',
			     TOP / 'harness/configuration.py', *sorted(configuration.SMALL.iterdir()),
			     *fragments):
			key.update(path.read_bytes())
		key.update(' '.join(configuration.lacking(self.tree.path)).encode())
		if config.exists() and done.exists() and \
		   done.read_text(encoding='utf-8') == key.hexdigest() + config.read_text(encoding='utf-8'):
			return
		done.unlink(missing_ok=True)
		args = [f'--kconfig_add={line}' for path in fragments
			for line in configuration.options(path)]
		if self.llvm:
			args.append(f'--make_options=LLVM={self.llvm}')
		build = self.tree.path.parent.parent
		with patience(lambda: 'still configuring'):
			status = self.kunit_py('config', *configuration.arguments(
				build, self.tree.path, self.machine.name, self.llvm), *args)
		if status:
			self.failed('configured')
		base.write(done, key.hexdigest() + config.read_text(encoding='utf-8'))

	def compiler(self) -> str:
		"""Returns the command of the compiler."""
		return f'{self.llvm}clang' if self.llvm else f'{self.machine.cross}gcc'

	def changed(self, built: str, image: Path) -> bool:
		"""
		Returns whether anything in the tree is newer than the last build. This is faster than
		make, which takes seconds to find that it has nothing to do.
		"""
		mark = self.directory / 'built'
		if not image.exists() or not mark.exists() or mark.read_text(encoding='utf-8') != built:
			return True
		return is_newer(self.tree.path, mark.stat().st_mtime_ns)

	def build(self, *variables: str, target: str = '', image: str = '') -> None:
		"""Builds the machine's target, or another @target, if anything has changed."""
		target = target or self.machine.target
		version = base.output([self.compiler(), '--version']).partition('\n')[0]
		config = hashlib.sha256((self.directory / '.config').read_bytes()).hexdigest()
		built = ' '.join([target, *variables, version, config])
		if not self.changed(built, self.directory / (image or self.machine.image)):
			return
		say(f'Building {self.what} ...')
		# The time of this file is the start of the build: a later edit is newer.
		new, mark = self.directory / 'built.new', self.directory / 'built'
		new.write_text(built, encoding='utf-8')
		mark.unlink(missing_ok=True)
		with patience(lambda: f'{count_objects(self.directory)} objects built'):
			status = self.make_kernel(target, *variables)
		if status:
			self.failed('built')
		new.replace(mark)

	def boot(self, *args: str, qemu_args: Sequence[str] = (),
		 still: Callable[[], str] = running) -> int:
		"""
		Boots the kernel and returns 0 if all tests passed, or 1. A kernel that does not reach its
		first test has no verdict. @still returns the signs of progress.
		"""
		log = self.directory / 'test.log'
		for name in ('test.log', 'kunit.json'):
			(self.directory / name).unlink(missing_ok=True)
		qemu = [f'--qemu_args={words}' for words in (self.machine.qemu_args, *qemu_args)] \
			if self.machine.qemu else []
		with patience(still):
			status = self.kunit_py('exec', f'--json={self.directory}/kunit.json', *qemu, *args)
		if not log.exists() or not re.search('K?TAP version', log.read_text(errors='replace')):
			self.failed('booted: the kernel did not reach its first test')
		return int(status != 0)

	def judge(self, verdict: int, why: str = '') -> List[results.Result]:
		"""
		Returns the tests of the boot that returned @verdict. If they do not agree with
		@verdict, there is no verdict: kunit.py may have failed, for example on a full disk.
		@why adds to the message if no test ran.
		"""
		found = results.results(str(self.tree.path / KUNIT), str(self.directory / 'test.log'))
		judged = results.verdict(found)
		if judged == 2:
			self.failed(f'tested: no case ran{why}')
		if judged != verdict:
			self.failed('tested: kunit.py failed, but no test failed')
		return found


def is_newer(tree: Path, then: int) -> bool:
	"""
	Returns whether a file or directory of a tree was changed after this time. All of them count:
	makefiles name headers, sources and Kconfig files in directories that have nothing built.
	"""
	rooms = [str(tree)]
	while rooms:
		with contextlib.suppress(FileNotFoundError), os.scandir(rooms.pop()) as entries:
			for entry in entries:
				if entry.name == '.git':
					continue
				# Links may lead nowhere.
				with contextlib.suppress(OSError):
					if entry.stat().st_mtime_ns > then:
						return True
				if entry.is_dir():
					rooms.append(entry.path)
	return False


def count_objects(directory: Path) -> int:
	"""Returns the number of object files."""
	return sum(name.endswith('.o') for _, _, files in os.walk(directory) for name in files)


def start_from(source: Path, new: Path) -> None:
	"""
	Copies a build directory to a new one for another configuration of the same kernel. Most
	objects need no rebuild.
	"""
	if new.is_dir() or not (source / 'built').exists():
		return
	say(f'Starting from a copy of {source} ...')
	copy = new.with_name(f'{new.name}.{os.getpid()}')
	try:
		lock = locks.take(source / 'lock', '', shared=True)
		with patience():
			shutil.copytree(source, copy, symlinks=True)
		lock.release()
		for path in [*copy.glob('*.log'), *copy.glob('*.json'),
			     *(copy / name for name in ('built', 'configured', 'lock'))]:
			path.unlink(missing_ok=True)
		# Another command may have made it meanwhile.
		if not new.is_dir():
			copy.rename(new)
	finally:
		shutil.rmtree(copy, ignore_errors=True)


