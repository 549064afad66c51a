# SPDX-License-Identifier: GPL-2.0
"""Does make matrix report the result of each row, and run a row again only if needed?"""

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Dict, Optional

import pytest

from stand_ins import GREEN, Bench, guest
from support import Arg, Result, refused, run

pytestmark = pytest.mark.commands

BUG = ('gzip, x: [mapping: unmapped by an address outside the page] '
       'kunmap_local() 4096 bytes')


def failing(*messages: str) -> str:
	"""Returns what a guest prints of a case that fails with these messages."""
	lines = [f'    # one: EXPECTATION FAILED at attempt.c:1\n{message}'
		 for message in messages]
	return guest(*lines, '    not ok 1 one', '    ok 2 two', cases=2, passed=False)


def matrix(bench: Bench, rows: str, status: Optional[int] = 0, **variables: Arg) -> Result:
	"""Runs `make matrix` with the stand-ins."""
	given: Dict[str, Arg] = {'KERNEL': bench.kernel, 'BUILD': bench.build, 'ROWS': rows,
				 **variables}
	return run('make', '--no-print-directory', 'matrix',
		   *(f'{name}={value}' for name, value in given.items()),
		   status=status, path=bench.bin)


def page(bench: Bench) -> str:
	"""Returns the page of the last `make matrix`."""
	found, = (bench.build / 'matrix').glob('*/report.html')
	return found.read_text()


def test_a_row_that_fails_is_red(tmp_path: Path) -> None:
	bench = Bench(tmp_path)
	bench.qemu(prints=failing('xz, x: [rule: one] 12 bytes'))
	result = matrix(bench, 'i386', status=1)
	assert result.has('^i386  red .* s  1 passed, 1 failed$')
	assert result.has('^    1  rule: one   first: suite/one: xz, x: ')
	assert result.out.endswith(': 0 green, 0 known, 1 red, 0 not run\n')
	assert 'class="red"><b>i386<' in page(bench)


def test_a_row_that_fails_by_known_bugs_is_known(tmp_path: Path) -> None:
	bench = Bench(tmp_path)
	bench.qemu(prints=failing(BUG))
	result = matrix(bench, 'i386-nohighmem', status=1)
	assert result.has('^i386-nohighmem  known .* s  1 passed, 1 failed by known bugs$')
	assert result.out.endswith(': 0 green, 1 known, 0 red, 0 not run\n')


def test_a_row_whose_kernel_did_not_run_has_no_verdict(tmp_path: Path) -> None:
	bench = Bench(tmp_path)
	fixed = tmp_path / 'fixed'
	bench.qemu('case $* in', f'*"-m 512"*) [ -e "{fixed}" ] || exit 1 ;;', 'esac',
		   f'cat "{bench.bin}/guest"')
	(bench.bin / 'guest').write_text(GREEN)
	junit = tmp_path / 'a blank.xml'
	result = matrix(bench, 'i386,i386-512m', status=2, JUNIT=junit)
	assert result.has('^i386  *green ')
	assert result.has('^i386-512m  not run .* did not reach its first test')
	assert result.out.endswith(': 1 green, 0 known, 0 red, 1 not run\n')
	assert 'class="not-run"><b>i386-512m<' in page(bench)
	errors = ET.parse(junit).findall('.//error')
	assert len(errors) == 1 and 'its first test' in (errors[0].text or '')
	# A row that could not run is tried again.
	fixed.touch()
	result = matrix(bench, 'i386,i386-512m')
	assert 'i386-512m: nothing has changed' not in result.err
	assert result.out.endswith(': 2 green, 0 known, 0 red, 0 not run\n')


def test_a_row_without_its_qemu_has_no_verdict(tmp_path: Path) -> None:
	bench = Bench(tmp_path)
	tools = tmp_path / 'tools'
	tools.mkdir()
	for tool in Path('/usr/bin').iterdir():
		if not tool.name.startswith('qemu-system-'):
			(tools / tool.name).symlink_to(tool)
	result = run('/usr/bin/env', f'PATH={tools}', str(shutil.which('make')),
		     '--no-print-directory', 'matrix', 'ROWS=i386', f'KERNEL={bench.kernel}',
		     f'BUILD={bench.build}', 'INSTALL=no', status=2)
	assert result.has('^i386  not run .*missing: qemu-system-i386')


def test_the_matrix_is_written_as_json_and_junit(tmp_path: Path) -> None:
	bench = Bench(tmp_path)
	bench.qemu(prints=guest('    ok 1 one', '    ok 2 two # SKIP no highmem', cases=2))
	results, junit = tmp_path / 'a blank.json', tmp_path / 'a blank.xml'
	result = matrix(bench, 'i386,i386-up', JSON=results, JUNIT=junit)
	assert result.out.endswith(': 2 green, 0 known, 0 red, 0 not run\n')
	rows = json.loads(results.read_text())
	assert [(row['row'], row['word'], row['skips']) for row in rows] == [
		('i386', 'green', ['no highmem']), ('i386-up', 'green', ['no highmem'])]
	assert rows[1]['command'] == f'make matrix ROWS=i386-up KERNEL={bench.kernel} FIXES=no'
	suites = ET.parse(junit).getroot()
	assert [suite.get('name') for suite in suites] == ['i386', 'i386-up']
	assert [(suite.get('tests'), suite.get('skipped')) for suite in suites] == [('2', '1')] * 2
	assert page(bench).count('class="green"><b>') == 2


def test_a_row_runs_again_only_if_something_has_changed(tmp_path: Path) -> None:
	bench = Bench(tmp_path)
	same = 'i386: nothing has changed'
	assert same not in matrix(bench, 'i386').err
	result = matrix(bench, 'i386')
	assert same in result.err
	assert result.out.endswith(': 1 green, 0 known, 0 red, 0 not run\n')
	# A row runs again with another QEMU, and with other fixes.
	bench.qemu(':', prints=failing('xz, x: [rule: one] 12 bytes'))
	assert same not in matrix(bench, 'i386', status=1).err
	assert same in matrix(bench, 'i386', status=1).err
	assert same not in matrix(bench, 'i386', status=1, FIXES='0001').err


def test_a_row_is_run_as_the_table_says(tmp_path: Path) -> None:
	bench = Bench(tmp_path)
	bench.qemu(f'echo "$*" >>"{tmp_path}/arguments"', prints=GREEN)
	matrix(bench, 'i386-poison,i386-512m')
	# The rows come in the order of the table.
	first, second = (tmp_path / 'arguments').read_text().splitlines()
	assert '-m 512' in first and 'page_poison=1' not in first
	assert 'page_poison=1 slab_debug=FZPU' in second and '-m 512' not in second


def test_matrix_refuses_bad_variables() -> None:
	refused('no row nothing', 'matrix', ROWS='um,nothing')
	refused('names no row', 'matrix', ROWS=',')
	refused('no row i386-zstd for KERNEL=6.1', 'matrix', ROWS='i386-zstd', KERNEL='6.1')
	refused('FIXES=maybe', 'matrix', FIXES='maybe')
	refused('make matrix takes no HOSTS= any more; run make matrix', 'matrix', HOSTS='a')
