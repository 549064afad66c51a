#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# Run the kernel's own kunit.py, from any directory, with the same subcommands and flags.
# Before that, prepare a kernel tree that contains the suite, and add default arguments.
# KERNEL and FIXES in the environment select the tree.

import os
import sys
from pathlib import Path
from typing import List, NoReturn, Sequence, Set, Tuple

ROOT = os.path.realpath(__file__).split('/tools/testing/kunit/', maxsplit=1)[0]
sys.path.insert(0, ROOT)
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from harness import base, build, configuration, fixes, packages, tree
from harness.base import Trouble
from harness.fixes import Fixes
from harness.kernel import Sources
from harness.machine import Machine, machines

# Options with a path. The path must be absolute, because the tree's kunit.py changes
# directory. The value of an option in OPTIONAL_PATH_OPTIONS always follows a "=".
PATH_OPTIONS = {'--build_dir', '--kunitconfig', '--qemu_config'}
OPTIONAL_PATH_OPTIONS = {'--json', '--junit'}


def absolute_path(option: str, value: str) -> str:
	"""Returns the absolute path for the value of an option."""
	if not value or (option in OPTIONAL_PATH_OPTIONS and value == 'stdout'):
		return value
	# A path that does not exist here may be a path in the tree, such as kernel/module.
	if option in ('--kunitconfig', '--qemu_config') and not os.path.exists(value):
		return value
	return os.path.abspath(value)

def absolute_args(args: Sequence[str]) -> Tuple[List[str], Set[str]]:
	"""Returns the arguments with absolute paths, and the set of option names."""
	result: List[str] = []
	names: Set[str] = set()
	rest = iter(args)
	for arg in rest:
		name, has_value, value = arg.partition('=')
		names.add(name)
		if name in PATH_OPTIONS and not has_value:
			result += [name, absolute_path(name, next(rest, ''))]
		elif name in PATH_OPTIONS | OPTIONAL_PATH_OPTIONS and has_value:
			result.append(f'{name}={absolute_path(name, value)}')
		else:
			result.append(arg)
	return result, names

def arch_of(args: Sequence[str]) -> str:
	"""Returns the value of the last --arch, or kunit.py's default."""
	arch = 'um'
	for i, arg in enumerate(args):
		if arg.startswith('--arch='):
			arch = arg.partition('=')[2]
		elif arg == '--arch' and i + 1 < len(args):
			arch = args[i + 1]
	return arch

def machine(arch: str) -> Machine:
	"""Returns the machine of the project for arch, or one without anything."""
	return next((one for one in machines() if one.name == arch),
		    Machine(arch, arch, '', '', '', '', '', ''))

def default_args(own: tree.Tree, arch: str, given: Set[str]) -> List[str]:
	"""Returns arguments for the options that the caller did not give."""
	args = []
	if '--build_dir' not in given:
		args.append('--build_dir=' + os.path.abspath('.kunit'))
	if not given & {'--kunitconfig', '--alltests'}:
		args += configuration.arguments(own.path.parent.parent, own.path, arch)
	one = machine(arch)
	if one.cross and '--cross_compile' not in given:
		args.append('--cross_compile=' + one.cross)
	# The tree's own kunit.py may not support this machine.
	new = bool(one.qemu) and '--qemu_config' not in given and \
		not (own.path / tree.KUNIT / f'qemu_configs/{arch}.py').exists()
	if new:
		os.environ['KUNIT_MACHINE'] = arch
		args.append(f'--qemu_config={build.QEMU_CONFIG}')
	if one.qemu and (new or '--qemu_args' not in given):
		args.append('--qemu_args=' + one.qemu_args)
	return args

def prepare(command: str, arch: str, builds: bool) -> tree.Tree:
	"""Returns the tree. Its lock lasts until kunit.py ends: it must not change in a build."""
	given = os.environ.get('KERNEL') or '6.12'
	directory = base.build_directory(os.environ.get('BUILD', ''))
	may_install = os.environ.get('INSTALL') != 'no'
	if builds and machine(arch).image:
		packages.need_for_kernel(machine(arch), False, may_install)
	elif builds:
		packages.need(packages.FOR_A_BUILD, may_install)
	decompress = os.environ.get('DECOMPRESS')
	return tree.make(directory, Sources(directory, may_install).find(given),
			 Fixes(os.environ.get('FIXES') or fixes.default_fixes(given)),
			 Path(decompress) if decompress else None,
			 f'kunit.py {command}, process {os.getpid()}')

def main(argv: Sequence[str]) -> NoReturn:
	"""Prepares the tree, and replaces this process with the kunit.py of the tree."""
	command = argv[0] if argv else ''
	args, given = absolute_args(argv[1:])
	arch = arch_of(args)
	builds = command in ('config', 'build', 'exec', 'run') and not given & {'-h', '--help'}
	try:
		own = prepare(command, arch, builds)
		if builds:
			args = default_args(own, arch, given) + args
	except Trouble as error:
		base.refuse(error, 'kunit.py')
		sys.exit(2)
	if command == 'parse':
		args = [a if a.startswith('-') else os.path.abspath(a) for a in args]
	for variable in base.MAKES_OWN:
		os.environ.pop(variable, None)
	kunit_py = str(own.path / tree.KUNIT / 'kunit.py')
	os.execv(sys.executable, [sys.executable, kunit_py, *argv[:1], *args])


if __name__ == '__main__':
	main(sys.argv[1:])
