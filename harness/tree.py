# SPDX-License-Identifier: GPL-2.0
"""
Makes the tree that is built, build/tree/NAME: the kernel, the suite, and the patches that FIXES=
selects, or the file of DECOMPRESS= in place of decompress.c. The kernel's source stays as it is.

Almost all files are symbolic links to the kernel's source. So the tree takes little space, and an
edit of the source takes effect at once.
"""

import contextlib
import filecmp
import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Iterator, List, Optional, Set

from harness import base, install
from harness.base import TOP, Trouble, say
from harness.fixes import DECOMPRESS, Fixes, Patch, other_patches, own_patches
from harness.kernel import Kernel
from harness.locks import Lock

KUNIT = 'tools/testing/kunit'

# The sources in harness/ that decide how the tree is made
MAKERS = ('base.py', 'fixes.py', 'install.py', 'tree.py')


def other_files() -> List[str]:
	"""Returns the files that patches change, without decompress.c."""
	return sorted({name for patch in other_patches() for name in patch.files})


def open_directories() -> List[str]:
	"""Returns the directories that are not links, because we change a file in them; parents first."""
	found: Set[str] = {'.'}
	for name in [*install.suite_files(), f'{KUNIT}/kunit.py', *other_files()]:
		found.update(str(parent) for parent in Path(name).parents)
	return sorted(found)


@dataclass
class Tree:
	"""A kernel with the suite in it."""
	kernel: Kernel
	fixes: Fixes
	decompress: Optional[Path]
	path: Path
	lock: Optional[Lock] = None

	@property
	def lacks(self) -> Set[str]:
		"""The numbers of the patches that this kernel needs, but FIXES= leaves out"""
		return set((self.path / '.lacks').read_text(encoding='utf-8').split())

	def state(self) -> str:
		"""Returns a hash of all that the tree is made of, except for files that are links."""
		digest = hashlib.sha256(f'{self.kernel.directory} {self.fixes.given}\n'.encode())
		for name in open_directories():
			directory = self.kernel.directory / name
			if directory.is_dir():
				digest.update(f'{name} {sorted(os.listdir(directory))}\n'.encode())
		source = self.kernel.directory
		suite = install.suite_files()
		patches = [str(path.relative_to(TOP)) for path in sorted(TOP.glob('patches/**/*.patch'))]
		for root, names in ((source, [DECOMPRESS, *suite, *other_files()]),
				    (source, sorted(str(path.relative_to(source))
						    for path in (source / KUNIT).rglob('*.py'))),
				    (TOP, [*suite, *patches, *(f'harness/{name}' for name in MAKERS)])):
			for name in names:
				if (root / name).is_file():
					digest.update(name.encode() + (root / name).read_bytes())
		if self.decompress:
			digest.update(self.decompress.read_bytes())
		return digest.hexdigest()

	def make(self, lock: Lock) -> None:
		"""
		Makes the tree, or brings it up to date. Holds @lock until the process and its children
		end: commands that want the same tree share it, commands that want another tree wait.
		"""
		self.lock = lock
		made = self.path / '.state'
		lock.take(shared=True)
		while not made.exists() or made.read_text(encoding='utf-8') != self.state():
			lock.take()
			# An interrupted run, or `make series`, left a tree without a state.
			if not made.exists():
				shutil.rmtree(self.path, ignore_errors=True)
			self.path.mkdir(parents=True, exist_ok=True)
			state = self.state()
			made.unlink(missing_ok=True)
			self.refresh()
			base.write(made, state)
			# Another command may change the tree between the two locks. So check again.
			lock.take(shared=True)
		lock.sign()

	def refresh(self) -> None:
		"""Makes all directories and files that are not links."""
		for name in open_directories():
			if not f'{name}/'.startswith(f'{KUNIT}/'):
				self.open_directory(name)
		self.copy_kunit()
		lacks = self.apply_own_fixes() + self.apply_other_fixes()
		(self.path / '.lacks').write_text(''.join(f'{number}\n' for number in lacks),
						 encoding='utf-8')
		overlay = install.Tree(self.path, self.kernel.directory)
		with install.changing(overlay):
			overlay.install(overlay.copied())

	def open_directory(self, name: str) -> None:
		"""
		Makes a directory of links to the kernel's files in it. Removes a link if the kernel no
		longer has its file.
		"""
		directory, source = self.path / name, self.kernel.directory / name
		if directory.is_symlink():
			directory.unlink()
		directory.mkdir(parents=True, exist_ok=True)
		for path in directory.iterdir():
			if path.is_symlink() and not path.exists():
				path.unlink()
		if not source.is_dir():
			return
		for path in source.iterdir():
			link = directory / path.name
			if path.name not in ('.git', '.kunit') and not link.exists():
				link.symlink_to(path)

	def copy_kunit(self) -> None:
		"""
		Copies kunit.py, which finds the kernel by its own real path, and so cannot be a link.
		Newer versions try KVM first. Removes that: with TCG a run is the same on every machine, and
		a stale TLB entry always shows.
		"""
		source, new, old = self.kernel.directory / KUNIT, self.path / '.kunit.new', \
			self.path / KUNIT
		shutil.rmtree(new, ignore_errors=True)
		shutil.copytree(source, new, symlinks=True, copy_function=shutil.copy)
		file = new / 'kunit_kernel.py'
		text = re.sub(r"^\s*'-accel', '(kvm|hvf)',\n", '', file.read_text(encoding='utf-8'),
			      flags=re.MULTILINE)
		if re.search(r'\bkvm\b', text):
			raise Trouble(f'cannot switch off KVM in {source}/kunit_kernel.py: it asks for KVM '
				      'in a new way; change copy_kunit() in harness/tree.py')
		base.write(file, text)
		if old.is_symlink():
			old.unlink()
		if not same_kunit(new, old):
			shutil.rmtree(old, ignore_errors=True)
			old.parent.mkdir(parents=True, exist_ok=True)
			new.rename(old)
		shutil.rmtree(new, ignore_errors=True)

	def apply_own_fixes(self) -> List[str]:
		"""Puts decompress.c in place, and returns the numbers of the patches it lacks."""
		with scratch(self.path) as files:
			new = files / DECOMPRESS
			new.parent.mkdir(parents=True)
			shutil.copyfile(self.decompress or self.kernel.directory / DECOMPRESS, new)
			lacks = [] if self.decompress else self.apply(own_patches(), files)
			self.replace(DECOMPRESS, new)
		return lacks

	def apply_other_fixes(self) -> List[str]:
		"""Puts the other files in place, and returns the numbers of the patches they lack."""
		names = [name for name in other_files() if (self.kernel.directory / name).is_file()]
		with scratch(self.path) as files:
			for name in names:
				(files / name).parent.mkdir(parents=True, exist_ok=True)
				shutil.copyfile(self.kernel.directory / name, files / name)
			lacks = self.apply(other_patches(), files)
			for name in names:
				self.replace(name, files / name)
		return lacks

	def replace(self, name: str, new: Path) -> None:
		"""Replaces a link or an older file."""
		if (self.path / name).is_symlink():
			(self.path / name).unlink()
		base.put(new, self.path / name)

	def apply(self, patches: Iterable[Patch], files: Path) -> List[str]:
		"""
		Applies the patches that FIXES= selects, unless the kernel has them or lacks the bug.
		Returns the numbers of the patches that are left out although the kernel has the bug.
		"""
		lacks = []
		decompress = (self.kernel.directory / DECOMPRESS).read_text(encoding='utf-8')
		for patch in patches:
			wanted = self.fixes.wants(patch)
			lacking = patch.lacking(self.kernel, decompress)
			if lacking:
				# With FIXES=yes that is no news: patches/ is for several releases.
				if wanted and self.fixes.given != 'yes':
					say(f'patches/{patch.path.name}: not needed, as this kernel has no '
					    f'{lacking}')
			elif any(one.apply(files, reverse=True, dry_run=True)
				 for one in patch.versions):
				if wanted:
					say(f'patches/{patch.path.name}: already in this kernel')
			elif not wanted:
				lacks.append(patch.number)
			elif not any(one.apply(files, dry_run=True) and one.apply(files)
				     for one in patch.versions):
				raise Trouble(f'patches/{patch.path.name} does not apply to '
					      f'{self.kernel.directory}; FIXES=no leaves the patches out')
		return lacks


