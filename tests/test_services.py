# SPDX-License-Identifier: GPL-2.0
"""Does decompress.c call only services that the ledger stands in for, or that are harmless?"""

import re
from pathlib import Path

import pytest

from kernels import green, unknown_to_the_suite
from kept import FOR_RUN
from support import KERNEL, TREE

pytestmark = [pytest.mark.suite, pytest.mark.depends(*FOR_RUN, 'harness/mutants')]


def test_the_suite_knows_all_that_decompress_c_calls(tmp_path: Path) -> None:
	green()
	decompress = TREE / 'kernel/module/decompress.c'
	assert not unknown_to_the_suite(f'{KERNEL}-i386', decompress)
	# This change leaks each page of output.
	changed = re.sub(r'^\t\tkunmap_local\(', r'\t\tget_page(page);\n\g<0>',
			 decompress.read_text(), flags=re.MULTILINE)
	# A format that the suite does not know would not be tested.
	changed = changed.replace('\n#else\n', '\n#elif defined(CONFIG_MODULE_COMPRESS_LZ4)\n#else\n')
	(tmp_path / 'decompress.c').write_text(changed)
	assert unknown_to_the_suite(f'{KERNEL}-i386', tmp_path / 'decompress.c') == ['get_page', 'LZ4']
