# SPDX-License-Identifier: GPL-2.0
"""
Makes zstd files that no compressor makes (RFC 8878): each kind of literals, table, offset and length, and
each rule broken once.
"""

import random
from typing import Iterator, List, Optional, Sequence

from harness.conformance import zstd_edges
from harness.conformance.gzip_maker import Made
from harness.conformance.zstd_entropy import Cell
from harness.conformance.zstd_format import COMPRESSED, KINDS, PREDEFINED, RAW, REPEAT, RLE
from harness.conformance.zstd_writer import (
	FSE_MODE, PREDEFINED_TABLE, REPEATED_TABLE, RLE_MODE, TEXT, Code, Frame, Sequence3, Table, chances_for,
	checksum, code_for, literals, plain, section, sequences, symbol_of)


def frames() -> Iterator[Made]:
	"""Files with each field of the header, and with each kind of block"""
	for form, size in (0, 26), (1, 256 + 44), (2, 26), (3, 26):
		data = (TEXT * 12)[:size]
		for single in False, True:
			for more in 0, 1:
				if form == 0 and not single and more:
					continue
				frame = Frame(None if single else 0, size + more, form, checksum(data))
				yield (f'a content size in {(int(single), 2, 4, 8)[form]} bytes{", wrong" * more}'
				       f'{", in one segment" * single}', frame.block(RAW, data).file())
	for window in (1, 7, 8, 0x18, 0x48, 0x58):
		yield f'the window {window:#x}', Frame(window).block(RAW, TEXT).block(RLE, b'x', 900).file()
	for flags in 8, 16:
		yield f'the flag {flags}', Frame(flags=flags).block(RAW, TEXT).file()
	for count in 1, 2, 3:
		for value in 0, 1:
			length = (1, 2, 4)[count - 1]
			yield f'the dictionary {value} in {length} bytes', Frame(
				flags=count, dictionary=value.to_bytes(length, 'little')).block(RAW, TEXT).file()
	yield 'a checksum', Frame(check=checksum(TEXT)).block(RAW, TEXT).file()
	for place in range(4):
		wrong = bytearray(checksum(TEXT))
		wrong[place] ^= 1
		yield f'a checksum whose byte {place} is wrong', Frame(check=bytes(wrong)).block(
			RAW, TEXT).file()
	for size in (0, 1, 3, 4, 7, 8, 12, 31, 32, 33, 63, 64, 65, 100):
		data = (TEXT * 4)[:size]
		yield f'a checksum of {size} bytes', Frame(check=checksum(data)).block(RAW, data).file()
	yield 'a block of type 3', Frame().block(3, TEXT).file()
	yield 'raw and RLE blocks', Frame().block(RAW, TEXT).block(RLE, b'x', 1000).block(RAW, b'').block(
		RLE, b'y', 1).block(RLE, b'z', 0).file()
	for size in 1023, 1024, 1025:
		yield f'an RLE block of {size} bytes, and a window of 1024', Frame().block(RLE, b'x', size).file()
		yield f'a raw block of {size} bytes, and a window of 1024', Frame().block(
			RAW, (TEXT * 40)[:size]).file()
	for size in 1 << 17, (1 << 17) + 1:
		yield f'an RLE block of {size} bytes', Frame(0x58).block(RLE, b'x', size).file()
	yield 'a compressed block without a byte', Frame().compressed().file()
	for size in range(1, 3):
		yield f'a compressed block of {size} bytes', Frame().compressed(bytes(size)).file()
	yield 'no last block', Frame().block(RAW, TEXT).file(False)
	whole = Frame(check=checksum(TEXT * 2)).block(RAW, TEXT).block(RAW, TEXT).file()
	for place in range(len(whole)):
		yield f'cut off at byte {place}', whole[:place]
	for magic in b'\x27\xb5\x2f\xfd', b'\x50\x2a\x4d\x18', b'\x28\xb5\x2f\xfc':
		yield f'the magic number {magic.hex()}', magic + whole[4:]


