# SPDX-License-Identifier: GPL-2.0
"""The checker reads the root of a system (--root), and repairs files (--fix)."""

import gzip
import json
import lzma
import os
import re
import struct
from pathlib import Path
from typing import Any, Dict, List

import pytest

from kept import FOR_FILES
from module_files import module
from support import BUILD, Result, make, run
from test_packages import zstd

pytestmark = [pytest.mark.check, pytest.mark.depends(*FOR_FILES)]

PROGRAM = BUILD / 'check/module-decompress-check'

CONFIG = '''# Linux/x86 {release} Kernel Configuration
CONFIG_CC_VERSION_TEXT="gcc"
CONFIG_X86=y
CONFIG_64BIT=y
CONFIG_MODULES=y
CONFIG_MODULE_COMPRESS_XZ=y
CONFIG_MODULE_DECOMPRESS=y
'''


def crc32(data: bytes) -> bytes:
	"""Compresses as the kernel wants it."""
	return lzma.compress(data, check=lzma.CHECK_CRC32)


def crc64(data: bytes) -> bytes:
	"""Compresses so that the kernel refuses it."""
	return lzma.compress(data, check=lzma.CHECK_CRC64)


@pytest.fixture(name='plain', scope='module')
def fixture_plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
	"""A module"""
	path = tmp_path_factory.mktemp('plain') / 'module.ko.xz'
	path.write_bytes(crc32(module()))
	make('check-modules', KCONFIG='any', KMOD='none', FILES=path)
	return module()


@pytest.fixture(name='release')
def fixture_release(plain: bytes) -> str:
	"""The release for which the module was built"""
	start = plain.index(b'vermagic=') + len('vermagic=')
	return plain[start:plain.index(b' ', start)].decode()


@pytest.fixture(name='directory')
def fixture_directory(tmp_path: Path, release: str) -> Path:
	"""root/lib/modules/RELEASE, with the configuration in root/boot"""
	(tmp_path / 'root/boot').mkdir(parents=True)
	(tmp_path / 'root/boot' / f'config-{release}').write_text(CONFIG.format(release=release))
	directory = tmp_path / 'root/lib/modules' / release
	directory.mkdir(parents=True)
	return directory


def check(*words: Any, status: int, cwd: Path) -> Result:
	"""Runs the checker."""
	return run(PROGRAM, '--verbose', *words, status=status, cwd=cwd)


def causes(result: Result) -> Dict[str, str]:
	"""Returns the answer for each file, by the last part of its name."""
	found = {}
	for line in result.out.partition('\n\n')[0].splitlines():
		name, _, answer = line.partition(': ')
		if answer.startswith(('loads', 'does not', 'no answer', 'only')):
			found[Path(name).name] = answer
	return found


def test_all_releases_of_a_root_are_checked(directory: Path, plain: bytes, tmp_path: Path) -> None:
	(directory / 'a.ko.xz').write_bytes(crc32(plain))
	(directory / 'b.ko.xz').write_bytes(crc64(plain))
	other = directory.with_name('6.0.0-other')
	other.mkdir()
	(other / 'c.ko.xz').write_bytes(crc32(plain))
	(directory / '../outside.ko').write_bytes(plain)
	debug = tmp_path / 'root/usr/lib/debug/lib/modules' / directory.name
	debug.mkdir(parents=True)
	(debug / 'debug.ko').write_bytes(plain)
	(tmp_path / 'root/usr/share').mkdir()
	(tmp_path / 'root/usr/share/elsewhere.ko').write_bytes(plain)
	result = check('--root=root', status=1, cwd=tmp_path)
	release = re.escape(directory.name)
	assert result.has(f'^{release}: .* configured by .*/boot/config-{release} .*: a decoder for xz$')
	assert result.has('^6.0.0-other: .* any 64-bit configuration with a decoder for each format$')
	assert causes(result) == {
		'a.ko.xz': 'loads', 'b.ko.xz': 'does not load: xz-check-crc64, kmod-leaves-it',
		'c.ko.xz': 'loads: other-release', 'outside.ko': 'only mentioned: outside-lib-modules',
		'elsewhere.ko': 'only mentioned: outside-lib-modules'}
	assert 'no module in lib/modules/RELEASE' in check('--root=root/boot', status=2,
							   cwd=tmp_path).err


