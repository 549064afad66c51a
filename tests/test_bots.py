# SPDX-License-Identifier: GPL-2.0
"""make bots: the suite as bots run it."""

import json
from pathlib import Path

import pytest

from harness.base import Trouble
from harness.bots.module import CPUINFO, want_user_space
from harness.kernel import Kernel
from kept import FOR_FILES
from support import BUILD, KERNEL, Arg, Result, refused, run

KUNIT = BUILD / 'src' / f'linux-{KERNEL}' / 'tools/testing/kunit'

# A case that fails because of the bug that patch 0001 fixes
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


def bot(name: str, *args: Arg, status: int = 0) -> Result:
	"""Runs the module of a bot."""
	return run('python3', '-B', '-m', f'harness.bots.{name}', *args, status=status)


@pytest.mark.commands
def test_bots_refuses_bad_variables() -> None:
	refused('no bot nobody', 'bots', BOTS='nobody')
	refused('names no bot', 'bots', BOTS=',')
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
	"""The bot reports statuses that KernelCI does not know, and failures that no patch fixes."""
	groups = [{'name': 'another', 'test_cases': [{'name': 'case', 'status': 'FAIL'}]},
		  {'name': suite, 'test_cases': [{'name': 'case', 'status': status}]}]
	files = {'results': json.dumps({'name': '', 'test_cases': [], 'sub_groups': groups}),
		 'log': GUEST, 'config': 'CONFIG_64BIT=y\n', 'lacks': lacks}
	for name, text in files.items():
		(tmp_path / name).write_text(text)
	bot('kernelci', tmp_path / 'results', KUNIT, tmp_path / 'log', tmp_path / 'config',
	    tmp_path / 'lacks', status=verdict)


@pytest.mark.um
@pytest.mark.long
@pytest.mark.depends(*FOR_FILES, 'harness/bots')
def test_does_as_a_module_what_it_does_when_it_is_built_in() -> None:
	"""The bot loads the suite, reads debugfs, and unloads it, as CKI, LKFT and Android do."""
	bot('module', 'y', 'i386' if 'amx_tile' in CPUINFO.read_text() else 'um')


@pytest.mark.commands
def test_UML_is_refused_where_it_runs_no_program(tmp_path: Path) -> None:
	(tmp_path / 'arch/x86/um').mkdir(parents=True)
	(tmp_path / 'Makefile').write_text('VERSION = 6\nPATCHLEVEL = 12\n')
	sizes = tmp_path / 'arch/x86/um/user-offsets.c'
	sizes.write_text('	DEFINE_LONGS(HOST_FP_SIZE, 2696);\n')
	kernel = Kernel('6.12', '6.12', tmp_path)
	want_user_space(kernel, 'flags: fpu avx512f\n')
	with pytest.raises(Trouble, match='on a CPU with AMX; give ARCH=i386$'):
		want_user_space(kernel, 'flags: fpu amx_tile avx512f\n')
	sizes.write_text('	DEFINE_LONGS(HOST_FP_SIZE, 8192);\n')
	want_user_space(kernel, 'flags: fpu amx_tile avx512f\n')


def guest_says(result: str = 'ok 1 case', load: str = '', log: str = '', tainted: int = 1 << 18,
	       free: str = '1000 999', end: str = '=== done\n') -> str:
	"""Returns the output of a guest with one round, and one round with busy tasks."""
	suite = f'=== results suite\nKTAP version 1\n1..1\n    KTAP version 1\n' \
		f'    # Subtest: suite\n    1..1\n    {result}\nok 1 suite\n{load}'
	of_a_program = '<12>WARNING: said by a program\n'
	return ('=== log\n<4>WARNING: before the suite\n=== tainted 0\n=== round 1\n' + suite +
		f'=== log\n{log}=== leaks\n=== free {free}\n' +
		('=== no leak\n' if free == '1000 999' else '=== leak\n') +
		f'=== log\n=== round 2\n{suite}=== log\n{of_a_program}=== tainted {tainted}\n{end}')


@pytest.mark.um
@pytest.mark.parametrize('out, status, says', [
	(guest_says(), 0, '^loaded and unloaded 130 times, 1 results as if built in'),
	(guest_says('not ok 1 case'), 1,
	 '^  -PASS suite/case\n  [+]FAIL suite/case\n^round 1: not'),
	(guest_says('ok 1 another'), 1, '^  [+]PASS suite/another\n^round 2: not the results'),
	(guest_says(load='=== error loading the suite: ENOENT\n'), 1,
	 '^  loading the suite: ENOENT'),
	(guest_says(log='<4>WARNING: by the kernel\n'), 1, '^<4>WARNING.*\nthe kernel complains'),
	(guest_says(tainted=1 << 18 | 512), 1,
	 '^more than TAINT_TEST taints the kernel, before and after: 0 262656'),
	(guest_says(free='1000 900'), 1, '^each measurement loses memory: 1000 900 pages'),
	(guest_says(end=''), 1, '^the guest ended in round 2'),
	('Kernel panic\n', 2, ''),
], ids=['all is right', 'a failure', 'another case', 'not loaded', 'a warning', 'a taint', 'a leak',
	'a guest that dies', 'no guest'])
def test_rounds_of_the_suite_as_a_module_are_judged(tmp_path: Path, out: str, status: int,
						    says: str) -> None:
	(tmp_path / 'out').write_text(out)
	(tmp_path / 'expected').write_text('PASS suite/case\n')
	judged = bot('rounds', KUNIT, tmp_path / 'out', tmp_path / 'expected', '1', '1', '64',
		     status=status)
	assert judged.has(says)
