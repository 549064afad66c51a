# SPDX-License-Identifier: GPL-2.0
"""make boot: a guest loads compressed modules, with a kernel built here and with Debian's."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from harness.base import Trouble
from harness.boot import debian, image, loaders, signature
from harness.boot.shipped import Shipped
from harness.commands.boot import algorithms
from harness.kernel import Kernel
from kept import FOR_FILES
from support import BUILD, KERNEL, TOP, make, refused, run, script

pytestmark = [pytest.mark.boot, pytest.mark.depends(*FOR_FILES)]

# The modules that the selftest loads, and ext4, which needs another module
SOME = ['kernel/fs/binfmt_misc', 'kernel/fs/overlayfs/overlay', 'kernel/net/sunrpc/sunrpc',
	'kernel/fs/ext4/ext4']


def groups(results: Path) -> List[str]:
	"""Returns the names of the groups in a file of JSON=."""
	return [group['name'] for group in json.loads(results.read_text())['sub_groups']]


def suites(results: Path) -> List[Dict[str, str]]:
	"""Returns the attributes of the suites in a file of JUNIT=."""
	return [suite.attrib for suite in ET.parse(results).getroot()]


def test_boot_refuses_bad_variables(tmp_path: Path) -> None:
	evaluated = tmp_path / 'evaluated'
	refused('ALGORITHMS=lzma', 'boot', ALGORITHMS='lzma')
	refused('ARCH=um', 'boot', ARCH='um')
	refused('ROUNDS=few', 'boot', ROUNDS='few')
	refused('FIXES=no: does not go with IMAGE=', 'boot', IMAGE='linux-image-amd64', FIXES='no')
	refused('MODULES=/lib/modules: needs IMAGE=FILE', 'boot', MODULES='/lib/modules')
	refused('no such file, and not the name of a package', 'boot', IMAGE='linux-image')
	refused('no such file, and not the name of a package', 'boot',
		IMAGE=f'linux-image-$(touch {evaluated})-amd64')
	refused('no such file, and not the name of a package', 'boot', IMAGE='none')
	refused('not a regular file', 'boot', IMAGE='/dev/null')
	refused('give the release in lower case', 'boot', IMAGE='linux-image-amd64/Trixie')
	refused('give the release in lower case', 'boot',
		IMAGE=f'linux-image-amd64/$(touch {evaluated})')
	assert not evaluated.exists()
	refused('must be a 64-bit bzImage', 'boot', IMAGE=TOP / 'README.md', MODULES='/lib/modules')


def test_refusals_name_what_the_kernel_has(tmp_path: Path) -> None:
	(tmp_path / 'kernel/module').mkdir(parents=True)
	(tmp_path / 'Makefile').write_text('VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\n')
	(tmp_path / 'kernel/module/decompress.c').write_text(''.join(
		f'static ssize_t module_{name}_decompress(void)\n' for name in ('gzip', 'xz')))
	kernel = Kernel(str(tmp_path), 'old', tmp_path)
	with pytest.raises(Trouble, match='6.1.0 cannot decompress zstd; it has gzip xz'):
		algorithms(['zstd'], kernel)
	assert algorithms([], kernel) == ['gzip', 'xz']
	assert algorithms(['xz'], kernel) == ['xz']


@pytest.mark.parametrize('config, says', [
	('CONFIG_FOO=y', 'its config does not mention CONFIG_MODULE_DECOMPRESS'),
	('CONFIG_MODULE_COMPRESS_XZ=y', 'its config says CONFIG_MODULE_COMPRESS_XZ=y and does not'),
	('# CONFIG_MODULE_DECOMPRESS is not set', 'says # CONFIG_MODULE_DECOMPRESS is not set')],
	ids=['nothing', 'compressed only', 'not set'])
def test_the_config_of_a_kernel_that_does_not_decompress_is_quoted(config: str, says: str) -> None:
	kernel = Shipped('image', 'amd64', '6.1', '6.1', Path('image'), Path('modules'), config)
	with pytest.raises(Trouble, match=says):
		kernel.does_not_decompress()


def test_a_module_is_loaded_after_what_it_needs(tmp_path: Path) -> None:
	untried = 'kernel/drivers/accessibility/speakup/speakup_apollo.ko.xz'
	(tmp_path / 'modules.dep').write_text(
		f'a.ko.xz: b.ko.xz c.ko.xz\n{untried}:\nb.ko.xz: c.ko.xz\nc.ko.xz:\n')
	left_out: List[str] = []
	for arch, more in ('arm64', left_out), ('amd64', [untried]):
		modules, why = image.to_load(tmp_path, arch)
		assert modules == ['c.ko.xz', 'b.ko.xz', 'a.ko.xz', *more]
		assert ('waits' in ''.join(why)) == (not more)


def test_a_module_that_loads_only_when_decompressed_has_failed(tmp_path: Path) -> None:
	(tmp_path / 'decompressed.log').write_text(
		'# module /m/a.ko success\n# module /m/b.ko success\n# module /m/c.ko ENODEV\n'
		'# : no such device\n# module /m/d.ko ENODEV\n')
	(tmp_path / 'compressed.log').write_text(
		'# compression xz\n'
		'# module /m/a.ko.xz success\n# module /m/b.ko.xz EINVAL\n'
		'# : decompression failed\n'
		'# module /m/c.ko.xz ENODEV\n# module /m/d.ko.xz does not end\n')
	ktap = image.compare(tmp_path, '/m')
	assert ktap == [
		'KTAP version 1', '1..4', 'ok 1 a.ko.xz',
		'# EINVAL, decompressed first success', '# the kernel: decompression failed',
		'not ok 2 b.ko.xz', 'ok 3 c.ko.xz # SKIP ENODEV',
		'# does not end, decompressed first ENODEV', 'not ok 4 d.ko.xz']
	(tmp_path / 'modules.ktap').write_text('\n'.join(ktap))
	formats, loaded, not_loaded, *_, neither, untried = image.report(tmp_path, ['waits'] * 2, '')
	assert formats == '  compression: xz; XZ filters: no config was found'
	assert re.fullmatch('  1 of 3 modules that load .* load compressed', loaded)
	assert re.fullmatch('  not loaded: b.ko.xz: EINVAL, .*; the kernel: decompression failed',
			    not_loaded)
	assert neither == '  1 load in neither way: ENODEV 1'
	assert untried == '  2 not tried: waits'


def test_bad_modules_are_made_of_a_signed_one() -> None:
	code, marker = bytes(range(256)) * 2, b'~Module signature appended~\n'
	size = (300).to_bytes(4, 'big')
	whole = code + b's' * 300 + bytes(8) + size + marker
	assert signature.is_signed(whole) and not signature.is_signed(code)
	assert list(signature.bad(code)) == ['text.ko']
	bad = signature.bad(whole)
	assert sorted(bad) == ['changed.ko', 'misformatted.ko', 'text.ko', 'unsigned.ko']
	changed = bad['changed.ko']
	assert len(changed) == len(whole)
	assert [at for at, byte in enumerate(whole) if byte != changed[at]] == [200]
	assert bad['unsigned.ko'] == code
	assert bad['misformatted.ko'] == whole.replace(size + marker, b'\xff' * 4 + marker)


@pytest.mark.parametrize('algorithm, other', [('gzip', '.xz'), ('xz', '.zst'), ('zstd', '.xz')])
def test_a_loader_gets_a_file_of_each_kind(tmp_path: Path, algorithm: str, other: str) -> None:
	module = tmp_path / 'm.ko'
	module.write_bytes(b'module' * 1000)
	loaders.make_files(module, algorithm, tmp_path / 'files')
	suffix = loaders.SUFFIXES[algorithm]
	files = {str(path.parent.name): path for path in tmp_path.glob('files/*/*')}
	assert {kind: path.name for kind, path in files.items()} == {
		'good': f'm.ko{suffix}', 'not-compressed': 'm.ko', 'refused': f'm.ko{suffix}',
		'of-another-format': f'm.ko{other}', 'of-another-format-by-content': f'm.ko{suffix}',
		'not-compressed-by-content': f'm.ko{suffix}', 'without-suffix': 'm.ko'}
	# The tools read what the kernel refuses.
	for kind in 'good', 'refused':
		assert run(algorithm, '-dc', files[kind]).out == module.read_text()
	assert files['good'].read_bytes() == files['without-suffix'].read_bytes() != \
		files['refused'].read_bytes()
	for kind in 'not-compressed', 'not-compressed-by-content':
		assert files[kind].read_bytes() == module.read_bytes()
	assert files['of-another-format'].read_bytes() == \
		files['of-another-format-by-content'].read_bytes()


def test_each_loader_has_a_row_for_each_file() -> None:
	programs = [f'{loader}\t{program}' for loader in ('kmod-30', 'kmod-34', 'busybox')
		    for program in ('insmod', 'modprobe')]
	for algorithm in loaders.SUFFIXES:
		lines = [line.split('\t')[:3] for line in loaders.expected(algorithm).splitlines()]
		assert sorted('\t'.join(line) for line in lines) == sorted(
			f'{program}\t{kind}' for program in programs for kind in loaders.KINDS)


def copy_some_modules(shipped: Path, some: Path) -> None:
	"""
	Copies a few modules. One is compressed with xz's defaults, which the kernel refuses, and
	another module needs it.
	"""
	wanted = set()
	for line in (shipped / 'modules.dep').read_text().splitlines():
		module, _, needs = line.partition(':')
		if module.partition('.ko')[0] in SOME:
			wanted.update([module, *needs.split()])
	for module in sorted(wanted):
		(some / module).parent.mkdir(parents=True, exist_ok=True)
		shutil.copy(shipped / module, some / module)
	for index in [shipped / 'modules.order', *shipped.glob('modules.builtin*')]:
		shutil.copy(index, some)
	mbcache = some / 'kernel/fs/mbcache.ko'
	run('xz', '-d', f'{mbcache}.xz')
	run('xz', '--check=crc64', mbcache)


def shipped_kernel() -> Tuple[str, Path, Path]:
	"""Returns the release of Debian's kernel, its image, and where its modules are."""
	release, directory = debian.get_kernel(BUILD, 'amd64', 'linux-image-amd64/trixie')
	modules, vmlinuz = directory / 'usr/lib/modules' / release, directory / f'boot/vmlinuz-{release}'
	return release, vmlinuz if vmlinuz.exists() else modules / 'vmlinuz', modules


