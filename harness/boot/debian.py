# SPDX-License-Identifier: GPL-2.0
"""Downloads kmod and other packages, and kernels as Debian ships them. Does not install them."""

import re
import shutil
import time
from pathlib import Path
from typing import List, Sequence, Tuple

from harness import base, locks, packages
from harness.apt import PrivateApt, extract, no_archive, source_of
from harness.base import Trouble, patience, say
from harness.kernel import DAY, unpacking

# kmod leaves decompression to the kernel from version 31 on, so bookworm's kmod is too old. An
# archive may have no valid index for a day while it is updated, so there is a second release.
RECENT_RELEASES = ('trixie', 'forky')
# The newest release first
KERNEL_RELEASES = ('trixie-backports', 'trixie', 'bookworm-backports', 'bookworm')

GIVE_A_FILE = 'give a file: IMAGE=FILE MODULES=DIRECTORY'


def get_package(build: Path, name: str, arch: str, release: str = '', *, more: Sequence[str] = (),
		may_install: bool = True) -> Path:
	"""
	Returns a directory with a package and all that it needs, and with the packages @more, of
	@release or of a recent one. @arch is Debian's name of the architecture.
	"""
	directory = build / '-'.join(filter(None, ('+'.join([name, *more]), release, arch)))
	releases = (release,) if release else RECENT_RELEASES
	lock = locks.take(Path(f'{directory}.lock'), f'another download of {name}')
	if not directory.is_dir():
		if not packages.is_there('apt-get'):
			raise Trouble(f'{name} comes from Debian, but there is no apt-get here; run it on '
				      'Debian')
		packages.need(['mmdebstrap'], may_install)
		say(f'Downloading {name} for {arch} ...')
		tmp = Path(f'{directory}.tmp')
		with patience():
			if not any(extract(tmp, one, arch, [name, *more]) for one in releases):
				cause = '' if source_of(releases[0], '') else f'{no_archive()}; '
				raise Trouble(f'mmdebstrap cannot download {name} for {arch} from '
					      f'{" or ".join(releases)}; {cause}run it where '
					      "Debian's archive can be reached")
		tmp.rename(directory)
	lock.release()
	return directory


def program(directory: Path, name: str) -> Path:
	"""Returns a program of a package. /bin is a part of /usr/bin since Debian 13."""
	return next(path for path in (directory / 'usr/bin' / name, directory / 'bin' / name)
		    if path.exists())


def get_kmod(build: Path, arch: str, release: str = '', may_install: bool = True) -> Path:
	"""Returns a directory with kmod; see get_package(). kmod 34 links no library for xz."""
	return get_package(build, 'kmod', arch, release, more=['liblzma5'], may_install=may_install)


def get_kernel(build: Path, arch: str, package: str, may_install: bool = True) -> Tuple[str, Path]:
	"""
	Returns the release of a kernel, as uname prints it, and the directory with its files.
	@package is PACKAGE/RELEASE, as for apt, or PACKAGE for the newest one.
	"""
	what = f'IMAGE={package}'
	if not packages.is_there('apt-get'):
		raise Trouble(f'{what} comes from Debian, but there is no apt-get here; {GIVE_A_FILE}')
	packages.need(['/sbin/depmod'], may_install)
	apt = PrivateApt(build / f'apt/kernels-{arch}', arch)
	lock = locks.take(Path(f'{apt.directory}.lock'), 'another download of a kernel')
	if not apt.set_sources(*KERNEL_RELEASES):
		raise Trouble(f'{what}: {no_archive()}; {GIVE_A_FILE}')
	look(apt)
	parts = parts_of(apt, package)
	release = next((part[12:].partition('=')[0] for part in parts
			if part.startswith('linux-image-')), '')
	if not release and not any((apt.directory / 'state/lists').glob('*_Packages*')):
		raise Trouble(f'{what}: apt-get could not get the package lists; is there a network? '
			      f'Or {GIVE_A_FILE}')
	if not release:
		raise Trouble(f'{what}: no such file, and no such package in {" ".join(KERNEL_RELEASES)}; '
			      f'give a package such as linux-image-{arch}/trixie')
	directory = build / 'image' / release
	if not directory.is_dir():
		say(f'Downloading {" ".join(parts)} ...')
		with unpacking(directory) as tree:
			if not unpack(apt, parts, release, tree):
				raise Trouble(f'{what}: cannot download it, see above; is there a network?')
	lock.release()
	return release, directory


def look(apt: PrivateApt) -> None:
	"""Updates the package lists once a day. Without a network, the last ones are used."""
	asked = apt.directory / 'asked'
	if asked.exists() and time.time() - asked.stat().st_mtime < DAY:
		return
	say(f'Looking for kernels in {" ".join(KERNEL_RELEASES)} ...')
	with patience():
		if apt.succeeds('apt-get', '-qq', 'update'):
			asked.touch()


def parts_of(apt: PrivateApt, package: str) -> List[str]:
	"""
	Returns the packages to download. Since 7.3 the kernel, its modules and its config are separate
	packages.
	"""
	names = [package] if '/' in package else [f'{package}/{release}' for release in KERNEL_RELEASES]
	for name in names:
		found = re.findall(
			r'^Inst (linux-(?:image|binary|modules|base)-[0-9][^ :]*)[^ ]* \(([^ ]*) ',
			base.output(apt.command('apt-get', '-qq', '-s', '--no-install-recommends',
						'install', name)), re.MULTILINE)
		if found:
			return ['='.join(part) for part in found]
	return []


def unpack(apt: PrivateApt, parts: List[str], release: str, tree: Path) -> bool:
	"""Downloads packages, unpacks them, and makes modules.dep, as the package's postinst does."""
	if not apt.succeeds('apt-get', '-qq', 'download', *parts, cwd=tree.parent):
		return False
	if any(base.run(['dpkg-deb', '-x', deb, tree]).returncode for deb in tree.parent.glob('*.deb')):
		return False
	if not (tree / 'usr/lib/modules').is_dir():
		(tree / 'usr').mkdir(exist_ok=True)
		shutil.move(tree / 'lib', tree / 'usr/lib')
	return base.run(['/sbin/depmod', '-b', tree / 'usr', release]).returncode == 0