def literal_sections() -> Iterator[Made]:
	"""Files with each kind and size of literals"""
	rnd = random.Random(17)
	none = sequences([])
	for kind, name in (RAW, 'raw'), (RLE, 'RLE'):
		for form, size in (0, 0), (0, 1), (2, 31), (1, 32), (1, 4095), (3, 4096), (3, 70000), (3, 5), (
				3, 131072), (3, 131073), (1, 5):
			data = bytes([65]) if kind == RLE else (TEXT * 5100)[:min(size, 5000)]
			if kind == RAW and size > 5000:
				continue
			yield f'{size} {name} literals, form {form}', Frame(0x58).compressed(
				section(kind, form, size) + data, none).file()
	code = code_for(rnd, range(97, 123))
	deep = code_for(rnd, range(50, 120), 0.95)
	for how, one in (('a code', code), ('a code of 11 bits', deep)):
		text = bytes(rnd.choices(sorted(one.codes), k=1100))
		for form, size in (0, 1), (0, 2), (0, 3), (0, 300), (0, 700), (1, 6), (1, 7), (1, 8), (1, 9), (
				1, 700), (2, 1050), (3, 1100), (1, 256), (1, 257), (1, 258), (1, 259):
			for describe_it in one.direct(), one.compressed(rnd):
				yield (f'{size} literals with {how}, form {form}, '
				       f'{"direct" if describe_it[0] > 127 else "compressed"} weights',
				       Frame(8).compressed(literals(text[:size], one, describe_it, form), none).file())
	text = bytes(rnd.choices(sorted(code.codes), k=300))
	for form in 0, 1:
		whole = literals(text, code, code.direct(), form)
		treeless = literals(text[::-1], code, b'', form)
		yield f'treeless literals, form {form}', Frame(8).compressed(whole, none).compressed(
			treeless, none).block(RAW, TEXT).compressed(treeless, none).file()
		yield f'treeless literals without a code, form {form}', Frame(8).compressed(treeless, none).file()
		yield f'treeless literals after raw ones, form {form}', Frame(8).compressed(
			plain(TEXT), none).compressed(treeless, none).file()
		for what, sizes in (('a byte more', (0, 1)), ('a byte less', (0, -1)), ('a literal more', (1, 0)),
				    ('a literal less', (-1, 0))):
			head = section(COMPRESSED, form, 300 + sizes[0], len(whole) - 3 + sizes[1])
			yield f'literals with {what}, form {form}', Frame(8).compressed(
				head + whole[3:] + b'\1' * max(sizes[1], 0), none).file()
	for size in 3, 4, 5:
		yield f'{size} literals in four streams', Frame(8).compressed(
			literals(text[:size], code, code.direct(), 1, 1), none).file()
	for count in range(3):
		body = bytearray(literals(text, code, code.direct(), 1))
		at = 3 + len(code.direct()) + 2 * count
		for value in (0, 0xffff, body[at] + 1, body[at] - 1):
			body[at:at + 2] = (value & 0xffff).to_bytes(2, 'little')
			yield f'stream {count} of literals with a size of {value}', Frame(8).compressed(
				bytes(body), none).file()


