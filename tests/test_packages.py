# SPDX-License-Identifier: GPL-2.0
"""
The checker finds the modules in packages, archives and initramfs images, judges each by its name,
and never judges or changes the package itself.
"""

import gzip
import lzma
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from harness.boot import debian
from kept import FOR_FILES
from module_files import build_sanitized, module
from support import BUILD, TOP, Result, make, run, script

pytestmark = [pytest.mark.check, pytest.mark.depends(*FOR_FILES)]

PROGRAM = BUILD / 'check/module-decompress-check'
RELEASE = '6.12.1'
MODULES = f'lib/modules/{RELEASE}/extra'

# What is in each package, and what the checker must say of it
ANSWERS = {'good.ko.xz': 'loads: other-release', 'crc64.ko.xz': 'does not load: xz-check-crc64',
	   'misnamed.ko.zstd': 'does not load: name-not-seen'}

CONTROL = '''Package: modules
Version: 1
Architecture: all
Maintainer: modules <modules@example.org>
Description: modules
'''
SPEC = '''Name: modules
Version: 1
Release: 1
Summary: modules
License: GPL
BuildArch: noarch
%description
modules
%install
mkdir -p %{{buildroot}}
cp -a {root}/lib %{{buildroot}}
%files
/lib/modules
'''


def zstd(data: bytes) -> bytes:
	"""Compresses as zstd does."""
	return subprocess.run(['zstd', '-qc'], input=data, capture_output=True, check=True).stdout


COMPRESSORS: Dict[str, Callable[[bytes], bytes]] = {
	'gz': gzip.compress, 'xz': lzma.compress, 'zst': zstd,
}


def tar(root: Path, *names: str) -> bytes:
	"""Returns a tar archive of files below a directory."""
	return subprocess.run(['tar', '-C', root, '-c', *names], capture_output=True, check=True).stdout


def newc(root: Path, *options: str) -> bytes:
	"""Returns a cpio archive of all files below a directory."""
	names = '\n'.join(sorted(str(path.relative_to(root)) for path in root.rglob('*')))
	return subprocess.run(['cpio', '--quiet', '-o', *(options or ('-H', 'newc'))], cwd=root,
			      input=names.encode(), capture_output=True, check=True).stdout


def deb(root: Path, compressor: str) -> bytes:
	"""Returns a Debian package."""
	(root / 'DEBIAN').mkdir()
	(root / 'DEBIAN/control').write_text(CONTROL)
	run('dpkg-deb', f'-Z{compressor}', '-b', root, root / '../deb')
	return (root / '../deb').read_bytes()


def deb_by_ar(root: Path) -> bytes:
	"""Returns a Debian package made by GNU ar, which gives its members no file type."""
	(root / '../plain.deb').write_bytes(deb(root, 'xz'))
	names = ['debian-binary', 'control.tar.xz', 'data.tar.xz']
	run('ar', 'x', '../plain.deb', cwd=root)
	run('ar', 'rc', '../by-ar.deb', *names, cwd=root)
	return (root / '../by-ar.deb').read_bytes()


def rpm(root: Path, payload: str) -> bytes:
	"""Returns an rpm package."""
	top = root.parent / 'rpm'
	top.mkdir()
	(top / 'spec').write_text(SPEC.format(root=root))
	run('rpmbuild', '-bb', '--quiet', '--define', f'_topdir {top}',
	    '--define', f'_binary_payload {payload}', '--define', '__os_install_post %{nil}',
	    top / 'spec')
	return next(top.rglob('*.rpm')).read_bytes()


def apk(root: Path) -> bytes:
	"""Returns an Alpine package: signature, control and data, each a member of gzip's."""
	(root / '.SIGN.RSA.key').write_text('signature')
	(root / '.PKGINFO').write_text('pkgname = modules\n')
	# The first two have no end-of-archive blocks.
	parts = [tar(root, '.SIGN.RSA.key')[:1024], tar(root, '.PKGINFO')[:1024], tar(root, 'lib')]
	return b''.join(map(gzip.compress, parts))


def ipk(root: Path) -> bytes:
	"""Returns an OpenWrt package."""
	top = root.parent / 'ipk'
	top.mkdir()
	(top / 'debian-binary').write_text('2.0\n')
	(top / 'data.tar.gz').write_bytes(gzip.compress(tar(root, './lib')))
	return gzip.compress(tar(top, './debian-binary', './data.tar.gz'))


