# SPDX-License-Identifier: GPL-2.0
"""
Puts the suite into a kernel tree, and takes it out again without a trace.

Each file has the same path here as in the kernel tree. If the kernel has the file, too, ours holds
only lines to merge into the kernel's file. All other files are copied. A hidden file in the tree
lists the copied files with their checksums, to tell them from the user's files.
"""

import contextlib
import hashlib
import os
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List

from harness import base
from harness.base import TOP, Trouble, say

LIST = 'kernel/module/.module_decompress_kunit'
BEGIN = '# module_decompress_kunit: begin'
END = '# module_decompress_kunit: end'

# The files to merge; marker lines enclose our lines. If the kernel lacks one of the selftests'
# files, ours is copied. If it lacks the list for --alltests, ours is left out: it is useless
# without the kernel's lines.
ALL_TESTS = 'tools/testing/kunit/configs/all_tests.config'
# The list of the selftests, which every kernel has
TARGETS = 'tools/testing/selftests/Makefile'
MERGED = ('kernel/module/Kconfig', 'kernel/module/Makefile', 'lib/Kconfig', 'lib/Kconfig.debug',
	  'lib/xz/Kconfig', 'lib/xz/Makefile', 'lib/zlib_inflate/Makefile', 'lib/zstd/Makefile', ALL_TESTS,
	  'tools/testing/selftests/module/.gitignore', 'tools/testing/selftests/module/Makefile',
	  'tools/testing/selftests/module/config', TARGETS)
# A toctree cannot hold markers. Our line goes below that of the kernel's own KUnit manual, and is
# recognized by its text.
INDEX = 'Documentation/dev-tools/index.rst'
INDEX_LINE = '   module-decompress-kunit'

# If the kernel's file has such a line, our lines go above the last of them; if our file has it, too,
# our lines below it go to the end. The list of selftests is sorted, so ours goes before "mount".
PLACE = re.compile(r'include \.\./lib\.mk$|TARGETS \+= mount$|endmenu\b')

# Not installed: it forwards to the kunit.py of a kernel tree
FORWARDER = 'tools/testing/kunit/kunit.py'
SCRATCH = re.compile(r'.*(~|\.orig|\.rej|\.pyc|/\.[^/]*\.sw.)$')


def suite_files() -> List[str]:
	"""Returns the paths of all files that go into a kernel tree."""
	found = []
	for room in ('kernel', 'lib', 'tools', 'Documentation/dev-tools'):
		for path in (TOP / room).rglob('*'):
			name = str(path.relative_to(TOP))
			if path.is_file() and name != FORWARDER and not SCRATCH.match(name):
				found.append(name)
	return sorted(found)


def checksum(path: Path) -> str:
	"""Returns the SHA-256 of a file."""
	return hashlib.sha256(path.read_bytes()).hexdigest()


def without_block(lines: List[str]) -> List[str]:
	"""Returns the lines that are not between our markers."""
	kept, ours = [], False
	for line in lines:
		ours = ours or line == BEGIN
		if not ours:
			kept.append(line)
		ours = ours and line != END
	return kept


def place(lines: List[str]) -> int:
	"""Returns the index of the line above which our lines go, or the end."""
	found = [number for number, line in enumerate(lines) if PLACE.match(line)]
	return found[-1] if found else len(lines)


def block(lines: List[str]) -> List[str]:
	"""Returns lines between markers."""
	return [BEGIN, *lines, END]


