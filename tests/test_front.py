# SPDX-License-Identifier: GPL-2.0
"""Do the commands do what the user asks, and no more, for any caller and in any directory?"""

import os
import shutil
from pathlib import Path

import pytest

from stand_ins import Bench
from support import KERNEL, TOP, clone, make, refused, run, says_why, script

pytestmark = pytest.mark.commands


def test_make_n_does_nothing(tmp_path: Path) -> None:
	used = tmp_path / 'used'
	said = run('make', '-n', 'run', f'BUILD={used}', 'KERNEL=none').out
	assert 'run' in said and 'no such directory' not in said
	assert not used.exists()


def test_clean_removes_what_was_made(tmp_path: Path) -> None:
	used = tmp_path / 'used'
	used.mkdir()
	make('clean', BUILD=used)
	assert not used.exists()
	used.mkdir()
	(used / 'CACHEDIR.TAG').touch()
	(used / 'old').touch()
	run('make', 'clean', 'run', f'BUILD={used}', 'KERNEL=none', status=2)
	assert not (used / 'old').exists() and (used / 'CACHEDIR.TAG').exists()
	# Files that are not ours stay.
	theirs = tmp_path / 'theirs'
	theirs.mkdir()
	(theirs / 'file').touch()
	refused('the directory has other files in it', 'clean', BUILD=theirs)
	assert (theirs / 'file').exists()


def test_refuses_unknown_variables() -> None:
	refused('CC=: no such variable; ./suite run --help lists', 'run', CC='clang')
	refused('make mutants takes no KERNEL=', 'mutants', KERNEL='6.1')
	refused('make run takes no FILES=; ./suite run --help', 'run', FILES='a.xz')


def test_a_clone_that_cannot_be_written_to(tmp_path: Path) -> None:
	copy, build = clone(tmp_path / 'clone'), tmp_path / 'build'
	(copy / 'build').touch()
	without = {name: value for name, value in os.environ.items() if name != 'BUILD'}
	says_why(run('env', '-i', *(f'{name}={value}' for name, value in without.items()), 'make',
		     '--no-print-directory', 'run', cwd=copy, status=None),
		 'give another directory: BUILD=DIRECTORY')
	refused('KERNEL=none', 'run', KERNEL='none', BUILD=build, cwd=copy)
	assert (build / 'CACHEDIR.TAG').exists()


def test_a_clone_with_a_blank_in_its_name_is_refused(bench: Bench, tmp_path: Path) -> None:
	refused('cannot handle a space or colon in the path of this clone', 'run', KERNEL=bench.kernel,
		BUILD=bench.build, cwd=clone(tmp_path / 'a blank'))


def test_who_calls_does_not_matter(bench: Bench, tmp_path: Path) -> None:
	# The caller has directories of the same names, another locale, and variables for the tools.
	for name in 'harness/data', 'harness/commands':
		(tmp_path / 'elsewhere' / name).mkdir(parents=True)
	bench.run(env={'CDPATH': str(tmp_path / 'elsewhere'), 'LC_ALL': 'tr_TR.UTF-8',
		       'LANG': 'tr_TR.UTF-8', 'LANGUAGE': 'tr', 'MAKEFLAGS': 'k'})
	run('make', '-C', TOP, 'run', f'KERNEL={bench.kernel}', f'BUILD={bench.build}',
	    cwd=tmp_path, path=bench.bin)


def test_landing_is_make_test(tmp_path: Path) -> None:
	# Landing a change runs make test, in a clone, on a machine without make.
	elsewhere, tools = tmp_path / 'elsewhere', tmp_path / 'bin'
	(elsewhere / '.ci').mkdir(parents=True)
	shutil.copy(TOP / '.ci' / 'run', elsewhere / '.ci')
	tools.mkdir()
	for tool in 'sh', 'dirname', 'cp':
		(tools / tool).symlink_to(str(shutil.which(tool)))
	log = tmp_path / 'log'
	installed = script(tmp_path / 'make', f'echo "make $* in $PWD" >>"{log}"', 'exit 7')
	script(tools / 'apt-get', f'echo "apt-get $*" >>"{log}"', f'cp "{installed}" "{tools}"')
	run('/usr/bin/env', f'PATH={tools}', 'CDPATH=/tmp', elsewhere / '.ci' / 'run', cwd='/',
	    status=7)
	said = log.read_text().splitlines()
	assert said[-1] == f'make test in {elsewhere}'
	assert any('apt-get' in line and 'install' in line and 'make' in line for line in said)


def test_make_test_has_parts() -> None:
	refused('no part nothing', 'test', ONLY='suite,nothing')
	refused('no part nothing', 'test', ONLY='suite nothing')
	refused('names no part; there are ', 'test', ONLY=',')


def test_only_results_are_recorded(bench: Bench, tmp_path: Path) -> None:
	# Record only results that others can repeat, and none of the tests here.
	(bench.build / 'src').mkdir(parents=True)
	(bench.build / 'CACHEDIR.TAG').touch()
	bench.kernel.rename(bench.build / 'src' / f'linux-{KERNEL}')
	recorded = bench.build / 'results'
	outside = {'IN_TEST': ''}
	fragment = tmp_path / 'some.config'
	fragment.write_text('CONFIG_OTHER=y\n')
	decompress = bench.build / 'src' / f'linux-{KERNEL}' / 'kernel/module/decompress.c'
	bench.run(KERNEL=KERNEL, env={'IN_TEST': 'yes'})
	bench.run(KERNEL=KERNEL, FIXES='0001,0003', env=outside)
	bench.run(KERNEL=KERNEL, CONFIG=fragment, env=outside)
	bench.run(KERNEL=KERNEL, DECOMPRESS=decompress, env=outside)
	bench.run(KERNEL=KERNEL, FILTER='suite', env=outside)
	bench.run(KERNEL=bench.build / 'src' / f'linux-{KERNEL}', env=outside)
	assert not recorded.exists()
	bench.run(KERNEL=KERNEL, FIXES='no', env=outside)
	files = list(recorded.iterdir())
	assert len(files) == 1
	row = files[0].read_text().rstrip('\n').split('\t')
	assert row[0] == f'make run KERNEL={KERNEL} ARCH=i386 FIXES=no'
	assert '1 passed, 0 failed' in row[1] and len(row) == 5
