# SPDX-License-Identifier: GPL-2.0
"""The stages before a mutant is booted: tries it natively, and compiles it for the kernel."""

import random
import re
import shutil
from pathlib import Path
from typing import Callable, Dict, List, Sequence

from harness import base
from harness.base import Trouble, patience, say
from harness.mutants.verdicts import Mutant
from harness.mutants.work import ARCH, HERE, Work

# One in so many of the mutants that are caught natively is also booted
ALSO_BOOTED = 20

ALGORITHMS = ('GZIP', 'XZ', 'ZSTD')
NO_ALGORITHM = ''.join(f'#undef CONFIG_MODULE_COMPRESS_{name}\n' for name in ALGORITHMS)


def go_through(work: Work, script: str, left: Callable[[], List[str]], done: str,
	       still: Callable[[], str]) -> None:
	"""Runs a script on the mutants of @left(). Afterwards, @left() must return none."""
	with patience(still):
		ended = work.side_by_side(
			lambda ident: base.run(['sh', HERE / script, work.base, work.of(ident)],
					       both=True), left())
	if left():
		# The disk may be full, for example.
		words = ''.join(one.stdout for one in ended if one.returncode).partition('\n')[0]
		raise Trouble(f'{len(left())} mutants could not be {done}: {words}; run the '
			      'command again to go on')


def try_natively(work: Work, mutants: Sequence[Mutant]) -> None:
	"""Tries right changes and mutants natively. The patches of mutants run only in a kernel."""
	def left() -> List[str]:
		return [mutant.ident for mutant in mutants if (work.right or not mutant.is_patch)
			and not work.of(mutant.ident, 'native.log').exists()]

	def still() -> str:
		return f'{sum(1 for _ in (work.directory / "obj").glob("*/native.log"))} tried'

	go_through(work, 'right_native.sh' if work.right else 'mutant_native.sh', left, 'tried',
		   still)
	if work.right:
		with patience(still):
			check(work, mutants)


def check(work: Work, changes: Sequence[Mutant]) -> None:
	"""
	Compiles right changes with Kbuild's W=1 and sparse, for each of the three algorithms. Writes
	the lines with warnings and errors to the file "warnings".
	"""
	checked = work.directory / 'checked'
	checked.mkdir(exist_ok=True)
	shutil.copy(work.tree / 'kernel/module/internal.h', checked)

	def put(name: str, text: str) -> None:
		new = checked / f'{name}.new'
		new.write_text(text)
		base.put(new, checked / name)

	objects = []
	for change in changes:
		put(f'{change.ident}.c', work.of(change.ident, 'decompress.c').read_text())
		for algorithm in ALGORITHMS:
			put(f'{change.ident}_{algorithm}.c', NO_ALGORITHM +
			    f'#define CONFIG_MODULE_COMPRESS_{algorithm} 1\n'
			    f'#include "{change.ident}.c"\n')
			objects.append(f'{change.ident}_{algorithm}.o')
	(checked / 'Kbuild').write_text(''.join(f'obj-m += {name}\n' for name in objects))
	said = base.run(['make', '-C', work.tree, f'O={work.base / "kernel"}', f'ARCH={ARCH}',
			 f'M={checked}', 'W=1', 'C=2', '--keep-going', f'--jobs={work.jobs}',
			 *objects], both=True).stdout
	(checked / 'log').write_text(said)
	warnings = [line for line in said.splitlines() if re.search('warning: |error: ', line)]
	warnings += [f'{name} is not built' for name in objects if not (checked / name).exists()]
	(work.directory / 'warnings').write_text(''.join(f'{line}\n' for line in warnings))


def is_caught(log: Path) -> bool:
	"""Returns whether a native program failed an expectation."""
	text = log.read_text(errors='replace') if log.exists() else ''
	return bool(re.search('^not ok ', text, re.MULTILINE)) and 'EXPECTATION FAILED' in text


def judge_natively(work: Work, mutants: Sequence[Mutant]) -> List[Mutant]:
	"""
	Records which mutants are caught natively. Returns the mutants for the kernel: all others, and a
	random sample of the caught ones, which changes with the kernel.
	"""
	caught = [mutant for mutant in mutants
		  if not mutant.is_patch and is_caught(work.of(mutant.ident, 'native.log'))]
	(work.directory / 'native').write_text(''.join(
		f'{mutant.ident} {work.of(mutant.ident, "native.log")}\n' for mutant in caught))
	if not work.right:
		say(f'{len(caught)} are caught.')
	draw = random.Random((work.base / 'key').read_text())
	also = draw.sample(caught, -(-len(caught) // ALSO_BOOTED))
	natively = {mutant.ident for mutant in caught}
	return [mutant for mutant in mutants if mutant.ident not in natively] + also


def compile_for_kernel(work: Work, mutants: Sequence[Mutant]) -> None:
	"""
	Compiles mutants as Kbuild does. Each leaves a file "sum" or "not-built"; a mutant with one of
	them is not compiled again.
	"""
	def is_done(ident: str) -> bool:
		return work.of(ident, 'sum').exists() or work.of(ident, 'not-built').exists()

	def still() -> str:
		done = sum(1 for name in ('sum', 'not-built')
			   for _ in (work.directory / 'obj').glob(f'*/{name}'))
		return f'{done} compiled'

	say(f'Compiling {len(mutants)} of them for the kernel ...')
	go_through(work, 'mutant_compile.sh',
		   lambda: [mutant.ident for mutant in mutants if not is_done(mutant.ident)],
		   'compiled', still)


def sums(work: Work, mutants: Sequence[Mutant]) -> Dict[str, str]:
	"""Returns the checksums of the mutants that compile to other code than decompress.c."""
	found = {mutant.ident: work.of(mutant.ident, 'sum').read_text().strip()
		 for mutant in mutants if work.of(mutant.ident, 'sum').exists()}
	return {ident: one for ident, one in found.items() if one != 'same'}


def useless(work: Work, mutants: Sequence[Mutant]) -> List[str]:
	"""
	Returns a line for each patch that does not build, or changes no code: such a patch is a
	mistake.
	"""
	lines = []
	differ = sums(work, mutants)
	for mutant in mutants:
		not_built = work.of(mutant.ident, 'not-built')
		if not mutant.is_patch or mutant.ident in differ:
			continue
		if not_built.exists():
			error = re.search('.*error: .*', not_built.read_text())
			lines.append(f'{mutant.what}.patch does not build: '
				     f'{Path(error[0]).name if error else ""}')
		else:
			lines.append(f'{mutant.what}.patch changes no code of decompress.c')
	return lines
