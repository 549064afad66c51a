# SPDX-License-Identifier: GPL-2.0
"""
Judges the output of harness/guest/rounds.c, in which a line "=== NAME" begins each part. Each time
that the guest loads the suite, the results must be those of the built-in suite.

python3 -m harness.bots.rounds KUNIT OUT EXPECTED ROUNDS BUSY LOADS: KUNIT is the directory of the
kernel's kunit_parser, and OUT a file with the output. EXPECTED has a line for each result, such as
"PASS suite/case". The guest loads the suite ROUNDS times, BUSY times while other tasks are busy,
and LOADS times before each measurement of the memory. Exit status: 0 the results are right each
time, 1 they are not, 2 the guest did not reach the first round.
"""

import collections
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from harness.base import say
from harness import kunit_log, results

# TAINT_TEST, which KUnit sets
TAINT_TEST = 1 << 18
ALARM = re.compile('WARNING: |BUG: |kernel BUG|Oops|UBSAN: |INFO: |Call Trace')
# The facility of lines that a program wrote to the kernel's log; these are no alarms
BY_A_PROGRAM = re.compile(r'<([89]|1[0-5])>')


def parts(text: str) -> List[Tuple[List[str], List[str]]]:
	"""Returns the words of each "=== " line, and the lines below it."""
	found: List[Tuple[List[str], List[str]]] = []
	for line in text.splitlines():
		if line.startswith('=== '):
			found.append((line.split()[1:], []))
		elif found:
			found[-1][1].append(line)
	return found


def listed(kunit: str, lines: List[str]) -> List[str]:
	"""Returns the results of a suite, from its lines in debugfs."""
	return [f'{status} {path}'
		for status, path, _ in results.leaves(kunit_log.parse(kunit, lines), '', [])]


def differences(expected: List[str], found: List[str]) -> Iterator[str]:
	"""Yields the results that differ from those of the built-in suite."""
	yield from (f'  -{line}' for line in sorted(set(expected) - set(found)))
	yield from (f'  +{line}' for line in sorted(set(found) - set(expected)))
	if len(found) > len(set(found)):
		yield '  some results are there twice'


def complaints(kunit: str, text: str, expected: List[str], rounds: int) -> Iterator[str]:
	"""Yields lines for all that is wrong."""
	found: Dict[int, List[str]] = collections.defaultdict(list)
	number, alarms, errors, tainted, memory = 0, [], [], [], []
	names: List[str] = []
	is_leak = True
	for words, lines in parts(text):
		names.append(words[0])
		if words[0] == 'round':
			number = int(words[1])
		elif words[0] == 'results' and any(lines):
			found[number] += listed(kunit, lines)
		elif words[0] == 'log' and ('round' in names or 'leaks' in names):
			alarms += [line for line in lines
				   if ALARM.search(line) and not BY_A_PROGRAM.match(line)]
		elif words[0] == 'error':
			errors.append('  ' + ' '.join(words[1:]))
		elif words[0] == 'tainted':
			tainted.append(int(words[1]))
		elif words[0] == 'free':
			memory.append(' '.join(words[1:]))
		elif words == ['no', 'leak']:
			is_leak = False
	for i in range(1, rounds + 1):
		lines = list(differences(expected, found[i]))
		if lines:
			yield from lines
			yield f'round {i}: not the results of the built-in suite (-, above)'
	if alarms:
		yield from alarms
		yield 'the kernel complains (above)'
	if errors:
		yield from errors
		yield 'the init complains (above)'
	if 'done' not in names:
		yield from text.splitlines()[-20:]
		yield f'the guest ended in round {names.count("round")}'
	if len(tainted) != 2 or tainted[0] | TAINT_TEST != tainted[1]:
		yield ('more than TAINT_TEST taints the kernel, before and after: ' +
		       ' '.join(map(str, tainted)))
	if is_leak:
		yield (f'each measurement loses memory: {",".join(memory)} pages are free before '
		       'and after the loads')


def judge(kunit: str, text: str, expected: List[str], rounds: int, busy: int,
	  loads: int) -> Tuple[int, List[str]]:
	"""Returns the verdict, and lines that say what is wrong, or how often all was right."""
	if '\n=== round 1\n' not in '\n' + text:
		return 2, []
	free = re.findall(r'^=== free (\d+) (\d+)$', text, re.M)
	for before, after in free:
		say(f'free memory before and after {loads} loads: {before} and {after} pages')
	wrong = list(complaints(kunit, text, expected, rounds + busy))
	if wrong:
		return 1, wrong
	times = rounds + (len(free) + 1) * loads + busy
	return 0, [f'loaded and unloaded {times} times, {len(expected)} results as if built in, '
		   f'all {rounds} times and once on a busy machine']


def main(kunit: str, out: str, expected: str, *numbers: str) -> int:
	"""Judges the output of a guest in a file."""
	status, lines = judge(kunit, Path(out).read_text(errors='replace'),
			      Path(expected).read_text().splitlines(), *map(int, numbers))
	print('\n'.join(lines))
	return status


if __name__ == '__main__':
	sys.exit(main(*sys.argv[1:]))
