# SPDX-License-Identifier: GPL-2.0
"""Records the results of commands for `make results`, each with a hash of the sources."""

import datetime
import hashlib
import os
import platform
import re
from pathlib import Path
from typing import Optional

from harness import base, install
from harness.base import TOP
from harness.kernel import RELEASES


def key() -> str:
	"""
	Returns a hash of the sources that decide a verdict: the suite, patches/ and harness/. It does
	not cover the kernel and QEMU.
	"""
	names = [name for name in install.suite_files() if not name.startswith('Documentation/')]
	for room in ('patches', 'harness'):
		names += [str(path.relative_to(TOP)) for path in (TOP / room).rglob('*')
			  if path.is_file() and path.suffix != '.pyc']
	digest = hashlib.sha256()
	for name in sorted([*names, '.kunitconfig']):
		digest.update(f'{name}\n'.encode() + (TOP / name).read_bytes())
	return digest.hexdigest()


def is_repeatable(kernel: str, fixes: str, *others: str) -> bool:
	"""
	Returns whether others can repeat this: a kernel that the project names, as shipped or with all
	fixes, and no path in @others. Only such results go to results.md.
	"""
	return (kernel in RELEASES and fixes in ('yes', 'no')
		and not any('/' in other for other in others))


def record(build: Path, command: str, result: str, sources: str,
	   date: Optional[datetime.date] = None) -> None:
	"""
	Records the result of a command. @sources is key() from before the build, @date the date of an
	older result. Records nothing within `make test`, because many of its kernels are broken on
	purpose.
	"""
	if os.environ.get('IN_TEST'):
		return
	directory = build / 'results'
	directory.mkdir(exist_ok=True)
	base.write(directory / re.sub('[^A-Za-z0-9.=]', '_', command), '\t'.join(
		[command, result, (date or datetime.date.today()).isoformat(), sources[:8],
		 f'{os.cpu_count()} CPUs, {platform.machine()}']) + '\n')
