# SPDX-License-Identifier: GPL-2.0
"""
Stand-ins that let a test of the commands take seconds: a kernel that make "builds" by writing two
files, a QEMU that is a shell script, and a package archive that needs no network.
"""

import shutil
import tarfile
from pathlib import Path
from typing import Dict, List, Optional, Sequence

from support import BUILD, KERNEL, TOP, Arg, Result, make, script

SOURCE = BUILD / 'src' / f'linux-{KERNEL}'

# A stand-in has these files of the real kernel, and the files that patches/ changes. The suite is
# merged into some of them; tools/testing/kunit/ is the kernel's own kunit.py.
TAKEN = ['Documentation/dev-tools/index.rst', 'include/linux/kernel_read_file.h', 'kernel/module',
	 'tools/testing/kunit', 'tools/testing/selftests/Makefile']

# "Builds" the kernel: the image is a copy of the configuration that kunit.py wrote. The file
# "made" gets a line for each target that is built.
MAKEFILE = '''\
VERSION = 6
PATCHLEVEL = 12
SUBLEVEL = 0
olddefconfig:
	@echo $@ >>$(O)/made
	@! grep -qx CONFIG_HIGHMEM4G=y $(O)/.config || echo CONFIG_HIGHMEM=y >>$(O)/.config
vmlinux:
	@echo $@ >>$(O)/made
	@cp $(O)/.config $(O)/$@
.PHONY: olddefconfig vmlinux
'''

# A guest prints this before the first case of its only suite.
HEADER = 'KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: suite\n'


def guest(*lines: str, cases: int = 1, passed: bool = True) -> str:
	"""Returns what a guest prints of a suite with these cases."""
	end = 'ok 1 suite\n' if passed else 'not ok 1 suite\n'
	return f'{HEADER}    1..{cases}\n' + ''.join(f'{line}\n' for line in lines) + end


GREEN = guest('    ok 1 one')


def patched_files() -> Sequence[str]:
	"""Returns the files of the kernel that the patches change."""
	return sorted({line.removeprefix('+++ b/').strip()
		       for patch in (TOP / 'patches').rglob('*.patch')
		       for line in patch.read_text().splitlines() if line.startswith('+++ b/')})


def kernel(path: Path) -> Path:
	"""Makes a stand-in for a kernel tree, and returns its path."""
	path.mkdir(parents=True)
	(path / 'Kbuild').touch()
	(path / 'Makefile').write_text(MAKEFILE)
	for name in {*TAKEN, *patched_files()}:
		source, copy = SOURCE / name, path / name
		if source.is_dir():
			shutil.copytree(source, copy, dirs_exist_ok=True)
		elif source.exists():
			copy.parent.mkdir(parents=True, exist_ok=True)
			shutil.copy2(source, copy)
	return path


def kernel_of_links(path: Path, files: Dict[str, str]) -> Path:
	"""Makes a kernel of links to the source, with these files in it, and returns its path."""
	rooms = {room for name in files for room in Path(name).parents}
	for room in rooms:
		(path / room).mkdir(parents=True, exist_ok=True)
	for room in rooms:
		for entry in (SOURCE / room).iterdir():
			if not (path / room / entry.name).exists():
				(path / room / entry.name).symlink_to(entry)
	for name, text in files.items():
		(path / name).unlink()
		(path / name).write_text(text)
	return path


class Bench:
	"""A stand-in kernel, with a build directory and a stand-in QEMU."""

	def __init__(self, path: Path) -> None:
		self.path = path
		self.build = path / 'build'
		self.kernel = kernel(path / 'kernel')
		self.bin = path / 'bin'
		self.qemu(prints=GREEN)

	def qemu(self, *lines: str, prints: Optional[str] = None) -> None:
		"""Makes a QEMU of these shell lines; the guest prints @prints first."""
		if prints is not None:
			(self.path / 'guest').write_text(prints)
			lines = (f'cat "{self.path}/guest"', *lines)
		script(self.bin / 'qemu-system-i386', *lines)

	def run(self, status: Optional[int] = 0, env: Optional[Dict[str, str]] = None,
		**variables: Arg) -> Result:
		"""Runs `make run` with the stand-ins."""
		given: Dict[str, Arg] = {'KERNEL': self.kernel, 'BUILD': self.build, **variables}
		return make('run', given, status=status, env=env, path=self.bin)

	def archive(self, version: str) -> List[Path]:
		"""
		Makes an apt-get, an apt-cache and a dpkg-deb that have one package, the source of
		this kernel. Returns their paths.
		"""
		package = self.path / 'archive' / 'usr' / 'src'
		package.mkdir(parents=True)
		with tarfile.open(package / f'linux-source-{version}.tar.xz', 'w:xz') as tar:
			tar.add(self.kernel, arcname='source')
		return [script(self.bin / 'apt-get',
			       'case $* in',
			       '*indextargets*) echo file:/nowhere ;;',
			       '*download*) : >linux-source.deb ;;',
			       'esac'),
			script(self.bin / 'apt-cache', f'echo linux-source-{version}'),
			script(self.bin / 'dpkg-deb', f'cp -r "{self.path}/archive/usr" "$3"')]

	@property
	def dir(self) -> Path:
		"""The directory that the kernel is built in."""
		found = [path for path in (self.build / 'kunit').iterdir() if path.is_dir()]
		assert len(found) == 1, found
		return found[0]

	@property
	def tree(self) -> Path:
		"""The tree that the kernel is built from."""
		found = [path for path in (self.build / 'tree').iterdir() if path.is_dir()]
		assert len(found) == 1, found
		return found[0]
