# SPDX-License-Identifier: GPL-2.0
"""`make install`: puts the suite into the tree KERNEL=directory."""

from pathlib import Path

from harness import install
from harness.values import Given


def command(given: Given, _: Path) -> int:
	"""Puts the suite into the tree KERNEL=directory."""
	install.install(given.get('KERNEL', ''))
	return 0