def huffman_codes() -> Iterator[Made]:
	"""Files with codes at the edge of what is allowed"""
	rnd = random.Random(19)
	none = sequences([])

	def with_weights(weights: Sequence[int], count: int, body: bytes = b'\x05') -> bytes:
		padded = [*weights, 0]
		described = bytes([127 + count]) + bytes(padded[at] << 4 | padded[at + 1]
							 for at in range(0, len(weights), 2))
		return Frame(8).compressed(section(COMPRESSED, 0, 2, len(described + body)) + described
					   + body, none).file()

	yield 'two symbols', with_weights([1], 1)
	yield 'no weight', with_weights([0, 0], 2)
	yield 'weights that make no complete code', with_weights([2, 1, 2, 3, 4], 5)
	yield 'a single code of the greatest length', with_weights([2, 2, 1, 3, 3], 5)
	yield 'a code of 11 bits', with_weights([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 11)
	yield 'a code of 12 bits', with_weights([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 12)
	yield 'a weight of 13', with_weights([13, 1], 2)
	for count in 2, 3, 128:
		yield f'{count} weights of 1', with_weights([1] * (count - 1), count - 1, b'\xff\x01')
	for symbols in (2, 3, 5, 16, 17, 64, 255, 256):
		for deep in 0, 0.5, 0.9:
			code = code_for(rnd, sorted(rnd.sample(range(256), symbols)), deep)
			text = bytes(rnd.choices(sorted(code.codes), k=200))
			described = []
			if len(code.weights) <= 128:
				described.append(('direct', code.direct()))
			if len(set(code.weights)) > 1 and len(code.weights) > 2:
				for log in 5, 6:
					try:
						one = code.compressed(rnd, log)
					except IndexError:
						# The last weight but one has no state with bits
						continue
					if one[0] < 128:
						described.append((f'compressed, of {log} bits', one))
			for how, description in described:
				yield f'a code of {symbols} symbols, {deep}, weights {how}', Frame(8).compressed(
					literals(text, code, description, rnd.randrange(2)), none).file()
	code = code_for(rnd, range(40, 100))
	description = bytearray(code.compressed(rnd))
	text = bytes(rnd.choices(sorted(code.codes), k=30))
	for place in range(len(description)):
		for bit in 1, 0x10, 0x80:
			wrong = bytearray(description)
			wrong[place] ^= bit
			yield f'weights with a bit of byte {place} wrong, {bit}', Frame(8).compressed(
				literals(text, code, bytes(wrong), 0), none).file()


def sequence_sections() -> Iterator[Made]:
	"""Files with each table, offset and length"""
	rnd = random.Random(23)
	start = plain(TEXT * 2)
	for which, name in enumerate(('literal length', 'offset', 'match length')):
		values = KINDS[which].values
		edges = [edge for first, bits in values[:17 if which == 1 else 46] for edge in (
			first, first + (1 << bits) - 1) if edge < (40000 if which != 1 else 1 << 16)]
		for number in range(0, len(edges), 12):
			part = edges[number:number + 12]
			of = [(edge if which == 0 else 1, edge if which == 1 else 5,
			       edge if which == 2 else 3) for edge in part]
			of[0] = (of[0][0] if which == 0 else 10, *of[0][1:])
			needed = sum(one[0] for one in of)
			frame = Frame(0x58).block(RLE, b'r', 1 << 16).block(RAW, TEXT)
			yield f'a {name} around its extra bits, {number}', frame.compressed(
				section(RLE, 3, needed + 2) + b'l', sequences(of)).file()
	offsets: List[Sequence3] = [(length, value, 3) for length in (0, 1, 2) for value in (1, 2, 3)]
	for seed in range(12):
		order = [(9, 12, 3), (0, 15, 3), (2, 18, 4), *rnd.sample(offsets * 2, 18)]
		yield f'repeated offsets, {seed}', Frame(8).compressed(start, sequences(order)).file()
	yield 'repeated offsets at the beginning', Frame(8).compressed(start, sequences(
		[(9, 1, 3), (1, 2, 3), (1, 3, 5)])).file()
	yield 'the first offset less 1, at the beginning', Frame(8).compressed(start, sequences(
		[(8, 2, 3), (0, 3, 3)])).file()
	yield 'an offset of 0', Frame(8).compressed(start, sequences([(8, 1, 3), (0, 3, 3)])).file()
	for more in 0, 1:
		what = 'an offset to before the beginning' if more else 'an offset to the beginning'
		yield what, Frame(8).compressed(start, sequences([(10, 13 + more, 4), (2, 1, 3)])).file()
		yield f'{what}, of a single segment', Frame(None, 152, 2).compressed(
			start, sequences([(10, 13 + more, 96), (2, 1, 4)])).file()
		frame = Frame(0).block(RAW, (TEXT * 40)[:1000]).block(RAW, TEXT * 4)
		yield f'{what}, of a window of 1024', frame.compressed(start, sequences(
			[(3, 1024 + 3 + more, 30)])).file()
	for count in 1, 127, 128, 300:
		of = [(0, 4 + number % 9, 3) for number in range(count)]
		of[0] = (20, 4, 3)
		yield f'{count} sequences', Frame(0x10).compressed(start, sequences(of)).file()
	of = [(1, 5, 3)] * 3
	of[0] = (9, 5, 3)
	for number in range(1, 4):
		yield f'reserved bits of the modes, {number}', Frame(8).compressed(
			start, sequences(of, modes=number)).file()
	yield 'fewer sequences than it says', Frame(8).compressed(start, sequences(of, count=4)).file()
	yield 'more sequences than it says', Frame(8).compressed(start, sequences(of, count=2)).file()
	yield 'no sequences, and a byte', Frame(8).compressed(start, b'\0\0').file()
	yield 'the number of sequences in three bytes', Frame(8).compressed(
		start, b'\xff\0\0').file()
	yield 'the number of sequences in two bytes, of which the second is missing', Frame(8).compressed(
		start, b'\x80').file()
	yield 'the number of sequences 0 in two bytes', Frame(8).compressed(start, b'\x80\0').file()
	yield 'a bit too many', Frame(8).compressed(start, sequences(of, more=[(0, 1)])).file()
	yield 'too few literals', Frame(8).compressed(plain(TEXT[:5]), sequences(of)).file()
	yield 'just enough literals', Frame(8).compressed(plain(TEXT[:11]), sequences(of)).file()
	yield 'a block that becomes too large', Frame(0).compressed(start, sequences([(5, 4, 1020)])).file()
	whole = sequences(of, [(FSE_MODE, chances_for({symbol_of(which, one[which])[0]: 1 for one in of}, 5,
						     rnd, 2), 5) for which in range(3)])
	for size in range(1, len(whole)):
		yield f'sequences cut off at byte {size}', Frame(8).compressed(start, whole[:size]).file()
	for place in range(1, len(whole)):
		for bit in 1, 4, 0x40:
			wrong = bytearray(whole)
			wrong[place] ^= bit
			yield f'sequences with a bit of byte {place} wrong, {bit}', Frame(8).compressed(
				start, bytes(wrong)).file()


def tables() -> Iterator[Made]:
	"""Files with each mode and accuracy of the tables"""
	rnd = random.Random(29)
	start = plain(TEXT * 2)
	for which in range(3):
		for log in range(5, (9, 8, 9)[which] + 2):
			of = [(10, 5, 3), (1, 9, 4), (2, 20, 9), (0, 2, 35), (3, 1, 4)]
			chances = chances_for({symbol_of(which, one[which])[0]: 1 for one in of}, log, rnd)
			given = [PREDEFINED_TABLE] * 3
			given[which] = (FSE_MODE, chances, log)
			yield f'table {which} of {log} bits', Frame(8).compressed(start, sequences(of, given)).file()
		most = (35, 31, 52)[which]
		for symbol in most, most + 1:
			chances = [16, 15, *[0] * (symbol - 2), 1]
			given[which] = (FSE_MODE, chances, 5)
			of = [(0 if which == 0 else 10, 2, 3)]
			if which == 0:
				of = [(1, 2, 3)]
			yield f'table {which} with the symbol {symbol}', Frame(8).compressed(
				start, sequences(of if which != 1 else [(10, 1, 3)], given)).file()
			given[which] = (RLE_MODE, [symbol], 0)
			body = b'\1' + bytes([RLE_MODE << (6, 4, 2)[which]]) + bytes([symbol]) + b'\xff' * 8
			yield f'table {which}, RLE, of the symbol {symbol}', Frame(8).compressed(start, body).file()
		given = [PREDEFINED_TABLE] * 3
		given[which] = REPEATED_TABLE
		body = b'\1' + bytes([REPEAT << (6, 4, 2)[which]]) + b'\xff' * 6
		yield f'table {which}, repeated, and none before', Frame(8).compressed(start, body).file()
	modes = (PREDEFINED, RLE_MODE, FSE_MODE, REPEAT)
	for number, (first, second) in enumerate((first, second) for first in modes[:3] for second in modes):
		kept: List[List[Cell]] = [[], [], []]
		frame = Frame(8)
		for mode in first, second, REPEAT:
			of = [(1, 8, 3), (1, 8, 3), (1, 8, 3)]
			chosen = [(mode, chances_for({symbol_of(which, of[0][which])[0]: 1, 2: 1}, 6, rnd) if mode
				   == FSE_MODE else (), 6) for which in range(3)]
			frame.compressed(start, sequences(of, chosen, kept))
		frame.blocks.insert(0, (RAW, 26, TEXT))
		yield f'tables in modes {first}, {second}, 3', frame.file()


def windows() -> Iterator[Made]:
	"""Files with matches around the end of the window"""
	rnd = random.Random(31)
	for window, size in (0, 1024), (1, 1152), (8, 2048), (0x10, 4096), (0x28, 32768):
		frame, have = Frame(window), 0
		for _ in range(40 if size < 30000 else 14):
			of: List[Sequence3] = []
			text = rnd.randbytes(40)
			room = min(size, 128 << 10) - 40
			taken = 0
			for _ in range(rnd.randint(1, 9)):
				length = rnd.randint(0, 3)
				taken += length
				far = min(have + taken, size)
				match = rnd.choice((3, rnd.randint(3, 300), max(3, room // 10)))
				if room < match or not far:
					continue
				of.append((length, 3 + rnd.choice((far, rnd.randint(1, far), rnd.randint(1, min(far, 9)))),
					   match))
				room -= match
				have += match
			used = sum(one[0] for one in of)
			frame.compressed(plain(text[:max(used, 9)]), sequences(of))
			have += max(used, 9)
		yield f'matches around the end of a window of {size} bytes', frame.file()


def drawn(rnd: random.Random) -> bytes:
	"""Returns a frame of some blocks that are drawn."""
	window = rnd.choice((0, 3, 8, 0x20))
	size = (1 << (10 + (window >> 3))) // 8 * (8 + (window & 7))
	frame, have = Frame(window), 0
	kept: List[List[Cell]] = [[], [], []]
	code: Optional[Code] = None
	for _ in range(rnd.randint(1, 5)):
		kind = rnd.randrange(8)
		if kind == 0:
			data = rnd.randbytes(rnd.randint(0, 60))
			frame.block(RAW, data)
			have += len(data)
			continue
		if kind == 1:
			frame.block(RLE, rnd.randbytes(1), count := rnd.randint(0, 900))
			have += count
			continue
		of: List[Sequence3] = []
		room, used, produced = size - 300, 0, 0
		for _ in range(rnd.choice((0, 1, 3, 20, 90))):
			length = rnd.choice((0, 0, 1, 2, rnd.randint(0, 40)))
			far = min(have + produced + length, size)
			match = rnd.choice((3, 4, rnd.randint(3, 40), rnd.randint(3, 300)))
			if not far or room < match + length or used + length > 250:
				break
			value = rnd.choice((1, 2, 3, 3 + rnd.randint(1, far), 3 + far))
			if value <= 3 and have + produced < 40:
				value = 3 + rnd.randint(1, far)
			of.append((length, value, match))
			used += length
			produced += length + match
			room -= match + length
		data = bytes(rnd.choices(TEXT, k=used + rnd.randint(0, 20)))
		have += produced - used + len(data)
		kind = rnd.randrange(5)
		if kind == 0 or len(data) < 6:
			section_of = plain(data, 3 if rnd.randrange(2) else 1)
		elif kind == 1:
			section_of = section(RLE, 3, len(data)) + data[:1]
		elif kind == 2 and code:
			section_of = literals(data, code, b'', rnd.randrange(4))
		else:
			code = code_for(rnd, list(TEXT), rnd.choice((0, 0.4, 0.9)))
			description = code.direct() if rnd.randrange(2) else code.compressed(rnd)
			section_of = literals(data, code, description, rnd.randrange(4))
		chosen: List[Table] = []
		for which in range(3):
			symbols = {symbol_of(which, one[which])[0]: 1 for one in of}
			mode = rnd.randrange(4)
			log = rnd.randint(5, (9, 8, 9)[which])
			enough = kept[which] and symbols.keys() <= {cell.symbol for cell in kept[which]}
			if mode == REPEAT and enough:
				chosen.append(REPEATED_TABLE)
			elif mode == RLE_MODE and len(symbols) == 1:
				chosen.append((RLE_MODE, (), 0))
			elif mode == FSE_MODE and symbols and len(symbols) <= 1 << log:
				chosen.append((FSE_MODE, chances_for(symbols, log, rnd,
								     max(symbols)), log))
			else:
				chosen.append(PREDEFINED_TABLE)
		frame.compressed(section_of, sequences(of, chosen, kept))
	return frame.file()


def make() -> Iterator[Made]:
	"""Yields all files."""
	for part in frames(), literal_sections(), huffman_codes(), sequence_sections(), tables(), windows():
		yield from part
	yield from zstd_edges.make()
	for seed in range(500):
		yield f'random blocks, {seed}', drawn(random.Random(seed))