def initramfs(root: Path, compressor: str) -> bytes:
	"""Returns an initramfs as initramfs-tools makes it: microcode, padding, the compressed rest."""
	microcode = root.parent / 'microcode/kernel/x86/microcode'
	microcode.mkdir(parents=True)
	(microcode / 'GenuineIntel.bin').write_bytes(bytes(range(256)) * 20)
	early = newc(root.parent / 'microcode')
	return early + bytes(1024) + COMPRESSORS[compressor](newc(root))


PACKAGES: Dict[str, Callable[[Path], bytes]] = {
	'my.kodi.deb with xz': lambda root: deb(root, 'xz'),
	'modules.deb with zstd': lambda root: deb(root, 'zstd'),
	'modules.deb with gzip': lambda root: deb(root, 'gzip'),
	'modules.deb with none': lambda root: deb(root, 'none'),
	'modules.deb by ar': deb_by_ar,
	'modules.rpm with gzip': lambda root: rpm(root, 'w9.gzdio'),
	'modules.rpm with xz': lambda root: rpm(root, 'w6.xzdio'),
	'modules.rpm with zstd': lambda root: rpm(root, 'w19.zstdio'),
	'modules.apk': apk,
	'modules.ipk': ipk,
	'modules.pkg.tar.zst': lambda root: zstd(tar(root, 'lib')),
	'modules.tar': lambda root: tar(root, 'lib'),
	'modules.tar.gz': lambda root: gzip.compress(tar(root, 'lib')),
	'modules.cpio': newc,
	'initrd.img with gz': lambda root: initramfs(root, 'gz'),
	'initrd.img with xz': lambda root: initramfs(root, 'xz'),
	'initrd.img with zst': lambda root: initramfs(root, 'zst'),
}


@pytest.fixture(name='contents', scope='module')
def fixture_contents(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, bytes]:
	"""The modules in each package"""
	plain = tmp_path_factory.mktemp('plain') / 'module.ko'
	plain.write_bytes(module())
	run('xz', '-k', '--check=crc32', plain)
	make('check-modules', KCONFIG='any', KMOD='none', FILES=f'{plain}.xz')
	return {'good.ko.xz': lzma.compress(module(), check=lzma.CHECK_CRC32),
		'crc64.ko.xz': lzma.compress(module(), check=lzma.CHECK_CRC64),
		'misnamed.ko.zstd': zstd(module())}


@pytest.fixture(name='root')
def fixture_root(contents: Dict[str, bytes], tmp_path: Path) -> Path:
	"""A directory with the modules below lib/modules"""
	directory = tmp_path / 'root' / MODULES
	directory.mkdir(parents=True)
	for name, content in contents.items():
		(directory / name).write_bytes(content)
	return tmp_path / 'root'


def check(path: Path, status: int, *options: str) -> Result:
	"""Checks a file for any kernel; the exit status must be @status."""
	return run(PROGRAM, '--kconfig=any', '--verbose', *options, path.name, status=status,
		   cwd=path.parent)


def answers(result: Result) -> List[str]:
	"""Returns the lines for the files."""
	lines = result.out.partition('\n\n')[0].splitlines()
	return sorted(line for line in lines if re.search(': (loads|does not load|no answer|only mentioned)', line))


def expected(prefix: str) -> List[str]:
	"""Returns the lines that answers() must give for the modules."""
	return sorted(f'{prefix}{MODULES}/{name}: {answer}' for name, answer in ANSWERS.items())


def first_causes(lines: List[str]) -> List[str]:
	"""Leaves only the first cause in each line."""
	return [line.partition(', ')[0] for line in lines]


@pytest.mark.parametrize('kind', PACKAGES)
def test_the_modules_in_a_package_are_judged(kind: str, root: Path, tmp_path: Path) -> None:
	package = tmp_path / kind.partition(' ')[0]
	package.write_bytes(PACKAGES[kind](root))
	before = package.read_bytes()
	result = check(package, 1)
	prefix = './' if answers(result)[0].startswith(f'{package.name}: ./') else ''
	assert first_causes(answers(result)) == expected(f'{package.name}: {prefix}')
	assert not result.has('^    run: '), 'no command may change a package'
	assert result.has('^    to do, before the package is built: recompress with xz --check=crc32')
	assert package.read_bytes() == before


@pytest.mark.parametrize('kind', ['my.kodi.deb with xz', 'modules.rpm with zstd', 'modules.apk',
				  'modules.cpio', 'initrd.img with gz'])
