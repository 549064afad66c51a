# SPDX-License-Identifier: GPL-2.0
"""
Runs the suite as CKI, LKFT and Android do: as a module, of a kernel with KUNIT=y or KUNIT=m. A
guest loads it, reads its results in debugfs, and unloads it, many times, the last time while other
tasks are busy.
"""

import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import List

from harness import base, build, guests, packages, results
from harness.base import TOP, Trouble, patience, say
from harness.bots import rounds
from harness.commands import run
from harness.kernel import Kernel, Sources
from harness.machine import machine
from harness.tree import KUNIT

# Suites that are not in the module: the kernel does not export module_decompress(), and the decoders in
# lib/ have modules for themselves.
BUILT_IN = ('module_decompress_core/', 'module_decompress_own/', 'xz_dec/', 'zlib_inflate/',
	    'zstd_decompress/')

# How often the guest loads the suite: with all cases, while other tasks are busy, and before each
# measurement of the free memory
ROUNDS, BUSY, LOADS = 4, 1, 64

CPUINFO = Path('/proc/cpuinfo')


def make_initramfs(made: build.Build, guest: Path, kunit: str) -> Path:
	"""Returns an initramfs with the suite, and with a module that another task loads meanwhile."""
	made_of, initramfs = guest / 'initramfs.list', guest / 'initramfs.cpio'
	files = {'init': made.directory / 'guest-init', 'other.ko.gz': guest / 'other.ko.gz',
		 'suite.ko': made.directory / 'kernel/module/tests/module_decompress_kunit.ko'}
	if kunit == 'm':
		files['kunit.ko'] = made.directory / 'lib/kunit/kunit.ko'
	files['other.ko.gz'].write_bytes(gzip.compress(
		(made.directory / 'lib/xz/xz_dec_test.ko').read_bytes(), mtime=0))
	made_of.write_text(''.join([
		'dir /dev 0755 0 0\nnod /dev/console 0600 0 0 c 5 1\n',
		'nod /dev/kmsg 0600 0 0 c 1 11\n',
		*(f'file /{name} {path} 0755 0 0\n' for name, path in files.items())]))
	with initramfs.open('wb') as out:
		if subprocess.run([made.directory / 'usr/gen_init_cpio', made_of], stdout=out,
				  check=False).returncode:
			made.failed('built: no initramfs')
	return initramfs


def boot(made: build.Build, guest: Path, initramfs: Path, suites: List[str]) -> str:
	"""Boots the guest, and returns what its init prints."""
	# The init prints the kernel's log itself, so keep the log off the console. The words behind
	# "--" are arguments for the init.
	words = ['loglevel=1', 'log_buf_len=4M', 'panic=-1', 'GUEST=rounds', '--',
		 *map(str, (ROUNDS, LOADS, BUSY)), *suites]
	command: List[base.Arg] = [
		made.directory / 'linux', 'noreboot', 'mem=1G', f'initrd={initramfs}',
		'con0=fd:0,fd:1', 'con=none', 'console=tty', *words]
	if made.machine.qemu:
		command = [
			f'qemu-system-{made.machine.qemu}', '-nodefaults', '-nographic',
			'-no-reboot', '-serial', 'stdio', '-m', '1024',
			*made.machine.qemu_args.split(), '-kernel',
			made.directory / made.machine.image, '-initrd', initramfs, '-append',
			' '.join([f'console={made.machine.console}', *words])]
	raw = guest / 'out.raw'
	say(f'Booting {made.what} ...')
	with raw.open('wb') as out, \
	     patience(lambda: f'{raw.read_bytes().count(b"=== round")} rounds begun'):
		subprocess.run(['timeout', '1200', *command], stdin=subprocess.DEVNULL, stdout=out,
			       stderr=out, env=base.environment(), close_fds=False, check=False)
	text = raw.read_bytes().replace(b'\r', b'').decode(errors='replace')
	with made.log.open('a', encoding='utf-8') as log:
		log.write(text)
	return text


def want_user_space(kernel: Kernel, cpu: str) -> None:
	"""
	Refuses UML if no program can run in it on a CPU with these flags: such a kernel has room for
	2696 bytes of a program's registers, and ptrace() wants all of them, which are more with AMX.
	"""
	if 'amx_tile' in cpu and kernel.has('arch/x86/um/user-offsets.c', 'HOST_FP_SIZE, 2696'):
		raise Trouble(f'linux {kernel.version}, um: runs no program on a CPU with AMX; give '
			      'ARCH=i386')


def run_module(options: run.Options, kunit: str) -> int:
	"""Returns 0 if the results are each time those of the built-in suite, or 1."""
	sources = Sources(options.build, options.may_install)
	kernel = sources.find(options.kernel)
	if options.arch == 'um':
		want_user_space(kernel, CPUINFO.read_text(encoding='utf-8'))
	what = (f'linux {kernel.version}, {options.arch}, {run.words_of_fixes(options, kernel)}, '
		f'KUNIT={kunit} and the suite as a module')
	# No run with other fixes may come between the two builds.
	own = run.take_tree(options, kernel, f'make bots of {what}')
	run.run(options)
	llvm = packages.need_llvm(options.may_install) if options.llvm else ''
	plain = options.build / 'kunit' / f'{kernel.name}-{options.arch}{"-llvm" if llvm else ""}'
	directory = plain.with_name(f'{plain.name}-module-{kunit}')
	build.start_from(plain, directory)
	made = build.Build('bots', what, own, machine(options.arch), directory, llvm, options.jobs)
	guest = directory / 'guest'
	guest.mkdir(exist_ok=True)

	expected = sorted(f'{status} {path}' for status, path, _ in results.results(
		str(own.path / KUNIT), str(plain / 'test.log')) if not path.startswith(BUILT_IN))
	suites = sorted({line.split()[1].partition('/')[0] for line in expected})
	config = guest / 'kunit.config'
	sysctl = 'CONFIG_PROC_SYSCTL=y\n' * kernel.has('fs/proc/Kconfig', '^config PROC_SYSCTL$')
	# An option that depends on KUNIT=m can be at most m.
	config.write_text(f'CONFIG_KUNIT={kunit}\n{sysctl}'
			  f'CONFIG_MODULE_DECOMPRESS_ENABLE_ALL_FOR_KUNIT={kunit}\n')
	made.configure([TOP / 'harness/bots/module.config', config])
	made.build(target='all', image='arch/x86/boot/bzImage' if made.machine.qemu else '')
	guests.build_guest(made, guests.headers(kernel, sources))

	text = boot(made, guest, make_initramfs(made, guest, kunit), suites)
	status, lines = rounds.judge(str(own.path / KUNIT), text, expected, ROUNDS, BUSY, LOADS)
	if status == 2:
		made.failed('booted: the init ended before the first round')
	if status:
		print('\n'.join(lines))
		lines = [f'not the results of the built-in suite; see above, or {made.log}']
	print(f'make bots: {what}: {lines[-1]}')
	return status


def main(kunit: str, arch: str = 'um') -> int:
	"""Runs the bot with KUNIT=@kunit on @arch, as a test does."""
	return run_module(run.Options(base.build_directory(os.environ.get('BUILD', '')), arch=arch,
				      jobs=os.cpu_count() or 1), kunit)


if __name__ == '__main__':
	sys.exit(base.verdict(lambda: main(*sys.argv[1:])))
