# SPDX-License-Identifier: GPL-2.0
"""Does make fuzz report what its fuzzers find? Make "builds" stand-ins for the fuzzers."""

import shutil
import subprocess
from pathlib import Path
from typing import Dict, Optional, Sequence

import pytest

from stand_ins import Bench
from support import Arg, Result, refused, run, script

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
