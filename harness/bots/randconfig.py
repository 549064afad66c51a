# SPDX-License-Identifier: GPL-2.0
"""
The suite as 0-day builds it: in configurations that the kernel's own randconfig draws, by gcc and
clang, for i386 and x86_64, and no further than kernel/module/.
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

# What the suite calls, and what has to be there for it
NEEDS = (('kunit_', 'KUNIT'), ('zlib_', 'ZLIB_INFLATE'), ('xz_dec_', 'XZ_DEC'),
	 ('zstd_', 'ZSTD_DECOMPRESS'), ('kmsg_dump_', 'PRINTK'))
OURS = 'kernel/module/(tests/|decompress_kunit)|MODULE_DECOMPRESS_KUNIT'

PASSED, FAILED, OFF = 'ok', 'FAILED', 'not asked for'
UNKNOWN = 'no verdict: the kernel itself does not build'


def forced(number: int) -> str:
	"""
	Returns what a configuration must have. Every fifth has KUNIT alone, and shows whether the
	suite is kept from where it cannot be. An error in what is not of the suite would leave
	nothing to see of it.
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
	"""The command that makes what comes behind it"""
	said: str = ''
	"""What that has printed"""

	def kbuild(self, *words: str) -> bool:
		"""Draws or builds, and returns whether that succeeds."""
		ended = base.run([*self.make, '--no-print-directory', '-s', *words], both=True)
		self.said += ended.stdout
		return ended.returncode == 0

	def option(self, name: str) -> str:
		"""Returns the value of an option."""
		config = (self.directory / '.config').read_text(encoding='utf-8')
		return ''.join(re.findall(f'^CONFIG_{name}=(.*)$', config, re.MULTILINE))

	@property
	def suite(self) -> str:
		"""What the suite is: y, m, or not there"""
		return self.option('MODULE_DECOMPRESS_KUNIT_TEST')

	def objects(self) -> List[Path]:
		"""Returns the objects of the suite."""
		module = self.directory / 'kernel/module'
		return [*module.rglob('decompress_kunit.o'), *module.rglob('tests/**/*.o')]

	def beyond(self) -> str:
		"""Returns what the suite calls and cannot reach: kernel/module/ is not linked."""
		called = base.output(['nm', '-u', *self.objects()])
		return ''.join(f'it calls {prefix}..., and CONFIG_{name}={self.option(name)}\n'
			       for prefix, name in NEEDS if re.search(f' U {prefix}', called)
			       and self.option(name) + self.suite not in ('yy', 'ym', 'mm'))

	def judge(self, jobs: int) -> str:
		"""Draws it and builds the suite, and returns what it comes to."""
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
	Builds so many configurations; the n-th has KCONFIG_SEED=@seed+n. Returns 0 if there is no
	warning, and nothing is missing, 1 if not, 2 if a kernel does not build.
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
