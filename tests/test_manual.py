# SPDX-License-Identifier: GPL-2.0
"""Are the pages true, and does each link in them lead to a page?"""

import re
from pathlib import Path

import pytest

from harness.boot import loaders
from stand_ins import Bench
from support import KERNEL, KUNIT_PY, TOP, TREE, clone, make, run

pytestmark = pytest.mark.manual

README = (TOP / 'README.md').read_text()
RESULTS = (TOP / 'Documentation/results.md').read_text()
MOST_LINES = 160
MOST_QUOTED = 5
ROW = '{}\tlinux: {}\t2026-01-01\t11111111\t2 CPUs\n'


def test_the_manual_builds_without_a_warning(tmp_path: Path) -> None:
	run(KUNIT_PY, 'parse', '/dev/null', status=None)
	said = run('make', f'O={tmp_path}', 'SPHINXDIRS=dev-tools', 'htmldocs', cwd=TREE)
	assert list(tmp_path.rglob('module-decompress-kunit.html'))
	ours = [line for line in said.text.splitlines()
		if re.search('module-decompress-kunit|kernel/module/', line)]
	assert not [line for line in ours if re.search('WARNING|ERROR', line)]


def test_the_README_quotes_the_results_page() -> None:
	# The README quotes few results, and each is the same on the results page.
	numbers = re.findall(r'\*\*([\d,.]+)\*\*', README)
	assert 0 < len(numbers) <= MOST_QUOTED
	for number in numbers:
		assert re.search(rf'\b{number.replace(",", "")}\b', RESULTS), number
	for line in re.findall(r'^ *make \w+: (linux.*)$', README, re.MULTILINE):
		assert line.split(';')[0] in RESULTS, line
	assert len(README.splitlines()) <= MOST_LINES


def test_results_are_merged_into_their_page(bench: Bench, tmp_path: Path) -> None:
	# A new result replaces its row; the other rows stay.
	copy = clone(tmp_path / 'clone')
	page = copy / 'Documentation/results.md'
	page.unlink()
	records = bench.build / 'results'
	make('results', status=2, cwd=copy, BUILD=bench.build)
	assert not page.exists()
	records.mkdir()
	shipped = f'make run KERNEL={KERNEL} ARCH=i386 FIXES=no'
	(records / 'run').write_text(ROW.format(shipped, '7 passed'))
	(records / 'native').write_text(ROW.format('make native', '2 passed'))
	result = make('results', cwd=copy, BUILD=bench.build)
	for command in shipped, 'make native':
		assert f'older than the sources: {command} (2026-01-01)' in result.out.splitlines()
	for record in records.iterdir():
		record.unlink()
	(bench.build / 'src').mkdir(exist_ok=True)
	bench.kernel.rename(bench.build / 'src' / f'linux-{KERNEL}')
	run('make', 'run', f'KERNEL={KERNEL}', 'FIXES=no', f'BUILD={bench.build}', cwd=copy,
	    path=bench.bin, env={'IN_TEST': ''})
	result = make('results', cwd=copy, BUILD=bench.build)
	assert re.findall('^older than the sources: (.*)$', result.out, re.MULTILINE) == [
		'make native (2026-01-01)']
	text = page.read_text()
	assert f'| `{shipped}` | linux 6.12.0, i386, as shipped: 1 passed, ' in text
	assert '| `make native` | linux: 2 passed |' in text and '7 passed' not in text


def anchor(heading: str) -> str:
	"""Returns the part after # in a link to this heading."""
	return re.sub("[?.,:'/()`…]", '', heading.lower()).replace(' ', '-')


def test_links_lead_somewhere() -> None:
	dead = []
	for page in [*TOP.glob('*.md'), *(TOP / 'Documentation').glob('*.md')]:
		for link in set(re.findall(r'\]\(([^)]*)\)', page.read_text())):
			path, _, heading = link.partition('#')
			target = page.parent / path if path else page
			if link.startswith('https:'):
				continue
			if not target.exists() or heading and heading not in map(anchor, re.findall(
					'^#+ (.*)', target.read_text(), re.MULTILINE)):
				dead.append(f'{page.relative_to(TOP)}: nothing at {link}')
	assert not dead


def test_each_rule_says_what_it_stands_on() -> None:
	# red.md has each rule of the ledger and each check of an attempt.
	code = ''.join(path.read_text() for path in (TOP / 'kernel/module/tests').glob('*.c'))
	rules = set(re.findall(r'(?:ledger_report\(ledger,\s*|'
			       r'attempt_fail\(test, a,\s*(?:[^",;]*\?\s*)?)"([^"]*)', code))
	assert len(rules) > 50
	explained = (TOP / 'Documentation/red.md').read_text()
	assert not [rule for rule in rules if rule not in explained]


def test_each_rule_of_the_ledger_is_broken_on_purpose() -> None:
	# how-it-works.md says so. That rule is about another task than the one of the row.
	code = ''.join(path.read_text() for path in (TOP / 'kernel/module/tests').glob('ledger*.c'))
	rules = set(re.findall(r'ledger_report\(ledger,\s*"([^"]*)', code))
	assert rules - set(re.findall(r'"\[(.*)\]"\)', code)) == {'the task ended in the middle'}


def test_the_page_for_packagers_says_what_loaders_do() -> None:
	page = (TOP / 'Documentation/modules.md').read_text(encoding='utf-8')
	table = page.partition('<!-- loaders: begin -->\n\n')[2].partition('\n<!-- loaders: end')[0]
	assert table == loaders.page_table()
