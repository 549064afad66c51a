# SPDX-License-Identifier: GPL-2.0
"""
A decoder for zstd, written from RFC 8878. It decodes the first frame, and knows no dictionary. Like
the kernel it refuses a window of more than 128 MiB.
"""

from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from harness.conformance.refused import Bytes, Lacking, Refused
from harness.conformance.xxhash import xxh64
from harness.conformance.zstd_entropy import (
	Backwards, Cell, Fse, Huffman, fse_table, read_fse_table, read_huffman)

MAGIC, SKIPPABLE = 0xfd2fb528, range(0x184d2a50, 0x184d2a60)
LARGEST_WINDOW = 128 << 20
LARGEST_BLOCK = 128 << 10
# Fewer literals cannot be in four streams.
FEWEST_IN_FOUR = 6

WRONG_SIZE = 'the content size is wrong'

RAW, RLE, COMPRESSED, TREELESS = range(4)
PREDEFINED, _, _, REPEAT = range(4)


@dataclass
class Kind:
	"""
	What a code of a sequence stands for (3.1.1.3.2.1): the baseline and the number of extra bits
	of each, the highest accuracy of a table, and the predefined table
	"""
	values: List[Tuple[int, int]]
	most_log: int
	predefined: List[Cell]


def codes(*runs: Tuple[int, int], begin: int) -> List[Tuple[int, int]]:
	"""
	Makes the values of codes: for each run (COUNT, BITS) so many codes with so many extra bits,
	each of which begins where the one before ends.
	"""
	found = []
	for count, bits in runs:
		for _ in range(count):
			found.append((begin, bits))
			begin += 1 << bits
	return found


LITERAL_LENGTHS = Kind(
	codes((16, 0), (4, 1), (2, 2), (2, 3), (1, 4), (1, 6), *((1, bits) for bits in range(7, 17)),
	      begin=0), 9,
	fse_table([4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1,
		   1, 1, 1, 1, -1, -1, -1, -1], 6))
MATCH_LENGTHS = Kind(
	codes((32, 0), (4, 1), (2, 2), (2, 3), (2, 4), (1, 5), *((1, bits) for bits in range(7, 17)),
	      begin=3), 9,
	fse_table([1, 4, 3, 2, 2, 2, 2, 2, 2, *[1] * 37, *[-1] * 7], 6))
OFFSETS = Kind(
	[(1 << code, code) for code in range(32)], 8,
	fse_table([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1,
		   -1, -1], 5))


@dataclass
class Frame:
	"""What is known of a frame, and what a block leaves for the next one"""
	window: int
	content_size: Optional[int]
	has_checksum: bool
	out: bytearray = field(default_factory=bytearray)
	huffman: Optional[Huffman] = None
	tables: List[Optional[List[Cell]]] = field(default_factory=lambda: [None] * 3)
	offsets: List[int] = field(default_factory=lambda: [1, 4, 8])

	def largest_block(self) -> int:
		"""Returns Block_Maximum_Size."""
		return min(self.window, LARGEST_BLOCK)


def read_header(source: Bytes) -> Frame:
	"""Reads the header of a frame (3.1.1.1)."""
	magic = source.little(4)
	if magic in SKIPPABLE:
		raise Lacking('a skippable frame')
	if magic != MAGIC:
		raise Refused('no zstd frame')
	flags = source.byte()
	single = flags >> 5 & 1
	if flags & 8:
		raise Refused('a reserved flag of the frame')
	window = 0
	if not single:
		byte = source.byte()
		window = 1 << (10 + (byte >> 3))
		window += window // 8 * (byte & 7)
	if source.little((0, 1, 2, 4)[flags & 3]):
		raise Lacking('a dictionary')
	size_bytes = (single, 2, 4, 8)[flags >> 6]
	size = source.little(size_bytes) + (256 if size_bytes == 2 else 0) if size_bytes else None
	if single:
		window = size or 0
	if window > LARGEST_WINDOW:
		raise Lacking('a window of more than 128 MiB')
	return Frame(window, size, bool(flags & 4))


def literals(source: Bytes, frame: Frame) -> bytes:
	"""Decodes the literals section (3.1.1.3.1)."""
	kind, form = source.peek() & 3, source.peek() >> 2 & 3
	if kind in (RAW, RLE):
		size = source.little((1, 2, 1, 3)[form]) >> (4 if form & 1 else 3)
		if size > frame.largest_block():
			raise Refused('too many literals')
		return source.take(size) if kind == RAW else source.take(1) * size
	bits = (10, 10, 14, 18)[form]
	sizes = source.little((3, 3, 4, 5)[form]) >> 4
	size, compressed = sizes & ((1 << bits) - 1), sizes >> bits
	if size > frame.largest_block():
		raise Refused('too many literals')
	part = Bytes(source.take(compressed))
	if kind == COMPRESSED:
		frame.huffman = read_huffman(part)
	if not frame.huffman:
		raise Refused('treeless literals, and no Huffman code before them')
	if not form:
		return frame.huffman.decode(part.take(part.left()), size)
	if size < FEWEST_IN_FOUR:
		raise Refused('too few literals for four streams')
	lengths = [part.little(2) for _ in range(3)]
	share = (size + 3) // 4
	streams = [part.take(length) for length in lengths] + [part.take(part.left())]
	if 3 * share > size:
		raise Refused('too few literals for four streams')
	return b''.join(map(frame.huffman.decode, streams, (share, share, share, size - 3 * share)))


