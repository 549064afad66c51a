# SPDX-License-Identifier: GPL-2.0
"""
Installs the tools that a command needs, from the Debian packages that packages.tsv names, and says
so before. With INSTALL=no, or if the user is not root, it prints the command to run instead.

python3 -B -m harness.packages NAME ...: does the same on a host of `make mutants HOSTS=`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterable, List

from harness import base, locks
from harness.base import Trouble, patience, say
from harness.machine import Machine

# Of the whole machine, as packages are
LOCK = Path('/run/lock/module-decompress-kunit')
TABLE = base.TOP / 'harness/data/packages.tsv'

FOR_A_BUILD = ('make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'perl', 'patch', 'cmp', 'flock',
	       'python3', '/usr/include/stdlib.h')
FOR_NATIVE = ('make', 'gcc', 'patch', 'cmp', 'flock', 'python3', '/usr/include/stdlib.h')


def is_there(name: str) -> bool:
	"""Returns whether a command or a header is installed."""
	return Path(name).exists() if name.startswith('/') else shutil.which(name) is not None


def package_of(name: str) -> str:
	"""Returns the Debian package that contains a command or a header."""
	for row in base.rows(TABLE):
		if row[0] == name:
			return row[1]
	raise Trouble(f'packages.tsv: no row for {name}')


def install(missing: str, packages: Iterable[str], allowed: bool) -> None:
	"""Installs @packages, which contain what is @missing. If not @allowed, says how to."""
	words = list(dict.fromkeys(packages))
	if not shutil.which('apt-get'):
		raise Trouble(f'missing: {missing}; install them (in Debian, the packages '
			      f'{" ".join(words)})')
	if not allowed or base.output(['id', '-u']) != '0':
		raise Trouble(f'missing: {missing}; run as root: apt-get install {" ".join(words)}')
	# apt-get fails at once if another command of ours is installing, as in make test.
	lock = locks.take(LOCK, f'the installation of {" ".join(words)}')
	say(f'Installing {" ".join(words)}, for {missing} (INSTALL=no prevents this) ...')
	apt_get = ['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300']
	with patience():
		for command in ([*apt_get, 'update'],
				[*apt_get, 'install', '--yes', '--no-install-recommends', *words]):
			ended = subprocess.run(
				command, env=base.environment(DEBIAN_FRONTEND='noninteractive'),
				stdin=subprocess.DEVNULL, stdout=2, check=False)
			if ended.returncode:
				raise Trouble(f'missing: {missing}; apt-get cannot install '
					      f'{" ".join(words)}, see above')
	lock.release()


def need(names: Iterable[str], allowed: bool = True) -> None:
	"""Installs the commands and headers that are missing."""
	missing = [name for name in names if not is_there(name)]
	if missing:
		install(' '.join(missing), map(package_of, missing), allowed)


def newest_llvm() -> str:
	"""
	Returns the value of Kbuild's LLVM=: the prefix of the newest clang that has lld and llvm-ar
	beside it, or an empty string. i386 needs LLVM 17 or later.
	"""
	found = {}
	for clang in [*Path('/usr/lib').glob('llvm-*/bin/clang'), Path('/usr/bin/clang')]:
		if all(os.access(clang.with_name(tool), os.X_OK)
		       for tool in ('clang', 'ld.lld', 'llvm-ar')):
			major = int(base.output([clang, '-dumpversion']).partition('.')[0] or 0)
			found[major] = f'{clang.parent}/'
	newest = max(found, default=0)
	return found[newest] if newest >= 17 else ''


def need_llvm(allowed: bool = True) -> str:
	"""Returns newest_llvm(). If it finds no LLVM, installs Debian's newest first."""
	if not newest_llvm():
		names = base.output(['apt-cache', 'pkgnames', 'clang-']).split()
		versions = [int(name[6:]) for name in names if name[6:].isdigit()]
		suffix = f'-{max(versions)}' if versions else ''
		install('clang of LLVM 17 or later',
			[f'clang{suffix}', f'lld{suffix}', f'llvm{suffix}'], allowed)
	return newest_llvm()


def need_libclang(allowed: bool = True) -> None:
	"""Installs libclang and its headers if they are missing."""
	if not any(Path('/usr/lib').glob('llvm-*/include/clang-c/Index.h')):
		install('libclang', [package_of('libclang')], allowed)


def need_for_kernel(machine: Machine, llvm: bool, allowed: bool = True) -> None:
	"""Installs the tools that build a kernel for a machine and boot it."""
	if llvm:
		need_llvm(allowed)
	names: List[str] = list(FOR_A_BUILD)
	if machine.cross and not llvm:
		names.append(f'{machine.cross}gcc')
	if machine.qemu:
		names.append(f'qemu-system-{machine.qemu}')
	# objtool, which makes the unwinder's tables, needs libelf.
	if machine.name == 'x86_64':
		names.append('/usr/include/gelf.h')
	need(names, allowed)


def makes_programs(compiler: str, bits: int) -> bool:
	"""Returns whether a compiler makes 64-bit or 32-bit programs with sanitizers."""
	ended = subprocess.run([compiler, f'-m{bits}', '-fsanitize=address,undefined', '-xc', '-o',
				'/dev/null', '-'], input='int main(void) { return 0; }', text=True,
			       stderr=subprocess.DEVNULL, check=False)
	return ended.returncode == 0


def need_for_native(llvm: bool, allowed: bool = True) -> str:
	"""Installs the tools of the native build, and returns its compiler."""
	need(FOR_NATIVE, allowed)
	compiler = 'gcc'
	if llvm:
		compiler = 'clang'
		if not shutil.which('clang') or not makes_programs('clang', 64):
			install('clang and its sanitizers', ['clang', 'libclang-rt-dev'], allowed)
	if not makes_programs(compiler, 32):
		if not makes_programs(compiler, 64):
			raise Trouble(f'{compiler} cannot compile and link a program with sanitizers; run: '
				      f'echo "int main(void) {{ return 0; }}" | {compiler} '
				      '-fsanitize=address,undefined -xc -o /dev/null -')
		# gcc-multilib conflicts with the compilers for other machines.
		version = base.output(['gcc', '-dumpversion'])
		if not version:
			raise Trouble('gcc -dumpversion fails; reinstall gcc')
		install(f'{compiler} for 32-bit programs',
			[f'lib32gcc-{version}-dev', 'libc6-dev-i386'], allowed)
	return compiler


def main(*names: str) -> int:
	"""Installs the tools of these names on a host."""
	need(names)
	return 0


if __name__ == '__main__':
	sys.exit(base.verdict(lambda: main(*sys.argv[1:])))
