# SPDX-License-Identifier: GPL-2.0
"""Links many mutants into one kernel, and boots it once for each mutant; see select.c."""

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import List, Sequence

from harness import base, locks
from harness.base import TOP, Trouble, patience, say
from harness.mutants.stages import sums
from harness.mutants.verdicts import Mutant
from harness.mutants.work import ARCH, KERNEL, Failed, Work, checked, saved_command, shell

SSH = ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-o', 'ServerAliveInterval=5',
       '-o', 'ServerAliveCountMax=2']

# The members of struct mutant after its name: the object and the symbol of each
MEMBERS = (('seam_gzip', 'gzip_decompressor'), ('seam_xz', 'xz_decompressor'),
	   ('seam_zstd', 'zstd_decompressor'), ('production', 'module_decompress'),
	   ('production', 'module_decompress_cleanup'))

# A mutant hangs if it needs so many times the CPU time that the suite needs with the unbroken code.
# A right change may be slow.
TIMES_THE_SUITE = 10
TIMES_IF_RIGHT = 40


@dataclass
class Run:
	"""A boot of a mutant, its log, and whether to run the whole suite or stop at a failure."""
	ident: str
	log: Path
	whole: bool

	def row(self) -> str:
		"""Returns the row of the list of runs."""
		return f'{self.ident} {self.log} {"whole" if self.whole else "short"}\n'

	def has_ended(self) -> bool:
		"""Returns whether the log is complete."""
		if not self.log.exists():
			return False
		last = self.log.read_text(errors='replace').rstrip('\n').rpartition('\n')[2]
		return re.fullmatch('mutant_boot.sh: .* asleep', last) is not None


def runs_of(work: Work, mutants: Sequence[Mutant]) -> List[Run]:
	"""Returns the runs. The name of a log has the checksums of all that the run depends on."""
	kernel = (work.base / 'key').read_text()[:8]
	differ = sums(work, mutants)
	logs = work.directory / 'log'
	runs = [Run(mutant.ident, logs / f'{mutant.ident}-{kernel}-{differ[mutant.ident]}',
		    mutant.is_patch) for mutant in mutants if mutant.ident in differ]
	(work.directory / 'runs').write_text(''.join(run.row() for run in runs))
	return runs


def table(work: Work, runs: Sequence[Run]) -> str:
	"""
	Returns the array of struct mutant. The linker calls the kernel's own module_decompress()
	__real_module_decompress().
	"""
	lines = ['\t.section .rodata', '\t.globl mutants, nr_mutants', 'mutants:']
	for run in runs:
		members = ['1b']
		for name, symbol in MEMBERS:
			if work.of(run.ident, f'{name}.o').exists():
				members.append(f'mutant_{run.ident}_{symbol}')
			else:
				members.append(f'__real_{symbol}' if name == 'production' else '0')
		lines.append(f'\t.pushsection .rodata.names; 1: .asciz "{run.ident}"; .popsection')
		lines.append(f'\t.long {", ".join(members)}')
	lines += ['nr_mutants: .long (nr_mutants - mutants) / 24', '\t.section .note.GNU-stack', '']
	return '\n'.join(lines)


def link(work: Work, runs: Sequence[Run]) -> str:
	"""
	Makes a kernel of these mutants by Kbuild's last steps, from one object that contains the
	mutants, too. Returns the output.
	"""
	kernel = work.base / 'kernel'
	(work.directory / 'table.s').write_text(table(work, runs))
	said = checked('gcc', '-m32', '-c', '-o', work.base / 'table.o', work.directory / 'table.s',
		       cwd=TOP)
	(work.directory / 'objects').write_text(''.join(
		f'{path}\n' for run in runs for path in sorted(work.of(run.ident).glob('*.o'))))
	words = saved_command(kernel, 'vmlinux.o').replace('vmlinux.o', 'mutants.o', 1)
	words = words.replace('vmlinux.a', 'parts.a', 1)
	if not re.search(r' mutants\.o .* parts\.a', words):
		raise Trouble(f'cannot add mutants to the command that links vmlinux.o: {words}')
	wrapped = dict.fromkeys(symbol for _, symbol in MEMBERS)
	said += shell(words, *(f'--wrap={symbol}' for symbol in wrapped), work.base / 'select.o',
		      work.base / 'table.o', f'@{work.directory / "objects"}', cwd=kernel)
	return said + make_image(work)


