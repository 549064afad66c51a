# SPDX-License-Identifier: GPL-2.0
"""After an edit of a kernel, the verdict of `make run` is that of what was edited."""

from pathlib import Path

import pytest

from kept import FOR_RUN
from stand_ins import SOURCE
from support import make, run as shell

pytestmark = [pytest.mark.suite, pytest.mark.long, pytest.mark.depends(*FOR_RUN)]

INFLATE = 'lib/zlib_inflate/inflate.c'
# What is added to a file, the exit status, and what the run says
ADDED = [
	('include/linux/xz.h', '#error edited\n', 2, 'error: #error edited'),
	# Another directory includes it; nothing is built in its own.
	('io_uring/io-wq.h', '#error edited\n', 2, 'error: #error edited'),
	('lib/xz/Makefile', '$(error edited)\n', 2, 'edited.  Stop.'),
	('lib/xz/Kconfig', 'edited\n', 2, 'unknown statement "edited"'),
	# A new option, which the configuration does not have yet
	('lib/Kconfig', 'config NEW_OPTION\n\tbool "Is it new?"\n', 0, ' 0 failed'),
]


def test_an_edit_is_in_the_verdict(tmp_path: Path) -> None:
	kernel = tmp_path / 'kernel'
	shell('cp', '-al', SOURCE, kernel)

	def put(name: str, text: str) -> None:
		"""Writes a file of this kernel alone."""
		(kernel / name).unlink()
		(kernel / name).write_text(text)

	def run(name: str, text: str, status: int, says: str) -> None:
		"""Runs the suite with one file changed, and changes it back."""
		put(name, text)
		result = make('run', KERNEL=kernel, FIXES='yes', status=status)
		assert says in result.text, name
		put(name, (SOURCE / name).read_text())

	inflate = (SOURCE / INFLATE).read_text()
	run(INFLATE, inflate, 0, ' 0 failed')
	wrong = inflate.replace('ret = Z_OK;', 'return Z_DATA_ERROR;')
	assert wrong != inflate
	run(INFLATE, wrong, 1, ' not known)')
	for name, more, status, says in ADDED:
		run(name, (SOURCE / name).read_text() + more, status, says)
	run(INFLATE, inflate, 0, ' 0 failed')
