# SPDX-License-Identifier: GPL-2.0
"""Does make run build the tree and the configuration that the user asked for?"""

import os
from pathlib import Path
from typing import List

import pytest

from harness import configuration, fixes
from harness.kernel import Sources
from harness.tree import Tree
from stand_ins import Bench, kernel
from support import KUNIT_PY, make, refused, run, says_why, script

pytestmark = pytest.mark.commands

DECOMPRESS = Path('kernel') / 'module' / 'decompress.c'
KUNIT_KERNEL = Path('tools') / 'testing' / 'kunit' / 'kunit_kernel.py'


def test_ones_own_tree_is_left_as_it_is(bench: Bench, tmp_path: Path) -> None:
	before = (bench.kernel / DECOMPRESS).read_bytes()
	assert 'i386, as it is: ' in bench.run().out
	assert (bench.tree / DECOMPRESS).read_bytes() == before
	assert 'i386, with fixes: ' in bench.run(FIXES='yes').out
	assert (bench.tree / DECOMPRESS).read_bytes() != before
	# kunit.py, as a bot calls it, leaves the tree alone, too.
	run(KUNIT_PY, 'parse', bench.dir / 'test.log', cwd=tmp_path,
	    env={'KERNEL': str(bench.kernel), 'BUILD': str(bench.build)})
	assert (bench.tree / DECOMPRESS).read_bytes() == before
	assert (bench.kernel / DECOMPRESS).read_bytes() == before


def test_a_newer_kernel_gets_its_own_version_of_a_fix(bench: Bench, tmp_path: Path,
						      monkeypatch: pytest.MonkeyPatch) -> None:
	monkeypatch.setattr(fixes, 'PATCHES', tmp_path)
	(tmp_path / 'mainline').mkdir()
	for path, line in ('0001-fix.patch', 'old'), ('mainline/0001-fix.patch', 'new'):
		(tmp_path / path).write_text(f'--- a/file\n+++ b/file\n@@ -1 +1 @@\n-{line}\n+fixed\n')
	tree = Tree(Sources(bench.build).find(str(bench.kernel)), fixes.Fixes('yes'), None, tmp_path)
	for line in 'old', 'new', 'fixed':
		(tmp_path / 'file').write_text(f'{line}\n')
		tree.apply([fixes.Patch(tmp_path / '0001-fix.patch')], tmp_path)
		assert (tmp_path / 'file').read_text() == 'fixed\n'
	assert not fixes.other_patches()


def test_a_kernel_that_does_not_build_is_named(bench: Bench) -> None:
	makefile = bench.kernel / 'Makefile'
	makefile.write_text(makefile.read_text().replace('vmlinux:\n', 'vmlinux:\n\t@false\n'))
	assert 'linux 6.12.0, i386, as it is: not built; see ' in bench.run(status=2).err


def test_an_option_that_a_tree_lacks_is_not_asked_for(tmp_path: Path) -> None:
	def lacking() -> List[str]:
		return [name for name in configuration.OPTIONAL
			if f'--kconfig_add=# CONFIG_{name} is not set'
			in configuration.arguments(tmp_path, tmp_path, 'i386')]

	for name, file in configuration.OPTIONAL.items():
		(tmp_path / file).parent.mkdir(parents=True)
		(tmp_path / file).write_text(f'config {name}\n')
	assert not lacking()
	(tmp_path / 'kernel/module/Kconfig').write_text('config MODULE_COMPRESS_NONE\n')
	(tmp_path / 'lib/xz/tests/Kconfig').unlink()
	assert lacking() == ['MODULE_COMPRESS', 'XZ_DEC_KUNIT_TEST']


def test_an_edit_is_built(bench: Bench, tmp_path: Path) -> None:
	bench.run()
	made = (bench.dir / 'made').read_text()
	bench.run()
	assert (bench.dir / 'made').read_text() == made
	edited = tmp_path / 'a blank' / 'decompress.c'
	edited.parent.mkdir()
	edited.write_text((bench.kernel / DECOMPRESS).read_text() + '/* edited */\n')
	assert f'with {edited} in place of its decompress.c: ' in bench.run(DECOMPRESS=edited).out
	assert (bench.tree / DECOMPRESS).read_bytes() == edited.read_bytes()
	assert not (bench.tree / DECOMPRESS).is_symlink()
	bench.run()
	(bench.kernel / DECOMPRESS).write_bytes(edited.read_bytes())
	bench.run()
	assert (bench.tree / DECOMPRESS).read_bytes() == edited.read_bytes()


def test_what_is_unpacked_has_its_name(bench: Bench) -> None:
	packages = bench.archive('6.0')
	for _ in range(2):
		bench.run(KERNEL='newest', FIXES='no')
		assert (bench.build / 'src' / 'linux-6.0' / 'Kbuild').exists()
		assert bench.tree.name == '6.0'
		# From then on the archive is not asked: these programs would fail.
		for program in packages:
			script(program, 'exit 1')


