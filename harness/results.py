# SPDX-License-Identifier: GPL-2.0
"""Reads the results in a guest's log, with the kernel's own kunit_parser, and explains them."""

import collections
import json
import re
from typing import Any, Dict, Iterator, List, Tuple

from harness import base, fixes, junit, kunit_log
from harness.base import TOP

# One test: its status, path and log
Result = Tuple[str, str, List[str]]


STATUS = {'SUCCESS': 'PASS', 'FAILURE': 'FAIL', 'SKIPPED': 'SKIP', 'TEST_CRASHED': 'CRASH'}

def leaves(test: Any, path: str, above: List[str]) -> Iterator[Result]:
	"""Yields the tests that have no subtests."""
	for sub in test.subtests:
		# If the kernel died, the parser adds the missing tests without a name.
		name = sub.name or '(missing)'
		sub_path = f'{path}/{name}' if path else name
		# kunit_parser puts the messages of the first parameter into the log of the case.
		log = above + sub.log
		if sub.subtests:
			yield from leaves(sub, sub_path, sub.log)
		else:
			yield STATUS.get(sub.status.name, 'ERROR'), sub_path, log
		above = []

def results(kunit: str, log: str) -> List[Result]:
	"""Returns all tests in a log."""
	with open(log, errors='replace') as lines:
		return list(leaves(kunit_log.parse(kunit, lines), '', []))

# A known bug: the number of its patch, and the message of a case that finds the bug
Bug = Tuple[str, 're.Pattern[str]']

def bugs(config: str, lacks: str) -> List[Bug]:
	"""Returns the rows of known.tsv for a kernel, by its options and the patches that it lacks."""
	with open(config) as lines:
		options = {'-', *re.findall('^CONFIG_(.*)=y$', lines.read(), re.MULTILINE)}
	with open(lacks) as numbers:
		lacking = set(numbers.read().split())
	found = []
	for patch, option, says in base.rows(TOP / 'patches/known.tsv'):
		if option in options and patch in lacking:
			found.append((patch, re.compile(says)))
	return found

def known_as(result: Result, known: List[Bug]) -> str:
	"""
	Returns the patch for a failure, if each of its messages is of a known bug, or else an empty
	string.
	"""
	patches = []
	for _, text in kunit_log.messages(result[2]):
		patch = next((patch for patch, says in known if says.search(text)), '')
		if not patch:
			return ''
		patches.append(patch)
	return patches[0] if patches else ''

def failures(found: List[Result]) -> List[Result]:
	"""Returns the tests that neither passed nor were skipped."""
	return [result for result in found if result[0] not in ('PASS', 'SKIP')]

def by_cause(failed: List[Result]) -> List[str]:
	"""Returns a line for each cause, the most frequent first: how often, and the first message."""
	first: Dict[str, str] = {}
	count: 'collections.Counter[str]' = collections.Counter()
	for status, path, log in failed:
		where, text = (kunit_log.messages(log) or [('', '')])[0]
		# The selftest in a guest has no expectations. The last line of its log says what failed.
		last = (log or [''])[-1].strip(' #')
		cause = (kunit_log.cause(where, text) if text else
			 'the case did not end' if status != 'FAIL' else
			 re.sub(r'\d+', 'N', last) or 'no message')
		first.setdefault(cause, f'{path}: {text or last}')
		count[cause] += 1
	causes = f'{len(count)} cause{"s" * (len(count) > 1)}'
	return [f'{len(failed)} failed, {causes}:'] + [
		f'{number:5}  {cause}   first: {first[cause]}'
		for cause, number in count.most_common()]

def told(found: List[Result], known: List[Bug]) -> Tuple[List[str], int]:
	"""Returns a line for each known bug that failed tests, then the causes of all other
	failures; and the number of failures by known bugs."""
	failed = failures(found)
	others = [result for result in failed if not known_as(result, known)]
	count = collections.Counter(known_as(result, known) for result in failed)
	del count['']
	lines = [f'  {count[patch]} by {patch}, {fixes.title(patch)}' for patch in sorted(count)]
	return lines + (by_cause(others) if others else []), len(failed) - len(others)

def counts(found: List[Result], of_known: str = '') -> str:
	"""Returns the numbers for the last line."""
	count = collections.Counter(status for status, _, _ in found)
	failed = len(found) - count['PASS'] - count['SKIP']
	crashed = ''.join(f', {count[status]} {word}' for status, word in
			  (('CRASH', 'crashed'), ('ERROR', 'errors')) if count[status])
	return (f'{count["PASS"]} passed, {failed} failed{of_known if failed else ""}, '
		f'{count["SKIP"]} skipped{crashed}')

def verdict(found: List[Result]) -> int:
	"""Returns 0 if all tests passed or were skipped, 1 if not, 2 if there are no tests."""
	if not found:
		return 2
	return int(any(status not in ('PASS', 'SKIP') for status, _, _ in found))

def compared(found: List[Result], others: List[str]) -> List[str]:
	"""Returns a line for each test with another status than in the list @others."""
	before = {line.split(' ', 1)[1]: line.split(' ', 1)[0] for line in others}
	now = {path: status for status, path, _ in found}
	words = {'PASS': 'passes', 'SKIP': 'is skipped', 'CRASH': 'crashes'}
	lines = []
	for path in dict.fromkeys([*before, *now]):
		then, status = before.get(path, 'none'), now.get(path, 'none')
		if then != status:
			word = words.get(status, 'fails') if status != 'none' else 'is gone'
			was = {'none': 'was not there'}.get(then, f'was {then}')
			lines.append(f'  newly {word}: {path} ({was})')
	return lines or ['  all tests have the same status as in BASE']

def counted(found: List[Result]) -> Tuple[List[str], str]:
	"""Returns the causes of the failures, and the numbers."""
	failed = failures(found)
	return by_cause(failed) if failed else [], counts(found)

def explained(found: List[Result], known: List[Bug], before: List[str]) -> Tuple[List[str], str]:
	"""Returns lines that explain the failures, with a comparison if there is a list @before;
	and the numbers."""
	lines, by_known = told(found, known)
	if before:
		lines += compared(found, before)
	unknown = len(failures(found)) - by_known
	return lines, counts(found, f' ({by_known} by known bugs, {unknown} not known)')

def junit_cases(found: List[Result]) -> List[junit.Case]:
	"""Returns the tests of one log as JUnit cases."""
	cases = []
	for status, path, log in found:
		group, _, case = path.partition('/')
		cases.append(junit.Case(status, group, case or group, '\n'.join(log)))
	return cases

def write_junit(kunit: str, path: str, logs: Dict[str, str]) -> None:
	"""Writes the tests of several named logs as one JUnit document."""
	junit.write({name: junit_cases(results(kunit, log)) for name, log in logs.items()}, path)

def join(path: str, runs: Dict[str, str]) -> None:
	"""Joins the output of kunit.py --json of several named runs in one file."""
	groups = []
	for name, run in runs.items():
		with open(run) as group:
			groups.append({**json.load(group), 'name': name})
	whole = {**groups[0], 'name': 'KUnit Test Group', 'sub_groups': groups, 'test_cases': []}
	with open(path, 'w') as out:
		json.dump(whole, out, indent=4)