def make_image(work: Work) -> str:
	"""
	Makes vmlinux from vmlinux.a, with Kbuild. make must not rebuild the objects in the base, which
	match the sources by content, but may be older: `make test` may have rewritten decompress.c
	meanwhile. So give all files of the base one date, later than any source in the tree. The lock
	keeps other commands from changing the tree. Then check that make has used our vmlinux.a, and
	give up the base if not.
	"""
	kernel = work.base / 'kernel'
	lock = locks.take(work.tree.with_name(f'{KERNEL}.lock'),
			  f'make mutants, process {os.getpid()}', shared=True)
	try:
		(work.base / 'now').touch()
		now = (work.base / 'now').stat().st_mtime_ns
		for directory, _, names in os.walk(kernel):
			for name in names:
				path = os.path.join(directory, name)
				if os.path.isfile(path) and not os.path.islink(path):
					os.utime(path, ns=(now, now))
		(kernel / 'vmlinux.a').unlink(missing_ok=True)
		checked('ar', 'cDrT', 'vmlinux.a', 'mutants.o', cwd=kernel)
		said = checked('make', '-C', work.tree, '--no-print-directory', '-s', 'vmlinux',
			       f'ARCH={ARCH}', f'O={kernel}', f'--jobs={work.jobs}', cwd=kernel)
	finally:
		lock.release()
	if base.output(['ar', 't', 'vmlinux.a'], cwd=kernel) != 'mutants.o':
		(work.base / 'key').unlink()
		raise Failed('make has rebuilt vmlinux.a, although the base is up to date\n')
	checked('cp', kernel / 'vmlinux', work.image, cwd=TOP)
	return said


def logins(hosts: str) -> str:
	"""Returns HOSTS= for GNU parallel: each host with the number of its CPUs."""
	found = []
	for host in hosts.replace(',', ' ').split():
		ended = base.run([*SSH, host, f"cd '{TOP}' && python3 -B -m harness.packages "
				  'qemu-system-i386 rsync >&2 && nproc'])
		if ended.returncode:
			raise Trouble(f'HOSTS={hosts}: {host} needs an ssh login without a password, and '
				      f'a clone in {TOP}')
		found.append(f'{ended.stdout.strip()}/{host}')
	return ','.join(found)


def boot(work: Work, runs: Sequence[Run], where: str) -> None:
	"""
	Boots the mutants, which have the numbers of the table, from 1. A failure does not stop the
	others. If a host dies, its mutants go to another one.
	"""
	cpu = re.search(r'^mutant_boot.sh: ended: (\d+) s ', (work.base / 'log').read_text(
		errors='replace'), re.MULTILINE)
	if not cpu:
		raise Trouble(f'{work.base / "log"} does not say how long the suite ran')
	image = work.image.relative_to(TOP) if work.image.is_relative_to(TOP) else work.image
	options: List[base.Arg] = ['--jobs', str(work.jobs)]
	if where:
		options = ['--sshlogin', where, '--ssh', ' '.join(SSH), '--workdir', TOP,
			   '--basefile', image, '--retries', '5']
	pending = work.directory / 'pending'
	pending.write_text(''.join(run.row() for run in runs))
	joblog = work.directory / 'joblog'
	joblog.write_text('')
	began = time.monotonic()
	times = TIMES_IF_RIGHT if work.right else TIMES_THE_SUITE

	def still() -> str:
		ended = joblog.read_text(errors='replace').count('mutant_boot.sh')
		minutes = int((len(runs) - ended) * (time.monotonic() - began) / ended / 60) + 1 \
			if ended else '?'
		return f'{ended} of {len(runs)} booted, {minutes} min left'

	say(f'Booting them{f" on {work.hosts}" if where else ""} ...')
	with patience(still):
		base.run(['parallel', '--will-cite', *options, '--arg-file', pending, '--colsep',
			  ' ', '--results', '{2}', '--joblog', joblog, 'sh',
			  'harness/mutants/mutant_boot.sh', image, '{#}',
			  str(times * int(cpu[1])), '{3}'], cwd=TOP)
	for pattern in '*.seq', '*.err':
		for path in (work.directory / 'log').glob(pattern):
			path.unlink()


def boot_all(work: Work, mutants: Sequence[Mutant]) -> None:
	"""Boots the mutants that have no complete log yet."""
	pending = [run for run in runs_of(work, mutants) if not run.has_ended()]
	if not pending:
		return
	say(f'Linking {len(pending)} of them ...')
	log = work.directory / 'link.log'
	try:
		with patience():
			log.write_text(link(work, pending))
	except Failed as failed:
		log.write_text(str(failed))
		raise Trouble(f'cannot link the kernel with the mutants; see {log}') from failed
	boot(work, pending, logins(work.hosts))
	left = [run for run in pending if not run.has_ended()]
	if left:
		raise Trouble(f'{len(left)} of {len(pending)} mutants could not be booted; run the '
			      'command again to boot these')
