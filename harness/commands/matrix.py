# SPDX-License-Identifier: GPL-2.0
"""
`make matrix`: runs the suite on many machines. For each row of rows.tsv it does what `make run`
does, with the row's ARCH, CONFIG and LLVM. It runs a row again only if something that the result
depends on has changed.
"""

import datetime
import os
import shlex
import shutil
import time
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import List

from harness import base, junit, locks, records, results, tree
from harness.base import TOP, Trouble, say
from harness.commands import run
from harness.kernel import Kernel, Sources
from harness.machine import machine
from harness.matrix import report
from harness.values import Given


@dataclass(frozen=True)
class Row:
	"""A row of rows.tsv. An empty field of the table is an empty string."""
	name: str
	machine: str
	config: str
	llvm: str
	qemu_args: str
	kernel_args: str
	not_for: str


def rows(kernel: str, wanted: str) -> List[Row]:
	"""Returns the rows of ROWS=, or all rows for this kernel, in the order of the table."""
	found = [Row(*('' if one == '-' else one for one in row))
		 for row in base.rows(TOP / 'harness/data/rows.tsv')]
	found = [row for row in found if kernel not in row.not_for.split(',')]
	names = wanted.replace(',', ' ').split()
	if wanted and not names:
		raise Trouble(f'ROWS={wanted}: names no row; harness/data/rows.tsv lists them')
	there = [row.name for row in found]
	for name in names:
		if name not in there:
			raise Trouble(f'ROWS={wanted}: no row {name} for KERNEL={kernel}; give some '
				      f'of {" ".join(there)}')
	return [row for row in found if row.name in names or not names]


def key(row: Row, kernel: Kernel, sources: str) -> str:
	"""Returns all that a result depends on, as text."""
	qemu = shutil.which(f'qemu-system-{machine(row.machine).qemu}')
	about = [qemu, os.stat(qemu).st_size, os.stat(qemu).st_mtime_ns] if qemu else []
	return '\n'.join(map(str, [sources, kernel.name, kernel.directory, *astuple(row), *about]))


def run_row(row: Row, directory: Path, options: run.Options, new: str) -> None:
	"""
	Runs a row, unless @directory has a result with the key @new. The run leaves files there for
	report.py.
	"""
	done, log = directory / 'key', directory / 'log'
	if done.exists() and done.read_text(encoding='utf-8') == new:
		say(f'{row.name}: nothing has changed')
		return

	def last_line() -> str:
		return f'{row.name}: ' + (log.read_text(errors='replace').splitlines() or [''])[-1]

	say(f'{row.name} ...')
	directory.mkdir(exist_ok=True)
	for path in (done, directory / 'test.log'):
		path.unlink(missing_ok=True)
	log.write_text('')
	started = time.monotonic()
	# With KMSAN the suite takes five minutes.
	status = base.apart(lambda: run.run(replace(
		options, arch=row.machine, config=row.config, llvm=bool(row.llvm), timeout=600,
		json=None, junit=None, row=directory, row_qemu_args=row.qemu_args,
		row_kernel_args=row.kernel_args)), log, last_line)
	(directory / 'seconds').write_text(str(int(time.monotonic() - started)))
	say(last_line())
	# Without a verdict, the next run tries again.
	if status < 2:
		done.write_text(new, encoding='utf-8')


def command(given: Given, build: Path) -> int:
	"""Runs the rows of ROWS=, writes the reports, and returns the verdict."""
	options = run.options_of(given, build)
	base.writable(options.json, options.junit)
	wanted = rows(options.kernel, given.get('ROWS', ''))
	kernel = Sources(build, options.may_install).find(options.kernel)
	directory = build / 'matrix' / f'{kernel.name}-{options.fixes}'
	locks.take(directory / 'lock', f'make matrix, process {os.getpid()}')
	sources = records.key()
	for row in wanted:
		run_row(row, directory / row.name, options, key(row, kernel, sources))

	of_kernel = f'KERNEL={shlex.quote(options.kernel)} FIXES={options.fixes}'
	outcomes = [report.outcome(row.name, f'make matrix ROWS={row.name} {of_kernel}',
				   directory / row.name, str(kernel.directory / tree.KUNIT))
		    for row in wanted]
	title = f'make matrix KERNEL={options.kernel} FIXES={options.fixes}'
	(directory / 'report.html').write_text(report.as_html(title, outcomes))
	if options.json:
		with base.writing('JSON', options.json):
			options.json.write_text(report.as_json(outcomes))
	if options.junit:
		with base.writing('JUNIT', options.junit):
			junit.write({one.row: results.junit_cases(one.found) for one in outcomes},
				    str(options.junit))
	print(report.as_text(title, outcomes))
	for one in outcomes:
		if not one.why and records.is_repeatable(options.kernel, options.fixes):
			then = (directory / one.row / 'test.log').stat().st_mtime
			records.record(build, f'{title} ROWS={one.row}', f'{one.row}: {one.text}',
				       sources, datetime.date.fromtimestamp(then))
	return report.verdict(outcomes)
