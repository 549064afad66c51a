# SPDX-License-Identifier: GPL-2.0
"""
Is the checker right? `make check-modules BOOT=yes` asks a booted kernel about files that the tools
of each format write, and about others. The kernel must give the right answer for the right reason,
and its code, compiled natively, must give the same answer.
"""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import urllib.parse
import xml.etree.ElementTree
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest

from module_files import SUFFIXES, UNSET, module, shipped_modules, unpack_corpus, write_blobs
from kept import FOR_FILES
from support import BUILD, TOP, Result, make, rows, run, script

pytestmark = [pytest.mark.replay, pytest.mark.long, pytest.mark.depends(*FOR_FILES)]

BOOTED = BUILD / 'kunit/6.12-i386-booted'

# Functions for the commands in the table; $PAYLOAD is a program that writes random bytes
PRELUDE = r'''
set -e
# xz would need 10 times that much memory, so change the header of a small file, and its CRC.
dict_1536_mib() {
	xz -c --check=crc32 --lzma2=dict=1MiB module.ko | perl -e '
		undef $/;
		$_ = <STDIN>;
		my @table = map {
			my $c = $_;
			$c = $c & 1 ? $c >> 1 ^ 0xedb88320 : $c >> 1 for 1 .. 8;
			$c
		} 0 .. 255;
		# LZMA2, one byte of properties: 37 is 3 << 29
		s/^(.{12})(.)(.*?\x21\x01)./$1$2$3\x25/s or die;
		my $size = 4 * (1 + ord $2);
		my $header = substr $_, 12, $size - 4;
		my $crc = 0xffffffff;
		$crc = $table[($crc ^ $_) & 255] ^ $crc >> 8 for unpack "C*", $header;
		substr $_, 12 + $size - 4, 4, pack "V", ~$crc & 0xffffffff;
		print'
}
random() { "$PAYLOAD" random 5000 1; }
# flip N: flip all bits of byte N
flip() { perl -e 'undef $/; $_ = <STDIN>; substr($_, shift, 1) ^= "\xff"; print' -- "$1"; }
with_dictionary() {
	d=$(mktemp -d)
	split -b 500 module.ko "$d/piece."
	zstd -q --train "$d"/piece.* -o "$d/dictionary"
	zstd -D "$d/dictionary" -c module.ko
	rm -r "$d"
}
'''

# A shell, a terminal, JSON or XML could take some of these for more than names.
ODD_NAMES = [
	b'$(touch evaluated).xz', b'`touch evaluated`.xz', b'*.xz', b'a;touch evaluated.xz',
	b' begins with a blank.xz', b'\tbegins with a tab.xz', b'ends with one.xz ', b'-c.xz',
	b'it\'s "quoted" & <b>.xz', b'back\\slash.xz', b'percent%20.xz', b'line\nbreak.xz',
	b'escape\x1b[31m.xz', b'not UTF-8 \xff\xc0\x80.xz', b'c1 \xc2\x9b.xz', b'\xc3\xbcber.xz',
	b'\xef\xbf\xbe.xz',
]


@dataclasses.dataclass
class Row:
	"""A row of replay.tsv"""
	name: str
	shipped: str
	shipped_why: str
	fixed: str
	fixed_why: str
	command: str

	def expected(self, fixes: str) -> Tuple[str, str]:
		"""Returns the expected answer of a kernel, and a part of the expected reason."""
		if fixes == 'no':
			return self.shipped, self.shipped_why
		return (self.shipped if self.fixed == '=' else self.fixed,
			self.shipped_why if self.fixed_why == '=' else self.fixed_why)


def read_rows() -> List[Row]:
	"""Returns the rows of replay.tsv."""
	return [Row(*fields) for fields in rows(TOP / 'tests/replay.tsv')]


Answers = Dict[bytes, Dict[str, Any]]


def ask(names: Sequence[bytes], directory: Path, *, status: int, path: Optional[Path] = None,
	**variables: Any) -> Tuple[Result, Answers]:
	"""
	Asks about files, checks that the JSON and the JUnit file have their names, and returns the
	answers.
	"""
	listed, answers, junit = directory / 'list', directory / 'json', directory / 'junit'
	listed.write_bytes(b''.join(name + b'\0' for name in names))
	result = make('check-modules', status=status, path=path, FILES_FROM=listed, KMOD='none',
		      VERBOSE='yes', JSON=answers, JUNIT=junit, **variables)
	if status == 2:
		return result, {}
	files = json.loads(answers.read_text())['files']
	found = {urllib.parse.unquote_to_bytes(file['file_bytes']) if 'file_bytes' in file
		 else os.fsencode(file['file']): file for file in files}
	assert list(found) == list(names)
	cases = [re.sub(rb'\\x(..)', lambda match: bytes([int(match[1], 16)]),
			(case.get('name') or '').encode())
		 for case in xml.etree.ElementTree.parse(junit).iter('testcase')]
	assert cases == list(names)
	return result, found


