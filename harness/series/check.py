# SPDX-License-Identifier: GPL-2.0
"""
`make series CHECK=yes`: applies the patches of build/series/ one by one. After each patch it builds
the kernel, in which W=1 and sparse must find nothing, and runs the suites that exist so far on i386
and UML: only known bugs may fail. For the series with fixes it installs the whole suite. It also
builds and runs the native program, and builds the kselftest.

It also runs the core series alone, as its maintainers would, with the tree's kunit.py: in each
format, and without each of the fixes whose bugs it finds, which must make a case fail. CHECK=core
does only this.
"""

import os
import re
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

from harness import base, build, install, packages
from harness.base import TOP, Trouble, patience, say
from harness.commands import run
from harness.fixes import Fixes, Patch, other_patches, own_patches
from harness.kernel import Kernel
from harness.locks import Lock
from harness.machine import machine
from harness.native_build import NATIVE
from harness.series.writer import CORE
from harness.tree import KUNIT, Tree

SELFTESTS = 'tools/testing/selftests'
SUITES = 'kernel/module/tests'

# The runs of the core: the format, the machine, and the case that must fail without each patch
CORE_RUNS: Sequence[Tuple[str, str, Dict[str, str]]] = (
	('GZIP', 'i386', {'0001': 'lengths_around_pages_come_out_intact'}),
	('GZIP', 'um', {}),
	('XZ', 'i386', {}),
	('XZ', 'um', {'0012': 'too_large_a_header_is_refused'}),
	('ZSTD', 'i386', {'0003': 'truncated_file_is_refused'}),
	('ZSTD', 'um', {'0003': 'truncated_file_is_refused',
			'0004': 'too_large_a_header_is_refused'}),
)


