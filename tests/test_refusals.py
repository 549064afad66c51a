# SPDX-License-Identifier: GPL-2.0
"""Bad variables are refused in one line that says what is wrong, with exit status 2."""

from pathlib import Path

import pytest

from stand_ins import kernel
from support import refused

pytestmark = pytest.mark.commands


def test_refuses_bad_variables(tmp_path: Path) -> None:
	refused('ARCH=vax', 'run', ARCH='vax')
	refused('CONFIG=none: no such file or fragment; the fragments are 16k 64k', 'run',
		CONFIG='none')
	refused('INSTALL=maybe', 'run', INSTALL='maybe')
	refused('FIXES=0008', 'run', FIXES='0008')
	refused('FIXES=,', 'run', FIXES=',')
	refused('FIXES=maybe', 'run', FIXES='maybe')
	refused('JOBS=many', 'run', JOBS='many')
	refused('LLVM=14', 'run', LLVM='14')
	refused('TIMEOUT=soon', 'run', TIMEOUT='soon')
	refused('cannot write to /no/such/file: No such', 'run', JSON='/no/such/file')
	refused('cannot write to /no/such/file: No such', 'run', JUNIT='/no/such/file')
	refused('JSON= and JUNIT= both name', 'run', JSON=tmp_path / 'one', JUNIT=tmp_path / 'one')


def test_refuses_what_is_not_a_kernel(tmp_path: Path) -> None:
	refused('no-such-kernel', 'run', KERNEL='no-such-kernel')
	refused(str(tmp_path), 'run', KERNEL=tmp_path)
	refused(str(tmp_path), 'install', KERNEL=tmp_path)
	refused('no kernel tree given', 'install')


def test_refuses_a_tree_with_a_build_in_it(tmp_path: Path) -> None:
	used = kernel(tmp_path / 'used')
	(used / '.config').touch()
	refused('mrproper', 'run', KERNEL=used)


def test_refuses_a_tree_that_is_too_old(tmp_path: Path) -> None:
	old = kernel(tmp_path / 'old')
	(old / 'kernel/module/decompress.c').unlink()
	refused('decompress.c', 'run', KERNEL=old)
	refused('decompress.c', 'install', KERNEL=old)
