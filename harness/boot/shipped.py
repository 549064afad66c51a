# SPDX-License-Identifier: GPL-2.0
"""Finds the kernel that IMAGE= and MODULES= name."""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from harness import base
from harness.base import Trouble
from harness.boot import debian
from harness.boot.guest import Options
from harness.values import Given

# Debian's name of an architecture, and the kernel's
ARCHS = {'amd64': 'x86_64', 'arm64': 'arm64'}


@dataclass(frozen=True)
class Shipped:
	"""A kernel of a distribution, or of the user: its image, modules and configuration."""
	given: str
	"""The value of IMAGE="""
	arch: str
	"""Debian's name of the architecture"""
	release: str
	name: str
	"""The name of its build directory"""
	image: Path
	modules: Path
	config: str
	"""The text of its .config, or an empty string if there is no such file"""

	def does_not_decompress(self) -> NoReturn:
		"""Ends, as the kernel does not decompress modules, and quotes its .config."""
		says = 'its config was not found'
		if self.config:
			lines = re.findall(r'^(?:# )?CONFIG_MODULE_(?:COMPRESS_[A-Z]*=y|DECOMPRESS).*',
					   self.config, re.MULTILINE)
			says = f'its config says {",".join(lines)}' if lines else ''
			if 'CONFIG_MODULE_DECOMPRESS' not in self.config:
				says += f'{" and" if says else "its config"} does not mention ' \
					'CONFIG_MODULE_DECOMPRESS'
		raise Trouble(f'IMAGE={self.given}: linux {self.release} does not decompress modules; '
			      + says)


def first_text(*paths: Path) -> str:
	"""Returns the content of the first file that exists, or an empty string."""
	for path in paths:
		if path.is_file():
			return base.text(path)
	return ''


def of_package(given: str, modules_given: str, options: Options) -> Shipped:
	"""Returns the kernel of a Debian package."""
	package, _, release = given.partition('/')
	arch = re.fullmatch('linux-image-[-a-z0-9.+~]*?(amd64|arm64)', package)
	if not arch and Path(given).exists():
		raise Trouble(f'IMAGE={given}: not a regular file')
	if not arch:
		raise Trouble(f"IMAGE={given}: no such file, and not the name of a package, which begins "
			      'with linux-image- and ends with amd64 or arm64')
	if not re.fullmatch('[-a-z0-9]*', release):
		raise Trouble(f'IMAGE={given}: give the release in lower case, such as trixie')
	if modules_given:
		raise Trouble(f'MODULES={modules_given}: leave it out; the package IMAGE={given} contains '
			      'its modules')
	release, root = debian.get_kernel(options.build, arch[1], given, options.may_install)
	modules, image = root / 'usr/lib/modules' / release, root / f'boot/vmlinuz-{release}'
	return Shipped(given, arch[1], release, release,
		       image if image.exists() else modules / 'vmlinuz', modules,
		       first_text(root / f'boot/config-{release}', modules / 'config'))


def arch_of(image: Path) -> str:
	"""
	Returns the architecture of an image, from its header. In a bzImage, a flag of xloadflags says
	that it has 64 bits; see Documentation/arch/x86/boot.rst and
	Documentation/arch/arm64/booting.rst.
	"""
	with image.open('rb') as file:
		header = file.read(1024)
	if header[514:518] == b'HdrS' and header[566] & 1:
		return 'amd64'
	return 'arm64' if header[56:60] == b'ARMd' else ''


def of_file(given: str, modules_given: str) -> Shipped:
	"""Returns the kernel of the user's files."""
	image, modules = Path(given).absolute(), Path(modules_given).resolve()
	arch = arch_of(image)
	if not arch:
		raise Trouble(f'IMAGE={given}: must be a 64-bit bzImage, or an Image for arm64')
	if not modules_given:
		raise Trouble(f'IMAGE={given}: needs MODULES=DIRECTORY, such as /lib/modules/RELEASE')
	if not modules.is_dir():
		raise Trouble(f'MODULES={modules_given}: no such directory')
	dep, release = modules / 'modules.dep', modules.name
	if not dep.exists() or not dep.stat().st_size:
		raise Trouble(f'MODULES={modules_given}: no modules.dep there; run depmod to make one')
	return Shipped(given, arch, release,
		       f'{release}-{zlib.crc32(f"{image} {modules}".encode())}', image, modules,
		       first_text(image.with_name(f'config-{release}'), modules / 'config',
				  modules / 'build/.config', Path(f'/boot/config-{release}')))


def find(given: Given, options: Options) -> Shipped:
	"""Returns the kernel that the command line names."""
	image, modules = given.get('IMAGE', ''), given.get('MODULES', '')
	if not image:
		raise Trouble(f'MODULES={modules}: needs IMAGE=FILE')
	for name in 'KERNEL', 'ARCH', 'CONFIG', 'FIXES', 'ALGORITHMS':
		if given.get(name):
			raise Trouble(f'{name}={given[name]}: does not go with IMAGE=, which boots a '
				      'kernel as it is')
	kernel = of_file(image, modules) if Path(image).is_file() else \
		of_package(image, modules, options)
	if kernel.config and '\nCONFIG_MODULE_DECOMPRESS=y\n' not in f'\n{kernel.config}':
		kernel.does_not_decompress()
	return kernel