@pytest.fixture(name='rows', scope='module')
def fixture_rows(tmp_path_factory: pytest.TempPathFactory) -> Dict[Path, Row]:
	"""The rows, each with its file"""
	top = tmp_path_factory.mktemp('rows')
	payload = top / 'payload'
	run('cc', '-O2', '-o', payload, TOP / 'harness/blobs/payload.c')
	# Bytes that can be compressed, and random ones; the length is not a multiple of a page
	(top / 'module.ko').write_bytes(b''.join(
		subprocess.run([payload, *words], stdout=subprocess.PIPE, check=True).stdout
		for words in (('text', '100000', '7'), ('random', '50001', '7'))))
	environment = {name: value for name, value in os.environ.items() if name not in UNSET}
	rows = {}
	for row in read_rows():
		made = subprocess.run(['sh', '-c', PRELUDE + row.command], cwd=top, check=False,
				      capture_output=True,
				      env={**environment, 'PAYLOAD': str(payload)})
		assert made.returncode == 0, f'{row.command}: {made.stderr.decode()}'
		# A file of another format is a module only if its name says so.
		path = top / 'files' / f'module.ko.{row.name}'
		path.parent.mkdir(exist_ok=True)
		path.write_bytes(made.stdout)
		rows[path] = row
	return rows


@pytest.fixture(name='names', scope='module')
def fixture_names(rows: Dict[Path, Row], tmp_path_factory: pytest.TempPathFactory) -> List[bytes]:
	"""All files: the rows', known blobs, the corpus, and modules of a distribution"""
	top = tmp_path_factory.mktemp('others')
	paths = [*rows, *write_blobs(top / 'blobs'), *unpack_corpus(top / 'corpus'),
		 *shipped_modules()[:500]]
	return sorted(map(os.fsencode, paths))


@pytest.fixture(name='booted', scope='module', params=['no', 'yes'],
		ids=['as shipped', 'with fixes'])
def fixture_booted(request: pytest.FixtureRequest, names: List[bytes],
		   tmp_path_factory: pytest.TempPathFactory) -> Tuple[str, Answers]:
	"""FIXES=, and the answers of a booted kernel with these fixes"""
	fixes = str(request.param)
	return fixes, ask(names, tmp_path_factory.mktemp('booted'), status=1, FIXES=fixes,
			  BOOT='yes')[1]


def verdict_and_why(file: Dict[str, Any]) -> Tuple[str, str]:
	"""Returns the kernel's answer, in the words of the table, and the reason."""
	if not file['format']:
		return 'refused', file['causes'][0]['text']
	words = {'right': 'taken', 'wrong': 'WRONG'}
	verdict = file['kernel']['verdict']
	return words.get(verdict, verdict), file['kernel']['why'] or ''


def test_a_booted_kernel_answers_rightly(rows: Dict[Path, Row],
					 booted: Tuple[str, Answers]) -> None:
	fixes, answers = booted
	for path, row in rows.items():
		verdict, why = verdict_and_why(answers[os.fsencode(path)])
		wanted, wanted_why = row.expected(fixes)
		assert wanted in ('any', verdict), f'{row.name}: not {wanted}, but {verdict}: {why}'
		assert wanted_why in why if wanted_why != '-' else not why, \
			f'{row.name}: not "{wanted_why}", but "{why}"'


def test_the_stock_tools_say_what_is_right(rows: Dict[Path, Row],
					   booted: Tuple[str, Answers]) -> None:
	tools = Path(run('python3', TOP / 'harness/oracle.py', BUILD, 'yes').out.strip())
	arguments = {'gzip': ['-dc'], 'xz': ['-dc'], 'zstd': ['-dcq', '--long=31']}
	for path in rows:
		file = booted[1][os.fsencode(path)]
		if not file['format'] or 'bytes' not in file['kernel']:
			continue
		with open(path, 'rb') as opened:
			tool = subprocess.run([tools / file['format'], *arguments[file['format']]],
					      stdin=opened, capture_output=True, check=False)
		# Exit status 2 of gzip is a warning.
		takes = tool.returncode == 0 or (file['format'] == 'gzip' and tool.returncode == 2)
		kernel = file['kernel']
		as_long = len(tool.stdout) == kernel['bytes']
		assert as_long or kernel['verdict'] != 'right', path.name
		assert kernel['same'] == (True if kernel['verdict'] == 'right' else
					  as_long if takes else None), path.name


