# SPDX-License-Identifier: GPL-2.0
"""
Makes the base: all that mutants share. It is made once for a kernel, a decompress.c and the files
here that compile mutants. Then a mutant compiles only its own decompress.c.
"""

import hashlib
import re
import shutil
from pathlib import Path
from typing import List

from harness import base
from harness.base import TOP, Trouble, patience, say
from harness.fuzz.corpus import unpack
from harness.mutants.work import HERE, Failed, Work, checked, saved_command, shell

NATIVE = 'tools/testing/module_decompress'

# The files that decide how mutants are compiled and run. If one changes, the base is made anew.
MAKERS = ('mutant_compile.sh', 'mutant_native.sh', 'right_native.sh', 'compile_common.sh',
	  'production.c', 'no_decompressors.c', 'select.c', 'select.h', 'shared.py')
NATIVE_MAKERS = ('Makefile', 'kunit.[ch]', 'native.[ch]', 'fuzz*')


def flags_of(work: Work, name: str) -> str:
	"""Returns Kbuild's command for an object, without its headers, output and input."""
	words = saved_command(work.kernel, name)
	return re.sub(r'-Wp,-MMD,\S*|-include \S* *| -c -o .*', '', words)


def precompile(work: Work, kind: str, headers: str) -> None:
	"""Precompiles headers for the objects of a kind, with Kbuild's flags."""
	path = work.base / f'{kind}_headers.h'
	path.write_text(''.join(f'#include <linux/{name}.h>\n' for name in (
		'compiler-version', 'kconfig', 'compiler_types')) + headers)
	shell((work.base / f'{kind}.flags').read_text(), '-x', 'c-header', '-o', f'{path}.gch',
	      path, cwd=work.base / 'kernel')


class NativeBase:
	"""Two objects that the 64-bit or 32-bit native programs share: all but the seams."""

	def __init__(self, work: Work, bits: int) -> None:
		self.work = work
		self.bits = bits
		self.path = work.base / f'native{bits}'

	def prepare(self) -> str:
		"""
		Makes the objects, and returns the output. Copies the sources, because other commands
		may change the tree later.
		"""
		tree, native = self.work.tree, self.path
		said = checked('make', '-C', tree / NATIVE, f'O={native}', f'BITS={self.bits}',
			       f'--jobs={self.work.jobs}', 'default', 'tries', cwd=TOP)
		said += checked(native / 'module_decompress', cwd=TOP)
		shutil.copytree(tree / NATIVE, native / 'src')
		(native / 'tests').mkdir()
		for path in (tree / 'kernel/module/tests').glob('seam*.[ch]'):
			shutil.copy(path, native / 'tests')
		shutil.copy(tree / 'kernel/module/tests/ledger.h', native / 'tests')
		shutil.copy(tree / 'kernel/module/internal.h', native)
		ours = native / 'kernel/module'
		decoders = [path for path in (native / 'lib').rglob('*.o')
			    if path.parent.name != 'tests']
		said += self.link('base.o', *decoders, native / 'native.o', ours / 'tests/attempt.o',
				  *ours.glob('tests/ledger*.o'))
		said += self.link('suite.o', native / 'kunit.o', ours / 'decompress_kunit.o',
				  *ours.glob('tests/*cases.o'), ours / 'tests/streams.o')
		said += shell((native / 'flags').read_text(), '-I../tests', '-c', '-o',
			      '../no_decompressors.o', HERE / 'no_decompressors.c',
			      cwd=native / 'src')
		return said

	def link(self, name: str, *objects: Path) -> str:
		"""Links many objects into one."""
		machine = 'elf_i386' if self.bits == 32 else 'elf_x86_64'
		return checked('ld', '-r', '-m', machine, '-o', self.path / name, *sorted(objects),
			       cwd=TOP)

	def try_corpus(self) -> None:
		"""Records the outcomes of the fuzzers' corpus with the unchanged decompress.c."""
		for program in sorted(self.path.glob('try_*[a-z]')):
			algorithm = program.name.partition('_')[2]
			corpus = self.work.base / 'corpus' / algorithm
			names = sorted(f'./{path.name}' for path in corpus.iterdir())
			ended = base.run([program, *names], cwd=corpus)
			if ended.returncode:
				raise Trouble(f'{program.name} failed on the corpus with the unchanged '
					      'decompress.c')
			(self.path / f'outcomes.{algorithm}').write_text(ended.stdout)