def table(source: Bytes, frame: Frame, which: int, mode: int) -> List[Cell]:
	"""Reads the table of a kind of codes (3.1.1.3.2.1)."""
	kind = KINDS[which]
	if mode == PREDEFINED:
		found: Optional[List[Cell]] = kind.predefined
	elif mode == RLE:
		symbol = source.byte()
		if symbol >= len(kind.values):
			raise Refused('a code that does not exist')
		found = [Cell(symbol, 0, 0)]
	elif mode == REPEAT:
		found = frame.tables[which]
	else:
		found = read_fse_table(source, kind.most_log, len(kind.values))
	if not found:
		raise Refused('Repeat_Mode, and no table before it')
	frame.tables[which] = found
	return found


def offset_of(frame: Frame, value: int, literal_length: int) -> int:
	"""Returns the offset that a value stands for, and keeps it (3.1.1.5)."""
	kept = frame.offsets
	if value > 3:
		offset = value - 3
		kept[:] = [offset, *kept[:2]]
		return offset
	which = value - 1 + (literal_length == 0)
	if which == 3:
		offset = kept[0] - 1
		if not offset:
			raise Refused('an offset of 0')
		kept[:] = [offset, *kept[:2]]
	else:
		offset = kept.pop(which)
		kept.insert(0, offset)
	return offset


class Sequences:
	"""Decodes the sequences of a block (3.1.1.3.2)."""

	def __init__(self, source: Bytes, frame: Frame) -> None:
		self.count = source.byte()
		if self.count == 255:
			self.count = source.little(2) + 0x7f00
		elif self.count >= 128:
			self.count = (self.count - 128 << 8) + source.byte()
		if not self.count:
			if source.left():
				raise Refused('bytes after a block without sequences')
			return
		modes = source.byte()
		if modes & 3:
			raise Refused('reserved bits of the modes')
		tables = [table(source, frame, which, modes >> shift & 3)
			  for which, shift in enumerate((6, 4, 2))]
		self.bits = Backwards(source.take(source.left()))
		self.states = [Fse(one, self.bits) for one in tables]

	def value(self, which: int) -> int:
		"""Reads a length or an offset."""
		base, bits = KINDS[which].values[self.states[which].symbol()]
		return base + self.bits.read(bits)

	def run(self, frame: Frame, text: bytes) -> None:
		"""Puts out the literals @text and the matches."""
		for number in range(self.count):
			offset_value, match_length, literal_length = map(self.value, (1, 2, 0))
			if number + 1 < self.count:
				for which in 0, 2, 1:
					self.states[which].update()
			if literal_length > len(text):
				raise Refused('too few literals')
			frame.out += text[:literal_length]
			text = text[literal_length:]
			offset = offset_of(frame, offset_value, literal_length)
			if offset > min(len(frame.out), frame.window):
				raise Refused('an offset to before the window')
			for _ in range(match_length):
				frame.out.append(frame.out[-offset])
		if self.count:
			self.bits.want_end()
		frame.out += text


KINDS = (LITERAL_LENGTHS, OFFSETS, MATCH_LENGTHS)


def block(source: Bytes, frame: Frame, kind: int, size: int) -> None:
	"""Decodes a block after its header (3.1.1.2)."""
	if size > frame.largest_block():
		raise Refused('a block is too large')
	if kind == RAW:
		frame.out += source.take(size)
	elif kind == RLE:
		frame.out += source.take(1) * size
	elif kind == COMPRESSED:
		part = Bytes(source.take(size))
		if not size:
			raise Refused('a compressed block without a byte')
		before = len(frame.out)
		text = literals(part, frame)
		Sequences(part, frame).run(frame, text)
		if len(frame.out) - before > frame.largest_block():
			raise Refused('a block is too large')
	else:
		raise Refused('a block of type 3')


def decode(data: bytes) -> bytes:
	"""Returns what the first frame decompresses to."""
	return decode_from(Bytes(data))


def decode_from(source: Bytes) -> bytes:
	"""Decodes a frame, and leaves @source at the byte after it."""
	frame = read_header(source)
	last = 0
	while not last:
		header = source.little(3)
		last = header & 1
		block(source, frame, header >> 1 & 3, header >> 3)
	out = bytes(frame.out)
	if frame.content_size not in (None, len(out)):
		raise Refused(WRONG_SIZE)
	if frame.has_checksum and source.little(4) != xxh64(out) & 0xffffffff:
		raise Refused('the checksum is wrong')
	return out