def comparable(file: Dict[str, Any]) -> Any:
	"""
	Returns the part of an answer that is the same from a booted kernel and from the checker.
	If a rule is broken, the booted suite names the file as the guest does, and gzip and zlib
	may report different damage. The checker has 64 bits: zstd reads its bits by words, so a
	32-bit kernel may report other damage, and treats windows of 1 GiB and more differently.
	"""
	kernel = file['kernel']
	why = re.sub(r'/module_decompress_replay/\d+\.\w+', 'the file', kernel['why'] or '')
	if file['format'] == 'zstd' and re.match(r'it is (damaged|cut)|a window of \d{4}', why):
		return kernel['verdict'] == 'right'
	return why, [kernel.get(key) for key in ('verdict', 'advice', 'error', 'bytes', 'same',
						 'said')]


def test_the_code_of_a_kernel_says_the_same(booted: Tuple[str, Answers], tmp_path: Path) -> None:
	fixes, answers = booted
	# Once for each decoder that the kernel could be built with
	options = (BOOTED / '.config').read_text()
	assert '\nCONFIG_MODULE_DECOMPRESS=y\n' in options
	options = re.sub('^CONFIG_MODULE_COMPRESS_.*\n', '', options, flags=re.MULTILINE)
	for format_name in SUFFIXES:
		config = tmp_path / 'config'
		config.write_text(f'{options}CONFIG_MODULE_COMPRESS_{format_name.upper()}=y\n')
		names = [name for name, file in answers.items() if file['format'] == format_name]
		_, native = ask(names, tmp_path, status=1, FIXES=fixes, KCONFIG=str(config))
		for name in names:
			assert comparable(native[name]) == comparable(answers[name]), name
		print(f'{len(names)} files compared with the code')


def test_names_come_out_as_they_went_in(tmp_path: Path) -> None:
	(tmp_path / 'module.ko').write_bytes(module())
	run('xz', '--check=crc32', 'module.ko', cwd=tmp_path)
	odd = tmp_path / 'odd'
	odd.mkdir()
	names = [os.fsencode(odd) + b'/' + name for name in ODD_NAMES]
	for name in names:
		shutil.copy(os.fsencode(tmp_path / 'module.ko.xz'), name)
	result, _ = ask(names, tmp_path, status=0, BOOT='yes')
	assert result.has(f'of {len(names)} files, {len(names)} would load')
	assert not re.search(r'[\x01-\x09\x0b-\x1f]', result.out)
	assert len(list(odd.iterdir())) == len(names), 'a name was evaluated'


class StandIn:
	"""A stand-in kernel that prints a given console log, and a file"""

	def __init__(self, directory: Path) -> None:
		self.directory = directory
		self.path = directory / 'bin'
		self.name = directory / 'a.ko.xz'
		script(self.path / 'qemu-system-i386', f'cat {directory}/console')
		self.name.write_bytes(subprocess.run(['xz', '-c', '--check=crc32', '/dev/null'],
						     stdout=subprocess.PIPE, check=True).stdout)

	def ask(self, console: str, status: int) -> Tuple[Result, Answers]:
		"""Asks the kernel about the file."""
		(self.directory / 'console').write_text(console)
		return ask([os.fsencode(self.name)], self.directory, status=status, path=self.path,
			   BOOT='yes')


DEAD_IN_THE_SUITE = '''Linux version 6
KTAP version 1
1..1
    KTAP version 1
    # Subtest: module_decompress_replay
    # any_file_is_handled: replay 0: asked as xz
Kernel panic - not syncing
'''


def test_a_kernel_that_was_not_asked_has_no_verdict(tmp_path: Path) -> None:
	kernel = StandIn(tmp_path)
	for console in '', 'Linux version 6\nKTAP version 1\n1..0\n':
		result, _ = kernel.ask(console, 2)
		assert 'no kernel has been asked' in result.err


def test_a_kernel_that_dies_of_a_file_is_told(tmp_path: Path) -> None:
	kernel = StandIn(tmp_path)
	_, answers = kernel.ask(DEAD_IN_THE_SUITE, 1)
	why = answers[os.fsencode(kernel.name)]['kernel']['why']
	assert 'the kernel did not return from decompressing it' in why


# Beside a test that builds in this tree it would wait for that, until the lock is free.
@pytest.mark.in_tree
def test_one_boot_waits_for_another(tmp_path: Path) -> None:
	with subprocess.Popen(['flock', BOOTED / 'lock', 'sleep', '5']):
		result, _ = StandIn(tmp_path).ask(DEAD_IN_THE_SUITE, 1)
	assert result.has('^Waiting for make check-modules')
