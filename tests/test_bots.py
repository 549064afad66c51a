# SPDX-License-Identifier: GPL-2.0
"""make bots: the suite as bots run it."""

import json
from pathlib import Path

import pytest

from support import BUILD, KERNEL, TOP, refused, run

KUNIT = BUILD / 'src' / f'linux-{KERNEL}' / 'tools/testing/kunit'

# A case that fails by the bug that patch 0001 fixes
GUEST = """KTAP version 1
1..1
    KTAP version 1
    # Subtest: module_decompress
    1..1
    # case: EXPECTATION FAILED at attempt.c:1
gzip, x: [mapping: unmapped by an address outside the page] kunmap_local() 4096 bytes
    not ok 1 case
not ok 1 module_decompress
"""


@pytest.mark.commands
def test_bots_refuses_bad_variables() -> None:
	refused('no bot nobody', 'bots', BOTS='nobody')
	refused('which bot', 'bots', BOTS=',')
	refused('ARCH=um', 'bots', BOTS='0day', ARCH='um')
	refused('ARCH=x86_64', 'bots', BOTS='module', ARCH='x86_64')
	refused('SEED= and CONFIGS=', 'bots', BOTS='module', SEED='1')
	refused('SEED=often', 'bots', BOTS='0day', SEED='often')
	refused('CONFIGS=many', 'bots', BOTS='0day', CONFIGS='many')


@pytest.mark.commands
@pytest.mark.parametrize('status, lacks, suite, verdict', [
	('PASS', '', 'module_decompress', 0),
	('SKIP', '', 'module_decompress', 0),
	('ERROR', '', 'module_decompress', 1),
	('FAIL', '', 'module_decompress', 1),
	('FAIL', '0001\n', 'module_decompress', 0),
	('FAIL', '0001\n', 'renamed', 2),
], ids=['passed', 'skipped', 'unknown status', 'failed', 'known bug', 'suite is missing'])
def test_KernelCI_knows_three_statuses(tmp_path: Path, status: str, lacks: str, suite: str,
					verdict: int) -> None:
	"""A status that KernelCI cannot read, and a failure that no patch explains, are told."""
	groups = [{'name': 'another', 'test_cases': [{'name': 'case', 'status': 'FAIL'}]},
		  {'name': suite, 'test_cases': [{'name': 'case', 'status': status}]}]
	files = {'results': json.dumps({'name': '', 'test_cases': [], 'sub_groups': groups}),
		 'log': GUEST, 'config': 'CONFIG_64BIT=y\n', 'lacks': lacks}
	for name, text in files.items():
		(tmp_path / name).write_text(text)
	run('python3', TOP / 'harness/bots/kernelci.py', tmp_path / 'results', KUNIT,
	    tmp_path / 'log', tmp_path / 'config', tmp_path / 'lacks', status=verdict)


@pytest.mark.um
def test_does_as_a_module_what_it_does_when_it_is_built_in() -> None:
	"""Loaded, read in debugfs, and unloaded: as CKI, LKFT and Android do it."""
	run('sh', TOP / 'harness/bots/module.sh', 'y')