def test_a_package_that_is_cut_off_has_no_answer(kind: str, root: Path, tmp_path: Path) -> None:
	package = tmp_path / kind.partition(' ')[0]
	whole = PACKAGES[kind](root)
	for size in len(whole) // 2, len(whole) * 9 // 10:
		package.write_bytes(whole[:size])
		lines = answers(check(package, 2))
		assert f'{package.name}: no answer: package-unread' in lines


def test_a_package_cut_off_before_its_content_has_no_answer(root: Path, tmp_path: Path) -> None:
	made = {'modules.deb': deb(root, 'xz'), 'modules.rpm': rpm(root, 'w9.gzdio')}
	before_data = made['modules.deb'].index(b'data.tar')
	for name, size in (('modules.deb', 100), ('modules.deb', before_data), ('modules.rpm', 96),
			   ('modules.rpm', 1000)):
		(tmp_path / name).write_bytes(made[name][:size])
		assert answers(check(tmp_path / name, 2)) == [f'{name}: no answer: package-unread'], size


def test_packages_in_an_archive_are_read(root: Path, tmp_path: Path) -> None:
	top = tmp_path / 'top'
	top.mkdir()
	(top / 'a.tar.xz').write_bytes(lzma.compress(tar(root, 'lib')))
	(top / 'b.cpio').write_bytes(newc(root))
	# An archive that need not have modules may be damaged.
	(top / 'c.tar.gz').write_bytes(b'\x1f\x8bdamaged')
	(tmp_path / 'all.tar').write_bytes(tar(top, 'a.tar.xz', 'b.cpio', 'c.tar.gz'))
	result = check(tmp_path / 'all.tar', 1)
	assert 'its header is damaged' in result.out
	assert first_causes(answers(result)) == sorted(
		['all.tar: c.tar.gz: only mentioned: package-unread'] +
		expected('all.tar: a.tar.xz: ') + expected('all.tar: b.cpio: '))


def test_configuration_and_kmod_of_the_package_count(root: Path, tmp_path: Path) -> None:
	arch = run('dpkg', '--print-architecture').out.strip()
	(root / 'usr/bin').mkdir(parents=True)
	shutil.copy(debian.get_kmod(BUILD, arch) / 'usr/bin/kmod', root / 'usr/bin')
	(root / 'boot').mkdir()
	(root / 'boot' / f'config-{RELEASE}').write_text(
		f'# Linux/x86 {RELEASE} Kernel Configuration\nCONFIG_CC_VERSION_TEXT="gcc"\n'
		'CONFIG_64BIT=y\nCONFIG_MODULES=y\nCONFIG_MODULE_COMPRESS_ZSTD=y\n'
		'CONFIG_MODULE_DECOMPRESS=y\n')
	for name, data in ('modules.tar', tar(root, 'lib', 'boot', 'usr')), ('initrd', newc(root)):
		(tmp_path / name).write_bytes(data)
		# This kernel leaves xz to kmod, which takes CRC64.
		result = run(PROGRAM, '--verbose', name, status=1, cwd=tmp_path)
		assert result.has(f'^{RELEASE}: code of .*, configured by {name}: '
				  f'boot/config-{RELEASE} \\({RELEASE}\\): a decoder for zstd$')
		assert result.has(f'^{RELEASE}: kmod 34 .*, of {name}: bin/kmod$')
		assert result.has(f'^{name}: {MODULES}/crc64.ko.xz: loads: other-release$')


def test_fix_says_what_it_leaves_in_packages(root: Path, tmp_path: Path) -> None:
	(tmp_path / 'x.tar').write_bytes(tar(root, 'lib'))
	before = (tmp_path / 'x.tar').read_bytes()
	bad = sum(answer.startswith('does not load') for answer in ANSWERS.values())
	result = run(PROGRAM, '--fix', '--kconfig=any', 'x.tar', status=1, cwd=tmp_path)
	assert result.has(f'^not fixed: {bad} files in packages: repair them before packing$')
	assert (tmp_path / 'x.tar').read_bytes() == before


def test_only_names_that_depmod_sees_count(root: Path, tmp_path: Path) -> None:
	directory = root / MODULES
	shutil.rmtree(tmp_path / 'top', ignore_errors=True)
	(directory / 'build').mkdir()
	shutil.copy(directory / 'crc64.ko.xz', directory / 'build')
	shutil.copy(directory / 'crc64.ko.xz', directory / 'notes.xz')
	(directory / 'link.ko.xz').symlink_to('crc64.ko.xz')
	(directory / 'hard.ko.xz').hardlink_to(directory / 'good.ko.xz')
	(tmp_path / 'x.tar').write_bytes(tar(root, 'lib'))
	(tmp_path / 'x.cpio').write_bytes(newc(root))
	for name in 'x.tar', 'x.cpio':
		found = first_causes(answers(check(tmp_path / name, 1)))
		# One of the two names of a file is the one with the content.
		assert [line.replace('hard.ko', 'good.ko') for line in found] == expected(f'{name}: ')


