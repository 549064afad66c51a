# SPDX-License-Identifier: GPL-2.0
"""Does make fuzz report what its fuzzers find? Make "builds" stand-ins for the fuzzers."""

import gzip
import random
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Set

import pytest

from harness.conformance.zstd_format import RAW
from harness.conformance.zstd_writer import Frame, code_for, literals, sequences
from module_files import build_sanitized
from stand_ins import Bench
from support import TOP, Arg, Result, refused, run, script

pytestmark = pytest.mark.fuzz

# Behaves like libFuzzer: with -jobs= it logs to fuzz-0.log; it minimizes an artifact, and tries one
FUZZER = ('case $* in',
	  '*-minimize_crash=1*)',
	  '	for a; do case $a in',
	  '	-exact_artifact_path=*) printf "\\0small" >"${a#*=}" ;;',
	  '	esac; done',
	  '	exit ;;',
	  '*-jobs=*) ;;',
	  '*) echo "finding: $STAND_IN_FINDING"; exit 1 ;;',
	  'esac',
	  'echo "$*" >arguments')
COUNTS = ('echo "#1000	NEW    cov: 70 ft: 90 corp: 5/100b" >fuzz-0.log',
	  'echo "#3000	DONE   cov: 80 ft: 99 corp: 6/110b" >>fuzz-0.log',
	  'echo "#500	DONE   cov: 75 ft: 99 corp: 6/110b" >fuzz-1.log')
FINDS = ('printf "\\0as it was found" >found/crash-0123456789abcdef',)

# The directory of the stock libraries: the test puts stand-ins there, so that none is downloaded
MULTIARCH = subprocess.run(['gcc', '-print-multiarch'], stdout=subprocess.PIPE, text=True,
			   check=True).stdout.strip()


class Fuzz:
	"""A stand-in kernel, and a make that "builds" fuzzers from these shell lines."""

	def __init__(self, path: Path, fuzzer: Sequence[str],
		     tries: Sequence[str] = ('echo 3 inputs',)) -> None:
		self.bench = Bench(path)
		oracle = self.bench.build / 'oracle'
		(oracle / 'usr/lib' / MULTIARCH).mkdir(parents=True)
		(oracle / 'include').mkdir()
		(oracle / 'include/zstd.h').touch()
		(self.bench.build / 'CACHEDIR.TAG').touch()
		script(path / 'fuzzer', *FUZZER, *fuzzer)
		script(path / 'tries', *tries)
		script(path / 'seeds', ':')
		script(self.bench.bin / 'make',
		       'case $* in',
		       '*module_decompress*) ;;',
		       f'*) exec {shutil.which("make")} "$@" ;;',
		       'esac',
		       'for a; do case $a in O=*) mkdir -p "${a#O=}"; cd "${a#O=}" ;; esac; done',
		       'for a in gzip xz zstd; do',
		       f'	cp "{path}/fuzzer" fuzz_$a; cp "{path}/tries" try_$a',
		       'done',
		       f'cp "{path}/seeds" seeds')
		script(self.bench.bin / 'gcovr', f'echo "$*" >"{path}/gcovr"')

	def fuzz(self, status: Optional[int] = 0, env: Optional[Dict[str, str]] = None,
		 **variables: Arg) -> Result:
		"""Runs `make fuzz` with the stand-ins."""
		given: Dict[str, Arg] = {'KERNEL': self.bench.kernel, 'BUILD': self.bench.build,
					 'SECONDS': '1', 'JOBS': '2', **variables}
		return run('make', '--no-print-directory', 'fuzz',
			   *(f'{name}={value}' for name, value in given.items()),
			   status=status, env=env, path=self.bench.bin)


def test_fuzz_counts_the_inputs_of_all_processes(tmp_path: Path) -> None:
	fuzz = Fuzz(tmp_path, COUNTS)
	result = fuzz.fuzz(ALGORITHMS='gzip xz')
	assert result.has('^make fuzz: linux 6.12.0, as it is: gzip 3500 inputs, .*, 80 edges; '
			  'xz 3500 inputs, .*, 80 edges; no findings$')
	arguments, = fuzz.bench.build.glob('fuzz/*/gzip/arguments')
	assert '-jobs=2 -workers=2 -max_total_time=1 ' in arguments.read_text()


