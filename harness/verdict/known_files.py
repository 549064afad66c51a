#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
known_files.py: boots a kernel of each release, as shipped, lets it load the known blobs, and writes
the answers to Documentation/modules.md.
"""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / 'Documentation' / 'modules.md'
KERNELS = ('6.1', '6.12', 'newest')
BEGIN, END = '<!-- known files: begin -->\n', '<!-- known files: end -->\n'


def answers_of(kernel: str, directory: Path) -> Tuple[str, Dict[str, str]]:
	"""Returns the version of a kernel, and its answer for each file."""
	names = b'\0'.join(os.fsencode(path) for path in sorted(directory.iterdir()))
	with tempfile.NamedTemporaryFile() as answers:
		ended = subprocess.run(
			['make', '-C', TOP, '--no-print-directory', 'check-modules', 'BOOT=yes',
			 f'KERNEL={kernel}', 'KMOD=none', 'FILES_FROM=-', f'JSON={answers.name}'],
			input=names, stdout=subprocess.DEVNULL, check=False)
		if ended.returncode > 1:
			sys.exit(2)
		found = json.loads(Path(answers.name).read_bytes())
	kernels = {Path(file['file']).stem:
		   'taken' if file['kernel']['verdict'] == 'right'
		   else file['kernel']['why'].partition(';')[0] for file in found['files']}
	return found['code'].split()[1].rstrip(','), kernels


def item(versions: Sequence[str], answers: Sequence[str], names: Sequence[str]) -> str:
	"""Returns the item for the files that get these answers from these versions."""
	alike = {answer: ', '.join(version for version, other in zip(versions, answers)
				   if other == answer) for answer in answers}
	head = '; '.join(f'{who}: {answer}' for answer, who in alike.items())
	return textwrap.fill(f'- **{head}:** ' + ', '.join(f'`{name}`' for name in names), 100,
			     subsequent_indent='  ', break_on_hyphens=False) + '\n'


def main() -> None:
	"""Writes the list. Files to which all kernels give the same answers share an item."""
	with tempfile.TemporaryDirectory() as directory:
		subprocess.run([TOP / 'harness/blobs/blobs.py', 'files', directory], check=True)
		found = [answers_of(kernel, Path(directory)) for kernel in KERNELS]
	rows: Dict[Tuple[str, ...], List[str]] = {}
	for name in found[0][1]:
		rows.setdefault(tuple(kernel[name] for _, kernel in found), []).append(name)
	items = ''.join(item([version for version, _ in found], answers, names)
			for answers, names in rows.items())
	before, _, rest = PAGE.read_text().partition(BEGIN)
	PAGE.write_text(f'{before}{BEGIN}\n{items}\n{END}{rest.partition(END)[2]}')


if __name__ == '__main__':
	main()
