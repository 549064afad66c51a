# SPDX-License-Identifier: GPL-2.0
"""Does make run give a verdict only if a kernel ran, and does it say what failed, and why?"""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stand_ins import GREEN, HEADER, Bench, guest, kernel
from support import TOP, refused, run

pytestmark = pytest.mark.commands

NEVER_TESTED = 'the kernel did not reach its first test'
BUG = ('gzip, x: [mapping: unmapped by an address outside the page] '
       'kunmap_local() 4096 bytes')


def failing(*messages: str) -> str:
	"""Returns the output of a guest with a case that fails with these messages."""
	lines = [f'    # case: EXPECTATION FAILED at attempt.c:1\n{message}'
		 for message in messages]
	return guest(*lines, '    not ok 1 case', passed=False)


@pytest.mark.parametrize('shell', ['exit 1', 'echo booting; exit 0', 'echo booting; exec sleep 60'])
def test_no_verdict_without_a_kernel_that_ran(bench: Bench, shell: str) -> None:
	bench.qemu(shell)
	result = bench.run(status=2, TIMEOUT='3')
	assert NEVER_TESTED in result.err


def test_no_verdict_without_a_case_that_ran(bench: Bench) -> None:
	bench.qemu(prints='KTAP version 1\n1..0\n')
	result = bench.run(status=2, FILTER='none.such')
	assert 'does FILTER=none.such match a case?' in result.err


@pytest.mark.parametrize('shell', [':', 'echo Kernel panic', 'exec sleep 60'])
def test_a_kernel_that_dies_after_its_first_test_has_failed(bench: Bench, shell: str) -> None:
	bench.qemu(shell, prints=f'{HEADER}    1..2\n    ok 1 one\n')
	bench.run(status=1, TIMEOUT='3')


def test_all_that_failed_fails_the_run(bench: Bench, tmp_path: Path) -> None:
	bench.qemu(prints=failing(BUG))
	results, junit = tmp_path / 'a blank.json', tmp_path / 'a blank.xml'
	bench.run(status=1, JSON=results, JUNIT=junit)
	assert json.loads(results.read_text())['sub_groups'][0]['name'] == 'suite'
	assert results.read_text().count('"FAIL"') == 1
	failures = ET.parse(junit).findall('.//failure')
	assert len(failures) == 1 and BUG in (failures[0].text or '')


def test_a_bisection_skips_what_does_not_run(bench: Bench, tmp_path: Path) -> None:
	manual = (TOP / 'Documentation' / 'your-kernel.md').read_text()
	found = re.search(r"git bisect run sh -c '(.*)'", manual)
	assert found
	command = found[1].replace('~/kunit', str(TOP)).replace('"$PWD"', '"$1"')
	assert re.search('KERNEL="\\$1".*125', command)
	env = {'BUILD': str(bench.build)}

	def bisect(of: Path, status: int) -> None:
		run('sh', '-c', command, 'bisect', of, status=status, env=env, path=bench.bin)

	bisect(bench.kernel, 0)
	bisect(tmp_path / 'none', 125)
	bench.qemu('exit 1')
	bisect(bench.kernel, 125)
	bench.qemu(prints=failing(BUG))
	bisect(bench.kernel, 1)


def test_a_bug_is_known_where_it_shows(bench: Bench) -> None:
	# Without highmem no known bug explains a corrupted module. If a case reports another error
	# besides a known bug, the failure is not known, either.
	own = 'Expected after.kmap_idx == before.kmap_idx, but'
	known, new = '(1 by known bugs, 0 not known)', '(0 by known bugs, 1 not known)'
	for config, messages, numbers in (
			('nohighmem', [BUG], known),
			('', [own], known),
			('nohighmem', [own], new),
			('', [BUG, 'gzip, x: [output: wrong bytes] byte 1'], new)):
		bench.qemu(prints=failing(*messages))
		result = bench.run(status=1, CONFIG=config)
		assert numbers in result.out, (config, messages)
		assert result.has('^  1 by 0001, ') == (numbers == known)
	# A kernel with the fix does not have the bug.
	bench.qemu(prints=failing(BUG))
	assert new in bench.run(status=1, FIXES='0001').out


def test_one_cause_is_one_line(bench: Bench) -> None:
	bench.qemu(prints=guest(
		'    # a: EXPECTATION FAILED at attempt.c:1', 'xz, x: [rule: one] 12 bytes',
		'    not ok 1 a',
		'    # b: EXPECTATION FAILED at cases.c:7', 'Expected a == 0, but',
		'    not ok 2 b',
		'    # c: EXPECTATION FAILED at attempt.c:1', 'xz, y: [rule: one] 13 bytes',
		'    not ok 3 c', cases=3, passed=False))
	lines = bench.run(status=1).out.splitlines()
	assert lines[-4:-1] == [
		'3 failed, 2 causes:',
		'    2  rule: one   first: suite/a: xz, x: [rule: one] 12 bytes',
		'    1  cases.c:7: Expected a == 0, but   first: suite/b: Expected a == 0, but']
	assert '0 passed, 3 failed (0 by known bugs, 3 not known), 0 skipped' in lines[-1]


def test_compared_with_base(bench: Bench, tmp_path: Path) -> None:
	same = bench.run(BASE=bench.kernel)
	assert 'all tests have the same status as in BASE' in same.out
	base = kernel(tmp_path / 'base')
	(tmp_path / 'of_base').write_text(guest(
		'    ok 1 one', '    not ok 2 gone', '    not ok 3 two', cases=3, passed=False))
	bench.qemu(f'case $* in */base-*) exec cat "{tmp_path}/of_base" ;; esac',
		   f'cat "{tmp_path}/now"')
	(tmp_path / 'now').write_text(guest(
		'    not ok 1 one', '    ok 2 two', '    ok 3 new', cases=3, passed=False))
	result = bench.run(status=1, BASE=base)
	for line in ('1 failed, 1 cause:', 'no message   first: suite/one',
		     'newly fails: suite/one (was PASS)',
		     'newly passes: suite/two (was FAIL)',
		     'newly is gone: suite/gone (was FAIL)',
		     'newly passes: suite/new (was not there)',
		     '2 passed, 1 failed (0 by known bugs, 1 not known), 0 skipped'):
		assert line in result.out
	refused('for a commit, give a git tree', 'run', BASE='v6.1')


def test_a_disk_that_is_full_has_no_verdict(bench: Bench, tmp_path: Path) -> None:
	# All cases pass, but the disk has no room for kunit.py's results.
	bench.run()
	(tmp_path / 'green').write_text(GREEN)
	bench.qemu(f'ln -s /dev/full "{bench.dir}/kunit.json"', f'cat "{tmp_path}/green"')
	result = bench.run(status=2)
	assert 'kunit.py failed, but no test failed' in result.err
	# Nor is there room for the caller's results: exit status 2, as no test failed.
	bench.qemu(prints=GREEN)
	assert 'JSON=/dev/full' in bench.run(status=2, JSON='/dev/full').err
	assert 'JUNIT=/dev/full' in bench.run(status=2, JUNIT='/dev/full').err
