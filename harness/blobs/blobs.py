#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
blobs.py make: makes a file with a real compressor for each row of blobs.tsv. The files go to
	kernel/module/tests/blob_table.h or to harness/blobs/files/.
blobs.py check: checks with the newest tools, and with the decoders in harness/conformance/, that the
	files are what their rows say. Does not compare compressed bytes, because these differ
	between versions of a compressor.
blobs.py files DIRECTORY: writes all files to a directory, by their names in blobs.tsv.
blobs.py ask: boots a kernel, and checks that it accepts or refuses the files in
	harness/blobs/files/ as their rows say.

The RISC-V filter needs xz 5.6, which is newer than that of Debian 12. With an older xz, "check"
lists the files that it could not check.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Tuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from harness import base, oracle, packages
from harness.base import TOP, Trouble
from harness.blobs import core
from harness.blobs.facts import facts
from harness.blobs.table import MOST_BYTES, MOST_ROWS, TABLE, Blob, blobs, row, table, unpack
from harness.conformance.decoders import SLOW
from harness.conformance.refused import Lacking, Refused
from harness.oracle import SUFFIXES

FILES = TOP / 'harness/blobs/files'
DECODERS = {'gzip': ['gzip', '-dc'], 'xz': ['xz', '-dc'], 'zstd': ['zstd', '-dcq', '--long=31']}

# Variables that change the output of the compressors
OPTIONS = ('GZIP', 'XZ_OPT', 'XZ_DEFAULTS', 'ZSTD_CLEVEL', 'ZSTD_NBTHREADS')

def payload(build: Path, blob: Blob) -> bytes:
	"""Returns the decompressed content of a row's file."""
	return subprocess.run([build / 'payload', blob.kind, blob.length, blob.seed],
			      stdout=subprocess.PIPE, check=True).stdout


def verify_slowly(blob: Blob, path: Path, expected: bytes) -> None:
	"""Decodes a file by the specification of its format, if that decoder has all that it needs."""
	try:
		decoded = SLOW[blob.format](path.read_bytes())
	except Lacking as what:
		print(f'{blob.name}: not decoded by the specification: {what}')
		return
	except Refused as why:
		raise Trouble(f'{blob.name}: by the specification, {why}') from why
	if decoded != expected:
		raise Trouble(f'{blob.name}: by the specification, it decodes to something other than the '
			      'payload')


def verify(build: Path, blob: Blob, path: Path) -> List[str]:
	"""Returns the facts about a file. Fails if the file is not what its row says."""
	expected = payload(build, blob)
	with open(path, 'rb') as file:
		decoded = subprocess.run(DECODERS[blob.format], stdin=file, capture_output=True,
					 check=False)
	if decoded.returncode:
		error = decoded.stderr.decode(errors='replace').strip().partition('\n')[0]
		raise Trouble(f'{blob.name}: {error}')
	if decoded.stdout != expected:
		raise Trouble(f'{blob.name}: decodes to something other than the payload')
	verify_slowly(blob, path, expected)
	found = facts(blob.format, path, expected)
	for fact in blob.wanted.split():
		if fact not in found:
			raise Trouble(f'{blob.name}: {fact} is not among {" ".join(found)}')
	return found


def make_one(build: Path, blob: Blob, directory: Path) -> Path:
	"""Makes the file of a row in a directory, and returns its path."""
	module = directory / 'module.ko'
	module.write_bytes(payload(build, blob))
	# 2 February 2022, 02:02:02
	os.utime(module, (1643767322, 1643767322))
	if subprocess.run(['sh', '-c', blob.command], cwd=directory, stdout=sys.stderr,
			  check=False).returncode:
		raise Trouble(f'{blob.name}: "{blob.command}" failed')
	made = list(directory.glob('module.ko.*'))
	if len(made) != 1:
		raise Trouble(f'{blob.name}: "{blob.command}" made {len(made)} files, not one')
	return made[0]


def make(build: Path) -> int:
	"""Makes all files."""
	if not has_riscv():
		raise Trouble('the RISC-V filter needs xz 5.6 or newer')
	rows: List[Tuple[str, bytes]] = []
	count = 0
	with tempfile.TemporaryDirectory() as tmp:
		files = Path(tmp) / 'files'
		files.mkdir()
		for blob in blobs():
			count += 1
			with tempfile.TemporaryDirectory(dir=tmp) as directory:
				made = make_one(build, blob, Path(directory))
				found = verify(build, blob, made)
				print(f'made: {blob.name}: {made.stat().st_size} bytes')
				if blob.catches:
					rows.append((row(len(rows) + 1, blob, found),
						     made.read_bytes()))
				else:
					shutil.move(made, files / blob.file)
		TABLE.write_text(table(rows))
		shutil.rmtree(FILES)
		shutil.move(files, FILES)
	print(f'{count} blobs made')
	return 0


def copy(directory: Path) -> Dict[str, Path]:
	"""Copies the blobs to a directory, named as in blobs.tsv. Returns the path of each copy."""
	directory.mkdir(parents=True, exist_ok=True)
	unpacked = unpack()
	copied = {}
	for blob in blobs():
		path = directory / f'{blob.name}.{SUFFIXES[blob.format]}'
		stored = FILES / blob.file
		if blob.catches and blob.name in unpacked:
			path.write_bytes(unpacked[blob.name])
		elif not blob.catches and stored.exists():
			shutil.copy(stored, path)
		else:
			continue
		copied[blob.name] = path
	return copied


