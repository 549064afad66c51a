# SPDX-License-Identifier: GPL-2.0
"""
Writes the tables of the KUnit suites in lib/: those files of the conformance corpus that find most for
their size.
"""

import tempfile
import zlib
from pathlib import Path
from typing import Dict

from harness.base import TOP
from harness.blobs import core
from harness.conformance import corpus
from harness.conformance.decoders import SLOW

# The table of each algorithm, and the name of its struct
TABLES: Dict[str, Path] = {
	'gzip': TOP / 'lib/zlib_inflate/tests/inflate_files.h',
	'xz': TOP / 'lib/xz/tests/xz_dec_files.h',
	'zstd': TOP / 'lib/zstd/tests/zstd_decompress_files.h'}

HEAD = '''/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files, which find each fault in the decoder that larger ones find. They
 * are generated: by fuzzing, by real compressors, and from the specification.
 * Two independent decoders agree on the output.
 */
#include <linux/types.h>

/**
 * struct {name} - a compressed file, and its result
 * @what: description of the file
 * @data: content of the file
 * @size: size of the file in bytes
 * @len: how many bytes it decompresses to
 * @crc: the CRC32 of these bytes
 * @refused: the file is corrupt and must be refused
 */
struct {name} {{
	const char *what;
	const u8 *data;
	size_t size;
	size_t len;
	u32 crc;
	bool refused;
}};
'''


def description(why: str) -> str:
	"""Returns what to call a file: of one that was found by fuzzing, why it is refused."""
	what, reason = [*why.split('; '), ''][:2]
	found = what.startswith('found by fuzzing') and reason.startswith('refused: ')
	return reason.removeprefix('refused: ') + ', found by fuzzing' if found else what


def text(algorithm: str, directory: Path) -> str:
	"""Returns the table of an algorithm. @directory has the unpacked corpus."""
	name = TABLES[algorithm].stem.removesuffix('s')
	arrays, entries = '', ''
	for row in corpus.table(algorithm):
		if row.in_kernel != 'yes':
			continue
		data = (directory / algorithm / row.name).read_bytes()[1:]
		arrays += f'\nstatic const u8 {row.name}[] = {{\n{core.rows(data)}}};\n'
		what = description(row.why).replace('"', "'")
		entries += (f'\t{{\n\t\t.what = "{what}",\n\t\t.data = {row.name}, '
			    f'.size = sizeof({row.name}),\n')
		if ' 0,' in row.outcome[:11]:
			out = SLOW[algorithm](data)
			entries += f'\t\t.len = {len(out)}, .crc = {zlib.crc32(out):#010x},\n'
		else:
			entries += '\t\t.refused = true,\n'
		entries += '\t},\n'
	return (HEAD.format(name=name) + arrays
		+ f'\nstatic const struct {name} {name}s[] = {{\n{entries}}};\n')


def write() -> None:
	"""Writes all tables."""
	with tempfile.TemporaryDirectory() as directory:
		corpus.unpack(Path(directory))
		for algorithm, path in TABLES.items():
			path.write_text(text(algorithm, Path(directory)), encoding='utf-8')
