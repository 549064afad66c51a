# SPDX-License-Identifier: GPL-2.0
"""`make uninstall`: takes the suite out of the tree KERNEL=directory again."""

from pathlib import Path

from harness import install
from harness.values import Given


def command(given: Given, _: Path) -> int:
	"""Runs `make uninstall`."""
	install.uninstall(given.get('KERNEL', ''))
	return 0