def has_riscv() -> bool:
	"""Returns whether xz has the RISC-V filter."""
	return subprocess.run(['xz', '-c', '--riscv', '--lzma2'], stdin=subprocess.DEVNULL,
			      capture_output=True, check=False).returncode == 0


def check(build: Path) -> int:
	"""Checks all files, and the table."""
	failed: List[str] = []
	rows: List[Tuple[str, bytes]] = []
	skipped = 0

	def fail(why: str) -> None:
		failed.append(why)
		print(f'FAILED: {why}')

	with tempfile.TemporaryDirectory() as tmp:
		files = copy(Path(tmp))
		for blob in blobs():
			if blob.fate == 'RISCV' and not has_riscv():
				print(f'not checked: {blob.name}: its filter needs xz 5.6 or newer')
				skipped += 1
			elif blob.name not in files:
				fail(f'{blob.name}: no such file; run harness/blobs/blobs.py make')
			else:
				path = files[blob.name]
				try:
					found = verify(build, blob, path)
				except Trouble as why:
					fail(str(why))
					continue
				if blob.catches:
					rows.append((row(len(rows) + 1, blob, found),
						     path.read_bytes()))
				print(f'ok: {blob.name}: {path.stat().st_size} bytes')
	unpacked = unpack()
	for name in unpacked.keys() - {blob.name for blob in blobs() if blob.catches}:
		fail(f'blob_table.h: {name} has no row in blobs.tsv')
	for name in {path.name for path in FILES.iterdir()} - {
			blob.file for blob in blobs() if not blob.catches}:
		fail(f'{name}: has no row in blobs.tsv')
	if not failed and table(rows) != TABLE.read_text():
		fail('blob_table.h: out of date; run harness/blobs/blobs.py make')
	size = sum(map(len, unpacked.values()))
	if len(rows) > MOST_ROWS or size > MOST_BYTES:
		fail(f'blob_table.h: {len(rows)} rows and {size} bytes; the limits are {MOST_ROWS} and '
		     f'{MOST_BYTES}')
	if core.check():
		fail('decompress_core.c: see above')
	print(f'{len(list(blobs()))} blobs, {len(rows)} of them and {size} bytes in blob_table.h: '
	      f'{len(failed)} failed, {skipped} not checked')
	return int(bool(failed))


def ask(build: Path) -> int:
	"""
	Checks that the kernel accepts or refuses the files in FILES. For some of them the answer
	depends on its configuration.
	"""
	answers_file = build / 'blobs.json'
	asked = subprocess.run(
		[TOP / 'suite', 'check-modules', 'BOOT=yes', 'KMOD=none', 'FIXES=yes', f'BUILD={build}',
		 f'JSON={answers_file}', *(f'./{path.name}' for path in sorted(FILES.iterdir()))],
		cwd=FILES, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
	if asked.returncode > 1:
		return 2
	print(asked.stdout.splitlines()[-1])
	config = (build / 'kunit/6.12-i386-booted/.config').read_text().splitlines()
	answers = {file['file']: f'{file["format"]} ' + file['kernel']['verdict'].replace('right', 'taken')
		   for file in json.loads(answers_file.read_text())['files']}
	answers_file.unlink()
	failed = 0
	for blob in blobs():
		if blob.catches:
			continue
		is_taken = blob.fate in ('ok', 'small') or f'CONFIG_XZ_DEC_{blob.fate}=y' in config
		wanted = 'taken' if is_taken else 'refused'
		answer = answers.get(f'./{blob.file}', 'not among the answers')
		if answer.startswith(f'{blob.format} {wanted}'):
			print(f'ok: {blob.name}: {wanted}')
		else:
			print(f'FAILED: {blob.name}: not {wanted}: {answer}')
			failed += 1
	return int(failed > 0)


def prepare(build: Path, command: str) -> None:
	"""Puts the newest tools into PATH, and builds the program that makes payloads."""
	for name in OPTIONS:
		os.environ.pop(name, None)
	may_install = os.environ.get('INSTALL') != 'no'
	makers = ['pigz', 'zopfli'] if command == 'make' else []
	packages.need(['cc', '/usr/include/stdlib.h', 'gzip', 'xz', 'zstd', *makers], may_install)
	stock = oracle.get(build, may_install)
	if stock:
		os.environ['PATH'] = f'{stock.tools}:{os.environ["PATH"]}'
	if base.run(['cc', '-O2', '-o', build / 'payload', TOP / 'harness/blobs/payload.c']).returncode:
		raise Trouble('cannot build harness/blobs/payload.c; see above')


def main(*words: str) -> int:
	"""Runs one of the commands."""
	command, *rest = words or ('',)
	if command == 'files' and len(rest) == 1:
		copy(Path(rest[0]))
		return 0
	commands = {'make': make, 'check': check, 'ask': ask}
	if command not in commands or rest:
		raise Trouble('usage: blobs.py make|check|ask|files DIRECTORY')
	build = base.build_directory(os.environ.get('BUILD', ''))
	prepare(build, command)
	return commands[command](build)


if __name__ == '__main__':
	sys.exit(base.verdict(lambda: main(*sys.argv[1:])))
