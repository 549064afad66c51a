# SPDX-License-Identifier: GPL-2.0
"""
`make install-check`: installs module-decompress-check with its manual page and its completion for
bash.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Iterator

from harness import base
from harness.base import Trouble
from harness.commands import check_modules
from harness.commands.check_modules import PROGRAM, VERDICT
from harness.values import Given


@contextlib.contextmanager
def writing_to(target: Path) -> Iterator[Path]:
	"""Yields the name of a new file beside @target. Refuses a directory that cannot be written."""
	new = target.with_name(f'.{target.name}.new')
	try:
		target.parent.mkdir(parents=True, exist_ok=True)
		new.touch()
		yield new
	except OSError as error:
		raise Trouble(f'cannot write to {target}: {error.strerror}; give another PREFIX= or '
			      'DESTDIR=, or run as root') from error
	finally:
		with contextlib.suppress(OSError):
			new.unlink()


def command(given: Given, build: Path) -> int:
	"""Installs the files, and prints their names."""
	prefix = given.get('PREFIX') or '/usr/local'
	if not prefix.startswith('/'):
		raise Trouble(f'PREFIX={prefix}: must begin with /, such as /usr')
	root = Path(given.get('DESTDIR', '') + prefix).absolute()
	# Building takes a minute, so try first whether there is a place for the result.
	with writing_to(root / 'bin' / PROGRAM):
		pass
	checker = check_modules.build_program(check_modules.as_shipped(given, build))
	for source, name, mode in (
		(checker.program, f'bin/{PROGRAM}', 0o755),
		(VERDICT / f'{PROGRAM}.1', f'share/man/man1/{PROGRAM}.1', 0o644),
		(VERDICT / f'{PROGRAM}.bash', f'share/bash-completion/completions/{PROGRAM}', 0o644)):
		with writing_to(root / name) as new:
			shutil.copyfile(source, new)
			new.chmod(mode)
			base.put(new, root / name)
		print(root / name)
	return 0
