# SPDX-License-Identifier: GPL-2.0
"""
`make boot IMAGE=`: boots a kernel as shipped, or the user's image, three times. The first boot
loads each of its compressed modules. The second boot loads each module decompressed. The third boot
runs tools/testing/selftests/module/ as init.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List

from harness import base, build, guests, packages, records, results
from harness.base import Trouble, say
from harness.boot import debian, image, shipped, signature
from harness.boot.guest import Guest, Options, files_in, list_files, make_bad, make_formats
from harness.boot.shipped import Shipped
from harness.fixes import Fixes
from harness.kernel import Sources
from harness.machine import machine
from harness.tree import KUNIT, Tree
from harness.values import Given

TOOLS = ('gcc', '/usr/include/stdlib.h', 'gzip', 'xz', 'zstd', '/sbin/depmod')
CROSS_TOOLS = ('aarch64-linux-gnu-gcc', '/usr/aarch64-linux-gnu/include/asm/unistd.h')

DECOMPRESS = {'.gz': ['gzip', '-dc'], '.xz': ['xz', '-dc'], '.zst': ['zstd', '-dcq']}

# The modules that the selftest loads
WANTED = ('kernel/fs/binfmt_script.ko', 'kernel/fs/binfmt_misc.ko',
	  'kernel/fs/overlayfs/overlay.ko', 'kernel/net/sunrpc/sunrpc.ko')


def plain_name(module: str) -> str:
	"""Returns the name of the decompressed module."""
	return re.sub(r'\.ko.*', '.ko', module)


@dataclass
class Sweep:
	"""A kernel with its modules, and the guest to load them in."""
	kernel: Shipped
	guest: Guest
	headers: Path

	@property
	def at(self) -> str:
		"""The directory of the modules in the guest"""
		return f'/lib/modules/{self.kernel.release}'

	def said(self, what: str) -> str:
		"""Returns a property of the kernel, which the guest with compressed modules printed."""
		return image.said(self.guest.made.directory / 'compressed.log', what)

	def count(self, pattern: str) -> int:
		"""Returns the number of lines in the running guest's log that begin with @pattern."""
		log = self.guest.made.directory / 'test.log'
		return len(re.findall(f'^{pattern} ', log.read_text(errors='replace'), re.MULTILINE)) \
			if log.exists() else 0

	def load_all(self, how: str, modules: List[str], directory: Path) -> None:
		"""Loads modules of a directory in a guest, and keeps its log as @how.log."""
		made, listed = self.guest.made, self.guest.path / 'modules'
		listed.write_text(''.join(f'{self.at}/{module}\n' for module in modules), encoding='utf-8')
		guests.build_guest(made, self.headers)
		cpio = self.guest.initramfs(how, [f'file /modules {listed} 0644 0 0',
						  *list_files(modules, directory, self.at)])
		say(f'Loading the modules of {made.what}, {how} ...')
		self.guest.boot(cpio, 'GUEST=sweep', timeout=3000, still=lambda:
				f'{self.count("# module")} of {len(modules)} modules')
		cpio.unlink()
		log = (made.directory / 'test.log').rename(made.directory / f'{how}.log')
		text = log.read_text(errors='replace')
		if not re.search('^ok 1 modules', text, re.MULTILINE):
			made.failed('booted: the guest ended with ' + ''.join(
				re.findall('^# .*', text, re.MULTILINE)[-1:]))

	def decompress(self, modules: List[str], directory: Path) -> None:
		"""Decompresses modules to a directory."""
		for module in modules:
			plain = directory / plain_name(module)
			plain.parent.mkdir(parents=True, exist_ok=True)
			with plain.open('wb') as out:
				command = DECOMPRESS.get(Path(module).suffix, ['cat'])
				subprocess.run([*command, self.kernel.modules / module], stdout=out,
					       check=True)

	def compare(self) -> List[str]:
		"""Loads all modules compressed, then decompressed. Returns the report."""
		made, given = self.guest.made, self.kernel.given
		modules, untried = image.to_load(self.kernel.modules, self.kernel.arch)
		self.load_all('compressed', modules, self.kernel.modules)
		if self.said('release') != self.kernel.release:
			raise Trouble(f'IMAGE={given} is linux {self.said("release")}, but MODULES='
				      f'{self.kernel.modules} has those of another release')
		if self.said('compression') == 'none':
			self.kernel.does_not_decompress()
		say(f'Decompressing {len(modules)} modules ...')
		plain = self.guest.path / 'plain'
		with self.guest.making('read: a module is damaged', lambda:
				       f'{len(list(plain.rglob("*.ko")))} modules decompressed'):
			self.decompress(modules, plain)
		self.load_all('decompressed', [plain_name(module) for module in modules], plain)
		shutil.rmtree(plain)
		ktap = image.compare(made.directory, self.at)
		(made.directory / 'modules.ktap').write_text('\n'.join([*ktap, '']), encoding='utf-8')
		return image.report(made.directory, untried, self.kernel.config)

	def install(self, installed: Path) -> None:
		"""
		Installs the modules that the selftest loads, with the modules that they need. Also installs
		a module without the modules that it needs.
		"""
		modules, plain = self.kernel.modules, installed / 'test/plain'
		lines = (modules / 'modules.dep').read_text(encoding='utf-8').splitlines()
		names = [name for module in WANTED for line in lines if line.startswith(module)
			 for name in line.replace(':', ' ').split()]
		for name in names:
			(installed / name).parent.mkdir(parents=True, exist_ok=True)
			shutil.copyfile(modules / name, installed / name)
		for index in modules.glob('modules.*.bin'):
			shutil.copyfile(index, installed / index.name)
		self.decompress(names, plain)
		needs = [line.partition(':')[0] for line in lines
			 if ': ' in line and not any(name in line for name in names)]
		if needs:
			shutil.copyfile(modules / needs[0],
					installed / f'test/needs.ko{needs[0].partition(".ko")[2]}')

		small = next((path for path in map(plain.joinpath, WANTED[:2]) if path.exists()), None)
		if not small:
			raise Trouble(f'IMAGE={self.kernel.given}: the selftest needs the module '
				      'binfmt_script or binfmt_misc, but this kernel has neither')
		if '\nCONFIG_MODULE_SIG=y\n' in self.kernel.config and \
		   not signature.is_signed(small.read_bytes()):
			raise Trouble(f'IMAGE={self.kernel.given}: its config has CONFIG_MODULE_SIG=y, but '
				      'its modules are not signed')
		make_formats(small, installed / 'test')
		make_bad(small, self.said('compression'), installed / 'test')

	def run_selftest(self, rounds: int) -> int:
		"""Runs the selftest in a guest. Returns what Build.boot() returns."""
		made, installed = self.guest.made, self.guest.path / 'installed'
		with self.guest.making('built: no modules', lambda: 'still copying modules'):
			self.install(installed)
		guests.build_init(made, self.headers, *sorted(guests.SELFTEST.glob('*.c')))
		cpio = self.guest.initramfs('selftest', [*self.guest.list_kmod(self.guest.kmod), *list_files(
			files_in(installed), installed, self.at)])
		say(f'Running the selftest of {made.what} ...')
		return self.guest.boot(
			cpio, f'DECOMPRESS_ALGORITHM={self.said("compression")} DECOMPRESS_ROUNDS={rounds}',
			timeout=300 + 10 * rounds, still=lambda: f'{self.count("(?:not )?ok")} cases')


