#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# Run the kernel's own kunit.py, from any directory, with the same subcommands and flags.
# Before that, prepare a kernel tree that contains the suite, and add default arguments.
# KERNEL and FIXES in the environment select the tree.

import os
import subprocess
import sys
from typing import List, NoReturn, Sequence, Set, Tuple

ROOT = os.path.realpath(__file__).split('/tools/testing/kunit/', maxsplit=1)[0]
LIB = os.path.join(ROOT, 'harness/lib')
BUILD = os.path.abspath(os.environ.get('BUILD') or os.path.join(ROOT, 'build'))

# Options with a path. The path must be absolute, because the tree's kunit.py changes
# directory. The value of an option in OPTIONAL_PATH_OPTIONS always follows a "=".
PATH_OPTIONS = {'--build_dir', '--kunitconfig', '--qemu_config'}
OPTIONAL_PATH_OPTIONS = {'--json', '--junit'}

# Variables that a calling make exports, and that would affect the kernel's makefiles.
MAKE_VARIABLES = ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES',
		  'ARCH', 'CROSS_COMPILE')

# The file descriptor through which tree.sh locks a tree.
LOCK = 9


def script(name: str, *args: str) -> str:
	"""Runs a script of LIB and returns its output. On failure, the script prints why."""
	result = subprocess.run(['sh', os.path.join(LIB, name), *args],
				stdout=subprocess.PIPE, text=True, close_fds=False)
	if result.returncode:
		sys.exit(2)
	return result.stdout.strip()

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

def machine(arch: str) -> Tuple[str, str]:
	"""Returns the compiler prefix and the QEMU arguments for arch, or empty strings."""
	with open(os.path.join(LIB, 'machines.tsv')) as rows:
		for row in rows:
			name, *fields = row.rstrip('\n').split('\t')
			if name == arch:
				fields = ['' if field == '-' else field for field in fields]
				return fields[1], fields[6]
	return '', ''

def default_args(tree: str, arch: str, given: Set[str]) -> List[str]:
	"""Returns arguments for the options that the caller did not give."""
	args = []
	if '--build_dir' not in given:
		args.append('--build_dir=' + os.path.abspath('.kunit'))
	if not given & {'--kunitconfig', '--alltests'}:
		args += script('config_args.sh', tree, arch).splitlines()
	cross, qemu = machine(arch)
	if cross and '--cross_compile' not in given:
		args.append('--cross_compile=' + cross)
	# The tree's own kunit.py may not support this machine.
	own = os.path.join(tree, 'tools/testing/kunit/qemu_configs', f'{arch}.py')
	new = bool(qemu) and '--qemu_config' not in given and not os.path.exists(own)
	if new:
		os.environ['KUNIT_MACHINE'] = arch
		args.append('--qemu_config=' + os.path.join(LIB, 'machine.py'))
	if qemu and (new or '--qemu_args' not in given):
		args.append('--qemu_args=' + qemu)
	return args

def main(argv: Sequence[str]) -> NoReturn:
	"""Prepares the tree, and replaces this process with the kunit.py of the tree."""
	command = argv[0] if argv else ''
	args, given = absolute_args(argv[1:])
	arch = arch_of(args)
	builds = command in ('config', 'build', 'exec', 'run') and not given & {'-h', '--help'}

	os.environ['BUILD'] = BUILD
	if builds:
		script('need.sh', arch)
	name, source = script('kernel.sh', os.environ.get('KERNEL', '')).split(maxsplit=1)

	# Hold the lock until kunit.py ends: the tree must not change during a build.
	os.makedirs(os.path.join(BUILD, 'tree'), exist_ok=True)
	lock = os.open(os.path.join(BUILD, 'tree', f'{name}.lock'), os.O_CREAT | os.O_RDWR)
	os.dup2(lock, LOCK)
	tree = script('tree.sh', name, source, f'kunit.py {command}, process {os.getpid()}')

	if builds:
		args = default_args(tree, arch, given) + args
	elif command == 'parse':
		args = [a if a.startswith('-') else os.path.abspath(a) for a in args]

	for variable in MAKE_VARIABLES:
		os.environ.pop(variable, None)
	kunit_py = os.path.join(tree, 'tools/testing/kunit/kunit.py')
	os.execv(sys.executable, [sys.executable, kunit_py, *argv[:1], *args])


if __name__ == '__main__':
	main(sys.argv[1:])
