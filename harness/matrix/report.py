#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# report.py KUNIT MATRIX KERNEL FIXES JSON JUNIT: what the rows named in MATRIX/rows
# came to, each from its own directory there: as text, as MATRIX/report.html, and as JSON
# and JUnit where these are to go. KUNIT has the kernel's kunit_parser.
#
# Exit status: 0 all passed, 1 cases failed, 2 a row has no results.

import collections
import html
import json
import os
import re
import shlex
import sys
from typing import Any, Dict, List

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(HERE, '../lib'), os.path.join(HERE, '../run')]
import junit # pylint: disable=wrong-import-position
import results # pylint: disable=wrong-import-position

# What a row or a suite can come to, the worst last
WORDS = ('green', 'known', 'red', 'not run')

STYLE = '''
body { font: 14px sans-serif; margin: 2em }
table { border-collapse: collapse }
th, td:first-child { white-space: nowrap }
th, td { border: 1px solid #999; padding: .3em .6em; text-align: left; vertical-align: top }
.green { background: #cfc } .known { background: #fe9 } .red { background: #f99 }
.not-run { background: #ccc } .skipped { color: #555; font-size: 12px }
td.command { font-family: monospace; font-size: 12px }
'''

def read(*path: str) -> str:
	"""Returns what is in a file, or nothing if it is not there."""
	try:
		with open(os.path.join(*path), errors='replace') as file:
			return file.read()
	except FileNotFoundError:
		return ''

def skips(log: str) -> List[str]:
	"""Returns the reasons in a guest's log for which something was skipped."""
	reasons = re.findall(r'^ *(?:\[ *[0-9.]+\] *)?ok \d+ .*# SKIP +(\S.*?)\s*$', log,
			     re.MULTILINE)
	return list(dict.fromkeys(reasons))

def command(name: str, kernel: str, fixes: str) -> str:
	"""Returns what repeats a row."""
	return f'make matrix ROWS={name} KERNEL={shlex.quote(kernel)} FIXES={fixes}'

def record(kunit: str, matrix: str, name: str) -> Dict[str, Any]:
	"""Returns what a row came to."""
	dir_ = os.path.join(matrix, name)
	log = os.path.join(dir_, 'test.log')
	seconds = int(read(dir_, 'seconds') or 0)
	if not os.path.exists(log):
		lines = read(dir_, 'log').splitlines() or ['no log']
		return {'row': name, 'word': 'not run', 'why': lines[-1], 'seconds': seconds,
			'suites': {}, 'skips': [], 'count': {}, 'causes': []}
	known = results.bugs(os.path.join(dir_, '.config'), os.path.join(dir_, '.lacks'))
	suites: Dict[str, Dict[str, int]] = collections.defaultdict(collections.Counter)
	found = results.results(kunit, log)
	failed = []
	for result in found:
		kind = {'PASS': 'passed', 'SKIP': 'skipped'}.get(
			result[0], 'known' if results.known_as(result, known) else 'failed')
		suites[result[1].split('/')[0]][kind] += 1
		failed += [result] * (kind == 'failed')
	count: Dict[str, int] = sum(suites.values(), collections.Counter())
	return {'row': name, 'word': word(count), 'seconds': seconds,
		'suites': suites, 'skips': skips(read(log)), 'count': count,
		'causes': results.by_cause(failed) if failed else []}

def word(count: Dict[str, int]) -> str:
	"""Returns which of WORDS it is."""
	return 'red' if count['failed'] else 'known' if count['known'] else 'green'

def numbers(count: Dict[str, int]) -> str:
	"""Returns the counts that are not zero."""
	return ', '.join(f'{count[kind]} {text}' for kind, text in (
		('passed', 'passed'), ('known', 'failed by known bugs'),
		('failed', 'failed'), ('skipped', 'skipped')) if count.get(kind))

def as_text(records: List[Dict[str, Any]]) -> str:
	"""Returns the table, a row a line."""
	width = max(len(record['row']) for record in records)
	return '\n'.join(line for record in records for line in [
		f'{record["row"]:{width}}  {record["word"]:7}  {record["seconds"]:5} s  '
		f'{record.get("why") or numbers(record["count"])}', *record['causes']])

def as_html(title: str, records: List[Dict[str, Any]], commands: Dict[str, str]) -> str:
	"""Returns the page: a row a machine, a column a suite."""
	suites = list(dict.fromkeys(suite for record in records for suite in record['suites']))
	head = ''.join(f'<th>{html.escape(suite.replace("module_decompress_", "…"))}</th>'
		       for suite in suites)
	lines = []
	for row in records:
		cells = [f'<td class="{row["word"].replace(" ", "-")}"><b>{row["row"]}</b></td>']
		for suite in suites:
			count = row['suites'].get(suite)
			cells.append(f'<td class="{word(count)}">{numbers(count)}</td>' if count
				     else '<td class="not-run"></td>')
		notes = [row['why']] if 'why' in row else row['causes'] + row['skips']
		cells.append('<td class="skipped">' + '<br>'.join(map(html.escape, notes)) + '</td>')
		cells.append(f'<td>{row["seconds"]}</td>')
		cells.append(f'<td class="command">{html.escape(commands[row["row"]])}</td>')
		lines.append(f'<tr>{"".join(cells)}</tr>')
	return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
		f'<style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n<table>'
		f'<tr><th>row</th>{head}<th>skipped, or not run, because</th><th>seconds</th>'
		f'<th>again</th></tr>\n' + '\n'.join(lines) + '\n</table></body></html>\n')

def write_junit(kunit: str, matrix: str, records: List[Dict[str, Any]], path: str) -> None:
	"""Writes a suite for each row, with one error if it has no results."""
	junit.write({row['row']: results.junit_cases(
		[('ERROR', 'not run', [row['why']])] if 'why' in row else
		results.results(kunit, os.path.join(matrix, row['row'], 'test.log')))
		     for row in records}, path)

def main(kunit: str, matrix: str, kernel: str, fixes: str, json_path: str,
	 junit_path: str) -> int:
	"""Writes what was asked for. Returns the exit status."""
	records = [record(kunit, matrix, name) for name in read(matrix, 'rows').split()]
	commands = {row['row']: command(row['row'], kernel, fixes) for row in records}
	title = f'make matrix KERNEL={kernel} FIXES={fixes}'
	with open(os.path.join(matrix, 'report.html'), 'w') as page:
		page.write(as_html(html.escape(title), records, commands))
	if json_path:
		with open(json_path, 'w') as out:
			json.dump([{**row, 'command': commands[row['row']]} for row in records],
				  out, indent=1)
	if junit_path:
		write_junit(kunit, matrix, records, junit_path)
	print(as_text(records))
	count = collections.Counter(row['word'] for row in records)
	print(f'{title}: ' + ', '.join(f'{count[name]} {name}' for name in WORDS))
	return 2 if count['not run'] else int(count['green'] < len(records))


if __name__ == '__main__':
	sys.exit(main(*sys.argv[1:]))
