# SPDX-License-Identifier: GPL-2.0
"""
Runs the suite as KernelCI does: among all KUnit tests, with kunit.py --alltests, which starts QEMU
by its own configuration.

python3 -m harness.bots.kernelci JSON KUNIT LOG CONFIG LACKS judges the results of kunit.py.
"""

import collections
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator, List, Tuple

from harness import build, packages, results
from harness.base import patience, say
from harness.commands import run
from harness.kernel import Sources
from harness.machine import machine
from harness.tree import KUNIT

# The only statuses that KernelCI knows
STATUSES = ('PASS', 'FAIL', 'SKIP')


def cases(group: Any, path: str) -> Iterator[Tuple[str, str]]:
	"""Yields the path and the status of each case in a group and its subgroups."""
	for case in group['test_cases']:
		yield f'{path}/{case["name"]}', case['status']
	for sub in group.get('sub_groups', []):
		yield from cases(sub, f'{path}/{sub["name"]}' if path else sub['name'])


def judge(path: str, kunit: str, log: str, config: str, lacks: str) -> Tuple[int, List[str]]:
	"""
	Returns 0 if only known bugs failed, 1 if not, 2 if the suite is missing; and lines that say
	what is wrong, with the numbers in the last one. Reads the bug behind a failure from the
	guest's log.
	"""
	found = list(cases(json.loads(Path(path).read_text()), ''))
	ours = [(case, status) for case, status in found if case.startswith('module_decompress')]
	if not ours:
		return 2, ['the suite is not among the results']
	bugs = results.bugs(config, lacks)
	known = {result[1] for result in results.failures(results.results(kunit, log))
		 if results.known_as(result, bugs)}
	count = collections.Counter(status for _, status in ours)
	strange = [f'{case}: {status}' for case, status in ours if status not in STATUSES]
	failed = [case for case, status in ours if status == 'FAIL' and case not in known]
	return int(bool(strange or failed)), [
		*(f'  KernelCI does not know the status of {line}' for line in strange),
		*(f'  not known: {line}' for line in failed),
		f'{count["PASS"]} passed, {count["FAIL"]} failed ({count["FAIL"] - len(failed)} by '
		f'known bugs, {len(failed)} not known), {count["SKIP"]} skipped, {len(strange)} '
		f'that it cannot read, of {len(found)} results']


def run_kernelci(options: run.Options) -> int:
	"""Builds and boots. Returns 0 if only known bugs failed, or 1."""
	# An empty qemu makes kunit.py use its own configuration of QEMU.
	one = replace(machine(options.arch), qemu='')
	packages.need_for_kernel(machine(options.arch), options.llvm, options.may_install)
	llvm = packages.need_llvm(options.may_install) if options.llvm else ''
	kernel = Sources(options.build, options.may_install).find(options.kernel)
	fixes = run.words_of_fixes(options, kernel)
	what = f'KernelCI, linux {kernel.version}, {options.arch}, {fixes}'
	own = run.take_tree(options, kernel, f'make bots of {what}')
	made = build.Build('bots', what, own, one, options.build / 'kernelci' /
			   f'{kernel.name}-{options.arch}', llvm, options.jobs)
	make_options = [f'--make_options=LLVM={llvm}'] if llvm else []
	say(f'Building all KUnit tests, for {what}: thousands of objects ...')
	with patience(lambda: f'{build.count_objects(made.directory)} objects built'):
		if made.kunit_py('config', '--alltests', *make_options):
			made.failed('configured')
		config = made.directory / '.config'
		if '\nCONFIG_MODULE_DECOMPRESS_KUNIT_TEST=y\n' not in config.read_text():
			made.failed('configured: --alltests does not include the suite')
		if made.kunit_py('build', '--alltests', f'--jobs={options.jobs}', *make_options):
			made.failed('built')
	# Without KVM all tests take longer than kunit.py's default timeout.
	made.boot('--alltests', '--timeout=1800')
	written = made.directory / 'kunit.json'
	if not written.exists() or not written.stat().st_size:
		made.failed('tested: kunit.py wrote no results')
	status, lines = judge(str(written), str(own.path / KUNIT), str(made.directory / 'test.log'),
			      str(config), str(own.path / '.lacks'))
	print('\n'.join([*lines[:-1], f'make bots: {what}: {lines[-1]}']))
	return status


if __name__ == '__main__':
	verdict, said = judge(*sys.argv[1:])
	print('\n'.join(said))
	sys.exit(verdict)
