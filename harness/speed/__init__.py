# SPDX-License-Identifier: GPL-2.0
"""
`make native SPEED=yes`: measures how fast the kernel's decoders are, and what it costs to decompress
page by page.
"""

import shutil
import subprocess
from pathlib import Path
from typing import List

from harness import base, oracle, packages
from harness.base import TOP, Trouble, patience, say
from harness.boot.guest import COMPRESS
from harness.commands.run import Options
from harness.native_build import NativeBuild
from harness.oracle import SUFFIXES

STOCK = {'gzip': 'zlib', 'xz': 'liblzma', 'zstd': 'libzstd'}


class Speed(NativeBuild):
	"""The programs that measure, built with -O2 and without sanitizers"""

	def __init__(self, options: Options) -> None:
		packages.need_for_native(False, options.may_install)
		stock = oracle.get(options.build, options.may_install)
		if not stock:
			raise Trouble('cannot download zlib, liblzma and libzstd of a newer Debian, to compare '
				      "with; run it where Debian's archive can be reached")
		self.stock = stock
		super().__init__('native', options, 'speed/{}')

	def prepare(self) -> List[Path]:
		"""Builds the programs. Returns them."""
		say(f'Building the decoders of {self.what}, with -O2 ...')
		self.build('build', 'SANITIZE=', f'EXTRA_MK={TOP}/harness/speed/speed.mk',
			   f'EXTRA_CFLAGS=-O2 -I{self.stock.headers}', 'speeds')
		return sorted((self.directory / 'build').glob('speed_*[a-z]'))

	def payload(self) -> Path:
		"""Writes a file that is like a module: object files, one after the other."""
		path = self.directory / 'payload'
		path.write_bytes(b''.join(one.read_bytes() for one in sorted(
			(self.directory / 'build').rglob('*.o'))))
		return path

	def measure(self, program: Path, payload: Path) -> str:
		"""Returns the speeds of an algorithm."""
		algorithm = program.name.partition('_')[2]
		copy = self.directory / algorithm
		shutil.copy(payload, copy)
		base.run([self.stock.tools / algorithm, *COMPRESS[algorithm][1:],
			  copy]).check_returncode()
		with patience():
			ended = subprocess.run(
				[program, copy.with_suffix(f'.{SUFFIXES[algorithm]}'), payload],
				stdout=subprocess.PIPE, text=True, check=False,
				env=base.environment(STOCK=str(self.stock.libraries)))
		speeds = dict(line.rsplit(' ', 1) for line in ended.stdout.splitlines())
		if ended.returncode or len(speeds) != 3:
			self.failed(f'measured: {program.name} fails')
		return (f'{algorithm} {speeds["page by page"]} page by page, {speeds["in one call"]} in one call, '
			f'{STOCK[algorithm]} {speeds["stock library"]}')


def command(options: Options) -> int:
	"""Builds, measures and reports."""
	speed = Speed(options)
	programs = speed.prepare()
	payload = speed.payload()
	result = (f'{speed.what}, natively with -O2, MB/s of output: '
		  + '; '.join(speed.measure(program, payload) for program in programs))
	speed.record(result, ' SPEED=yes')
	print(f'make native: {result}')
	return 0
