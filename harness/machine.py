# SPDX-License-Identifier: GPL-2.0
"""The machines that a kernel is built for and boots on: machines.tsv."""

from dataclasses import dataclass
from typing import List

from harness import base
from harness.base import Trouble

TABLE = base.TOP / 'harness/data/machines.tsv'


@dataclass(frozen=True)
class Machine:
	"""A row of the table. What a machine does not have is an empty string."""
	name: str
	arch: str
	"""How make and the kernel call the architecture"""
	cross: str
	"""Prefix of the compiler"""
	target: str
	"""What make builds"""
	image: str
	"""The file of that which boots"""
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
	raise Trouble(f'ARCH={name}: not one of {names}')
