# SPDX-License-Identifier: GPL-2.0
"""Does make fuzz find bugs of the past within a minute, and nothing where there is none?"""

import pytest

from support import TOP, run

pytestmark = pytest.mark.fuzz


def test_bugs_that_were_put_back_are_found() -> None:
	run('sh', TOP / 'harness/test/fuzz_test.sh')
