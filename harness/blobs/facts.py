# SPDX-License-Identifier: GPL-2.0
"""
Describes a compressed file in words for blobs.tsv, such as "window=32768". Reads only facts that
the stock tools do not print, and only files that they can decompress.
"""

import re
import subprocess
from pathlib import Path
from typing import List


def gzip_facts(data: bytes) -> str:
	"""Reads the part of RFC 1952 that the kernel reads: a block follows the name."""
	name, at = 'none', 10
	if data[3] & 8:
		end = data.index(0, 10)
		name, at = str(end - 10), end + 1
	block = ['stored', 'fixed', 'dynamic', 'invalid'][data[at] >> 1 & 3]
	return f'window=32768 flags={data[3]} name={name} mtime={sum(data[4:8])} block={block}'


def zstd_facts(data: bytes) -> str:
	"""Reads the frame header and the block headers of RFC 8878."""
	flags, at = data[4], 5
	single = bool(flags & 32)
	window = 0
	if not single:
		window = (1 << 10 + (data[at] >> 3)) // 8 * (8 + (data[at] & 7))
		at += 1
	width = 1 << (flags >> 6) if flags >> 6 else int(single)
	size = 'none'
	if width:
		size = str(int.from_bytes(data[at:at + width], 'little') + (width == 2) * 256)
		at += width
	blocks: List[str] = []
	is_last = False
	while not is_last and at < len(data):
		header = int.from_bytes(data[at:at + 3], 'little')
		is_last = bool(header & 1)
		blocks.append(['raw', 'RLE', 'compressed', 'invalid'][header >> 1 & 3])
		at += 3 + (1 if blocks[-1] == 'RLE' else header >> 3)
	check = flags >> 2 & 1
	return ' '.join([f'window={size if single else window}',
			 f'check={"XXH64" if check else "None"}', f'size={size}',
			 f'blocks={len(blocks)}', f'block={blocks[0]}', f'last={blocks[-1]}',
			 f'rest={len(data) - at - 4 * check}'])


def bytes_of(size: str) -> int:
	"""Returns the number of bytes of a size such as 64KiB."""
	number, unit = re.findall(r'^(\d+)(.*)$', size)[0]
	return int(number) * {'': 1, 'B': 1, 'KiB': 1 << 10, 'MiB': 1 << 20}[unit]


def bcj_facts(lzma2: bytes, window: int, payload: bytes) -> str:
	"""
	Compares the filtered bytes with the payload. Returns "bcj" if they differ both in the first 4096
	bytes and after them, so that the filter matters on both sides of the kernel's buffer boundary,
	and "straddled" if they differ right before and right behind this boundary.
	"""
	raw = subprocess.run(['xz', '-dc', '--format=raw', f'--lzma2=dict={window}'], input=lzma2,
			     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
	changed = {at for at, (a, b) in enumerate(zip(raw, payload)) if a != b}
	before = sum(at < 4096 for at in changed)
	words = []
	if before >= 100 and len(changed) - before >= 10:
		words.append('bcj')
	if changed & {4094, 4095} and changed & {4096, 4097}:
		words.append('straddled')
	return ' '.join(words)


def xz_facts(path: Path, payload: bytes) -> str:
	"""Reads the output of xz --list, and the first LZMA2 chunk."""
	listed = subprocess.run(['xz', '--robot', '-lvv', str(path)], stdout=subprocess.PIPE,
				text=True, check=True).stdout
	rows = [row.split('\t') for row in listed.splitlines()]
	file = next(row for row in rows if row[0] == 'file')
	facts = f'check={file[6]} blocks={file[2]}'
	block = next((row for row in rows if row[0] == 'block'), None)
	if not block:
		return facts + ' window=0'
	filters = block[15].replace(' ', ',')
	window = bytes_of(filters.rpartition('dict=')[2])
	offset = int(block[4]) + int(block[11])
	lzma2 = path.read_bytes()[offset:offset + int(block[13])]
	facts += (f' sizes={"yes" if block[12] == "cu" else "no"} filters={filters}'
		  f' window={window}')
	if lzma2[0] < 192:
		facts += ' chunk=copied'
	else:
		facts += (f' chunk=compressed lc={lzma2[5] % 9} lp={lzma2[5] // 9 % 5}'
			  f' pb={lzma2[5] // 45}')
	if ',--lzma2' in filters:
		facts += ' ' + bcj_facts(lzma2, window, payload)
	return facts


def facts(kind: str, path: Path, payload: bytes) -> List[str]:
	"""Returns the facts about a file of gzip, xz or zstd that decompresses to @payload."""
	if kind == 'gzip':
		return gzip_facts(path.read_bytes()).split()
	if kind == 'zstd':
		return zstd_facts(path.read_bytes()).split()
	return xz_facts(path, payload).split()
