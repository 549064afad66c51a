# SPDX-License-Identifier: GPL-2.0
"""Does the code meet the kernel's own checks, and those of its languages?"""

import re
import shutil
from pathlib import Path
from typing import Iterator, List

import pytest

from harness import packages
from harness.build import start_from
from stand_ins import SOURCE
from support import BUILD, KERNEL, KUNIT_PY, TOP, TREE, Arg, make, newest_source, run

pytestmark = [pytest.mark.code, pytest.mark.depends(
	'kernel', 'lib', 'tools', 'harness', 'tests', 'patches', 'packaging', 'suite', '.ci',
	'.kunitconfig')]

STAND_INS = 'tools/testing/module_decompress/'
# Types of checkpatch.pl messages to ignore in STAND_INS
STAND_IN_TYPES = re.findall('^[A-Z_]+', (TOP / 'harness/data/stand_in_types.tsv').read_text(),
			    re.MULTILINE)
# Directories of harness/ whose files run in a guest
IN_A_GUEST = {'guest'}
IN_A_KERNEL = {'initramfs.c', 'native_check.c', 'no_decompressors.c', 'production.c', 'select.c', 'speed.c'}


@pytest.fixture(scope='module', autouse=True)
def fresh_tree() -> None:
	"""Lets kunit.py put the current suite into build/tree/."""
	take_tree(KERNEL)


def take_tree(release: str) -> None:
	"""Makes build/tree/ of a release."""
	run(KUNIT_PY, 'parse', '/dev/null', status=None,
	    env={'KERNEL': release})


def c_files() -> List[str]:
	"""Returns the C files that go into a kernel tree."""
	return sorted(str(path.relative_to(TOP)) for room in ('kernel', 'lib', 'tools')
		      for path in (TOP / room).rglob('*.[ch]'))


def checkpatch(*args: Arg, ignore: List[str]) -> None:
	"""Runs checkpatch.pl, which must print nothing."""
	before = set(SOURCE.glob('.checkpatch-camelcase.*'))
	run('perl', 'scripts/checkpatch.pl', '--strict', '--quiet', '--no-summary',
	    '--ignore', ','.join(ignore), *args, cwd=SOURCE)
	for cache in set(SOURCE.glob('.checkpatch-camelcase.*')) - before:
		cache.unlink()


def test_code_passes_checkpatch_strict() -> None:
	# The suite uses kmap() and kmap_atomic() on purpose.
	ignore = ['DEPRECATED_API']
	files = [name for name in c_files() if not name.startswith(STAND_INS)]
	checkpatch('--file', *(TREE / name for name in files), ignore=ignore)
	stand_ins = [name for name in c_files() if name.startswith(STAND_INS)]
	checkpatch('--file', *(TREE / name for name in stand_ins), ignore=ignore + STAND_IN_TYPES)


def test_fixes_pass_checkpatch_strict() -> None:
	# checkpatch.pl cannot check commit IDs, as this tree has no history. MACRO_ARG_UNUSED:
	# the code that decompresses the kernel itself ignores the flags of an allocation.
	for room in sorted({path.parent for path in (TOP / 'patches').rglob('*.patch')}):
		ignore = ['UNKNOWN_COMMIT_ID'] + ['MACRO_ARG_UNUSED'] * (room.name == 'xz')
		checkpatch(*sorted(room.glob('*.patch')), ignore=ignore)


def test_kernel_doc_is_complete() -> None:
	assert not run('perl', 'scripts/kernel-doc', '-none', '-Wall', *c_files(), cwd=TREE).err


@pytest.mark.in_tree
def test_W1_and_sparse_are_silent(tmp_path: Path) -> None:
	# Build every object of the suite again, with all warnings. The flags in the build directory
	# stay as they are: make mutants reads them there.
	make('run', FILTER='*.sysfs_attribute*')
	directory = tmp_path / 'output'
	start_from(BUILD / 'kunit' / f'{KERNEL}-i386', directory)
	suites = ['kernel/module/decompress_kunit.o', 'lib/xz/tests/xz_dec_kunit.o',
		  'lib/zlib_inflate/tests/inflate_kunit.o', 'lib/zstd/tests/zstd_decompress_kunit.o']
	for path in [*directory.glob('kernel/module/tests/*.o'), *(directory / name for name in suites)]:
		path.unlink()
	said = run('make', '-C', TREE, f'O={directory}', 'ARCH=i386', 'W=1', 'C=1', '-s',
		   'kernel/module/', 'lib/xz/', 'lib/zlib_inflate/', 'lib/zstd/')
	assert all((directory / name).exists() for name in suites)
	assert not said.has('kernel/module/(tests/|decompress_kunit)|lib/.*/tests/')


