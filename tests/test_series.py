# SPDX-License-Identifier: GPL-2.0
"""Are the patches that `make series` writes fit for the lists?"""

import re
import shutil
from pathlib import Path
from typing import List

import pytest

from stand_ins import SOURCE
from support import BUILD, TOP, newest_source, refused, run

pytestmark = [pytest.mark.series, pytest.mark.depends(
	'harness', 'kernel', 'lib', 'tools', 'patches', 'Documentation', '.kunitconfig')]

SENDER = {'GIT_CONFIG_COUNT': '2', 'GIT_CONFIG_KEY_0': 'user.name',
	  'GIT_CONFIG_VALUE_0': 'A Sender', 'GIT_CONFIG_KEY_1': 'user.email',
	  'GIT_CONFIG_VALUE_1': 'sender@example.org'}
SERIES = ['core', 'fixes', 'initramfs', 'isofs', 'kselftest', 'native', 'suite', 'xz',
	  'xz-kunit', 'zlib-kunit', 'zstd-kunit']
TESTS = Path('kernel/module/tests')


def git(tree: Path, *words: str) -> str:
	"""Runs git in a tree, and returns what it prints."""
	return run('git', '-C', tree, *words, env=SENDER).out.strip()


def kernel_tree(path: Path) -> Path:
	"""Makes a git tree of links to the kernel's files, with copies where links will not do."""
	# checkpatch.pl searches include/linux for names, and does not follow links.
	copied = ['include/linux', 'kernel/module']
	(path / 'kernel').mkdir(parents=True)
	for source in [*SOURCE.glob('[!.]*'), *SOURCE.glob('kernel/[!.]*')]:
		name = source.relative_to(SOURCE)
		if str(name) not in ('include', 'kernel', *copied):
			(path / name).symlink_to(source)
	for part in copied:
		shutil.copytree(SOURCE / part, path / part, symlinks=True)
	git(path, 'init', '-q')
	git(path, 'add', 'kernel/module')
	git(path, 'commit', '-q', '-m', 'Linux')
	return path


def copy_of_repository(path: Path) -> Path:
	"""Copies what `make series` needs, for a test to change."""
	shutil.copytree(TOP, path, symlinks=True,
			ignore=shutil.ignore_patterns('build', '.git', '__pycache__'))
	return path


def mails_of(series: Path) -> List[Path]:
	"""Returns the mails of a series, without the cover letter."""
	return sorted(series.glob('*.patch'))[1:]


def test_series_applies_passes_checkpatch_and_is_for_the_lists(tmp_path: Path) -> None:
	kernel = kernel_tree(tmp_path / 'kernel')
	base = git(kernel, 'rev-parse', 'HEAD')
	build = tmp_path / 'build'
	run('make', 'series', f'KERNEL={kernel}', f'BUILD={build}', env=SENDER)
	series = build / 'series'
	assert sorted(path.name for path in series.iterdir()) == SERIES
	for name in SERIES:
		cover = (series / name / '0000-cover-letter.patch').read_text()
		assert f'\nbase-commit: {base}\n' in cover, name
		is_stacked = name in ('fixes', 'suite', 'native')
		assert ('\nprerequisite-patch-id: ' in cover) == is_stacked, name
		# Tests are for KUnit's list, too.
		if name in ('core', 'suite', 'native') or name.endswith('-kunit'):
			assert 'kunit-dev@googlegroups.com' in cover, name
	for mail in series.glob('*/*.patch'):
		text = mail.read_text()
		assert '\nFrom: A Sender <sender@example.org>\n' in text, mail
		if mail.parent.name not in ('initramfs', 'isofs') and \
		   not mail.parent.name.endswith('-kunit'):
			assert 'linux-modules@vger.kernel.org' in text, mail
	for mail in [mail for name in SERIES for mail in mails_of(series / name)]:
		text = mail.read_text()
		# It would be part of the line above.
		assert not re.search(r'^[ +].*\\\n\+obj-', text, re.MULTILINE), mail
		signed = re.findall('^Signed-off-by: .*', text, re.MULTILINE)
		assert signed == ['Signed-off-by: A Sender <sender@example.org>'], mail
	# The fixes name their recipients and the commits that they fix.
	first = mails_of(series / 'core')[0].read_text()
	assert '\nCc: stable@vger.kernel.org\n' in first
	assert '\nCc: linux-mm@kvack.org\n' in first
	for mail in mails_of(series / 'fixes'):
		assert '\nFixes: ' in mail.read_text(), mail
	with (kernel / 'kernel/module/main.c').open('a') as source:
		source.write('/* not in the commit */\n')
	refused('has uncommitted changes', 'series', env=SENDER, KERNEL=kernel, BUILD=build)


@pytest.mark.long
def test_each_patch_builds_and_what_fails_is_known(tmp_path: Path) -> None:
	# In another build directory, other tests need not wait for the tree.
	(tmp_path / 'src').symlink_to(BUILD / 'src')
	(tmp_path / 'CACHEDIR.TAG').touch()
	assert run('make', 'series', 'CHECK=yes', f'BUILD={tmp_path}', env=SENDER).has(
		'^make series: [0-9]+ patches build, and only known bugs fail')


@pytest.mark.long
def test_the_series_of_lib_run_alone_in_newest(tmp_path: Path) -> None:
	(tmp_path / 'src').symlink_to(BUILD / 'src')
	(tmp_path / 'CACHEDIR.TAG').touch()
	run('make', 'series', 'KERNEL=newest', f'BUILD={tmp_path}', env=SENDER)
	plain = tmp_path / 'plain'
	shutil.copytree(newest_source(), plain, symlinks=True)
	for name, room in ('zlib', 'zlib_inflate'), ('xz', 'xz'), ('zstd', 'zstd'):
		for mail in mails_of(tmp_path / 'series' / f'{name}-kunit'):
			run('patch', '-sp1', '-i', mail, cwd=plain)
		assert run('tools/testing/kunit/kunit.py', 'run', f'--build_dir={tmp_path}/um',
			   f'--kunitconfig=lib/{room}', cwd=plain).has(
			r'Testing complete\. Ran \d+ tests: passed: \d+$')


@pytest.mark.long
def test_a_mail_that_is_too_long_is_named(tmp_path: Path) -> None:
	copy = copy_of_repository(tmp_path / 'copy')
	for name in ('blob_table.h', 'decompress_core.c'):
		with (copy / TESTS / name).open('a') as source:
			source.write('/* a line */\n' * 100)
	text = run('make', 'series', f'KERNEL={SOURCE}', env=SENDER, cwd=copy, status=1).text
	assert re.search('^series/suite/.*-real-compressors.patch: 10.. lines, ', text,
			 re.MULTILINE)
	assert f'{TESTS}/decompress_core.c: 450 lines' in text
	assert 'the checks failed, see above' in text


def test_a_file_that_no_table_has_is_named(tmp_path: Path) -> None:
	copy = copy_of_repository(tmp_path / 'copy')
	(copy / TESTS / 'forgotten_cases.c').touch()
	error = run('make', 'series', f'KERNEL={SOURCE}', env=SENDER, cwd=copy, status=2).err
	assert f'or to stays.txt there: {TESTS}/forgotten_cases.c\n' in error
