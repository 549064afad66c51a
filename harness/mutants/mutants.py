#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# mutants.py [--all] DIRECTORY KUNIT: judges the logs in build/mutants by the
# kernel's own kunit_parser, in KUNIT, and writes the report: report.txt,
# report.json and report.html.
#
# mutants.py --rows DIRECTORY KUNIT: prints a row of equivalent.tsv for each
# survivor that has none, to be filled in. One whose row is only out of date, as
# its line or ID has changed, has the reason from there, to be read again.
#
# With --all the table of equivalent mutants has to be right, too, to the row. Exit
# status: 0 if every mutant is caught or argued to be equivalent, else 1; 2 if a log
# does not name the mutant that was to be tested. That is no verdict: it is removed,
# so that the next run tests again.

import collections
import functools
import html
import json
import multiprocessing
import os
import re
import sys
from typing import Any, Dict, Iterator, List, Tuple

TABLES = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TABLES, '../lib'))
import kunit_log # pylint: disable=wrong-import-position

FATES = ('survived', 'hung', 'crashed', 'equivalent', 'caught', 'same code', 'not built')

# What a case says of an oops or a WARN is no finding of its own.
COMPLAINT = '[the kernel complained] '


class Mutant:
	"""One mutant, and what became of it."""
	def __init__(self, ident: str, function: str, line: str, kind: str, what: str) -> None:
		self.ident = ident
		self.function = function
		self.line = int(line)
		self.kind = kind
		self.what = what
		self.fate = 'not built'
		self.cases: List[str] = []	# those that failed
		self.says: List[str] = []	# their messages
		self.died = ''			# what a crashed kernel's last words were
		self.reason = ''		# why it is equivalent


def tests(test: Any, path: str = '') -> Iterator[Tuple[str, Any]]:
	"""Yields each test below this one, with its path."""
	for sub in test.subtests:
		sub_path = f'{path}/{sub.name}' if path else sub.name
		yield sub_path, sub
		yield from tests(sub, sub_path)

def announces(ident: str, log: str) -> bool:
	"""Says whether the kernel or program that left this log was made of that mutant."""
	with open(log, errors='replace') as console:
		return bool(re.search(rf'^(\[.*\] )?mutant: {ident}$', console.read(),
				      re.MULTILINE))

def not_announced(directory: str) -> List[str]:
	"""Returns the logs of kernels and programs that do not say they are the mutant."""
	found = []
	for name in 'runs', 'native':
		with open(os.path.join(directory, name)) as rows:
			found += [row.split()[1] for row in rows
				  if not announces(*row.split()[:2])]
	return found

def remove_logs(logs: List[str], what: str) -> None:
	"""Removes logs that are no verdict, so that the next run makes them again."""
	for log in logs:
		os.remove(log)
	print(f'make: no verdict on {len(logs)} {what}, which their logs do not name, such as '
	      f'{os.path.basename(logs[0])}; run it again to test them', file=sys.stderr)

def judge(kunit: str, log: str) -> Dict[str, Any]:
	"""Returns the fate of the mutant whose run left this log, and the rest."""
	with open(log, errors='replace') as console:
		lines = [line.rstrip('\r\n') for line in console]
	root = kunit_log.parse(kunit, lines[:-1])
	failed = [(path, test) for path, test in tests(root)
		  if test.status.name in ('FAILURE', 'TEST_CRASHED')]
	# The first parameter's messages are in the log of the case.
	said = [text for _, test in failed for _, text in kunit_log.messages(test.log)]
	findings = [text for text in said if not text.startswith(COMPLAINT)]
	complaints = [text[len(COMPLAINT):] for text in said if text.startswith(COMPLAINT)]
	panics = [line for line in lines if 'Kernel panic' in line]

	died = ''
	if lines[-1].startswith('mutant_boot.sh: hung: '):
		fate, died = 'hung', lines[-1][len('mutant_boot.sh: hung: '):]
	elif panics or not lines_end_well(lines):
		fate = 'crashed'
		words = [line for line in lines if re.search(r'\bBUG:|Oops|double fault|Kernel panic', line)]
		died = words[0] if words else 'without a word'
	elif findings:
		fate = 'caught'
	elif failed:
		fate, died = 'crashed', complaints[0] if complaints else 'a case did not end'
	else:
		fate = 'survived'
	return {'fate': fate, 'died': died, 'says': findings,
		'cases': [path for path, test in failed if test.name and not test.subtests]}

def lines_end_well(lines: List[str]) -> bool:
	"""Says whether the kernel lived to report on the last suite, or on one that failed."""
	return any(re.search(r'^(\[.*\] )?(not ok \d+ |ok \d+ module_decompress_own)', line)
		   for line in lines)

