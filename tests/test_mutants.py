# SPDX-License-Identifier: GPL-2.0
"""
`make mutants` catches bugs, and judges a mutant only by gcc's messages about it and by the kernel
that contains it. Stand-ins for gcc and QEMU cause other trouble.
"""

import difflib
import fcntl
import re
import shutil
import subprocess
from pathlib import Path
from typing import Optional, Tuple

import pytest

from harness.base import Trouble
from harness.commands import mutants
from harness.mutants import shared
from harness.mutants.work import Work
from kept import FOR_MUTANTS
from support import BUILD, TOP, TREE, Result, make, refused, run, says_why, script

pytestmark = [pytest.mark.mutants, pytest.mark.depends(*FOR_MUTANTS)]

SCRIPTS = TOP / 'harness/mutants'
MUTANTS = BUILD / 'mutants'
BASE = MUTANTS / 'base'

# A change of the compiled code
DIFFERENT = ('retval = -ENOMEM', 'retval = -EINVAL')


def changed(old: str, new: str) -> str:
	"""Returns decompress.c with one text replaced by another."""
	text = (BASE / 'decompress.c').read_text()
	assert old in text
	return text.replace(old, new)


def patch_of(path: Path, old: str, new: str) -> None:
	"""Writes a patch that replaces this text in decompress.c."""
	name = 'kernel/module/decompress.c'
	path.write_text(''.join(difflib.unified_diff(
		(BASE / 'decompress.c').read_text().splitlines(True),
		changed(old, new).splitlines(True), f'a/{name}', f'b/{name}')))


def own_build(path: Path) -> Path:
	"""Returns a build directory with the kernels, but with no tree that other tests use."""
	build = path / 'build'
	build.mkdir()
	(build / 'CACHEDIR.TAG').touch()
	(build / 'src').symlink_to(BUILD / 'src')
	return build


