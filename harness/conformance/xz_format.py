# SPDX-License-Identifier: GPL-2.0
"""
A decoder for xz, written from "The .xz File Format" 1.2.1, the LZMA specification of the LZMA SDK, and
for LZMA2, which has no specification, from what is common to its descriptions. It decodes the first
stream. Of the checks it knows CRC32 and none, and of the filters LZMA2, as the kernel without its
options.
"""

import zlib
from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from harness.conformance.refused import Bytes, Lacking, Refused, Undecided

HEADER_MAGIC, FOOTER_MAGIC = b'\xfd7zXZ\0', b'YZ'
NONE, CRC32 = 0, 1
# 2.1.1.2: the number of bytes of each check
CHECK_BYTES = (0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64)
LZMA2 = 0x21

# LZMA specification: a probability of 11 bits, and how fast it adapts
PROBABILITY_BITS = 11
HALF = 1 << (PROBABILITY_BITS - 1)
ADAPTS = 5
LOWEST_RANGE = 1 << 24
SHORTEST_MATCH = 2


def number(source: Bytes) -> int:
	"""Reads an integer of variable length (1.2)."""
	value = 0
	for place in range(9):
		byte = source.byte()
		if not byte and place:
			raise Refused('a number with a zero byte too many')
		value |= (byte & 0x7f) << (7 * place)
		if byte < 0x80:
			return value
	raise Refused('a number of more than nine bytes')


def zeros(source: Bytes, count: int) -> None:
	"""Reads padding."""
	if any(source.take(count)):
		raise Refused('padding that is not zero')


def want_crc(source: Bytes, data: bytes) -> None:
	"""Reads a CRC32, which must be that of @data."""
	if source.little(4) != zlib.crc32(data):
		raise Refused('a CRC32 is wrong')


class RangeDecoder:
	"""Decodes bits of which each has a probability."""

	def __init__(self, source: Bytes) -> None:
		self.source = source
		if source.byte():
			raise Refused('the first byte of a chunk is not zero')
		self.code = int.from_bytes(source.take(4), 'big')
		self.range = 0xffffffff

	def normalize(self) -> None:
		"""Reads a byte if there are too few bits."""
		if self.range < LOWEST_RANGE:
			self.range = self.range << 8 & 0xffffffff
			self.code = self.code << 8 & 0xffffffff | self.source.byte()

	def bit(self, probabilities: List[int], index: int) -> int:
		"""Decodes a bit, and adapts its probability."""
		self.normalize()
		probability = probabilities[index]
		bound = (self.range >> PROBABILITY_BITS) * probability
		if self.code < bound:
			self.range = bound
			probabilities[index] += ((1 << PROBABILITY_BITS) - probability) >> ADAPTS
			return 0
		self.range -= bound
		self.code -= bound
		probabilities[index] -= probability >> ADAPTS
		return 1

	def direct(self, count: int) -> int:
		"""Decodes bits that are 0 or 1 with the same probability, the highest first."""
		value = 0
		for _ in range(count):
			self.normalize()
			self.range >>= 1
			bit = int(self.code >= self.range)
			self.code -= self.range * bit
			value = value << 1 | bit
		return value

	def tree(self, probabilities: List[int], count: int) -> int:
		"""Decodes a number by a tree of bits, the highest first."""
		index = 1
		for _ in range(count):
			index = index << 1 | self.bit(probabilities, index)
		return index - (1 << count)

	def reverse_tree(self, probabilities: List[int], base: int, count: int) -> int:
		"""The same, the lowest bit first."""
		index, value = 1, 0
		for place in range(count):
			bit = self.bit(probabilities, base + index)
			index = index << 1 | bit
			value |= bit << place
		return value


def halves(count: int) -> List[int]:
	"""Returns probabilities that have not adapted yet."""
	return [HALF] * count


@dataclass
class Lengths:
	"""The probabilities of lengths"""
	choice: List[int] = field(default_factory=lambda: halves(2))
	low: List[List[int]] = field(default_factory=lambda: [halves(8) for _ in range(16)])
	middle: List[List[int]] = field(default_factory=lambda: [halves(8) for _ in range(16)])
	high: List[int] = field(default_factory=lambda: halves(256))

	def read(self, coder: RangeDecoder, position: int) -> int:
		"""Decodes a length."""
		if not coder.bit(self.choice, 0):
			return SHORTEST_MATCH + coder.tree(self.low[position], 3)
		if not coder.bit(self.choice, 1):
			return SHORTEST_MATCH + 8 + coder.tree(self.middle[position], 3)
		return SHORTEST_MATCH + 16 + coder.tree(self.high, 8)


