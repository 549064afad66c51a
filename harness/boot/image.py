# SPDX-License-Identifier: GPL-2.0
"""Selects the modules of a kernel as shipped, and reports how they load in guests."""

import collections
import re
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

UNTRIED = Path(__file__).parent.parent / 'data/untried.tsv'


def modules_in_order(dep: str) -> List[str]:
	"""Returns the modules of modules.dep, each after the modules that it needs."""
	needed = {module: needs.split() for module, _, needs in
		  (line.partition(':') for line in dep.splitlines())}
	order: Dict[str, None] = {}

	def visit(module: str) -> None:
		if module not in order:
			for need in reversed(needed.get(module, [])):
				visit(need)
			order[module] = None

	for module in needed:
		visit(module)
	return list(order)


def to_load(directory: Path, architecture: str) -> Tuple[List[str], List[str]]:
	"""Returns the modules to load, and the reasons why others are left out."""
	rows = [row.split('\t') for row in UNTRIED.read_text().splitlines() if row[:1] != '#']
	left_out = {row[1]: row[2] for row in rows if row[0] == architecture}
	modules, untried = [], []
	for module in modules_in_order((directory / 'modules.dep').read_text()):
		why = [left_out[begin] for begin in left_out if module.startswith(begin)]
		if why:
			untried.append(why[0])
		else:
			modules.append(module)
	return modules, untried


class Load(NamedTuple):
	"""The load of a module in a guest: the error or "success", and the kernel's messages."""
	module: str
	error: str
	messages: List[str]


def loads(log: Path, directory: str) -> Iterator[Tuple[str, Load]]:
	"""Yields the loads in the log of a guest, each after the name of the module."""
	load = None
	for line in log.read_text(errors='replace').splitlines():
		said = re.match(rf'# module {re.escape(directory)}/(([^ ]*)\.ko[^ ]*) (.*)', line)
		if said:
			load = Load(said[1], said[3], [])
			yield said[2], load
		elif load and line.startswith('# : '):
			load.messages.append(line[4:])


def said(log: Path, what: str) -> str:
	"""Returns a property of the kernel, such as its release, which the guest printed."""
	found = re.search(f'^# {what} (.*)', log.read_text(errors='replace'), re.MULTILINE)
	return found[1] if found else ''


def compare(directory: Path, in_guest: str) -> List[str]:
	"""
	Returns KTAP with a test for each module. The test passes if the module loads compressed, and is
	skipped if the decompressed module fails with the same error.
	"""
	plain = dict(loads(directory / 'decompressed.log', in_guest))
	compressed = list(loads(directory / 'compressed.log', in_guest))
	lines = ['KTAP version 1', f'1..{len(compressed)}']
	for i, (name, load) in enumerate(compressed, 1):
		plain_error = plain[name].error if name in plain else 'not tried'
		if load.error == 'success':
			lines.append(f'ok {i} {load.module}')
		elif load.error == plain_error:
			lines.append(f'ok {i} {load.module} # SKIP {plain_error}')
		else:
			lines.append(f'# {load.error}, decompressed first {plain_error}')
			lines += [f'# the kernel: {message}' for message in load.messages]
			lines.append(f'not ok {i} {load.module}')
	return lines


def formats(log: Path, config: str) -> str:
	"""Returns a line with the kernel's compression format and its XZ filters."""
	filters = re.findall(r'^CONFIG_XZ_DEC_(?!BCJ|MICROLZMA|TEST)([A-Z0-9]*)=y', config, re.M)
	return f'compression: {said(log, "compression")}; ' + (
		' '.join(['XZ filters of its config:', *filters]) if config else
		'XZ filters: no config was found')


def report(directory: Path, untried: List[str], config: str) -> List[str]:
	"""Returns the comparison as lines of text."""
	loaded, refused, messages = 0, [], []
	neither: 'collections.Counter[str]' = collections.Counter()
	for line in (directory / 'modules.ktap').read_text().splitlines()[2:]:
		result = re.match(r'(not )?ok \d+ ([^ ]*)(?: # SKIP (.*))?', line)
		if not result:
			messages.append(line[2:])
			continue
		if result[1]:
			refused.append(f'  not loaded: {result[2]}: {"; ".join(messages)}')
		elif result[3]:
			neither[result[3]] += 1
		else:
			loaded += 1
		messages = []
	lines = ['  ' + formats(directory / 'compressed.log', config),
		 f'  {loaded} of {loaded + len(refused)} modules that load when decompressed first '
		 'load compressed', *refused]
	if refused:
		lines.append('  make check-modules FILES=... says why such a file is not loaded')
	if neither:
		lines.append(f'  {sum(neither.values())} load in neither way: ' +
			     ' '.join(f'{error} {n}' for error, n in neither.items()))
	return lines + [f'  {n} not tried: {why}'
			for why, n in sorted(collections.Counter(untried).items())]
