# SPDX-License-Identifier: GPL-2.0
"""Does decompress.c call only services that the ledger stands in for, or that are harmless?"""

import re
from pathlib import Path
from typing import List

import pytest

from harness import base
from harness.mutants.mutate import mutate
from kernels import green
from kept import FOR_RUN
from support import BUILD, KERNEL, TOP, TREE

pytestmark = [pytest.mark.suite, pytest.mark.depends(*FOR_RUN)]


def unknown(decompress: Path) -> List[str]:
	"""Returns the names of the kernel that it uses, and neither seam.h nor services.tsv has."""
	# seam.h defines a name for each service that the ledger stands in for.
	seam = (TOP / 'kernel/module/tests/seam.h').read_text()
	known = {name for name, in base.rows(TOP / 'harness/data/services.tsv')}
	known.update(re.findall(r'^#define\s+(\w+)', seam, re.MULTILINE))
	calls = mutate(BUILD, BUILD / f'kunit/{KERNEL}-i386', '--calls', decompress).split()
	assert calls
	return [name for name in calls if name not in known]


def test_the_suite_knows_all_that_decompress_c_calls(tmp_path: Path) -> None:
	green()
	decompress = TREE / 'kernel/module/decompress.c'
	assert not unknown(decompress)
	# This change leaks each page of output.
	changed = re.sub(r'^\t\tkunmap_local\(', r'\t\tget_page(page);\n\g<0>',
			 decompress.read_text(), flags=re.MULTILINE)
	(tmp_path / 'decompress.c').write_text(changed)
	assert unknown(tmp_path / 'decompress.c') == ['get_page']
