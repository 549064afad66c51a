#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# right.py DIRECTORY KUNIT: judges the logs of the right changes in DIRECTORY,
# build/mutants/right. With a right change, only the cases that right/pinned.tsv names for it
# may fail, natively and in a kernel, and these must fail. KUNIT has the kernel's kunit_parser.
#
# Exit status: 0 if all changes pass, 1 if not; 2 if a log does not name its change. Such a log
# is removed, so that the next run repeats the test.

import os
import re
import sys
from pathlib import Path
from typing import Dict, List, Set, Tuple

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, '../..'))
# pylint: disable=wrong-import-position
from harness import base, results
from harness.mutants import verdicts

# The suites with pinned cases that are also compiled natively
NATIVELY = ('module_decompress/', 'module_decompress_resources/',
	    'module_decompress_bad_input/', 'module_decompress_odd_input/')

def read(*path: str) -> List[str]:
	"""Returns the lines of a file, or no lines if there is no such file."""
	try:
		with open(os.path.join(*path), errors='replace') as lines:
			return lines.read().splitlines()
	except FileNotFoundError:
		return []

def pinned() -> Dict[str, Set[str]]:
	"""Returns, for each change, the cases that pin the behaviour that it changes on purpose."""
	cases: Dict[str, Set[str]] = {}
	for name, case in base.rows(Path(HERE, 'right/pinned.tsv')):
		cases.setdefault(name, set()).add(case)
	return cases

def not_announced(directory: str, logs: Dict[str, str]) -> List[str]:
	"""Returns the logs that do not name their change. native.log is of the same programs as the
	logs native32.log and native64.log, so it goes with them."""
	found = []
	for ident, log in logs.items():
		obj = os.path.join(directory, 'obj', ident)
		native = list(filter(os.path.exists, (os.path.join(obj, f'native{bits}.log')
						      for bits in (32, 64))))
		found += [path for path in [log, *native] if not verdicts.announces(ident, path)]
		if set(native) & set(found):
			found.append(os.path.join(obj, 'native.log'))
	return found

def red_natively(directory: str, ident: str, bits: int, kunit: str) -> List[results.Result]:
	"""Returns the cases that failed natively."""
	log = os.path.join(directory, 'obj', ident, f'native{bits}.log')
	return results.failures(results.results(kunit, log)) if os.path.exists(log) else []

def differences(where: str, red: Set[str], wanted: Set[str]) -> List[str]:
	"""Returns a line for each case that fails but is not @wanted, or is @wanted but passes."""
	return ([f'{where}: {case} fails' for case in sorted(red - wanted)] +
		[f'{where}: {case} passes, but pinned.tsv names it' for case in sorted(wanted - red)])

def judge(directory: str, kunit: str, ident: str, log: str,
	  wanted: Set[str]) -> Tuple[List[str], List[results.Result]]:
	"""Returns what is wrong with a change, and the failed tests."""
	of_change = re.compile(rf'\b{ident}(\.c:|_(GZIP|XZ|ZSTD)\.o )')
	wrong = [line for line in read(directory, 'warnings') if of_change.search(line)]
	outcomes = read(directory, 'obj', ident, 'native.log')
	# A change on purpose may also change the outcome of inputs in the corpus.
	wrong += [line for line in outcomes if not wanted or 'not built' in line][:3]
	failed: List[results.Result] = []
	for bits in (32, 64):
		if not os.path.exists(os.path.join(directory, 'obj', ident, f'native{bits}.log')):
			wrong.append(f'{bits} bits: not run')
		red = red_natively(directory, ident, bits, kunit)
		failed += red
		wrong += differences(f'{bits} bits', {path for _, path, _ in red},
				     {case for case in wanted if case.startswith(NATIVELY)})
	verdict = verdicts.judge(kunit, log)
	if verdict['fate'] in ('hung', 'crashed'):
		wrong.append(f'in a kernel: {verdict["fate"]}: {verdict["died"]}')
	booted = results.failures(results.results(kunit, log))
	failed += booted
	wrong += differences('in a kernel', {path for _, path, _ in booted}, wanted)
	return wrong, failed

def report(directory: str, kunit: str) -> int:
	"""Writes the report, and prints it. Returns the exit status."""
	logs = verdicts.logs_of(directory, 'runs')
	strange = not_announced(directory, logs)
	if strange:
		verdicts.remove_logs(strange, 'right changes')
		return 2
	names = dict(line.split('\t')[::4] for line in read(directory, 'list'))
	cases = pinned()
	unexpected: List[results.Result] = []
	lines: List[str] = []
	green = on_purpose = 0
	for ident, log in logs.items():
		wanted = cases.get(names[ident], set())
		wrong, failed = judge(directory, kunit, ident, log, wanted)
		if wrong:
			lines += [f'{names[ident]}:', *(f'  {line}' for line in wrong)]
			unexpected += [result for result in failed if result[1] not in wanted]
		elif wanted:
			on_purpose += 1
		else:
			green += 1
	if unexpected:
		lines += results.by_cause(unexpected)
	lines.append(f'{green} of {len(logs)} right changes stay green, natively and in a kernel; '
		     f'{on_purpose} turn just the cases red that pin what they change')
	text = '\n'.join(lines) + '\n'
	Path(directory, 'report.txt').write_text(text)
	print(text, end='', flush=True)
	return int(green + on_purpose < len(logs))


if __name__ == '__main__':
	sys.exit(report(*sys.argv[1:]))
