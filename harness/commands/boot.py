# SPDX-License-Identifier: GPL-2.0
"""
`make boot`: loads modules that the kernel's own "make modules_install" has compressed, with
finit_module() in a guest. Builds a kernel for each algorithm and boots it several times:
- with tools/testing/selftests/module/ as init;
- with little memory: what do small files with a long output or a large window do to other tasks?
  (harness/guest/memory.c)
- with few addresses for vmap() (harness/guest/memory.c);
- with insmod and modprobe of several projects (harness/guest/loaders.c);
- with security modules (harness/guest/security.c), IMA (ima.c), and what the kernel counts
  (statistics.c);
- with a compressed file system (harness/guest/zisofs.c).

harness/boot/sweep.py boots a kernel as shipped, for IMAGE=.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List

from harness import base, build, configuration, fixes, guests, packages, records, tree, values
from harness.base import Trouble, say
from harness.boot import loaders, memory, modules, security, sweep, zisofs
from harness.boot.guest import COMPRESS, Guest, Options, files_in, list_files
from harness.fixes import DECOMPRESS, Fixes
from harness.kernel import Kernel, Sources
from harness.machine import machine
from harness.values import Given

ARCH = 'i386'

# The kernel's build makes the key that signs modules with openssl, and its sign-file needs the
# headers.
TOOLS = ('gzip', 'xz', 'zstd', '/sbin/depmod', 'openssl', '/usr/include/openssl/evp.h')

# Options that not every kernel has, each after the file that defines it: compress all installed
# modules, provide /proc/sys, and let "preempt=none" take effect
WANTED = (('kernel/module/Kconfig', 'MODULE_COMPRESS_ALL'), ('fs/proc/Kconfig', 'PROC_SYSCTL'),
	  ('kernel/Kconfig.preempt', 'PREEMPT_DYNAMIC'))


def command(given: Given, build_directory: Path) -> int:
	"""Runs `make boot`."""
	options = Options(
		build_directory, values.number(given, 'ROUNDS', 100, least=10),
		values.jobs(given), values.is_yes(given, 'INSTALL', 'yes'), values.path(given, 'JSON'),
		values.path(given, 'JUNIT'))
	if given.get('IMAGE') or given.get('MODULES'):
		return sweep.run(given, options)
	return run(given, options)


@dataclass
class Boot:
	"""A kernel that is built and booted with one algorithm after the other."""
	options: Options
	config: str
	guest: Guest
	headers: Path
	programs: Dict[str, Path]
	"""The directories of the loaders, by name"""
	security: bool
	sources: str
	summary: List[str] = field(default_factory=list)
	passed: bool = True

	@property
	def made(self) -> build.Build:
		"""The build"""
		return self.guest.made

	def fragments(self, algorithm: str) -> List[Path]:
		"""Returns the fragments of the configuration for an algorithm."""
		kernel = self.made.tree.kernel
		# v6.15 removed HIGHMEM64G.
		highmem = 'highmem64g' if kernel.has('arch/x86/Kconfig', '^config HIGHMEM64G$') else 'pae'
		names = ['boot', highmem, *([] if algorithm == 'gzip' else [algorithm]),
			 *(['security'] if self.security else [])]
		own = self.guest.path / 'kernel.config'
		own.write_text(''.join(f'{line}\n' for line in [
			*(f'CONFIG_{option}=y' for file, option in WANTED
			  if kernel.has(file, f'^config {option}$')),
			*(security.options(kernel) if self.security else [])]), encoding='utf-8')
		return [*map(configuration.fragment, names), own,
			*([configuration.fragment(self.config)] if self.config else [])]

	def boot(self, algorithm: str) -> None:
		"""Builds the kernel for an algorithm, and boots it in all guests."""
		made, kernel, own = self.made, self.made.tree.kernel, self.made.tree.fixes
		made.what = ', '.join(filter(None, [f'linux {kernel.version}, {ARCH}, {algorithm}',
						    self.config, own.words(kernel)]))
		made.begin_log(algorithm)
		made.configure(self.fragments(algorithm))
		made.build(modules.FLAGS, target='all')
		with self.guest.making('built: no modules', lambda: 'still installing modules'):
			installed = modules.install_all(self.guest, algorithm)

		guests.build_init(made, self.headers, *sorted(guests.SELFTEST.glob('*.c')))
		# QEMU puts 1 GB of the 4 GB above the address 4 GB. Only HIGHMEM64G reaches it.
		high = 3000 if '\nCONFIG_HIGHMEM64G=y\n' in (made.directory / '.config').read_text(
			encoding='utf-8') else 2000
		result = self.boot_guest(
			'', algorithm, [*self.guest.list_kmod(self.guest.kmod), *list_files(
				files_in(installed), installed, f'/lib/modules/{installed.name}')],
			f'DECOMPRESS_ALGORITHM={algorithm} DECOMPRESS_HIGH_MB={high} '
			f'DECOMPRESS_ROUNDS={self.options.rounds}', timeout=300 + 10 * self.options.rounds)
		if records.is_repeatable(kernel.given, own.given, self.config):
			config = f' CONFIG={self.config}' if self.config else ''
			records.record(self.options.build, f'make boot KERNEL={kernel.given} ALGORITHMS='
				       f'{algorithm}{config} FIXES={own.given}', result, self.sources)

		guests.build_guest(made, self.headers)
		# Three other tasks use 225 of the 384 MB. preempt=none shows whether a load lets
		# other tasks run. vmalloc=256M leaves room for a dictionary of 128 MiB.
		lines = memory.content(self.guest, installed, algorithm)
		self.boot_guest('little memory', f'{algorithm}-little', lines,
				f'preempt=none vmalloc=256M GUEST=memory{self.security * " FAULTS=yes"}',
				megabytes=384, timeout=900)
		# 192 MiB of output fit into the memory, but not between its end and that of vmalloc().
		self.boot_guest('few addresses', f'{algorithm}-addresses', lines, 'vmalloc=128M '
				'GUEST=addresses', megabytes=1024)
		self.boot_guest('loaders', f'{algorithm}-loaders',
				loaders.content(self.guest, installed, algorithm, self.programs),
				f'GUEST=loaders OTHER={loaders.SUFFIXES[loaders.OTHER[algorithm]]}',
				megabytes=512)
		if self.security:
			self.boot_secured(algorithm, installed)

	def boot_secured(self, algorithm: str, installed: Path) -> None:
		"""Boots the guests that need the fragment "security"."""
		# At boot only LoadPin enforces. The init switches the others on.
		lines = security.content(self.guest, installed, algorithm)
		arguments = 'GUEST=security lsm=lockdown,loadpin,selinux,ipe loadpin.enforce=1 ipe.enforce=0'
		self.boot_guest('security modules', f'{algorithm}-security', lines, arguments, megabytes=512)
		self.boot_guest('LoadPin without kernel-module', f'{algorithm}-loadpin', lines,
				f'{arguments} loadpin.exclude=kernel-module LOADPIN_EXCLUDES=kernel-module',
				megabytes=512)
		sees = 'decompressed' if security.asks_again(self.made.tree.kernel) else 'compressed'
		self.boot_guest('IMA', f'{algorithm}-ima', lines,
				f'GUEST=ima lsm=integrity,ima IMA_SEES={sees}', megabytes=512)
		self.boot_guest('statistics', f'{algorithm}-statistics', lines,
				'GUEST=statistics lsm=integrity,ima', megabytes=512)
		# More memory than the kernel maps by itself
		self.boot_guest('zisofs', f'{algorithm}-zisofs', zisofs.content(self.guest),
				'GUEST=zisofs', megabytes=1536)

	def boot_guest(self, what: str, name: str, lines: List[str], arguments: str, *,
		       megabytes: int = 4096, timeout: int = 300) -> str:
		"""Boots the kernel in a guest, and returns the result."""
		cpio = self.guest.initramfs(name, lines)
		what = f'{self.made.what}, {what}' if what else self.made.what
		say(f'Booting {what} ...')
		verdict = self.guest.boot(cpio, arguments, megabytes=megabytes, timeout=timeout)
		causes, numbers = self.guest.judge(name, verdict)
		print('\n'.join(causes), end='\n' if causes else '', flush=True)
		self.summary.append(f'make boot: {what}: {numbers}')
		self.passed = self.passed and not verdict
		return f'{what}: {numbers}'


def algorithms(wanted: List[str], kernel: Kernel) -> List[str]:
	"""Returns the algorithms to test: the @wanted ones, or all that the kernel has."""
	found = [algorithm for algorithm in COMPRESS
		 if kernel.has(DECOMPRESS, f'^static ssize_t module_{algorithm}_decompress')]
	for algorithm in wanted:
		if algorithm not in found:
			raise Trouble(f'ALGORITHMS={algorithm}: linux {kernel.version} cannot decompress '
				      f'{algorithm}; it has {" ".join(found)}')
	return wanted or found


def run(given: Given, options: Options) -> int:
	"""Builds and boots. Returns 0 if all passed, or 1 if tests failed or the kernel died."""
	if (given.get('ARCH') or ARCH) != ARCH:
		raise Trouble(f'ARCH={given["ARCH"]}: make boot supports only {ARCH}')
	wanted = given.get('ALGORITHMS', '').split()
	for algorithm in wanted:
		if algorithm not in COMPRESS:
			raise Trouble(f'ALGORITHMS={algorithm}: must be some of {" ".join(COMPRESS)}, '
				      'with blanks between them')
	named = given.get('KERNEL') or '6.12'
	own = Fixes(given.get('FIXES') or fixes.default_fixes(named))
	own.check()
	config = given.get('CONFIG', '')
	suffix = f'-{configuration.fragment(config).stem}' if config else ''
	base.writable(options.json, options.junit)
	packages.need_for_kernel(machine(ARCH), False, options.may_install)
	packages.need(TOOLS, options.may_install)

	sources = Sources(options.build, options.may_install)
	kernel = sources.find(named)
	chosen = algorithms(wanted, kernel)
	secured = security.is_asked(kernel, config)
	if secured:
		packages.need(['checkpolicy', 'evmctl', 'xorriso'], options.may_install)
	programs = loaders.get(options.build, ARCH, options.may_install)
	key = records.key()
	what = f'linux {kernel.version}, {own.words(kernel)}'
	made = build.Build(
		'boot', what, tree.make(options.build, kernel, own, None, f'make boot of {what}'),
		machine(ARCH), options.build / 'boot' / f'{kernel.name}{suffix}', jobs=options.jobs)
	guest = Guest(made, programs[loaders.KMOD], made.directory / 'usr/gen_init_cpio')
	guest.path.mkdir(exist_ok=True)
	boot = Boot(options, config, guest, guests.headers(kernel, sources), programs, secured, key)
	for algorithm in chosen:
		boot.boot(algorithm)
	guest.write(options)
	print('\n'.join(boot.summary))
	made.release()
	return 0 if boot.passed else 1
