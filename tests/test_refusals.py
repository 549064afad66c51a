# SPDX-License-Identifier: GPL-2.0
"""Bad variables are refused in one line that says what is wrong, with exit status 2."""

from pathlib import Path

import pytest

from harness import base
from stand_ins import kernel
from support import TOP, make, refused, run

pytestmark = pytest.mark.commands


def test_refuses_bad_variables(tmp_path: Path) -> None:
	refused('ARCH=vax', 'run', ARCH='vax')
	refused('CONFIG=none: no such file or fragment; the fragments are 16k 64k', 'run',
		CONFIG='none')
	refused('INSTALL=maybe', 'run', INSTALL='maybe')
	refused('FIXES=0008', 'run', FIXES='0008')
	refused('FIXES=,', 'run', FIXES=',')
	refused('FIXES=maybe', 'run', FIXES='maybe')
	refused('JOBS=many', 'run', JOBS='many')
	refused('LLVM=14', 'run', LLVM='14')
	refused('TIMEOUT=soon', 'run', TIMEOUT='soon')
	refused('cannot write to /no/such/file: No such', 'run', JSON='/no/such/file')
	refused('cannot write to /no/such/file: No such', 'run', JUNIT='/no/such/file')
	refused('JSON= and JUNIT= both name', 'run', JSON=tmp_path / 'one', JUNIT=tmp_path / 'one')
	refused('KMOD=34+LZ4: must be none, or such as 30', 'check-modules', KMOD='34+LZ4', FILES='none')


def test_a_value_from_the_environment_is_named_as_such() -> None:
	where = ' (ARCH is set in the environment)'
	refused(where, 'run', env={'ARCH': 'qemu'})
	assert where not in make('run', ARCH='vax', env={'ARCH': 'qemu'}, status=2).err


def test_refuses_what_is_not_a_kernel(tmp_path: Path) -> None:
	refused('no-such-kernel', 'run', KERNEL='no-such-kernel')
	refused(str(tmp_path), 'run', KERNEL=tmp_path)
	refused(str(tmp_path), 'install', KERNEL=tmp_path)
	refused('no kernel tree given', 'install')
	refused('KERNEL=none: no such directory', 'bots', KERNEL='none')
	refused('/none: no such file', 'run', DECOMPRESS='none')
	refused(f'{tmp_path}: not a file', 'run', DECOMPRESS=tmp_path)
	(tmp_path / 'link').symlink_to('none')
	refused('link: no such file', 'run', DECOMPRESS=tmp_path / 'link')
	refused('0008 changes only Kconfig', 'run', FIXES='0008')
	refused('a number has four digits, such as 0001', 'run', FIXES='1')
	refused('patches/ has no patch 0099', 'run', FIXES='0099')


def test_refuses_a_tree_with_a_build_in_it(tmp_path: Path) -> None:
	used = kernel(tmp_path / 'used')
	(used / '.config').touch()
	refused('mrproper', 'run', KERNEL=used)


def test_refuses_a_tree_that_is_too_old(tmp_path: Path) -> None:
	old = kernel(tmp_path / 'old')
	(old / 'kernel/module/decompress.c').unlink()
	refused('decompress.c', 'run', KERNEL=old)
	refused('decompress.c', 'install', KERNEL=old)
	refused(f'BASE={old}: no kernel/module/decompress.c', 'run', BASE=old,
		KERNEL=kernel(tmp_path / 'new'))


def test_refuses_a_kunit_py_that_is_not_executable(tmp_path: Path) -> None:
	tree = kernel(tmp_path / 'kernel')
	kunit = tree / 'tools/testing/kunit/kunit.py'
	kunit.chmod(0o644)
	refused(f'kunit.py is not executable; run: chmod +x {kunit}', 'run', KERNEL=tree)
	kunit.unlink()
	refused('no tools/testing/kunit/kunit.py', 'run', KERNEL=tree)


def test_results_do_not_overwrite_other_files(tmp_path: Path) -> None:
	source = tmp_path / 'decompress.c'
	source.write_text('int module_decompress(void);\n')
	other = tmp_path / 'results'
	other.write_text('{}')
	for results, junit in (source, other), (other, source):
		refused('has no results of an earlier run', 'run', DECOMPRESS=source, KERNEL='none',
			JSON=results, JUNIT=junit)
		assert source.exists() and other.exists()
	refused('has no results of an earlier run', 'check-modules', FILES=tmp_path, JSON=source)
	assert source.exists()
	refused('has no results of an earlier run', 'run', JSON=tmp_path / 'new', JUNIT=source)
	link = tmp_path / 'link'
	link.symlink_to('new')
	refused('JSON= and JUNIT= both name', 'run', JSON=tmp_path / 'new', JUNIT=link)
	assert not (tmp_path / 'new').exists()


def test_files_that_are_not_text_are_refused(tmp_path: Path) -> None:
	fragment = tmp_path / 'x.config'
	fragment.write_bytes(b'CONFIG_\xff=y\n')
	tree = kernel(tmp_path / 'kernel')
	refused(f'{fragment}: this is not text', 'run', KERNEL=tree, CONFIG=fragment,
		BUILD=tmp_path / 'build')
	(tree / 'Makefile').write_bytes(b'\xff')
	refused('Makefile: this is not text', 'run', KERNEL=tree)


def test_a_tree_with_a_file_in_the_place_of_a_directory_is_left_alone(tmp_path: Path) -> None:
	tree = kernel(tmp_path / 'kernel')
	(tree / 'kernel/module/tests').touch()
	before = sorted(tree.rglob('*'))
	refused('kernel/module/tests is not a directory; move it away', 'install', KERNEL=tree)
	assert sorted(tree.rglob('*')) == before


def test_a_bad_result_of_a_command_is_named(tmp_path: Path) -> None:
	(tmp_path / 'results').mkdir()
	(tmp_path / 'CACHEDIR.TAG').touch()
	(tmp_path / 'results/run').write_text('make run\n')
	refused(f'{tmp_path}/results/run: this is no result of a command', 'results', BUILD=tmp_path)


def test_a_bug_in_a_command_is_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
	assert base.verdict(lambda: 1 // 0) == 2
	assert capsys.readouterr().err.splitlines()[-1].startswith(
		'suite: ZeroDivisionError: ')


@pytest.mark.parametrize('where', ['>&-', '2>/dev/full', '2>&-', '>/dev/full 2>&1'])
def test_refuses_without_a_place_for_the_message(where: str) -> None:
	run('sh', '-c', f'./suite run KERNEL=none {where}', status=2, cwd=TOP)


def test_refuses_unknown_commands_in_one_line() -> None:
	for words, says in (('none', "invalid choice: 'none'"), ('', 'COMMAND'),
			    ('run -j4', 'unrecognized arguments: -j4')):
		error = run(TOP / 'suite', *words.split(), status=2).err
		assert says in error and error.count('\n') == 1
