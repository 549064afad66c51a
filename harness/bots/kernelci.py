#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# kernelci.py JSON KUNIT LOG CONFIG LACKS: what kunit.py --json says of this suite, read as
# KernelCI reads it, to whom there are three statuses. What failed by which bug is in the
# guest's LOG. LACKS holds the numbers of the patches that the kernel is without.
#
# Exit status: 0 if all is as it should be, 1 if not, 2 if the suite is not in it.

import collections
import json
import os
import sys
from typing import Any, Iterator, Tuple

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, '../run'))
import results # pylint: disable=wrong-import-position

STATUSES = ('PASS', 'FAIL', 'SKIP')

def cases(group: Any, path: str) -> Iterator[Tuple[str, str]]:
	"""Yields the path and the status of each case in a group and those below it."""
	for case in group['test_cases']:
		yield f'{path}/{case["name"]}', case['status']
	for sub in group.get('sub_groups', []):
		yield from cases(sub, f'{path}/{sub["name"]}' if path else sub['name'])

def main(path: str, kunit: str, log: str, config: str, lacks: str) -> int:
	"""Prints what is wrong, and the numbers in the last line."""
	with open(path) as file:
		found = list(cases(json.load(file), ''))
	ours = [(case, status) for case, status in found if case.startswith('module_decompress')]
	if not ours:
		print('the suite is not among the results')
		return 2
	bugs = results.bugs(config, lacks)
	known = {result[1] for result in results.failures(results.results(kunit, log))
		 if results.known_as(result, bugs)}
	count = collections.Counter(status for _, status in ours)
	strange = [f'{case}: {status}' for case, status in ours if status not in STATUSES]
	failed = [case for case, status in ours if status == 'FAIL' and case not in known]
	for line in strange:
		print(f'  KernelCI does not know the status of {line}')
	for line in failed:
		print(f'  not known: {line}')
	by_known = count['FAIL'] - len(failed)
	print(f'{count["PASS"]} passed, {count["FAIL"]} failed ({by_known} by known bugs, '
	      f'{len(failed)} not known), {count["SKIP"]} skipped, {len(strange)} that it '
	      f'cannot read, of {len(found)} results')
	return int(bool(strange or failed))


if __name__ == '__main__':
	sys.exit(main(*sys.argv[1:]))
