# SPDX-License-Identifier: GPL-2.0
"""What all the decoders share."""


TOO_SHORT = 'the input ends too early'


class Refused(Exception):
	"""The input breaks a rule of its format; the text names the rule."""


class Lacking(Refused):
	"""The input is as its format demands, but needs what the kernel lacks."""


class Undecided(Lacking):
	"""The input needs what this decoder lacks, and the kernel may have."""


class Bytes:
	"""Reads the input byte by byte."""

	def __init__(self, data: bytes) -> None:
		self.data = data
		self.at = 0

	def left(self) -> int:
		"""Returns the number of bytes not yet read."""
		return len(self.data) - self.at

	def take(self, count: int) -> bytes:
		"""Reads so many bytes."""
		if count > self.left():
			raise Refused(TOO_SHORT)
		self.at += count
		return self.data[self.at - count:self.at]

	def peek(self) -> int:
		"""Returns the next byte without reading it."""
		if not self.left():
			raise Refused(TOO_SHORT)
		return self.data[self.at]

	def byte(self) -> int:
		"""Reads a byte."""
		return self.take(1)[0]

	def little(self, count: int) -> int:
		"""Reads a number of so many bytes, the lowest first."""
		return int.from_bytes(self.take(count), 'little')

	def until_zero(self) -> bytes:
		"""Reads to the next zero byte, which it leaves out."""
		end = self.data.find(0, self.at)
		if end < 0:
			raise Refused(TOO_SHORT)
		return self.take(end + 1 - self.at)[:-1]