def test_a_finding_is_made_small_and_kept_as_a_file(tmp_path: Path) -> None:
	fuzz = Fuzz(tmp_path, (*COUNTS, *FINDS))
	result = fuzz.fuzz(status=1, ALGORITHMS='xz', env={'STAND_IN_FINDING': 'a rule was broken'})
	kept = fuzz.bench.build / 'fuzz/findings/xz-0123456789'
	assert result.has(f'^xz: a rule was broken: 6 bytes in {kept}$')
	assert (kept.parent / 'xz-0123456789.xz').read_text() == 'small'
	assert 'a rule was broken' in (kept.parent / 'xz-0123456789.log').read_text()
	assert 'no findings' not in result.out


def test_the_first_input_may_be_a_finding(tmp_path: Path) -> None:
	fuzz = Fuzz(tmp_path, (': >fuzz-0.log', *FINDS))
	result = fuzz.fuzz(status=1, ALGORITHMS='gzip')
	assert result.has('^make fuzz: .*: gzip 0 inputs, ')


def test_a_fuzzer_that_does_not_begin_has_no_verdict(tmp_path: Path) -> None:
	fuzz = Fuzz(tmp_path, ('echo no such library >fuzz-0.log',))
	result = fuzz.fuzz(status=2, ALGORITHMS='gzip')
	assert 'no such library' in result.err
	assert 'the fuzzer of gzip did not start' in result.err


def test_all_that_is_known_is_tried_and_its_lines_counted(tmp_path: Path) -> None:
	fuzz = Fuzz(tmp_path, COUNTS, (f'printf "%s\\n" "$@" >>"{tmp_path}/tried"',))
	corpus = tmp_path / 'corpus'
	(corpus / 'gzip').mkdir(parents=True)
	(corpus / 'gzip' / 'a blank').touch()
	fuzz.fuzz(ALGORITHMS='gzip', FIXES='yes', CORPUS=corpus)
	tried = (tmp_path / 'tried').read_text().splitlines()
	# Once under MemorySanitizer, and once to measure coverage
	assert tried.count(str(corpus / 'gzip' / 'a blank')) == 2
	assert len([path for path in tried if '/seeds/zstd/' in path]) > 100
	lines = fuzz.bench.build / 'fuzz/lines'
	counted = (tmp_path / 'gcovr').read_text()
	assert f'--txt {lines}/lines.txt ' in counted and f'{lines}/index.html' in counted


def test_what_memory_sanitizer_finds_is_a_finding(tmp_path: Path) -> None:
	fuzz = Fuzz(tmp_path, COUNTS, (
		'echo "$1"', 'echo "WARNING: MemorySanitizer: use-of-uninitialized-value"',
		'exit 1'))
	result = fuzz.fuzz(status=1, ALGORITHMS='gzip', FIXES='yes')
	assert result.has('MemorySanitizer: use-of-uninitialized-value: /.*/seeds/gzip/')
	assert 'no findings' not in result.out


def test_lines_that_cannot_be_counted_are_no_verdict(tmp_path: Path) -> None:
	fuzz = Fuzz(tmp_path, COUNTS)
	script(fuzz.bench.bin / 'gcovr', 'exit 1')
	assert 'not counted' in fuzz.fuzz(status=2, ALGORITHMS='gzip', FIXES='yes').err


def test_native_and_fuzz_refuse_bad_variables() -> None:
	refused('FIXES=maybe', 'native', FIXES='maybe')
	refused('SECONDS=long', 'fuzz', SECONDS='long')
	refused('no algorithm lzma', 'fuzz', ALGORITHMS='xz lzma')
	refused('CORPUS=/nowhere', 'fuzz', CORPUS='/nowhere')
	refused('make fuzz takes no HOSTS= any more; run it in', 'fuzz', HOSTS='a')


