# SPDX-License-Identifier: GPL-2.0
"""`make clean`: removes all build output."""

import shutil
from pathlib import Path

from harness.base import TOP
from harness.values import Given


def command(_: Given, build: Path) -> int:
	"""Removes the build directory, and .kunit/, which tools/testing/kunit/kunit.py creates."""
	shutil.rmtree(build, ignore_errors=True)
	shutil.rmtree(TOP / '.kunit', ignore_errors=True)
	return 0
