# SPDX-License-Identifier: GPL-2.0
"""
`make check-modules` and the program that it builds give the answers in check.tsv, and report a
file that crashes the kernel's code. test_replay.py checks that a booted kernel gives the same
answers.
"""

import lzma
import re
import shutil
import xml.etree.ElementTree
from pathlib import Path
from typing import Iterator

import pytest

from check_table import Kmod, Table
from harness.boot import debian
from module_files import module
from kept import FOR_FILES
from support import BUILD, TOP, make, refused, run

pytestmark = [pytest.mark.check, pytest.mark.depends(*FOR_FILES)]

PROGRAM = BUILD / 'check/module-decompress-check'
SOURCE = BUILD / 'src/linux-6.12'


@pytest.fixture(name='files', scope='module')
def fixture_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
	"""A directory with a module, plain and compressed"""
	directory = tmp_path_factory.mktemp('files')
	(directory / 'module.ko').write_bytes(module())
	run('xz', '-k', '--check=crc32', 'module.ko', cwd=directory)
	run('xz', '-k', '--check=crc32', '--arm64', '--lzma2', '--suffix=.arm64', 'module.ko',
	    cwd=directory)
	run('xz', '-k', '--check=crc64', '--suffix=.crc64', 'module.ko', cwd=directory)
	run('zstd', '-q', 'module.ko', cwd=directory)
	return directory


@pytest.fixture(name='program', scope='module')
def fixture_program(files: Path) -> Path:
	"""The program that `make check-modules` builds"""
	make('check-modules', KCONFIG='any', KMOD='none', FILES=files / 'module.ko.xz')
	return PROGRAM


@pytest.fixture(name='table', scope='module')
def fixture_table(files: Path, program: Path,
		  tmp_path_factory: pytest.TempPathFactory) -> Table:
	"""The table, with the program, both kmods and sign-file"""
	top = tmp_path_factory.mktemp('table')
	run('gcc', '-w', '-o', top / 'sign-file', SOURCE / 'scripts/sign-file.c', '-lcrypto')
	arch = run('dpkg', '--print-architecture').out.strip()
	kmods = [Kmod('30', debian.get_kmod(BUILD, arch, 'bookworm')),
		 Kmod('34', debian.get_kmod(BUILD, arch))]
	return Table(program, (files / 'module.ko').read_bytes(), top / 'sign-file', kmods, top)


