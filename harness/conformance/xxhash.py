# SPDX-License-Identifier: GPL-2.0
"""
XXH64 with the seed 0, as in the "xxHash fast digest algorithm", which RFC 8878 refers to; and XXH32, in
which the suite's programs tell what comes out of a decoder.
"""

PRIMES = (0, 0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9, 0x85ebca77c2b2ae63,
	  0x27d4eb2f165667c5)
MASK = 0xffffffffffffffff


def rotate(value: int, count: int) -> int:
	"""Rotates 64 bits to the left."""
	return (value << count | value >> (64 - count)) & MASK


def a_round(value: int, lane: int) -> int:
	"""Mixes eight bytes into an accumulator."""
	return rotate((value + lane * PRIMES[2]) & MASK, 31) * PRIMES[1] & MASK


def xxh64(data: bytes) -> int:
	"""Returns the hash of @data."""
	lanes = [int.from_bytes(data[at:at + 8], 'little') for at in range(0, len(data) & ~7, 8)]
	striped = len(data) // 32 * 4
	value = PRIMES[5]
	if striped:
		sums = [(PRIMES[1] + PRIMES[2]) & MASK, PRIMES[2], 0, -PRIMES[1] & MASK]
		for number, lane in enumerate(lanes[:striped]):
			sums[number % 4] = a_round(sums[number % 4], lane)
		value = sum(map(rotate, sums, (1, 7, 12, 18))) & MASK
		for one in sums:
			value = ((value ^ a_round(0, one)) * PRIMES[1] + PRIMES[4]) & MASK
	value = (value + len(data)) & MASK
	for lane in lanes[striped:]:
		value = (rotate(value ^ a_round(0, lane), 27) * PRIMES[1] + PRIMES[4]) & MASK
	at = len(data) & ~7
	if len(data) - at >= 4:
		lane = int.from_bytes(data[at:at + 4], 'little')
		value = (rotate(value ^ lane * PRIMES[1] & MASK, 23) * PRIMES[2] + PRIMES[3]) & MASK
		at += 4
	for byte in data[at:]:
		value = rotate(value ^ byte * PRIMES[5] & MASK, 11) * PRIMES[1] & MASK
	value = (value ^ value >> 33) * PRIMES[2] & MASK
	value = (value ^ value >> 29) * PRIMES[3] & MASK
	return value ^ value >> 32


PRIMES_32 = (0, 0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1)
MASK_32 = 0xffffffff


def rotate_32(value: int, count: int) -> int:
	"""Rotates 32 bits to the left."""
	return (value << count | value >> (32 - count)) & MASK_32


def xxh32(data: bytes) -> int:
	"""Returns the hash of @data."""
	lanes = [int.from_bytes(data[at:at + 4], 'little') for at in range(0, len(data) & ~3, 4)]
	striped = len(data) // 16 * 4
	value = PRIMES_32[5]
	if striped:
		sums = [(PRIMES_32[1] + PRIMES_32[2]) & MASK_32, PRIMES_32[2], 0, -PRIMES_32[1] & MASK_32]
		for number, lane in enumerate(lanes[:striped]):
			sums[number % 4] = rotate_32((sums[number % 4] + lane * PRIMES_32[2]) & MASK_32,
						     13) * PRIMES_32[1] & MASK_32
		value = sum(map(rotate_32, sums, (1, 7, 12, 18))) & MASK_32
	value = (value + len(data)) & MASK_32
	for lane in lanes[striped:]:
		value = rotate_32((value + lane * PRIMES_32[3]) & MASK_32, 17) * PRIMES_32[4] & MASK_32
	for byte in data[len(data) & ~3:]:
		value = rotate_32((value + byte * PRIMES_32[5]) & MASK_32, 11) * PRIMES_32[1] & MASK_32
	value = (value ^ value >> 15) * PRIMES_32[2] & MASK_32
	value = (value ^ value >> 13) * PRIMES_32[3] & MASK_32
	return value ^ value >> 16