@contextlib.contextmanager
def scratch(tree: Path) -> Iterator[Path]:
	"""Yields a temporary directory for files that are being changed."""
	path = tree / '.changing'
	shutil.rmtree(path, ignore_errors=True)
	path.mkdir()
	try:
		yield path
	finally:
		shutil.rmtree(path, ignore_errors=True)


def same_kunit(new: Path, old: Path) -> bool:
	"""
	Returns whether the tree already has this kunit.py. Ignores the suite's fragments and
	all_tests.config, into which our lines are merged.
	"""
	def names(directory: Path) -> Set[str]:
		return {str(path.relative_to(directory)) for path in directory.rglob('*')
			if path.is_file() and path.suffix != '.pyc' and path.name != 'all_tests.config'
			and not re.match(r'module_decompress_.*\.config$', path.name)}

	return old.is_dir() and names(new) == names(old) and all(
		filecmp.cmp(new / name, old / name, shallow=False) for name in names(new))


def make(build: Path, kernel: Kernel, fixes: Fixes, decompress: Optional[Path], who: str) -> Tree:
	"""Returns the tree for a kernel. It does not change until this process ends."""
	fixes.check()
	tree = Tree(kernel, fixes, decompress, build / 'tree' / kernel.name)
	tree.make(Lock(build / 'tree' / f'{kernel.name}.lock', who))
	return tree
