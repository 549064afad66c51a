# SPDX-License-Identifier: GPL-2.0
"""
`make fuzz`: libFuzzer against decompress.c and its decoders, compiled natively, with the ledger and
the stock libraries as judges. What it has learnt stays in build/fuzz/, and the next run goes on from
there.
"""

import re
import shutil
import time
from pathlib import Path
from typing import List, Optional, Tuple

from harness import base, oracle, packages, values
from harness.base import Trouble, patience, say
from harness.commands.run import Options, options_of
from harness.fuzz import corpus
from harness.native_build import NativeBuild, finding, finding_of_tries
from harness.oracle import SUFFIXES
from harness.values import Given

# What is longer is slower, and finds no more.
MOST_BYTES = 4096


class Fuzzers(NativeBuild):
	"""The fuzzers of a kernel"""

	def __init__(self, options: Options, own_corpus: Optional[Path] = None) -> None:
		"""@own_corpus is read and added to instead of that in build/fuzz/."""
		packages.need_for_native(True, options.may_install)
		packages.need(['gcovr', '/usr/include/lzma.h', '/usr/include/zstd.h',
			       '/usr/include/zlib.h'], options.may_install)
		super().__init__('fuzz', options, f'fuzz/{{}}-{options.fixes}')
		self.corpus = own_corpus or options.build / 'fuzz/corpus'
		stock = oracle.get(options.build, options.may_install)
		if not stock:
			raise Trouble('fuzz: the stock libraries of a newer Debian cannot be '
				      'downloaded, and older ones are no judges')
		self.stock = stock.libraries

	def inputs(self, algorithm: str) -> List[Path]:
		"""Returns the directories with what is known. New inputs go to the first."""
		return [self.corpus / algorithm, self.directory / 'seeds' / algorithm]

	def fuzzer(self, algorithm: str) -> Path:
		"""Returns the fuzzer of an algorithm."""
		return self.directory / 'build' / f'fuzz_{algorithm}'

	def prepare(self) -> List[str]:
		"""Builds the fuzzers, and returns for which algorithms: 6.1 has no zstd."""
		say(f'Building {self.what}, to be fuzzed ...')
		self.build('build', 'HOSTCC=clang', 'fuzz')
		seeds = self.directory / 'seeds'
		shutil.rmtree(seeds, ignore_errors=True)
		for algorithm in SUFFIXES:
			for directory in self.inputs(algorithm):
				directory.mkdir(parents=True, exist_ok=True)
		if base.run([self.directory / 'build/seeds', seeds]).returncode:
			self.failed('tested: it has no seeds')
		corpus.unpack(seeds)
		return [name for name in SUFFIXES if self.fuzzer(name).exists()]

	def run(self, algorithm: str, log: Path, *words: base.Arg) -> None:
		"""Runs the fuzzer of an algorithm where its log is."""
		base.logged([self.fuzzer(algorithm), f'-max_len={MOST_BYTES}', *words], log,
			    cwd=log.parent, STOCK=str(self.stock))

	def fuzz(self, algorithm: str, seconds: int) -> Tuple[str, List[Path]]:
		"""
		Runs several processes, each of which reads what the others learn. Returns their
		numbers and their findings.
		"""
		say(f'{algorithm}, for {seconds} seconds ...')
		here, jobs = self.directory / algorithm, self.options.jobs
		shutil.rmtree(here, ignore_errors=True)
		(here / 'found').mkdir(parents=True)

		def counts(log: Path) -> List[Tuple[str, str, str]]:
			return re.findall(r'^(#(\d+).* cov: (\d+) .*?)(?: L: .*)?$',
					  log.read_text(errors='replace'), re.MULTILINE)

		def still() -> str:
			lines = [line for log in here.glob('fuzz-*.log')
				 for line, *_ in counts(log)]
			return f'{algorithm}: {lines[-1]}' if lines else 'still at it'

		started = time.monotonic()
		with patience(still):
			self.run(algorithm, here / 'out', f'-jobs={jobs}', f'-workers={jobs}',
				 f'-max_total_time={seconds}', '-timeout=10', '-rss_limit_mb=1024',
				 f'-artifact_prefix={here}/found/', *self.inputs(algorithm))
		took = max(1, round(time.monotonic() - started))
		found = sorted((here / 'found').iterdir())
		inputs = covered = 0
		for log in here.glob('fuzz-*.log'):
			# What each of them last said; a finding may be the first input.
			last = counts(log)[-1:]
			if not last and not found:
				self.log = log
				self.show_log()
				self.failed(f'tested: the target of {algorithm} did not begin')
			for _, count, edges in last:
				inputs += int(count)
				covered = max(covered, int(edges))
		return (f'{algorithm} {inputs} inputs, {inputs // took // jobs} a second and '
			f'process, {covered} edges; ', found)

	def keep(self, algorithm: str, artifact: Path) -> str:
		"""Keeps a finding, as small as it becomes in a while. Returns a line on it."""
		findings = self.options.build / 'fuzz/findings'
		findings.mkdir(exist_ok=True)
		kept = findings / f'{algorithm}-{artifact.name.partition("-")[2][:10]}'
		log = Path(f'{kept}.log')
		shutil.copy(artifact, kept)
		with patience():
			self.run(algorithm, self.log, '-minimize_crash=1', '-max_total_time=20',
				 f'-exact_artifact_path={kept}', artifact)
		self.run(algorithm, log, kept)
		words = finding(log.read_text(errors='replace')).removeprefix('finding: ')
		data = kept.read_bytes()
		# As a file, without the byte in front of it
		Path(f'{kept}.{SUFFIXES[algorithm]}').write_bytes(data[1:])
		words = words or 'it does not happen again'
		return f'{algorithm}: {words}: {len(data)} bytes in {kept}'

	def try_all(self, algorithms: List[str], room: str, *variables: str) -> List[str]:
		"""Tries all that is known with other programs, and returns the first finding."""
		self.build(room, *variables, 'tries')
		self.forget_counts()
		for algorithm in algorithms:
			with patience():
				program = self.directory / room / f'try_{algorithm}'
				ended = base.run(['find', *self.inputs(algorithm), '-type', 'f',
						  '-exec', program, '{}', '+'], both=True)
			if ended.returncode:
				self.log.write_text(ended.stdout, encoding='utf-8')
				return finding_of_tries(ended.stdout)
		return []

	def count_lines(self, algorithms: List[str], directory: Path) -> None:
		"""Writes which lines are reached by all that is known."""
		if self.try_all(algorithms, 'lines', 'HOSTCC=gcc', 'SANITIZE=',
				'EXTRA_CFLAGS=--coverage'):
			self.failed('counted')
		directory.mkdir(exist_ok=True)
		self.gcovr('counted', self.directory / 'lines',
			   '--filter', r'.*/lib/(zlib_inflate|xz|zstd)/.*\.c$',
			   '--filter', r'.*/kernel/module/decompress\.c$',
			   '--txt', directory / 'lines.txt',
			   '--html-details', directory / 'index.html',
			   '--html-title', f'make fuzz: {self.what}')


