# SPDX-License-Identifier: GPL-2.0
"""The values of NAME=value."""

import os
import re
from pathlib import Path
from typing import Dict, Optional

from harness.base import Trouble

Given = Dict[str, str]


def is_yes(given: Given, name: str, default: str) -> bool:
	"""Returns whether a variable is yes; it may also be no."""
	value = given.get(name) or default
	if value not in ('yes', 'no'):
		raise Trouble(f'{name}={value}: neither yes nor no')
	return value == 'yes'


def number(given: Given, name: str, default: int, what: str = 'a number', least: int = 1) -> int:
	"""Returns the value of a variable that is a number from @least on."""
	value = given.get(name) or str(default)
	if not re.fullmatch('[1-9][0-9]*', value) or int(value) < least:
		raise Trouble(f'{name}={value}: not {what}')
	return int(value)


def jobs(given: Given) -> int:
	"""Returns JOBS=."""
	return number(given, 'JOBS', os.cpu_count() or 1)


def is_one(given: Given, name: str) -> bool:
	"""Returns whether a variable is 1, as Kbuild's LLVM= is; without a value it is not."""
	value = given.get(name, '')
	if value not in ('', '1'):
		raise Trouble(f'{name}={value}: not 1')
	return value == '1'


def path(given: Given, name: str) -> Optional[Path]:
	"""Returns the absolute path for a variable, if it has a value."""
	return Path(given[name]).absolute() if given.get(name) else None
