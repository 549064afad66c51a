# SPDX-License-Identifier: GPL-2.0
"""Does the suite give the same results natively as in a kernel, and does a wrong access fault?"""

import re
import shutil
from pathlib import Path

import pytest

from harness.fixes import DECOMPRESS, own_patches
from harness.fuzz import corpus
from kernels import cases, cases_of_log, fixes_but
from kept import FOR_NATIVE
from stand_ins import SOURCE
from support import BUILD, KERNEL, LOGS, make

pytestmark = [pytest.mark.native, pytest.mark.depends(*FOR_NATIVE)]

LOG = BUILD / 'native' / KERNEL


@pytest.fixture(name='fixed')
def fixture_fixed(tmp_path: Path) -> str:
	"""
	The text of decompress.c with all fixes. That of the tree is not it: other tests use the tree
	at the same time.
	"""
	copy = tmp_path / DECOMPRESS
	copy.parent.mkdir(parents=True)
	shutil.copy(SOURCE / DECOMPRESS, copy)
	for patch in own_patches():
		assert patch.apply(tmp_path)
	return copy.read_text()


def suite_of(case: str) -> str:
	"""Returns the suite of a case."""
	return case.partition('/')[0]


# i386 has preemption, with which one case is skipped. The configuration of UML does not name the
# three suites of lib/.
@pytest.mark.parametrize('arch, bits, suites, without', [
	('i386', '32', 8, 'other_tasks_run_during_a_long_output'),
	pytest.param('um', '64', 5, 'no such case', marks=pytest.mark.long)], ids=['i386', 'UML'])
@pytest.mark.parametrize('fixes, status', [('yes', 0), ('no', 1)], ids=['with fixes', 'as shipped'])
def test_natively_as_in_a_kernel(fixes: str, status: int, arch: str, bits: str, suites: int,
				 without: str) -> None:
	make('native', FIXES=fixes, status=status)
	assert 'warning: ' not in (LOG / 'native.log').read_text()
	results = LOGS / 'kernel.json'
	make('run', ARCH=arch, FIXES=fixes, JSON=results, status=status)
	natively, in_kernel = cases_of_log(LOG / f'{bits}.log'), cases(results)
	both = {suite_of(case) for case in natively} & {suite_of(case) for case in in_kernel}
	assert len(both) == suites
	for found in natively, in_kernel:
		for case in list(found):
			if suite_of(case) not in both or without in case:
				del found[case]
	assert natively == in_kernel


@pytest.mark.parametrize('numbers', ['0001', '0002', '0003', '0004', '0006', '0007',
				     '0005 0009 0010 0011 0012'])
def test_red_natively_without_just(numbers: str) -> None:
	said = make('native', FIXES=fixes_but(*numbers.split()), status=1).out
	for bits in 64, 32:
		assert re.findall(rf'^{bits} bits:   \d+ by (\d+), ', said,
				  re.MULTILINE) == numbers.split()
	assert said.count(', 0 not known)') == 2


@pytest.mark.long
@pytest.mark.depends('harness/speed', 'harness/boot/guest.py')
@pytest.mark.parametrize('kernel', [KERNEL, 'newest'])
def test_the_decoders_are_measured(kernel: str) -> None:
	said = make('native', SPEED='yes', KERNEL=kernel).out
	assert len(re.findall(r'\w+ [1-9]\d* page by page, [1-9]\d* in one call, \w+ [1-9]\d*',
			      said)) == 3


UNMAP = r'^\t\tkunmap_local\(zstd_dec\.dst\);'
START = r'^\tzstd_buf\.pos = 0;'


# Bugs that break no rule of the ledger, and may not crash a kernel
@pytest.mark.parametrize('pattern, change, words', [
	pytest.param(UNMAP, r'\g<0>\n*(char *)zstd_dec.dst = 0;',
		     'AddressSanitizer: use-after-poison', marks=pytest.mark.long),
	(UNMAP, r'((char *)zstd_dec.dst)[PAGE_SIZE] = 0;\n\g<0>',
	 'AddressSanitizer: use-after-poison'),
	pytest.param(START, r'\g<0>\nif (((volatile const char *)buf)[size] == 1) size--;',
		     'AddressSanitizer: heap-buffer-overflow', marks=pytest.mark.long),
	(START, r'\g<0>\nif (size > SZ_16M) for (;;);', 'ended with signal 27')],
	ids=['a write after unmapping', 'a write past the page', 'a read past the input',
	     'an endless loop'])
def test_natively_a_mistake_faults(tmp_path: Path, fixed: str, pattern: str, change: str,
				   words: str) -> None:
	changed = re.sub(pattern, change, fixed, flags=re.MULTILINE)
	assert changed != fixed
	(tmp_path / 'decompress.c').write_text(changed)
	assert words in make('native', DECOMPRESS=tmp_path / 'decompress.c', status=1).text


@pytest.mark.depends('harness/fuzz/corpus.py')
def test_a_mistake_in_an_input_of_the_corpus_is_told(tmp_path: Path, fixed: str) -> None:
	corpus.unpack(tmp_path)
	# The first byte says which allocation fails.
	first = sorted((tmp_path / 'zstd').iterdir())[0].read_bytes()[1:]
	array = f'(const u8[]){{ {", ".join(map(str, first))} }}'
	leak = f'\tif (size == {len(first)} && !memcmp(buf, {array}, size))\n\t\tkvmalloc(1, GFP_KERNEL);\n'
	begin = re.search(r'^\tstatic .* signature\[\] = \{ 0x28(.*\n)*?\n', fixed, re.MULTILINE)
	assert begin
	(tmp_path / 'decompress.c').write_text(fixed[:begin.end()] + leak + fixed[begin.end():])
	said = make('native', DECOMPRESS=tmp_path / 'decompress.c', status=1).out
	assert said.count('[memory: not freed] 1 bytes') == 2
	assert re.search('corpus [0-9]+ are right; an input of the .* corpus breaks a rule; ', said)