def table(name: str) -> List[List[str]]:
	"""Returns the rows of one of the tables: words between tabs."""
	with open(os.path.join(TABLES, name)) as rows:
		return [line.rstrip('\n').split('\t') for line in rows
			if line.strip() and not line.startswith('#')]

def read_verdicts(directory: str, name: str, kunit: str) -> Dict[str, Dict[str, Any]]:
	"""Returns the verdicts on the logs in one of the lists, by mutant."""
	with open(os.path.join(directory, name)) as rows:
		logs = dict(row.split()[:2] for row in rows)
	with multiprocessing.Pool() as pool:
		return dict(zip(logs, pool.map(functools.partial(judge, kunit),
					       logs.values(), chunksize=8)))

def read_mutants(directory: str, kunit: str) -> Tuple[List[Mutant], List[str], List[str]]:
	"""Returns the mutants in the list, each with its fate; and what the kernel says of
	those that are caught natively: how many it catches, and the others."""
	with open(os.path.join(directory, 'list')) as rows:
		mutants = [Mutant(*row.rstrip('\n').split('\t')) for row in rows]
	verdicts = read_verdicts(directory, 'native', kunit)
	booted = read_verdicts(directory, 'runs', kunit)
	both = [mutant for mutant in mutants if mutant.ident in verdicts and mutant.ident in booted]
	missed = [m for m in both if booted[m.ident]['fate'] == 'survived']
	strange = [f'caught natively, and in the kernel survived: '
		   f'{m.function}:{m.line}: {m.what} [{m.ident}]' for m in missed]
	natively = len(verdicts)
	verdicts.update(booted)
	for mutant in mutants:
		if mutant.ident in verdicts:
			vars(mutant).update(verdicts[mutant.ident])
		elif os.path.exists(os.path.join(directory, 'obj', mutant.ident, 'sum')):
			mutant.fate = 'same code'
	if not natively:
		return mutants, [], strange
	return mutants, [f'{natively} of them natively, of which {len(both)} were booted, too, '
			 f'and {len(both) - len(missed)} caught there'], strange

def explain(mutants: List[Mutant]) -> List[List[str]]:
	"""Marks the survivors that are argued to be equivalent. Returns stale rows."""
	stale = []
	of_ident = {m.ident: m for m in mutants}
	for row in table('equivalent.tsv'):
		mutant = of_ident.get(row[0])
		if (mutant and mutant.fate == 'survived' and
		    row[:-1] == mutant_words(mutant) and row[-1]):
			mutant.fate, mutant.reason = 'equivalent', row[-1]
		else:
			stale.append(row)
	return stale

def mutant_words(mutant: Mutant) -> List[str]:
	"""Returns what a row of equivalent.tsv has before the reason."""
	return [mutant.ident, f'{mutant.function}:{mutant.line}', mutant.what]

def new_rows(mutants: List[Mutant], stale: List[List[str]]) -> List[str]:
	"""Returns a row for each survivor, with the reasons of those that it may replace."""
	rows = []
	for mutant in mutants:
		if mutant.fate == 'survived':
			reasons = [row[-1] for row in stale if row[2:-1] == [mutant.what] and
				   row[1].split(':')[0] == mutant.function]
			rows.append('\t'.join(mutant_words(mutant) +
					      [' OR '.join(dict.fromkeys(reasons))]))
	return rows

def history(mutants: List[Mutant]) -> List[str]:
	"""Returns the bugs of the past that are not caught as they should be."""
	missed = []
	for mutant in mutants:
		path = os.path.join(TABLES, 'history', mutant.what + '.patch')
		if mutant.kind != 'patch' or not os.path.exists(path):
			continue
		with open(path) as patch:
			said = re.search('^Says: (.*)', patch.read(), re.MULTILINE)
		if mutant.fate != 'caught':
			missed.append(f'history: {mutant.what}: {mutant.fate}')
		elif said and not any(said[1] in text for text in mutant.says):
			missed.append(f'history: {mutant.what}: no case says "{said[1]}"')
	return missed

def causes(mutants: List[Mutant]) -> List[str]:
	"""Returns how many mutants are caught by each rule or check, the most frequent first."""
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

def explanation(mutant: Mutant) -> str:
	"""Returns what there is to say of a mutant's fate: why, and by which cases."""
	said = [mutant.reason or mutant.died or ''.join(mutant.says[:1])]
	if mutant.cases:
		more = ', ...' if len(mutant.cases) > 3 else ''
		said.append(f'{len(mutant.cases)} cases: {", ".join(mutant.cases[:3])}{more}')
	return '; '.join(filter(None, said))

def mutant_line(mutant: Mutant) -> str:
	"""Returns a line of text for a mutant."""
	return (f'{mutant.function}:{mutant.line}: {mutant.what}: {mutant.fate}: '
		f'{explanation(mutant)} [{mutant.ident}]')

