# SPDX-License-Identifier: GPL-2.0
"""
The slow decoders in harness/conformance/, written from the specifications, say of damaged files what the
stock libraries say. blobs.py holds them against the known files.
"""

import lzma
import random
import zlib
from typing import Callable, Optional

import pytest

from harness.conformance import xxhash
from harness.conformance.candidates import by_python
from harness.conformance.decoders import SLOW
from harness.conformance.refused import Refused
from support import TOP

pytestmark = [pytest.mark.commands, pytest.mark.depends('harness/conformance', 'harness/blobs')]

def slow(algorithm: str, data: bytes) -> Optional[bytes]:
	"""Returns what a slow decoder puts out, or None if it refuses the input."""
	try:
		return SLOW[algorithm](data)
	except Refused:
		return None


def payload(rnd: random.Random) -> bytes:
	"""Returns bytes of which some repeat, and in every fourth case few."""
	if rnd.randrange(4) == 0:
		return bytes(rnd.choices(b'ab', k=rnd.randrange(2, 12)))
	parts = [rnd.randbytes(rnd.randrange(3, 40)) for _ in range(8)]
	return b''.join(rnd.choice(parts) for _ in range(rnd.randrange(20)))


def deflate(rnd: random.Random) -> bytes:
	"""Returns deflate data in a gzip file, which nothing but its trailer checks."""
	encoder = zlib.compressobj(9, zlib.DEFLATED, 31, 9, rnd.randrange(5))
	return encoder.compress(payload(rnd)) + encoder.flush()


def unchecked_xz(rnd: random.Random) -> bytes:
	"""Returns an xz file without a check."""
	return lzma.compress(payload(rnd), check=lzma.CHECK_NONE)


@pytest.mark.parametrize('algorithm, make', [('gzip', deflate), ('xz', unchecked_xz)])
def test_they_agree_on_damaged_files(algorithm: str, make: Callable[[random.Random], bytes]) -> None:
	rnd, refused = random.Random(1), 0
	for _ in range(500):
		data = bytearray(make(rnd))
		data[rnd.randrange(len(data))] ^= 1 << rnd.randrange(8)
		out = slow(algorithm, bytes(data))
		assert out == by_python(algorithm, bytes(data)), data.hex()
		refused += out is None
	assert refused > 50


@pytest.mark.parametrize('algorithm', SLOW)
def test_they_refuse_what_is_cut_off(algorithm: str) -> None:
	data = (TOP / 'harness/blobs/files' / {'gzip': 'gzip_9.gz', 'xz': 'xz_9e.xz', 'zstd': 'zstd_19.zst'
					       }[algorithm]).read_bytes()
	assert slow(algorithm, data) is not None
	for length in random.Random(1).sample(range(len(data)), 20):
		assert slow(algorithm, data[:length]) is None


def test_XXH64() -> None:
	# From the specification's test vectors: the empty input, and its example
	assert xxhash.xxh64(b'') == 0xef46db3751d8e999
	assert xxhash.xxh64(b'abc') == 0x44bc2cf5ad770999
