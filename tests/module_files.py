# SPDX-License-Identifier: GPL-2.0
"""Module files, for the tests of make check-modules."""

import lzma
import tarfile
from pathlib import Path
from typing import List, Sequence

from harness.boot import debian
from support import BUILD, TOP, run

SUFFIXES = {'gzip': 'gz', 'xz': 'xz', 'zstd': 'zst'}

# Variables that change how a tool compresses: unset them
UNSET = ('GZIP', 'XZ_OPT', 'XZ_DEFAULTS', 'ZSTD_CLEVEL', 'ZSTD_NBTHREADS')


def shipped_modules() -> List[Path]:
	"""Returns the modules of a kernel of Debian's, each compressed by xz."""
	_, directory = debian.get_kernel(BUILD, 'amd64', 'linux-image-cloud-amd64/trixie')
	return sorted(directory.rglob('*.ko.xz'))


def module() -> bytes:
	"""Returns a module."""
	return lzma.decompress(next(path for path in shipped_modules()
				    if path.name == 'dummy.ko.xz').read_bytes())


def unpack_corpus(directory: Path) -> List[Path]:
	"""
	Writes the fuzzers' corpus as files with names of modules, and returns their paths.
	"""
	paths = []
	for format_name, suffix in SUFFIXES.items():
		with tarfile.open(TOP / f'harness/fuzz/corpus/{format_name}.tar.xz') as archive:
			for member in archive.getmembers():
				found = archive.extractfile(member)
				if not found:
					continue
				name = f'{Path(member.name).name}.ko.{suffix}'
				path = directory / format_name / name
				path.parent.mkdir(parents=True, exist_ok=True)
				# Leave out the first byte, which selects the allocation that fails.
				path.write_bytes(found.read()[1:])
				paths.append(path)
	return sorted(paths)


def write_blobs(directory: Path) -> List[Path]:
	"""Writes the known blobs, and returns their paths."""
	run(TOP / 'harness/blobs/blobs.py', 'files', directory)
	return sorted(directory.iterdir())


def build_sanitized(program: Path, *sources: Path, compiler: Sequence[str] = ('gcc',)) -> Path:
	"""Compiles a program with AddressSanitizer and UBSan."""
	run(*compiler, '-std=gnu11', '-O1', '-g', '-Wall', '-Wextra', '-Werror',
	    '-fsanitize=address,undefined', '-fno-sanitize-recover', '-o', program, *sources,
	    '-DKERNEL_NAME="a kernel"', '-larchive', '-llzma', '-lzstd', '-lz')
	return program