class State:
	"""All that a "state reset" resets"""

	def __init__(self, lc: int, lp: int, pb: int) -> None:
		self.lc, self.lp, self.pb = lc, lp, pb
		self.state = 0
		self.reps = [0, 0, 0, 0]
		self.literals = [halves(0x300) for _ in range(1 << (lc + lp))]
		self.is_match = halves(12 << 4)
		self.is_rep, self.is_rep0_long = halves(12), halves(12 << 4)
		self.is_rep_g = [halves(12) for _ in range(3)]
		self.slots = [halves(64) for _ in range(4)]
		self.special, self.align = halves(1 + 128 - 14), halves(16)
		self.lengths, self.rep_lengths = Lengths(), Lengths()


class Decoder:
	"""Decodes the LZMA2 data of one block."""

	def __init__(self, source: Bytes, dictionary: int) -> None:
		self.source = source
		self.dictionary = dictionary
		self.out = bytearray()
		# Where in the output the last "dictionary reset" was
		self.begin = 0
		self.end = 0
		self.state: Optional[State] = None

	def position(self) -> int:
		"""Returns the number of bytes since the last dictionary reset."""
		return len(self.out) - self.begin

	def reach(self) -> int:
		"""Returns how many bytes back a match can begin."""
		return min(self.position(), self.dictionary)

	def back(self, distance: int) -> int:
		"""Returns the byte at a distance, of which 0 is the last byte."""
		return self.out[-1 - distance]

	def literal(self, coder: RangeDecoder, state: State) -> None:
		"""Decodes a byte."""
		last = self.back(0) if self.position() else 0
		index = ((self.position() & ((1 << state.lp) - 1)) << state.lc) + (last >> (8 - state.lc))
		probabilities = state.literals[index]
		symbol = 1
		if state.state >= 7:
			matched = self.back(state.reps[0])
			while symbol < 0x100:
				matched_bit = matched >> 7 & 1
				matched <<= 1
				bit = coder.bit(probabilities, (1 + matched_bit << 8) + symbol)
				symbol = symbol << 1 | bit
				if bit != matched_bit:
					break
		while symbol < 0x100:
			symbol = symbol << 1 | coder.bit(probabilities, symbol)
		self.out.append(symbol & 0xff)
		state.state -= state.state if state.state < 4 else 3 if state.state < 10 else 6

	@staticmethod
	def distance(coder: RangeDecoder, state: State, length: int) -> int:
		"""Decodes a distance."""
		slot = coder.tree(state.slots[min(length - SHORTEST_MATCH, 3)], 6)
		if slot < 4:
			return slot
		count = (slot >> 1) - 1
		distance = (2 | slot & 1) << count
		if slot < 14:
			return distance + coder.reverse_tree(state.special, distance - slot, count)
		distance += coder.direct(count - 4) << 4
		return distance + coder.reverse_tree(state.align, 0, 4)

	def rep_match(self, coder: RangeDecoder, state: State, position: int) -> int:
		"""Decodes a match with one of the last four distances. Returns its length."""
		if not coder.bit(state.is_rep_g[0], state.state):
			if not coder.bit(state.is_rep0_long, (state.state << 4) + position):
				state.state = 9 if state.state < 7 else 11
				return 1
		else:
			which = 1
			while which < 3 and coder.bit(state.is_rep_g[which], state.state):
				which += 1
			state.reps.insert(0, state.reps.pop(which))
		state.state = 8 if state.state < 7 else 11
		return state.rep_lengths.read(coder, position)

	def symbol(self, coder: RangeDecoder, state: State) -> None:
		"""Decodes a byte or a match."""
		position = self.position() & ((1 << state.pb) - 1)
		if not coder.bit(state.is_match, (state.state << 4) + position):
			self.literal(coder, state)
			return
		if coder.bit(state.is_rep, state.state):
			length = self.rep_match(coder, state, position)
		else:
			length = state.lengths.read(coder, position)
			state.state = 7 if state.state < 7 else 10
			state.reps = [self.distance(coder, state, length), *state.reps[:3]]
		distance = state.reps[0]
		if distance >= self.reach():
			raise Refused('a distance to before the dictionary')
		if len(self.out) + length > self.end:
			raise Refused('a match beyond the end of the chunk')
		for _ in range(length):
			self.out.append(self.back(distance))

	def lzma_chunk(self, control: int) -> None:
		"""Decodes a chunk of LZMA data after its control byte."""
		self.end = len(self.out) + ((control & 0x1f) << 16) + int.from_bytes(
			self.source.take(2), 'big') + 1
		size = int.from_bytes(self.source.take(2), 'big') + 1
		if control >= 0xc0:
			properties = self.source.byte()
			if properties >= 9 * 5 * 5:
				raise Refused('properties that do not exist')
			lc, rest = properties % 9, properties // 9
			lp, pb = rest % 5, rest // 5
			if lc + lp > 4:
				raise Refused('lc + lp is more than 4')
			self.state = State(lc, lp, pb)
		elif not self.state:
			raise Refused('a chunk without properties')
		elif control >= 0xa0:
			self.state = State(self.state.lc, self.state.lp, self.state.pb)
		part = Bytes(self.source.take(size))
		coder = RangeDecoder(part)
		while len(self.out) < self.end:
			self.symbol(coder, self.state)
		coder.normalize()
		if part.left() or coder.code:
			raise Refused('a chunk that does not end as it should')

	def decode(self) -> bytes:
		"""Decodes all chunks."""
		fresh = True
		while True:
			control = self.source.byte()
			if not control:
				return bytes(self.out)
			if control == 1 or control >= 0xe0:
				fresh = False
				self.begin = len(self.out)
				self.state = None
			elif fresh:
				raise Refused('the first chunk does not reset the dictionary')
			if control >= 0x80:
				self.lzma_chunk(control)
			elif control <= 2:
				self.out += self.source.take(
					int.from_bytes(self.source.take(2), 'big') + 1)
			else:
				raise Refused('a control byte that does not exist')