def test_names_in_a_package_do_no_harm(contents: Dict[str, bytes], tmp_path: Path) -> None:
	(tmp_path / 'good.ko.xz').write_bytes(contents['good.ko.xz'])
	names = ['../../outside.ko.xz', '/absolute.ko.xz', 'a\nb\033[31m.ko.xz', '$(touch x).ko.xz',
		 'ü.ko.xz', 'x' * 90 + '/' + 'y' * 200 + '.ko.xz']
	with tarfile.open(tmp_path / 'x.tar', 'w', format=tarfile.PAX_FORMAT) as archive:
		for name in names:
			archive.add(tmp_path / 'good.ko.xz', name)
	result = check(tmp_path / 'x.tar', 0)
	# tarfile has removed the "/".
	shown = [name.lstrip('/').replace('\n', '\\x0a').replace('\033', '\\x1b') for name in names]
	assert answers(result) == sorted(f'x.tar: {name}: loads' for name in shown)
	assert sorted(path.name for path in tmp_path.iterdir()) == ['good.ko.xz', 'x.tar']


def test_limits_of_packages(contents: Dict[str, bytes], tmp_path: Path) -> None:
	(tmp_path / 'large.ko').touch()
	with open(tmp_path / 'large.ko', 'r+b') as file:
		file.truncate((64 << 20) + 1)
	(tmp_path / 'good.ko.xz').write_bytes(contents['good.ko.xz'])
	data = tar(tmp_path, 'large.ko', 'good.ko.xz')
	(tmp_path / 'x.tar').write_bytes(data)
	assert answers(check(tmp_path / 'x.tar', 2)) == [
		'x.tar: good.ko.xz: loads', 'x.tar: large.ko: no answer: too-large']
	for _ in range(12):
		(tmp_path / 'y.tar').write_bytes(data)
		data = tar(tmp_path, 'y.tar')
	(tmp_path / 'y.tar').write_bytes(data)
	assert 'more than 8 layers of archives' in check(tmp_path / 'y.tar', 2).err
	with tarfile.open(tmp_path / 'z.tar', 'w', format=tarfile.PAX_FORMAT) as archive:
		archive.add(tmp_path / 'good.ko.xz', 'x' * 5000 + '.ko.xz')
	assert 'the name of a member is too long' in check(tmp_path / 'z.tar', 2).out


@pytest.mark.parametrize('begin, words', [
	(b'hsqs', 'run: unsquashfs'), (b'ADBd', 'an apk v3 package'), (b'PK\3\4', 'a zip archive'),
	(b'BZh91AY', 'a bzip2 file, which is not read here; decompress it first'),
	(b'070707' + b'0' * 70, 'another format than newc')])
def test_what_is_not_read_is_named(begin: bytes, words: str, tmp_path: Path) -> None:
	(tmp_path / 'package').write_bytes(begin.ljust(600, b'x'))
	result = check(tmp_path / 'package', 2)
	assert words in result.out
	assert answers(result) == ['package: no answer: package-unread']


def test_it_says_what_to_do_before_a_package_is_built(contents: Dict[str, bytes],
						       tmp_path: Path) -> None:
	for name, content, words in (
		('a.ko.xz', contents['good.ko.xz'] + b'rest', 'cut off what follows the stream'),
		('a.ko.zst', zstd(module()), 'recompress with zstd -19 FILE, not from a pipe')):
		(tmp_path / name).write_bytes(content)
		(tmp_path / 'x.tar').write_bytes(tar(tmp_path, name))
		assert f'to do, before the package is built: {words}\n' in check(tmp_path / 'x.tar', 1).out


def test_each_package_that_is_not_read_is_named(tmp_path: Path) -> None:
	for name, begin in ('a', b'PK\3\4'), ('b', b'hsqs'):
		(tmp_path / name).write_bytes(begin.ljust(600, b'x'))
	said = run(PROGRAM, '--kconfig=any', 'a', 'b', status=2, cwd=tmp_path).out
	assert 'a zip archive' in said and 'run: unsquashfs' in said


