# SPDX-License-Identifier: GPL-2.0
"""Configurations: what kunit.py needs to configure a tree with the suite and little else."""

import re
import subprocess
from pathlib import Path
from typing import List

from harness import base, locks
from harness.base import TOP, Trouble
from harness.machine import Machine, machines

FRAGMENTS = TOP / 'tools/testing/kunit/configs'
SMALL = TOP / 'harness/data/machines'

# The options of our kunitconfigs that a tree may lack, and the files that have them. Kernels before
# v6.12 lack the first; `make series CHECK=yes` tests kernel/module before the tests of lib/ are added.
OPTIONAL = {'MODULE_COMPRESS': 'kernel/module/Kconfig',
	    'ZLIB_INFLATE_KUNIT_TEST': 'lib/zlib_inflate/tests/Kconfig',
	    'XZ_DEC_KUNIT_TEST': 'lib/xz/tests/Kconfig',
	    'ZSTD_DECOMPRESS_KUNIT_TEST': 'lib/zstd/tests/Kconfig'}


def small(build: Path, tree: Path, machine: Machine, llvm: str) -> Path:
	"""
	Returns a minimal kunitconfig for a machine: the options of small.config and MACHINE.config,
	and all others off that can be off. kunit.py starts from the defaults, so the kunitconfig
	names only the options that differ from them. @llvm is the value of Kbuild's LLVM=.
	"""
	directory = build / 'config' / f'{tree.name}-{machine.name}{"-llvm" if llvm else ""}'
	lock = locks.take(directory / 'lock', f'another configuration of {tree.name}')
	try:
		(directory / 'all.config').write_text(''.join(
			(SMALL / f'{name}.config').read_text(encoding='utf-8')
			for name in ('small', machine.name)), encoding='utf-8')
		compiler = [f'LLVM={llvm}'] if llvm else \
			[f'CROSS_COMPILE={machine.cross}'] if machine.cross else []
		ended = subprocess.run(
			['make', '-C', str(tree), '-s', f'O={directory}', f'ARCH={machine.arch}', *compiler,
			 f'KCONFIG_ALLCONFIG={directory}/all.config', 'allnoconfig', 'savedefconfig'],
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
			text=True, env=base.environment(), check=False)
		if ended.returncode:
			base.say(ended.stdout)
			raise Trouble(f'cannot configure {tree} for {machine.name}; see above')
	finally:
		lock.release()
	return directory / 'defconfig'


def lacking(tree: Path) -> List[str]:
	"""Returns the options that a tree lacks. kunit.py refuses a kunitconfig that asks for them."""
	return [name for name, file in OPTIONAL.items()
		if not (tree / file).exists()
		or not re.search(f'^(menu)?config {name}$', (tree / file).read_text(encoding='utf-8'),
				 re.MULTILINE)]


def arguments(build: Path, tree: Path, arch: str, llvm: str = '') -> List[str]:
	"""
	Returns the arguments for kunit.py. A machine without a minimal configuration gets the suite on
	top of kunit.py's default for the architecture.
	"""
	known = {one.name: one for one in machines()}
	if arch == 'i386':
		args = [f'--kunitconfig={TOP}/.kunitconfig']
	elif arch == 'x86_64':
		args = [f'--kunitconfig={TOP}/.kunitconfig',
			'--kconfig_add=# CONFIG_HIGHMEM4G is not set']
	elif arch in known and (SMALL / f'{arch}.config').exists():
		args = [f'--kunitconfig={small(build, tree, known[arch], llvm)}']
	else:
		args = [f'--kunitconfig={TOP}/kernel/module/.kunitconfig']
	# A kunitconfig cannot make an option conditional.
	return args + [f'--kconfig_add=# CONFIG_{name} is not set' for name in lacking(tree)]


def fragment(given: str) -> Path:
	"""Returns the path of a configuration fragment for its name or its path."""
	for path in (FRAGMENTS / f'module_decompress_{given}.config', Path(given)):
		if path.is_file():
			return path.resolve()
	names = ' '.join(sorted(path.stem.removeprefix('module_decompress_')
				for path in FRAGMENTS.glob('module_decompress_*.config')))
	raise Trouble(f'CONFIG={given}: no such file or fragment; the fragments are {names}')


def options(path: Path) -> List[str]:
	"""Returns the lines of a fragment that switch an option on or off."""
	return [line for line in base.text(path).splitlines()
		if re.match('CONFIG_|# CONFIG_.* is not set$', line)]
