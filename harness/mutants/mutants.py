#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# mutants.py [--all] DIRECTORY KUNIT: judges the logs in DIRECTORY, build/mutants, with
# the kernel's kunit_parser in KUNIT. Writes report.txt, report.json and report.html.
# With --all, each row of equivalent.tsv must match a survivor.
#
# mutants.py --rows DIRECTORY KUNIT: prints a row for equivalent.tsv for each survivor
# that has none. Fill in the reason. If only the line or the ID of a mutant has
# changed, the row has its old reason, for you to check.
#
# Exit status: 0 if each mutant is caught or has a row in equivalent.tsv; 1 if not; 2 if
# a log does not name its mutant. Such a log is removed, so that the next run repeats
# the test.

import collections
import json
import re
import sys
from pathlib import Path
from typing import List

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
# pylint: disable=wrong-import-position
from harness import base, kunit_log
from harness.mutants.page import html_page
from harness.mutants.verdicts import (FATES, Mutant, mutant_line, not_announced,
				      read_mutants, remove_logs)

def explain(mutants: List[Mutant]) -> List[List[str]]:
	"""Marks the survivors that equivalent.tsv explains. Returns the rows that match no survivor."""
	stale = []
	of_ident = {m.ident: m for m in mutants}
	for row in base.rows(HERE / 'equivalent.tsv'):
		mutant = of_ident.get(row[0])
		if (mutant and mutant.fate == 'survived' and
		    row[:-1] == mutant_words(mutant) and row[-1]):
			mutant.fate, mutant.reason = 'equivalent', row[-1]
		else:
			stale.append(row)
	return stale

def mutant_words(mutant: Mutant) -> List[str]:
	"""Returns the fields of equivalent.tsv before the reason."""
	return [mutant.ident, f'{mutant.function}:{mutant.line}', mutant.what]

def new_rows(mutants: List[Mutant], stale: List[List[str]]) -> List[str]:
	"""Returns a row for each survivor, with the reasons of the stale rows that it may replace."""
	rows = []
	for mutant in mutants:
		if mutant.fate == 'survived':
			reasons = [row[-1] for row in stale if row[2:-1] == [mutant.what] and
				   row[1].split(':')[0] == mutant.function]
			rows.append('\t'.join(mutant_words(mutant) +
					      [' OR '.join(dict.fromkeys(reasons))]))
	return rows

def history(mutants: List[Mutant]) -> List[str]:
	"""Returns a line for each past bug that the suite does not catch with the right message."""
	missed = []
	for mutant in mutants:
		path = HERE / f'history/{mutant.what}.patch'
		if not mutant.is_patch or not path.exists():
			continue
		said = re.search('^Says: (.*)', path.read_text(), re.MULTILINE)
		if mutant.fate != 'caught':
			missed.append(f'history: {mutant.what}: {mutant.fate}')
		elif said and not any(said[1] in text for text in mutant.says):
			missed.append(f'history: {mutant.what}: no case says "{said[1]}"')
	return missed

def causes(mutants: List[Mutant]) -> List[str]:
	"""Returns how many mutants each rule or check catches, the most frequent first."""
	count = collections.Counter(kunit_log.cause('a case', m.says[0])
				    for m in mutants if m.fate == 'caught' and m.says)
	return [f'{number:5}  {cause}' for cause, number in count.most_common()]

def percent(part: int, whole: int) -> str:
	"""Returns a share as text."""
	return f'{100 * part / whole:.1f} %' if whole else '-'

def summary(mutants: List[Mutant]) -> List[str]:
	"""Returns the numbers, by kind and in all."""
	kinds = sorted({m.kind for m in mutants})
	lines = ['{:12}'.format('kind') + ''.join(f'{fate:>11}' for fate in FATES)]
	for kind in kinds + ['all']:
		of_kind = [m for m in mutants if kind in (m.kind, 'all')]
		lines.append(f'{kind:12}' + ''.join(
			f'{sum(m.fate == fate for m in of_kind):11}' for fate in FATES))
	count = collections.Counter(m.fate for m in mutants)
	dead = count['caught'] + count['crashed'] + count['hung']
	differ = dead + count['survived'] + count['equivalent']
	return lines + ['', f'{dead} of {differ} that differ in code are caught, '
			f'{count["caught"]} by a failed expectation ({percent(count["caught"], dead)}); '
			f'{count["equivalent"]} are equivalent ({percent(count["equivalent"], differ)}); '
			f'{count["survived"]} survive unexplained']

def section(title: str, lines: List[str]) -> List[str]:
	"""Returns a section of the text report, or nothing if it has no lines."""
	return ['', f'{title} ({len(lines)}):'] + ['  ' + line for line in lines] if lines else []

def report(directory: Path, kunit: str, complete: bool = False, rows: bool = False) -> int:
	"""
	Writes the report, and prints its numbers and what is amiss. With @rows, prints the rows for
	equivalent.tsv instead. Returns the exit status.
	"""
	strange = not_announced(str(directory))
	if strange:
		remove_logs(strange, 'mutants')
		return 2
	mutants, natively, strange = read_mutants(str(directory), kunit)
	stale = explain(mutants)
	if rows:
		print(''.join(f'{row}\n' for row in new_rows(mutants, stale)), end='')
		return 0
	amiss = [f'equivalent.tsv: {": ".join(row[:-1])}: no such survivor, or no reason'
		 for row in stale if complete] + history(mutants) + strange
	amiss += [mutant_line(m) for m in mutants if m.fate == 'survived']

	numbers = summary(mutants) + natively
	text = numbers + section('Amiss', amiss)
	text += section('Caught, by the first cause', causes(mutants))
	for fate in FATES:
		text += section(fate.capitalize(), [mutant_line(m) for m in mutants if m.fate == fate])

	(directory / 'report.txt').write_text('\n'.join(text) + '\n')
	for mutant in mutants:
		del mutant.says[10:]
	(directory / 'report.json').write_text(json.dumps(
		{'mutants': [vars(m) for m in mutants], 'amiss': amiss}, indent=1))
	(directory / 'report.html').write_text(html_page(
		str(directory / 'base/decompress.c'), mutants, '\n'.join(numbers)))
	print('\n'.join(numbers + section('Amiss', amiss)), flush=True)
	return 1 if amiss else 0


def main(*args: str) -> int:
	"""Does what the arguments say, and returns the exit status."""
	return report(Path(args[-2]), args[-1], '--all' in args, '--rows' in args)


if __name__ == '__main__':
	sys.exit(main(*sys.argv[1:]))
