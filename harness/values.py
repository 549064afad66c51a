# SPDX-License-Identifier: GPL-2.0
"""Reads the values of the variables of a command line, NAME=value."""

import os
import re
from pathlib import Path
from typing import Dict, Optional

from harness.base import Trouble

Given = Dict[str, str]


def is_yes(given: Given, name: str, default: str) -> bool:
	"""Returns whether a variable is yes. Refuses other values than yes and no."""
	value = given.get(name) or default
	if value not in ('yes', 'no'):
		raise Trouble(f'{name}={value}: must be yes or no')
	return value == 'yes'


def number(given: Given, name: str, default: int, what: str = 'a number', least: int = 1) -> int:
	"""Returns the value of a variable that must be a number, at least @least."""
	value = given.get(name) or str(default)
	if not re.fullmatch('[1-9][0-9]{0,8}', value) or int(value) < least:
		raise Trouble(f'{name}={value}: must be {what}, {least} or more')
	return int(value)


def jobs(given: Given) -> int:
	"""Returns JOBS=."""
	return number(given, 'JOBS', os.cpu_count() or 1)


def is_one(given: Given, name: str) -> bool:
	"""Returns whether a variable is 1. Refuses other values than 1 and an empty string."""
	value = given.get(name, '')
	if value not in ('', '1'):
		raise Trouble(f'{name}={value}: must be 1 or empty')
	return value == '1'


def path(given: Given, name: str) -> Optional[Path]:
	"""Returns the absolute path that a variable names, or None if it has no value."""
	return Path(given[name]).absolute() if given.get(name) else None