def test_a_package_without_a_module_is_only_mentioned(root: Path, tmp_path: Path) -> None:
	(tmp_path / 'empty.tar').write_bytes(bytes(10240))
	(tmp_path / 'notes').write_text('no module')
	(tmp_path / 'notes.tar').write_bytes(tar(tmp_path, 'notes'))
	(tmp_path / 'modules.tar').write_bytes(tar(root, f'{MODULES}/good.ko.xz'))
	result = run(PROGRAM, '--kconfig=any', 'notes.tar', status=2, cwd=tmp_path)
	assert result.err == 'module-decompress-check: notes.tar: no module in it\n'
	result = run(PROGRAM, '--kconfig=any', '--verbose', 'notes.tar', 'modules.tar', status=0,
		     cwd=tmp_path)
	assert result.has('^notes.tar: only mentioned: package-without-modules$')
	assert result.has('of 1 file, 1 would load')
	run(PROGRAM, '--kconfig=any', '--junit=junit', 'notes.tar', 'modules.tar', cwd=tmp_path)
	assert 'tests="2" failures="0" errors="0" skipped="1"' in (tmp_path / 'junit').read_text()


def test_other_files_are_judged_as_modules(contents: Dict[str, bytes], tmp_path: Path) -> None:
	(tmp_path / 'a-module').write_bytes(contents['good.ko.xz'])
	assert answers(check(tmp_path / 'a-module', 0)) == ['a-module: loads']
	# A name of a module, but a package in it
	(tmp_path / 'a.ko.xz').write_bytes(lzma.compress(tar(tmp_path, 'a-module'),
							 check=lzma.CHECK_CRC32))
	result = check(tmp_path / 'a.ko.xz', 1)
	assert first_causes(answers(result)) == ['a.ko.xz: does not load: holds-no-module']
	assert not result.has('^    run: ')


def test_a_booted_kernel_gets_the_modules_of_a_package(root: Path, contents: Dict[str, bytes],
						       tmp_path: Path) -> None:
	(tmp_path / 'x.tar').write_bytes(tar(root, f'{MODULES}/crc64.ko.xz',
					     f'{MODULES}/good.ko.xz'))
	(tmp_path / 'config').write_text('CONFIG_CC_VERSION_TEXT="gcc"\nCONFIG_MODULES=y\n')
	boot = script(tmp_path / 'boot', f'cp "$(dirname "$1")/0" {tmp_path}/first',
		      f'cp "$(dirname "$1")/1" {tmp_path}/second',
		      'echo "# Subtest: module_decompress_replay" >"$2"')
	run(PROGRAM, f'--boot={boot}', '--kconfig=config', 'x.tar', status=2, cwd=tmp_path,
	    env={'TMPDIR': str(tmp_path)})
	assert (tmp_path / 'first').read_bytes() == contents['crc64.ko.xz']
	assert (tmp_path / 'second').read_bytes() == contents['good.ko.xz']


def build_unpack_all(program: Path, *compiler: str) -> Path:
	"""Compiles the program that only unpacks."""
	return build_sanitized(program, TOP / 'tests/unpack_all.c', *(
		TOP / f'harness/verdict/{name}.c'
		for name in ('unpack', 'cpio', 'stream', 'file', 'format')), compiler=compiler)


@pytest.fixture(name='seeds')
def fixture_seeds(root: Path, tmp_path: Path) -> Path:
	"""A directory with a small package of each kind"""
	for path in root.rglob('*.ko.*'):
		path.write_bytes(path.read_bytes()[:600])
	(tmp_path / 'seeds').mkdir()
	for number, (kind, make_package) in enumerate(PACKAGES.items()):
		work = tmp_path / str(number)
		shutil.copytree(root, work / 'root')
		(tmp_path / 'seeds' / f'{number} {kind}').write_bytes(make_package(work / 'root'))
	return tmp_path / 'seeds'


def test_damaged_packages_do_no_harm(seeds: Path, tmp_path: Path) -> None:
	program = build_unpack_all(tmp_path / 'unpack_all', 'gcc')
	assert run(program, *seeds.iterdir()).out.endswith(' inputs read\n')


@pytest.mark.long
def test_a_fuzzer_finds_no_harm_in_packages(seeds: Path, tmp_path: Path) -> None:
	program = build_unpack_all(tmp_path / 'fuzzer', 'clang', '-DFUZZER', '-fsanitize=fuzzer')
	(tmp_path / 'corpus').mkdir()
	# To look for longer, run this line by hand with a larger number of seconds.
	run(program, '-max_total_time=60', '-max_len=16384', '-timeout=10', '-rss_limit_mb=1024',
	    tmp_path / 'corpus', seeds, cwd=tmp_path)
