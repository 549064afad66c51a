# SPDX-License-Identifier: GPL-2.0
"""`make run`: builds a kernel with the suite, boots it, and reports every case."""

import re
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import List, Optional

from harness import base, build, configuration, fixes, packages, records, results, tree, values
from harness.base import Trouble, say
from harness.fixes import Fixes
from harness.kernel import RELEASES, Kernel, Sources
from harness.machine import machine
from harness.values import Given


@dataclass
class Options:
	"""The options of a run. The matrix sets @row and @row_*."""
	build: Path
	kernel: str = '6.12'
	arch: str = 'i386'
	config: str = ''
	fixes: str = ''
	decompress: Optional[Path] = None
	filter: str = ''
	bench: bool = False
	base: str = ''
	llvm: bool = False
	timeout: int = 300
	json: Optional[Path] = None
	junit: Optional[Path] = None
	jobs: int = 1
	may_install: bool = True
	tree: Optional[Path] = None
	"""A tree to build instead; the caller has made it and holds its lock"""
	commit: str = ''
	"""A commit of the kernel's git tree, to run instead of its files"""
	row: Optional[Path] = None
	"""A directory for the log and the results, which the matrix and BASE= read"""
	row_qemu_args: str = ''
	row_kernel_args: str = ''
	fragments: List[Path] = field(init=False)

	def __post_init__(self) -> None:
		self.fixes = self.fixes or fixes.default_fixes(self.kernel)
		Fixes(self.fixes).check()
		if self.decompress and not self.decompress.is_file():
			what = 'not a file' if self.decompress.exists() else 'no such file'
			raise Trouble(f'DECOMPRESS={self.decompress}: {what}')
		if self.decompress and not is_decompress(self.decompress):
			raise Trouble(f'DECOMPRESS={self.decompress}: not a decompress.c, as it does not '
				      'define module_decompress()')
		self.fragments = [configuration.fragment(name)
				  for name in self.config.split(',') if name]

	@property
	def suffix(self) -> str:
		"""The end of the build directory's name, for the configuration"""
		return ''.join(f'-{path.stem}' for path in self.fragments)


def options_of(given: Given, build_directory: Path) -> Options:
	"""Returns the options of a command line."""
	return Options(
		build=build_directory, kernel=given.get('KERNEL') or '6.12',
		arch=given.get('ARCH') or 'i386', config=given.get('CONFIG', ''),
		fixes=given.get('FIXES', ''), decompress=values.path(given, 'DECOMPRESS'),
		filter=given.get('FILTER', ''), bench=values.is_yes(given, 'BENCH', 'no'),
		base=given.get('BASE', ''), llvm=values.is_one(given, 'LLVM'),
		timeout=values.number(given, 'TIMEOUT', 300, 'a number of seconds'),
		json=values.path(given, 'JSON'), junit=values.path(given, 'JUNIT'),
		jobs=values.jobs(given), may_install=values.is_yes(given, 'INSTALL', 'yes'))


def command(given: Given, build_directory: Path) -> int:
	"""Runs `make run`."""
	return run(options_of(given, build_directory))


def is_decompress(path: Path) -> bool:
	"""Returns whether a file can replace decompress.c: it defines module_decompress()."""
	return re.search(r'^(\w+ )*int (\w+ )*module_decompress\(', path.read_text(
		encoding='utf-8', errors='replace'), re.MULTILINE) is not None


def words_of_fixes(options: Options, kernel: Kernel) -> str:
	"""Returns the words for the fixes in a result."""
	if options.decompress:
		return f'with {options.decompress} in place of its decompress.c'
	return Fixes(options.fixes).words(kernel)


def take_tree(options: Options, kernel: Kernel, who: str) -> tree.Tree:
	"""Returns the tree to build, after making it."""
	own = Fixes(options.fixes)
	if options.tree:
		return tree.Tree(kernel, own, options.decompress, options.tree)
	return tree.make(options.build, kernel, own, options.decompress, who)


