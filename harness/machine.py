# SPDX-License-Identifier: GPL-2.0
"""The machines that we build kernels for and boot them on: machines.tsv."""

from dataclasses import dataclass
from typing import List

from harness import base
from harness.base import Trouble

TABLE = base.TOP / 'harness/data/machines.tsv'


@dataclass(frozen=True)
class Machine:
	"""A row of machines.tsv. A "-" in the table is an empty string."""
	name: str
	arch: str
	"""The architecture's name for make and kunit.py"""
	cross: str
	"""Prefix of the compiler"""
	target: str
	"""The target for make"""
	image: str
	"""The file to boot"""
	qemu: str
	"""QEMU's name of the architecture"""
	console: str
	qemu_args: str


def machines() -> List[Machine]:
	"""Returns all machines, in the order of the table."""
	return [Machine(row[0], row[1], *('' if field == '-' else field for field in row[2:]))
		for row in base.rows(TABLE)]


def machine(name: str) -> Machine:
	"""Returns the machine of that name."""
	for one in machines():
		if one.name == name:
			return one
	names = ', '.join(one.name for one in machines())
	raise Trouble(f'ARCH={name}: no such machine; give one of {names}')
