# SPDX-License-Identifier: GPL-2.0
"""
`make check-modules` reads files from anywhere, and the console of a kernel that they may have
crashed. It must not read outside the files, and must not report what the kernel did not say. No
test here boots a kernel.
"""

import gzip
import json
import lzma
import random
import re
import subprocess
import xml.etree.ElementTree
from pathlib import Path
from typing import Any, Dict, List

import pytest

from damage import ask_about_damaged
from module_files import build_sanitized, module, unpack_corpus, write_blobs
from kept import FOR_FILES
from support import BUILD, TOP, Result, make, run, script

pytestmark = [pytest.mark.replay, pytest.mark.depends(*FOR_FILES)]

VERDICT = TOP / 'harness/verdict'

# Allocations of the largest dictionaries fail, because they take a long time.
SANITIZERS = {
	'ASAN_OPTIONS': 'exitcode=99:detect_leaks=0:max_allocation_size_mb=64:'
			'allocator_may_return_null=1',
	'UBSAN_OPTIONS': 'exitcode=99',
}

CONFIG = 'CONFIG_CC_VERSION_TEXT=\nCONFIG_MODULES=y\nCONFIG_HIGHMEM=y\n'

# A kernel's answers to three files
SUM = '7 bytes, crc32 076e8a4f, adler32 0b7c0291, 5000 ns'
NO_SUM = '0 bytes, crc32 00000000, adler32 00000001, 70 ns'
GOOD = f'''KTAP version 1
    # Subtest: module_decompress_replay
        # Subtest: any_file_is_handled
    # any_file_is_handled: replay 0: asked as gzip
    # any_file_is_handled: replay 0: returned 0, {SUM}
        ok 1 0.gz
    # any_file_is_handled: replay 1: asked as xz
    # any_file_is_handled: replay 1: returned -22, {NO_SUM}
    # any_file_is_handled: replay 1: said: decompression failed with status 6
        ok 2 1.xz
    # any_file_is_handled: replay 2: asked as zstd
    # any_file_is_handled: EXPECTATION FAILED at kernel/module/tests/attempt.c:20
zstd, /module_decompress_replay/2.zst: something is wrong
    # any_file_is_handled: replay 2: returned 0, {SUM}
        not ok 3 2.zst
'''.encode()


def first_lines(count: int) -> bytes:
	"""Returns the first lines of a kernel's answers."""
	return b''.join(GOOD.splitlines(keepends=True)[:count])


@pytest.fixture(name='checker', scope='module')
def fixture_checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
	"""module-decompress-check, with sanitizers"""
	# This builds the kernel's part. /dev/null is not a regular file, so there is no answer.
	make('check-modules', status=2, KCONFIG='any', KMOD='none', FILES='/dev/null')
	return build_sanitized(tmp_path_factory.mktemp('sanitized') / 'check',
			       *VERDICT.glob('[!n]*.c'), BUILD / 'check/6.12-no/check.o')


class ThreeFiles:
	"""Three files, and a stand-in kernel that prints a given console log"""

	def __init__(self, checker: Path, directory: Path) -> None:
		self.checker = checker
		self.directory = directory
		self.files = [directory / '0.ko.gz', directory / '1.ko.xz', directory / '2.ko.zst']
		self.files[0].write_bytes(gzip.compress(b'module\n'))
		self.files[1].write_bytes(lzma.compress(b'module\n', check=lzma.CHECK_CRC32))
		self.files[2].write_bytes(subprocess.run(
			['zstd', '-q'], input=b'module\n', capture_output=True, check=True).stdout)
		(directory / 'config').write_text(CONFIG)
		self.boot = script(directory / 'boot', f'cp {directory}/log "$2"')

	def ask(self, console: bytes, *files: Path) -> Result:
		"""
		Asks about the files. Whatever the log contains, the exit status must be 0, 1 or 2,
		and the answers must be well-formed.
		"""
		(self.directory / 'log').write_bytes(console)
		asked = files or self.files
		result = run(self.checker, f'--boot={self.boot}', '--kconfig=config', '--kmod=none',
			     '--json=json', '--junit=junit', *asked, status=None,
			     cwd=self.directory, env={**SANITIZERS, 'TMPDIR': str(self.directory)})
		assert result.status in (0, 1, 2), console
		assert not result.has('Sanitizer|runtime error'), console
		if 'no kernel has been asked' not in result.err:
			assert len(self.answers()) == len(asked)
			junit = xml.etree.ElementTree.parse(self.directory / 'junit')
			assert len(list(junit.iter('testcase'))) == len(asked)
		return result

	def answers(self) -> List[Dict[str, Any]]:
		"""Returns the kernel's answer for each file."""
		text = (self.directory / 'json').read_bytes()
		return [file['kernel'] for file in json.loads(text)['files']]

	def verdicts(self) -> str:
		"""Returns the verdicts on the three files."""
		return ', '.join(answer['verdict'] for answer in self.answers())


@pytest.fixture(name='three')
def fixture_three(checker: Path, tmp_path: Path) -> ThreeFiles:
	"""Three files to ask about"""
	return ThreeFiles(checker, tmp_path)


def test_explaining_damaged_files_does_no_harm(tmp_path: Path) -> None:
	blobs = [path for path in write_blobs(tmp_path / 'blobs') if ' of 300 bytes' in path.name]
	program = build_sanitized(tmp_path / 'explain_all', TOP / 'tests/explain_all.c',
				  *VERDICT.glob('explain*.c'), VERDICT / 'format.c')
	result = run(program, *blobs, env=SANITIZERS)
	assert result.out.count('inputs looked into') == 3