@pytest.fixture(name='change_fields', scope='module')
def fixture_change_fields(tmp_path_factory: pytest.TempPathFactory) -> Path:
	"""Builds tests/change_fields.c."""
	native = TOP / 'tools/testing/module_decompress'
	return build_sanitized(tmp_path_factory.mktemp('fields') / 'change_fields', TOP / 'tests/change_fields.c',
			       native / 'fuzz_sections.c', compiler=('gcc', '-I', str(native)))


def changed(program: Path, number: int, path: Path, data: bytes, room: int = 2) -> List[bytes]:
	"""Returns what becomes of a file that may grow by @room bytes, each time with another seed."""
	path.write_bytes(data)
	said = subprocess.run([program, str(number), str(len(data) + room), path], stdout=subprocess.PIPE,
			      check=True).stdout
	found = []
	while said:
		size = int(said[:8], 16)
		found.append(said[8:8 + size])
		said = said[8 + size:]
	return found


def test_each_field_of_zstd_is_changed_and_blocks_stay_whole(change_fields: Path, tmp_path: Path) -> None:
	rnd = random.Random(1)
	code = code_for(rnd, b'abcdefghij')
	first = literals(bytes(rnd.choices(b'abcdefghij', k=90)), code, code.direct(), 1)
	second = sequences([(5, 9, 4), (1, 20, 9)])
	file = Frame(8).block(RAW, b'begin').compressed(first, second).block(RAW, b'end').file()
	at = 6 + 3 + 5
	kinds: Set[str] = set()
	for one in changed(change_fields, 2, tmp_path / 'file', file):
		size = int.from_bytes(one[at:at + 3], 'little') >> 3
		assert one[at + 3 + size:] == file[-6:]
		header = one[at + 3:at + 6]
		if header != first[:3]:
			kinds.add('a literals header')
			kinds.add(f'literals of type {header[0] & 3}, form {header[0] >> 2 & 3}')
		elif one[at + 6:at + 3 + len(first)] != first[3:]:
			kinds.add('a Huffman code')
		else:
			section = one[at + 3 + len(first):at + 3 + size]
			if section[0] != second[0]:
				kinds.add(f'a number of sequences of {len(section) - len(second) + 1} bytes')
			if section[0] == second[0] and section[1] != second[1]:
				kinds.add('the modes')
			elif section != second and section[0] == second[0]:
				kinds.add('a table or the bits')
	assert {f'literals of type {kind}, form 1' for kind in range(4)} | {
		f'literals of type 2, form {form}' for form in range(4)} | {
		f'a number of sequences of {count} bytes' for count in (1, 2, 3)} | {
		'a Huffman code', 'the modes', 'a table or the bits'} <= kinds
	assert max(map(len, changed(change_fields, 2, tmp_path / 'file', file, 0))) == len(file)


def test_each_field_of_a_dynamic_block_is_changed(change_fields: Path, tmp_path: Path) -> None:
	file = gzip.compress(random.Random(2).randbytes(300).hex().encode(), mtime=0)
	assert file[10] >> 1 & 3 == 2

	def fields(data: bytes) -> List[int]:
		bits = int.from_bytes(data[10:40], 'little')
		return [bits >> 3 & 31, bits >> 8 & 31, bits >> 13 & 15,
			*(bits >> at & 7 for at in range(17, 17 + 3 * (4 + (bits >> 13 & 15)), 3))]

	before = fields(file)
	results = changed(change_fields, 0, tmp_path / 'file', file)
	for number in range(len(before)):
		assert {fields(one)[number] for one in results if len(fields(one)) == len(before)} > {
			before[number]} or number == 2
	assert len({one[10] >> 1 & 3 for one in results}) == 1
	assert len({fields(one)[2] for one in results}) == 16
	stored = gzip.compress(random.Random(3).randbytes(200), 0, mtime=0)
	assert {one[10] >> 1 & 3 for one in changed(change_fields, 0, tmp_path / 'file', stored)} == {0, 2}
