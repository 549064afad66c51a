#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
core.py: makes the compressed files in kernel/module/tests/decompress_core.c anew, from the output
of known_byte(), each with the command in the comment above it.

check() decompresses the files with the stock tools, and compares with known_byte().
"""
import re
import subprocess
import sys
from pathlib import Path
from typing import List, Tuple

CORE = Path(__file__).resolve().parents[2] / 'kernel/module/tests/decompress_core.c'
TABLE = re.compile(r'(/\* ((gzip|xz|zstd) .*?) \*/\nstatic const u8 real_file\[\] = \{\n)(.*?)(\};\n)',
		   re.DOTALL)


def known(size: int) -> bytes:
	"""Returns @size bytes of known_byte() in decompress_core.c."""
	return bytes(ord('a') + i % 10 if i % 10 else ord('0') + i // 1000 % 10
		     for i in range(size))


def piped(command: str, data: bytes) -> bytes:
	"""Returns the output of a command for the data; it may be incomplete if the command fails."""
	return subprocess.run(command.split(), input=data, stdout=subprocess.PIPE,
			      stderr=subprocess.DEVNULL, check=False).stdout


def rows(data: bytes) -> str:
	"""Returns data as the lines of an array in C."""
	lines = (data[i:i + 12] for i in range(0, len(data), 12))
	return ''.join('\t' + ', '.join(f'0x{byte:02x}' for byte in line) + ',\n' for line in lines)


def read() -> Tuple[str, int, List[Tuple[str, ...]]]:
	"""Returns the text of decompress_core.c, the size of its decompressed files, and the files."""
	text = CORE.read_text(encoding='ascii')
	size = int(re.findall(r'#define KNOWN_SIZE\s+(\d+)', text)[0])
	return text, size, TABLE.findall(text)


def check() -> int:
	"""Checks the files. Returns 0 if all are right, or 1."""
	_, size, tables = read()
	if [table[2] for table in tables] != ['gzip', 'xz', 'zstd']:
		print('decompress_core.c: must have one file each of gzip, xz and zstd, in this order')
		return 1
	for _, command, tool, table, _ in tables:
		data = bytes(int(byte, 16) for byte in re.findall('0x(..)', table))
		if piped(f'{tool} -d -c', data) != known(size):
			print(f'decompress_core.c: the file of "{command}" does not decompress to '
			      'known_byte()')
			return 1
		print(f'ok: {command}: {len(data)} bytes')
	return 0


def main() -> int:
	"""Makes the compressed files again, and writes them to decompress_core.c."""
	text, size, _ = read()
	text = TABLE.sub(lambda m: m[1] + rows(piped(m[2], known(size))) + m[5], text)
	CORE.write_text(text, encoding='ascii')
	return 0


if __name__ == '__main__':
	sys.exit(main())
