# SPDX-License-Identifier: GPL-2.0
"""
`make mutants OF=lib`: makes small faults in the kernel's decoders, and reports which of them the
conformance corpus and the decoders' KUnit suites catch. schema.c puts all faults of a file into one
program, which runs with one fault at a time.
"""

import collections
import concurrent.futures
import random
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from harness import base, packages, records
from harness.base import TOP, Trouble, patience, say
from harness.commands.run import Options
from harness.conformance import corpus
from harness.mutants.mutate import compiled
from harness.native_build import NATIVE, NativeBuild

HERE = TOP / 'harness/mutants'
EQUIVALENT = HERE / 'lib_equivalent.tsv'

FILES: Dict[str, Tuple[str, ...]] = {
	'gzip': ('lib/zlib_inflate/inflate.c', 'lib/zlib_inflate/inffast.c',
		 'lib/zlib_inflate/inftrees.c'),
	'xz': ('lib/xz/xz_dec_lzma2.c', 'lib/xz/xz_dec_stream.c'),
	'zstd': ('lib/zstd/decompress/zstd_decompress.c',
		 'lib/zstd/decompress/zstd_decompress_block.c', 'lib/zstd/decompress/huf_decompress.c',
		 'lib/zstd/common/entropy_common.c', 'lib/zstd/common/fse_decompress.c'),
}

# The KUnit suite of each decoder, in lib/
SUITES = {'gzip': 'zlib_inflate', 'xz': 'xz_dec', 'zstd': 'zstd_decompress'}

# How many faults of each decoder are tried, and the seed with which they are drawn
SAMPLE, SEED = 400, 1
# A fault hangs after so many seconds of CPU time.
SECONDS = 1


@dataclass(frozen=True)
class Fault:
	"""A small change in a decoder"""
	algorithm: str
	file: str
	number: int
	"""Chooses it when the program runs"""
	ident: str
	function: str
	line: int
	kind: str
	what: str

	def __str__(self) -> str:
		return f'{self.ident}: {Path(self.file).name}:{self.line}, {self.function}(): {self.what}'


@dataclass
class Run:
	"""What the files did with one fault"""
	outcomes: Dict[str, str]
	crashed: str = ''
	"""The file at which the program died or hung"""

	def caught_by(self, names: Sequence[str], expected: Dict[str, str]) -> Optional[str]:
		"""Returns the first file that shows the fault."""
		for name in names:
			if self.outcomes.get(name) != expected[name]:
				return name
		return None


