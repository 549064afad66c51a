#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
choose.py [ALGORITHM ...]: writes corpus/ and the tables of the KUnit suites anew, in 3 to 12 minutes for
each algorithm. It takes few and small files that together show each fault of `make mutants OF=lib` that
any candidate shows. A fault that no file shows needs a new candidate, or a row in lib_equivalent.tsv.
"""

import concurrent.futures
import functools
import os
import shutil
import sys
from pathlib import Path
from typing import Dict, List, Optional, Set

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from harness import base, cli, oracle
from harness.base import Trouble, patience, say
from harness.commands.run import Options
from harness.conformance import corpus, kernel_tables
from harness.conformance.candidates import MOST_OUT, Verdict, candidates, judge
from harness.conformance.gzip_maker import Made
from harness.fuzz import corpus as fuzz_corpus
from harness.mutants.decoders import FILES, Decoders, Fault

# So many files are tried in one run of the program.
AT_ONCE = 100
# So often a fault may crash the program until the other files are not tried.
MOST_CRASHES = 4


class Choice:
	"""The candidates of an algorithm, and which faults they show"""

	def __init__(self, decoders: Decoders, algorithm: str, stock: Path) -> None:
		self.decoders = decoders
		self.algorithm = algorithm
		self.jobs = decoders.options.jobs
		self.room = decoders.directory / 'candidates' / algorithm
		shutil.rmtree(self.room, ignore_errors=True)
		self.room.mkdir(parents=True)
		fuzzed = decoders.directory / 'fuzzed'
		fuzz_corpus.unpack(fuzzed)
		self.made: Dict[str, Made] = {}
		self.verdicts: Dict[str, Verdict] = {}
		self.expected: Dict[str, str] = {}
		self.judge(candidates(algorithm, stock / algorithm, fuzzed / algorithm), stock / algorithm)
		self.reached: Dict[str, Set[int]] = {}
		self.chosen: List[str] = []
		self.for_kernel: Set[str] = set()
		self.alone: Dict[str, int] = {}

	def judge(self, made: List[Made], stock: Path) -> None:
		"""Keeps the files on which both judges and the kernel agree, the smallest first."""
		say(f'{self.algorithm}: asking both judges about {len(made)} files ...')
		made.sort(key=lambda one: len(one[1]))
		with concurrent.futures.ProcessPoolExecutor(self.jobs) as pool, patience():
			verdicts = list(pool.map(functools.partial(judge, self.algorithm, stock), made,
						 chunksize=20))
		for number, (one, verdict) in enumerate(zip(made, verdicts)):
			if not verdict:
				continue
			if not verdict.agreed:
				print(f'the judges differ: {one[0]}: {verdict.reason or "accepted"}: '
				      f'{one[1][:60].hex()}')
			elif verdict.out is None or len(verdict.out) < MOST_OUT:
				name = f'{number:04}'
				(self.room / name).write_bytes(corpus.NO_FAILURE + one[1])
				self.made[name], self.verdicts[name] = one, verdict
				self.expected[name] = corpus.outcome(verdict.out)
		names = list(self.expected)
		outcomes = self.decoders.try_files(self.algorithm, names, self.room).outcomes
		for name in names:
			if outcomes.get(name) != self.expected[name]:
				print(f'the kernel differs: {self.made[name][0]}: {outcomes.get(name)}, not '
				      f'{self.expected[name]}, {self.verdicts[name].reason or "accepted"}')
				del self.expected[name]

	def find_reached(self) -> None:
		"""Finds out which faults each file reaches."""
		with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool, patience(
				lambda: f'{len(self.reached)} of {len(self.expected)} files traced'):
			def trace(name: str) -> None:
				self.reached[name] = self.decoders.reached(self.algorithm, [name], self.room)
			list(pool.map(trace, self.expected))

	def caught_by(self, fault: Fault, names: List[str]) -> Optional[str]:
		"""Returns the first of these files that shows a fault."""
		names = [name for name in names if fault.number in self.reached[name]]
		for at in range(0, len(names), AT_ONCE):
			part = names[at:at + AT_ONCE]
			found = self.decoders.try_files(self.algorithm, part, self.room, fault.number)
			caught = found.caught_by(part, self.expected)
			if caught:
				return caught
		return None

	def all_that_catch(self, fault: Fault) -> Set[str]:
		"""Returns the chosen files that show a fault, but of crashes and hangs only the first few."""
		left = [name for name in self.chosen if fault.number in self.reached[name]]
		found: Set[str] = set()
		for _ in range(MOST_CRASHES):
			run = self.decoders.try_files(self.algorithm, left, self.room, fault.number)
			found |= {name for name in left if name in run.outcomes
				  and run.outcomes[name] != self.expected[name]}
			if not run.crashed or not left:
				break
			found.add(run.crashed)
			left = left[left.index(run.crashed) + 1:]
		return found

	def choose(self) -> None:
		"""Chooses files until each fault is shown that any file shows, then drops what it can."""
		self.find_reached()
		all_reached = set().union(*self.reached.values())
		faults = [fault for fault in self.decoders.of(self.algorithm) if fault.number in all_reached]
		names, done, caught = list(self.expected), [], []

		def try_one(fault: Fault) -> None:
			found = self.caught_by(fault, list(self.chosen)) or self.caught_by(fault, names)
			if found:
				caught.append(fault)
				if found not in self.chosen:
					self.chosen.append(found)
			done.append(fault)

		with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool, patience(
				lambda: f'{len(done)} of {len(faults)} faults tried, {len(caught)} caught by '
				f'{len(self.chosen)} files'):
			list(pool.map(try_one, faults))
		say(f'{self.algorithm}: {len(caught)} of {len(faults)} faults are caught by '
		    f'{len(self.chosen)} files; dropping files that are not needed ...')
		with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool, patience():
			shown = dict(zip(caught, pool.map(self.all_that_catch, caught)))
		self.minimise([names for names in shown.values() if names])

	def size(self, name: str) -> int:
		"""Returns the size of a file."""
		return len(self.made[name][1])

	def minimise(self, shown: List[Set[str]]) -> None:
		"""Keeps the files that show most for their size, then drops the largest that are superfluous."""
		left, kept = list(shown), []
		while left:
			best = max(self.chosen, key=lambda name: sum(name in one for one in left)
				   / (40 + self.size(name)))
			kept.append(best)
			left = [one for one in left if best not in one]
		for name in sorted(kept, key=self.size, reverse=True):
			others = set(kept) - {name}
			if all(one & others for one in shown):
				kept.remove(name)
		room = corpus.MOST_IN_KERNEL
		for name in kept:
			if self.size(name) <= room and corpus.fits_kernel(self.algorithm, self.made[name][1]):
				self.for_kernel.add(name)
				room -= self.size(name)
		self.chosen = sorted(kept, key=self.size)
		self.alone = {name: sum(one & set(kept) == {name} for one in shown) for name in kept}

	def write(self) -> List[str]:
		"""Writes the archive, and returns the rows of the table."""
		final = self.room.with_name(f'{self.algorithm}.chosen')
		shutil.rmtree(final, ignore_errors=True)
		final.mkdir()
		rows = []
		for number, name in enumerate(self.chosen, 1):
			what, data = self.made[name]
			reason = self.verdicts[name].reason
			(final / f'{self.algorithm}_{number:03}').write_bytes(data)
			alone = self.alone[name]
			rows.append('\t'.join([
				f'{self.algorithm}_{number:03}', self.algorithm,
				'yes' if name in self.for_kernel else '-', self.expected[name], what + f'; refused: {reason}' * bool(reason)
				+ f'; {alone} faults only here' * bool(alone)]))
		fuzz_corpus.pack(self.algorithm, final, corpus.CORPUS)
		print(f'{self.algorithm}: {len(self.chosen)} files, '
		      f'{sum(map(self.size, self.chosen))} bytes')
		return rows


def main(*algorithms: str) -> int:
	"""Chooses the files of all algorithms, or of these."""
	try:
		build = base.build_directory(os.environ.get('BUILD', ''))
		stock = oracle.get(build)
		if not stock:
			raise Trouble('cannot download zlib, liblzma and libzstd of a newer Debian')
		decoders = Decoders(Options(build, jobs=os.cpu_count() or 1))
		decoders.build_all()
	except Trouble as error:
		base.refuse(error)
		return 2
	corpus.CORPUS.mkdir(exist_ok=True)
	kept = base.rows(corpus.TABLE) if corpus.TABLE.exists() else []
	rows = {algorithm: ['\t'.join(row) for row in kept if row[1] == algorithm] for algorithm in FILES}
	for algorithm in algorithms or FILES:
		choice = Choice(decoders, algorithm, stock.tools)
		choice.choose()
		rows[algorithm] = choice.write()
	base.write(corpus.TABLE, HEAD + ''.join(f'{row}\n' for part in rows.values() for row in part))
	kernel_tables.write()
	return 0


HEAD = '''# SPDX-License-Identifier: GPL-2.0
# The files of the conformance corpus, made by harness/conformance/choose.py, a row each, between tabs:
# name, algorithm, whether it is in the KUnit suites, what try_ALGORITHM must print of it, and what it is
# for. "faults only here" counts those of `make mutants OF=lib` that no other file shows.
'''


if __name__ == '__main__':
	cli.end_by_signals()
	sys.exit(main(*sys.argv[1:]))