def prepare(kernel: Shipped, options: Options) -> Sweep:
	"""Prepares all that the guests need."""
	one = machine(shipped.ARCHS[kernel.arch])
	packages.need([*TOOLS, f'qemu-system-{one.qemu}', *(CROSS_TOOLS if one.cross else ())],
		      options.may_install)
	kmod = debian.get_kmod(options.build, kernel.arch, may_install=options.may_install)
	# 6.12 provides the headers and kunit.py.
	other = Sources(options.build, options.may_install).find('6.12')
	made = build.Build('boot', f'linux {kernel.release}, {one.name}, as shipped',
			   Tree(other, Fixes('no'), None, other.directory), one,
			   options.build / 'boot' / kernel.name, jobs=options.jobs)
	guest = Guest(made, kmod, made.directory / 'guest/gen_init_cpio')
	shutil.rmtree(guest.path, ignore_errors=True)
	guest.path.mkdir()
	if base.shown(['gcc', '-O2', '-o', guest.gen_init_cpio, other.directory / 'usr/gen_init_cpio.c'],
		      made.log):
		made.failed('built: no gen_init_cpio')
	booted = made.directory / one.image
	booted.parent.mkdir(parents=True, exist_ok=True)
	booted.unlink(missing_ok=True)
	booted.symlink_to(kernel.image)
	return Sweep(kernel, guest, other.directory)


def run(given: Given, options: Options) -> int:
	"""
	Loads the modules and runs the selftest. Returns 0 if all passed, or 1 if tests failed or a
	module loads only decompressed.
	"""
	base.writable(options.json, options.junit)
	kernel = shipped.find(given, options)
	sources = records.key()
	sweep = prepare(kernel, options)
	made = sweep.guest.made
	report = sweep.compare()
	verdict = sweep.run_selftest(options.rounds)

	# Treat the comparison like the results of a boot.
	kunit, modules = made.tree.path / KUNIT, made.directory / 'modules'
	found = results.results(str(kunit), f'{modules}.ktap')
	if not found:
		made.failed('tested: no module was loaded')
	base.run([kunit / 'kunit.py', 'parse', f'--json={modules}.json', f'{modules}.ktap'])
	sweep.guest.runs.append('modules')
	causes, numbers = sweep.guest.judge('selftest', verdict)
	sweep.guest.write(options)
	result = f'{made.what}: modules: {results.counts(found)}; selftest: {numbers}'
	(made.directory / 'report').write_text('\n'.join([*report, f'make boot: {result}', '']),
					       encoding='utf-8')
	print('\n'.join([*report, *causes, f'make boot: {result}']))
	if kernel.given.startswith('linux-'):
		records.record(options.build, f'make boot IMAGE={kernel.given}', result, sources)
	made.release()
	return max(verdict, results.verdict(found))
