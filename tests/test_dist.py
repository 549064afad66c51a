# SPDX-License-Identifier: GPL-2.0
"""
`make install-check` installs the checker, and `make dist-check` makes an archive from which it builds
without network and kernel tree, in an empty Debian, also as a Debian package.
"""

from pathlib import Path

import pytest

from kept import FOR_FILES
from support import BUILD, make, refused, run

pytestmark = [pytest.mark.check, pytest.mark.depends(*FOR_FILES, 'packaging')]

LIBRARIES = 'libarchive-dev,liblzma-dev,libzstd-dev,zlib1g-dev'


def test_the_checker_is_installed(tmp_path: Path) -> None:
	result = make('install-check', DESTDIR=tmp_path / 'root', PREFIX='/usr')
	names = ['bin/module-decompress-check', 'share/man/man1/module-decompress-check.1',
		 'share/bash-completion/completions/module-decompress-check']
	installed = [tmp_path / 'root/usr' / name for name in names]
	assert result.out.splitlines() == [str(path) for path in installed]
	assert sorted(path for path in tmp_path.rglob('*') if path.is_file()) == sorted(installed)
	assert [oct(path.stat().st_mode & 0o777) for path in installed] == ['0o755', '0o644', '0o644']
	assert run(installed[0], '--version').has('linux 6.12')
	refused('PREFIX=usr: must begin with /', 'install-check', PREFIX='usr')
	(tmp_path / 'file').touch()
	refused(f'cannot write to {tmp_path}/file/usr/local/bin/module-decompress-check',
		'install-check', DESTDIR=tmp_path / 'file', INSTALL='no')


@pytest.mark.parametrize('typed, completed', [
	('--ro', '--root='), ('--dr', '--dry-run'), ('--kmod = 34+', '34+ZLIB'),
	('--kconfig = a', 'any'), ('m', 'm.ko.xz')])
def test_bash_completes(typed: str, completed: str, tmp_path: Path) -> None:
	make('install-check', DESTDIR=tmp_path / 'root', PREFIX='/usr')
	(tmp_path / 'm.ko.xz').touch()
	script = '''source "$1"
		read -ra typed <<<"module-decompress-check $2"
		COMP_WORDS=("${typed[@]}") COMP_CWORD=$((${#typed[@]} - 1))
		compopt() { :; }
		_module_decompress_check
		printf "%s\\n" "${COMPREPLY[@]}"'''
	usr = tmp_path / 'root/usr'
	result = run('bash', '-c', script, '-',
		     usr / 'share/bash-completion/completions/module-decompress-check', typed,
		     path=usr / 'bin', cwd=tmp_path)
	assert result.out.split() == [completed]


class Root:
	"""A Debian with only these packages and what every build has"""

	def __init__(self, path: Path, packages: str, archive: Path) -> None:
		self.path = path
		run('mmdebstrap', '--variant=buildd', f'--include={packages}', 'bookworm', path)
		run('tar', '-C', path / 'usr/src', '-xf', archive)
		self.source = f'/usr/src/{archive.name.removesuffix(".tar.xz")}'

	def run(self, *words: str) -> str:
		"""Runs a line of a shell in the source, without network."""
		return run('unshare', '--net', 'chroot', self.path, 'sh', '-ec',
			   f'cd {self.source}; {" ".join(words)}').out


@pytest.mark.long
def test_it_builds_in_an_empty_Debian(tmp_path: Path) -> None:
	root = Root(tmp_path / 'root', LIBRARIES, Path(make('dist-check').out.splitlines()[-1]))
	assert ' answers as expected\n' in root.run('make; make check; make install')
	assert 'linux 6.12' in root.run('module-decompress-check --version')
	root.run('make clean; make STATIC=yes; make check')


@pytest.mark.long
def test_it_is_a_Debian_package(tmp_path: Path) -> None:
	root = Root(tmp_path / 'root', f'{LIBRARIES},debhelper,lintian',
		    Path(make('dist-check').out.splitlines()[-1]))
	root.run('dpkg-buildpackage -us -uc')
	root.run('dpkg -i ../module-decompress-check_*+6.12.*_amd64.deb')
	# Its autopkgtest
	assert ' answers as expected\n' in root.run('debian/tests/answers')
	root.run('lintian --fail-on error --allow-root ../*.changes')


def test_the_archive_has_no_more_of_the_kernel_than_it_needs() -> None:
	archive = Path(make('dist-check').out.splitlines()[-1])
	assert archive.parent == BUILD / 'dist'
	names = run('tar', '-tf', archive).out.splitlines()
	kernel = [name for name in names if '/linux/' in name and not name.endswith('/')]
	assert 60 < len(kernel) < 150
	assert any(name.endswith('/linux/kernel/module/decompress.c') for name in kernel)
	first = archive.read_bytes()
	make('dist-check')
	assert archive.read_bytes() == first, 'the archive depends on when it was made'