@dataclass
class Checker:
	"""Applies the patches to build/tree/NAME, and checks the tree after each."""
	kernel: Kernel
	build: Path
	jobs: int
	may_install: bool
	patches: int = 0
	failed: bool = False
	mail: str = 'suite'
	"""The series and number of the last patch, for the names of logs"""
	tree: Tree = field(init=False)

	def __post_init__(self) -> None:
		self.logs = self.build / 'series/check'
		self.logs.mkdir(exist_ok=True)
		fixes = Fixes('no')
		path = self.build / 'tree' / self.kernel.name
		lock = Lock(path.with_name(f'{path.name}.lock'),
			    f'make series CHECK=yes of linux {self.kernel.version}, '
			    f'{fixes.words(self.kernel)}, process {os.getpid()}')
		self.tree = Tree(self.kernel, fixes, None, path, lock)

	def with_suite(self) -> None:
		"""
		Takes the tree with the whole suite, as `make run` does. Locks other commands out, because
		the tree will differ from what they expect.
		"""
		assert self.tree.lock
		self.tree.make(self.tree.lock)
		self.tree.lock.take()
		(self.tree.path / '.state').unlink()

	def without_suite(self) -> None:
		"""Takes the tree without the suite."""
		self.with_suite()
		overlay = install.Tree(self.tree.path, self.kernel.directory)
		with install.changing(overlay):
			overlay.uninstall()

	def apply(self, patch: Patch, reverse: bool = False) -> None:
		"""Applies a patch to the tree, after replacing links to its files by copies."""
		for name in patch.files:
			path = self.tree.path / name
			if path.is_symlink():
				shutil.copy(path, self.tree.path / '.copy')
				self.tree.replace(name, self.tree.path / '.copy')
		if not patch.apply(self.tree.path, reverse):
			raise Trouble(f'{patch.path} does not apply to {self.tree.path}; see above')

	def note_cured(self) -> None:
		"""Updates the list of bugs in the tree: the cases of a fixed bug must pass."""
		left = [patch.number for patch in [*own_patches(), *other_patches()]
			if patch.number in self.tree.lacks
			and not patch.apply(self.tree.path, reverse=True, dry_run=True)]
		(self.tree.path / '.lacks').write_text('\n'.join([*left, '']), encoding='utf-8')

	def log(self, suffix: str) -> Path:
		"""Returns the path of a log of the last patch."""
		return self.logs / f'{self.mail}{suffix}.log'

	def logged(self, log: Path, *command: base.Arg) -> int:
		"""Runs a program with its output in a log, and returns its exit status."""
		with patience():
			ended = base.run(command, both=True)
		log.write_text(ended.stdout, encoding='utf-8')
		return ended.returncode

	def bad(self, log: Path) -> None:
		"""Shows the end of a log, and notes the failure."""
		say('\n'.join(log.read_text(errors='replace').splitlines()[-20:]))
		self.failed = True

	def as_told(self, arch: str) -> None:
		"""Builds and boots as `make run` does, and prints the result."""
		log = self.log(f'.{arch}')
		options = run.Options(self.build, self.kernel.given, arch, fixes='no',
				      jobs=self.jobs, may_install=self.may_install,
				      tree=self.tree.path)
		status = base.apart(lambda: run.run(options), log, lambda: 'still running')
		found = re.findall(r'^make run: .*: (\d+ passed.*);.*',
				   log.read_text(errors='replace'), re.MULTILINE)
		result = found[-1] if found else 'not run'
		if status and not (status == 1 and ', 0 not known)' in result):
			self.bad(log)
		print(f'    {arch}: {result}', flush=True)

	def makes_suite(self) -> bool:
		"""Returns whether the tree's makefile names the suite."""
		makefile = self.tree.path / SUITES / 'Makefile'
		return makefile.exists() and \
			'module_decompress_kunit' in makefile.read_text(encoding='utf-8')

	def quietly(self) -> None:
		"""
		Checks that the suite compiles without warnings of W=1 and sparse. Files that the
		makefile does not name yet are added to it for this check.
		"""
		plain = self.build / 'kunit' / f'{self.kernel.name}-i386'
		directory = plain.with_name(f'{plain.name}-w1')
		build.start_from(plain, directory)
		# While the makefile does not name the suite, its Kconfig option is missing as well.
		directory.mkdir(exist_ok=True)
		shutil.copy(plain / '.config', directory)
		makefile, log = self.tree.path / SUITES / 'Makefile', self.log('.w1')
		text = makefile.read_text(encoding='utf-8') if makefile.exists() else ''
		if text and not self.makes_suite():
			suite = makefile.parent
			names = [f'../{path.stem}' for path in suite.parent.glob('decompress_kunit.c')]
			names += [path.stem for path in suite.glob('*.c')]
			makefile.write_text(text + ''.join(f'obj-y += {name}.o\n' for name in names),
					    encoding='utf-8')
		status = self.logged(log, 'make', '-C', self.tree.path, f'O={directory}',
				     'ARCH=i386', 'W=1', 'C=1', f'--jobs={self.jobs}', '-s',
				     'kernel/module/')
		if text:
			makefile.write_text(text, encoding='utf-8')
		said = re.findall('.*kernel/module/(?:tests/|decompress).*',
				  log.read_text(errors='replace'))
		for line in said:
			say(line)
		self.failed |= bool(status or said)

	def selftest(self) -> None:
		"""
		Builds the kselftest. Before its patch adds the makefile, the files are compiled
		with that of this repository.
		"""
		module, output = self.tree.path / SELFTESTS / 'module', self.logs / 'selftest'
		shutil.rmtree(output, ignore_errors=True)
		makefile = module / 'Makefile'
		if makefile.exists() and 'decompress' in makefile.read_text(encoding='utf-8'):
			words: List[base.Arg] = ['-C', self.tree.path / SELFTESTS,
						 'TARGETS=module', f'O={output}']
		else:
			objects = [path.with_suffix('.o').name for path in module.glob('*.c')]
			words = ['-C', module, '-f', TOP / SELFTESTS / 'module/Makefile', *objects]
		log = self.log('')
		if self.logged(log, 'make', *words, 'USERCFLAGS=-Werror'):
			self.bad(log)
		for path in sorted(module.rglob('*.o')):
			path.unlink()
			print(f'    compiles: {path.name}')
		if any(os.access(path, os.X_OK) for path in output.rglob('decompress')):
			print('    builds: decompress', flush=True)

	def natively(self) -> None:
		"""Builds and runs the native program, if the tree has its makefile."""
		source, output = self.tree.path / NATIVE, self.logs / 'native'
		log = self.log('')
		if not (source / 'Makefile').exists():
			return
		status = self.logged(log, 'make', '-C', source, f'O={output}',
				     f'--jobs={self.jobs}', '-s')
		if not status:
			status = self.logged(log, output / 'module_decompress')
		text = log.read_text(errors='replace')
		if status not in (0, 1) or not re.search(r'^1\.\.3$', text, re.MULTILINE):
			self.bad(log)
		print(f'    natively: {len(re.findall(".* ok .*", text))} results', flush=True)

	def series(self, name: str) -> None:
		"""Applies the patches of a series one by one, and checks after each."""
		for path in sorted((self.build / 'series' / name).glob('*.patch'))[1:]:
			patch = Patch(path)
			# The whole suite has the core's test already.
			if CORE in patch.files and (self.tree.path / CORE).exists():
				continue
			self.mail = f'{name}-{patch.number}'
			print(f'  {self.mail}: {patch.title}', flush=True)
			self.apply(patch)
			self.patches += 1
			if name == 'native':
				self.natively()
			elif name == 'kselftest':
				self.selftest()
			else:
				self.note_cured()
				self.quietly()
				if self.makes_suite():
					self.as_told('i386')
					self.as_told('um')

	def core_run(self, arch: str, form: str, without: str = '') -> int:
		"""Builds and boots the tree with the core, and returns kunit.py's status."""
		log, config = self.log(f'.{arch}-{form}'), self.logs / 'core.kunitconfig'
		own = self.tree.path / 'kernel/module/.kunitconfig'
		text = own.read_text(encoding='utf-8').replace(
			'_COMPRESS_GZIP=y', f'_COMPRESS_{form}=y')
		if arch != 'um':
			text += 'CONFIG_HIGHMEM4G=y\n'
		if not self.kernel.has('kernel/module/Kconfig', '^config MODULE_COMPRESS$'):
			text += '# CONFIG_MODULE_COMPRESS is not set\n'
		config.write_text(text, encoding='utf-8')
		status = self.logged(
			log, 'python3', self.tree.path / KUNIT / 'kunit.py', 'run',
			f'--arch={arch}', f'--kunitconfig={config}', f'--jobs={self.jobs}',
			f'--build_dir={self.build}/kunit/{self.kernel.name}-core-{arch}')
		found = re.findall(r'Testing complete\. (.*)', log.read_text(errors='replace'))
		if not found:
			self.bad(log)
		print(f'    {arch}, {form}{f", without {without}" if without else ""}: '
		      f'{found[-1] if found else "not run"}', flush=True)
		return status

	def core(self) -> None:
		"""Checks the core."""
		self.series('core')
		fixes = {patch.number: patch for patch in own_patches()}
		for form, arch, red in CORE_RUNS:
			self.failed |= bool(self.core_run(arch, form))
			for number, case in red.items():
				self.apply(fixes[number], reverse=True)
				self.core_run(arch, form, number)
				log = self.log(f'.{arch}-{form}').read_text(errors='replace')
				if f'FAILED] {case}' not in log:
					print(f'    {case} does not fail')
					self.failed = True
				self.apply(fixes[number])

	def all(self, whole: bool) -> None:
		"""Checks the core, or all series."""
		# quietly() needs the configuration of an earlier run.
		if not (self.build / 'kunit' / f'{self.kernel.name}-i386/.config').exists():
			self.with_suite()
			self.as_told('i386')
		self.without_suite()
		self.core()
		if whole:
			for name in ('fixes', 'suite', 'native', 'kselftest'):
				self.series(name)
			self.with_suite()
			for name in ('core', 'fixes', 'xz', 'loadpin', 'isofs', 'initramfs'):
				self.series(name)


def check(kernel: Kernel, directory: Path, whole: bool, jobs: int, may_install: bool) -> int:
	"""Checks the core, or all series. Returns 0, or 1 if something is wrong."""
	packages.need(['sparse'], may_install)
	packages.need_for_kernel(machine('i386'), False, may_install)
	started = time.monotonic()
	checker = Checker(kernel, directory, jobs, may_install)
	try:
		checker.all(whole)
	finally:
		shutil.rmtree(checker.tree.path, ignore_errors=True)
	minutes = int(time.monotonic() - started + 59) // 60
	if checker.failed:
		say(f'make series: not all of {checker.patches} patches passed their checks, see '
		    f'above; {minutes} min')
		return 1
	print(f'make series: {checker.patches} patches build, and only known bugs fail; '
	      f'{minutes} min')
	return 0