def test_the_tree_does_not_change_until_the_base_is_made(
		tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
	work = Work(own_build(tmp_path), 1, patches=str(SCRIPTS / 'history'))
	locked = []

	def try_lock(*_: object) -> None:
		with open(work.tree.with_name('6.12.lock'), 'rb') as lock:
			try:
				fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
				locked.append(False)
			except BlockingIOError:
				locked.append(True)

	def prepare(_: Work) -> None:
		try_lock()
		raise Trouble('the base is not made')

	monkeypatch.setattr(mutants, 'need_tools', lambda _: None)
	monkeypatch.setattr(mutants, 'make_green', try_lock)
	monkeypatch.setattr(shared, 'prepare', prepare)
	with pytest.raises(Trouble, match='the base is not made'):
		mutants.run(work)
	try_lock()
	assert locked == [True, True, False]


def test_bugs_of_the_past_and_a_sample_of_mutants_are_caught(sample: Result) -> None:
	assert sample.status == 0, sample.text


def test_refuses_a_mutant_that_is_none(tmp_path: Path) -> None:
	(tmp_path / 'none').mkdir()
	refused('no *.patch in this directory', 'mutants', MUTANTS=tmp_path / 'none')
	(tmp_path / 'stray.patch').write_text('\n'.join([
		'--- a/kernel/module/decompress.c', '+++ b/kernel/module/decompress.c',
		'@@ -1 +1 @@', '-what', '+else', '']))
	# Other tests hold the lock of the tree in build/, and a wait for it prints a line.
	refused('stray.patch does not apply', 'mutants', MUTANTS=tmp_path, BUILD=own_build(tmp_path))
	refused('no-such-directory', 'mutants', MUTANTS='no-such-directory')
	refused('JOBS=many', 'mutants', JOBS='many')
	refused('make run DECOMPRESS=', 'mutants', REBUILD='1')


@pytest.mark.usefixtures('sample')
def test_a_patch_needs_to_build_and_to_change_code(tmp_path: Path) -> None:
	patches = tmp_path / 'patches'
	patches.mkdir()
	patch_of(patches / 'comment.patch', 'static int module_extend',
		 '/* none */ static int module_extend')
	patch_of(patches / 'syntax.patch', 'static int module_extend',
		 'int = static int module_extend')
	for name in 'syntax', 'comment':
		shutil.rmtree(MUTANTS / 'obj' / name, ignore_errors=True)

	# If the disk is full for the compiler, there is no verdict on the mutants.
	script(tmp_path / 'bin/gcc', 'case $* in', '*/obj/syntax/*)',
	       "echo 'a.c:1:1: fatal error: a.s: No space left on device' >&2; exit 1 ;;", 'esac',
	       f'exec {shutil.which("gcc")} "$@"')
	full = make('mutants', MUTANTS=patches, path=tmp_path / 'bin', status=2)
	assert '1 mutants could not be compiled: syntax: a.c:1:1: fatal error' in full.text

	# With room again, each mutant gets its verdict.
	useless = make('mutants', MUTANTS=patches, status=2)
	said = [line for line in useless.text.splitlines()
		if re.match(r'make: \w+\.patch ', line)]
	assert 'make: comment.patch changes no code of decompress.c' in said
	assert any(line.startswith('make: syntax.patch does not build: decompress.c:')
		   for line in said)
	assert len(said) == 2


@pytest.mark.usefixtures('sample')
def test_the_mutant_is_in_the_kernel_that_is_linked_anew(tmp_path: Path) -> None:
	key = (BASE / 'key').read_text()[:8]
	log, = (MUTANTS / 'log').glob(f'0001-{key}-*')
	# A log whose last line is cut counts as missing.
	log.write_bytes(log.read_bytes()[:-5])
	shutil.copy(SCRIPTS / 'history/0001.patch', tmp_path)
	(TREE / 'kernel/module/decompress.c').touch()
	assert ' 1 of 1 are caught' in make('mutants', MUTANTS=tmp_path).out
	lines = log.read_text(errors='replace').splitlines()
	assert 'mutant: 0001' in lines
	assert lines[-1].startswith('mutant_boot.sh: ended: ')


def compiled(path: Path, status: int = 0, stand_ins: Optional[Path] = None) -> Result:
	"""Compiles the mutant in a directory."""
	return run('sh', SCRIPTS / 'mutant_compile.sh', BASE, path, status=status, path=stand_ins)


def mutant_in(path: Path, old: str, new: str) -> Path:
	"""Makes a directory of a mutant with this text replaced."""
	shutil.rmtree(path, ignore_errors=True)
	path.mkdir()
	(path / 'decompress.c').write_text(changed(old, new))
	return path


def left_in(path: Path) -> Tuple[str, str]:
	"""Returns the name and the content of the file with the result of a mutant."""
	left = [file for pattern in ('sum*', 'not-built*') for file in path.glob(pattern)]
	assert len(left) <= 1, left
	return (left[0].name, left[0].read_text()) if left else ('', '')


@pytest.mark.usefixtures('sample')
def test_says_what_a_mutant_compiles_to(tmp_path: Path) -> None:
	for edit, name, content in (
		(('= 0;', '= 0 +;'), 'not-built', r'decompress\.c:.*: error: '),
		(('<linux/sysfs.h>', '<linux/none.h>'), 'not-built', 'fatal error: linux/none.h'),
		(('\nstatic ', '\n/* the same */ static '), 'sum', '^same$'),
		(DIFFERENT, 'sum', '^[0-9a-f]{16}$'),
	):
		path = mutant_in(tmp_path / 'id', *edit)
		compiled(path)
		left = left_in(path)
		assert left[0] == name and re.search(content, left[1]), left
		assert not (path / 'tests').exists()


# Messages of gcc 12
TROUBLE = [
	'gcc: fatal error: Killed signal terminated program cc1',
	'gcc: internal compiler error: Segmentation fault signal terminated program cc1',
	'decompress.c:1:1: fatal error: error closing /tmp/cckFaQb1.s: No space left on device',
	"/tmp/cc1yWmGO.s: Fatal error: can't write 11 bytes to section .text of b.o: "
	"'No space left on device'",
	'cc1: out of memory allocating 65536 bytes after a total of 532480 bytes',
]


@pytest.mark.usefixtures('sample')
def test_trouble_of_the_compiler_is_no_verdict(tmp_path: Path) -> None:
	path = mutant_in(tmp_path / 'id', *DIFFERENT)
	stand_ins = tmp_path / 'bin'
	gcc = script(stand_ins / 'gcc', 'kill -9 $$')
	compiled(path, 2, stand_ins)
	assert left_in(path) == ('', '')
	for line in TROUBLE:
		script(gcc, 'cat >&2 <<"END"', line, 'END', 'exit 1')
		says_why(compiled(path, 2, stand_ins), line)
		assert left_in(path) == ('', '')
	script(gcc, 'exec no-such-compiler')
	says_why(compiled(path, 2, stand_ins), 'no-such-compiler: not found')
	assert left_in(path) == ('', '')
	gcc.unlink()
	script(stand_ins / 'unifdef', 'exit 2')
	says_why(compiled(path, 2, stand_ins), 'unifdef')
	assert left_in(path) == ('', '')
	compiled(path)
	assert left_in(path)[0] == 'sum'


class Boot:
	"""A boot with a stand-in for QEMU that runs these shell lines"""

	def __init__(self, directory: Path, *lines: str, seconds: int = 9, length: str = 'whole',
		     before: str = '') -> None:
		script(directory / 'qemu-system-i386', *lines)
		self.program = subprocess.Popen(
			['sh', '-c', f'PATH={directory}:$PATH; {before} exec sh "$@"', 'sh',
			 SCRIPTS / 'mutant_boot.sh', 'vmlinux', '1', str(seconds), length],
			stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
			text=True)

	def ends(self, status: int, end: str) -> str:
		"""Checks the exit status and the last line; without @end, it must not be a verdict."""
		out, _ = self.program.communicate()
		print(out)
		assert self.program.returncode == status
		if end:
			assert re.fullmatch(f'mutant_boot.sh: {end}', out.splitlines()[-1])
		else:
			assert 'mutant_boot.sh: ' not in out
		return out


def test_an_endless_loop_is_hung(tmp_path: Path) -> None:
	Boot(tmp_path, 'echo begin', 'while :; do :; done', seconds=2).ends(
		0, 'hung: [23] s of CPU time, 0 s asleep')


def test_only_a_short_run_ends_with_the_first_suite_that_failed(tmp_path: Path) -> None:
	lines = "echo 'not ok 1 suite'", 'sleep 3', 'echo more'
	assert 'more' not in Boot(tmp_path, *lines, length='short').ends(
		0, 'ended: [0-9]* s of CPU time, 0 s asleep')
	assert 'more' in Boot(tmp_path, *lines).ends(
		0, 'ended: [0-9]* s of CPU time, [0-3] s asleep')


@pytest.mark.parametrize('line', [
	'kill -9 $$',
	"echo 'qemu-system-i386: terminating on signal 15 from pid 1 (init)' >&2",
], ids=['killed', 'told to end'])
def test_a_machine_that_others_end_is_no_verdict(tmp_path: Path, line: str) -> None:
	Boot(tmp_path, 'echo begin', line).ends(2, '')


def test_a_full_disk_is_no_verdict(tmp_path: Path) -> None:
	lines = ("trap '' PIPE", 'i=0', 'while [ $i -lt 2000 ]; do',
		 "echo 'what the kernel has to say'", 'i=$((i + 1))', 'done 2>/dev/null', 'exit 0')
	Boot(tmp_path, *lines).ends(0, 'ended: [0-9]* s of CPU time, 0 s asleep')
	# A file that cannot grow stands for a full disk.
	full = Boot(tmp_path, *lines, before='ulimit -f 8;')
	out, _ = full.program.communicate()
	assert full.program.returncode != 0
	assert 'mutant_boot.sh: ' not in out


@pytest.mark.long
def test_a_kernel_that_sleeps_is_hung_and_one_that_is_stopped_is_not(tmp_path: Path) -> None:
	stopped = Boot(tmp_path / 'stopped', f"echo $$ >'{tmp_path}/pid'", 'kill -STOP $$',
		       'echo ok')
	asleep = Boot(tmp_path / 'asleep', 'echo begin', 'exec sleep 1000')
	# The stopped one has been there for as long.
	asleep.ends(0, 'hung: [0-9]* s of CPU time, 60 s asleep')
	assert stopped.program.poll() is None
	run('kill', '-CONT', (tmp_path / 'pid').read_text().strip())
	stopped.ends(0, 'ended: [0-9]* s of CPU time, 0 s asleep')