def test_the_same_answer_for_two_kernels_is_given_once(directory: Path, plain: bytes,
						       tmp_path: Path) -> None:
	other = tmp_path / 'other/lib/modules' / directory.name
	other.mkdir(parents=True)
	for where in directory, other:
		(where / 'a.ko.xz').write_bytes(crc64(plain))
		(where / 'b.ko.gz').write_bytes(gzip.compress(plain))
	result = check('--root=root', '--root=other', status=1, cwd=tmp_path)
	# One kernel has no decoder for gzip, and the other has one.
	assert re.findall('^does not load: .*', result.out, re.MULTILINE) == [
		'does not load: 2 files', 'does not load: 1 file', 'does not load: 1 file']


def test_a_root_without_lib_is_told(directory: Path, plain: bytes, tmp_path: Path) -> None:
	(directory / 'a.ko.xz').write_bytes(crc32(plain))
	(tmp_path / 'root/usr').mkdir()
	(tmp_path / 'root/lib').rename(tmp_path / 'root/usr/lib')
	result = check('--root=root', status=0, cwd=tmp_path)
	assert causes(result) == {'a.ko.xz': 'loads', 'modules': 'only mentioned: outside-lib-modules'}
	(tmp_path / 'root/lib').symlink_to('usr/lib')
	assert causes(check('--root=root', status=0, cwd=tmp_path)) == {'a.ko.xz': 'loads'}


def test_a_module_of_another_machine_is_told(directory: Path, plain: bytes, tmp_path: Path) -> None:
	arm = bytearray(plain)
	# e_machine, at byte 18 of the ELF header: 183 is AArch64
	struct.pack_into('<H', arm, 18, 183)
	(directory / 'arm.ko.xz').write_bytes(crc32(bytes(arm)))
	(directory / 'x86.ko.xz').write_bytes(crc32(plain))
	result = check('--root=root', status=0, cwd=tmp_path)
	assert causes(result) == {'arm.ko.xz': 'loads: other-machine', 'x86.ko.xz': 'loads'}
	assert result.has('built for arm64, and the kernel is for x86-64$')


def bad_files(plain: bytes) -> Dict[str, bytes]:
	"""Returns a file for each way to repair one."""
	streamed = zstd(plain)
	# As from a pipe: without content size
	assert not streamed[4] & 0xe0
	return {
		'check.ko.xz': crc64(plain), 'rest.ko.xz': crc32(plain) + b'rest',
		'two.ko.xz': crc64(plain) + b'rest', 'comment.ko.gz': with_comment(plain),
		'size.ko.zst': streamed,
	}


def with_comment(data: bytes) -> bytes:
	"""Compresses by gzip, with a comment in the header, which the kernel refuses."""
	packed = bytearray(gzip.compress(data))
	packed[3] |= 16
	return bytes(packed[:10] + b'comment\0' + packed[10:])


def read(path: Path) -> bytes:
	"""Decompresses a file."""
	tool = {'.xz': 'xz', '.gz': 'gzip', '.zst': 'zstd'}[path.suffix]
	run('sh', '-c', f'{tool} -dcq <"$1" >"$1.out"', '-', path)
	out = path.with_name(f'{path.name}.out')
	data = out.read_bytes()
	out.unlink()
	return data


def state(directory: Path) -> List[Any]:
	"""Returns all that may change in a directory."""
	return sorted((path.name, path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
		      for path in directory.iterdir())


def test_files_are_repaired(plain: bytes, tmp_path: Path) -> None:
	bad = bad_files(plain)
	for name, content in bad.items():
		(tmp_path / name).write_bytes(content)
		(tmp_path / name).chmod(0o640)
		os.utime(tmp_path / name, (1, 2))
	os.chown(tmp_path / 'check.ko.xz', 1, 2)
	(tmp_path / 'hopeless.ko.xz').write_bytes(crc64(b'no module'))
	before = state(tmp_path)
	words = ('--kconfig=any', '--kmod=34+ZLIB', '.')
	result = check('--fix', '--dry-run', *words, status=1, cwd=tmp_path)
	assert result.out.count('would be fixed: ') == len(bad)
	assert state(tmp_path) == before
	result = check('--fix', *words, status=1, cwd=tmp_path)
	assert result.has(f'of 6 files, {len(bad)} would load, 1 would not$')
	assert result.has(r'^fixed: \./rest.ko.xz: truncated, ')
	assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*bad, 'hopeless.ko.xz'])
	for name in bad:
		assert read(tmp_path / name) == plain
		assert (tmp_path / name).stat().st_mode & 0o777 == 0o640
		assert (tmp_path / name).stat().st_mtime == 2
	assert (tmp_path / 'check.ko.xz').stat().st_uid == 1
	(tmp_path / 'hopeless.ko.xz').unlink()
	assert not check('--fix', *words, status=0, cwd=tmp_path).has('fixed')


