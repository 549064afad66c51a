# SPDX-License-Identifier: GPL-2.0
"""make boot: modules load compressed in a guest, of a kernel built here and of one as shipped."""

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from support import BUILD, KERNEL, TOP, make, refused, run, script

pytestmark = pytest.mark.boot

IMAGE_PY = TOP / 'harness/boot/image.py'

# The modules that the selftest loads, and ext4, which needs another
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
	refused('FIXES=no: not with IMAGE=', 'boot', IMAGE='linux-image-amd64', FIXES='no')
	refused('of which IMAGE=', 'boot', MODULES='/lib/modules')
	refused('no such file, and no package', 'boot', IMAGE='linux-image')
	refused('no such file, and no package', 'boot',
		IMAGE=f'linux-image-$(touch {evaluated})-amd64')
	refused("no release of Debian's", 'boot',
		IMAGE=f'linux-image-amd64/$(touch {evaluated})')
	assert not evaluated.exists()
	refused('neither a bzImage', 'boot', IMAGE=TOP / 'README.md', MODULES='/lib/modules')


def test_a_module_is_loaded_after_what_it_needs(tmp_path: Path) -> None:
	untried = 'kernel/drivers/accessibility/speakup/speakup_apollo.ko.xz'
	(tmp_path / 'modules.dep').write_text(
		f'a.ko.xz: b.ko.xz c.ko.xz\n{untried}:\nb.ko.xz: c.ko.xz\nc.ko.xz:\n')
	left_out: List[str] = []
	for arch, more in ('arm64', left_out), ('amd64', [untried]):
		listed = run('python3', IMAGE_PY, 'list', tmp_path, arch, tmp_path / 'untried')
		assert listed.out.splitlines() == ['c.ko.xz', 'b.ko.xz', 'a.ko.xz', *more]
		assert ('waits' in (tmp_path / 'untried').read_text()) == (not more)


def test_a_module_that_loads_only_when_decompressed_has_failed(tmp_path: Path) -> None:
	(tmp_path / 'decompressed.log').write_text(
		'# module /m/a.ko success\n# module /m/b.ko success\n# module /m/c.ko ENODEV\n'
		'# : no such device\n# module /m/d.ko ENODEV\n')
	(tmp_path / 'compressed.log').write_text(
		'# compression xz\n'
		'# module /m/a.ko.xz success\n# module /m/b.ko.xz EINVAL\n# : decompression failed\n'
		'# module /m/c.ko.xz ENODEV\n# module /m/d.ko.xz does not end\n')
	ktap = run('python3', IMAGE_PY, 'compare', tmp_path, '/m').out
	assert ktap.splitlines() == [
		'KTAP version 1', '1..4', 'ok 1 a.ko.xz',
		'# EINVAL, decompressed first success', '# the kernel: decompression failed',
		'not ok 2 b.ko.xz', 'ok 3 c.ko.xz # SKIP ENODEV',
		'# does not end, decompressed first ENODEV', 'not ok 4 d.ko.xz']
	(tmp_path / 'modules.ktap').write_text(ktap)
	(tmp_path / 'untried').write_text('waits\nwaits\n')
	report = run('python3', IMAGE_PY, 'report', tmp_path)
	assert report.has('^  compression: xz; XZ filters: no config was found$')
	assert report.has('^  1 of 3 modules that load .* load compressed$')
	assert report.has('^  not loaded: b.ko.xz: EINVAL, .*; the kernel: decompression failed$')
	assert report.has('^  1 load in neither way: ENODEV 1$')
	assert report.has('^  2 not tried: waits$')


