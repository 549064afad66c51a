# SPDX-License-Identifier: GPL-2.0
"""Builds mutate.c and schema.c, and runs mutate with the flags of decompress.c in a kernel."""

import os
import re
import shlex
from pathlib import Path
from typing import List

from harness import base
from harness.base import Trouble
from harness.mutants.work import HERE, saved_command


def numbers(path: Path) -> List[int]:
	"""Returns the numbers in a path."""
	return [int(number) for number in re.findall('[0-9]+', str(path))]


def libclang() -> Path:
	"""
	Returns the directory of the newest libclang, which has include/ and lib/. The mutants depend on
	the syntax tree of its version. equivalent.tsv was made with version 14, which Debian 12 has.
	"""
	headers = Path('/usr/lib').glob('llvm-*/include/clang-c/Index.h')
	return max(headers, key=numbers).parent.parent.parent


def compiled(build: Path, name: str, *sources: Path) -> Path:
	"""Builds NAME.c with other sources and libclang, and returns the program."""
	llvm = libclang()
	program, new = build / name, build / f'{name}.{os.getpid()}'
	all_sources = [HERE / f'{name}.c', HERE / 'source.c', HERE / 'syntax_tree.c', *sources]
	try:
		made = base.run(['cc', '-O2', f'-I{llvm}/include', '-o', new, *all_sources,
				 f'-L{llvm}/lib', '-lclang'])
		if made.returncode:
			raise Trouble(f'cannot build harness/mutants/{name}.c; see above')
		base.put(new, program)
	finally:
		new.unlink(missing_ok=True)
	return program


def mutate(build: Path, kernel: Path, *args: base.Arg) -> str:
	"""Runs mutate with the flags of the kernel built in @kernel, and returns its output."""
	program = compiled(build, 'mutate', HERE / 'calls.c', *sorted(HERE.glob('*operators.c')))
	flags = shlex.split(saved_command(kernel, 'kernel/module/decompress.o'))
	ended = base.run([program, *args, '--', *flags], cwd=kernel)
	if ended.returncode:
		raise Trouble('mutate failed on decompress.c; see above')
	return ended.stdout
