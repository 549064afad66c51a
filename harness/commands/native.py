# SPDX-License-Identifier: GPL-2.0
"""
`make native`: compiles the suites that need no kernel, decompress.c and its decoders natively, for
64 and for 32 bits, and runs them. Then it decompresses the conformance corpus and the fuzzers' corpus.
"""

import concurrent.futures
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence, Tuple, TypeVar

from harness import base, packages, results, speed, tree, values
from harness.base import Trouble, patience, say
from harness.commands.run import options_of
from harness.conformance import corpus as conformance
from harness.fuzz import corpus
from harness.native_build import BITS, NATIVE, NativeBuild, finding_of_tries
from harness.values import Given

T = TypeVar('T')

# How long all files of an algorithm may take; a hundredth is enough. timeout(1) exits with this if not.
SECONDS, TIMED_OUT = 100, 124

# Errors of the compiler if decompress.c uses something that the native build lacks: the pattern,
# how to print the name, and the file to which to add it
LACKING = (
	(r'decompress\.c:.*implicit declaration of function \W*(\w+)', '{}()', 'native.h'),
	(r'decompress\.c:.*error: \W*(\w+)\W* undeclared', '{}', 'native.h'),
	(r'decompress\.c:.*unknown type name \W*(\w+)', '{}', 'native.h'),
	(r'decompress\.c:.*fatal error: (.*): No such file', '{}',
	 'Makefile, in stands_in, and declare what decompress.c uses of it in native.h'),
	(r'undefined reference to \W*(\w+)', '{}()', 'native.c'),
)


def for_both(work: Callable[[int], T]) -> Dict[int, T]:
	"""Does @work for 64 and for 32 bits, in parallel."""
	with concurrent.futures.ThreadPoolExecutor(len(BITS)) as pool:
		return dict(zip(BITS, pool.map(work, BITS)))


def tries(program: Path, files: Sequence[Path]) -> 'subprocess.CompletedProcess[str]':
	"""Runs a program that decompresses files and prints the outcomes. A decoder may not end."""
	ended = subprocess.run(['timeout', str(SECONDS), program, *files], stdin=subprocess.DEVNULL,
			       text=True, errors='replace', stdout=subprocess.PIPE,
			       stderr=subprocess.PIPE, check=False, env=base.environment())
	if ended.returncode == TIMED_OUT:
		ended.stderr = f'finding: does not end\n{ended.stderr}'
	return ended


class Program(NativeBuild):
	"""The native programs, one for 64 and one for 32 bits."""

	def of_bits(self, bits: int, name: str = '') -> Path:
		"""Returns the directory of one of the programs, or a file in it."""
		return self.directory / str(bits) / name

	def build_both(self, compiler: str) -> None:
		"""Builds both. If that fails, says what the native build lacks."""
		say(f'Building {self.what} ...')
		with patience(self.objects):
			made = for_both(lambda bits: self.make(
				str(bits), f'BITS={bits}', f'HOSTCC={compiler}', 'default', 'tries'))
		text = ''.join(made[bits].stdout for bits in BITS)
		self.log.write_text(text, encoding='utf-8')
		if all(one.returncode == 0 for one in made.values()):
			return
		self.show_log()
		for pattern, form, where in LACKING:
			for name in sorted(set(re.findall(pattern, text))):
				say(f'decompress.c uses {form.format(name)}, which the native build lacks: '
				    f'add it to {NATIVE}/{where}')
		self.failed('built')

	def run(self, bits: int, only: str) -> int:
		"""Runs the suites in one of the programs, and returns its exit status."""
		with (self.directory / f'{bits}.log').open('w', encoding='utf-8') as log, \
		     (self.directory / f'{bits}.stderr').open('w', encoding='utf-8') as errors:
			return subprocess.run(
				[self.of_bits(bits, 'module_decompress'), only or '*'], stdout=log,
				stderr=errors, stdin=subprocess.DEVNULL, env=base.environment(),
				check=False).returncode

	def cases_done(self) -> int:
		"""Returns the number of cases that have ended."""
		return sum((self.directory / f'{bits}.log').read_text(errors='replace').count(' ok ')
			   for bits in BITS)

	def judge(self, bits: int, status: int, only: str) -> Tuple[int, str]:
		"""Prints the results of one of the programs. Returns the verdict and the numbers."""
		log, config = self.directory / f'{bits}.log', self.directory / f'{bits}.config'
		say(f'{bits} bits:')
		print(log.read_text(errors='replace'), end='', flush=True)
		config.write_text('CONFIG_HIGHMEM=y\n' + ('CONFIG_64BIT=y\n' if bits == 64 else ''))
		found = results.results(str(self.tree.path / tree.KUNIT), str(log))
		verdict = results.verdict(found)
		if verdict == 2:
			self.failed('tested: no case ran'
				    + (f'; does FILTER={only} match a case?' if only else ''))
		# The verdict comes from the output. The exit status must agree with it.
		if verdict != status:
			say((self.directory / f'{bits}.stderr').read_text(errors='replace'))
			self.failed(f'tested: the exit status of the {bits}-bit program, {status}, does '
				    'not agree with its results')
		lines, numbers = results.explained(
			found, results.bugs(str(config), str(self.tree.path / '.lacks')), [])
		for line in lines:
			print(f'{bits} bits: {line}')
		return verdict, f'{bits} bits {numbers}; '

	def try_conformance(self, bits: int) -> Optional[int]:
		"""
		Decompresses the files of the conformance corpus. Returns their number, or None if what
		comes out of one is not what its format demands.
		"""
		tried, wrong = 0, []
		for program in sorted(self.of_bits(bits).glob('try_*[a-z]')):
			algorithm = program.name.partition('_')[2]
			files = sorted((self.directory / 'conformance' / algorithm).iterdir())
			ended = tries(program, files)
			wrong += [': '.join(finding_of_tries(ended.stderr))] if ended.returncode \
				else conformance.amiss(algorithm, ended.stdout)
			tried += len(files)
		for line in wrong:
			print(f'{bits} bits: {line}')
		if not tried:
			self.failed('tested: the conformance corpus is empty')
		return None if wrong else tried

	def try_corpus(self, bits: int) -> Optional[int]:
		"""
		Tries the inputs of the fuzzers' corpus. Returns their number, or None if one breaks a
		rule.
		"""
		tried = 0
		for program in sorted(self.of_bits(bits).glob('try_*[a-z]')):
			inputs = sorted((self.directory / 'corpus' / program.name.partition('_')[2]).iterdir())
			ended = tries(program, inputs)
			if ended.returncode == 2:
				self.failed('tested: cannot read the corpus')
			if ended.returncode:
				print(f'{bits} bits:', '\n'.join(finding_of_tries(ended.stderr)))
				return None
			tried += sum(map(int, re.findall(r'^(\d+)\b.* inputs$', ended.stdout, re.MULTILINE)))
		if not tried:
			self.failed('tested: the corpus is empty')
		return tried


