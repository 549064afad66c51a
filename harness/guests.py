# SPDX-License-Identifier: GPL-2.0
"""Builds the C programs that run as init in a guest, with the kernel's nolibc."""

from pathlib import Path
from typing import List

from harness import base
from harness.base import TOP
from harness.build import Build
from harness.kernel import Kernel, Sources

SELFTEST = TOP / 'tools/testing/selftests/module'
BITS = {'i386': ['-m32'], 'x86_64': ['-m64']}


def headers(kernel: Kernel, sources: Sources) -> Path:
	"""
	Returns a tree for the headers: its kselftest.h works with its nolibc, which has syscall().
	Those of 6.1 do not, so 6.12 stands in.
	"""
	if kernel.has('tools/testing/selftests/kselftest.h', 'NOLIBC'):
		return kernel.directory
	return sources.find('6.12').directory


def build_init(made: Build, tree: Path, *args: base.Arg) -> None:
	"""
	Builds guest-init in the build directory of @made, with the headers of @tree. @args are the C
	files and options for the compiler.
	"""
	multiarch = base.output(['gcc', '-print-multiarch'])
	command: List[base.Arg] = [
		f'{made.machine.cross}gcc', *BITS.get(made.machine.name, []), '-Os', '-Wall',
		'-Werror', '-ffreestanding', '-fno-stack-protector', '-fno-pie', '-no-pie', '-static',
		'-nostdlib', '-include', tree / 'tools/include/nolibc/nolibc.h',
		'-I', tree / 'tools/testing/selftests/kmod', '-idirafter', f'/usr/include/{multiarch}',
		'-o', made.directory / 'guest-init', *args]
	if base.shown(command, made.log):
		made.failed('built: no init')


def build_guest(made: Build, tree: Path) -> None:
	"""
	Builds the init of harness/guest/, with the helpers of the selftest. GUEST=NAME on the kernel's
	command line selects what it runs.
	"""
	helpers = [SELFTEST / f'{name}.c' for name in ('files', 'modules', 'run', 'watch')]
	build_init(made, tree, '-I', SELFTEST, *sorted((TOP / 'harness/guest').glob('*.c')), *helpers)