class Decoders(NativeBuild):
	"""The programs with the faults"""

	def __init__(self, options: Options) -> None:
		packages.need_for_native(False, options.may_install)
		packages.need_libclang(options.may_install)
		super().__init__('mutants', options, 'mutants/lib-{}')
		self.faults: List[Fault] = []

	@property
	def objects_in(self) -> Path:
		"""The directory of the objects"""
		return self.directory / 'build'

	def build_all(self) -> None:
		"""Makes the copies with all faults, and builds the programs."""
		files = [name for names in FILES.values() for name in names]
		words = ('SANITIZE=address', f'EXTRA_MK={HERE}/decoders.mk', f'MUTATED={" ".join(files)}')
		say(f'Building the decoders of {self.what}, with all faults ...')
		self.build('build', *words, f'{self.objects_in}/flags')
		schema = compiled(self.options.build, 'schema')
		flags = shlex.split((self.objects_in / 'flags').read_text())[1:]
		self.faults = []
		for algorithm, names in FILES.items():
			for name in names:
				self.add_faults(schema, algorithm, name, flags)
		self.build('build', *words, 'default', 'tries')

	def add_faults(self, schema: Path, algorithm: str, name: str, flags: List[str]) -> None:
		"""Makes the copy of a file."""
		copy = self.objects_in / 'mutated' / name
		new = copy.with_suffix('.new')
		copy.parent.mkdir(parents=True, exist_ok=True)
		ended = base.run([schema, self.tree.path / name, new, str(len(self.faults)), '--', *flags],
				 cwd=self.tree.path / NATIVE)
		if ended.returncode:
			raise Trouble(f'{name}: schema failed; see above')
		base.put(new, copy)
		for row in ended.stdout.splitlines():
			number, ident, function, line, kind, what = row.split('\t')
			self.faults.append(Fault(algorithm, name, int(number), ident, function, int(line),
						 kind, what))

	def of(self, algorithm: str) -> List[Fault]:
		"""Returns the faults of a decoder."""
		return [fault for fault in self.faults if fault.algorithm == algorithm]

	def run(self, name: str, words: Sequence[str], cwd: Path, number: Optional[int],
		reached: Optional[Path]) -> 'subprocess.CompletedProcess[str]':
		"""
		Runs a program in the directory @cwd with the fault @number, or without any. Adds to @reached
		which faults would have mattered.
		"""
		more = {'ASAN_OPTIONS': 'detect_leaks=0:symbolize=0'}
		if number is not None:
			more.update(SCHEMA_MUTANT=str(number), SCHEMA_SECONDS=str(SECONDS))
		if reached:
			more['SCHEMA_REACHED'] = str(reached)
		return subprocess.run([self.objects_in / name, *words], cwd=cwd, text=True,
				      errors='replace', stdin=subprocess.DEVNULL,
				      stdout=subprocess.PIPE, stderr=subprocess.PIPE,
				      env=base.environment(**more), check=False)

	def suite_passes(self, algorithm: str, number: Optional[int] = None,
			 reached: Optional[Path] = None) -> bool:
		"""Returns whether the decoder's KUnit suite passes with a fault; see run()."""
		# With -1 a case that hangs ends the run.
		return self.run('module_decompress', ['-1', f'{SUITES[algorithm]}.*'], self.directory,
				number, reached).returncode == 0

	def try_files(self, algorithm: str, names: Sequence[str], cwd: Path, number: Optional[int] = None,
		      reached: Optional[Path] = None) -> Run:
		"""Decompresses files with a fault; see run()."""
		ended = self.run(f'try_{algorithm}', names, cwd, number, reached)
		outcomes = dict(line.split(': ', 1) for line in ended.stdout.splitlines()
				if ': returned ' in line)
		begun = [line for line in ended.stderr.splitlines() if line in set(names)]
		return Run(outcomes, begun[-1] if ended.returncode and begun else '')

	def reached(self, algorithm: str, names: Sequence[str], cwd: Path, suite: bool = False) -> Set[int]:
		"""Returns the numbers of the faults that files reach, or with @suite also the suite."""
		path = cwd.parent / f'reached-{algorithm}-{names[0]}'
		path.unlink(missing_ok=True)
		self.try_files(algorithm, names, cwd, reached=path)
		if suite:
			self.suite_passes(algorithm, reached=path)
		found = {number for number, one in enumerate(path.read_bytes()) if one}
		path.unlink()
		return found & {fault.number for fault in self.of(algorithm)}


def lines_reached(faults: Iterable[Fault], reaching: Set[int]) -> List[str]:
	"""Returns a line for each file: how many of its lines with faults are reached, and which are not."""
	lines: Dict[str, Dict[int, bool]] = collections.defaultdict(dict)
	for fault in faults:
		of_file = lines[fault.file]
		of_file[fault.line] = of_file.get(fault.line, False) or fault.number in reaching
	return [f'{name}: {sum(of_file.values())} of {len(of_file)} lines are reached; not reached: '
		+ (', '.join(str(line) for line, is_reached in sorted(of_file.items()) if not is_reached) or '-')
		for name, of_file in lines.items()]


def explained() -> Dict[str, str]:
	"""Returns why faults cannot be caught, by ID."""
	return {row[0]: row[3] for row in base.rows(EQUIVALENT)}


@dataclass
class Score:
	"""What became of the faults of a decoder"""
	algorithm: str
	all: int
	reached: int
	tried: int
	survivors: List[Fault]
	lines: List[str]
	"""How many lines of each file are reached"""
	stale: List[str]
	"""IDs in the table of faults that are caught"""

	def unexplained(self, reasons: Dict[str, str]) -> List[Fault]:
		"""Returns the survivors without a reason."""
		return [fault for fault in self.survivors if fault.ident not in reasons]

	def line(self, reasons: Dict[str, str]) -> str:
		"""Returns the numbers."""
		caught = self.tried - len(self.survivors)
		missing = len(self.unexplained(reasons))
		return (f'{self.algorithm} {self.all} faults, {self.reached} in code that is reached; of '
			f'{self.tried} tried {caught} are caught ({100 * caught / max(1, self.tried):.1f} %), '
			f'{len(self.survivors) - missing} cannot be, {missing} survive unexplained')


