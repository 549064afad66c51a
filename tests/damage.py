# SPDX-License-Identifier: GPL-2.0
"""Damaged files and damaged configurations, for module-decompress-check."""

import gzip
import lzma
import random
import time
from pathlib import Path
from typing import Callable, List, Sequence

from support import run

CONFIG = b'''# Linux/x86 6.12.117 Kernel Configuration
CONFIG_CC_VERSION_TEXT="gcc"
CONFIG_MODULES=y
CONFIG_64BIT=y
# CONFIG_HIGHMEM is not set
CONFIG_MODULE_SIG_FORCE=n
CONFIG_MODULE_DECOMPRESS=y
CONFIG_MODULE_COMPRESS_XZ=y
CONFIG_XZ_DEC_X86=y
'''
CONFIGS = [CONFIG, gzip.compress(CONFIG), lzma.compress(CONFIG)]
SIGNATURE = b'x' * 300 + b'~Module signature appended~\n'
FILES_AT_ONCE = 100
REPORTS = 'ERROR: AddressSanitizer|runtime error|the checker (failed|died) on this file'
SANITIZERS = {
	'ASAN_OPTIONS': 'exitcode=99:detect_leaks=0:max_allocation_size_mb=600:'
			'allocator_may_return_null=1',
	'UBSAN_OPTIONS': 'exitcode=99',
}


def damaged(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
	"""Changes, removes and adds some bytes, half of them near the beginning."""
	out = bytearray(data)
	for _ in range(rng.randint(0, 5)):
		if not out:
			break
		at = rng.randrange(min(len(out), 64) if rng.random() < 0.5 else len(out))
		how = rng.choice('bbbbbdiitea')
		if how == 'b':
			out[at] = rng.choice([0, 255, out[at] ^ 1 << rng.randrange(8),
					      rng.randrange(256)])
		elif how == 'd':
			del out[at:at + rng.randint(1, 20)]
		elif how == 'i':
			out[at:at] = rng.randbytes(rng.randint(1, 9))
		elif how == 't':
			del out[at:]
		else:
			out += rng.choice([b'\0' * rng.randint(1, 9), SIGNATURE,
					   rng.choice(seeds)[:300]])
	return bytes(out)


def compressed(rng: random.Random, data: bytes) -> bytes:
	"""Returns some bytes, compressed in a random way or as they are."""
	how: List[Callable[[bytes], bytes]] = [
		lambda data: lzma.compress(data, check=lzma.CHECK_CRC32, preset=0),
		lambda data: gzip.compress(data, 1), bytes]
	return rng.choice(how)(data)


def ask_about_damaged(checker: Path, directory: Path, seeds: Sequence[bytes], *, seed: int,
		      seconds: float) -> None:
	"""
	Runs a @checker that was built with sanitizers on damaged files until the time is over.
	The files are the @seeds, and compressed parts of the ELF file among them. Fails if a
	sanitizer reports an error, if a process dies, or if a file has no answer. Then @directory
	has the files.
	"""
	rng = random.Random(seed)
	modules = [data for data in seeds if data.startswith(b'\x7fELF')]
	files, config = directory / 'files', directory / 'config'
	files.mkdir()
	asked, end = 0, time.monotonic() + seconds
	while time.monotonic() < end:
		for path in files.iterdir():
			path.unlink()
		for number in range(FILES_AT_ONCE):
			data = rng.choice(seeds)
			if rng.random() < 0.3:
				data = compressed(rng, damaged(rng, rng.choice(modules), seeds))
			suffix = rng.choice(['.ko', '.ko.gz', '.ko.xz', '.ko.zst'])
			(files / f'{number}{suffix}').write_bytes(damaged(rng, data, seeds))
		config.write_bytes(damaged(rng, rng.choice(CONFIGS), seeds))
		result = run(checker, rng.choice(['--kconfig=any', f'--kconfig={config}']),
			     '--kmod=' + rng.choice(['30', '34', '34+ZLIB', 'none']), '--verbose',
			     f'--json={directory}/json', f'--junit={directory}/junit', files,
			     status=None, env=SANITIZERS)
		asked += FILES_AT_ONCE
		assert result.status in (0, 1, 2) and not result.has(REPORTS), \
			f'status {result.status}, seed {seed}, after {asked} files'
	print(f'{asked} damaged files, seed {seed}: nothing found')