def algorithms_of(given: Given) -> List[str]:
	"""Returns ALGORITHMS=."""
	words = given.get('ALGORITHMS', '').split()
	for word in words:
		if word not in SUFFIXES:
			raise Trouble(f'ALGORITHMS={" ".join(words)}: no {word}; there are '
				      + ' '.join(SUFFIXES))
	return words


def command(given: Given, build: Path) -> int:
	"""Builds and runs. Returns 0 if nothing was found, or 1."""
	seconds = values.number(given, 'SECONDS', 60, 'a number of seconds')
	wanted = algorithms_of(given)
	own_corpus = values.path(given, 'CORPUS')
	if own_corpus and not own_corpus.is_dir():
		raise Trouble(f'CORPUS={own_corpus}: no such directory')
	fuzzers = Fuzzers(options_of(given, build), own_corpus)
	built = fuzzers.prepare()
	for algorithm in wanted:
		if algorithm not in built:
			raise Trouble(f'ALGORITHMS={" ".join(wanted)}: decompress.c of {fuzzers.what} '
				      f'does not know {algorithm}')
	numbers, findings = '', []
	for algorithm in wanted or built:
		counts, artifacts = fuzzers.fuzz(algorithm, seconds)
		numbers += counts
		for artifact in artifacts:
			findings.append(fuzzers.keep(algorithm, artifact))
			print(findings[-1], flush=True)
	# A kernel as shipped fails at inputs that are known.
	if fuzzers.options.fixes == 'yes' and not findings:
		lines = build / 'fuzz/lines'
		say('Trying all that is known with MemorySanitizer; the lines it reaches go to '
		    f'{lines} ...')
		# The fuzzers do not run under it, as the stock libraries are not compiled for it.
		findings = fuzzers.try_all(built, 'msan', 'HOSTCC=clang', 'SANITIZE=memory')
		if findings:
			print(': '.join(findings))
		else:
			fuzzers.count_lines(built, lines)
	result = f'{fuzzers.what}: {numbers}{"" if findings else "no findings"}'
	if seconds >= 60:
		fuzzers.record(result, seconds=f' SECONDS={seconds}')
	print(f'make fuzz: {result}')
	return int(bool(findings))