def dictionary_size(source: Bytes) -> int:
	"""Reads the filter flags of LZMA2 (5.3.1). Returns the size of the dictionary."""
	filter_id, size = number(source), number(source)
	properties = source.take(size)
	if filter_id != LZMA2:
		raise Undecided('a filter besides LZMA2')
	if size != 1 or properties[0] > 40:
		raise Refused('properties of LZMA2 that do not exist')
	bits = properties[0]
	return 0xffffffff if bits == 40 else (2 | bits & 1) << (bits // 2 + 11)


def block(source: Bytes, check: int) -> Tuple[int, bytes]:
	"""Decodes a block (3). Returns its unpadded size and its content."""
	size = (source.peek() + 1) * 4
	header = Bytes(source.take(size - 4))
	want_crc(source, header.data)
	header.byte()
	flags = header.byte()
	if flags & 0x3c:
		raise Refused('a reserved flag of a block')
	compressed = number(header) if flags & 0x40 else None
	uncompressed = number(header) if flags & 0x80 else None
	if compressed == 0:
		raise Refused('a block without compressed data')
	if flags & 3:
		raise Undecided('more than one filter')
	dictionary = dictionary_size(header)
	zeros(header, header.left())
	data_at = source.at
	out = Decoder(source, dictionary).decode()
	found = source.at - data_at
	if compressed not in (None, found) or uncompressed not in (None, len(out)):
		raise Refused('a size in the header of a block is wrong')
	zeros(source, -found % 4)
	if check == CRC32:
		want_crc(source, out)
	return size + found + CHECK_BYTES[check], out


def index(source: Bytes, sizes: List[Tuple[int, int]]) -> int:
	"""Reads the index (4) after its first byte. Returns its size."""
	begin = source.at - 1
	if number(source) != len(sizes):
		raise Refused('the index has another number of blocks')
	for expected in sizes:
		if (number(source), number(source)) != expected:
			raise Refused('the index has another size of a block')
	zeros(source, -(source.at - begin) % 4)
	want_crc(source, source.data[begin:source.at])
	return source.at - begin


def decode(data: bytes) -> bytes:
	"""Returns what the first stream decompresses to."""
	return decode_from(Bytes(data))


def decode_from(source: Bytes) -> bytes:
	"""Decodes a stream, and leaves @source at the byte after it."""
	if source.take(6) != HEADER_MAGIC:
		raise Refused('no xz stream')
	flags = source.take(2)
	want_crc(source, flags)
	if flags[0] or flags[1] & 0xf0:
		raise Refused('a reserved flag of the stream')
	check = flags[1]
	if check not in (NONE, CRC32):
		raise Lacking('a check besides CRC32')
	sizes, out = [], bytearray()
	while source.peek():
		size, content = block(source, check)
		sizes.append((size, len(content)))
		out += content
	source.byte()
	index_size = index(source, sizes)
	crc = source.little(4)
	footer = source.take(6)
	if crc != zlib.crc32(footer):
		raise Refused('the CRC32 of the footer is wrong')
	if (int.from_bytes(footer[:4], 'little') + 1) * 4 != index_size:
		raise Refused('the footer has another size of the index')
	if footer[4:] != flags or source.take(2) != FOOTER_MAGIC:
		raise Refused('the footer is not that of this stream')
	return bytes(out)
