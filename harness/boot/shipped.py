# SPDX-License-Identifier: GPL-2.0
"""The kernel that IMAGE= and MODULES= name."""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from harness.base import Trouble
from harness.boot import debian
from harness.boot.guest import Options
from harness.values import Given

# Debian's name of an architecture, and the kernel's
ARCHS = {'amd64': 'x86_64', 'arm64': 'arm64'}


@dataclass(frozen=True)
class Shipped:
	"""A kernel of a distribution, or of the user: its image, modules and configuration"""
	given: str
	arch: str
	"""The architecture as Debian calls it"""
	release: str
	name: str
	"""What is made of it is called by that"""
	image: Path
	modules: Path
	config: str
	"""The text of its .config, if that is found"""

	def does_not_decompress(self) -> NoReturn:
		"""Says so, and what the .config says."""
		says = 'a config was not found'
		if self.config:
			lines = re.findall(r'^(?:# )?CONFIG_MODULE_(?:COMPRESS_[A-Z]*=y|DECOMPRESS).*',
					   self.config, re.MULTILINE)
			says = f'its config says {",".join(lines)}'
			if 'CONFIG_MODULE_DECOMPRESS' not in self.config:
				says += ' and nothing of CONFIG_MODULE_DECOMPRESS'
		raise Trouble(f'IMAGE={self.given}: linux {self.release} does not decompress modules; '
			      + says)


def first_text(*paths: Path) -> str:
	"""Returns the content of the first file that is there."""
	for path in paths:
		if path.is_file():
			return path.read_text(encoding='utf-8')
	return ''


def of_package(given: str, modules_given: str, options: Options) -> Shipped:
	"""Returns a kernel of Debian's."""
	package, _, release = given.partition('/')
	arch = re.fullmatch('linux-image-[-a-z0-9.+~]*?(amd64|arm64)', package)
	if not arch:
		raise Trouble(f"IMAGE={given}: no such file, and no package's name, which begins with "
			      'linux-image- and ends with amd64 or arm64')
	if not re.fullmatch('[-a-z0-9]*', release):
		raise Trouble(f"IMAGE={given}: no release of Debian's is called {release}")
	if modules_given:
		raise Trouble(f'MODULES={modules_given}: those of the package IMAGE={given} are in it')
	release, root = debian.get_kernel(options.build, arch[1], given, options.may_install)
	modules, image = root / 'usr/lib/modules' / release, root / f'boot/vmlinuz-{release}'
	return Shipped(given, arch[1], release, release,
		       image if image.exists() else modules / 'vmlinuz', modules,
		       first_text(root / f'boot/config-{release}', modules / 'config'))


def arch_of(image: Path) -> str:
	"""
	Returns the architecture by the header. 64 bits are a flag of xloadflags in a bzImage; see
	Documentation/arch/x86/boot.rst and Documentation/arch/arm64/booting.rst.
	"""
	with image.open('rb') as file:
		header = file.read(1024)
	if header[514:518] == b'HdrS' and header[566] & 1:
		return 'amd64'
	return 'arm64' if header[56:60] == b'ARMd' else ''


def of_file(given: str, modules_given: str) -> Shipped:
	"""Returns a kernel of the user's."""
	image, modules = Path(given).absolute(), Path(modules_given).resolve()
	arch = arch_of(image)
	if not arch:
		raise Trouble(f'IMAGE={given}: neither a bzImage of 64 bits nor an Image of arm64')
	if not modules_given:
		raise Trouble(f'IMAGE={given}: where are its modules? MODULES=/lib/modules/RELEASE, say')
	if not modules.is_dir():
		raise Trouble(f'MODULES={modules_given}: no such directory')
	dep, release = modules / 'modules.dep', modules.name
	if not dep.exists() or not dep.stat().st_size:
		raise Trouble(f'MODULES={modules_given}: no modules.dep in it; depmod makes one')
	return Shipped(given, arch, release,
		       f'{release}-{zlib.crc32(f"{image} {modules}".encode())}', image, modules,
		       first_text(image.with_name(f'config-{release}'), modules / 'config',
				  modules / 'build/.config', Path(f'/boot/config-{release}')))


def find(given: Given, options: Options) -> Shipped:
	"""Returns the kernel that the command line names."""
	image, modules = given.get('IMAGE', ''), given.get('MODULES', '')
	if not image:
		raise Trouble(f'MODULES={modules}: of which IMAGE=?')
	for name in 'KERNEL', 'ARCH', 'CONFIG', 'FIXES', 'ALGORITHMS':
		if given.get(name):
			raise Trouble(f'{name}={given[name]}: not with IMAGE=, which is booted as it is')
	kernel = of_file(image, modules) if Path(image).is_file() else \
		of_package(image, modules, options)
	if kernel.config and '\nCONFIG_MODULE_DECOMPRESS=y\n' not in f'\n{kernel.config}':
		kernel.does_not_decompress()
	return kernel
