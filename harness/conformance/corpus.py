# SPDX-License-Identifier: GPL-2.0
"""
The conformance corpus: small files that between them reach all of a decoder that can be reached. In
corpus/ is an archive for each algorithm, and files.tsv, which says what must come out of each file and
what it is for. choose.py makes them.
"""

from pathlib import Path
from typing import List, NamedTuple, Optional

from harness import base
from harness.base import TOP
from harness.conformance import zstd_format
from harness.conformance.refused import TOO_SHORT, Bytes, Lacking, Refused
from harness.conformance.xxhash import xxh32
from harness.fuzz import corpus

CORPUS = TOP / 'harness/conformance/corpus'
TABLE = CORPUS / 'files.tsv'
# How many bytes of each algorithm are in the KUnit suites, and the largest window there
MOST_IN_KERNEL, LARGEST_WINDOW = 5200, 2 << 20
# The first byte of a fuzzer's input: no allocation fails
NO_FAILURE = b'\0'


def outcome(out: Optional[bytes]) -> str:
	"""Returns what try_ALGORITHM prints of a file that decompresses to @out, or is refused."""
	ret, data = (0, out) if out is not None else (-22, None)
	return (f'returned {ret}, {len(data or b"")} bytes, '
		f'xxh32 {xxh32(data) if data is not None else 0:08x}')


class Row(NamedTuple):
	"""A row of files.tsv"""
	name: str
	algorithm: str
	in_kernel: str
	"""yes if it is in the KUnit suites"""
	outcome: str
	why: str


def table(algorithm: str) -> List[Row]:
	"""Returns the rows of an algorithm."""
	return [row for row in map(Row._make, base.rows(TABLE)) if row.algorithm == algorithm]


def fits_kernel(algorithm: str, data: bytes) -> bool:
	"""
	Returns whether the KUnit suites have enough memory for a file's window, and whether what
	comes out does not depend on the size of a buffer.
	"""
	if algorithm != 'zstd':
		return True
	try:
		if zstd_format.read_header(Bytes(data)).window > LARGEST_WINDOW:
			return False
		zstd_format.decode(data)
	except Lacking:
		return False
	except Refused as why:
		# lib/zstd checks the size only if it fits into the buffer, and without patch 0003
		# decompress.c takes what is cut off, which other cases test
		return str(why) not in (zstd_format.WRONG_SIZE, TOO_SHORT)
	return True


def unpack(directory: Path) -> None:
	"""Unpacks the files into @directory/gzip, xz and zstd, as inputs of the fuzzers."""
	corpus.unpack(directory, CORPUS)
	for path in directory.glob('*/*'):
		path.write_bytes(NO_FAILURE + path.read_bytes())


def amiss(algorithm: str, printed: str) -> List[str]:
	"""
	Compares what try_ALGORITHM has printed of all files with the table. Returns a line for each file
	with another outcome, or without one.
	"""
	found = dict(line.rpartition('/')[2].split(': ', 1) for line in printed.splitlines()
		     if ': returned ' in line)
	return [f'{row.name}: {found.get(row.name, "has no outcome")}, not {row.outcome} ({row.why})'
		for row in table(algorithm) if found.get(row.name) != row.outcome]
