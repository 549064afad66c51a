# SPDX-License-Identifier: GPL-2.0
"""The entropy coders of zstd (RFC 8878, 4): FSE and Huffman."""

from dataclasses import dataclass
from typing import List, Sequence, Tuple

from harness.conformance.refused import Bytes, Refused

# 4.2.1: the longest code, and the most symbols
LONGEST_CODE = 11
MOST_SYMBOLS = 256
WEIGHTS_LOG = 6


class Backwards:
	"""Reads a bitstream from its end, where the highest bit that is set marks the beginning."""

	def __init__(self, data: bytes) -> None:
		if not data or not data[-1]:
			raise Refused('a bitstream without its mark')
		self.value = int.from_bytes(data, 'little')
		self.left = self.value.bit_length() - 1

	def peek(self, count: int) -> int:
		"""Returns the next bits, with zeros after the last."""
		shift = self.left - count
		value = self.value >> shift if shift >= 0 else self.value << -shift
		return value & ((1 << count) - 1)

	def skip(self, count: int) -> None:
		"""Skips bits."""
		if count > self.left:
			raise Refused('a bitstream ends too early')
		self.left -= count

	def read(self, count: int) -> int:
		"""Reads bits."""
		value = self.peek(count)
		self.skip(count)
		return value

	def want_end(self) -> None:
		"""Refuses a bitstream that has not been read to its end."""
		if self.left:
			raise Refused('a bitstream that is too long')


class Forwards:
	"""Reads a bitstream from its beginning, the lowest bit of a byte first."""

	def __init__(self, source: Bytes) -> None:
		self.source = source
		self.value = int.from_bytes(source.data[source.at:], 'little')
		self.room = 8 * source.left()
		self.used = 0

	def peek(self, count: int) -> int:
		"""Returns the next bits."""
		return self.value >> self.used & ((1 << count) - 1)

	def read(self, count: int) -> int:
		"""Reads bits."""
		value = self.peek(count)
		self.used += count
		if self.used > self.room:
			raise Refused('a bitstream ends too early')
		return value

	def end(self) -> None:
		"""Leaves the source at the byte after the last bit."""
		self.source.take((self.used + 7) // 8)


@dataclass
class Cell:
	"""A state of FSE: its symbol, and how to get to the next state"""
	symbol: int
	bits: int
	base: int


def highest_bit(value: int) -> int:
	"""Returns the number of the highest bit that is set."""
	return value.bit_length() - 1


def fse_table(chances: Sequence[int], log: int) -> List[Cell]:
	"""Makes the states for these probabilities, where -1 is "less than 1" (4.1.1)."""
	size = 1 << log
	symbols = [0] * size
	free = size
	for symbol, chance in enumerate(chances):
		if chance < 0:
			free -= 1
			symbols[free] = symbol
	at, step = 0, (size >> 1) + (size >> 3) + 3
	for symbol, chance in enumerate(chances):
		for _ in range(max(chance, 0)):
			symbols[at] = symbol
			at = (at + step) % size
			while at >= free:
				at = (at + step) % size
	following = [abs(chance) for chance in chances]
	cells = []
	for symbol in symbols:
		state = following[symbol]
		following[symbol] += 1
		bits = log - highest_bit(state)
		cells.append(Cell(symbol, bits, (state << bits) - size))
	return cells


def read_fse_table(source: Bytes, most_log: int, most_symbols: int) -> List[Cell]:
	"""Reads the description of a table (4.1.1)."""
	bits = Forwards(source)
	log = bits.read(4) + 5
	if log > most_log:
		raise Refused('the accuracy of a table is too high')
	left = 1 << log
	chances: List[int] = []
	while left > 0:
		# A value from 0 to left + 1, of which the lower ones have a bit less
		count = (left + 1).bit_length()
		lower = (1 << count) - 1 - (left + 1)
		value = bits.read(count - 1)
		if value >= lower:
			value += bits.read(1) << (count - 1)
			if value >= 1 << (count - 1):
				value -= lower
		chance = value - 1
		chances.append(chance)
		left -= abs(chance)
		repeat = 3 if not chance else 0
		while repeat == 3:
			repeat = bits.read(2)
			chances += [0] * repeat
		if len(chances) > most_symbols:
			raise Refused('a table with symbols that do not exist')
	if left:
		raise Refused('the probabilities of a table come to too much')
	bits.end()
	return fse_table(chances, log)


class Fse:
	"""A decoder that goes from state to state"""

	def __init__(self, table: List[Cell], bits: Backwards) -> None:
		self.table = table
		self.bits = bits
		self.state = bits.read(highest_bit(len(table)))

	def symbol(self) -> int:
		"""Returns the symbol of the state."""
		return self.table[self.state].symbol

	def is_last(self) -> bool:
		"""Tells whether there are too few bits for another state."""
		return self.table[self.state].bits > self.bits.left

	def update(self) -> None:
		"""Goes to the next state."""
		cell = self.table[self.state]
		self.state = cell.base + self.bits.read(cell.bits)


def fse_weights(source: Bytes) -> List[int]:
	"""Reads weights that are compressed by FSE (4.2.1.2)."""
	table = read_fse_table(source, WEIGHTS_LOG, MOST_SYMBOLS)
	bits = Backwards(source.take(source.left()))
	states = [Fse(table, bits), Fse(table, bits)]
	weights: List[int] = []
	while not states[0].is_last():
		weights.append(states[0].symbol())
		states[0].update()
		states.reverse()
		if len(weights) > MOST_SYMBOLS:
			raise Refused('too many weights')
	return weights + [state.symbol() for state in states]


class Huffman:
	"""A Huffman code (4.2.1)"""

	def __init__(self, weights: Sequence[int]) -> None:
		"""@weights: those of all symbols but the last one"""
		if len(weights) >= MOST_SYMBOLS:
			raise Refused('weights for symbols that do not exist')
		total = sum(1 << weight >> 1 for weight in weights)
		if not total:
			raise Refused('no symbol has a weight')
		self.bits = highest_bit(total) + 1
		rest = (1 << self.bits) - total
		if self.bits > LONGEST_CODE:
			raise Refused('a code is too long')
		if rest & (rest - 1):
			raise Refused('the weights are not those of a complete code')
		weights = [*weights, highest_bit(rest) + 1]
		# zstd demands this, besides that the code is complete: the longest code is in use.
		if weights.count(1) < 2:
			raise Refused('no code of the greatest length')
		self.cells: List[Tuple[int, int]] = []
		for weight in range(1, self.bits + 1):
			for symbol, its_weight in enumerate(weights):
				if its_weight == weight:
					self.cells += [(symbol, self.bits + 1 - weight)] * (1 << weight >> 1)

	def decode(self, data: bytes, count: int) -> bytes:
		"""Decodes a stream of so many symbols, which must be all of it."""
		bits = Backwards(data)
		out = bytearray()
		for _ in range(count):
			symbol, length = self.cells[bits.peek(self.bits)]
			bits.skip(length)
			out.append(symbol)
		bits.want_end()
		return bytes(out)


def read_huffman(source: Bytes) -> Huffman:
	"""Reads the description of a Huffman code (4.2.1)."""
	head = source.byte()
	if head < 128:
		return Huffman(fse_weights(Bytes(source.take(head))))
	count = head - 127
	halves = source.take((count + 1) // 2)
	return Huffman([weight for byte in halves for weight in (byte >> 4, byte & 15)][:count])