@pytest.mark.long
def test_a_distributions_kernel_loads_its_modules(tmp_path: Path) -> None:
	old = make('boot', IMAGE='linux-image-amd64/bookworm', status=2)
	assert old.has('does not decompress modules; its config says')
	refused('no such file, and no such package', 'boot', IMAGE='linux-image-0.0-amd64')
	release, vmlinuz, modules = shipped_kernel()
	some = tmp_path / 'lib/modules' / release
	copy_some_modules(modules, some)
	run('/sbin/depmod', '-b', tmp_path, release)
	refused('needs MODULES=DIRECTORY', 'boot', IMAGE=vmlinuz)
	results, junit = tmp_path / 'image.json', tmp_path / 'image.xml'
	boot = make('boot', IMAGE=vmlinuz, MODULES=some, ROUNDS='10', JSON=results, JUNIT=junit,
		    status=1)
	assert boot.has('modules: 5 passed, 2 failed, 0 skipped; selftest: [0-9]* passed, 0 failed')
	assert boot.has('not loaded: kernel/fs/mbcache.ko.xz: EINVAL.*failed with status 6')
	assert boot.has('not loaded: kernel/fs/ext4/ext4.ko.xz: ENOENT.*Unknown symbol mb_cache')
	assert groups(results) == ['modules', 'selftest']
	of_modules, selftest = suites(junit)
	assert of_modules['failures'] == '2' and int(selftest['tests']) > 40


