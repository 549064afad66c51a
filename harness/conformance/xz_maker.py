# SPDX-License-Identifier: GPL-2.0
"""
Makes xz files that no compressor makes (the .xz format, LZMA2): each kind of symbol, length, distance,
chunk and reset, and each rule broken once.

The range encoder takes the place of the decoder's: xz_format.py decodes, asks it for each bit, and gets
the next one of a plan, which is encoded on the way.
"""

import random
import zlib
from dataclasses import dataclass, field
from typing import Callable, Iterator, List, Optional, Tuple

from harness.conformance.gzip_maker import Made
from harness.conformance.refused import Bytes
from harness.conformance.xz_format import (
	CRC32, FOOTER_MAGIC, HEADER_MAGIC, LOWEST_RANGE, LZMA2, NONE, PROBABILITY_BITS, Decoder,
	RangeDecoder, State)

# Resets of a chunk of LZMA data: its control byte without the size
CONTINUE, RESET_STATE, NEW_PROPERTIES, RESET_DICTIONARY = 0x80, 0xa0, 0xc0, 0xe0
COPY_AND_RESET, COPY = 1, 2


class RangeEncoder(RangeDecoder):
	"""Answers a decoder with the bits of a plan, and encodes them."""

	def __init__(self, plan: List[int]) -> None:	# pylint: disable=super-init-not-called
		self.plan = plan
		self.at = 0
		self.low = 0
		self.range = 0xffffffff
		self.places = 32

	def next(self) -> int:
		"""Returns the next bit of the plan."""
		self.at += 1
		return self.plan[self.at - 1]

	def normalize(self) -> None:
		"""Makes room for more bits."""
		if self.range < LOWEST_RANGE:
			self.range = self.range << 8 & 0xffffffff
			self.low <<= 8
			self.places += 8

	def bit(self, probabilities: List[int], index: int) -> int:
		"""Encodes a bit, and adapts its probability."""
		self.normalize()
		probability = probabilities[index]
		bound = (self.range >> PROBABILITY_BITS) * probability
		if not self.next():
			self.range = bound
			probabilities[index] += ((1 << PROBABILITY_BITS) - probability) >> 5
			return 0
		self.low += bound
		self.range -= bound
		probabilities[index] -= probability >> 5
		return 1

	def direct(self, count: int) -> int:
		"""Encodes bits that are 0 or 1 with the same probability."""
		value = 0
		for _ in range(count):
			self.normalize()
			self.range >>= 1
			bit = self.next()
			self.low += self.range * bit
			value = value << 1 | bit
		return value

	def data(self) -> bytes:
		"""Returns the encoded bytes. The decoder ends with a code of 0, as low is subtracted."""
		self.normalize()
		return b'\0' + self.low.to_bytes(self.places // 8, 'big')


def bits(value: int, count: int) -> List[int]:
	"""Returns the bits of a number, the highest first."""
	return [value >> place & 1 for place in reversed(range(count))]


def literal(byte: int) -> List[int]:
	"""Returns the bits of a literal."""
	return [0, *bits(byte, 8)]


def length_bits(length: int) -> List[int]:
	"""Returns the bits of a length from 2 to 273."""
	if length < 10:
		return [0, *bits(length - 2, 3)]
	if length < 18:
		return [1, 0, *bits(length - 10, 3)]
	return [1, 1, *bits(length - 18, 8)]


def match(length: int, distance: int) -> List[int]:
	"""Returns the bits of a match. A distance of 1 is the last byte."""
	distance -= 1
	plan = [1, 0, *length_bits(length)]
	if distance < 4:
		return [*plan, *bits(distance, 6)]
	count = distance.bit_length() - 2
	plan += bits(2 * (count + 1) + (distance >> count & 1), 6)
	low = bits(distance & ((1 << count) - 1), count)
	if count < 6:
		return [*plan, *reversed(low)]
	return [*plan, *low[:-4], *reversed(low[-4:])]


def again(which: int, length: int) -> List[int]:
	"""Returns the bits of a match with one of the last four distances."""
	return [1, 1, *([0, 1], [1, 0], [1, 1, 0], [1, 1, 1])[which], *length_bits(length)]


SHORT_AGAIN = [1, 1, 0, 0]


class Lenient(Decoder):
	"""Takes any distance."""

	def reach(self) -> int:
		return 1 << 32

	def back(self, distance: int) -> int:
		return super().back(distance) if distance < len(self.out) else 0


@dataclass
class Lzma2:
	"""Writes the chunks of a block, and keeps what the decoder would."""
	dictionary: int = 4096
	data: bytearray = field(default_factory=bytearray)
	decoder: Decoder = field(init=False)

	def __post_init__(self) -> None:
		self.decoder = Lenient(Bytes(b''), self.dictionary)
		self.decoder.end = 1 << 40

	@property
	def out(self) -> bytearray:
		"""What has been put out"""
		return self.decoder.out

	def copied(self, data: bytes, control: int = COPY) -> None:
		"""Writes a chunk that is not compressed."""
		if control == COPY_AND_RESET:
			self.decoder.begin = len(self.out)
			self.decoder.state = None
		self.data += bytes([control]) + (len(data) - 1).to_bytes(2, 'big') + data
		self.decoder.out += data

	def chunk(self, symbols: List[List[int]], control: int = CONTINUE, props: Tuple[int, int, int] = (
			3, 0, 2), longer: int = 0, more: bytes = b'', size: int = 0) -> None:
		"""
		Writes a chunk of LZMA data. @props: lc, lp, pb; @longer: how many bytes more the chunk
		claims to decompress to, and @size, to have; @more: bytes after its data
		"""
		decoder = self.decoder
		if control >= RESET_DICTIONARY:
			decoder.begin = len(self.out)
		if control >= NEW_PROPERTIES:
			decoder.state = State(*props)
		elif control >= RESET_STATE and decoder.state:
			decoder.state = State(decoder.state.lc, decoder.state.lp, decoder.state.pb)
		before = len(self.out)
		encoder = RangeEncoder([bit for symbol in symbols for bit in symbol])
		state = decoder.state or State(*props)
		while encoder.at < len(encoder.plan):
			decoder.symbol(encoder, state)
		data = encoder.data() + more
		produced = len(self.out) - before + longer - 1
		self.data += bytes([control | produced >> 16]) + (produced & 0xffff).to_bytes(2, 'big')
		self.data += (len(data) + size - 1).to_bytes(2, 'big')
		if control >= NEW_PROPERTIES:
			lc, lp, pb = props
			self.data.append((pb * 5 + lp) * 9 + lc)
		self.data += data

	def end(self) -> bytes:
		"""Returns the block's data."""
		return bytes(self.data) + b'\0'


def number(value: int) -> bytes:
	"""Returns an integer of variable length (1.2)."""
	data = b''
	while value >= 0x80:
		data += bytes([value & 0x7f | 0x80])
		value >>= 7
	return data + bytes([value])


def with_crc(data: bytes) -> bytes:
	"""Returns data with its CRC32."""
	return data + zlib.crc32(data).to_bytes(4, 'little')


@dataclass
class Stream:
	"""A stream (2). Each field can be made wrong."""
	blocks: List[Tuple[bytes, bytes]]
	"""LZMA2 data, and what it decompresses to"""
	check: int = CRC32
	properties: int = 0
	compressed: Optional[int] = None
	"""How many bytes more the header of a block says it has, or None to say nothing"""
	uncompressed: Optional[int] = None
	header: Callable[[bytes], bytes] = lambda data: data
	block_header: Callable[[bytes], bytes] = lambda data: data
	index: Callable[[bytes], bytes] = lambda data: data
	footer: Callable[[bytes], bytes] = lambda data: data
	padding: bytes = b'\0\0\0'
	index_padding: bytes = b'\0\0\0'
	header_padding: bytes = b'\0\0\0'

	def block(self, data: bytes, out: bytes) -> Tuple[bytes, int]:
		"""Returns a block, and its unpadded size (3)."""
		flags, sizes = 0, b''
		if self.compressed is not None:
			flags, sizes = 0x40, number(len(data) + self.compressed)
		if self.uncompressed is not None:
			flags, sizes = flags | 0x80, sizes + number(len(out) + self.uncompressed)
		header = bytes([flags]) + sizes + bytes([LZMA2, 1, self.properties])
		header = self.block_header(header)
		header += self.header_padding[:-(len(header) + 1) % 4]
		header = with_crc(bytes([(len(header) + 1) // 4]) + header)
		check = zlib.crc32(out).to_bytes(4, 'little') if self.check == CRC32 else b''
		return (header + data + self.padding[:-len(data) % 4] + check,
			len(header) + len(data) + len(check))

	def file(self) -> bytes:
		"""Returns the stream."""
		flags = bytes([0, self.check])
		data = self.header(HEADER_MAGIC + with_crc(flags))
		index = b'\0' + number(len(self.blocks))
		for compressed, out in self.blocks:
			block, size = self.block(compressed, out)
			data += block
			index += number(size) + number(len(out))
		index = self.index(index)
		index = with_crc(index + self.index_padding[:-len(index) % 4])
		fields = self.footer((len(index) // 4 - 1).to_bytes(4, 'little') + flags)
		return data + index + zlib.crc32(fields).to_bytes(4, 'little') + fields + FOOTER_MAGIC


def file(lzma2: Lzma2, check: int = CRC32) -> bytes:
	"""Returns a stream with one block."""
	bits = lzma2.dictionary.bit_length() - 13
	properties = 2 * bits + (lzma2.dictionary > 4096 << bits)
	return Stream([(lzma2.end(), bytes(lzma2.out))], check, properties).file()


def text(rnd: random.Random, count: int) -> List[List[int]]:
	"""Returns literals."""
	return [literal(rnd.choice(b'abcdefghijklmnop')) for _ in range(count)]


def symbols() -> Iterator[Made]:
	"""Files with each length, each distance, and each kind of match in each state"""
	rnd = random.Random(3)
	lzma2 = Lzma2()
	lzma2.chunk([*text(rnd, 20), *(match(length, 1 + length % 20) for length in range(2, 274))],
		    RESET_DICTIONARY)
	yield 'each length of a match', file(lzma2)
	lzma2 = Lzma2()
	plan = [*text(rnd, 20), match(2, 9)]
	for length in (*range(2, 20), 30, 145, 146, 272, 273):
		plan += [again(0, length), literal(length & 0xff)]
	lzma2.chunk(plan, RESET_DICTIONARY)
	yield 'lengths of a match with the last distance', file(lzma2)
	for which in range(4):
		lzma2 = Lzma2()
		lzma2.chunk([*text(rnd, 5), again(which, 4), literal(1)], RESET_DICTIONARY)
		yield f'the old distance {which} before any new one', file(lzma2)
	lzma2 = Lzma2(1 << 16)
	plan = text(rnd, 30)
	have = 30
	while have < 70000:
		plan += [match(273, rnd.randint(1, min(have, 65000))), literal(rnd.randrange(256))]
		have += 274
	edges = sorted({edge for place in range(17) for base in (1 << place, 3 << place >> 1)
			for edge in (base, base + 1) if 1 <= edge <= 65536})
	plan += [symbol for edge in edges for symbol in (match(2 + edge % 5, edge), literal(edge & 0xff))]
	lzma2.chunk(plan, RESET_DICTIONARY)
	yield 'distances around their extra bits', file(lzma2)
	kinds: List[Callable[[], List[int]]] = [
		lambda: literal(rnd.randrange(256)), lambda: match(2, rnd.randint(1, 9)),
		lambda: SHORT_AGAIN, *(lambda which=which: again(which, 2) for which in range(4))]
	lzma2 = Lzma2()
	plan = [*text(rnd, 12), match(2, 3), match(2, 5), match(2, 7), match(2, 9)]
	for first in kinds:
		for second in kinds:
			for third in kinds:
				plan += [first(), second(), third()]
	lzma2.chunk(plan, RESET_DICTIONARY)
	yield 'each kind of symbol in each state', file(lzma2)


def properties() -> Iterator[Made]:
	"""Files with each lc, lp and pb"""
	for lc in range(5):
		for lp in range(5 - lc):
			for pb in range(5) if (lc + lp) % 2 else (0, 4):
				rnd = random.Random(lc * 25 + lp * 5 + pb)
				lzma2 = Lzma2()
				lzma2.chunk([*text(rnd, 40), match(5, 8), *text(rnd, 3), again(0, 2),
					     SHORT_AGAIN, *text(rnd, 20), match(20, 30), literal(3)],
					    RESET_DICTIONARY, (lc, lp, pb))
				yield f'lc={lc}, lp={lp}, pb={pb}', file(lzma2)
	for props in (4, 1, 0), (0, 5, 0), (0, 0, 5), (8, 4, 4), (3, 2, 2):
		lzma2 = Lzma2()
		lzma2.copied(b'a', COPY_AND_RESET)
		lzma2.chunk([literal(65)], NEW_PROPERTIES, (3, 0, 2))
		data = bytearray(lzma2.end())
		lc, lp, pb = props
		data[4 + 5] = (pb * 5 + lp) * 9 + lc
		yield f'a byte of properties made of {props}', Stream(
			[(bytes(data), bytes(lzma2.out))]).file()


def chunks() -> Iterator[Made]:
	"""Files with each kind of chunk after each other one"""
	rnd = random.Random(11)
	controls = (COPY_AND_RESET, COPY, CONTINUE, RESET_STATE, NEW_PROPERTIES, RESET_DICTIONARY)
	for first in controls:
		for second in controls:
			lzma2 = Lzma2()
			for control in first, second, CONTINUE:
				if control <= COPY:
					lzma2.copied(b'copied', control)
				else:
					lzma2.chunk([*text(rnd, 9), match(3, 4), literal(70)], control,
						    (2, 1, 1))
			yield f'chunks {first:#x}, {second:#x}, 0x80', file(lzma2)
	for control in 3, 0x7f:
		lzma2 = Lzma2()
		lzma2.copied(b'abc', COPY_AND_RESET)
		lzma2.copied(b'abc', control)
		yield f'the control byte {control:#x}', file(lzma2)
	for what, more in (('a byte more', {'more': b'\0'}), ('less output than it says', {'longer': 1}),
			   ('more output than it says', {'longer': -1}), ('a size that is too small', {'size': -1}),
			   ('a size that is too large', {'size': 1})):
		lzma2 = Lzma2()
		lzma2.chunk([*text(rnd, 60), match(9, 20), literal(1)], RESET_DICTIONARY, **more)	# type: ignore[arg-type]
		lzma2.copied(b'more')
		yield f'a chunk with {what}', file(lzma2)
	for longer in -3, -1:
		lzma2 = Lzma2()
		lzma2.chunk([*text(rnd, 9), match(8, 4)], RESET_DICTIONARY, longer=longer)
		del lzma2.out[longer:]
		yield f'a match beyond the end of its chunk, by {-longer}', file(lzma2)
	for seed in range(4):
		lzma2 = Lzma2()
		lzma2.copied(rnd.randbytes(300), COPY_AND_RESET)
		lzma2.chunk([*[again(3, 273)] * (2 + seed), *text(rnd, 40)], NEW_PROPERTIES)
		yield f'a chunk that begins with {30 + 15 * seed} bits that are 1', file(lzma2)
	lzma2 = Lzma2(1 << 21)
	lzma2.chunk([literal(1), *[match(273, 1)] * 700], RESET_DICTIONARY)
	lzma2.chunk([match(273, 1)] * 100)
	yield 'a chunk of more than 128 KiB of output', file(lzma2)
	lzma2 = Lzma2()
	lzma2.copied(b'abc', COPY_AND_RESET)
	lzma2.chunk([SHORT_AGAIN], NEW_PROPERTIES)
	yield 'a chunk of LZMA data that has five bytes', file(lzma2)
	lzma2 = Lzma2(1 << 17)
	lzma2.chunk([literal(rnd.randrange(256)) for _ in range(300)], RESET_DICTIONARY)
	for _ in range(3):
		lzma2.chunk([*(literal(rnd.randrange(256)) for _ in range(60)), match(40, 100)])
	yield 'several chunks with one state', file(lzma2)


def dictionaries() -> Iterator[Made]:
	"""
	Files with distances to the beginning of the dictionary and to before it. They have no check,
	which would find a wrong byte.
	"""
	rnd = random.Random(13)
	for more in 0, 1:
		what = 'a match to before the dictionary' if more else 'a match of its first byte'
		lzma2 = Lzma2()
		lzma2.copied(b'xyz', COPY_AND_RESET)
		lzma2.chunk(text(rnd, 20), RESET_DICTIONARY)
		lzma2.chunk([match(4, 20 + more), literal(5)])
		yield f'{what}, after a reset', file(lzma2, NONE)
		lzma2 = Lzma2()
		lzma2.chunk([*[literal(9)] * (1 - more), match(4, 1), literal(5)], RESET_DICTIONARY)
		yield f'{what}, at once', file(lzma2, NONE)
		lzma2 = Lzma2()
		lzma2.copied(b'0123456789', COPY_AND_RESET)
		lzma2.chunk([literal(9), match(2, 11 + more), *text(rnd, 2), again(0, 3), literal(1)],
			    NEW_PROPERTIES)
		yield f'{what}, with copied bytes', file(lzma2, NONE)
		for size in 4096, 6144, 8192, 12288:
			lzma2 = Lzma2(size)
			lzma2.copied(rnd.randbytes(40), COPY_AND_RESET)
			plan, have = text(rnd, 30), 70
			while have < size + 3000:
				plan += [match(101, rnd.randint(1, min(have, size))),
					 literal(rnd.randrange(256))]
				have += 102
			lzma2.chunk([*plan, match(5, size + more), literal(7)], NEW_PROPERTIES)
			yield f'{what}, which is full, of {size} bytes', file(lzma2, NONE)
	for size in 4096, 6144, 8192:
		lzma2 = Lzma2(size)
		lzma2.copied(rnd.randbytes(100), COPY_AND_RESET)
		for _ in range(12):
			plan = text(rnd, 2)
			for _ in range(12):
				far = min(len(lzma2.out) - lzma2.decoder.begin, size)
				plan += [match(rnd.randint(2, 273), rnd.choice((far, rnd.randint(1, far)))),
					 literal(rnd.randrange(256)), again(rnd.randrange(2), 3)]
			lzma2.chunk(plan, NEW_PROPERTIES)
			lzma2.copied(rnd.randbytes(5))
		yield f'matches around the end of a dictionary of {size} bytes', file(lzma2)
	lzma2 = Lzma2()
	lzma2.chunk([*text(rnd, 4), match(2, 1 << 32), literal(1)], RESET_DICTIONARY)
	yield "the distance that is LZMA's mark of the end", file(lzma2, NONE)
	lzma2 = Lzma2()
	lzma2.copied(rnd.randbytes(90), COPY_AND_RESET)
	lzma2.copied(b'!')
	yield 'copied chunks only', file(lzma2)
	lzma2 = Lzma2(6144)
	lzma2.copied(rnd.randbytes(900), COPY_AND_RESET)
	lzma2.copied(bytes(number % 251 for number in range(6000)))
	lzma2.chunk([match(273, 6144), match(100, 3000)], NEW_PROPERTIES)
	yield 'a copied chunk around the end of the dictionary', file(lzma2)


def small() -> Tuple[bytes, bytes]:
	"""Returns a block that is used to break what is around it."""
	lzma2 = Lzma2()
	lzma2.chunk([*text(random.Random(1), 15), match(4, 5)], RESET_DICTIONARY)
	return lzma2.end(), bytes(lzma2.out)


def containers() -> Iterator[Made]:
	"""Files with each field of the container at its edge, or wrong"""
	one = small()

	def at(place: int, value: int) -> Callable[[bytes], bytes]:
		return lambda data: data[:place] + bytes([value]) + data[place + 1:]

	def instead(value: bytes, begin: int = 0, end: Optional[int] = None) -> Callable[[bytes], bytes]:
		return lambda data: data[:begin] + value + (data[end:] if end else b'')

	def flip(place: int) -> Callable[[bytes], bytes]:
		return lambda data: data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]

	yield 'no block', Stream([]).file()
	yield 'two blocks', Stream([one, one]).file()
	yield 'no check', Stream([one], NONE).file()
	for check in range(2, 16):
		yield f'the check {check}', Stream([one], check).file()
	for sizes in (0, None), (None, 0), (0, 0), (1, None), (-1, None), (None, 1), (None, -1), (
			-len(one[0]), None), (1 << 40, None), (None, 1 << 40):
		yield f'sizes in the header, {sizes}', Stream([one], compressed=sizes[0],
							      uncompressed=sizes[1]).file()
	for place in range(12):
		yield f'byte {place} of the header is wrong', Stream([one], header=flip(place)).file()
	for flags in b'\1\1', b'\0\x11':
		yield f'reserved flags, {flags.hex()}', Stream([one], header=instead(
			HEADER_MAGIC + with_crc(flags))).file()
	for value in (1, 2, 3, 4, 8, 0x10, 0x20):
		yield f'flags of the block, {value:#x}', Stream([one], block_header=at(0, value)).file()
	for what, header in (('another filter', b'\0\x03\1\0'), ('two bytes of properties', b'\0\x21\2\0\0'),
			     ('no properties', b'\0\x21\0'), ('a filter with a long ID', b'\0\xa1\0\1\0'),
			     ('a reserved filter', b'\0\x80\x80\x80\x80\x80\x80\x80\x80\x40\1\0'),
			     ('a filter that is cut off', b'\0\x21')):
		yield what, Stream([one], block_header=instead(header)).file()
	for value in (1, 2, 22, 23, 41, 63, 64, 0xc0):
		yield f'the dictionary size {value}', Stream([one], properties=value).file()
	for padding in b'\1\0\0', b'\0\1\0', b'\0\0\1':
		yield f'padding of a block, {padding.hex()}', Stream([one], padding=padding).file()
		yield f'padding of the index, {padding.hex()}', Stream([one, one], index_padding=padding).file()
		yield f'padding of the header, {padding.hex()}', Stream([one], compressed=0,
									 header_padding=padding).file()
	for count in (0, 2, 3):
		yield f'{count} records of one in the index', Stream([one], index=at(1, count)).file()
	for place in range(2, 4):
		yield f'byte {place} of the index is wrong', Stream([one], index=flip(place)).file()
	yield 'a record too many', Stream([one], index=lambda data: data[:1] + b'\2' + data[2:] * 2).file()
	yield 'records in another order', Stream([one, (b'\1\0\0a\0', b'a')], index=lambda data: (
		data[:2] + data[4:6] + data[2:4])).file()
	for coded in (b'\x81\0', b'\x81\x80\0', b'\x81' + b'\x80' * 7 + b'\x01', b'\x81' + b'\x80' * 8 + b'\1',
		      b'\x81' + b'\x80' * 8 + b'\2'):
		yield f'a number as {coded.hex()}', Stream([one], index=instead(coded, 1, 2)).file()
	for place in range(6):
		yield f'byte {place} of the footer is wrong', Stream([one], footer=flip(place)).file()
	whole = Stream([one], compressed=0, uncompressed=0).file()
	for place in range(12, len(whole)):
		yield f'byte {place} is wrong', flip(place)(whole)
	for place in range(len(whole)):
		yield f'cut off at byte {place}', whole[:place]
	lzma2 = Lzma2()
	lzma2.copied(random.Random(6).randbytes(125), COPY_AND_RESET)
	yield 'a header without padding', Stream([(lzma2.end(), bytes(lzma2.out))], compressed=0,
						 uncompressed=0).file()
	yield 'numbers of two bytes', Stream([(b'\1\0\0a\0', b'a')] * 130).file()
	yield from short_headers()


def short_headers() -> Iterator[Made]:
	"""
	Files in which a block's header ends before its filter does, and would be right if the CRC32 went
	on with the filter
	"""
	begin = Lzma2()
	begin.chunk([literal(1), *[match(273, 1)] * 61], RESET_DICTIONARY)
	for missing in 1, 2:
		def without_end(header: bytes, count: int = missing) -> bytes:
			return header[:-count]

		found = 0
		for size in range(200, 8000):
			lzma2 = begin if missing == 2 else Lzma2()
			data = bytes(lzma2.data) + bytes([COPY_AND_RESET]) + (size - 1).to_bytes(2, 'big')
			data, out = data + bytes(size) + b'\0', bytes(lzma2.out) + bytes(size)
			stream = Stream([(data, out)], compressed=0, uncompressed=0, block_header=without_end)
			block, _ = stream.block(data, out)
			crc = block[4 * block[0]:][:missing]
			if crc[:-1] == b'\1'[:missing - 1] and crc[-1] < 30 and found < 3:
				found += 1
				yield f'a header without the last {missing} bytes of its filter, {found}', stream.file()


def drawn(rnd: random.Random) -> bytes:
	"""Returns a file of some chunks that are drawn."""
	size = rnd.choice((4096, 4096, 8192, 1 << 16))
	lzma2 = Lzma2(size)
	lzma2.copied(rnd.randbytes(rnd.randint(1, 9)), COPY_AND_RESET)
	control = NEW_PROPERTIES
	for _ in range(rnd.randint(1, 4)):
		if rnd.random() < 0.2:
			lzma2.copied(rnd.randbytes(rnd.randint(1, 30)))
			continue
		lc = rnd.randint(0, 4)
		plan, have = [], len(lzma2.out)
		reps = 0 if control >= RESET_STATE else 4
		alphabet = rnd.randbytes(rnd.choice((1, 3, 30)))
		for _ in range(rnd.choice((5, 30, 120))):
			kind = rnd.randrange(6)
			length = rnd.choice((2, 3, rnd.randint(2, 273)))
			if kind < 2:
				plan.append(literal(rnd.choice(alphabet)))
				have += 1
			elif kind < 4 or not reps:
				plan.append(match(length, rnd.randint(1, min(have, size))))
				have += length
				reps = min(4, reps + 1)
			elif kind == 4:
				plan.append(SHORT_AGAIN)
				have += 1
			else:
				plan.append(again(rnd.randrange(reps), length))
				have += length
		lzma2.chunk(plan, control, (lc, rnd.randint(0, 4 - lc), rnd.randint(0, 4)))
		control = rnd.choice((CONTINUE, CONTINUE, RESET_STATE, NEW_PROPERTIES))
	return file(lzma2, rnd.choice((NONE, CRC32)))


def make() -> Iterator[Made]:
	"""Yields all files."""
	for part in symbols(), properties(), chunks(), dictionaries(), containers():
		yield from part
	for seed in range(300):
		yield f'random chunks, {seed}', drawn(random.Random(seed))
