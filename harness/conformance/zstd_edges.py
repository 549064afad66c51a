# SPDX-License-Identifier: GPL-2.0
"""
Makes zstd files at the limits of lib/zstd: where a buffer ends or wraps, where a fast loop gives way to a
slow one, and where the bits of a table or a stream end.
"""

import random
from typing import Iterator, List

from harness.conformance.gzip_maker import Made
from harness.conformance.zstd_entropy import Cell
from harness.conformance.zstd_format import COMPRESSED, KINDS, RAW, RLE
from harness.conformance.zstd_writer import (
	FSE_MODE, PREDEFINED_TABLE, REPEATED_TABLE, RLE_MODE, TEXT, Code, Frame, Sequence3, Table,
	chances_for, code_for, compressed_weights, describe, literals, plain, section, sequences)

# The byte of a window of 128 KiB, with which a block may be as large as any
LARGE = 7 << 3
# lib/zstd keeps so many literals of a block apart.
KEPT_APART = 1 << 16
NONE = sequences([])


def wrapped() -> Iterator[Made]:
	"""
	Files that fill the stream's buffer, which has 2 KiB, 128 KiB and 64 bytes for a window of 1 KiB,
	so that matches begin before its beginning or end at its end
	"""
	rnd = random.Random(41)
	for rest, name in (1024, 'beyond'), (64, 'to'):
		for last in (500, 3, 40), (960, 3, 7), (964, 3, 3), (1, 1, 999), (0, 900, 3):
			frame = Frame(0)
			for number in range(128):
				frame.block(RLE, bytes([number]), 1024)
			frame.block(RAW, rnd.randbytes(1024)).block(RAW, rnd.randbytes(rest))
			of: List[Sequence3] = [(last[0], 3 + 1024, last[2])]
			frame.compressed(plain(rnd.randbytes(last[0] + last[1])), sequences(of))
			have = sum(last)
			for distance, match in (have + 20, 10), (have + 31, 60), (have + 30, 20), (1024, 100), (60, 9):
				of = [(2, 3 + min(1024, distance + 2), match)]
				frame.compressed(plain(rnd.randbytes(9)), sequences(of))
				have += match + 9
			yield f'matches {name} the end of the buffer, {last}', frame.file()
	for window in 1, 2, 7, 8 + 3:
		size = (1 << (10 + (window >> 3))) // 8 * (8 + window % 8)
		for more in 0, 1:
			yield f'a block of {size + more} bytes, and a window of {size}', Frame(window).block(
				RLE, b'x', size + more).file()
	for first in 900, 1000:
		for produced, count in (1025, 1), (2000, 1), (3300, 1), (239974, 2):
			yield (f'a block of {produced} bytes after {first} and a window of 1024', Frame(0).block(
				RLE, b'x', first).compressed(plain(TEXT), sequences(
					[(10, 5, (produced - 26) // count)] * count)).file())


def split_literals() -> Iterator[Made]:
	"""Files with more literals than lib/zstd keeps apart from what comes out"""
	code = Code([1])
	for kind in RLE, COMPRESSED:
		for count, lengths, match in (
				(KEPT_APART + 40, (20,) * 3, 10), (KEPT_APART + 40, (9, 0, 31), 3),
				(KEPT_APART + 100, (30, 29, 41, 3, 50), 17), (KEPT_APART + 100, (68, 5), 33),
				(KEPT_APART + 100, (67, 1), 9), (KEPT_APART + 100, (69, 2, 2), 25),
				(KEPT_APART + 300, (268,), 700), (KEPT_APART + 200, (0,) * 40 + (7,) * 30, 18),
				(KEPT_APART + 300, (100, 300, 40000), 12000)):
			if kind == RLE:
				data = section(RLE, 3, count) + b'l'
			else:
				data = literals(bytes(number * number // 7 & 1 for number in range(count)), code,
						code.direct(), 3)
			of = [(length, 3 + 1 + (number * 7) % 30, match) for number, length in enumerate(lengths)]
			name = 'RLE' if kind == RLE else 'compressed'
			for first in (RAW, RLE) if sum(lengths) < 1000 else (RAW,):
				frame = Frame(LARGE)
				if first == RLE:
					frame.block(RLE, b'r', 1 << 17)
				frame.block(RAW, TEXT * 2).compressed(data, sequences(of))
				yield (f'{count} {name} literals in parts of {lengths[:5]}'
				       f'{" after a full block" * (first == RLE)}', frame.file())
			given: List[Table] = [(FSE_MODE, (16, 8, *[1] * 8), 5), (FSE_MODE, (1,) * 32, 5),
					      (FSE_MODE, (8,) * 4, 5)]
			if kind == RLE and max(lengths) < 10:
				frame = Frame(LARGE).block(RAW, TEXT * 2)
				kept: List[List[Cell]] = [[], [], []]
				few = [(length % 10, 8, 4) for length in lengths]
				frame.compressed(data, sequences(few, given, kept))
				yield 'tables that are repeated after many literals', frame.compressed(
					plain(TEXT), sequences([(9, 8, 4)], [REPEATED_TABLE] * 3, kept)).file()
	yield 'many raw literals', Frame(LARGE).block(RAW, TEXT).compressed(plain(
		bytes(number * number % 251 for number in range(KEPT_APART + 100)), 3), sequences(
			[(30, 8, 9), (40, 20, 70), (20, 90, 9)])).file()


def four_streams() -> Iterator[Made]:
	"""
	Files in which one of four streams differs: it is shorter or longer than the others, or has bits
	left; by both of lib/zstd's decoders, which take one or two symbols at a time
	"""
	rnd = random.Random(43)
	skewed = Code([0] * 97 + [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
	for first, name in (b'a' * 1500 + b'b' * 300 + b'cde' * 60, 'two symbols'), (b'abcdefghijkl', 'one symbol'):
		whole = literals(bytes(rnd.sample(first, len(first))), skewed, skewed.direct(), 2)

		def after(data: bytes, whole: bytes = whole) -> bytes:
			"""Returns a file in which treeless literals follow."""
			return Frame(LARGE).compressed(whole, NONE).compressed(data, NONE).file()

		for which in range(4):
			for share in 9, 16, 17, 24, 60, 100, 200, 203:
				for other in b'f', b'l', b'd':
					data = other * (which * share) + b'a' * share + other * (
						(3 - which) * share - which % 4)
					yield (f'stream {which} of {share} literals shorter, {name}',
					       after(literals(data, skewed, b'', 1)))
			for more in range(1, 6):
				for letter in b'af':
					yield (f'stream {which} with {more} literals more, {name}, {letter:c}',
					       after(streams_with(skewed, which, letter, more)))
		for count in (*range(6, 14), *range(29, 45)):
			for letters in b'a', b'ab', b'kl', b'abcdefghijkl', b'ca', b'h':
				data = bytes(rnd.choices(letters, k=count))
				for form, streams in (0, 'one stream'), (1, 'four streams'):
					yield (f'{count} treeless literals in {streams}, {name}',
					       after(literals(data, skewed, b'', form)))
		for count in range(1, 8):
			yield f'{count} treeless literals in a byte, {name}', after(
				literals(b'a' * count, skewed, b'', 0))
	shallow = Code([0] * 97 + [9] * 7 + [8, 7, 6, 5, 4, 3, 2, 1])
	text = bytes(rnd.choices(sorted(shallow.codes), [200] * 7 + [9] * 9, k=3000))
	yield 'many literals, the shortest code of which has 3 bits', Frame(LARGE).compressed(
		literals(text, shallow, shallow.direct(), 2), NONE).file()
	for seed in range(30):
		code = code_for(rnd, range(97, 107 if seed % 2 else 100 + seed), 0.3 + seed % 2 * 0.2)
		weights = [*code.weights, 1]
		symbols = sorted(code.codes)
		text = bytes(rnd.choices(symbols, [4 ** weights[symbol] for symbol in symbols], k=3000))
		yield f'many literals, {seed}', Frame(LARGE).compressed(
			literals(text, code, code.direct(), 2), NONE).file()


def streams_with(code: Code, which: int, letter: int, more: int) -> bytes:
	"""Returns treeless literals in four streams, one of which has so many literals more than it says."""
	parts = [code.stream(bytes([letter]) * (40 + (more if number == which else 0))) for number in range(4)]
	data = b''.join(len(part).to_bytes(2, 'little') for part in parts[:3]) + b''.join(parts)
	return section(3, 1, 160, len(data)) + data


def ends_of_tables() -> Iterator[Made]:
	"""Files with tables that end a few bytes before their block, or behind it"""
	rnd = random.Random(47)
	start = plain(TEXT * 2)
	for number in range(200):
		which = number // 2 % 3
		most = (36, 32, 53)[which]
		log = rnd.choice((5, 5, 6, 7))
		before = rnd.randint(1, 6) if number % 3 else rnd.randint(5, 20)
		zeros = rnd.choice((rnd.randint(0, 14), rnd.randint(12, 36), 36, 39)) if number % 5 else 0
		after = rnd.randint(1, 4)
		chances = [1] * before + [0] * zeros + [1] * after
		chances = chances[:most]
		if not any(chances[before:]):
			chances[-1] = 1
		chances[0] += (1 << log) - sum(chances)
		given = [PREDEFINED_TABLE] * 3 if number % 4 == 0 else [(RLE_MODE, (), 0)] * 3
		given[which] = (FSE_MODE, chances, log)
		of: Sequence3 = (0 if which == 0 else 9, 4 if which != 1 else 1, 3)
		yield f'table {which} near the end of its block, {number}', Frame(8).block(RAW, TEXT).compressed(
			start, sequences([of], given)).file()
		table = describe(chances, log)
		modes = bytes([FSE_MODE << (6, 4, 2)[which]])
		for cut in (len(table), len(table) - 1):
			yield f'table {which} that ends with its block or past it, {number}', Frame(8).compressed(
				start, b'\1', modes, table[:cut]).file()


	late: Table = (FSE_MODE, (2, 3, 3, 1, 500, 2, 1), 9)
	yield 'a table whose fifth number is read one byte before the last four', Frame(8).compressed(
		start, sequences([(9, 5, 7)], [(RLE_MODE, (), 0), (RLE_MODE, (), 0), late])).file()
	gap: Table = (FSE_MODE, (16, 15, *[0] * 50, 1), 5)
	yield 'a table whose last code but one has no chance', Frame(LARGE).compressed(start, sequences(
		[(9, 5, 3), (0, 5, 65539), (1, 5, 3)], [PREDEFINED_TABLE, PREDEFINED_TABLE, gap])).file()


def many_weights() -> Iterator[Made]:
	"""Files with a Huffman code of nearly all symbols, whose weights are compressed"""
	rnd = random.Random(53)
	for symbols in range(250, 257):
		found = 0
		for _ in range(150):
			code = code_for(rnd, range(symbols), 0.2)
			try:
				description = code.compressed(rnd)
			except IndexError:
				# The last weight but one has no state with bits
				continue
			# 127 is the most that compressed weights can have
			if description[0] == 127 or description[0] < 127 and found < 3:
				found += 1
				yield (f'a code of {symbols} symbols, whose weights have {description[0]} bytes', Frame(
					8).compressed(literals(bytes(range(200)), code, description, 0), NONE).file())


	for log in 5, 6:
		body = compressed_weights([1, *[0] * 255], random.Random(1 + log), log) + b'\5'
		yield f'256 weights, {log}', Frame(8).compressed(section(COMPRESSED, 0, 2, len(body)) + body, NONE).file()
	while True:
		code = code_for(rnd, range(60, 80), 0.1)
		data = literals(bytes(rnd.choices(sorted(code.codes), k=123)), code, code.direct(), 1)
		if len(data) == len(section(COMPRESSED, 1, 0, 0)) + 123:
			yield 'literals that have as many bytes when they are compressed', Frame(8).compressed(
				data, NONE).file()
			return


def counts() -> Iterator[Made]:
	"""Files with the largest numbers, and with numbers that are cut off"""
	one: Table = (RLE_MODE, (), 0)
	for count in 0x7eff, 0x7f00, 0x7f01, 0x7fff:
		yield f'{count} sequences', Frame(LARGE).block(RAW, TEXT).compressed(
			plain(b''), sequences([(0, 2, 3)] * count, [one] * 3)).file()
	for head in b'\xff', b'\xff\1', b'\xff\1\2', b'\x80', b'\x80\1':
		yield f'sequences cut off after {head.hex()}', Frame(8).compressed(plain(b'x' * 20), head).file()
	yield 'RLE literals without their byte', Frame(8).compressed(section(RLE, 3, 5)).file()
	for size in range(1, 12):
		for told in range(max(0, size - 3), size + 3):
			body = bytes([told]) + b'\x10\x21\x43\x65' * 3
			yield f'weights of {told} bytes in {size}', Frame(8).compressed(
				section(COMPRESSED, 0, 2, size) + body[:size]).file()
	for most in (9, 65539, 5), (65536, 9, 3):
		given = [PREDEFINED_TABLE, PREDEFINED_TABLE, one] if most[0] == 9 else [
			one, PREDEFINED_TABLE, PREDEFINED_TABLE]
		yield f'a table with the last code alone, {most}', Frame(LARGE).block(RAW, TEXT).compressed(
			section(RLE, 3, most[0] + 4) + b'l', sequences(
				[(most[0], 9, most[1] if most[0] == 9 else 5)], given)).file()
	for seed in range(12):
		rnd = random.Random(seed)
		few = rnd.choice((31, 30, 28, 27, 25, 24, 20)) if seed > 5 else 34
		of = [(0, 4 + (1 << 16) + rnd.randrange(1 << 15), 3)] * 2 + [
			(KINDS[0].values[few][0] + rnd.randrange(KINDS[0].values[few][0] // 2), 3 + 131072 + rnd.randrange(-200, 0) if seed % 2 else 70000,
			 65539 + rnd.randrange(300)), (1, 60000, 5), (2, 50, 9)]
		for log in 0, 9:
			given = [PREDEFINED_TABLE] * 3
			if log:
				given = [(FSE_MODE, chances_for({0: 1, 1: 1, 2: 1, few: 1}, 9, rnd), 9),
					 (FSE_MODE, chances_for({5: 1, 15: 1, 16: 1, 17: 1}, 8, rnd), 8),
					 (FSE_MODE, chances_for({0: 1, 2: 1, 6: 1, 51: 1, 52: 1}, 9, rnd), 9)]
			try:
				body = sequences(of, given)
			except StopIteration:
				continue
			yield f'the most extra bits, {seed}, {log}', Frame(LARGE).block(RLE, b'r', 1 << 17).compressed(
				section(RLE, 3, sum(part[0] for part in of) + 3) + b'l', body).file()
	for symbol in 51, 52:
		chances = [8, *[0] * 50, 8, 16]
		of = [(9, 5, 3), (0, 5, 32771 if symbol == 51 else 65539), (0, 5, 32771 if symbol == 51 else 65540)]
		if symbol == 52:
			of.pop()
		yield f'a table for the match length {symbol}', Frame(LARGE).compressed(plain(TEXT), sequences(
			of, [PREDEFINED_TABLE, PREDEFINED_TABLE, (FSE_MODE, chances, 5)])).file()


def make() -> Iterator[Made]:
	"""Yields all files."""
	for part in wrapped(), split_literals(), four_streams(), ends_of_tables(), many_weights(), counts():
		yield from part
