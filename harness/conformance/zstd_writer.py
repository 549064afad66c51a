# SPDX-License-Identifier: GPL-2.0
"""Writes the parts of zstd frames (RFC 8878): literals, tables, sequences, blocks."""

import random
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Tuple

from harness.conformance.xxhash import xxh64
from harness.conformance.zstd_entropy import Cell, Huffman, fse_table, highest_bit
from harness.conformance.zstd_format import COMPRESSED, KINDS, MAGIC, PREDEFINED, RAW, REPEAT, TREELESS

# A sequence: literal length, value of the offset (3.1.1.3.2.1.1), match length
Sequence3 = Tuple[int, int, int]
# Bytes for literals and raw blocks
TEXT = b'abcdefghijklmnopqrstuvwxyz'
# The modes of the tables of a block that are not given as chances
RLE_MODE, FSE_MODE = 1, 2
# A table: its mode, and with FSE_MODE its chances and its accuracy
Table = Tuple[int, Sequence[int], int]

PREDEFINED_TABLE: Table = (PREDEFINED, (), 0)
REPEATED_TABLE: Table = (REPEAT, (), 0)


def backwards(parts: Sequence[Tuple[int, int]]) -> bytes:
	"""Returns a bitstream of these numbers, (VALUE, BITS), in the order in which it is read."""
	value = 1
	for part, count in parts:
		value = value << count | part
	return value.to_bytes((value.bit_length() + 7) // 8, 'little')


def describe(chances: Sequence[int], log: int) -> bytes:
	"""Returns the description of a table (4.1.1)."""
	value, used = log - 5, 4
	left = 1 << log
	at = 0
	while at < len(chances) and left > 0:
		count = (left + 1).bit_length()
		lower = (1 << count) - 1 - (left + 1)
		chance = chances[at] + 1
		if chance < lower:
			bits = count - 1
		else:
			bits = count
			if chance >= 1 << (count - 1):
				chance += lower
		value |= chance << used
		used += bits
		left -= abs(chances[at])
		at += 1
		if not chances[at - 1]:
			zeros = 0
			while at + zeros < len(chances) and not chances[at + zeros]:
				zeros += 1
			at += zeros
			while zeros >= 3:
				value |= 3 << used
				used, zeros = used + 2, zeros - 3
			value |= zeros << used
			used += 2
	return value.to_bytes((used + 7) // 8, 'little')


def walk(table: Sequence[Cell], symbols: Sequence[int], last: Optional[int] = None) -> List[Tuple[int, int]]:
	"""
	Returns the numbers that lead through states with these symbols: the first state, and the bits
	of each change. @last: the last state
	"""
	states = [0] * len(symbols)
	parts: List[Tuple[int, int]] = []
	for place in reversed(range(len(symbols))):
		if place == len(symbols) - 1:
			found = next(number for number, cell in enumerate(table)
				     if cell.symbol == symbols[place]) if last is None else last
		else:
			found, cell = next((number, cell) for number, cell in enumerate(table)
					   if cell.symbol == symbols[place]
					   and 0 <= states[place + 1] - cell.base < 1 << cell.bits)
			parts.append((states[place + 1] - cell.base, cell.bits))
		states[place] = found
	parts.append((states[0], highest_bit(len(table))))
	return parts[::-1]


def chances_for(counts: Dict[int, int], log: int, rnd: random.Random, least: int = 0) -> List[int]:
	"""Returns chances for symbols that are used, some of which are "less than 1"."""
	size = 1 << log
	chances = [0] * (max([*counts, least]) + 1)
	for symbol in counts:
		chances[symbol] = -1 if rnd.random() < 0.3 and len(counts) > 1 else 1
	left = size - len(counts)
	symbols = sorted(counts)
	while left:
		symbol = rnd.choice(symbols)
		more = min(left, rnd.choice((1, 1, 2, left)))
		if chances[symbol] < 0:
			chances[symbol] = 1
		chances[symbol] += more
		left -= more
	return chances


def compressed_weights(weights: Sequence[int], rnd: random.Random, log: int = 6) -> bytes:
	"""Returns the description of weights that is compressed by FSE (4.2.1.2)."""
	chances = chances_for({weight: 1 for weight in weights}, log, rnd)
	table = fse_table(chances, log)
	# The last state but one must ask for more bits than there are
	ends = [number for number, cell in enumerate(table) if cell.bits
		and cell.symbol == weights[-2]]
	odd = len(weights) % 2
	streams = [walk(table, weights[first::2],
			ends[0] if (first + odd) % 2 == 0 else None) for first in (0, 1)]
	parts = [streams[number % 2][number // 2] for number in range(
		len(streams[0]) + len(streams[1]))]
	data = describe(chances, log) + backwards(parts)
	return bytes([len(data)]) + data


class Code:
	"""A Huffman code for literals (4.2.1)"""

	def __init__(self, weights: Sequence[int]) -> None:
		"""@weights: those of all symbols but the last one"""
		self.weights = list(weights)
		self.huffman = Huffman(self.weights)
		self.codes: Dict[int, Tuple[int, int]] = {}
		for number, (symbol, length) in enumerate(self.huffman.cells):
			self.codes.setdefault(symbol, (number >> (self.huffman.bits - length), length))

	def direct(self) -> bytes:
		"""Returns the description with 4 bits for each weight."""
		padded = [*self.weights, 0]
		return bytes([127 + len(self.weights)]) + bytes(
			padded[at] << 4 | padded[at + 1] for at in range(0, len(self.weights), 2))

	def compressed(self, rnd: random.Random, log: int = 6) -> bytes:
		"""Returns the description that is compressed by FSE."""
		return compressed_weights(self.weights, rnd, log)

	def stream(self, data: bytes) -> bytes:
		"""Returns a stream of literals."""
		return backwards([self.codes[byte] for byte in data])


def code_for(rnd: random.Random, symbols: Sequence[int], deep: float = 0.3) -> Code:
	"""Returns a code for these symbols and maybe more, which has at most 11 bits."""
	leaves = [1, 1]
	while len(leaves) < len(symbols):
		splits = [leaf for leaf in leaves if leaf < 11]
		leaf = max(splits) if rnd.random() < deep else rnd.choice(splits)
		leaves.remove(leaf)
		leaves += [leaf + 1] * 2
	rnd.shuffle(leaves)
	longest = max(leaves)
	weights = [0] * (max(symbols) + 1)
	for symbol, leaf in zip(symbols, leaves):
		weights[symbol] = longest + 1 - leaf
	return Code(weights[:-1])


def section(kind: int, form: int, size: int, compressed: Optional[int] = None) -> bytes:
	"""Returns the header of a literals section (3.1.1.3.1.1)."""
	if compressed is None:
		bits = {0: 3, 2: 3, 1: 4, 3: 4}[form]
		return (kind | form << 2 | size << bits).to_bytes((1, 2, 1, 3)[form], 'little') \
			if bits == 4 else bytes([kind | (form & 1) << 2 | size << 3])
	bits = (10, 10, 14, 18)[form]
	value = kind | form << 2 | size << 4 | compressed << (4 + bits)
	return value.to_bytes((3, 3, 4, 5)[form], 'little')


def literals(data: bytes, code: Optional[Code], description: bytes, form: int,
	     share: Optional[int] = None) -> bytes:
	"""Returns a literals section that is compressed, or treeless without a description."""
	assert code
	if not form:
		streams = code.stream(data)
	else:
		share = (len(data) + 3) // 4 if share is None else share
		parts = [code.stream(data[at * share:(at + 1) * share if at < 3 else None])
			 for at in range(4)]
		streams = b''.join(len(part).to_bytes(2, 'little') for part in parts[:3]) + b''.join(parts)
	kind = COMPRESSED if description else TREELESS
	return section(kind, form, len(data), len(description + streams)) + description + streams


def plain(data: bytes, form: int = 1) -> bytes:
	"""Returns a literals section that is not compressed."""
	return section(RAW, form, len(data)) + data


def symbol_of(which: int, value: int) -> Tuple[int, int, int]:
	"""Returns the code for a value, and its extra bits."""
	values = KINDS[which].values
	symbol = max(number for number, (first, _) in enumerate(values) if first <= value)
	return symbol, value - values[symbol][0], values[symbol][1]


def count_bytes(count: int) -> bytes:
	"""Returns the number of sequences (3.1.1.3.2)."""
	if count < 128:
		return bytes([count])
	if count < 0x7f00:
		return bytes([128 + (count >> 8), count & 0xff])
	return b'\xff' + (count - 0x7f00).to_bytes(2, 'little')


def sequences(of: Sequence[Sequence3], tables: Sequence[Table] = (PREDEFINED_TABLE,) * 3,
	      kept: Optional[List[List[Cell]]] = None, modes: int = 0, count: Optional[int] = None,
	      more: Sequence[Tuple[int, int]] = ()) -> bytes:
	"""
	Returns a sequences section. @tables: for literal lengths, offsets and match lengths; @kept: the
	tables of the block before, which get those of this one; @modes: more bits of the modes;
	@more: numbers after the last
	"""
	data = count_bytes(len(of) if count is None else count)
	if not of:
		return data
	kept = kept if kept is not None else [[], [], []]
	found = [[symbol_of(which, one[which]) for one in of] for which in range(3)]
	descriptions, cells = b'', []
	for which, (mode, chances, log) in enumerate(tables):
		modes |= mode << (6, 4, 2)[which]
		if mode == PREDEFINED:
			kept[which] = KINDS[which].predefined
		elif mode == RLE_MODE:
			symbol = chances[0] if chances else found[which][0][0]
			descriptions += bytes([symbol])
			kept[which] = [Cell(symbol, 0, 0)]
		elif mode == FSE_MODE:
			descriptions += describe(chances, log)
			kept[which] = fse_table(chances, log)
		cells.append(kept[which])
	walks = [walk(cells[which], [symbol for symbol, _, _ in found[which]]) for which in range(3)]
	parts = [walks[which][0] for which in range(3)]
	for number in range(len(of)):
		parts += [found[which][number][1:] for which in (1, 2, 0)]
		if number + 1 < len(of):
			parts += [walks[which][number + 1] for which in (0, 2, 1)]
	return data + bytes([modes]) + descriptions + backwards([*parts, *more])


@dataclass
class Frame:
	"""Writes a frame (3.1.1)."""
	window: Optional[int] = 0
	"""The byte of the window, or None for a single segment"""
	size: Optional[int] = None
	size_form: int = 0
	check: Optional[bytes] = None
	"""The checksum"""
	flags: int = 0
	"""More flags of the frame"""
	dictionary: bytes = b''
	blocks: List[Tuple[int, int, bytes]] = field(default_factory=list)

	def block(self, kind: int, data: bytes, size: Optional[int] = None) -> 'Frame':
		"""Adds a block."""
		self.blocks.append((kind, len(data) if size is None else size, data))
		return self

	def compressed(self, *parts: bytes) -> 'Frame':
		"""Adds a compressed block."""
		return self.block(COMPRESSED, b''.join(parts))

	def file(self, last: bool = True) -> bytes:
		"""Returns the frame."""
		data = MAGIC.to_bytes(4, 'little')
		form = self.size_form
		flags = self.flags | form << 6 | (self.window is None) << 5 | (self.check is not None) << 2
		data += bytes([flags])
		if self.window is not None:
			data += bytes([self.window])
		data += self.dictionary
		count = (int(self.window is None), 2, 4, 8)[form]
		if count:
			data += ((self.size or 0) - (256 if count == 2 else 0)).to_bytes(count, 'little')
		for number, (kind, size, body) in enumerate(self.blocks):
			is_last = last and number + 1 == len(self.blocks)
			data += (is_last | kind << 1 | size << 3).to_bytes(3, 'little') + body
		return data + (self.check or b'')


def checksum(data: bytes) -> bytes:
	"""Returns the checksum of a frame."""
	return (xxh64(data) & 0xffffffff).to_bytes(4, 'little')
