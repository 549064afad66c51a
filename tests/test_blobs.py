# SPDX-License-Identifier: GPL-2.0
"""The files of real compressors are as blobs.tsv says, and the kernel decompresses them."""

import re

import pytest

from kept import FOR_FILES
from support import TOP, run

pytestmark = [pytest.mark.blobs, pytest.mark.depends(*FOR_FILES)]

BLOBS = TOP / 'harness/blobs/blobs.py'


def test_blobs_hold_what_they_claim() -> None:
	result = run(BLOBS, 'check')
	left_out = [line.partition(':')[0] for line in result.out.splitlines()
		    if ': not decoded by the specification: ' in line]
	# The decoders from the specifications lack what XZ Embedded lacks, and its BCJ filters.
	assert left_out and all(re.search('filter|check=(crc64|sha256)', name) for name in left_out)


@pytest.mark.long
def test_the_kernel_does_with_blobs_as_it_should() -> None:
	run(BLOBS, 'ask')
