# SPDX-License-Identifier: GPL-2.0
"""Is the suite green on a fixed kernel, and red only where a fix is missing?"""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from kernels import as_shipped, cases, green, log_of, other_is_red, red_without
from kept import FOR_RUN
from support import KUNIT_PY, LOGS, TOP, run

pytestmark = pytest.mark.depends(*FOR_RUN)


@pytest.mark.suite
def test_green_on_i386_with_highmem() -> None:
	green()


@pytest.mark.suite
def test_kunit_py_config_build_exec_and_parse(tmp_path: Path) -> None:
	directory = log_of('i386').parent
	for command in ['config'], ['build', '--jobs=2'], ['exec', '--json=kunit.json']:
		run(KUNIT_PY, *command, '--arch=i386', f'--build_dir={directory}', cwd=tmp_path)
	statuses = set(cases(tmp_path / 'kunit.json').values())
	assert statuses == {'PASS', 'SKIP'}
	run(KUNIT_PY, 'parse', directory / 'test.log', cwd=tmp_path)


@pytest.mark.red
def test_red_without_the_gzip_fix_exactly() -> None:
	red_without('i386', '0001')
	log = log_of('i386').read_text(errors='replace')
	assert 'by an address outside the page] kunmap_local() 4096 bytes' in log
	assert re.search('after.kmap_idx == 1', log)


@pytest.mark.red
@pytest.mark.long
@pytest.mark.parametrize('numbers', ['0002', '0003', '0004', '0006', '0007',
				     '0005 0009 0010 0012'],
			 ids=['of xz', 'of zstd truncation', 'of the zstd window',
			      'of the limit of the output', 'of the end of a line',
			      'of what spares other tasks'])
def test_red_without_the_fix(numbers: str) -> None:
	red_without('i386', *numbers.split())


@pytest.mark.red
def test_red_as_shipped_exactly_and_all_of_it_known() -> None:
	results, junit = LOGS / 'red.json', LOGS / 'red.xml'
	result = as_shipped(JSON=results, JUNIT=junit)
	# The output names the patch of each bug.
	patch = next((TOP / 'patches').glob('0001-*')).read_text()
	title = re.search(r'^Subject: \[PATCH\] (.*)', patch, re.MULTILINE)
	assert title and f' by 0001, {title[1]}' in result.out
	count = re.search(r'(\d+) failed \(', result.out)
	failures = ET.parse(junit).findall('.//failure')
	text = results.read_text()
	json.loads(text)
	assert count and len(failures) == text.count('"FAIL"') == int(count[1])
	assert any('by an address outside the page' in (failure.text or '')
		   for failure in failures)


@pytest.mark.red
@pytest.mark.long
@pytest.mark.parametrize('algorithm', ['zstd', 'xz'])
def test_red_as_shipped_built_for_another_format_all_of_it_known(algorithm: str) -> None:
	# The core suite tests the kernel's own format.
	other_is_red(CONFIG=algorithm)
