# SPDX-License-Identifier: GPL-2.0
"""
The conformance corpus says what the formats say, and shows faults in the decoders. schema.c makes the
faults that it should.
"""

import re
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from harness import oracle
from harness.conformance import candidates, corpus, kernel_tables, xxhash
from harness.conformance.decoders import SLOW
from harness.mutants.mutate import compiled
from kept import FOR_MUTANTS
from support import BUILD, TOP, make, refused, run

pytestmark = pytest.mark.native

CONFORMANCE = pytest.mark.depends('harness/conformance', 'harness/oracle.py')

# An expression, and what schema.c must make of it, in the order of the file
EXPRESSIONS: List[Tuple[str, List[str]]] = [
	('a < b', ['a <= b', 'a >= b']), ('a >= b', ['a > b', 'a < b']),
	('a == b', ['a != b']), ('a + b', ['a - b']), ('a - b', ['a + b']), ('a * b', ['a / b']),
	('a % b', ['a / b']), ('a << b', ['a >> b']), ('a & b', ['a | b']), ('a ^ b', ['a | b']),
	('a && b', ['a || b']), ('a || b', ['a && b']),
	('a + 3', ['a - 3', 'a + 4', 'a + 2']),
	('a < b && b < 7', ['a < b || b < 7', 'a <= b && b < 7', 'a >= b && b < 7',
			    'a < b && b <= 7', 'a < b && b >= 7', 'a < b && b < 8', 'a < b && b < 6']),
	('s.bits > b', ['s.bits >= b', 's.bits <= b']), ('*(p + a)', ['*(p - a)']),
	('p == q', ['p != q']), ('(a += b)', ['(a -= b)']), ('(s.bits |= a)', ['(s.bits &= a)']),
	('a ? b : 5', ['a ? b : 6', 'a ? b : 4']),
	('sizeof(int[3]) == a', ['sizeof(int[3]) != a']),
]


HEAD = """static struct { unsigned int bits : 4; } s;
static int room[64], *p = room + 32, *q = room;
"""


def functions(path: Path, bodies: Dict[str, str]) -> None:
	"""Writes functions that return expressions."""
	path.write_text(HEAD + ''.join(
		f'int {name}(int a, int b)\n{{\n\ts.bits = a;\n\treturn {body};\n}}\n'
		for name, body in bodies.items()))


def test_schema_makes_the_faults_that_it_should(tmp_path: Path) -> None:
	originals = {f'f{number}': one for number, (one, _) in enumerate(EXPRESSIONS)}
	changed = {f'f{number}_{place}': one for number, (_, changes) in enumerate(EXPRESSIONS)
		   for place, one in enumerate(changes)}
	functions(tmp_path / 'schema_in.c', originals)
	functions(tmp_path / 'expected.c', {**changed, **{
		f'{name}_as_it_was': one for name, one in originals.items()}})
	rows = [line.split('\t') for line in run(
		compiled(tmp_path, 'schema'), tmp_path / 'schema_in.c', tmp_path / 'schema_out.c', '7',
		'--').out.splitlines()]
	assert [int(row[0]) for row in rows] == list(range(7, 7 + len(rows)))
	assert len({row[1] for row in rows}) == len(rows)
	assert [row[2] for row in rows] == [name.partition('_')[0] for name in changed]
	checks = [(row[0], row[2], name) for row, name in zip(rows, changed)]
	checks += [('0', name, f'{name}_as_it_was') for name in originals]
	(tmp_path / 'main.c').write_text('\n'.join([
		'#include <stdio.h>',
		*(f'int {name}(int, int);' for _, *names in checks for name in names),
		'int main(void)', '{', '\tint a, b, bad = 0;', '',
		'\tfor (a = 1; a < 9; a++)', '\t\tfor (b = 1; b < 9; b++) {',
		*(f'\t\t\tschema_mutant = {number};\n\t\t\tif ({name}(a, b) != {expected}(a, b))\n'
		  f'\t\t\t\tbad = printf("{expected}(%d, %d)\\n", a, b);'
		  for number, name, expected in checks),
		'\t\t}', '\treturn !!bad;', '}', '']))
	mutants = TOP / 'harness/mutants'
	run('gcc', '-w', '-include', mutants / 'schema.h', '-o', tmp_path / 'program',
	    *(tmp_path / f'{name}.c' for name in ('schema_out', 'expected', 'main')),
	    mutants / 'schema_run.c')
	run(tmp_path / 'program')