def key_of(work: Work, *flags: str) -> str:
	"""Returns a hash of all inputs of the base."""
	paths: List[Path] = [work.kernel / 'vmlinux.o', work.decompress]
	paths += [HERE / name for name in MAKERS]
	for name in NATIVE_MAKERS:
		paths += sorted((work.tree / NATIVE).glob(name))
	digest = hashlib.sha256('\n'.join(flags).encode())
	for path in paths:
		digest.update(path.read_bytes())
	return digest.hexdigest()


def prepare(work: Work) -> None:
	"""Makes the base anew if any of its inputs has changed."""
	# A mutant is in another directory than decompress.c, but needs the same internal.h.
	seam = flags_of(work, 'kernel/module/tests/seam_gzip.o') + f' -I{work.tree}/kernel/module'
	production = flags_of(work, 'kernel/module/decompress.o')
	key = key_of(work, seam, production)
	made = work.base / 'key'
	if made.exists() and made.read_text().strip() == key:
		return
	for path in work.base, work.directory / 'obj':
		shutil.rmtree(path, ignore_errors=True)
	(work.base / 'seams').mkdir(parents=True)
	(work.directory / 'obj').mkdir()
	checked('cp', '-a', work.kernel, work.base / 'kernel', cwd=TOP)
	(work.base / 'kernel/vmlinux.a').rename(work.base / 'kernel/parts.a')
	(work.base / 'seam.flags').write_text(seam + '\n')
	(work.base / 'production.flags').write_text(production + '\n')
	seams = (work.tree / 'kernel/module/tests').glob('seam*.[ch]')
	for path in [*seams, HERE / 'production.c']:
		shutil.copy(path, work.base / 'seams')
	shutil.copy(work.decompress, work.base)
	prepare_kernel(work)
	prepare_native(work)
	with patience():
		boot(work)
	base.write(made, f'{key}\n')


def prepare_kernel(work: Work) -> None:
	"""Compiles the kernel's part: the unbroken decompress.c, and select.c."""
	includes = re.findall('^#include <.*', work.decompress.read_text(), re.MULTILINE)
	try:
		precompile(work, 'seam', '#include "tests/seam.h"\n')
		precompile(work, 'production', '\n'.join(includes) + '\n')
		checked('sh', HERE / 'mutant_compile.sh', work.base, work.base, cwd=TOP)
		if (work.base / 'not-built').exists():
			raise Failed((work.base / 'not-built').read_text())
		shell((work.base / 'production.flags').read_text(), '-include',
		      work.base / 'production_headers.h', '-c', '-o', work.base / 'select.o',
		      HERE / 'select.c', cwd=work.base / 'kernel')
	except Failed as failed:
		say(str(failed))
		raise Trouble('cannot compile the unbroken decompress.c; see above') from failed


def prepare_native(work: Work) -> None:
	"""Makes the objects that the native programs share."""
	bases = [NativeBase(work, bits) for bits in ((32, 64) if work.right else (32,))]
	log = work.directory / 'native.log'
	try:
		log.write_text(''.join(one.prepare() for one in bases))
	except Failed as failed:
		log.write_text(str(failed))
		say('\n'.join(str(failed).splitlines()[-3:]))
		raise Trouble(f'cannot build the native program; see {log}') from failed
	if work.right:
		unpack(work.base / 'corpus')
		for one in bases:
			one.try_corpus()


def boot(work: Work) -> None:
	"""Boots the unbroken kernel, to measure how long the suite runs."""
	ended = base.run(['sh', HERE / 'mutant_boot.sh', work.kernel / 'vmlinux', '0', '600',
			  'whole'])
	(work.base / 'log').write_text(ended.stdout)
	if ended.returncode:
		raise Trouble(f'the suite does not end with the unbroken decompress.c; see '
			      f'{work.base / "log"}')
