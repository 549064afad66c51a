# SPDX-License-Identifier: GPL-2.0
"""The corpus: the fewest and smallest inputs that reach all code that the fuzzers reached."""

import lzma
import tarfile
from pathlib import Path

from harness.base import TOP

CORPUS = TOP / 'harness/fuzz/corpus'


def unpack(directory: Path, packed: Path = CORPUS) -> None:
	"""Unpacks the corpus in @packed into @directory/gzip, xz and zstd."""
	for archive in packed.glob('*.tar.xz'):
		with tarfile.open(archive) as tar:
			tar.extractall(directory / archive.name.partition('.')[0])


def pack(algorithm: str, directory: Path, packed: Path = CORPUS) -> None:
	"""Replaces the corpus of an algorithm in @packed. The same files make the same archive."""
	with lzma.open(packed / f'{algorithm}.tar.xz', 'wb', preset=9) as archive, \
	     tarfile.open(fileobj=archive, mode='w') as tar:
		for path in sorted(directory.iterdir()):
			member = tarfile.TarInfo(path.name)
			member.size = path.stat().st_size
			with path.open('rb') as file:
				tar.addfile(member, file)
