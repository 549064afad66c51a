# SPDX-License-Identifier: GPL-2.0
#
# Judges the logs of mutants, with the kernel's own kunit_parser. A log that does not name its
# mutant gives no verdict.

import concurrent.futures
import functools
import os
import re
import sys
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Tuple

from harness import kunit_log

FATES = ('survived', 'hung', 'crashed', 'equivalent', 'caught', 'same code', 'not built')

# Begins the message of a case that saw an oops or a WARN. Such a message alone is a crash, not a
# mutant that is caught.
COMPLAINT = '[the kernel complained] '


@dataclass
class Mutant:
	"""A row of the list of mutants, and the verdict on the mutant."""
	ident: str
	function: str
	line: int
	kind: str
	what: str
	fate: str = 'not built'
	cases: List[str] = field(default_factory=list)
	"""The failed cases"""
	says: List[str] = field(default_factory=list)
	"""The messages of the failed cases"""
	died: str = ''
	"""The message of a crash or a hang"""
	reason: str = ''
	"""Why the mutant is equivalent, from equivalent.tsv"""

	@property
	def is_patch(self) -> bool:
		"""Whether a patch made it. It needs a kernel, and the report names all cases that fail."""
		return self.kind == 'patch'

	def row(self) -> str:
		"""Returns the row."""
		return '\t'.join([self.ident, self.function, str(self.line), self.kind, self.what])

	@classmethod
	def of_row(cls, row: str) -> 'Mutant':
		"""Returns the mutant of a row."""
		ident, function, line, kind, what = row.split('\t')
		return cls(ident, function, int(line), kind, what)


def tests(test: Any, path: str = '') -> Iterator[Tuple[str, Any]]:
	"""Yields each test below this one, with its path."""
	for sub in test.subtests:
		sub_path = f'{path}/{sub.name}' if path else sub.name
		yield sub_path, sub
		yield from tests(sub, sub_path)

def announces(ident: str, log: str) -> bool:
	"""Returns whether a log names the mutant, so that the kernel or program was made of it."""
	with open(log, errors='replace') as console:
		return bool(re.search(rf'^(\[.*\] )?mutant: {ident}$', console.read(),
				      re.MULTILINE))

def not_announced(directory: str) -> List[str]:
	"""Returns the logs of kernels and programs that do not name their mutant."""
	return [log for name in ('runs', 'native')
		for ident, log in logs_of(directory, name).items() if not announces(ident, log)]

def remove_logs(logs: List[str], what: str) -> None:
	"""Removes logs that give no verdict, so that the next run makes them again."""
	for log in logs:
		os.remove(log)
	print(f'make: no verdict on {len(logs)} {what}, because their logs do not name them, such as '
	      f'{os.path.basename(logs[0])}; run the command again to repeat these tests',
	      file=sys.stderr)

def judge(kunit: str, log: str) -> Dict[str, Any]:
	"""Returns the verdict of a log, as values for the fields of Mutant."""
	with open(log, errors='replace') as console:
		lines = [line.rstrip('\r\n') for line in console]
	root = kunit_log.parse(kunit, lines[:-1])
	failed = [(path, test) for path, test in tests(root)
		  if test.status.name in ('FAILURE', 'TEST_CRASHED')]
	# kunit_parser puts the messages of the first parameter into the log of the case.
	said = [text for _, test in failed for _, text in kunit_log.messages(test.log)]
	findings = [text for text in said if not text.startswith(COMPLAINT)]
	complaints = [text[len(COMPLAINT):] for text in said if text.startswith(COMPLAINT)]
	panics = [line for line in lines if 'Kernel panic' in line]

	died = ''
	if lines[-1].startswith('mutant_boot.sh: hung: '):
		fate, died = 'hung', lines[-1][len('mutant_boot.sh: hung: '):]
	elif panics or not lines_end_well(lines):
		fate = 'crashed'
		words = [line for line in lines if re.search(r'\bBUG:|Oops|double fault|Kernel panic', line)]
		died = words[0] if words else 'without a word'
	elif findings:
		fate = 'caught'
	elif failed:
		fate, died = 'crashed', complaints[0] if complaints else 'a case did not end'
	else:
		fate = 'survived'
	return {'fate': fate, 'died': died, 'says': findings,
		'cases': [path for path, test in failed if test.name and not test.subtests]}

def lines_end_well(lines: List[str]) -> bool:
	"""Returns whether the log has the result of the last suite, or of a suite that failed."""
	return any(re.search(r'^(\[.*\] )?(not ok \d+ |ok \d+ module_decompress_own)', line)
		   for line in lines)

def logs_of(directory: str, name: str) -> Dict[str, str]:
	"""Returns the log of each mutant in one of the lists."""
	with open(os.path.join(directory, name)) as rows:
		return dict(row.split()[:2] for row in rows)

def read_verdicts(directory: str, name: str, kunit: str) -> Dict[str, Dict[str, Any]]:
	"""Returns the verdicts on the logs in one of the lists, by mutant."""
	logs = logs_of(directory, name)
	# Not multiprocessing.Pool: it ends its processes by SIGTERM, which they catch, as cli.py does. A
	# process that begins to wait for a lock at that moment would never end.
	with concurrent.futures.ProcessPoolExecutor() as pool:
		return dict(zip(logs, pool.map(functools.partial(judge, kunit),
					       logs.values(), chunksize=8)))

def read_mutants(directory: str, kunit: str) -> Tuple[List[Mutant], List[str], List[str]]:
	"""Returns the mutants in the list, each with its verdict; how many are caught natively, and
	how many of these in the kernel, too; and a line for each that only the kernel misses."""
	with open(os.path.join(directory, 'list')) as rows:
		mutants = [Mutant.of_row(row.rstrip('\n')) for row in rows]
	verdicts = read_verdicts(directory, 'native', kunit)
	booted = read_verdicts(directory, 'runs', kunit)
	both = [mutant for mutant in mutants if mutant.ident in verdicts and mutant.ident in booted]
	missed = [m for m in both if booted[m.ident]['fate'] == 'survived']
	strange = [f'caught natively, and in the kernel survived: '
		   f'{m.function}:{m.line}: {m.what} [{m.ident}]' for m in missed]
	natively = len(verdicts)
	verdicts.update(booted)
	for mutant in mutants:
		if mutant.ident in verdicts:
			vars(mutant).update(verdicts[mutant.ident])
		elif os.path.exists(os.path.join(directory, 'obj', mutant.ident, 'sum')):
			mutant.fate = 'same code'
	if not natively:
		return mutants, [], strange
	return mutants, [f'{natively} of them natively, of which {len(both)} were booted, too, '
			 f'and {len(both) - len(missed)} caught there'], strange

def explanation(mutant: Mutant) -> str:
	"""Returns the reason for a mutant's fate, and the cases that failed."""
	said = [mutant.reason or mutant.died or ''.join(mutant.says[:1])]
	if mutant.cases:
		more = ', ...' if len(mutant.cases) > 3 else ''
		said.append(f'{len(mutant.cases)} cases: {", ".join(mutant.cases[:3])}{more}')
	return '; '.join(filter(None, said))

def mutant_line(mutant: Mutant) -> str:
	"""Returns a line of text for a mutant."""
	return (f'{mutant.function}:{mutant.line}: {mutant.what}: {mutant.fate}: '
		f'{explanation(mutant)} [{mutant.ident}]')