@pytest.fixture(name='files', scope='module')
def fixture_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
	"""The files of the corpus, as the suite's programs read them"""
	path = tmp_path_factory.mktemp('corpus')
	corpus.unpack(path)
	return path


@CONFORMANCE
@pytest.mark.parametrize('algorithm', SLOW)
def test_both_judges_agree_with_the_table(algorithm: str, files: Path) -> None:
	stock = oracle.get(BUILD)
	assert stock
	rows = corpus.table(algorithm)
	assert [row.name for row in rows] == sorted(path.name for path in (files / algorithm).iterdir())
	for row in rows:
		made = (row.why, (files / algorithm / row.name).read_bytes()[1:])
		verdict = candidates.judge(algorithm, stock.tools / algorithm, made)
		assert verdict and verdict.agreed, row
		assert corpus.outcome(verdict.out) == row.outcome, row


@pytest.mark.depends('harness/conformance', 'harness/blobs/core.py', 'lib')
@pytest.mark.parametrize('algorithm', SLOW)
def test_the_kernel_has_the_files_that_the_table_says(algorithm: str, files: Path) -> None:
	assert kernel_tables.text(algorithm, files) == kernel_tables.TABLES[algorithm].read_text()


@CONFORMANCE
def test_another_outcome_is_named() -> None:
	rows = corpus.table('gzip')
	printed = ''.join(f'/some/where/{row.name}: {row.outcome}\n' for row in rows)
	assert corpus.amiss('gzip', printed) == []
	first = rows[0].name
	other = printed.replace(f'{first}: returned ', f'{first}: returned 1')
	assert [line.partition(':')[0] for line in corpus.amiss('gzip', other)] == [first]
	without = ''.join(f'{line}\n' for line in printed.splitlines() if f'/{first}:' not in line)
	assert [line.partition(',')[0] for line in corpus.amiss('gzip', without)] == [
		f'{first}: has no outcome']


def test_XXH32() -> None:
	# From the reference implementation
	assert xxhash.xxh32(b'') == 0x02cc5d05
	assert xxhash.xxh32(b'abc') == 0x32d153ff
	assert xxhash.xxh32(b'a' * 100) == 0x17e3108b


@pytest.mark.commands
def test_mutants_of_lib_refuses_bad_variables() -> None:
	refused('OF=kernel', 'mutants', OF='kernel')
	refused('HOSTS=a', 'mutants', OF='lib', HOSTS='a')
	refused('MUTANTS=a', 'mutants', OF='lib', MUTANTS='a')
	refused('ALL=yes: goes only', 'mutants', ALL='yes')
	refused('ALL=often', 'mutants', OF='lib', ALL='often')


# Of the faults of each decoder, so many percent must be caught. Of the others many cannot be.
LEAST = {'gzip': 84, 'xz': 90, 'zstd': 72}


@pytest.mark.long
@pytest.mark.depends(*FOR_MUTANTS)
def test_faults_of_the_decoders_are_caught() -> None:
	said = make('mutants', OF='lib', status=None).out
	assert 'is caught' not in said
	for algorithm, least in LEAST.items():
		found = re.search(rf'^{algorithm} .* of 400 tried \d+ are caught \((\d+\.\d) %\)', said,
				  re.MULTILINE)
		assert found and float(found[1]) >= least
