# SPDX-License-Identifier: GPL-2.0
"""
`make check-modules`: checks whether a kernel and its kmod would load these files as modules. The
kernel's own code is compiled natively into one static program,
build/check/module-decompress-check, which can be taken elsewhere.

BOOT=yes builds and boots a kernel, and asks that in place of its code: the files go into its
initramfs, where the suite module_decompress_replay finds them.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
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
NEEDED = ('objcopy', '/usr/include/lzma.h', '/usr/include/zstd.h', '/usr/include/zlib.h')


def names_of(given: Given, files: List[str]) -> List[str]:
	"""
	Returns the names to ask about, but for those of FILES_FROM. FILES is one name, with blanks
	in it if there is such a file, or names between blanks.
	"""
	variable, listed = given.get('FILES', ''), given.get('FILES_FROM', '')
	if sum(map(bool, (variable, listed, files))) > 1:
		raise Trouble('FILES and FILES_FROM, or files as arguments: only one of them')
	if listed and listed != '-' and not os.access(listed, os.R_OK):
		raise Trouble(f'FILES_FROM={listed}: cannot be read')
	names = [variable] if os.path.exists(variable) else re.findall('[^ \t\n]+', variable)
	if not (names or files or listed):
		raise Trouble("check-modules: which files? Run: make check-modules FILES='a.ko.xz "
			      "b.ko.zst', or a directory of them")
	return names or files


def refuse_bad_values(boot: bool, arch: str, kconfig: str) -> None:
	"""Refuses values that do not go together."""
	if arch and not boot:
		raise Trouble(f'ARCH={arch}: for BOOT=yes alone')
	if arch == 'um':
		raise Trouble('ARCH=um: BOOT=yes boots i386, x86_64 or the like')
	if kconfig and boot:
		raise Trouble(f'KCONFIG={kconfig}: not with BOOT=yes, which has a configuration of its '
			      'own')
	if kconfig not in ('', 'any') and not os.access(kconfig, os.R_OK):
		raise Trouble(f'KCONFIG={kconfig}: cannot be read')


def build_program(options: run.Options, what: str, own: tree.Tree, directory: Path) -> Path:
	"""Builds the program, and returns its path."""
	found = oracle.get(options.build, options.may_install)
	if not found:
		say('The newest zlib, liblzma and libzstd cannot be had: those of this system are asked.')
	multiarch = base.output(['gcc', '-print-multiarch'])
	headers = found.headers if found else '/usr/include'
	libraries = found.libraries if found else f'/usr/lib/{multiarch}'
	log = directory / 'build.log'
	say(f'Building {what}, to be asked ...')
	with patience(lambda: f'{count_objects(directory)} objects built'):
		ended = base.run(['make', '-C', own.path / 'tools/testing/module_decompress',
				  '--no-print-directory', f'EXTRA_MK={VERDICT}/native_check.mk',
				  f'O={directory}', 'SANITIZE=', f'NAME={what}', f'HEADERS={headers}',
				  f'LIBRARIES={libraries}', f'--jobs={options.jobs}', 'check'], both=True)
	log.write_text(ended.stdout, encoding='utf-8')
	if ended.returncode:
		say('\n'.join(ended.stdout.splitlines()[-20:]))
		raise Trouble(f'{what}: not built; see above, or {log}')
	# The one that was asked last is where others find it: whole at any time.
	for path in directory / PROGRAM, VERDICT / f'{PROGRAM}.1':
		new = directory / 'new'
		shutil.copy(path, new)
		base.put(new, options.build / 'check' / path.name)
	return directory / PROGRAM


def build_booted(options: run.Options, what: str, own: tree.Tree) -> Build:
	"""
	Builds a kernel that can be asked, and boot, which the program calls with a list for
	gen_init_cpio and a log for the console.
	"""
	plain = options.build / 'kunit' / f'{own.kernel.name}-{options.arch}'
	directory = plain.with_name(f'{plain.name}-booted')
	start_from(plain, directory)
	made = Build('check-modules', what, own, machine(options.arch), directory, jobs=options.jobs)
	made.configure([VERDICT / 'booted.config'])
	made.build()
	# If the kernel gets a file wrong, the suite and kunit.py fail: the log says which.
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
	say(f'Booting {what}, on {options.arch}, to be asked; its console is in {made.log} ...')
	return made


def command(given: Given, build: Path, files: List[str]) -> int:
	"""Asks. Returns 0 if all files would load, 1 if some would not, 2 if some have no answer."""
	boot, verbose = (values.is_yes(given, name, 'no') for name in ('BOOT', 'VERBOSE'))
	refuse_bad_values(boot, given.get('ARCH', ''), given.get('KCONFIG', ''))
	names = names_of(given, files)
	# A kernel as it is shipped, unless fixes are asked for
	options = run.options_of({**given, 'FIXES': given.get('FIXES') or 'no'}, build)
	# Answers are not to be written over what is asked about.
	for name in names:
		if any(path and base.one_file(Path(name), path) for path in (options.json, options.junit)):
			raise Trouble(f'{name}: both one of the files and where the answers are to go')
	base.writable(options.json, options.junit)
	packages.need([*packages.FOR_NATIVE, *NEEDED], options.may_install)
	if boot:
		packages.need_for_kernel(machine(options.arch), False, options.may_install)
	kernel = Sources(build, options.may_install).find(options.kernel)
	what = f'linux {kernel.version}, {run.words_of_fixes(options, kernel)}'
	who = f'make check-modules of {what}, process {os.getpid()}'
	own = run.take_tree(options, kernel, who)
	directory = build / 'check' / f'{kernel.name}-{options.fixes}'
	lock = locks.take(directory / 'lock', who)
	program = build_program(options, what, own, directory)
	lock.release()
	words = [f'--{name.lower().replace("_", "-")}={value}' for name, value in (
		('KCONFIG', given.get('KCONFIG')), ('KMOD', given.get('KMOD')), ('JSON', options.json),
		('JUNIT', options.junit), ('FILES_FROM', given.get('FILES_FROM'))) if value]
	words += ['--verbose'] if verbose else []
	environment = base.environment()
	if boot:
		with contextlib.redirect_stdout(sys.stderr):
			kunit = build_booted(options, what, own).directory
		words += [f'--boot={kunit}/boot', f'--kconfig={kunit}/.config']
		# For what the program makes for a boot
		environment['TMPDIR'] = str(kunit)
	with patience() if boot else contextlib.nullcontext():
		ended = subprocess.run([program, *words, '--', *names], env=environment,
				       close_fds=False, check=False)
	return ended.returncode if ended.returncode in (0, 1) else 2
