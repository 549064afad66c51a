# SPDX-License-Identifier: GPL-2.0
"""Does make coverage count the lines and branches that the suite reaches, and name the others?"""

from pathlib import Path

import pytest

from kept import FOR_NATIVE
from stand_ins import SOURCE, kernel_of_links
from support import BUILD, make, script

pytestmark = [pytest.mark.coverage, pytest.mark.depends(*FOR_NATIVE)]

COMPLETE = 'all lines and branches of decompress.c are reached'
MISSED = 'not all lines and branches of decompress.c are reached'

# A line of module_decompress(); the test adds a branch after it that is never taken
LINE = '\tn_pages = DIV_ROUND_UP(size, PAGE_SIZE) * 2;\n'
BRANCH = '\tif (n_pages > 1u << 30)'


def gcovr(path: Path, *lines: str) -> Path:
	"""Makes a gcovr of these shell lines, and returns its directory."""
	script(path / 'gcovr', *lines)
	return path


def test_all_lines_and_branches_are_covered() -> None:
	result = make('coverage')
	assert result.out.splitlines()[-1].split(': ')[2].startswith(COMPLETE)
	for algorithm in ('gzip', 'xz', 'zstd'):
		for kind in ('lines', 'branches'):
			assert result.has(rf'^{algorithm}: {kind}: 100\.0% \([1-9]')
	assert 'decompress.c' in (BUILD / 'coverage' / 'index.html').read_text()
	assert (BUILD / 'coverage' / 'coverage.txt').read_text() in result.out


def test_what_has_no_lines_is_not_covered(tmp_path: Path) -> None:
	fake = gcovr(tmp_path,
		     'while [ $# -gt 0 ]; do',
		     '	case $1 in',
		     '	--txt | --json | --html-details) : >"$2" ;;',
		     '	esac',
		     '	shift',
		     'done',
		     'echo "lines: 100.0% (0 out of 0)"',
		     'echo "branches: 100.0% (0 out of 0)"')
	assert MISSED in make('coverage', status=1, path=fake).out


def test_what_cannot_be_counted_has_no_verdict(tmp_path: Path) -> None:
	result = make('coverage', status=2, path=gcovr(tmp_path, 'exit 1'))
	assert 'not counted: gcovr fails on gzip' in result.err
	assert 'are reached' not in result.out


@pytest.mark.long
def test_a_branch_that_nothing_takes_is_named(tmp_path: Path) -> None:
	text = (SOURCE / 'kernel/module/decompress.c').read_text()
	assert LINE in text
	kernel = kernel_of_links(tmp_path / 'kernel', {'kernel/module/decompress.c': text.replace(
		LINE, f'{LINE}{BRANCH}\n\t\treturn -EINVAL;\n')})
	result = make('coverage', status=1, KERNEL=kernel, FIXES='yes', BUILD=tmp_path / 'build')
	assert MISSED in result.out
	decompress, = (tmp_path / 'build' / 'tree').glob('*/kernel/module/decompress.c')
	branch = decompress.read_text().splitlines().index(BRANCH) + 1
	for missing in (branch, branch + 1):
		assert result.has(rf'^kernel/module/decompress\.c .* {missing}$')


def test_nothing_is_counted_if_cases_fail() -> None:
	result = make('coverage', status=1, FIXES='no')
	assert 'tests failed, so nothing was counted' in result.err
	assert 'are reached' not in result.out