def score(decoders: Decoders, algorithm: str, every: bool, files: Path) -> Score:
	"""Tries the faults of a decoder, or a sample of them, on the corpus, then on the suite."""
	expected = {row.name: row.outcome for row in corpus.table(algorithm)}
	names = sorted(expected, key=lambda name: (files / name).stat().st_size)
	wrong = decoders.try_files(algorithm, names, files).caught_by(names, expected)
	if wrong:
		raise Trouble(f'{algorithm}: the unbroken decoder fails with {wrong} of the conformance '
			      'corpus; run make native')
	if not decoders.suite_passes(algorithm):
		raise Trouble(f'{algorithm}: the unbroken decoder fails with the suite {SUITES[algorithm]}; '
			      'run make native')
	reaching = decoders.reached(algorithm, names, files, suite=True)
	# The order does not depend on what is reached, so that most rows stay valid with another corpus
	faults = sorted(decoders.of(algorithm), key=lambda fault: fault.ident)
	random.Random(SEED).shuffle(faults)
	faults = [fault for fault in faults if fault.number in reaching]
	tried = faults if every else faults[:SAMPLE]
	done = []

	def survives(fault: Fault) -> bool:
		run = decoders.try_files(algorithm, names, files, fault.number)
		lives = run.caught_by(names, expected) is None and decoders.suite_passes(
			algorithm, fault.number)
		done.append(fault)
		return lives

	say(f'{algorithm}: trying {len(tried)} faults ...')
	with patience(lambda: f'{algorithm}: {len(done)} of {len(tried)} tried'):
		alive = side_by_side(decoders.options.jobs, survives, tried)
	survivors = [fault for fault, lives in zip(tried, alive) if lives]
	caught = {fault.ident for fault, lives in zip(tried, alive) if not lives}
	return Score(algorithm, len(decoders.of(algorithm)), len(faults), len(tried),
		     sorted(survivors, key=lambda fault: fault.number),
		     lines_reached(decoders.of(algorithm), reaching),
		     sorted(caught & explained().keys()))


def side_by_side(jobs: int, do: Callable[[Fault], bool], faults: Sequence[Fault]) -> List[bool]:
	"""Calls @do for each fault, in so many threads."""
	with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
		return list(pool.map(do, faults))


def command(options: Options, every: bool) -> int:
	"""Builds, tries, and writes the report. Returns 0 if nothing survives unexplained, or 1."""
	decoders = Decoders(options)
	decoders.build_all()
	files = decoders.directory / 'corpus'
	shutil.rmtree(files, ignore_errors=True)
	corpus.unpack(files)
	scores = [score(decoders, algorithm, every, files / algorithm) for algorithm in FILES]
	reasons = explained()
	lines, status = [], 0
	for one in scores:
		lines.append(one.line(reasons))
		print(lines[-1])
		missing = one.unexplained(reasons)
		amiss = [f'{fault}' for fault in missing] if not every else []
		amiss += [f'lib_equivalent.tsv: {ident}: is caught' for ident in one.stale]
		print(''.join(f'  {text}\n' for text in amiss), end='')
		status |= bool(amiss)
		lines += [f'  {fault}: {reasons.get(fault.ident, "unexplained")}' for fault in one.survivors]
		lines += [f'  {text}' for text in one.lines]
	report = decoders.directory / 'report.txt'
	report.write_text(''.join(f'{text}\n' for text in lines), encoding='utf-8')
	result = '; '.join(one.line(reasons) for one in scores)
	records.record(options.build, 'make mutants OF=lib' + ' ALL=yes' * every,
		       f'{decoders.what}: {result}', decoders.sources)
	print(f'make mutants OF=lib: {decoders.what}: see {base.place(report)}')
	return status
