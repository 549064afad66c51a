# SPDX-License-Identifier: GPL-2.0
"""
`make fuzz`: fuzzes decompress.c and its decoders, compiled natively, with libFuzzer. The ledger and
the stock libraries judge each input. The corpus stays in build/fuzz/, and the next run starts from
it.
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

# Longer inputs are slower, and find no more.
MOST_BYTES = 4096


class Fuzzers(NativeBuild):
	"""The fuzzers of a kernel"""

	def __init__(self, options: Options, own_corpus: Optional[Path] = None) -> None:
		"""@own_corpus replaces the corpus in build/fuzz/."""
		packages.need_for_native(True, options.may_install)
		packages.need(['gcovr', '/usr/include/lzma.h', '/usr/include/zstd.h',
			       '/usr/include/zlib.h'], options.may_install)
		super().__init__('fuzz', options, f'fuzz/{{}}-{options.fixes}')
		self.corpus = own_corpus or options.build / 'fuzz/corpus'
		stock = oracle.get(options.build, options.may_install)
		if not stock:
			raise Trouble('cannot download zlib, liblzma and libzstd of a newer Debian; make '
				      'fuzz needs them, as older ones judge wrongly; run it where '
				      "Debian's archive can be reached")
		self.stock = stock.libraries

	def inputs(self, algorithm: str) -> List[Path]:
		"""Returns the directories of known inputs. libFuzzer writes new ones to the first."""
		return [self.corpus / algorithm, self.directory / 'seeds' / algorithm]

	def fuzzer(self, algorithm: str) -> Path:
		"""Returns the fuzzer of an algorithm."""
		return self.directory / 'build' / f'fuzz_{algorithm}'

	def prepare(self) -> List[str]:
		"""Builds the fuzzers. Returns the algorithms that have one: 6.1 has no zstd."""
		say(f'Building the fuzzers of {self.what} ...')
		self.build('build', 'HOSTCC=clang', 'fuzz')
		seeds = self.directory / 'seeds'
		shutil.rmtree(seeds, ignore_errors=True)
		for algorithm in SUFFIXES:
			for directory in self.inputs(algorithm):
				directory.mkdir(parents=True, exist_ok=True)
		if base.run([self.directory / 'build/seeds', seeds]).returncode:
			self.failed('tested: the program "seeds" failed')
		corpus.unpack(seeds)
		return [name for name in SUFFIXES if self.fuzzer(name).exists()]

	def run(self, algorithm: str, log: Path, *words: base.Arg) -> None:
		"""Runs the fuzzer of an algorithm in the directory of @log."""
		base.logged([self.fuzzer(algorithm), f'-max_len={MOST_BYTES}', *words], log,
			    cwd=log.parent, STOCK=str(self.stock))

	def fuzz(self, algorithm: str, seconds: int) -> Tuple[str, List[Path]]:
		"""
		Runs several fuzzers in parallel, which share a corpus. Returns their numbers and
		their findings.
		"""
		say(f'Fuzzing {algorithm} for {seconds} seconds ...')
		here, jobs = self.directory / algorithm, self.options.jobs
		shutil.rmtree(here, ignore_errors=True)
		(here / 'found').mkdir(parents=True)

		def counts(log: Path) -> List[Tuple[str, str, str]]:
			return re.findall(r'^(#(\d+).* cov: (\d+) .*?)(?: L: .*)?$',
					  log.read_text(errors='replace'), re.MULTILINE)

		def still() -> str:
			lines = [line for log in here.glob('fuzz-*.log')
				 for line, *_ in counts(log)]
			return f'{algorithm}: {lines[-1]}' if lines else 'still starting'

		started = time.monotonic()
		with patience(still):
			self.run(algorithm, here / 'out', f'-jobs={jobs}', f'-workers={jobs}',
				 f'-max_total_time={seconds}', '-timeout=10', '-rss_limit_mb=1024',
				 f'-artifact_prefix={here}/found/', *self.inputs(algorithm))
		took = max(1, round(time.monotonic() - started))
		found = sorted((here / 'found').iterdir())
		inputs = covered = 0
		for log in here.glob('fuzz-*.log'):
			# The last status line of each fuzzer. One that finds a bug at once has none.
			last = counts(log)[-1:]
			if not last and not found:
				self.log = log
				self.show_log()
				self.failed(f'tested: the fuzzer of {algorithm} did not start')
			for _, count, edges in last:
				inputs += int(count)
				covered = max(covered, int(edges))
		return (f'{algorithm} {inputs} inputs, {inputs // took // jobs} a second and '
			f'process, {covered} edges; ', found)

	def keep(self, algorithm: str, artifact: Path) -> str:
		"""Makes a finding smaller for some seconds, and keeps it. Returns a line on it."""
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
		# The first byte says which allocation fails. The rest is a compressed file.
		Path(f'{kept}.{SUFFIXES[algorithm]}').write_bytes(data[1:])
		words = words or 'it does not happen again'
		return f'{algorithm}: {words}: {len(data)} bytes in {kept}'

	def try_all(self, algorithms: List[str], room: str, *variables: str) -> List[str]:
		"""Tries all known inputs with other programs. Returns the first finding."""
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
		"""Writes a report of the lines that the known inputs reach."""
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
	"""Returns the algorithms of ALGORITHMS=, or none if it is not set."""
	words = given.get('ALGORITHMS', '').split()
	for word in words:
		if word not in SUFFIXES:
			raise Trouble(f'ALGORITHMS={" ".join(words)}: no algorithm {word}; give some of '
				      + f'{" ".join(SUFFIXES)}, with blanks between them')
	return words


def command(given: Given, build: Path) -> int:
	"""Builds and runs the fuzzers. Returns 0 if they found nothing, or 1."""
	seconds = values.number(given, 'SECONDS', 60, 'a number of seconds')
	wanted = algorithms_of(given)
	own_corpus = values.path(given, 'CORPUS')
	if own_corpus and not own_corpus.is_dir():
		raise Trouble(f'CORPUS={own_corpus}: no such directory')
	fuzzers = Fuzzers(options_of(given, build), own_corpus)
	built = fuzzers.prepare()
	for algorithm in wanted:
		if algorithm not in built:
			raise Trouble(f'ALGORITHMS={" ".join(wanted)}: {fuzzers.what}, cannot '
				      f'decompress {algorithm}; it has {" ".join(built)}')
	numbers, findings = '', []
	for algorithm in wanted or built:
		counts, artifacts = fuzzers.fuzz(algorithm, seconds)
		numbers += counts
		for artifact in artifacts:
			findings.append(fuzzers.keep(algorithm, artifact))
			print(findings[-1], flush=True)
	# A kernel without the fixes fails with known inputs.
	if fuzzers.options.fixes == 'yes' and not findings:
		lines = build / 'fuzz/lines'
		say('Trying all known inputs with MemorySanitizer; the lines that they reach go to '
		    f'{lines} ...')
		# The fuzzers cannot use MemorySanitizer: the stock libraries are not built for it.
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