def test_bad_modules_are_made_of_a_signed_one(tmp_path: Path) -> None:
	code, marker = bytes(range(256)) * 2, b'~Module signature appended~\n'
	signed, plain = tmp_path / 'signed.ko', tmp_path / 'plain.ko'
	size = (300).to_bytes(4, 'big')
	signed.write_bytes(code + b's' * 300 + bytes(8) + size + marker)
	plain.write_bytes(code)
	signature = TOP / 'harness/boot/signature.py'
	run('python3', signature, 'signed', signed)
	run('python3', signature, 'signed', plain, status=1)
	for module, names in (signed, ['changed', 'misformatted', 'text', 'unsigned']), \
			     (plain, ['text']):
		made = tmp_path / module.stem
		made.mkdir()
		run('python3', signature, 'bad', module, made)
		assert sorted(path.stem for path in made.iterdir()) == names
	made = tmp_path / 'signed'
	whole, changed = signed.read_bytes(), (made / 'changed.ko').read_bytes()
	assert len(changed) == len(whole)
	assert [at for at, byte in enumerate(whole) if byte != changed[at]] == [200]
	assert (made / 'unsigned.ko').read_bytes() == code
	assert (made / 'misformatted.ko').read_bytes() == whole.replace(
		size + marker, b'\xff' * 4 + marker)


def copy_some_modules(shipped: Path, some: Path) -> None:
	"""
	Copies a few modules, of which one is compressed as xz does it by default, and another needs
	that one.
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
	found = run('sh', TOP / 'harness/boot/package.sh', 'amd64', 'linux-image-amd64/trixie')
	release, directory = found.out.split()
	modules = Path(directory) / 'usr/lib/modules' / release
	image = Path(directory) / f'boot/vmlinuz-{release}'
	return release, image if image.exists() else modules / 'vmlinuz', modules


def test_a_distributions_kernel_loads_its_modules(tmp_path: Path) -> None:
	old = make('boot', IMAGE='linux-image-amd64/bookworm', status=2)
	assert old.has('does not decompress modules; its config says')
	refused('no such package', 'boot', IMAGE='linux-image-0.0-amd64')
	release, image, modules = shipped_kernel()
	some = tmp_path / 'lib/modules' / release
	copy_some_modules(modules, some)
	run('/sbin/depmod', '-b', tmp_path, release)
	refused('where are its modules', 'boot', IMAGE=image)
	results, junit = tmp_path / 'image.json', tmp_path / 'image.xml'
	boot = make('boot', IMAGE=image, MODULES=some, ROUNDS='10', JSON=results, JUNIT=junit,
		    status=1)
	assert boot.has('modules: 5 passed, 2 failed, 0 skipped; selftest: [0-9]* passed, 0 failed')
	assert boot.has('not loaded: kernel/fs/mbcache.ko.xz: EINVAL.*failed with status 6')
	assert boot.has('not loaded: kernel/fs/ext4/ext4.ko.xz: ENOENT.*Unknown symbol mb_cache')
	assert groups(results) == ['modules', 'selftest']
	of_modules, selftest = suites(junit)
	assert of_modules['failures'] == '2' and int(selftest['tests']) > 40


def test_real_modules_load(tmp_path: Path) -> None:
	results, junit = tmp_path / 'boot.json', tmp_path / 'boot.xml'
	make('boot', ALGORITHMS='gzip', ROUNDS='80', JSON=results, JUNIT=junit)
	assert groups(results) == ['gzip', 'gzip-little']
	suite, little = suites(junit)
	assert suite['name'] == 'gzip' and int(suite['tests']) > 40
	assert little['name'] == 'gzip-little' and little['tests'] == '4'


def test_real_modules_do_not_load_as_shipped(tmp_path: Path) -> None:
	make('boot', ALGORITHMS='gzip', ROUNDS='10', FIXES='no', status=1)
	log = (BUILD / 'boot' / KERNEL / 'gzip.log').read_text(errors='replace')
	assert re.search('WARNING: CPU.*mm/highmem.c', log)
	script(tmp_path / 'qemu-system-i386', 'exit 1')
	make('boot', ALGORITHMS='gzip', ROUNDS='10', FIXES='no', status=2, path=tmp_path)
