# SPDX-License-Identifier: GPL-2.0
"""
Downloads packages of other Debian releases. apt keeps its state for this in build/apt/, so the
system's own package lists and packages stay as they are.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Sequence

from harness import base


def user() -> str:
	"""Returns the name of the user who runs this. In a container the user may have none."""
	try:
		return pwd.getpwuid(os.geteuid()).pw_name
	except KeyError:
		return 'root'


# Have apt download as the user who runs it: its own user may not write to build/.
SANDBOX_USER = f'APT::Sandbox::User={user()}'
KEYRING = Path('/usr/share/keyrings/debian-archive-keyring.gpg')


def codename() -> str:
	"""Returns the codename of the system's release, or an empty string if it has none."""
	name = ''
	for line in Path('/etc/os-release').read_text(encoding='utf-8').splitlines():
		if line.startswith('VERSION_CODENAME='):
			name = line.partition('=')[2]
	return name


def no_archive() -> str:
	"""Returns the words for an error if source_of() returns an empty string."""
	name = codename()
	release = f"Debian's release {name}" if name else 'Debian'
	return f'/etc/apt has no archive of {release}, or {KEYRING.stem} is missing'


def source_of(release: str, option: str) -> str:
	"""
	Returns a line of sources.list for @release, in the archive that the system uses. Returns an
	empty string if that is no Debian archive.
	"""
	uris = base.output(['apt-get', 'indextargets', '--format', '$(REPO_URI)',
			    'Created-By: Packages', f'Codename: {codename()}']).split()
	if not uris or not KEYRING.exists():
		return ''
	return f'deb [{option} signed-by={KEYRING}] {uris[0]} {release} main'


class PrivateApt:
	"""An apt with its state in a separate directory."""

	def __init__(self, directory: Path, arch: str) -> None:
		self.directory = directory
		self.arch = arch

	def set_sources(self, *releases: str) -> bool:
		"""Sets the releases. Returns False if the system uses no Debian archive."""
		for name in ('state/lists/partial', 'cache/archives/partial'):
			(self.directory / name).mkdir(parents=True, exist_ok=True)
		(self.directory / 'state/status').touch()
		lines = [source_of(release, f'arch={self.arch}') for release in releases]
		(self.directory / 'sources.list').write_text(
			''.join(f'{line}\n' for line in lines), encoding='utf-8')
		return all(lines)

	def command(self, *words: str) -> Sequence[str]:
		"""Returns an apt command with the options for this directory."""
		state = self.directory / 'state'
		options = {
			'Dir::Etc::SourceList': self.directory / 'sources.list',
			'Dir::Etc::SourceParts': '/dev/null',
			'Dir::State': state,
			'Dir::State::status': state / 'status',
			'Dir::Cache': self.directory / 'cache',
			'APT::Architecture': self.arch,
			'APT::Architectures': self.arch,
		}
		return [words[0], '-o', SANDBOX_USER,
			*(word for name, value in options.items()
			  for word in ('-o', f'{name}={value}')), *words[1:]]

	def succeeds(self, *words: str, cwd: Path = base.TOP) -> bool:
		"""Runs an apt command; its output goes to stderr."""
		return subprocess.run(self.command(*words), cwd=cwd, stdin=subprocess.DEVNULL,
				      stdout=2, env=base.environment(), check=False).returncode == 0


def extract(directory: Path, release: str, arch: str, packages: Sequence[str]) -> bool:
	"""
	Extracts packages of a release and their dependencies to a directory. Accepts an expired
	index, because Debian sometimes renews that of testing late.
	"""
	shutil.rmtree(directory, ignore_errors=True)
	return subprocess.run(
		['mmdebstrap', '--quiet', '--variant=extract', '--mode=chrootless',
		 f'--architectures={arch}', f'--include={",".join(packages)}', '--format=directory',
		 '--aptopt=APT::Install-Recommends "false"',
		 '--aptopt=Acquire::Check-Valid-Until "false"',
		 release, str(directory), source_of(release, f'arch={arch}')],
		stdin=subprocess.DEVNULL, stdout=2, env=base.environment(), close_fds=True,
		check=False).returncode == 0
