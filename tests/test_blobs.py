# SPDX-License-Identifier: GPL-2.0
"""The files of real compressors are as blobs.tsv says, and the kernel decompresses them."""

import pytest

from kept import FOR_FILES
from support import TOP, run

pytestmark = [pytest.mark.blobs, pytest.mark.depends(*FOR_FILES)]

BLOBS = TOP / 'harness/blobs/blobs.py'


def test_blobs_hold_what_they_claim() -> None:
	run(BLOBS, 'check')


@pytest.mark.long
def test_the_kernel_does_with_blobs_as_it_should() -> None:
	run(BLOBS, 'ask')
