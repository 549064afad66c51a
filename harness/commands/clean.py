# SPDX-License-Identifier: GPL-2.0
"""`make clean`: removes all build output."""

import shutil
from pathlib import Path
from typing import Any, List

from harness.base import TAG, TOP, Trouble
from harness.values import Given


def command(_: Given, build: Path) -> int:
	"""Removes the build directory, and .kunit/, which tools/testing/kunit/kunit.py creates."""
	errors: List[str] = []

	def failed(_function: Any, path: str, error: Any) -> None:
		if not isinstance(error[1], FileNotFoundError):
			errors.append(f'{path}: {error[1].strerror}')

	# Without the tag no command accepts the directory again, so the tag goes last.
	for path in [*(path for path in build.iterdir() if path.name != TAG), TOP / '.kunit']:
		if path.is_dir() and not path.is_symlink():
			shutil.rmtree(path, onerror=failed)
		else:
			path.unlink(missing_ok=True)
	if errors:
		raise Trouble(f'cannot remove {errors[0]}; remove it, and run make clean again')
	shutil.rmtree(build, onerror=failed)
	return 0
