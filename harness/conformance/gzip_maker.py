# SPDX-License-Identifier: GPL-2.0
"""
Makes gzip files that no compressor makes (RFC 1951, RFC 1952): each length and distance, each kind of
Huffman code, and each rule broken once.
"""

import random
import zlib
from typing import Iterator, List, Optional, Sequence, Tuple, Union

from harness.conformance.gzip_format import DISTANCES, END_OF_BLOCK, LENGTHS, ORDER, inflate
from harness.conformance.refused import Bytes, Refused

# A literal, or the length and the distance of a match
Token = Union[int, Tuple[int, int]]
# What a file is for, and the file
Made = Tuple[str, bytes]

HEADER = b'\x1f\x8b\x08\0\0\0\0\0\0\x03'
# Lengths of codes of each length, from 1 to 15 bits
LADDER = [*range(1, 15), 15, 15]


class Writer:
	"""Writes bits, the lowest of a byte first."""

	def __init__(self) -> None:
		self.value = 0
		self.count = 0

	def number(self, value: int, count: int) -> None:
		"""Writes a number, the lowest bit first."""
		self.value |= value << self.count
		self.count += count

	def code(self, value: int, length: int) -> None:
		"""Writes a code, the highest bit first."""
		for place in reversed(range(length)):
			self.number(value >> place & 1, 1)

	def to_byte(self) -> None:
		"""Goes to the next byte."""
		self.count += -self.count % 8

	def data(self) -> bytes:
		"""Returns all bytes."""
		return self.value.to_bytes((self.count + 7) // 8, 'little')


def codes(lengths: Sequence[int]) -> List[Tuple[int, int]]:
	"""Returns the code of each symbol, with its length (RFC 1951, 3.2.2)."""
	found = [(0, 0)] * len(lengths)
	code = 0
	for length in range(1, 16):
		for symbol, one in enumerate(lengths):
			if one == length:
				found[symbol] = (code, length)
				code += 1
		code <<= 1
	return found


def of_value(table: Sequence[Tuple[int, int]], value: int) -> Tuple[int, int, int]:
	"""Returns the symbol for a length or a distance, and its extra bits."""
	symbol = max(number for number, (first, _) in enumerate(table) if first <= value)
	return symbol, value - table[symbol][0], table[symbol][1]


FIXED_LITERALS = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8
FIXED_DISTANCES = [5] * 32


def tokens_into(writer: Writer, tokens: Sequence[Token], literals: Sequence[int],
		distances: Sequence[int], end: bool = True) -> None:
	"""Writes tokens with codes of these lengths."""
	of_literals, of_distances = codes(literals), codes(distances)
	for token in tokens:
		if isinstance(token, int):
			writer.code(*of_literals[token])
			continue
		symbol, extra, bits = of_value(LENGTHS, token[0])
		writer.code(*of_literals[257 + symbol])
		writer.number(extra, bits)
		symbol, extra, bits = of_value(DISTANCES, token[1])
		writer.code(*of_distances[symbol])
		writer.number(extra, bits)
	if end:
		writer.code(*of_literals[END_OF_BLOCK])


def fixed(writer: Writer, tokens: Sequence[Token], last: int = 1, end: bool = True) -> None:
	"""Writes a block with the fixed codes."""
	writer.number(last | 1 << 1, 3)
	tokens_into(writer, tokens, FIXED_LITERALS, FIXED_DISTANCES, end)


def stored(writer: Writer, data: bytes, last: int = 1, inverse: int = 0xffff) -> None:
	"""Writes a block that is not compressed."""
	writer.number(last, 3)
	writer.to_byte()
	writer.number(len(data) | (len(data) ^ inverse) << 16, 32)
	writer.number(int.from_bytes(data, 'little'), 8 * len(data))


def in_runs(lengths: Sequence[int], rnd: Optional[random.Random]) -> List[Tuple[int, int, int]]:
	"""
	Writes code lengths as symbols with extra bits: all runs as long as can be, or with @rnd of any
	length.
	"""
	found: List[Tuple[int, int, int]] = []
	at = 0
	while at < len(lengths):
		run = 1
		while at + run < len(lengths) and lengths[at + run] == lengths[at]:
			run += 1
		if rnd:
			run = rnd.randint(1, run)
		if not lengths[at] and run >= 11:
			run = min(run, 138)
			found.append((18, run - 11, 7))
		elif not lengths[at] and run >= 3:
			found.append((17, run - 3, 3))
		elif at and lengths[at] == lengths[at - 1] and run >= 3:
			run = min(run, 6)
			found.append((16, run - 3, 2))
		else:
			run = 1
			found.append((lengths[at], 0, 0))
		at += run
	return found


def complete(used: Sequence[int], count: int, rnd: random.Random, longest: int = 15) -> List[int]:
	"""Returns lengths of a complete code for the symbols @used of @count."""
	leaves = [0]
	while len(leaves) < len(used):
		deepest = rnd.random() < 0.3
		splits = [leaf for leaf in leaves if leaf < longest]
		leaf = max(splits) if deepest else rnd.choice(splits)
		leaves.remove(leaf)
		leaves += [leaf + 1] * 2
	rnd.shuffle(leaves)
	lengths = [0] * count
	for symbol, length in zip(used, leaves):
		lengths[symbol] = max(length, 1)
	return lengths


def dynamic(writer: Writer, tokens: Sequence[Token], literals: Sequence[int],
	    distances: Sequence[int], *, last: int = 1, rnd: Optional[random.Random] = None,
	    of_lengths: Optional[Sequence[int]] = None, symbols: Sequence[Tuple[int, int, int]] = (),
	    end: bool = True, count: Optional[int] = None) -> None:
	"""
	Writes a block with codes of these lengths. @of_lengths: those of the code for code lengths;
	@symbols: how they are written; @count: how many of @of_lengths are written
	"""
	runs = list(symbols) or in_runs([*literals, *distances], rnd)
	used = sorted({symbol for symbol, _, _ in runs})
	if not of_lengths:
		# Two symbols at least: a code of one is incomplete
		for more in 0, 18:
			used = sorted({*used, more}) if len(used) < 2 else used
		of_lengths = complete(used, 19, rnd or random.Random(1), 7)
	of_lengths = list(of_lengths)
	if count is None:
		count = max(4, *(place + 1 for place, symbol in enumerate(ORDER) if of_lengths[symbol]))
	writer.number(last | 2 << 1, 3)
	writer.number(len(literals) - 257, 5)
	writer.number(len(distances) - 1, 5)
	writer.number(count - 4, 4)
	for symbol in ORDER[:count]:
		writer.number(of_lengths[symbol], 3)
	of_runs = codes(of_lengths)
	for symbol, extra, bits in runs:
		writer.code(*of_runs[symbol])
		writer.number(extra, bits)
	tokens_into(writer, tokens, literals, distances, end)


def member(deflated: bytes) -> bytes:
	"""Returns a member, with the trailer for what the data decompresses to, if it does."""
	source = Bytes(deflated)
	try:
		out = inflate(source)
		deflated = deflated[:source.at]
	except Refused:
		out = b''
	return HEADER + deflated + (zlib.crc32(out) | (len(out) & 0xffffffff) << 32).to_bytes(8, 'little')


def grown(rnd: random.Random, size: int) -> List[Token]:
	"""Returns tokens for @size bytes or a little more in which nothing is soon repeated."""
	tokens: List[Token] = [rnd.randrange(256) for _ in range(16)]
	have = 16
	while have < size:
		length = min(258, rnd.randint(3, 5 + have))
		tokens += [(length, rnd.randint(1, min(have, 32768))), rnd.randrange(256)]
		have += length + 1
	return tokens


def size_of(tokens: Sequence[Token]) -> int:
	"""Returns how many bytes tokens stand for."""
	return sum(1 if isinstance(token, int) else token[0] for token in tokens)


def lengths_and_distances() -> Iterator[Made]:
	"""Files with each length and each distance, around its extra bits"""
	writer = Writer()
	edges = sorted({edge for first, bits in LENGTHS for edge in (first, first + (1 << bits) - 1)
			if edge <= 258})
	fixed(writer, [7, 8, 9, *((length, 3) for length in edges)])
	yield 'the first and last length of each symbol', writer.data()
	writer = Writer()
	rnd = random.Random(5)
	tokens = grown(rnd, 32768)
	for first, bits in DISTANCES:
		tokens += [(3, first), rnd.randrange(256), (4, first + (1 << bits) - 1)]
	fixed(writer, tokens)
	yield 'the first and last distance of each symbol', writer.data()
	for distance in (1, 2, 3, 4, 5, 7, 8, 9):
		writer = Writer()
		fixed(writer, [*range(65, 75), (258, distance), 33, (10, distance), 34])
		yield f'a long match at a distance of {distance}', writer.data()
	for more in range(2):
		tokens = grown(rnd, 9000)
		writer = Writer()
		fixed(writer, [*tokens, (30, size_of(tokens) + more)])
		yield ('a match to before the beginning' if more else 'a match of the first byte'), writer.data()
		writer = Writer()
		fixed(writer, [1, 2, 3, (5, 3 + more), 4])
		yield ('an early match to before the beginning' if more else
		       'an early match of the first byte'), writer.data()


def windows() -> Iterator[Made]:
	"""Files with matches that go around the end of the window of 32 KiB"""
	rnd = random.Random(7)
	for number, size in enumerate((4090, 8192, 32760, 33000, 65530, 70000)):
		tokens = grown(rnd, size)
		for _ in range(60):
			tokens += [(rnd.randint(3, 258), rnd.choice((32768, rnd.randint(1, 32768),
				rnd.randint(1, 300))) if size > 32768 else rnd.randint(1, 4000)),
				   rnd.randrange(256)]
		writer = Writer()
		fixed(writer, tokens)
		yield f'matches around the end of the window, {number}', writer.data()


def broken_codes() -> Iterator[Made]:
	"""Files whose codes are at the edge of what is allowed, or beyond it"""
	literals = [0] * 257
	literals[65], literals[66], literals[256] = 1, 2, 2
	matches = [*literals, 3, *[0] * 28]
	matches[256] = 3
	a_few: List[Token] = [65, 66, 65, 65, 66]

	def block(what: str, tokens: Sequence[Token], of_literals: Sequence[int],
		  distances: Sequence[int], **more: object) -> Made:
		writer = Writer()
		dynamic(writer, tokens, of_literals, distances, **more)	# type: ignore[arg-type]
		return what, writer.data()

	yield block('no distance code', a_few, literals, [0])
	yield block('one distance code of one bit', [*a_few, (3, 1)], matches, [1])
	yield block('one distance code of two bits', [*a_few, (3, 1)], matches, [2])
	yield block('one distance code, the second', [*a_few, (3, 2)], matches, [0, 1])
	yield block('a match without a distance code', [*a_few, (3, 1)], matches, [0])
	yield block('an over-subscribed distance code', a_few, literals, [1, 1, 1])
	yield block('an incomplete distance code', a_few, literals, [1, 2])
	yield block('an over-subscribed literal code', a_few, [1, 1, *literals[2:]], [1])
	yield block('an incomplete literal code', a_few, [*[0] * 65, 2, *literals[66:]], [1])
	yield block('one literal code of one bit', [], [*[0] * 256, 1], [1])
	yield block('one literal code of two bits', [], [*[0] * 256, 2], [1])
	yield block('no code for the end', a_few[:1], [*literals[:256], 0], [1], end=False)
	yield block('30 distance codes', a_few, literals, [*[5] * 28, 4, 4])
	yield block('31 distance codes', a_few, literals, [*[5] * 30, 4])
	yield block('32 distance codes', a_few, literals, [5] * 32)
	yield block('286 literal codes', a_few, [*literals, *[0] * 29], [1])
	yield block('287 literal codes', a_few, [*literals, *[0] * 30], [1])
	yield block('288 literal codes', a_few, [*literals, *[0] * 31], [1])
	yield block('a code of lengths that is over-subscribed', [], literals, [1],
		    of_lengths=[1, 1, 1, *[0] * 15, 2], end=False)
	yield block('a code of lengths that is incomplete', [], literals, [1],
		    of_lengths=[0, 1, 3, *[0] * 15, 3], end=False)
	yield block('a code of lengths with one symbol', [], literals, [1],
		    of_lengths=[0, 1, *[0] * 17], symbols=[(1, 0, 0)] * 258, end=False)
	yield block('all 19 lengths of the code of lengths', a_few, literals, [1], count=19)
	four = [*[0] * 16, 1, 2, 2]
	yield block('a repetition before the first length', [], literals, [1], of_lengths=four,
		    symbols=[(16, 0, 2), (18, 127, 7), (18, 127, 7)], end=False)
	zeros = [*[0] * 17, 1, 1]
	yield block('no length besides zero', [], literals, [1], of_lengths=zeros,
		    symbols=[(18, 127, 7), (18, 109, 7)], end=False)
	for symbol, extra, bits in (16, 3, 2), (17, 7, 3), (18, 127, 7):
		runs = in_runs([*literals, 1], None)
		yield block(f'a repetition of kind {symbol} that goes too far', [], literals, [1],
			    symbols=[*runs[:-1], (symbol, extra, bits)], end=False)
	for count in 3, 6:
		both = [*[0] * 255, 2, 2, *[2] * (count - 1)]
		yield block(f'a repetition of {count} lengths into the distances', [255, 255], both[:257],
			    [2, 2], symbols=[(18, 127, 7), (18, 106, 7), (2, 0, 0), (16, count - 3, 2)],
			    end=False)
	ladder = [0] * 257
	ladder[240:255], ladder[256] = LADDER[:15], 15
	yield block('literal codes of 1 to 15 bits', [*range(240, 255), *range(254, 239, -1)], ladder, [1])
	distances = [*LADDER, *[0] * 14]
	yield block('distance codes of 1 to 15 bits',
		    [65] * 300 + [66] + [(3, DISTANCES[symbol][0]) for symbol in range(16)], matches,
		    distances)
	for what, last in ('a code too many', [15, 15, 15]), ('a code too few', [15]):
		ladder = [*[0] * 240, 1, 2, *range(4, 15), *last]
		ladder += [*[0] * (256 - len(ladder)), 3]
		yield block(f'literal codes of 1 to 15 bits and {what}', [240, 241], ladder, [1])
		yield block(f'distance codes of 1 to 15 bits and {what}', [65] * 20 + [66, (3, 1)], matches,
			    [*range(1, 15), *last])
		yield block(f'distance codes of 1 to 15 bits and {what}, unused', [65] * 20, matches,
			    [*range(1, 15), *last])
	# Many tables of the second level, and codes of 15 bits: the largest tables that can be
	for count in 100, 200, 240:
		free = (1 << 15) - (count << 5)
		more = [15 - place for place in range(15) if free >> place & 1]
		more = [*more[1:], *range(more[0] + 1, 16), 15]
		yield block(f'{count} codes of 10 bits, and some of 15', list(range(count)),
			    [*[10] * count, *[0] * (257 - count - len(more)), *more], [1])
	# The main table has 9 bits for literals and 6 for distances: codes that end at its edge
	for length in 8, 9, 10:
		lengths = [0] * 286
		count = (1 << length) - (1 << (length - 1))
		symbols = [symbol for symbol in range(286) if symbol != 256][:min(count, 280)]
		for place in symbols:
			lengths[place] = length
		free = (1 << 15) - sum(1 << (15 - one) for one in lengths if one)
		lengths[256] = 15 - (free.bit_length() - 1)
		rest = free - (1 << (15 - lengths[256]))
		for symbol in range(285, 257, -1):
			if rest and not lengths[symbol]:
				lengths[symbol] = 15 - (rest.bit_length() - 1)
				rest -= 1 << (15 - lengths[symbol])
		if not rest:
			yield block(f'many codes of {length} bits', symbols[:200], lengths, [1])


def fixed_edges() -> Iterator[Made]:
	"""Files with symbols of the fixed codes that do not exist, and blocks of each type"""
	for symbol in 286, 287:
		writer = Writer()
		fixed(writer, [65], end=False)
		writer.code(*codes(FIXED_LITERALS)[symbol])
		# Who takes it for the end of the block finds another block
		fixed(writer, [66])
		writer.number(0, 40)
		yield f'the length symbol {symbol}', writer.data()
	for symbol in 30, 31:
		writer = Writer()
		fixed(writer, [65], end=False)
		writer.code(*codes(FIXED_LITERALS)[257])
		writer.code(symbol, 5)
		writer.number(0, 40)
		yield f'the distance symbol {symbol}', writer.data()
	writer = Writer()
	fixed(writer, [65, 66])
	writer.value |= 6
	yield 'a block of type 3', writer.data()
	for sizes in (0,), (1,), (0, 0, 5), (3, 0):
		writer = Writer()
		for number, size in enumerate(sizes):
			stored(writer, bytes(range(size)), int(number + 1 == len(sizes)))
		yield f'stored blocks of {" and ".join(map(str, sizes))} bytes', writer.data()
	for inverse in 0xfffe, 0x7fff, 0:
		writer = Writer()
		stored(writer, b'abc', 1, inverse)
		yield f'a stored block whose length is damaged, {inverse:#x}', writer.data()
	writer = Writer()
	fixed(writer, list(b'some text'), 0)
	stored(writer, b'and', 0)
	fixed(writer, [(4, 3), (7, 12)], 0)
	stored(writer, bytes(range(200)) * 21, 0)
	fixed(writer, [(258, 4096), 1, (9, 3)])
	yield 'blocks of each type, with matches across them', writer.data()


def drawn(rnd: random.Random) -> bytes:
	"""Returns deflate data of some blocks that are drawn."""
	writer, have = Writer(), 0
	blocks = rnd.randint(1, 3)
	for number in range(blocks):
		last = int(number + 1 == blocks)
		tokens: List[Token] = []
		alphabet = rnd.sample(range(256), rnd.choice((1, 2, 5, 40, 200)))
		for _ in range(rnd.choice((3, 30, 200, 1000))):
			if have > 3 and rnd.random() < 0.4:
				length = rnd.choice((3, 4, rnd.randint(3, 258), 258))
				tokens.append((length, rnd.randint(1, min(have, rnd.choice((4, 300, 32768))))))
				have += length
			else:
				tokens.append(rnd.choice(alphabet))
				have += 1
		kind = rnd.randrange(6)
		if kind == 0:
			data = bytes(rnd.choices(alphabet, k=rnd.choice((0, 1, 50))))
			stored(writer, data, last)
			have += len(data) - size_of(tokens)
		elif kind == 1:
			fixed(writer, tokens, last)
		else:
			matches = [token for token in tokens if not isinstance(token, int)]
			used = {256, *(token for token in tokens if isinstance(token, int)),
				*(257 + of_value(LENGTHS, length)[0] for length, _ in matches)}
			distances = {of_value(DISTANCES, distance)[0] for _, distance in matches}
			used |= set(rnd.sample(range(286), rnd.choice((1, 3, 60))))
			distances |= set(rnd.sample(range(30), rnd.choice((0, 1, 2, 15))))
			literals = complete(sorted(used), rnd.choice((286, max(257, max(used) + 1))), rnd)
			of_distances = complete(sorted(distances), rnd.choice((30, max(distances, default=0) + 1)),
						rnd) if distances else [0]
			dynamic(writer, tokens, literals, of_distances, last=last, rnd=rnd)
	return writer.data()


def make() -> Iterator[Made]:
	"""Yields all files."""
	for part in lengths_and_distances(), windows(), broken_codes(), fixed_edges():
		for what, data in part:
			yield what, member(data)
	for seed in range(400):
		rnd = random.Random(seed)
		yield f'random blocks, {seed}', member(drawn(rnd))


