# SPDX-License-Identifier: GPL-2.0
"""Builds the native programs of `make native`, `make coverage` and `make fuzz`."""

import os
import re
import subprocess
from typing import List, NoReturn

from harness import base, build, locks, records
from harness.base import Trouble, say
from harness.commands import run
from harness.commands.run import Options
from harness.kernel import Sources

BITS = (64, 32)
NATIVE = 'tools/testing/module_decompress'


class NativeBuild:
	"""A directory for native programs. One command at a time holds its lock."""

	def __init__(self, command: str, options: Options, room: str, how: str = '') -> None:
		"""
		@room is the directory in build/, with {} for the kernel's name. @how goes into the
		results after the kernel's version.
		"""
		kernel = Sources(options.build, options.may_install).find(options.kernel)
		self.command = command
		self.options = options
		self.what = f'linux {kernel.version}{how}, {run.words_of_fixes(options, kernel)}'
		self.sources = records.key()
		who = f'make {command} of linux {kernel.version}'
		self.tree = run.take_tree(options, kernel, who)
		self.directory = options.build / room.format(kernel.name)
		locks.take(self.directory / 'lock', f'{who}, process {os.getpid()}')
		self.log = self.directory / f'{command}.log'

	def failed(self, how: str) -> NoReturn:
		"""Ends without a verdict, and points to the log."""
		raise Trouble(f'{self.what}: not {how}; see above, or {self.log}')

	def show_log(self) -> None:
		"""Prints the end of the log."""
		say('\n'.join(self.log.read_text(errors='replace').splitlines()[-20:]))

	def objects(self) -> str:
		"""Returns the progress of the build."""
		return f'{build.count_objects(self.directory)} objects built'

	def make(self, room: str, *words: str) -> 'subprocess.CompletedProcess[str]':
		"""Runs make for programs in the directory @room."""
		return base.run(['make', '-C', self.tree.path / NATIVE, '--no-print-directory',
				 f'O={self.directory / room}', f'--jobs={self.options.jobs}',
				 *words], both=True)

	def build(self, room: str, *words: str) -> None:
		"""Builds programs in the directory @room."""
		with base.patience(self.objects):
			made = self.make(room, *words)
		self.log.write_text(made.stdout, encoding='utf-8')
		if made.returncode:
			self.show_log()
			self.failed('built')

	def gcovr(self, how: str, *words: base.Arg) -> str:
		"""Runs gcovr for this tree, and returns what it prints. @how is for failed()."""
		ended = base.run(['gcovr', '--root', self.tree.path, '--object-directory',
				  self.tree.path / NATIVE, *words], both=True)
		if ended.returncode:
			self.log.write_text(ended.stdout, encoding='utf-8')
			self.show_log()
			self.failed(how)
		return ended.stdout

	def forget_counts(self) -> None:
		"""Removes the counts that programs built with --coverage have left."""
		for path in self.directory.rglob('*.gcda'):
			path.unlink()

	def record(self, result: str, llvm: str = '', seconds: str = '') -> None:
		"""
		Records the result for `make results`, if others can repeat it. @llvm and @seconds are
		variables for its command line, each after a blank.
		"""
		options = self.options
		if not options.decompress and records.is_repeatable(options.kernel, options.fixes):
			records.record(options.build, f'make {self.command} KERNEL={options.kernel}'
				       f'{llvm} FIXES={options.fixes}{seconds}', result, self.sources)


def finding(text: str) -> str:
	"""Returns the first line of the output that describes a finding."""
	found = re.search('^(finding: .*|.*(ERROR|runtime error|MemorySanitizer): .*)', text,
			  re.MULTILINE)
	return found[0] if found else ''


def finding_of_tries(text: str) -> List[str]:
	"""Returns the finding, and its input: the last one that the program named."""
	return [finding(text) or 'ended early', *re.findall('^/.*', text, re.MULTILINE)[-1:]]
