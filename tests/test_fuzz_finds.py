# SPDX-License-Identifier: GPL-2.0
"""Does make fuzz find a bug that is put back, and nothing in a kernel without it?"""

import tarfile
from pathlib import Path
from typing import Iterator

import pytest

from kept import FOR_NATIVE
from stand_ins import SOURCE, kernel_of_links
from support import BUILD, TOP, Result, make, run

pytestmark = [pytest.mark.fuzz, pytest.mark.depends(*FOR_NATIVE)]

DECOMPRESS = 'kernel/module/decompress.c'
GZIP = 'lib/zlib_inflate/inffast.c'
XZ = 'lib/xz/xz_dec_lzma2.c'
ZSTD = 'lib/zstd/decompress/zstd_decompress_block.c'
OFFSET = 'sequence.offset > (size_t)(oLitEnd - virtualStart)'


class Bench:
	"""A kernel to put bugs into, and its build directory"""

	def __init__(self, path: Path) -> None:
		self.files = {name: (SOURCE / name).read_text()
			      for name in (DECOMPRESS, GZIP, XZ, ZSTD)}
		self.kernel = kernel_of_links(path / 'kernel', self.files)
		self.build = path / 'build'
		self.build.mkdir()
		(self.build / 'CACHEDIR.TAG').touch()
		# Take the stock libraries from BUILD, to download them only once.
		run('python3', TOP / 'harness/oracle.py', BUILD, 'yes')
		(self.build / 'oracle').symlink_to(BUILD / 'oracle')

	def put(self, name: str, text: str) -> None:
		"""Writes a file of the kernel."""
		(self.kernel / name).write_text(text)

	def break_file(self, name: str, old: str, new: str) -> None:
		"""Puts a bug into a file of the kernel."""
		assert old in self.files[name]
		self.put(name, self.files[name].replace(old, new))

	def fuzz(self, corpus: Path, status: int, algorithm: str, seconds: int = 60,
		 fixes: str = 'yes') -> Result:
		"""Runs `make fuzz` with a new, empty corpus."""
		corpus.mkdir()
		return make('fuzz', status=status, KERNEL=self.kernel, FIXES=fixes, BUILD=self.build,
			    ALGORITHMS=algorithm, SECONDS=str(seconds), CORPUS=corpus)


@pytest.fixture(name='all_bugs', scope='module')
def fixture_all_bugs(tmp_path_factory: pytest.TempPathFactory) -> Bench:
	"""A bench that all tests here share, so that each compiles only what it changes"""
	return Bench(tmp_path_factory.mktemp('bench'))


@pytest.fixture(name='bench')
def fixture_bench(all_bugs: Bench) -> Iterator[Bench]:
	"""The bench without a bug"""
	yield all_bugs
	# Restored files are newer than their objects, so make builds them again.
	for name, text in all_bugs.files.items():
		if (all_bugs.kernel / name).read_text() != text:
			all_bugs.put(name, text)


@pytest.mark.long
def test_nothing_is_found_where_there_is_no_bug(bench: Bench, tmp_path: Path) -> None:
	assert bench.fuzz(tmp_path / 'corpus', 0, 'zstd', 5).has('no findings$')


@pytest.mark.long
@pytest.mark.parametrize('algorithm, name, old, new, words', [
	# As it was for four years, see harness/mutants/history/3537d8d21112.patch
	('gzip', DECOMPRESS, 'n_pages);\n\tif (error)\n\t\treturn error;', 'n_pages);',
	 'page array: written past its end'),
	('gzip', GZIP, 'if (op > whave)', 'if (0 && op > whave)', 'accepted, '),
	('xz', XZ, 'if (dist >= dict->full || dist >= dict->size)', 'if (0)', 'ERROR: '),
	('zstd', ZSTD, OFFSET, f'0 && {OFFSET}', 'ERROR: ')],
	ids=['an ignored error', 'a distance in zlib', 'a distance in xz', 'an offset in zstd'])
def test_a_bug_that_is_put_back_is_found(bench: Bench, tmp_path: Path, algorithm: str, name: str,
					 old: str, new: str, words: str) -> None:
	bench.break_file(name, old, new)
	assert bench.fuzz(tmp_path / 'corpus', 1, algorithm).has(f'^{algorithm}: .*{words}')


@pytest.mark.long
def test_a_fix_that_is_left_out_is_found(bench: Bench, tmp_path: Path) -> None:
	assert bench.fuzz(tmp_path / 'corpus', 1, 'zstd', fixes='0001,0002,0003,0005,0006,0007').has(
		'^zstd: .*more than any decoder uses')


def test_the_corpus_alone_finds_a_bug(bench: Bench, tmp_path: Path) -> None:
	bench.break_file(ZSTD, OFFSET, f'0 && {OFFSET}')
	run(TOP / 'tools/testing/kunit/kunit.py', 'parse', '/dev/null', status=None, env={
		'KERNEL': str(bench.kernel), 'FIXES': 'yes', 'BUILD': str(bench.build)})
	tree, = bench.build.glob('tree/*/tools/testing/module_decompress')
	run('make', '-C', tree, f'O={tmp_path}/tries', 'tries')
	for algorithm, status in ('gzip', 0), ('zstd', 1):
		with tarfile.open(TOP / f'harness/fuzz/corpus/{algorithm}.tar.xz') as archive:
			archive.extractall(tmp_path / algorithm)
		tried = run(tmp_path / f'tries/try_{algorithm}', *(tmp_path / algorithm).iterdir(),
			    status=None)
		assert min(tried.status, 1) == status