def test_links_out_of_the_root_are_not_followed_to_repair(plain: bytes, directory: Path,
							  tmp_path: Path) -> None:
	outside = tmp_path / 'root of the host.ko.xz'
	outside.write_bytes(crc64(plain))
	(directory / 'absolute.ko.xz').symlink_to(outside)
	(directory / 'relative.ko.xz').symlink_to('../' * 4 + outside.name)
	(directory / 'inside.ko.xz').symlink_to('target.ko.xz')
	(directory / 'target.ko.xz').write_bytes(crc64(plain))
	result = check('--fix', '--root=root', status=1, cwd=tmp_path)
	for name in 'absolute', 'relative':
		assert result.has(f'^not fixed: .*/{name}.ko.xz: a link that leads out of the root')
	assert result.has('^fixed: .*/inside.ko.xz: ')
	assert outside.read_bytes() == crc64(plain)
	assert read(directory / 'target.ko.xz') == plain
	assert (directory / 'inside.ko.xz').is_symlink()
	check('--fix', '--kconfig=any', '--kmod=none', outside.name, status=0, cwd=tmp_path)
	assert read(outside) == plain


def test_what_needs_a_signature_is_left_alone(plain: bytes, tmp_path: Path) -> None:
	unsigned = plain.removesuffix(b'~Module signature appended~\n')
	assert unsigned != plain
	(tmp_path / 'a.ko.xz').write_bytes(crc64(unsigned))
	(tmp_path / 'config').write_text(CONFIG.format(release='6.12.1') +
					 'CONFIG_MODULE_SIG_FORCE=y\n')
	before = state(tmp_path)
	result = check('--fix', '--kconfig=config', 'a.ko.xz', status=1, cwd=tmp_path)
	assert result.has('^    run: .*SIGN_FILE') and not result.has('^fixed')
	assert state(tmp_path) == before


def test_gzip_for_highmem_is_decompressed(plain: bytes, tmp_path: Path) -> None:
	(tmp_path / 'config').write_text(
		CONFIG.format(release='6.12.1').replace('_XZ', '_GZIP').replace('CONFIG_64BIT=y\n', '') +
		'CONFIG_HIGHMEM=y\n')
	(tmp_path / 'a.ko.gz').write_bytes(gzip.compress(plain))
	(tmp_path / 'b.ko.gz').write_bytes(gzip.compress(plain))
	(tmp_path / 'b.ko').write_bytes(b'another file')
	result = check('--fix', '--kconfig=config', '--json=json', 'a.ko.gz', 'b.ko.gz', status=1,
		       cwd=tmp_path)
	assert result.has('^fixed: a.ko.gz: decompressed')
	assert result.has('^not fixed: b.ko.gz: File exists')
	assert (tmp_path / 'a.ko').read_bytes() == plain
	assert (tmp_path / 'b.ko').read_bytes() == b'another file'
	names = [file['file'] for file in json.loads((tmp_path / 'json').read_text())['files']]
	assert names == ['a.ko', 'b.ko.gz']
	assert sorted(path.name for path in tmp_path.iterdir()) == ['a.ko', 'b.ko', 'b.ko.gz', 'config',
								    'json']


def test_options_of_repairs_go_together(tmp_path: Path) -> None:
	(tmp_path / 'a.ko').touch()
	assert '--dry-run goes only with --fix' in check('--dry-run', 'a.ko', status=2, cwd=tmp_path).err
	assert '--fix does not go with --boot' in check('--fix', '--boot=x', '--kconfig=x', 'a.ko',
							status=2, cwd=tmp_path).err
