# SPDX-License-Identifier: GPL-2.0
"""Reports the results of the rows of `make matrix`, as text, HTML and JSON."""

import collections
import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List

from harness.page import page, tag
from harness import results

# The verdicts on a row, the worst last
WORDS = ('green', 'known', 'red', 'not run')

STYLE = '''\
table { border-collapse: collapse }
th, td:first-child { white-space: nowrap }
th, td { border: 1px solid #999; padding: .3em .6em; text-align: left; vertical-align: top }
.green { background: #cfc } .known { background: #fe9 } .red { background: #f99 }
.not-run { background: #ccc } .skipped { color: #555; font-size: 12px }
td.command { font-family: monospace; font-size: 12px }
'''

Count = collections.Counter[str]


@dataclass
class Outcome:
	"""The results of a row."""
	row: str
	command: str
	"""The command that repeats the run"""
	seconds: int
	found: List[results.Result]
	why: str = ''
	"""Why the row has no results"""
	suites: Dict[str, Count] = field(default_factory=dict)
	skips: List[str] = field(default_factory=list)
	causes: List[str] = field(default_factory=list)

	@property
	def count(self) -> Count:
		"""The numbers of cases, by result"""
		return sum(self.suites.values(), collections.Counter())

	@property
	def word(self) -> str:
		"""The verdict, one of WORDS"""
		return 'not run' if self.why else word(self.count)

	@property
	def text(self) -> str:
		"""The numbers, or why the row has no results"""
		return self.why or numbers(self.count)


def skips(log: str) -> List[str]:
	"""Returns the reasons in a guest's log for which something was skipped."""
	reasons = re.findall(r'^ *(?:\[ *[0-9.]+\] *)?ok \d+ .*# SKIP +(\S.*?)\s*$', log,
			     re.MULTILINE)
	return list(dict.fromkeys(reasons))


def outcome(row: str, command: str, directory: Path, kunit: str) -> Outcome:
	"""Returns the results in a row's directory. @kunit is that of the kernel's kunit_parser."""
	log = directory / 'test.log'
	seconds = int((directory / 'seconds').read_text())
	if not log.exists():
		lines = (directory / 'log').read_text(errors='replace').splitlines()
		why = (lines or ['no log'])[-1]
		return Outcome(row, command, seconds, [('ERROR', 'not run', [why])], why)
	known = results.bugs(str(directory / '.config'), str(directory / '.lacks'))
	found = results.results(kunit, str(log))
	suites: Dict[str, Count] = collections.defaultdict(collections.Counter)
	failed = []
	for result in found:
		kind = {'PASS': 'passed', 'SKIP': 'skipped'}.get(
			result[0], 'known' if results.known_as(result, known) else 'failed')
		suites[result[1].split('/')[0]][kind] += 1
		failed += [result] * (kind == 'failed')
	return Outcome(row, command, seconds, found, suites=suites,
		       skips=skips(log.read_text(errors='replace')),
		       causes=results.by_cause(failed) if failed else [])


def word(count: Count) -> str:
	"""Returns the verdict on these numbers, one of WORDS."""
	return 'red' if count['failed'] else 'known' if count['known'] else 'green'


def numbers(count: Count) -> str:
	"""Returns the counts that are not zero."""
	return ', '.join(f'{count[kind]} {text}' for kind, text in (
		('passed', 'passed'), ('known', 'failed by known bugs'),
		('failed', 'failed'), ('skipped', 'skipped')) if count.get(kind))


def as_text(title: str, outcomes: List[Outcome]) -> str:
	"""Returns the report as text: a line for each row, and the numbers."""
	width = max(len(one.row) for one in outcomes)
	lines = [line for one in outcomes for line in [
		f'{one.row:{width}}  {one.word:7}  {one.seconds:5} s  {one.text}', *one.causes]]
	count = collections.Counter(one.word for one in outcomes)
	words = ', '.join(f'{count[name]} {name}' for name in WORDS)
	return '\n'.join([*lines, f'{title}: {words}'])


def as_html(title: str, outcomes: List[Outcome]) -> str:
	"""Returns the report as HTML: a row for each machine, a column for each suite."""
	suites = list(dict.fromkeys(suite for one in outcomes for suite in one.suites))
	lines = [''.join(tag('th', html.escape(head)) for head in (
		'row', *(suite.replace('module_decompress_', '…') for suite in suites),
		'skipped, or not run, because', 'seconds', 'again'))]
	for one in outcomes:
		cells = [tag('td', tag('b', one.row), one.word.replace(' ', '-'))]
		for suite in suites:
			count = one.suites.get(suite)
			cells.append(tag('td', numbers(count), word(count)) if count
				     else tag('td', '', 'not-run'))
		notes = [one.why] if one.why else one.causes + one.skips
		cells.append(tag('td', '<br>'.join(map(html.escape, notes)), 'skipped'))
		cells.append(tag('td', str(one.seconds)))
		cells.append(tag('td', html.escape(one.command), 'command'))
		lines.append(''.join(cells))
	return page(title, STYLE, tag('table', '\n'.join(tag('tr', line) for line in lines)))


def as_json(outcomes: List[Outcome]) -> str:
	"""Returns the report as JSON, without the single cases."""
	return json.dumps([{**{name: value for name, value in vars(one).items() if name != 'found'},
			    'word': one.word, 'count': one.count} for one in outcomes], indent=1)


def verdict(outcomes: List[Outcome]) -> int:
	"""Returns 0 if all passed, 1 if cases failed, 2 if a row has no results."""
	return max(2 if one.why else int(one.word != 'green') for one in outcomes)
