# SPDX-License-Identifier: GPL-2.0
"""Does make install put the suite into the user's kernel tree, and uninstall remove it?"""

import hashlib
import shutil
from pathlib import Path
from typing import Dict

import pytest

from support import BUILD, KERNEL, make, refused

pytestmark = pytest.mark.install


def files(tree: Path) -> Dict[str, str]:
	"""Returns a checksum of each file."""
	return {str(path.relative_to(tree)): hashlib.sha256(path.read_bytes()).hexdigest()
		for path in tree.rglob('*') if path.is_file()}


def own_tree(tree: Path) -> Path:
	"""Copies the part of a kernel tree that make install reads or changes. Returns its path."""
	source = BUILD / 'src' / f'linux-{KERNEL}'
	for name in ('kernel/module', 'lib/xz', 'lib/zlib_inflate', 'lib/zstd', 'Documentation/dev-tools',
		     'tools/testing'):
		shutil.copytree(source / name, tree / name, symlinks=True)
	for name in 'Kbuild', 'MAINTAINERS', 'Makefile', 'lib/Kconfig', 'lib/Kconfig.debug':
		shutil.copy(source / name, tree / name)
	return tree


def test_install_and_uninstall(tmp_path: Path) -> None:
	tree = own_tree(tmp_path / 'own')
	before = files(tree)
	make('install', KERNEL=tree)
	once = files(tree)
	make('install', KERNEL=tree)
	assert files(tree) == once != before
	# make install leaves out the pages of this repository.
	assert not [name for name in set(once) - set(before)
		    if name.startswith('Documentation') and name.endswith('.md')]
	make('uninstall', KERNEL=tree)
	assert files(tree) == before
	assert not [path for path in tree.rglob('*') if path.is_dir() and not any(path.iterdir())]


def test_what_the_user_changed_is_not_lost(tmp_path: Path) -> None:
	tree = own_tree(tmp_path / 'own')
	ours = tree / 'kernel/module/decompress_kunit.c'
	ours.write_text("somebody else's")
	refused('exists, and is not a file of this suite; move it away', 'install', KERNEL=tree)
	ours.unlink()
	make('install', KERNEL=tree)
	ours.write_text(ours.read_text() + '/* edited */\n')
	for command in 'install', 'uninstall':
		refused('was changed after it was installed; move it away', command, KERNEL=tree)
	assert ours.read_text().endswith('/* edited */\n')