class Tree:
	"""A kernel tree to put the suite into. @kernel has the kernel's own files."""

	def __init__(self, tree: Path, kernel: Path) -> None:
		self.tree = tree
		self.kernel = kernel
		self.tmp = tree / f'{LIST}.new'

	def listed(self) -> Dict[str, List[str]]:
		"""Returns the checksums of each copied file, from the list in the tree."""
		sums: Dict[str, List[str]] = {}
		with contextlib.suppress(OSError):
			for line in base.text(self.tree / LIST).splitlines():
				number, _, name = line.partition('  ')
				sums.setdefault(name, []).append(number)
		return sums

	def merged(self) -> List[str]:
		"""Returns the files to merge into this tree. A listed file is not one: it was copied."""
		listed = self.listed()
		return [name for name in MERGED
			if (self.kernel / name).exists() and name not in listed]

	def copied(self) -> List[str]:
		"""Returns the files to copy into this tree."""
		others = {*self.merged(), TARGETS, INDEX, ALL_TESTS}
		return [name for name in suite_files() if name not in others]

	def check_ours(self, names: Iterable[str]) -> None:
		"""
		Refuses, before anything is written, to overwrite a file of the user's, or a file of ours
		that the user has edited.
		"""
		listed = self.listed()
		for name in names:
			path = self.tree / name
			for room in path.parents:
				if room.exists() and not room.is_dir():
					raise Trouble(f'{room} is not a directory; move it away')
			if not path.exists():
				continue
			found = checksum(path)
			if (TOP / name).exists() and found == checksum(TOP / name):
				continue
			if found in listed.get(name, []):
				continue
			if name in listed:
				raise Trouble(f'{path} was changed after it was installed; move it away')
			raise Trouble(f'{path} exists, and is not a file of this suite; move it away')

	def options_known(self, lines: List[str]) -> List[str]:
		"""
		Returns the lines without an option that the kernel does not have, because kunit.py would
		refuse it: kernels before v6.12 have no MODULE_COMPRESS.
		"""
		kconfig = base.text(self.kernel / 'kernel/module/Kconfig')
		if re.search('^(menu)?config MODULE_COMPRESS$', kconfig, re.MULTILINE):
			return lines
		return [line for line in lines if line != 'CONFIG_MODULE_COMPRESS=y']

	def with_block(self, name: str, lines: List[str]) -> List[str]:
		"""Returns the lines of the kernel's file with our lines merged in."""
		kernels = without_block(lines)
		ours = (TOP / name).read_text(encoding='utf-8').splitlines()
		at, split = place(kernels), place(ours)
		above = [line for line in ours[:split] if not line.startswith('# SPDX')]
		# A line that ends with a backslash would take in the first of ours.
		apart = [''] * kernels[at - 1].endswith('\\') if at else []
		return [*kernels[:at], *block([*apart, *self.options_known(above)]), *kernels[at:],
			*(block(ours[split + 1:]) if split < len(ours) else [])]

	def changed(self, name: str, ours: bool, lines: List[str]) -> List[str]:
		"""Returns the lines of a file with our lines merged in, or without them."""
		return self.with_block(name, lines) if ours else without_block(lines)

	def rewrite(self, name: str, change: Callable[[List[str]], List[str]]) -> None:
		"""Changes the content of a file, and keeps its mode."""
		lines = base.text(self.kernel / name).splitlines()
		self.tmp.write_text(''.join(f'{line}\n' for line in change(lines)), encoding='utf-8')
		shutil.copymode(self.kernel / name, self.tmp)
		base.put(self.tmp, self.tree / name)

	def merge(self, ours: bool) -> None:
		"""Merges our lines into the kernel's files, or takes them out."""
		for name in self.merged():
			self.rewrite(name, partial(self.changed, name, ours))
		if (TOP / INDEX).parent.is_dir() and (self.kernel / INDEX).is_file():
			self.rewrite(INDEX, lambda lines: with_index_line(lines, ours))

	def remove_but(self, names: Iterable[str]) -> None:
		"""Removes the copied files, except for @names."""
		kept = set(names)
		for name in self.listed():
			if name not in kept:
				(self.tree / name).unlink(missing_ok=True)
				with contextlib.suppress(OSError):
					os.removedirs((self.tree / name).parent)

	def install(self, names: List[str]) -> None:
		"""
		Copies these files and merges the others. Meanwhile the list names both the old and the
		new files, so that the user can repeat an interrupted run.
		"""
		new = [f'{checksum(TOP / name)}  {name}' for name in names]
		old = [f'{number}  {name}' for name, sums in self.listed().items() for number in sums]
		self.write_list([*old, *new])
		self.remove_but(names)
		for name in names:
			path = self.tree / name
			if path.is_symlink() or not path.exists() or \
			   path.read_bytes() != (TOP / name).read_bytes():
				path.parent.mkdir(parents=True, exist_ok=True)
				shutil.copy(TOP / name, self.tmp)
				self.tmp.replace(path)
		self.write_list(new)
		self.merge(True)

	def write_list(self, lines: Iterable[str]) -> None:
		"""Writes the list of copied files."""
		self.tmp.write_text(''.join(f'{line}\n' for line in sorted(set(lines))), encoding='utf-8')
		base.put(self.tmp, self.tree / LIST)

	def uninstall(self) -> None:
		"""Removes the copied files and the merged lines."""
		self.merge(False)
		self.remove_but([])
		(self.tree / LIST).unlink()


def with_index_line(lines: List[str], ours: bool) -> List[str]:
	"""Returns the lines of the manuals' index, with our line or without it."""
	result = []
	for line in lines:
		if line != INDEX_LINE:
			result.append(line)
		if ours and re.match(' *kunit/index$', line):
			result.append(INDEX_LINE)
	return result


def open_tree(given: str) -> Tree:
	"""Returns the user's tree for KERNEL=."""
	if not given:
		raise Trouble('no kernel tree given; add KERNEL=DIRECTORY')
	if not Path(given).is_dir():
		raise Trouble(f'KERNEL={given}: no such directory')
	tree = Path(given).resolve()
	if not (tree / 'Kbuild').is_file():
		raise Trouble(f'KERNEL={given}: not a kernel tree')
	if not (tree / 'kernel/module/decompress.c').is_file():
		raise Trouble(f'KERNEL={given}: no kernel/module/decompress.c; the suite needs Linux '
			      '5.19 or later')
	if not os.access(tree / 'kernel/module', os.W_OK):
		raise Trouble(f'KERNEL={given}: cannot write to kernel/module/')
	return Tree(tree, tree)


@contextlib.contextmanager
def changing(tree: Tree) -> Iterator[None]:
	"""Removes a half-written file if the block is interrupted."""
	try:
		yield
	finally:
		tree.tmp.unlink(missing_ok=True)


def install(given: str) -> None:
	"""Puts the suite into the tree KERNEL=."""
	tree = open_tree(given)
	with changing(tree):
		names = tree.copied()
		tree.check_ours([*tree.listed(), *names])
		tree.install(names)
	say('make install: done; now run in that tree: tools/testing/kunit/kunit.py run '
	    '--kunitconfig=kernel/module')


def uninstall(given: str) -> None:
	"""Takes the suite out of the tree KERNEL= again."""
	tree = open_tree(given)
	if not (tree.tree / LIST).is_file():
		raise Trouble(f'KERNEL={given}: the suite is not installed there')
	with changing(tree):
		tree.check_ours(tree.listed())
		tree.uninstall()
	say(f'make uninstall: done; the suite is no longer in {tree.tree}')
