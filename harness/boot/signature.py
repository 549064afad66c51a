# SPDX-License-Identifier: GPL-2.0
"""Signatures of modules; see struct module_signature in the kernel."""

import struct
from typing import Dict

MARKER = b'~Module signature appended~\n'
# The struct before the marker: five bytes, three bytes of padding, and the size of the signature,
# which comes before the struct
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
	"""Returns files that no kernel may load, by name. A signed module adds some."""
	files = {'text.ko': b'This is not a module.\n'}
	if is_signed(module):
		files['changed.ko'] = (module[:200] + bytes([(module[200] + 1) % 256]) +
				       module[201:])
		files['misformatted.ko'] = (module[:-len(MARKER) - 4] + b'\xff' * 4 + MARKER)
		files['unsigned.ko'] = strip(module)
	return files
