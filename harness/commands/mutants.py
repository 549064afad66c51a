# SPDX-License-Identifier: GPL-2.0
"""
`make mutants`: makes small faults in decompress.c, all that mutate.c knows or those of the patches
in MUTANTS=, and reports which of them the suite catches. Then it tries right changes: the suite
must pass with them, natively and in a kernel with CONFIG=debug.

It compiles each mutant natively first, and runs the suites. Of the mutants that the suites catch
there, only a sample goes on to a kernel. It compiles this sample, all other mutants and all patches
as Kbuild does, and drops each mutant that compiles to the same code as the unbroken decompress.c.
It links the rest into one kernel, and boots that kernel once for each mutant.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from harness import base, locks, packages, records, tree, values
from harness.base import TOP, Trouble, patience, say
from harness.fixes import Fixes
from harness.commands.run import Options
from harness.front import COMMANDS
from harness.kernel import Sources
from harness.machine import machine
from harness.mutants import decoders, mutants, population, right, shared, stages
from harness.mutants.boot import boot_all
from harness.mutants.work import ARCH, KERNEL, Work
from harness.values import Given


def need_tools(work: Work) -> None:
	"""Installs the tools that are missing."""
	packages.need_for_kernel(machine(ARCH), False, work.may_install)
	packages.need_for_native(False, work.may_install)
	hosts = ['ssh', 'rsync'] if work.hosts else []
	packages.need(['parallel', 'unifdef', 'sparse', *hosts], work.may_install)
	packages.need_libclang(work.may_install)


def make_green(work: Work) -> None:
	"""
	Builds and boots the unbroken kernel. The suite must pass. The output goes to a log.
	"""
	# Set the other variables to nothing, so that make run does not take them from the environment.
	given = {**dict.fromkeys(COMMANDS['run'].takes, ''), 'KERNEL': KERNEL, 'ARCH': ARCH,
		 'CONFIG': work.config, 'FIXES': 'yes', 'JOBS': work.jobs, 'BUILD': work.build,
		 'INSTALL': 'yes' if work.may_install else 'no'}
	log = work.directory / 'run.log'

	def still() -> str:
		return log.read_text(errors='replace').rpartition('\n')[0].rpartition('\n')[2]

	say(f'Building linux {KERNEL}, {ARCH}, with fixes, and running the suite on it ...')
	with log.open('w', encoding='utf-8') as out, patience(still):
		green = subprocess.run(
			[TOP / 'suite', 'run', *(f'{name}={value}' for name, value in given.items())],
			stdin=subprocess.DEVNULL, stdout=out, stderr=out, close_fds=False,
			check=False, env=base.environment())
	if green.returncode:
		say('\n'.join(log.read_text(errors='replace').splitlines()[-3:]))
		raise Trouble(f'the suite fails with the unbroken decompress.c; see {log}')


def report(work: Work) -> int:
	"""Writes the report, prints it, and returns its exit status."""
	kunit = str(work.tree / tree.KUNIT)
	if work.right:
		status = right.report(str(work.directory), kunit)
	else:
		status = mutants.report(work.directory, kunit,
					complete=not work.sample and not work.patches)
	if status == 2:
		sys.exit(2)
	return status


def run(work: Work) -> int:
	"""Tries the mutants or the right changes. Returns 0 if all is as expected, or 1."""
	population.patches_of(work)
	need_tools(work)
	for name in 'log', 'obj':
		(work.directory / name).mkdir(parents=True, exist_ok=True)
	who = f'make mutants, process {os.getpid()}'
	own = locks.take(work.directory / 'lock', who)
	kernel = Sources(work.build, work.may_install).find(KERNEL)
	# Until the base is made, no other command may give the tree other fixes.
	made = tree.make(work.build, kernel, Fixes('yes'), None, who)
	try:
		found = population.by_patches(work)
		make_green(work)
		shared.prepare(work)
		if not work.patches and not work.right:
			found += population.generated(work)
	finally:
		# What follows has all that it needs in the base, or takes the lock again.
		if made.lock:
			made.lock.release()
	population.settle(work, found)
	what = 'right changes' if work.right else 'mutants'
	say(f'{len(found)} {what}; trying them natively ...')
	stages.try_natively(work, found)
	for_kernel = stages.judge_natively(work, found)
	stages.compile_for_kernel(work, for_kernel)
	useless = stages.useless(work, for_kernel)
	if useless:
		for line in useless:
			say(f'make: {line}')
		sys.exit(2)
	boot_all(work, for_kernel)
	status = report(work)
	own.release()
	return status


def first_line(path: Path) -> str:
	"""Returns the line of the report that goes to the results page."""
	found = re.search('.*( that differ in code).*', path.read_text(encoding='utf-8'))
	assert found
	return found[0].replace(found[1], '')


def run_all(work: Work) -> int:
	"""Tries the mutants. If these are all mutants, tries the right changes, too."""
	sources = records.key()
	status = run(work)
	result = f'linux {KERNEL}, {ARCH}: {first_line(work.directory / "report.txt")}'
	if not work.sample and not work.patches:
		changes = Work(work.build, work.jobs, right=True, debug=True,
			       may_install=work.may_install)
		status = max(status, run(changes))
		lines = (changes.directory / 'report.txt').read_text(encoding='utf-8').splitlines()
		result += f'; {lines[-1]}'
		records.record(work.build, 'make mutants', result, sources)
	print(f'make mutants: {result}; see {base.place(work.directory)}/report.html')
	return status


def command(given: Given, build: Path) -> int:
	"""Runs `make mutants`."""
	hosts = given.get('HOSTS', '')
	of_lib = given.get('OF', '')
	if of_lib not in ('', 'lib'):
		raise Trouble(f'OF={of_lib}: must be lib, or nothing for decompress.c')
	for name in ('MUTANTS', 'HOSTS') if of_lib else ('ALL',):
		if given.get(name):
			raise Trouble(f'{name}={given[name]}: {"does not go" if of_lib else "goes only"} '
				      'with OF=lib')
	if of_lib:
		return decoders.command(
			Options(build, KERNEL, jobs=values.jobs(given),
				may_install=values.is_yes(given, 'INSTALL', 'yes')),
			values.is_yes(given, 'ALL', 'no'))
	if hosts and build != TOP / 'build':
		raise Trouble(f'BUILD={build}: does not go with HOSTS=; each host builds in build/ of '
			      'its clone')
	return run_all(Work(build, values.jobs(given), given.get('MUTANTS', ''), hosts,
			    may_install=values.is_yes(given, 'INSTALL', 'yes')))