def test_a_kernel_is_asked_about_as_many_files_as_it_has_room_for(checker: Path,
								   tmp_path: Path) -> None:
	# Six files; one boot has room for five of them
	for number in range(6):
		with open(tmp_path / f'{number}.ko.gz', 'wb') as file:
			file.write(b'\x1f\x8b')
			file.truncate(64 << 20)
	(tmp_path / 'config').write_text(CONFIG)
	boot = script(tmp_path / 'boot', f'cat "$1" >>{tmp_path}/lists',
		      'echo "# Subtest: module_decompress_replay" >"$2"')
	run(checker, f'--boot={boot}', '--kconfig=config', '--jobs=1', '.', status=2, cwd=tmp_path,
	    env={**SANITIZERS, 'TMPDIR': str(tmp_path)})
	directory = 'dir /module_decompress_replay 0755 0 0\n'
	first, second = (tmp_path / 'lists').read_text().split(directory)[1:]
	assert len(first.splitlines()) == 5
	assert second == 'file /module_decompress_replay/0.gz 0 0644 0 0\n'
	assert not list(tmp_path.glob('booted.*')), 'a directory is left behind'


@pytest.mark.parametrize('console, verdicts', [
	pytest.param(console, verdicts, id=name) for name, console, verdicts in [
		('all of it', GOOD, 'right, refused, wrong'),
		('dead at the first', first_lines(4), 'wrong, no answer, no answer'),
		('dead after the first', first_lines(5), 'wrong, no answer, no answer'),
		('dead before the first', first_lines(3), 'no answer, no answer, no answer'),
		('an error of 33 bits', GOOD.replace(b'returned 0,', b'returned 4294967296,'),
		 'no answer, refused, wrong'),
		('a length of 65 bits',
		 GOOD.replace(b'returned 0, 7', b'returned 0, 18446744073709551623'),
		 'no answer, refused, wrong'),
		('a file of 33 bits',
		 GOOD.replace(b'replay 0: returned', b'replay 4294967296: returned'),
		 'no answer, refused, wrong'),
		('a file below 0',
		 GOOD.replace(b'replay 0: returned', b'replay -4294967296: returned'),
		 'no answer, refused, wrong'),
		('an end of 33 bits', GOOD.replace(b' 0.gz', b' 4294967296.gz'),
		 'wrong, refused, wrong'),
		('a NUL in a line', GOOD.replace(b'7 bytes', b'7\0bytes'),
		 'no answer, refused, wrong'),
		('a line of 40000 bytes',
		 GOOD.replace(b'status 6', b'\xff\x1b[2J<&>"' * 5000), 'right, refused, wrong'),
		('lines that end as on a serial console', GOOD.replace(b'\n', b'\r\n'),
		 'right, refused, wrong'),
	]])
def test_nothing_is_believed_that_a_kernel_has_not_said(three: ThreeFiles, console: bytes,
							verdicts: str) -> None:
	result = three.ask(console)
	assert three.verdicts() == verdicts
	assert '\x1b' not in result.out, 'the kernel gets at the terminal'
	if console == GOOD:
		assert [answer['error'] for answer in three.answers()] == [0, -22, 0]
	if console == first_lines(4):
		assert result.has('did not return')


def test_a_kernel_that_dies_before_the_suite_has_not_been_asked(three: ThreeFiles) -> None:
	result = three.ask(first_lines(1))
	assert result.status == 2 and 'no kernel has been asked' in result.err


def test_a_console_may_end_anywhere(three: ThreeFiles) -> None:
	for size in range(0, len(GOOD), 13):
		three.ask(GOOD[:size])


def test_a_console_may_say_anything(three: ThreeFiles) -> None:
	for seed in range(100):
		rng = random.Random(seed)
		console = bytearray(GOOD)
		for _ in range(10):
			at = rng.randrange(len(console))
			console[at:at + rng.randrange(10)] = rng.randbytes(rng.randint(1, 10))
		three.ask(bytes(console))


def test_a_file_that_there_is_not_is_ignored(three: ThreeFiles) -> None:
	# A kernel that answers about more files than it was asked about
	three.ask(GOOD, three.files[0])
	assert three.verdicts() == 'right'


def test_a_file_that_becomes_smaller_has_no_answer(three: ThreeFiles) -> None:
	script(three.boot, f': >{three.files[0]}', f'cp {three.directory}/log "$2"')
	(three.directory / 'log').write_bytes(GOOD)
	result = run(three.checker, f'--boot={three.boot}', '--kconfig=config', '--kmod=none',
		     *three.files, status=2, cwd=three.directory,
		     env={**SANITIZERS, 'TMPDIR': str(three.directory)})
	assert result.has('it shrank while the checker read it')


def test_what_the_fuzzers_have_found_does_no_harm(checker: Path, tmp_path: Path) -> None:
	files = unpack_corpus(tmp_path)
	result = run(checker, '--kconfig=any', tmp_path, status=1, env=SANITIZERS)
	assert not result.has('no answer|did not return|ERROR: AddressSanitizer|runtime error')
	assert re.search(f'of {len(files)} files', result.out)


def test_damaged_files_and_configurations_do_no_harm(checker: Path, tmp_path: Path) -> None:
	seeds = [path.read_bytes() for path in unpack_corpus(tmp_path / 'corpus')]
	ask_about_damaged(checker, tmp_path, [module(), *seeds], seed=1, seconds=20)
