#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What make boot IMAGE= reads: a kernel image, modules.dep, and what guests say of modules.

image.py arch IMAGE: the architecture of a kernel image, as Debian calls it
image.py list MODULES ARCH UNTRIED: the modules in a directory with modules.dep, each after what
	it needs. Those of untried.tsv are left out, and a line for each goes to the file UNTRIED.
image.py compare DIRECTORY IN_GUEST: KTAP from decompressed.log and compressed.log in a directory,
	the logs of two guests, which had the modules in IN_GUEST
image.py report DIRECTORY [CONFIG]: the same for people, from modules.ktap, compressed.log and
	untried in a directory, and the kernel's .config

Exit status: 0, or 2 if IMAGE is nothing that a guest can boot.
"""

import collections
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

UNTRIED = Path(__file__).parent / 'untried.tsv'


def arch(image: Path) -> str:
	"""
	Returns the architecture by the header. 64 bits are a flag of xloadflags in a bzImage; see
	Documentation/arch/x86/boot.rst and Documentation/arch/arm64/booting.rst.
	"""
	with open(image, 'rb') as file:
		header = file.read(1024)
	if header[514:518] == b'HdrS' and header[566] & 1:
		return 'amd64'
	return 'arm64' if header[56:60] == b'ARMd' else ''


def modules_in_order(dep: str) -> List[str]:
	"""Returns the modules of modules.dep, each after what it needs."""
	needed = {module: needs.split() for module, needs in
		  (line.split(':') for line in dep.splitlines())}
	order: Dict[str, None] = {}

	def visit(module: str) -> None:
		if module not in order:
			for need in reversed(needed.get(module, [])):
				visit(need)
			order[module] = None

	for module in needed:
		visit(module)
	return list(order)


def list_modules(directory: Path, architecture: str, untried: Path) -> None:
	"""Prints the modules to load, and writes to @untried why others are not loaded."""
	rows = [row.split('\t') for row in UNTRIED.read_text().splitlines() if row[:1] != '#']
	left_out = {row[1]: row[2] for row in rows if row[0] == architecture}
	with open(untried, 'w', encoding='utf-8') as file:
		for module in modules_in_order((directory / 'modules.dep').read_text()):
			why = [left_out[begin] for begin in left_out if module.startswith(begin)]
			print(why[0] if why else module, file=file if why else sys.stdout)


class Load(NamedTuple):
	"""What became of a module in a guest."""
	module: str
	error: str
	messages: List[str]


def loads(log: Path, directory: str) -> Iterator[Tuple[str, Load]]:
	"""Yields the loads in the log of a guest, each with the name of the module."""
	load = None
	for line in log.read_text(errors='replace').splitlines():
		said = re.match(rf'# module {re.escape(directory)}/(([^ ]*)\.ko[^ ]*) (.*)', line)
		if said:
			load = Load(said[1], said[3], [])
			yield said[2], load
		elif load and line.startswith('# : '):
			load.messages.append(line[4:])


def compare(directory: Path, in_guest: str) -> None:
	"""
	Prints KTAP with a test for each module. It passes if the module loads compressed, and is
	skipped if the error is the same when it is decompressed first.
	"""
	plain = dict(loads(directory / 'decompressed.log', in_guest))
	compressed = list(loads(directory / 'compressed.log', in_guest))
	print(f'KTAP version 1\n1..{len(compressed)}')
	for i, (name, load) in enumerate(compressed, 1):
		plain_error = plain[name].error if name in plain else 'not tried'
		if load.error == 'success':
			print(f'ok {i} {load.module}')
		elif load.error == plain_error:
			print(f'ok {i} {load.module} # SKIP {plain_error}')
		else:
			print(f'# {load.error}, decompressed first {plain_error}')
			for message in load.messages:
				print(f'# the kernel: {message}')
			print(f'not ok {i} {load.module}')


def formats(log: Path, config: str) -> str:
	"""Returns what the kernel of a guest says that it decompresses, and with which filters."""
	compression = re.findall(r'^# compression (.*)', log.read_text(errors='replace'), re.M)[0]
	filters = re.findall(r'^CONFIG_XZ_DEC_(?!BCJ|MICROLZMA|TEST)([A-Z0-9]*)=y', config, re.M)
	return f'compression: {compression}; ' + (
		' '.join(['XZ filters of its config:', *filters]) if config else
		'XZ filters: no config was found')


def report(directory: Path, config: str) -> None:
	"""Prints the comparison for people."""
	loaded, refused, said = 0, [], []
	neither: 'collections.Counter[str]' = collections.Counter()
	for line in (directory / 'modules.ktap').read_text().splitlines()[2:]:
		result = re.match(r'(not )?ok \d+ ([^ ]*)(?: # SKIP (.*))?', line)
		if not result:
			said.append(line[2:])
			continue
		if result[1]:
			refused.append(f'  not loaded: {result[2]}: {"; ".join(said)}')
		elif result[3]:
			neither[result[3]] += 1
		else:
			loaded += 1
		said = []
	print('  ' + formats(directory / 'compressed.log', config))
	print(f'  {loaded} of {loaded + len(refused)} modules that load when decompressed first '
	      'load compressed')
	if refused:
		print('\n'.join(refused))
		print('  make check-modules FILES=... says what it is about such a file')
	if neither:
		print(f'  {sum(neither.values())} load in neither way: ' +
		      ' '.join(f'{error} {n}' for error, n in neither.items()))
	untried = (directory / 'untried').read_text().splitlines()
	for why, n in sorted(collections.Counter(untried).items()):
		print(f'  {n} not tried: {why}')


def main(command: str, path: str, *args: str) -> int:
	"""Runs one of the commands above."""
	if command == 'arch':
		print(arch(Path(path)))
		return 0 if arch(Path(path)) else 2
	if command == 'list':
		list_modules(Path(path), args[0], Path(args[1]))
	elif command == 'compare':
		compare(Path(path), args[0])
	else:
		report(Path(path), Path(args[0]).read_text() if args else '')
	return 0


if __name__ == '__main__':
	sys.exit(main(*sys.argv[1:]))