@pytest.mark.in_tree
def test_no_decompression_without_an_MMU(tmp_path: Path) -> None:
	# Without an MMU vmap() is a BUG(). Without the fix Kconfig offers decompression anyway.
	tree, output = tmp_path / 'tree', tmp_path / 'output'
	run('cp', '-a', TREE, tree)
	wanted = tmp_path / 'all.config'
	wanted.write_text('CONFIG_NONPORTABLE=y\n# CONFIG_MMU is not set\n' +
			  (TOP / 'kernel/module/.kunitconfig').read_text())

	def options() -> List[str]:
		run('make', '-s', '-C', tree, f'O={output}', 'ARCH=riscv',
		    f'KCONFIG_ALLCONFIG={wanted}', 'allnoconfig')
		lines = (output / '.config').read_text().splitlines()
		assert '# CONFIG_MMU is not set' in lines and 'CONFIG_KUNIT=y' in lines
		return [line for line in lines
			if re.match('CONFIG_MODULE_DECOMPRESS(_KUNIT_TEST)?=', line)]

	assert 'CONFIG_MODULE_DECOMPRESS=y' in options()
	run('patch', '-sf', tree / 'kernel/module/Kconfig', *(TOP / 'patches').glob('0008-*.patch'))
	assert not options()


def host_tools() -> Iterator[Path]:
	"""Yields the C files that run on the host and never go upstream."""
	for path in sorted([*(TOP / 'harness').rglob('*.c'), *(TOP / 'tests').glob('*.c')]):
		if path.parent.name not in IN_A_GUEST and path.name not in IN_A_KERNEL:
			yield path


def test_tools_in_C_compile_silently() -> None:
	headers = sorted(Path('/usr/lib').glob('llvm-*/include/clang-c/Index.h'))
	assert headers, 'libclang-dev is missing'
	libclang = headers[-1].parent.parent
	for path in host_tools():
		run('cc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-fsyntax-only',
		    '-DKERNEL_NAME=""', f'-I{libclang}', path.name, cwd=path.parent)
	# libclang's C interface is in CamelCase.
	checkpatch('--no-tree', '--file', *sorted((TOP / 'harness').glob('*/*.[ch]')),
		   *(TOP / 'tests').glob('*.c'),
		   ignore=['CAMELCASE', 'MACRO_ARG_REUSE', 'PREFER_DEFINED_ATTRIBUTE_MACRO'])


def test_scripts_pass_shellcheck() -> None:
	run('shellcheck', '-x', *sorted((TOP / 'harness').rglob('*.sh')),
	    *sorted((TOP / 'packaging').rglob('*.sh')), *(TOP / 'packaging/debian/tests').glob('a*'),
	    '.ci/run', cwd=TOP)
	run('shellcheck', *(path for path in (TOP / 'packaging/hooks').rglob('*')
			    if path.is_file() and path.suffix != '.yml'))
	run('shellcheck', '-s', 'bash', *(TOP / 'harness/verdict').glob('*.bash'))


def test_Python_files_are_clean() -> None:
	rooms = ('harness', 'tests', 'tools')
	files = sorted(path for room in rooms for path in (TOP / room).rglob('*.py'))
	run('pyflakes3', *files)
	mypy = ['mypy', '--strict', f'--cache-dir={BUILD}/mypy']
	run(*mypy, *sorted((TOP / 'tests').glob('*.py')), cwd=TOP / 'tests')
	run(*mypy, '--namespace-packages', '--explicit-package-bases', 'suite',
	    *(path for room in ('', 'blobs', 'commands', 'conformance', 'boot', 'bots', 'fuzz', 'matrix',
			       'mutants', 'series', 'speed')
	      for path in sorted((TOP / 'harness' / room).glob('*.py'))))


def test_the_manual_page_of_the_checker_is_clean() -> None:
	run('mandoc', '-T', 'lint', '-W', 'warning', *(TOP / 'harness').rglob('*.1'))


@pytest.mark.parametrize('release', [KERNEL, 'newest'])
def test_kselftest_builds_in(tmp_path: Path, release: str) -> None:
	"""
	The kselftest is in the list that bots build. gcc and clang both build it without a warning,
	and leave no file in the source. The headers are the system's, because "make headers" would
	take longer than the rest of this test.
	"""
	take_tree(release)
	name = newest_source().name[6:] if release == 'newest' else release
	selftests = BUILD / 'tree' / name / 'tools/testing/selftests'
	assert run('make', '-C', selftests, '-pn', 'Makefile').has(
		'^(override )?TARGETS := .* module ')
	output = tmp_path / 'output'
	for compiler in 'LLVM=', f'LLVM={packages.newest_llvm()}':
		shutil.rmtree(output, ignore_errors=True)
		run('make', '-C', selftests, f'O={output}', 'TARGETS=module', 'USERCFLAGS=-Werror',
		    compiler)
		assert (output / 'kselftest/module/decompress').stat().st_mode & 0o100
	assert not (selftests / 'module/decompress').exists()