@pytest.fixture(name='broken_kernel', scope='module')
def fixture_broken_kernel(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
	"""
	Files for a program whose lib/xz is broken on purpose. The decoder crashes on a file of 100
	bytes, hangs on one of 104 bytes, and changes the output of one of 108 bytes.
	"""
	top = tmp_path_factory.mktemp('broken')
	shutil.copytree(SOURCE, top / 'linux', symlinks=True, copy_function=hard_link)
	decoder = top / 'linux/lib/xz/xz_dec_stream.c'
	source = decoder.read_text()
	before, run_function = source.split('\nenum xz_ret xz_dec_run', 1)
	for old, new in (
		('\tif (DEC_IS_SINGLE', '\tif (b->in_size == 100)\n\t\t__builtin_trap();\n'
		 '\twhile (b->in_size == 104)\n\t\tbarrier();\n\tif (DEC_IS_SINGLE'),
		('\tret = dec_main(s, b);', '\tret = dec_main(s, b);\n'
		 '\tif (b->in_size == 108 && b->out_pos)\n\t\tb->out[0] ^= 1;')):
		assert old in run_function
		run_function = run_function.replace(old, new, 1)
	# The decoder is a hard link to the original: remove it first.
	decoder.unlink()
	decoder.write_text(f'{before}\nenum xz_ret xz_dec_run{run_function}')
	modules = top / 'modules'
	modules.mkdir()
	for size in (100, 104):
		data = lzma.compress(b'', check=lzma.CHECK_CRC32)[:32]
		(modules / f'{size}.ko.xz').write_bytes(data.ljust(size, b'\0'))
	shutil.copy(files / 'module.ko.xz', modules)
	make('check-modules', KERNEL=top / 'linux', KCONFIG='any', KMOD='none',
	     FILES=files / 'module.ko.xz')
	yield modules
	# Build the program again without the broken decoder.
	make('check-modules', KCONFIG='any', KMOD='none', FILES=files / 'module.ko.xz')


def hard_link(source: str, target: str) -> None:
	"""Makes a hard link; copytree() itself copies symbolic links."""
	Path(target).hardlink_to(source)


def test_check_modules_refuses_bad_variables(tmp_path: Path) -> None:
	refused('make check is now called make check-modules', 'check', FILES='a.xz')
	refused('make replay is now called make check-modules BOOT=yes', 'replay', FILES='a.xz')
	refused('make check-modules takes no CONFIG=', 'check-modules', CONFIG='debug')
	refused('no files given', 'check-modules')
	refused('no files given', 'check-modules', FILES=' ')
	refused('only one of FILES=, FILES_FROM=', 'check-modules', FILES='a.xz', FILES_FROM='b')
	refused('ROOT=/nowhere: no such directory', 'check-modules', ROOT='/nowhere')
	refused('KMOD=/nowhere: cannot read', 'check-modules', FILES='a.xz', KMOD='/nowhere')
	refused('FIX=maybe', 'check-modules', FILES='a.xz', FIX='maybe')
	refused('FIX=yes: does not go with BOOT=yes', 'check-modules', FILES='a.xz', FIX='yes',
		BOOT='yes')
	refused('FILES_FROM=no-such-list: cannot read', 'check-modules',
		FILES_FROM='no-such-list')
	refused('KCONFIG=/nowhere', 'check-modules', FILES='a.xz', KCONFIG='/nowhere')
	refused('VERBOSE=maybe', 'check-modules', FILES='a.xz', VERBOSE='maybe')
	refused('/nowhere/json', 'check-modules', FILES='a.xz', JSON='/nowhere/json')
	refused(f'cannot write to {tmp_path}', 'check-modules', FILES='a.xz', JUNIT=tmp_path)
	refused('JSON= and JUNIT= both name', 'check-modules', FILES='a.xz', JSON=tmp_path / 'x',
		JUNIT=tmp_path / 'x')
	refused('KERNEL=5.0', 'check-modules', FILES='a.xz', KERNEL='5.0')
	refused('BOOT=maybe', 'check-modules', FILES='a.xz', BOOT='maybe')
	refused('ARCH=i386: needs BOOT=yes', 'check-modules', FILES='a.xz', ARCH='i386')
	refused('ARCH=um', 'check-modules', FILES='a.xz', BOOT='yes', ARCH='um')
	refused('KCONFIG=any: does not go with BOOT=yes', 'check-modules', FILES='a.xz', BOOT='yes',
		KCONFIG='any')


def test_the_manual_page_lists_all_causes() -> None:
	verdict = TOP / 'harness/verdict'
	source = ''.join(path.read_text() for path in verdict.glob('*.c'))
	ids = set(re.findall(r'(?:find|no_verdict|no_answer|unsupported|cause_is)'
			     r'\([^;"]*?"([a-z][a-z0-9-]+)"', source))
	page = (verdict / 'module-decompress-check.1').read_text().replace('\\-', '-')
	part = page[page.index('of a cause stays the same'):page.index('.SH EXIT STATUS')]
	listed = set(re.findall('^([a-z0-9-]+)[,.]$', part, re.MULTILINE))
	assert len(ids) > 40 and not ids - listed
	assert not [name for name in listed if f'"{name}"' not in source]


@pytest.mark.long
def test_what_no_kernel_before_6_2_has_is_refused_for_6_1(files: Path) -> None:
	zstd = make('check-modules', status=1, KERNEL='6.1', KCONFIG='any', KMOD='none',
		    FILES=files / 'module.ko.zst')
	assert zstd.has('does not know zstd: 6.2 and later do')
	arm64 = make('check-modules', status=1, KERNEL='6.1', KCONFIG='any', KMOD='none',
		     FILES=files / 'module.ko.arm64')
	assert arm64.has('ARM64 filter is not known to kernels before 6.12')


def test_the_checker_gives_true_answers(table: Table) -> None:
	assert not table.check_all()


def test_a_kmod_can_be_named(table: Table, files: Path) -> None:
	kmod = table.kmods[1].root / 'usr/bin/kmod'
	words = (PROGRAM, '--kconfig=any', files / 'module.ko.xz')
	assert run(*words, f'--kmod={kmod}').out.count(f'\nkmod 34 without zlib, of {kmod}\n')
	assert run(*words, '--kmod=/bin/sh', status=2).err.endswith(': this program is not kmod\n')


def test_names_do_no_harm(table: Table) -> None:
	table.check_awkward_names()


def test_files_are_named_and_nothing_is_evaluated(files: Path, tmp_path: Path) -> None:
	for name in ('$(touch evaluated).xz', '-c.xz'):
		shutil.copy(files / 'module.ko.xz', tmp_path / name)
	for given, status in (('$(touch evaluated).xz', 0), ('-c.xz $(touch evaluated)', 2),
			      ('-c.xz `touch evaluated`', 2), ('-c.xz;touch evaluated', 2),
			      ('[-]c.xz', 2)):
		run(TOP / 'suite', 'check-modules', f'FILES={given}', 'KCONFIG=any', 'KMOD=none',
		    status=status, cwd=tmp_path)
	make('check-modules', status=2, KCONFIG='any', KMOD='none',
	     FILES=f'$(shell touch {tmp_path}/evaluated)')
	assert len(list(tmp_path.iterdir())) == 2


def test_junit_counts_what_is_in_it(files: Path, program: Path, tmp_path: Path) -> None:
	junit = tmp_path / 'junit'
	run(program, '--kconfig=any', f'--junit={junit}', files / 'module.ko.xz',
	    files / 'module.ko.arm64', tmp_path / 'no-such.ko', '/dev/null', status=2)
	suite, = xml.etree.ElementTree.parse(junit).getroot()
	assert {name: suite.get(name) for name in ('tests', 'failures', 'errors', 'skipped')} == {
		'tests': '4', 'failures': '0', 'errors': '2', 'skipped': '0'}
	assert [len(suite.findall(path)) for path in ('testcase', 'testcase/failure',
						      'testcase/error')] == [4, 0, 2]
	run(program, '--kconfig=any', f'--junit={junit}', files / 'module.ko.crc64', status=1)
	failure = xml.etree.ElementTree.parse(junit).find('testsuite/testcase/failure')
	assert failure is not None and failure.get('type') == 'xz-check-crc64'
	assert 'CRC64' in (failure.get('message') or '') and 'to do: ' in (failure.text or '')


def test_a_decoder_that_dies_or_hangs_is_told(broken_kernel: Path) -> None:
	# The limit is a minute; here it is less.
	result = run('prlimit', '--cpu=2:unlimited', PROGRAM, '--kconfig=any', broken_kernel,
		     status=1)
	assert result.has('1 would load, 2 would not')
	assert result.has('^    kernel: the kernel did not return from decompressing it: ')


def test_a_wrong_byte_is_told(broken_kernel: Path, tmp_path: Path) -> None:
	data = lzma.compress(b'module\n', check=lzma.CHECK_NONE)
	assert broken_kernel and len(data) <= 108
	(tmp_path / '108.ko.xz').write_bytes(data.ljust(108, b'\0'))
	result = run(PROGRAM, '--kconfig=any', tmp_path / '108.ko.xz', status=1)
	assert result.has('other bytes come out, and nothing in the file explains it')
