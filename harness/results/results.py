#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# results.py write RECORDS KEY PAGE: merge the results that the commands recorded in the
# directory RECORDS into PAGE. A row of PAGE that has no newer record stays. KEY is the hash
# of the present sources (harness/lib/key.sh).
# results.py check README PAGE: check that each number that README quotes is on PAGE.
#
# Exit status: 0 success, 1 README and PAGE differ, 2 there is nothing to write.

import os
import re
import sys
from typing import Dict, List, NamedTuple

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
MOST_QUOTED = 5

INTRO = '''# Results

    make results

writes this page from the results that the other commands leave in `build/results/`. A row
stays until its command runs again. Do not edit this page.

"Sources" is a hash of the suite, the fixes and the scripts that judge. The sources are now
at `{key}`: {older} of {all} rows are older. `-` is a row from before the hash was recorded.
'''


class Row(NamedTuple):
	"""One result: what was typed, what it printed, and when, on what."""
	command: str
	result: str
	date: str
	sources: str
	machine: str


def section(command: str) -> str:
	"""Returns the heading under which a command's results stand."""
	return ' '.join(command.split()[:2])

def read_records(directory: str) -> List[Row]:
	"""Returns the results that the commands recorded."""
	rows = []
	for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
		if not name.endswith('.new'):
			with open(os.path.join(directory, name), encoding='utf-8') as record:
				rows.append(Row(*record.read().rstrip('\n').split('\t')))
	return rows

def read_page(path: str) -> List[Row]:
	"""Returns the results on the page."""
	if not os.path.exists(path):
		return []
	with open(path, encoding='utf-8') as page:
		cells = [line.strip().strip('|').split('|') for line in page
			 if line.startswith('| `make ')]
	return [Row(*(cell.strip().strip('`') for cell in row)) for row in cells]

def as_page(rows: List[Row], key: str) -> str:
	"""Returns the page."""
	older = sum(row.sources != key for row in rows)
	text = INTRO.format(key=key, older=older, all=len(rows))
	for name, about in SECTIONS.items():
		of_section = sorted(row for row in rows if section(row.command) == name)
		if of_section:
			text += (f'\n## {name}\n\n{about}\n\n'
				 '| command | result | date | sources | machine |\n'
				 '|---|---|---|---|---|\n')
		for row in of_section:
			text += (f'| `{row.command}` | {row.result} | {row.date} | '
				 f'{row.sources} | {row.machine} |\n')
	return text

def write(records: str, key: str, path: str) -> int:
	"""Writes the page, and names the rows that are older than the sources."""
	new = read_records(records)
	if not new:
		print(f'make: there are no results in {records}; run make run, then make results',
		      file=sys.stderr)
		return 2
	rows: Dict[str, Row] = {row.command: row for row in read_page(path)}
	rows.update({row.command: row for row in new})
	with open(path + '.new', 'w', encoding='utf-8') as page:
		page.write(as_page(list(rows.values()), key))
	os.replace(path + '.new', path)
	for row in sorted(rows.values()):
		if row.sources != key:
			print(f'older than the sources: {row.command} ({row.date})')
	print(f'make results: {len(rows)} results in Documentation/results.md, '
	      f'{len(new)} of them from build/results/')
	return 0

def check(readme: str, path: str) -> int:
	"""Checks that each result quoted in README, **in bold** or after "make ...:", is on
	the page, and that README quotes few of them."""
	with open(readme, encoding='utf-8') as file:
		text = file.read()
	with open(path, encoding='utf-8') as file:
		page = file.read()
	numbers = re.findall(r'\*\*([\d,.]+)\*\*', text)
	wrong = [number for number in numbers
		 if not re.search(rf'\b{number.replace(",", "")}\b', page)]
	for line in re.findall(r'^ *make \w+: (linux.*)$', text, re.MULTILINE):
		if line.split(';')[0] not in page:
			wrong.append(line)
	for quote in wrong:
		print(f'README.md quotes "{quote}", which is not in Documentation/results.md')
	if len(numbers) > MOST_QUOTED:
		print(f'README.md quotes {len(numbers)} numbers, not {MOST_QUOTED} at most')
	return int(bool(wrong) or not numbers or len(numbers) > MOST_QUOTED)


if __name__ == '__main__':
	sys.exit({'write': write, 'check': check}[sys.argv[1]](*sys.argv[2:]))
