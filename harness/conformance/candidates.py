# SPDX-License-Identifier: GPL-2.0
"""
Files from which choose.py takes the conformance corpus, and what must come out of each: two judges have
to agree on it, the slow decoder from the specification and a stock library.
"""

import contextlib
import lzma
import random
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

from harness.conformance import gzip_maker, xz_format, xz_maker, zstd_format, zstd_maker
from harness.conformance.corpus import NO_FAILURE
from harness.conformance.decoders import SLOW
from harness.conformance.gzip_format import skip_header
from harness.conformance.gzip_maker import Made
from harness.conformance.refused import Bytes, Lacking, Refused, Undecided

# Files may not be larger than this, nor what comes out of them: the suite's programs have 64 pages.
MOST_BYTES, MOST_OUT = 67000, 64 * 4096

MAKERS: Dict[str, Callable[[], Iterator[Made]]] = {
	'gzip': gzip_maker.make, 'xz': xz_maker.make, 'zstd': zstd_maker.make}


def payloads() -> Iterator[Made]:
	"""Yields payloads that bring compressors to use all that they have."""
	rnd = random.Random(37)
	words = [bytes(rnd.choices(b'etaoinshrdlu', k=rnd.randint(2, 9))) for _ in range(300)]
	yield 'words', b' '.join(rnd.choices(words, k=900))
	yield 'bytes of a curve', bytes(min(255, int(rnd.expovariate(0.05))) for _ in range(5000))
	yield 'runs', b''.join(bytes([rnd.randrange(256)]) * rnd.choice((1, 2, 3, 40, 700)) for _ in range(150))
	yield 'random bytes', rnd.randbytes(1500)
	yield 'numbers', b''.join((number * 7 + rnd.randrange(3)).to_bytes(4, 'little') for number in range(1800))
	yield 'bits of code', bytes(rnd.choices((0x0f, 0xe8, 0x8b, 0x48, 0, 0xff, 0x89), k=3000))
	yield 'one byte', b'x'
	yield 'zeros and some words', (bytes(20000) + b' '.join(rnd.choices(words, k=60))) * 4
	far = rnd.randbytes(700)
	yield 'far repetitions', b''.join(far[:rnd.randrange(700)] + bytes(rnd.choices(b'xy', k=900))
					  for _ in range(60))


def compressed(algorithm: str, stock: Path) -> Iterator[Made]:
	"""Yields what real compressors make of the payloads."""
	for what, data in payloads():
		if algorithm == 'gzip':
			for level, strategy, memory in (1, 0, 9), (9, 0, 1), (9, 0, 9), (9, 2, 9), (6, 3, 9), (
					6, 4, 9), (6, 1, 1):
				encoder = zlib.compressobj(level, zlib.DEFLATED, 31, memory, strategy)
				yield (f'{what}, deflated at level {level} with strategy {strategy}',
				       encoder.compress(data) + encoder.flush())
		elif algorithm == 'xz':
			for preset, lc, lp, pb, size in (0, 3, 0, 2, 4096), (6, 0, 0, 0, 4096), (9, 4, 0, 4, 1 << 16), (
					9, 0, 4, 2, 1 << 20), (6, 2, 2, 3, 8192):
				chain = [{'id': lzma.FILTER_LZMA2, 'preset': preset, 'lc': lc, 'lp': lp, 'pb': pb,
					  'dict_size': size}]
				yield (f'{what}, at level {preset} with lc={lc},lp={lp},pb={pb},dict={size}',
				       lzma.compress(data, check=lzma.CHECK_CRC32, filters=chain))
		else:
			for words in ('-1',), ('-3', '--no-check'), ('-19',), ('--ultra', '-22'), ('--fast=8',), (
					'-19', '--zstd=wlog=10,hlog=9,clog=9'), ('-9', '--zstd=minMatch=6,wlog=12'):
				yield f'{what}, by zstd {" ".join(words)}', subprocess.run(
					[stock, '-cq', *words], input=data, stdout=subprocess.PIPE,
					check=True).stdout


def without_rest(algorithm: str, data: bytes) -> bytes:
	"""Returns a file without what follows its first stream or frame."""
	source = Bytes(data)
	with contextlib.suppress(Refused):
		(xz_format if algorithm == 'xz' else zstd_format).decode_from(source)
		return data[:source.at]
	return data


def inputs(algorithm: str, directory: Path) -> Iterator[Made]:
	"""Yields what the fuzzers have found, without inputs in which an allocation fails."""
	for path in sorted(directory.iterdir()):
		data = path.read_bytes()
		if data[:1] != NO_FAILURE:
			continue
		data = data[1:]
		if algorithm == 'gzip':
			# decompress.c reads no trailer, and no header but the plain one
			source = Bytes(data)
			try:
				skip_header(source)
			except Refused:
				continue
			data = gzip_maker.member(data[source.at:])
		else:
			data = without_rest(algorithm, data)
		yield f'found by fuzzing, {path.name[:10]}', data


def by_python(algorithm: str, data: bytes) -> Optional[bytes]:
	"""Returns what Python's zlib or liblzma make of the first member or stream."""
	decoder: Any = zlib.decompressobj(31) if algorithm == 'gzip' else \
		lzma.LZMADecompressor(lzma.FORMAT_XZ)
	try:
		out: bytes = decoder.decompress(data)
	except (zlib.error, lzma.LZMAError):
		return None
	return out if decoder.eof else None


def stock_output(algorithm: str, data: bytes, stock: Path) -> Optional[bytes]:
	"""
	Returns what a stock library makes of a file: for xz and zstd the newest, by the tool @stock. gzip's
	tool has a decoder without a library, so gzip is judged by zlib.
	"""
	if algorithm == 'gzip':
		return by_python(algorithm, data)
	more = '--single-stream' if algorithm == 'xz' else '--long=27'
	ended = subprocess.run([stock, '-dcq', more], input=data, stdout=subprocess.PIPE,
			       stderr=subprocess.DEVNULL, check=False)
	return None if ended.returncode else ended.stdout


@dataclass(frozen=True)
class Verdict:
	"""What both judges say of a file, or how they differ"""
	out: Optional[bytes]
	reason: str
	"""The rule that the file breaks, by the slow decoder"""
	agreed: bool


def judge(algorithm: str, stock: Path, made: Made) -> Optional[Verdict]:
	"""
	Asks both judges. What is right, but more than the kernel has, the kernel must refuse. Returns
	None if the slow decoder cannot tell.
	"""
	_, data = made
	try:
		out, reason = SLOW[algorithm](data), ''
	except Undecided:
		return None
	except Lacking as what:
		return Verdict(None, str(what), True)
	except Refused as rule:
		out, reason = None, str(rule)
	return Verdict(out, reason, out == stock_output(algorithm, data, stock))


def candidates(algorithm: str, stock: Path, fuzzed: Path) -> List[Made]:
	"""Returns all files, each once."""
	found: Dict[bytes, str] = {}
	for what, data in [*MAKERS[algorithm](), *compressed(algorithm, stock), *inputs(algorithm, fuzzed)]:
		if len(data) <= MOST_BYTES:
			found.setdefault(data, what)
	return [(what, data) for data, what in found.items()]
