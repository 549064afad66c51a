#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Signatures of modules; see struct module_signature in the kernel.

signature.py signed MODULE: exit status 0 if the module has one, 1 if not
signature.py strip MODULE: the module without it, to stdout
signature.py bad MODULE DIRECTORY: make files there that the kernel must refuse: text.ko and, if the
	module is signed, changed.ko, misformatted.ko and unsigned.ko
"""

import struct
import sys
from pathlib import Path
from typing import Dict

MARKER = b'~Module signature appended~\n'
# Before the marker: five bytes, three of padding, and the size of what is before these
INFORMATION = struct.Struct('>8xI')


def is_signed(module: bytes) -> bool:
	"""Returns whether a module is signed."""
	return module.endswith(MARKER)


def strip(module: bytes) -> bytes:
	"""Returns a signed module without its signature."""
	rest = module[:-len(MARKER)]
	size, = INFORMATION.unpack(rest[-INFORMATION.size:])
	return rest[:-INFORMATION.size - size]


def bad(module: bytes) -> Dict[str, bytes]:
	"""Returns what is no good, by the names of the files."""
	files = {'text.ko': b'This is not a module.\n'}
	if is_signed(module):
		files['changed.ko'] = (module[:200] + bytes([(module[200] + 1) % 256]) +
				       module[201:])
		files['misformatted.ko'] = (module[:-len(MARKER) - 4] + b'\xff' * 4 + MARKER)
		files['unsigned.ko'] = strip(module)
	return files


def main(command: str, path: str, *directory: str) -> int:
	"""Runs one of the commands above."""
	module = Path(path).read_bytes()
	if command == 'signed':
		return 0 if is_signed(module) else 1
	if command == 'strip':
		sys.stdout.buffer.write(strip(module))
	else:
		for name, content in bad(module).items():
			(Path(directory[0]) / name).write_bytes(content)
	return 0


if __name__ == '__main__':
	sys.exit(main(*sys.argv[1:]))