def run_base(options: Options) -> List[str]:
	"""Runs the suite on BASE=, with the same options otherwise. Returns its results."""
	own = options.build / 'base'
	other = replace(options, base='', json=None, junit=None, row=own)
	if Path(options.base).is_dir() or options.base in RELEASES:
		other.kernel = options.base
	else:
		other.commit = options.base
	# Refuse a bad BASE= before announcing the run.
	Sources(options.build, options.may_install).find(other.kernel, other.commit, 'BASE')
	say(f'Running BASE={options.base} ...')
	own.mkdir(exist_ok=True)
	run(other)
	with (own / 'results').open(encoding='utf-8') as lines:
		return lines.read().splitlines()


def elapsed(log: Path) -> str:
	"""Returns how many seconds the kernel ran, as kunit.py measured it."""
	found = re.findall(r'Elapsed time: ([0-9]+\.[0-9])', log.read_text(encoding='utf-8'))
	return str(found[-1]) if found else '?'


def run(options: Options) -> int:
	"""
	Runs the suite. Returns 0 if all passed, or 1 if tests failed or the kernel died after its
	first test.
	"""
	base.writable(options.json, options.junit)
	one = machine(options.arch)
	packages.need_for_kernel(one, options.llvm, options.may_install)
	llvm = packages.need_llvm(options.may_install) if options.llvm else ''
	kernel = Sources(options.build, options.may_install).find(options.kernel, options.commit)
	what = ' '.join(filter(None, [f'linux {kernel.version}, {options.arch}', options.config,
				      'by LLVM' if llvm else ''])) \
		+ f', {words_of_fixes(options, kernel)}'
	before = run_base(options) if options.base else []
	sources = records.key()
	own = take_tree(options, kernel, f'make run of linux {kernel.version}')

	plain = options.build / 'kunit' / f'{kernel.name}-{options.arch}{"-llvm" if llvm else ""}'
	directory = plain.with_name(plain.name + options.suffix)
	build.start_from(plain, directory)
	made = build.Build('run', what, own, one, directory, llvm, options.jobs)
	made.configure(options.fragments)
	made.build()
	args = [f'--timeout={options.timeout}']
	if options.bench:
		args.append('--kernel_args=module_decompress_kunit.bench=1')
	if options.row_kernel_args:
		args.append(f'--kernel_args={options.row_kernel_args}')
	if options.filter:
		args.append(options.filter)
	verdict = made.boot(*args, qemu_args=[options.row_qemu_args] if options.row_qemu_args else [])
	verdict = report(options, made, what, verdict, before, sources)
	made.release()
	return verdict


def report(options: Options, made: build.Build, what: str, verdict: int, before: List[str],
	   sources: str) -> int:
	"""Prints the results, and writes the files that the options ask for."""
	kunit = str(made.tree.path / tree.KUNIT)
	log = made.directory / 'test.log'
	if options.bench:
		# kunit.py does not show the messages of a case that passes.
		for line in re.findall(r'# benchmark: (.* ns .*)', log.read_text(errors='replace')):
			print(line)
	found = made.judge(
		verdict, f'; does FILTER={options.filter} match a case?' if options.filter else '')
	known = results.bugs(str(made.directory / '.config'), str(made.tree.path / '.lacks'))
	lines, numbers = results.explained(found, known, before)
	print('\n'.join(lines), end='\n' if lines else '')
	if options.row:
		for path in (log, made.directory / '.config', made.tree.path / '.lacks'):
			shutil.copy(path, options.row)
		(options.row / 'results').write_text(''.join(
			f'{status} {path}\n' for status, path, _ in found), encoding='utf-8')
	if options.json:
		with base.writing('JSON', options.json):
			shutil.copy(made.directory / 'kunit.json', options.json)
	if options.junit:
		with base.writing('JUNIT', options.junit):
			results.write_junit(kunit, str(options.junit), {what: str(log)})
	result = f'{what}: {numbers}; boot to verdict {elapsed(made.log)} s'
	if not (options.filter or options.base or options.row or options.bench or options.tree) and \
	   records.is_repeatable(options.kernel, options.fixes, options.config) and \
	   not options.decompress:
		config = f' CONFIG={options.config}' if options.config else ''
		records.record(options.build, f'make run KERNEL={options.kernel} ARCH={options.arch}{config}'
			       f'{" LLVM=1" if options.llvm else ""} FIXES={options.fixes}', result, sources)
	print(f'make run: {result}')
	return verdict