def in_words(counts: List[Optional[int]], all_well: str, else_: str) -> str:
	"""Returns @all_well with the sum of the counts, or @else_ if one is None."""
	known = [count for count in counts if count is not None]
	return f'{all_well.format(sum(known)) if len(known) == len(counts) else else_}; '


def command(given: Given, build: Path) -> int:
	"""Builds and runs. Returns 0 if all passed, or 1."""
	options = options_of(given, build)
	if values.is_yes(given, 'SPEED', 'no'):
		for name in 'FILTER', 'LLVM':
			if given.get(name):
				raise Trouble(f'{name}={given[name]}: SPEED=yes measures all decoders, built by gcc; '
					      f'leave {name} out')
		return speed.command(options)
	compiler = packages.need_for_native(options.llvm, options.may_install)
	llvm = options.llvm
	program = Program('native', options, f'native/{{}}{"-llvm" if llvm else ""}',
			  f', natively{" by LLVM" if llvm else ""}')
	directory = program.directory
	program.build_both(compiler)

	started = time.monotonic()
	for bits in BITS:
		(directory / f'{bits}.log').write_text('')
	with patience(lambda: f'{program.cases_done()} cases done'):
		statuses = for_both(lambda bits: program.run(bits, options.filter))
	seconds = time.monotonic() - started
	judged = [program.judge(bits, statuses[bits], options.filter) for bits in BITS]
	verdict = int(any(one for one, _ in judged))
	counts = ''.join(numbers for _, numbers in judged)
	# If a case fails, inputs of the corpus would fail for the same reason.
	if verdict == 0 and not options.filter:
		for name in 'corpus', 'conformance':
			shutil.rmtree(directory / name, ignore_errors=True)
		corpus.unpack(directory / 'corpus')
		conformance.unpack(directory / 'conformance')
		with patience():
			right: List[Optional[int]] = list(for_both(program.try_conformance).values())
			# A decoder that is wrong may not end with what the fuzzers have found.
			tried: List[Optional[int]] = [] if None in right else list(
				for_both(program.try_corpus).values())
		verdict = int(None in [*right, *tried])
		counts += in_words(right, 'of the conformance corpus {} are right',
				   'not all of the conformance corpus is right')
		counts += in_words(tried, "of the fuzzers' corpus {} tried",
				   "an input of the fuzzers' corpus breaks a rule")
	result = f'{program.what}: {counts}{seconds:.2f} s'
	if not options.filter:
		program.record(result, ' LLVM=1' if llvm else '')
	print(f'make native: {result}')
	return verdict
