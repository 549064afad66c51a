# SPDX-License-Identifier: GPL-2.0
"""
Makes the mutants of a run. Each has a row in the list, and a directory with its decompress.c. If
decompress.c is the same as in an earlier run, the directory keeps the results of that run.
"""

import filecmp
import os
import re
import shutil
from pathlib import Path
from typing import Dict, List, Sequence

from harness import base
from harness.base import Trouble
from harness.mutants.mutate import mutate
from harness.mutants.verdicts import Mutant
from harness.mutants.work import HERE, KERNEL, Work

# A sample has OF_KIND mutants of each kind, and one in OF_WRONG patches of wrong/.
OF_KIND = 2
OF_WRONG = 16


def patches_of(work: Work) -> List[Path]:
	"""Returns the patches to try. A sample of right changes has one of each kind."""
	ours = HERE / ('right' if work.right else 'history')
	directory = Path(work.patches) if work.patches else ours
	if not directory.is_dir() or not os.access(directory, os.R_OK | os.X_OK):
		raise Trouble(f'MUTANTS={work.patches}: no such directory, or it cannot be read')
	patches = sorted(directory.glob('*.patch'))
	if not patches:
		raise Trouble(f'MUTANTS={work.patches}: no *.patch in this directory')
	if work.right and work.sample:
		kinds: Dict[str, Path] = {}
		for path in patches:
			for line in re.findall('^Kind: .*', path.read_text(), re.MULTILINE):
				kinds.setdefault(line, path)
		patches = sorted(set(kinds.values()))
	return patches


def broken_by(work: Work, new: Path, patch: Path, kind: str) -> Mutant:
	"""Returns the mutant that a patch makes."""
	ident = re.sub('[^A-Za-z0-9]', '_', patch.stem)
	out = new / f'{ident}.c'
	if out.exists():
		raise Trouble(f'{patch}: another patch has the same name; rename it')
	shutil.copyfile(work.decompress, out)
	names_it = re.search(r'^\+\+\+ .*kernel/module/decompress\.c',
			     patch.read_text(errors='replace'), re.MULTILINE)
	if not names_it or base.run(['patch', '-sf', '--no-backup-if-mismatch', '-r', '-', out,
				     patch], both=True).returncode:
		raise Trouble(f'{patch} does not apply to kernel/module/decompress.c of linux '
			      f'{KERNEL} with its fixes')
	line = re.match(r'\d+', base.run(['diff', work.decompress, out]).stdout)
	if not line:
		raise Trouble(f'{patch} changes nothing in decompress.c')
	return Mutant(ident, '-', int(line[0]), kind, patch.stem)


def by_patches(work: Work) -> List[Mutant]:
	"""Returns the mutants that patches make. They come first, as patches may not apply."""
	new = work.directory / 'new'
	shutil.rmtree(new, ignore_errors=True)
	new.mkdir()
	found = [broken_by(work, new, patch, 'patch') for patch in patches_of(work)]
	if not work.patches and not work.right:
		wrong = sorted((HERE / 'wrong').glob('*.patch'))
		# Patches of wrong/ are tried natively first, like generated mutants.
		found += [broken_by(work, new, patch, 'wrong')
			  for patch in (wrong[::OF_WRONG] if work.sample else wrong)]
	return found


def generated(work: Work) -> List[Mutant]:
	"""
	Returns the mutants that mutate.c makes. Their IDs are hashes, so the first few of a kind are a
	random sample, but the same one every time.
	"""
	said = mutate(work.build, work.base / 'kernel', work.decompress, work.directory / 'new')
	rows = [Mutant.of_row(line) for line in said.splitlines()]
	if not work.sample:
		return rows
	kinds: Dict[str, List[Mutant]] = {}
	for row in sorted(rows, key=lambda row: row.ident):
		kinds.setdefault(row.kind, []).append(row)
	return [row for rows in kinds.values() for row in rows[:OF_KIND]]


def settle(work: Work, mutants: Sequence[Mutant]) -> None:
	"""Writes the list, and gives each mutant its directory."""
	(work.directory / 'list').write_text(''.join(f'{mutant.row()}\n' for mutant in mutants))
	for mutant in mutants:
		source = work.directory / f'new/{mutant.ident}.c'
		own = work.of(mutant.ident, 'decompress.c')
		if own.exists() and filecmp.cmp(source, own, shallow=False):
			continue
		shutil.rmtree(own.parent, ignore_errors=True)
		own.parent.mkdir()
		source.rename(own)
	shutil.rmtree(work.directory / 'new')