def test_a_kernel_that_was_half_unpacked_is_unpacked_again(bench: Bench) -> None:
	bench.archive('6.0')
	# The disk is full when half of the tree is unpacked.
	tar = script(bench.bin / 'tar', '/bin/tar "$@" --exclude=tools',
		     'echo "tar: No space left on device" >&2', 'exit 2')
	bench.run(status=2, KERNEL='newest', FIXES='no')
	assert not (bench.build / 'src' / 'linux-6.0').exists()
	tar.unlink()
	bench.run(KERNEL='newest', FIXES='no')
	assert (bench.build / 'src' / 'linux-6.0' / 'tools').exists()


def test_the_tree_follows_the_kernels_kunit_py(bench: Bench) -> None:
	bench.run()
	own = bench.kernel / KUNIT_KERNEL
	text = own.read_text()
	# A changed kunit.py with an older date is copied, too: it may come from an old commit.
	own.write_text(text + '# another\n')
	os.utime(own, (1e9, 1e9))
	bench.run()
	assert (bench.tree / KUNIT_KERNEL).read_text().endswith('# another\n')
	# Under KVM a stale TLB entry would not be noticed. A newer kunit.py that tries KVM first is
	# changed not to do so, or refused.
	own.write_text(text + "x = [\n\t'-accel', 'kvm',\n\t'-accel', 'tcg',\n]\n")
	bench.run()
	assert (bench.tree / KUNIT_KERNEL).read_text().endswith("x = [\n\t'-accel', 'tcg',\n]\n")
	for unknown in "x = ['-accel', 'kvm:tcg']\n", "x = ['-accel', 'kvm']\n":
		own.write_text(text + unknown)
		result = bench.run(status=2)
		says_why(result, 'kunit_kernel.py')


def test_another_configuration_is_built(bench: Bench, tmp_path: Path) -> None:
	# A changed fragment causes a build, even if nothing in the tree has changed.
	fragments = [tmp_path / 'a blank' / 'named.config', tmp_path / 'a blank' / 'other.config']
	fragments[0].parent.mkdir()
	fragments[1].write_text('CONFIG_OTHER=y\n')
	for version in '-first', '-second':
		fragments[0].write_text(f'CONFIG_LOCALVERSION="{version}"\n')
		bench.run(CONFIG=','.join(str(path) for path in fragments))
		built = (bench.dir / 'vmlinux').read_text().splitlines()
		assert f'CONFIG_LOCALVERSION="{version}"' in built and 'CONFIG_OTHER=y' in built
	made = (bench.dir / 'made').read_text()
	bench.run(CONFIG=','.join(str(path) for path in fragments))
	assert (bench.dir / 'made').read_text() == made


def test_a_configuration_that_somebody_changed_is_made_again(bench: Bench) -> None:
	bench.run()
	asked = (bench.dir / '.config').read_text()
	for changed in asked.replace('CONFIG_KUNIT=y\n', ''), '':
		(bench.dir / '.config').write_text(changed)
		bench.run()
		assert (bench.dir / '.config').read_text() == asked
		assert (bench.dir / 'vmlinux').read_text() == asked
	(bench.dir / '.config').unlink()
	bench.run()
	assert (bench.dir / '.config').read_text() == asked


def test_a_configuration_starts_from_the_plain_one(bench: Bench) -> None:
	plain = bench.run(status=0)
	assert 'Starting from' not in plain.err
	(bench.dir / 'object.o').touch()
	bench.run(CONFIG='nohighmem')
	other = next((bench.build / 'kunit').glob('*nohighmem'))
	assert (other / 'object.o').exists()
	assert 'CONFIG_HIGHMEM4G=y' not in (other / 'vmlinux').read_text()


def test_blanks_that_make_cannot_handle_are_refused(tmp_path: Path) -> None:
	blank = kernel(tmp_path / 'a blank' / 'kernel')
	refused('cannot handle a space or colon in the path of KERNEL=', 'run', KERNEL=blank,
		BUILD=tmp_path / 'build')
	refused('cannot handle a space or colon in the path of BUILD=', 'run',
		KERNEL=kernel(tmp_path / 'kernel'), BUILD=tmp_path / 'another blank')


def test_install_takes_a_name_with_blanks(tmp_path: Path) -> None:
	tree = kernel(tmp_path / 'a blank' / 'it\'s "a" kernel; $(exit)')
	make('install', KERNEL=tree)
	assert (tree / 'kernel/module/decompress_kunit.c').exists()
	make('uninstall', KERNEL=tree)
	assert not (tree / 'kernel/module/decompress_kunit.c').exists()
