# SPDX-License-Identifier: GPL-2.0
"""Runs of the suite in real kernels, and checks of their results."""

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

from harness.mutants.mutate import mutate
from support import BUILD, KERNEL, LOGS, TOP, TREE, Arg, Result, make, rows, run

DATA = TOP / 'harness/data'

# All cases of kernel/module and of lib/, from the first run: each machine must have the same.
CASES: Dict[str, List[str]] = {}


def leaves(group: Dict[str, Any], path: str) -> Iterator[Tuple[str, str]]:
	"""Yields each test in a group of kunit.py's JSON, with its status."""
	for case in group['test_cases']:
		yield f'{path}{case["name"]}', case['status']
	for below in group['sub_groups']:
		yield from leaves(below, f'{path}{below["name"]}/')


def cases(results: Path) -> Dict[str, str]:
	"""Returns the status of each test in a JSON file of kunit.py."""
	return dict(sorted(leaves(json.loads(results.read_text()), '')))


def cases_of_log(log: Path) -> Dict[str, str]:
	"""Returns the status of each test in a log, as the kernel's own kunit.py reads it."""
	results = LOGS / 'parsed.json'
	results.unlink(missing_ok=True)
	run(TREE / 'tools/testing/kunit/kunit.py', 'parse', f'--json={results}', log, status=None)
	return cases(results)


def green(arch: str = 'i386', **variables: Arg) -> None:
	"""
	Checks that in a run no test fails, that no test is missing, and that exactly the tests in
	skips.tsv are skipped.
	"""
	results = LOGS / 'green.json'
	make('run', variables, ARCH=arch, JSON=results)
	found = cases(results)
	skipped = sorted(case for where, case, _ in rows(DATA / 'skips.tsv')
			 if where in ('all', arch))
	assert [case for case, status in found.items() if status == 'SKIP'] == skipped
	assert {status for status in found.values() if status != 'SKIP'} == {'PASS'}
	# The configuration of UML, kernel/module/.kunitconfig, does not name the suites of lib/.
	for part in ['module'] if arch == 'um' else ['module', 'lib']:
		these = [case for case in found if case.startswith('module_') == (part == 'module')]
		assert these and these == CASES.setdefault(part, these)
	assert len(CASES['module']) > 200


def red_are(result: Result, machine: str, column: int, *numbers: str) -> None:
	"""
	Checks that each failure in a run is due to a bug that one of these patches fixes, and that
	each bug fails as many cases as this column of red.tsv says for the machine, or else at
	least one.
	"""
	often = {row[1]: row[column] for row in rows(DATA / 'red.tsv') if row[0] == machine}
	found = re.findall(r'^  (\d+) by (\d+), ', result.out, re.MULTILINE)
	print(found)
	assert ', 0 not known)' in result.out
	assert sorted(number for _, number in found) == sorted(numbers)
	for count, number in found:
		assert count == often.get(number, count), f'{count} by {number} on {machine}'


def fixes_but(*numbers: str) -> str:
	"""Returns FIXES= for all patches but these."""
	return ','.join(sorted(path.name[:4] for path in (TOP / 'patches').rglob('*.patch')
			       if path.name[:4] not in (*numbers, '0008')))


def red_without(arch: str, *numbers: str) -> None:
	"""Checks that without these patches all cases fail that they fix, and no other."""
	red_are(make('run', status=1, ARCH=arch, FIXES=fixes_but(*numbers)), arch, 2, *numbers)


def known_on(machine: str) -> List[str]:
	"""Returns the patches without which cases fail on a machine."""
	never = {row[1] for row in rows(DATA / 'red.tsv') if row[0] == machine and row[3] == '0'}
	return sorted({row[0] for row in rows(TOP / 'patches/known.tsv')} - never)


def as_shipped(arch: str = 'i386', **variables: Arg) -> Result:
	"""Checks that without any patch only known bugs fail cases. Returns the run."""
	result = make('run', variables, status=1, ARCH=arch, FIXES='no')
	red_are(result, arch, 3, *known_on(arch))
	return result


def other_is_red(**variables: Arg) -> None:
	"""Checks that in another release or configuration only known bugs fail cases."""
	assert ', 0 not known)' in make('run', variables, status=1, FIXES='no').out


def unknown_to_the_suite(directory: str, decompress: Path) -> List[str]:
	"""
	Returns what a decompress.c uses of the kernel, built in a directory of build/kunit/, that
	neither seam.h nor services.tsv has, and the formats that the suite does not test.
	"""
	# seam.h defines a name for each service that the ledger stands in for.
	seam = (TOP / 'kernel/module/tests/seam.h').read_text()
	known = {name for name, in rows(DATA / 'services.tsv')}
	known.update(re.findall(r'^#define\s+(\w+)', seam, re.MULTILINE))
	calls = mutate(BUILD, BUILD / 'kunit' / directory, '--calls', decompress).split()
	assert calls
	formats = set(re.findall(r'CONFIG_MODULE_COMPRESS_(\w+)', decompress.read_text()))
	assert formats
	return [name for name in calls if name not in known] + sorted(formats - {'GZIP', 'XZ', 'ZSTD'})


def log_of(configuration: str) -> Path:
	"""Returns the log of the last run in a configuration of the kernel."""
	return BUILD / 'kunit' / f'{KERNEL}-{configuration}' / 'test.log'