# xz and zstd allocate a dictionary or a window, too, for which there may be too little memory.
@pytest.mark.long
@pytest.mark.parametrize('algorithm, with_little', [('gzip', '4'), ('xz', '6'), ('zstd', '6')],
			 ids=['gzip', 'xz', 'zstd'])
def test_real_modules_load(tmp_path: Path, algorithm: str, with_little: str) -> None:
	results, junit = tmp_path / 'boot.json', tmp_path / 'boot.xml'
	make('boot', ALGORITHMS=algorithm, ROUNDS='80', JSON=results, JUNIT=junit)
	assert groups(results) == [algorithm, f'{algorithm}-little', f'{algorithm}-addresses',
				   f'{algorithm}-loaders']
	suite, little, addresses, programs = suites(junit)
	assert suite['name'] == algorithm and int(suite['tests']) > 40
	assert little['name'] == f'{algorithm}-little' and little['tests'] == with_little
	assert addresses['tests'] == '2' and programs['tests'] == '6'


@pytest.mark.long
@pytest.mark.parametrize('kernel', ['6.12', 'newest'])
def test_modules_load_with_security_modules(tmp_path: Path, kernel: str) -> None:
	results = tmp_path / 'boot.json'
	make('boot', KERNEL=kernel, CONFIG='security', ALGORITHMS='zstd', ROUNDS='80', JSON=results)
	assert [name.partition('-')[2] for name in groups(results)] == [
		'', 'little', 'addresses', 'loaders', 'security', 'loadpin', 'ima', 'statistics',
		'zisofs']


@pytest.mark.long
def test_real_modules_do_not_load_as_shipped(tmp_path: Path) -> None:
	make('boot', ALGORITHMS='gzip', ROUNDS='10', FIXES='no', status=1)
	log = (BUILD / 'boot' / KERNEL / 'gzip.log').read_text(errors='replace')
	assert re.search('WARNING: CPU.*mm/highmem.c', log)
	script(tmp_path / 'qemu-system-i386', 'exit 1')
	make('boot', ALGORITHMS='gzip', ROUNDS='10', FIXES='no', status=2, path=tmp_path)
