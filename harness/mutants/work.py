# SPDX-License-Identifier: GPL-2.0
"""The options and the directories of a run of `make mutants`."""

import concurrent.futures
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, List, TypeVar

from harness import base
from harness.base import TOP, Trouble

HERE = TOP / 'harness/mutants'
KERNEL = '6.12'
ARCH = 'i386'

T = TypeVar('T')
R = TypeVar('R')


@dataclass
class Work:
	"""
	A run. It tries the right changes with @right, some of them or of the mutants with @sample, and
	only the patches of a directory with @patches. @debug gives the kernel the debug options.
	"""
	build: Path
	jobs: int
	patches: str = ''
	hosts: str = ''
	right: bool = False
	sample: bool = False
	debug: bool = False
	may_install: bool = True

	@property
	def config(self) -> str:
		"""The value of CONFIG= for the kernel"""
		return 'debug' if self.debug else ''

	@property
	def directory(self) -> Path:
		"""The directory for all output"""
		return self.build / 'mutants' / ('right' if self.right else '')

	@property
	def base(self) -> Path:
		"""The directory of all that the mutants share; see shared.py"""
		return self.directory / 'base'

	@property
	def tree(self) -> Path:
		"""The kernel with the suite in it"""
		return self.build / 'tree' / KERNEL

	@property
	def decompress(self) -> Path:
		"""The decompress.c to break"""
		return self.tree / 'kernel/module/decompress.c'

	@property
	def kernel(self) -> Path:
		"""The build directory of the unbroken kernel"""
		suffix = f'-module_decompress_{self.config}' if self.config else ''
		return self.build / 'kunit' / f'{KERNEL}-{ARCH}{suffix}'

	@property
	def image(self) -> Path:
		"""The kernel with all mutants"""
		return self.directory / 'vmlinux'

	def of(self, ident: str, name: str = '') -> Path:
		"""Returns the directory of a mutant, or a file in it."""
		return self.directory / 'obj' / ident / name

	def side_by_side(self, do: Callable[[T], R], items: Iterable[T]) -> List[R]:
		"""Calls @do for each item, in as many threads as JOBS= says."""
		with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
			return list(pool.map(do, items))


def saved_command(directory: Path, name: str) -> str:
	"""Returns Kbuild's command for an object: savedcmd_, or cmd_ before Linux 6.3."""
	path = directory / name
	line = path.with_name(f'.{path.name}.cmd').read_text().partition('\n')[0]
	return re.sub(r'^(saved)?cmd_\S* := ', '', line)


def shell(words: str, *args: base.Arg, cwd: Path) -> str:
	"""Runs a saved command with more arguments, and returns its output."""
	ended = base.run(['sh', '-c', f'{words.strip()} "$@"', 'sh', *args], cwd=cwd, both=True)
	if ended.returncode:
		raise Failed(ended.stdout)
	return ended.stdout


def checked(*command: base.Arg, cwd: Path) -> str:
	"""Runs a program, and returns its output."""
	ended = base.run(command, cwd=cwd, both=True)
	if ended.returncode:
		raise Failed(ended.stdout)
	return ended.stdout


class Failed(Trouble):
	"""A program failed; the message is its output."""
