# SPDX-License-Identifier: GPL-2.0
"""`make clean`: removes all that was made."""

import shutil
from pathlib import Path

from harness.base import TOP
from harness.values import Given


def command(_: Given, build: Path) -> int:
	"""Removes build/, and what the forwarder left where the project is."""
	shutil.rmtree(build, ignore_errors=True)
	shutil.rmtree(TOP / '.kunit', ignore_errors=True)
	return 0
