# SPDX-License-Identifier: GPL-2.0
"""
`make results`: merges the results that the commands left in build/results/ into
Documentation/results.md. A row of the page stays until there is a newer result.
"""

from pathlib import Path
from typing import List, NamedTuple

from harness import base, records
from harness.base import TOP, Trouble
from harness.values import Given

PAGE = TOP / 'Documentation/results.md'

# The heading of each section, and what its rows measure
SECTIONS = {
	'make run': 'The suite on one kernel. `FIXES=no` is the kernel as shipped.',
	'make native': 'The suites that need no kernel, compiled for the host.',
	'make matrix': 'The suite on other machines and configurations.',
	'make boot': 'Real modules, loaded by `finit_module()`.',
	'make mutants': 'Breakages of decompress.c that the suite catches.',
	'make coverage': 'Lines and branches of decompress.c that the suite reaches.',
	'make fuzz': 'Inputs that libFuzzer tried.',
	'make test': "The project's own tests.",
}

INTRO = '''# Results

    make results

writes this page from the results that the other commands leave in `build/results/`. A row
stays until its command runs again. Do not edit this page.

"Sources" is a hash of the suite, the fixes and the program that judges. The sources are now
at `{key}`: {older} of {all} rows are older. `-` is a row from before the hash was recorded.
'''


class Row(NamedTuple):
	"""One result: the command, what it printed, and when and on which machine it ran."""
	command: str
	result: str
	date: str
	sources: str
	machine: str

	@property
	def section(self) -> str:
		"""The heading of its section"""
		return ' '.join(self.command.split()[:2])


def read_page() -> List[Row]:
	"""Returns the results on the page."""
	lines = PAGE.read_text(encoding='utf-8').splitlines() if PAGE.exists() else []
	return [Row(*(cell.strip().strip('`') for cell in line.strip('| ').split('|')))
		for line in lines if line.startswith('| `make ')]


def as_row(path: Path, row: List[str]) -> Row:
	"""Returns a row of a file that a command left."""
	if len(row) != len(Row._fields):
		raise Trouble(f'{path}: this is no result of a command; remove the file')
	return Row(*row)


def as_page(rows: List[Row], key: str) -> str:
	"""Returns the page."""
	text = INTRO.format(key=key, older=sum(row.sources != key for row in rows), all=len(rows))
	for name, about in SECTIONS.items():
		lines = [f'| `{row.command}` | {" | ".join(row[1:])} |\n'
			 for row in sorted(rows) if row.section == name]
		if lines:
			text += (f'\n## {name}\n\n{about}\n\n'
				 '| command | result | date | sources | machine |\n'
				 '|---|---|---|---|---|\n') + ''.join(lines)
	return text


def command(_: Given, build: Path) -> int:
	"""Writes the page, and lists the rows that are older than the sources."""
	directory, key = build / 'results', records.key()[:8]
	new = [as_row(path, row) for path in sorted(directory.glob('*')) for row in base.rows(path)]
	if not new:
		raise Trouble(f'no results in {directory}; run make run first')
	rows = {row.command: row for row in [*read_page(), *new]}
	base.write(PAGE, as_page(list(rows.values()), key))
	for row in sorted(rows.values()):
		if row.sources != key:
			print(f'older than the sources: {row.command} ({row.date})')
	print(f'make results: {len(rows)} results in Documentation/results.md, '
	      f'{len(new)} of them from {base.place(directory)}')
	return 0