STYLE = '''
body { font: 14px sans-serif; margin: 2em; max-width: 110em }
pre, code, .line { font: 13px monospace; white-space: pre }
.code { display: inline-block; tab-size: 8 }
.number { color: #888; display: inline-block; width: 3.5em }
.fates { display: inline-block; width: 9em }
b { border-radius: 3px; padding: 0 4px; margin-right: 2px; color: #fff }
.caught { background: #2a7d3b } .crashed { background: #8a5a00 } .hung { background: #8a5a00 }
.survived { background: #c00 } .equivalent, .same { background: #667 } .not { background: #aaa }
details ul { margin: 2px 0 6px 13em; font-size: 13px } summary { list-style: none; cursor: pointer }
summary:hover { background: #eef }
'''

def fate_mark(fate: str, text: str) -> str:
	"""Returns a coloured mark."""
	return f'<b class="{fate}" title="{fate}">{html.escape(text)}</b>'

def html_line(number: int, text: str, mutants: List[Mutant]) -> str:
	"""Returns one line of decompress.c with its mutants."""
	count = collections.Counter(m.fate for m in mutants)
	marks = ''.join(fate_mark(fate, str(count[fate])) for fate in FATES if count[fate])
	head = (f'<span class="number">{number}</span><span class="fates">{marks}</span>'
		f'<span class="code">{html.escape(text)}</span>')
	if not mutants:
		return f'<div class="line">{head}</div>'
	items = []
	for mutant in sorted(mutants, key=lambda m: FATES.index(m.fate)):
		items.append(f'<li>{fate_mark(mutant.fate, mutant.fate)} '
			     f'<code>{html.escape(mutant.what)}</code> '
			     f'{html.escape(explanation(mutant))}</li>')
	is_open = ' open' if count['survived'] else ''
	return (f'<details{is_open}><summary class="line">{head}</summary>'
		f'<ul>{"".join(items)}</ul></details>')

def html_page(source: str, mutants: List[Mutant], text: str) -> str:
	"""Returns the report as a page."""
	by_line: Dict[int, List[Mutant]] = collections.defaultdict(list)
	for mutant in mutants:
		by_line[mutant.line].append(mutant)
	with open(source) as lines:
		body = '\n'.join(html_line(number, line.rstrip('\n'), by_line[number])
				 for number, line in enumerate(lines, 1))
	return ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
		f'<title>Mutants of decompress.c</title><style>{STYLE}</style></head><body>\n'
		'<h1>Mutants of kernel/module/decompress.c</h1>\n'
		f'<pre>{html.escape(text)}</pre>\n'
		'<p>The numbers beside a line count its mutants by their fate; '
		f'a click shows them: {" ".join(fate_mark(f, f) for f in FATES)}</p>\n'
		f'{body}\n</body></html>\n')

def section(title: str, lines: List[str]) -> List[str]:
	"""Returns a part of the text report, nothing if it is empty."""
	return ['', f'{title} ({len(lines)}):'] + ['  ' + line for line in lines] if lines else []

def main(args: List[str]) -> int:
	"""Writes the report. Returns the exit status."""
	complete = args[0] == '--all'
	directory, kunit = args[-2:]
	strange = not_announced(directory)
	if strange:
		remove_logs(strange, 'mutants')
		return 2
	mutants, natively, strange = read_mutants(directory, kunit)
	stale = explain(mutants)
	if args[0] == '--rows':
		for row in new_rows(mutants, stale):
			print(row)
		return 0
	amiss = [f'equivalent.tsv: {": ".join(row[:-1])}: no such survivor, or no reason'
		 for row in stale if complete] + history(mutants) + strange
	amiss += [mutant_line(m) for m in mutants if m.fate == 'survived']

	numbers = summary(mutants) + natively
	text = numbers + section('Amiss', amiss)
	text += section('Caught, by the first cause', causes(mutants))
	for fate in FATES:
		text += section(fate.capitalize(), [mutant_line(m) for m in mutants if m.fate == fate])

	with open(os.path.join(directory, 'report.txt'), 'w') as report:
		report.write('\n'.join(text) + '\n')
	for mutant in mutants:
		del mutant.says[10:]
	with open(os.path.join(directory, 'report.json'), 'w') as report:
		json.dump({'mutants': [vars(m) for m in mutants], 'amiss': amiss}, report, indent=1)
	with open(os.path.join(directory, 'report.html'), 'w') as report:
		report.write(html_page(os.path.join(directory, 'base/decompress.c'), mutants,
				       '\n'.join(numbers)))
	print('\n'.join(numbers + section('Amiss', amiss)))
	return 1 if amiss else 0


if __name__ == '__main__':
	sys.exit(main(sys.argv[1:]))
