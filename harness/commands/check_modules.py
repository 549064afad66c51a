# SPDX-License-Identifier: GPL-2.0
"""
`make check-modules`: checks whether a kernel and its kmod would load these files as modules. It
compiles the kernel's own code natively into one static program,
build/check/module-decompress-check, which also runs on other hosts.

With BOOT=yes it builds and boots a kernel instead. The suite module_decompress_replay reads the
files from the initramfs.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List

from harness import base, locks, oracle, packages, tree, values
from harness.base import TOP, Trouble, patience, say
from harness.build import Build, count_objects, start_from
from harness.commands import run
from harness.kernel import Sources
from harness.machine import machine
from harness.values import Given

VERDICT = TOP / 'harness/verdict'
PROGRAM = 'module-decompress-check'
NEEDED = ('objcopy', '/usr/include/archive.h', '/usr/include/lzma.h', '/usr/include/zstd.h',
	  '/usr/include/zlib.h')


def names_of(given: Given, files: List[str]) -> List[str]:
	"""
	Returns the names of FILES= or of the arguments; the program itself reads FILES_FROM=. If a
	file has all of FILES= as its name, blanks included, FILES= is one name. Otherwise blanks
	separate names.
	"""
	variable, listed, root = (given.get(name, '') for name in ('FILES', 'FILES_FROM', 'ROOT'))
	if sum(map(bool, (variable, listed, root, files))) > 1:
		raise Trouble('give only one of FILES=, FILES_FROM=, ROOT= and files as arguments')
	if root and not Path(root).is_dir():
		raise Trouble(f'ROOT={root}: no such directory')
	if listed and listed != '-' and not os.access(listed, os.R_OK):
		raise Trouble(f'FILES_FROM={listed}: cannot read this file')
	names = [variable] if os.path.exists(variable) else re.findall('[^ \t\n]+', variable)
	if not (names or files or listed or root):
		raise Trouble("no files given; run: make check-modules FILES='a.ko.xz b.ko.zst', or "
			      'FILES=DIRECTORY')
	return names or files


def refuse_bad_values(boot: bool, arch: str, kconfig: str, kmod: str, fix: str) -> None:
	"""Refuses a bad value, and two values that contradict each other."""
	if arch and not boot:
		raise Trouble(f'ARCH={arch}: needs BOOT=yes')
	if arch == 'um':
		raise Trouble('ARCH=um: BOOT=yes needs a machine that QEMU emulates, such as i386')
	if kconfig and boot:
		raise Trouble(f'KCONFIG={kconfig}: does not go with BOOT=yes, which configures the '
			      'kernel itself')
	if kconfig not in ('', 'any') and not os.access(kconfig, os.R_OK):
		raise Trouble(f'KCONFIG={kconfig}: cannot read this file')
	if '/' in kmod and not os.access(kmod, os.R_OK):
		raise Trouble(f'KMOD={kmod}: cannot read this file')
	if '/' not in kmod and not re.fullmatch(
		r'|none|[1-9][0-9]*(\.[0-9]*)?([+-](ZLIB|XZ|ZSTD))*', kmod, re.IGNORECASE):
		raise Trouble(f'KMOD={kmod}: must be none, or such as 30, 34 or 34+ZLIB, or a path')
	if fix not in ('', 'no', 'yes', 'dry-run'):
		raise Trouble(f'FIX={fix}: must be yes, no or dry-run')
	if fix in ('yes', 'dry-run') and boot:
		raise Trouble(f'FIX={fix}: does not go with BOOT=yes; repair the files first')


@dataclass(frozen=True)
class Checker:
	"""The program, and what it was built from"""
	options: run.Options
	what: str
	"""Whose code is in it, in words"""
	own: tree.Tree
	directory: Path
	"""The directory of its build"""

	@property
	def program(self) -> Path:
		"""The program"""
		return self.directory / PROGRAM


def compile_program(checker: Checker) -> None:
	"""Builds the program."""
	options = checker.options
	found = oracle.get(options.build, options.may_install)
	if not found:
		say('Cannot download the newest zlib, liblzma and libzstd; using those of this system.')
	multiarch = base.output(['gcc', '-print-multiarch'])
	headers = found.headers if found else '/usr/include'
	libraries = found.libraries if found else f'/usr/lib/{multiarch}'
	log = checker.directory / 'build.log'
	say(f'Building {PROGRAM} with the code of {checker.what} ...')
	with patience(lambda: f'{count_objects(checker.directory)} objects built'):
		ended = base.run(['make', '-C', checker.own.path / 'tools/testing/module_decompress',
				  '--no-print-directory', f'EXTRA_MK={VERDICT}/native_check.mk',
				  f'O={checker.directory}', 'SANITIZE=', f'NAME={checker.what}',
				  f'HEADERS={headers}', f'LIBRARIES={libraries}',
				  f'--jobs={options.jobs}', 'check'], both=True)
	log.write_text(ended.stdout, encoding='utf-8')
	if ended.returncode:
		say('\n'.join(ended.stdout.splitlines()[-20:]))
		raise Trouble(f'{checker.what}: not built; see above, or {log}')


def build_program(options: run.Options) -> Checker:
	"""Builds the program, and leaves it and its manual page in build/check/."""
	packages.need([*packages.FOR_NATIVE, *NEEDED], options.may_install)
	kernel = Sources(options.build, options.may_install).find(options.kernel)
	what = f'linux {kernel.version}, {run.words_of_fixes(options, kernel)}'
	who = f'make check-modules of {what}, process {os.getpid()}'
	own = run.take_tree(options, kernel, who)
	directory = options.build / 'check' / f'{kernel.name}-{options.fixes}'
	checker = Checker(options, what, own, directory)
	lock = locks.take(directory / 'lock', who)
	compile_program(checker)
	# A rename never leaves half of a file.
	for path in checker.program, VERDICT / f'{PROGRAM}.1':
		new = directory / 'new'
		shutil.copy(path, new)
		base.put(new, options.build / 'check' / path.name)
	lock.release()
	return checker


def as_shipped(given: Given, build: Path) -> run.Options:
	"""Returns the options; the default is the kernel as shipped, unlike for other commands."""
	return run.options_of({**given, 'FIXES': given.get('FIXES') or 'no'}, build)


def build_booted(options: run.Options, what: str, own: tree.Tree) -> Build:
	"""
	Builds a kernel with the suite module_decompress_replay, and writes the script "boot". The
	program runs the script with a list for gen_init_cpio and a file for the console.
	"""
	plain = options.build / 'kunit' / f'{own.kernel.name}-{options.arch}'
	directory = plain.with_name(f'{plain.name}-booted')
	start_from(plain, directory)
	made = Build('check-modules', what, own, machine(options.arch), directory, jobs=options.jobs)
	made.configure([VERDICT / 'booted.config'])
	made.build()
	# If the kernel gets a file wrong, the suite and kunit.py fail. The program reads the answers
	# from the console, not from their status.
	kunit = shlex.join(map(str, made.kunit_words(
		'exec', '--timeout=3600', '--raw_output=all', '--kernel_args=vmalloc=384M panic=-1',
		f'--qemu_args={made.machine.qemu_args} -m 3072 -initrd ')))
	boot = directory / 'boot'
	boot.write_text(f'''#!/bin/sh
cd "$(dirname "$1")" || exit
{directory}/usr/gen_init_cpio "$1" >"$1.cpio" || exit
{kunit}"$1.cpio" module_decompress_replay 2>&1 | tee -a {made.log} >"$2"
''')
	boot.chmod(0o755)
	say(f'Booting {what}, {options.arch}; its console goes to {made.log} ...')
	return made


def command(given: Given, build: Path, files: List[str]) -> int:
	"""Returns 0 if all files would load, 1 if some would not, 2 if some have no answer."""
	boot, verbose = (values.is_yes(given, name, 'no') for name in ('BOOT', 'VERBOSE'))
	refuse_bad_values(boot, *(given.get(name, '') for name in ('ARCH', 'KCONFIG', 'KMOD', 'FIX')))
	names = names_of(given, files)
	options = as_shipped(given, build)
	# The results must not overwrite one of the files.
	for name in names:
		if any(path and base.one_file(Path(name), path) for path in (options.json, options.junit)):
			raise Trouble(f'JSON= or JUNIT= would overwrite {name}, one of the files to check')
	base.writable(options.json, options.junit)
	if boot:
		packages.need_for_kernel(machine(options.arch), False, options.may_install)
	checker = build_program(options)
	words = [f'--{name.lower().replace("_", "-")}={value}' for name, value in (
		('KCONFIG', given.get('KCONFIG')), ('KMOD', given.get('KMOD')), ('JSON', options.json),
		('JUNIT', options.junit), ('FILES_FROM', given.get('FILES_FROM')),
		('ROOT', given.get('ROOT'))) if value]
	words += {'yes': ['--fix'], 'dry-run': ['--fix', '--dry-run']}.get(given.get('FIX', ''), [])
	words += ['--verbose'] if verbose else []
	environment = base.environment()
	if boot:
		with contextlib.redirect_stdout(sys.stderr):
			kunit = build_booted(options, checker.what, checker.own).directory
		words += [f'--boot={kunit}/boot', f'--kconfig={kunit}/.config']
		# The program writes the list and the console's log there.
		environment['TMPDIR'] = str(kunit)
	with patience() if boot else contextlib.nullcontext():
		ended = subprocess.run([checker.program, *words, '--', *names], env=environment,
				       close_fds=False, check=False)
	return ended.returncode if ended.returncode in (0, 1) else 2
