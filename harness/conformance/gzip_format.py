# SPDX-License-Identifier: GPL-2.0
"""
A decoder for gzip, written from RFC 1951 (deflate) and RFC 1952 (gzip). It decodes the first member.

Where RFC 1951 leaves open what a Huffman code may be, this is what zlib accepts: the code must be
complete, except that a code of a single symbol may have one bit and leave the other value unused.
"""

import zlib
from typing import Dict, List, Sequence, Tuple

from harness.conformance.refused import Bytes, Refused

# RFC 1951, 3.2.5: the first length of each symbol from 257 on, and the number of extra bits
LENGTHS: List[Tuple[int, int]] = [
	*((length, 0) for length in range(3, 11)),
	(11, 1), (13, 1), (15, 1), (17, 1), (19, 2), (23, 2), (27, 2), (31, 2),
	(35, 3), (43, 3), (51, 3), (59, 3), (67, 4), (83, 4), (99, 4), (115, 4),
	(131, 5), (163, 5), (195, 5), (227, 5), (258, 0)]
# The same for distances
DISTANCES: List[Tuple[int, int]] = [
	(1, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (9, 2), (13, 2), (17, 3), (25, 3), (33, 4),
	(49, 4), (65, 5), (97, 5), (129, 6), (193, 6), (257, 7), (385, 7), (513, 8), (769, 8),
	(1025, 9), (1537, 9), (2049, 10), (3073, 10), (4097, 11), (6145, 11), (8193, 12),
	(12289, 12), (16385, 13), (24577, 13)]
# RFC 1951, 3.2.7: the order of the code lengths for the code of code lengths
ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
END_OF_BLOCK = 256
LONGEST_CODE = 15

# RFC 1952, 2.3.1
FHCRC, FEXTRA, FNAME, FCOMMENT, RESERVED = 2, 4, 8, 16, 0xe0


class Bits:
	"""Reads the bits of each byte, the lowest first."""

	def __init__(self, source: Bytes) -> None:
		self.source = source
		self.kept = 0
		self.count = 0

	def bit(self) -> int:
		"""Reads a bit."""
		if not self.count:
			self.kept, self.count = self.source.byte(), 8
		value = self.kept & 1
		self.kept >>= 1
		self.count -= 1
		return value

	def number(self, count: int) -> int:
		"""Reads a number of so many bits, the lowest first."""
		return sum(self.bit() << place for place in range(count))

	def skip_to_byte(self) -> None:
		"""Skips what is left of a byte."""
		self.count = 0


class Code:
	"""A Huffman code (RFC 1951, 3.2.2)"""

	def __init__(self, lengths: Sequence[int], what: str, may_be_single: bool) -> None:
		"""@lengths: the number of bits for each symbol, 0 for a symbol without a code"""
		self.symbols: Dict[Tuple[int, int], int] = {}
		self.what = what
		used = [length for length in lengths if length]
		free = (1 << LONGEST_CODE) - sum(1 << (LONGEST_CODE - length) for length in used)
		if free < 0:
			raise Refused(f'{what}: over-subscribed')
		if free and used and not (may_be_single and used == [1]):
			raise Refused(f'{what}: incomplete')
		code = 0
		for length in range(1, LONGEST_CODE + 1):
			for symbol, its_length in enumerate(lengths):
				if its_length == length:
					self.symbols[length, code] = symbol
					code += 1
			code <<= 1

	def read(self, bits: Bits) -> int:
		"""Reads a symbol: its code begins with the highest bit."""
		code = 0
		for length in range(1, LONGEST_CODE + 1):
			code = code << 1 | bits.bit()
			if (length, code) in self.symbols:
				return self.symbols[length, code]
		raise Refused(f'{self.what}: a code of no symbol')


def read_lengths(bits: Bits, code: Code, count: int) -> List[int]:
	"""Reads code lengths, which are themselves compressed (RFC 1951, 3.2.7)."""
	lengths: List[int] = []
	while len(lengths) < count:
		symbol = code.read(bits)
		if symbol < 16:
			lengths.append(symbol)
		elif symbol == 16:
			if not lengths:
				raise Refused('the first code length is a repetition')
			lengths += [lengths[-1]] * (3 + bits.number(2))
		elif symbol == 17:
			lengths += [0] * (3 + bits.number(3))
		else:
			lengths += [0] * (11 + bits.number(7))
	if len(lengths) > count:
		raise Refused('a repetition of code lengths goes too far')
	return lengths


def dynamic_codes(bits: Bits) -> Tuple[Code, Code]:
	"""Reads the codes of a block: for literals and lengths, and for distances."""
	literals, distances = bits.number(5) + 257, bits.number(5) + 1
	count = bits.number(4) + 4
	# There may be codes for the distance symbols 30 and 31, which must not be used (3.2.6, 3.2.7)
	if literals > 286:
		raise Refused('codes for symbols that do not exist')
	of_lengths = [0] * len(ORDER)
	for symbol in ORDER[:count]:
		of_lengths[symbol] = bits.number(3)
	code = Code(of_lengths, 'code of code lengths', False)
	lengths = read_lengths(bits, code, literals + distances)
	if not lengths[END_OF_BLOCK]:
		raise Refused('no code for the end of the block')
	return (Code(lengths[:literals], 'code of literals and lengths', True),
		Code(lengths[literals:], 'code of distances', True))


def fixed_codes() -> Tuple[Code, Code]:
	"""Returns the codes of RFC 1951, 3.2.6."""
	lengths = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8
	return Code(lengths, 'fixed code', False), Code([5] * 32, 'fixed code', False)


def copy(out: bytearray, length: int, distance: int) -> None:
	"""Repeats what has been put out before."""
	if distance > len(out):
		raise Refused('a distance to before the beginning')
	for _ in range(length):
		out.append(out[-distance])


def compressed_block(bits: Bits, out: bytearray, literals: Code, distances: Code) -> None:
	"""Decodes a block after its header."""
	while True:
		symbol = literals.read(bits)
		if symbol < END_OF_BLOCK:
			out.append(symbol)
			continue
		if symbol == END_OF_BLOCK:
			return
		if symbol - 257 >= len(LENGTHS):
			raise Refused('a length symbol that does not exist')
		length, extra = LENGTHS[symbol - 257]
		length += bits.number(extra)
		symbol = distances.read(bits)
		if symbol >= len(DISTANCES):
			raise Refused('a distance symbol that does not exist')
		distance, extra = DISTANCES[symbol]
		copy(out, length, distance + bits.number(extra))


def inflate(source: Bytes) -> bytes:
	"""Decodes deflate data, and leaves @source at the byte after it."""
	out = bytearray()
	bits = Bits(source)
	last = 0
	while not last:
		last, kind = bits.number(1), bits.number(2)
		if kind == 0:
			bits.skip_to_byte()
			length, inverse = source.little(2), source.little(2)
			if length ^ inverse != 0xffff:
				raise Refused('the length of a stored block is damaged')
			out += source.take(length)
		elif kind == 1:
			compressed_block(bits, out, *fixed_codes())
		elif kind == 2:
			compressed_block(bits, out, *dynamic_codes(bits))
		else:
			raise Refused('a block of type 3')
	return bytes(out)


def skip_header(source: Bytes) -> None:
	"""Reads the header of a member (RFC 1952, 2.3)."""
	begin = source.at
	if source.take(3) != b'\x1f\x8b\x08':
		raise Refused('no member that is compressed by deflate')
	flags = source.byte()
	if flags & RESERVED:
		raise Refused('a reserved flag')
	source.take(6)
	if flags & FEXTRA:
		source.take(source.little(2))
	if flags & FNAME:
		source.until_zero()
	if flags & FCOMMENT:
		source.until_zero()
	if flags & FHCRC:
		crc = zlib.crc32(source.data[begin:source.at]) & 0xffff
		if source.little(2) != crc:
			raise Refused('the CRC of the header is wrong')


def decode(data: bytes) -> bytes:
	"""Returns what the first member decompresses to."""
	source = Bytes(data)
	skip_header(source)
	out = inflate(source)
	if source.little(4) != zlib.crc32(out):
		raise Refused('the CRC is wrong')
	if source.little(4) != len(out) & 0xffffffff:
		raise Refused('the size is wrong')
	return out
