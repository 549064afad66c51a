# SPDX-License-Identifier: GPL-2.0
"""The guest with little memory: files with a long output, or a large window."""

from pathlib import Path
from typing import Dict, List

from harness import base
from harness.boot.guest import Guest, files_in, list_files

COMPRESS = {'gzip': 'gzip -n -9', 'xz': 'xz --check=crc32 -9', 'zstd': 'zstd -q -19 --long=19'}

# Files that consist of a header only, by the size of the window that they declare. zstd's 3G
# declares 3.75 GiB.
HEADERS: Dict[str, Dict[str, str]] = {
	'gzip': {},
	'xz': {'128M': 'fd377a585a0000016922de36020021011e0000009b075166',
	       '3G': 'fd377a585a0000016922de360200210127000000b0b072eb'},
	'zstd': {'128M': '28b52ffd0088010000', '3G': '28b52ffd00af010000'},
}


def make_zeros(algorithm: str, size: str, file: Path) -> None:
	"""Makes a compressed file of zeros, unless it exists."""
	if file.exists():
		return
	new = file.with_name(f'{file.name}.new')
	base.run(['sh', '-c', f'head -c {size} /dev/zero | {COMPRESS[algorithm]} >"$1"', 'sh',
		  new]).check_returncode()
	new.rename(file)


def make_files(directory: Path, algorithm: str) -> None:
	"""Makes the files that harness/guest/memory.c loads."""
	directory.mkdir(parents=True, exist_ok=True)
	make_zeros(algorithm, '192M', directory / 'half')
	make_zeros(algorithm, '1536M', directory / 'long')
	for name, digits in HEADERS[algorithm].items():
		(directory / name).write_bytes(bytes.fromhex(digits))


def content(guest: Guest, modules: Path, algorithm: str) -> List[str]:
	"""Makes the guest's files, and returns the lines for gen_init_cpio."""
	directory = guest.path / 'hostile' / algorithm
	with guest.making('built: no files', lambda: 'still making files'):
		make_files(directory, algorithm)
	small = (str(path.relative_to(modules)) for path in modules.glob('kernel/fs/binfmt_script.ko.*'))
	return [*list_files(files_in(directory), directory, '/hostile'),
		*list_files(small, modules, f'/lib/modules/{modules.name}')]
