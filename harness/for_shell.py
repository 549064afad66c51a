#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The library for the commands that are still shell scripts. Variables come by the environment.
lib/NAME.sh and run/run.sh call this:

  kernel [KERNEL [COMMIT]]	print the name and the directory of a kernel
  tree NAME DIRECTORY WHO	print the tree for it; the caller has its lock open as 9
  need ARCH|host|native		see to it that the tools are there
  config_args TREE ARCH		print the arguments for kunit.py, a line each
  key				print the hash of the sources
  llvm				print what LLVM= is for Kbuild
  run				do what `make run` does
"""

import os
import sys
from pathlib import Path
from typing import Dict

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from harness import base, cli, configuration, fixes, packages, records, tree
from harness.base import Trouble
from harness.commands import run
from harness.fixes import Fixes
from harness.front import COMMANDS, COMMON
from harness.kernel import Kernel, Sources
from harness.locks import Lock
from harness.machine import machine, machines

# The descriptor by which a script has the lock of a tree
TREE_LOCK = 9


def environment(command: str) -> Dict[str, str]:
	"""Returns the variables of a command that are in the environment."""
	return {name: os.environ[name] for name in (*COMMANDS[command].takes, *COMMON)
		if os.environ.get(name)}


def find_kernel(build: Path, given: str = '', commit: str = '') -> None:
	"""Prints the name and the directory of a kernel."""
	kernel = Sources(build, may_install()).find(given or '6.12', commit)
	print(kernel.name, kernel.directory)


def may_install() -> bool:
	"""Returns whether INSTALL= allows that."""
	return os.environ.get('INSTALL') != 'no'


def make_tree(build: Path, name: str, directory: str, who: str) -> None:
	"""Prints the tree for a kernel."""
	given = os.environ.get('KERNEL') or '6.12'
	own = Fixes(os.environ.get('FIXES') or fixes.default_fixes(given))
	own.check()
	decompress = os.environ.get('DECOMPRESS')
	one = tree.Tree(Kernel(given, name, Path(directory)), own,
			Path(decompress) if decompress else None, build / 'tree' / name)
	one.make(Lock(build / 'tree' / f'{name}.lock', who, TREE_LOCK))
	print(one.path)


def need(what: str) -> None:
	"""Sees to it that the tools are there."""
	llvm = bool(os.environ.get('LLVM'))
	if what == 'host':
		packages.need(['qemu-system-i386', 'rsync'], may_install())
	elif what == 'native':
		packages.need_for_native(llvm, may_install())
	elif what in [one.name for one in machines()]:
		packages.need_for_kernel(machine(what), llvm, may_install())
	else:
		packages.need(packages.FOR_A_BUILD, may_install())


def print_llvm() -> None:
	"""Prints what LLVM= is for Kbuild."""
	llvm = packages.newest_llvm()
	if not llvm:
		sys.exit(1)
	print(llvm)


def run_kernel(build: Path) -> int:
	"""Runs as `make run` does, with what only scripts give besides."""
	options = run.options_of(environment('run'), build)
	options.commit = os.environ.get('BASE_COMMIT', '')
	return run.run(options)


def main(command: str, *args: str) -> int:
	"""Does what a script asks for, and returns the exit status."""
	try:
		build = base.build_directory(os.environ.get('BUILD', ''))
		if command == 'run':
			return run_kernel(build)
		if command == 'kernel':
			find_kernel(build, *args)
		elif command == 'tree':
			make_tree(build, *args)
		elif command == 'need':
			need(*args)
		elif command == 'config_args':
			print('\n'.join(configuration.arguments(build, Path(args[0]), args[1])))
		elif command == 'key':
			print(records.key())
		elif command == 'llvm':
			print_llvm()
		return 0
	except Trouble as error:
		base.refuse(error)
		return 2


if __name__ == '__main__':
	cli.end_by_signals()
	sys.exit(main(*sys.argv[1:]))
