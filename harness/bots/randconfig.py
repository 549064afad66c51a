# SPDX-License-Identifier: GPL-2.0
"""
Builds the suite as 0-day does: in configurations that the kernel's randconfig draws, with gcc and
clang, for i386 and x86_64. Builds only kernel/module/.
"""

import collections
import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Counter, List

from harness import base, locks, packages
from harness.base import patience, say
from harness.commands import run
from harness.kernel import Sources
from harness.machine import machine

# Prefixes of the functions that the suite calls, and the options that provide them
NEEDS = (('kunit_', 'KUNIT'), ('zlib_', 'ZLIB_INFLATE'), ('xz_dec_', 'XZ_DEC'),
	 ('zstd_', 'ZSTD_DECOMPRESS'), ('kmsg_dump_', 'PRINTK'))
OURS = 'kernel/module/(tests/|decompress_kunit)|MODULE_DECOMPRESS_KUNIT'

PASSED, FAILED, OFF = 'ok', 'FAILED', 'not asked for'
UNKNOWN = 'no verdict: the kernel itself does not build'


def forced(number: int) -> str:
	"""
	Returns the options that a configuration must have. Every fifth sets KUNIT only, and shows
	whether Kconfig keeps the suite out of kernels where it cannot work. WERROR=n and RUST=n keep
	errors of other code from hiding those of the suite.
	"""
	kunit, suite = (('y', 'y'), ('y', 'm'), ('m', 'm'))[number % 3]
	options = ['KUNIT=y', 'KUNIT_ALL_TESTS=y', 'WERROR=n', 'RUST=n']
	if number % 5:
		options = ['MODULES=y', 'PRINTK=y', 'MODULE_DECOMPRESS_ENABLE_ALL_FOR_KUNIT=y',
			   f'KUNIT={kunit}', f'MODULE_DECOMPRESS_KUNIT_TEST={suite}', *options[2:]]
	return ''.join(f'CONFIG_{option}\n' for option in options)


@dataclass
class Draw:
	"""A configuration that is drawn and built."""
	directory: Path
	make: List[str]
	"""The make command, without targets"""
	said: str = ''
	"""All that make has printed"""

	def kbuild(self, *words: str) -> bool:
		"""Runs make, and returns whether it succeeds."""
		ended = base.run([*self.make, '--no-print-directory', '-s', *words], both=True)
		self.said += ended.stdout
		return ended.returncode == 0

	def option(self, name: str) -> str:
		"""Returns the value of an option."""
		config = (self.directory / '.config').read_text(encoding='utf-8')
		return ''.join(re.findall(f'^CONFIG_{name}=(.*)$', config, re.MULTILINE))

	@property
	def suite(self) -> str:
		"""The suite's option: y, m, or an empty string"""
		return self.option('MODULE_DECOMPRESS_KUNIT_TEST')

	def objects(self) -> List[Path]:
		"""Returns the objects of the suite."""
		module = self.directory / 'kernel/module'
		return [*module.rglob('decompress_kunit.o'), *module.rglob('tests/**/*.o')]

	def beyond(self) -> str:
		"""
		Returns a line for each call of the suite that the kernel cannot resolve. The build does
		not link, so it does not show this.
		"""
		called = base.output(['nm', '-u', *self.objects()])
		return ''.join(f'the suite calls {prefix}..., but CONFIG_{name}={self.option(name)}\n'
			       for prefix, name in NEEDS if re.search(f' U {prefix}', called)
			       and self.option(name) + self.suite not in ('yy', 'ym', 'mm'))

	def judge(self, jobs: int) -> str:
		"""Draws the configuration and builds the suite. Returns PASSED, FAILED, OFF or UNKNOWN."""
		(self.directory / '.config').unlink(missing_ok=True)
		if not self.kbuild('randconfig'):
			return UNKNOWN
		if re.search(rf'unmet direct dependencies(.*\n){{0,30}}?.*({OURS})', self.said):
			return FAILED
		if not self.suite:
			return OFF
		for path in self.objects():
			path.unlink()
		built = self.kbuild('kernel/module/', f'--jobs={jobs}')
		if re.search(f'({OURS}).*(warning|error)', self.said):
			return FAILED
		if not built or len(self.objects()) <= 10:
			return UNKNOWN
		beyond = self.beyond()
		self.said += beyond
		return FAILED if beyond else PASSED


def run_0day(options: run.Options, arch: str, seed: int, configs: int) -> int:
	"""
	Builds @configs configurations; the n-th has KCONFIG_SEED=@seed+n. Returns 0 if all build
	without a warning and can be linked, 1 if not, 2 if a kernel does not build.
	"""
	packages.need_for_kernel(machine('x86_64'), True, options.may_install)
	llvm = packages.need_llvm(options.may_install)
	kernel = Sources(options.build, options.may_install).find(options.kernel)
	who = f'make bots of linux {options.kernel}, process {os.getpid()}'
	tree = run.take_tree(options, kernel, who).path
	locks.take(options.build / '0day/lock', who)
	say(f'0-day of linux {options.kernel}: SEED={seed} CONFIGS={configs} ...')
	count: Counter[str] = collections.Counter()
	for number in range(1, configs + 1):
		one = arch or ('x86_64', 'i386')[number % 2]
		compiler = ('gcc', 'clang')[number // 2 % 2]
		what = f'{number}: {one}, {compiler}, KCONFIG_SEED={seed + number}'
		directory = options.build / '0day' / f'{kernel.name}-{one}-{compiler}'
		directory.mkdir(exist_ok=True)
		config, log = directory / f'{number}.config', directory / f'{number}.log'
		config.write_text(forced(number))
		draw = Draw(directory, [
			'make', '-C', str(tree), f'O={directory}', f'ARCH={one}',
			*[f'LLVM={llvm}'] * (compiler == 'clang'), f'KCONFIG_ALLCONFIG={config}',
			f'KCONFIG_SEED={seed + number}'])
		with patience(partial(str, what)):
			result = draw.judge(options.jobs)
		log.write_text(draw.said)
		count[result] += 1
		suite = f', ={draw.suite}' if result in (PASSED, FAILED) else ''
		print(f'{what}: {result}{suite}', flush=True)
		if result in (FAILED, UNKNOWN):
			print(*draw.said.splitlines()[-5:], sep='\n')
			print(f'  see {log}; again: make bots BOTS=0day KERNEL={options.kernel} '
			      f'SEED={seed} CONFIGS={configs}, or\n ', *draw.make,
			      'randconfig kernel/module/')
	print(f'make bots: 0-day, linux {options.kernel}, SEED={seed}: {count[PASSED]} without a '
	      f'warning, {count[FAILED]} failed, {count[OFF]} without the suite, {count[UNKNOWN]} '
	      'no verdict')
	return 1 if count[FAILED] else 2 if count[UNKNOWN] else 0
