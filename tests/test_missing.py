# SPDX-License-Identifier: GPL-2.0
"""What the commands say and do if a tool or a package manager is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Sequence

import pytest

from harness.base import Trouble
from harness.boot import debian
from stand_ins import Bench
from support import TOP, Result, run, says_why, script

pytestmark = pytest.mark.commands

# The tools that a shell and Python need; none of them builds a kernel
BASIC = '''awk cat cksum cut date dirname env expr find flock grep head ls mkdir mktemp nproc paste
	printf rm sed sh sleep stat tr'''.split()


def machine(path: Path, installers: Sequence[str], user: int) -> Path:
	"""Makes the programs of a minimal machine, on which `id` names this user. Returns their
	directory."""
	path.mkdir()
	for tool in BASIC:
		(path / tool).symlink_to(str(shutil.which(tool)))
	(path / 'python3').symlink_to(sys.executable)
	for tool in installers:
		script(path / tool, f'echo "{tool} $*" >>"{path}.installed"', 'exit 1')
	script(path / 'id', f'echo {user}')
	return path


def run_on(tools: Path, *variables: str, command: str = 'run') -> Result:
	"""Runs `make COMMAND` with these programs, and no others."""
	return run('/usr/bin/env', f'PATH={tools}', str(shutil.which('make')),
		   '--no-print-directory', command, *variables, status=None)


@pytest.mark.parametrize('installer, user, variable, words', [
	('apt-get', 1000, 'INSTALL=yes', 'run as root: apt-get install make gcc'),
	('apt-get', 0, 'INSTALL=no', 'run as root: apt-get install make gcc'),
	('dnf', 0, 'INSTALL=yes', 'install them (in Debian, the packages make gcc')])
def test_names_a_missing_tool(tmp_path: Path, installer: str, user: int, variable: str,
			      words: str) -> None:
	tools = machine(tmp_path / 'bin', [installer], user)
	says_why(run_on(tools, variable, f'BUILD={tmp_path}/build'), words)
	assert not (tmp_path / 'bin.installed').exists()


def test_root_installs_a_missing_tool_and_says_so_before(tmp_path: Path) -> None:
	tools = machine(tmp_path / 'bin', ['apt-get'], 0)
	result = run_on(tools, f'BUILD={tmp_path}/build')
	assert result.status == 2
	first = result.err.splitlines()[0]
	assert first.startswith('Installing make gcc ') and 'INSTALL=no prevents this' in first
	assert 'apt-get' in (tmp_path / 'bin.installed').read_text()


def test_says_what_to_do_without_apt_get(bench: Bench) -> None:
	# The tools that build a kernel are there; the tools that download one from Debian are not.
	for directory in '/usr/sbin', '/usr/bin':
		for tool in Path(directory).iterdir():
			if not tool.name.startswith('apt') and not (bench.bin / tool.name).exists():
				(bench.bin / tool.name).symlink_to(tool)
	says_why(run_on(bench.bin, 'KERNEL=6.1', f'BUILD={bench.build}'), 'KERNEL=DIRECTORY')
	# make mutants takes no KERNEL=.
	says_why(run_on(bench.bin, f'BUILD={bench.build}', command='mutants'),
		 'no apt-get here; if the command takes KERNEL=, give the path')


def test_says_what_to_do_without_an_archive(bench: Bench) -> None:
	bench.archive('6.0')
	# apt-get has an archive of Debian's, but no network.
	script(bench.bin / 'apt-get', 'case $* in *indextargets*) echo file:/nowhere; exit ;; esac',
	       'exit 100')
	assert 'is there a network? Or if the command takes KERNEL=, give the path of a kernel tree' in \
		bench.run(status=2, KERNEL='6.1').err
	script(bench.bin / 'apt-cache', 'exit 100')
	assert 'is there a network?' in bench.run(status=2, KERNEL='newest').err
	# apt-get has no archive of Debian's.
	script(bench.bin / 'apt-get', 'exit 100')
	error = bench.run(status=2, KERNEL='6.1').err
	assert '/etc/apt has no archive of Debian' in error
	assert 'debian-archive-keyring is missing; if the command takes KERNEL=' in error


def test_kernels_and_kmod_of_Debian_need_its_archive(tmp_path: Path,
						     monkeypatch: pytest.MonkeyPatch) -> None:
	tools = machine(tmp_path / 'bin', [], 1000)
	script(tools / 'mmdebstrap', 'exit 1')
	monkeypatch.setenv('PATH', str(tools))
	with pytest.raises(Trouble, match='kmod comes from Debian, but there is no apt-get here'):
		debian.get_kmod(tmp_path / 'one', 'i386')
	# apt-get has an archive of Debian's, but no network.
	script(tools / 'apt-get', 'case $* in *indextargets*) echo file:/nowhere; exit ;; esac',
	       'exit 100')
	with pytest.raises(Trouble, match="run it where Debian's archive can be reached"):
		debian.get_kmod(tmp_path / 'other', 'i386')
	with pytest.raises(Trouble, match='could not get the package lists; .* IMAGE=FILE'):
		debian.get_kernel(tmp_path / 'build', 'amd64', 'linux-image-amd64/trixie')


def test_bots_names_a_missing_tool_once(bench: Bench, tmp_path: Path) -> None:
	tools = machine(tmp_path / 'tools', [], 1000)
	# 0day would first miss LLVM, if no other test has installed it.
	says_why(run_on(tools, f'KERNEL={bench.kernel}', f'BUILD={tmp_path}/build',
			'BOTS=module,kernelci', command='bots'), 'missing: make gcc')


def test_what_gets_packages_has_none_of_the_locks(tmp_path: Path,
						  monkeypatch: pytest.MonkeyPatch) -> None:
	# mmdebstrap makes a shell write to another descriptor, and dash cannot use one with two
	# digits. So the descriptors with one digit must be free.
	tools = script(tmp_path / 'bin' / 'mmdebstrap',
		       f'ls /proc/self/fd >"{tmp_path}/open"', 'exit 1').parent
	monkeypatch.setenv('PATH', f'{tools}:{os.environ["PATH"]}')
	with pytest.raises(Trouble):
		debian.get_kmod(tmp_path / 'build', 'i386')
	descriptors = [int(number) for number in (tmp_path / 'open').read_text().split()]
	assert set(descriptors) <= {0, 1, 2, 3}


@pytest.mark.parametrize('installers, user, variable, words', [
	(['apt-get'], 1000, 'INSTALL=yes', 'missing: python3; run as root: apt-get install python3'),
	(['apt-get'], 0, 'INSTALL=no', 'missing: python3; run as root: apt-get install python3'),
	([], 0, 'INSTALL=yes', 'missing: python3; install it (in Debian, the package python3)')],
	ids=['not root', 'not wanted', 'not Debian'])
def test_names_python3_where_there_is_none(tmp_path: Path, installers: Sequence[str], user: int,
					   variable: str, words: str) -> None:
	tools = machine(tmp_path / 'bin', installers, user)
	(tools / 'python3').unlink()
	says_why(run_on(tools, variable), words)
	assert not (tmp_path / 'bin.installed').exists()


def test_root_installs_python3_where_there_is_none(tmp_path: Path) -> None:
	tools = machine(tmp_path / 'bin', [], 0)
	(tools / 'python3').rename(tmp_path / 'python3')
	script(tools / 'apt-get', 'case $* in',
	       f'*install*) mv "{tmp_path}/python3" "{tools}" ;;', 'esac')
	(tools / 'mv').symlink_to(str(shutil.which('mv')))
	result = run_on(tools, 'KERNEL=none', 'INSTALL=yes', f'BUILD={tmp_path}/build')
	assert result.status == 2
	assert result.err.startswith(
		'Installing python3, for ./suite (INSTALL=no prevents this) ...\n')
	assert (tools / 'python3').exists() and 'missing: make gcc' in result.err


def test_one_installation_waits_for_another(tmp_path: Path) -> None:
	"""Commands run side by side, as in make test, and apt-get fails where another runs."""
	script(tmp_path / 'id', 'echo 0')
	script(tmp_path / 'apt-get', f'mkdir {tmp_path}/busy || exit 100', 'sleep 0.5',
	       f'rmdir {tmp_path}/busy')
	program = "from harness import packages; packages.install('it', ['it'], True)"
	environment = {**os.environ, 'PATH': f'{tmp_path}:{os.environ["PATH"]}'}
	both = [subprocess.Popen(['python3', '-B', '-c', program], cwd=TOP, env=environment)
		for _ in range(2)]
	assert [one.wait() for one in both] == [0, 0]
