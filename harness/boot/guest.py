# SPDX-License-Identifier: GPL-2.0
"""The guests that load modules: makes their files and boots them."""

import contextlib
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from harness import base, results
from harness.boot import debian, signature
from harness.build import Build, running
from harness.tree import KUNIT

# The commands of scripts/Makefile.modinst
COMPRESS = {
	'gzip': ['gzip', '-n', '-f'],
	'xz': ['xz', '--check=crc32', '--lzma2=dict=1MiB', '-f'],
	'zstd': ['zstd', '--rm', '-f', '-q'],
}

LOADERS = {
	'i386': '/lib/ld-linux.so.2',
	'x86_64': '/lib64/ld-linux-x86-64.so.2',
	'arm64': '/lib/ld-linux-aarch64.so.1',
}


# What kmod needs of them, and the dynamic loader. Only kmod before 34 links liblzma.
LIBRARIES = ('ld-linux*.so.*', 'libc.so.6', 'libcrypto.so.3', 'liblzma.so.5', 'libz.so.1',
	     'libzstd.so.1')


@dataclass(frozen=True)
class Options:
	"""The options that apply with and without IMAGE=."""
	build: Path
	rounds: int
	jobs: int
	may_install: bool
	json: Optional[Path]
	junit: Optional[Path]


def compress(algorithm: str, file: Path) -> None:
	"""Compresses a file in place."""
	base.run([*COMPRESS[algorithm], file]).check_returncode()


def make_formats(module: Path, directory: Path) -> None:
	"""Makes the same module in each format."""
	for algorithm in COMPRESS:
		shutil.copyfile(module, directory / 'format.ko')
		compress(algorithm, directory / 'format.ko')


def make_bad(module: Path, algorithm: str, directory: Path) -> None:
	"""Makes compressed files that no kernel may load; signature.bad() lists them."""
	for name, content in signature.bad(module.read_bytes()).items():
		(directory / name).write_bytes(content)
		compress(algorithm, directory / name)


def files_in(directory: Path) -> List[str]:
	"""Returns the names of all files in a directory and below."""
	return sorted(str(path.relative_to(directory)) for path in directory.rglob('*')
		      if path.is_file())


def list_files(names: Iterable[str], directory: Path, at: str) -> List[str]:
	"""Returns the lines that put files of a directory into the guest's directory @at."""
	lines: Dict[str, None] = {}
	for name in names:
		path = PurePosixPath(at, name)
		lines.update((f'dir {parent} 0755 0 0', None) for parent in reversed(path.parents[:-1]))
		lines[f'file {path} {directory / name} 0644 0 0'] = None
	return list(lines)


@dataclass
class Guest:
	"""A guest, whose kernel and init are in a build directory, and the results of its boots."""
	made: Build
	kmod: Path
	"""The directory of Debian's kmod"""
	gen_init_cpio: Path
	runs: List[str] = field(default_factory=list)
	"""The names of the boots; the results of each are in NAME.ktap and NAME.json"""

	@property
	def path(self) -> Path:
		"""The directory for the guest's files"""
		return self.made.directory / 'guest'

	@contextlib.contextmanager
	def making(self, how: str, still: Callable[[], str]) -> Iterator[None]:
		"""Prints @still as progress during the block. If a program fails, ends by failed(@how)."""
		try:
			with base.patience(still):
				yield
		except subprocess.CalledProcessError:
			self.made.failed(how)

	def list_kmod(self, kmod: Path, root: str = '') -> List[str]:
		"""Returns the lines for kmod and its libraries in the directory @root of the guest."""
		loader = LOADERS[self.made.machine.name]
		libraries = {path.name: path for name in LIBRARIES
			     for path in kmod.glob(f'**/lib/*-linux-gnu*/{name}')}
		return [f'dir {root}{PurePosixPath(loader).parent} 0755 0 0', f'dir {root}/sbin 0755 0 0',
			f'file {root}/sbin/kmod {debian.program(kmod, "kmod")} 0755 0 0',
			*(f'slink {root}/sbin/{name} kmod 0777 0 0'
			  for name in ('insmod', 'rmmod', 'modprobe', 'depmod')),
			*(f'file {root}{loader if path.name.startswith("ld-") else f"/lib/{name}"} {path} '
			  '0755 0 0' for name, path in libraries.items())]

	def initramfs(self, name: str, lines: Iterable[str]) -> Path:
		"""Makes an initramfs of the init and the files in @lines, which are for gen_init_cpio."""
		listed, cpio = self.path / f'{name}.list', self.path / f'{name}.cpio'
		listed.write_text('\n'.join([
			'dir /dev 0755 0 0', 'nod /dev/console 0600 0 0 c 5 1', 'nod /dev/kmsg 0600 0 0 c 1 11',
			f'file /init {self.made.directory}/guest-init 0755 0 0', 'dir /lib 0755 0 0', *lines,
			'']), encoding='utf-8')
		with cpio.open('wb') as out, self.made.log.open('a', encoding='utf-8') as log:
			if subprocess.run([self.gen_init_cpio, listed], stdout=out, stderr=log,
					  check=False).returncode:
				self.made.failed('built: no initramfs')
		return cpio

	def boot(self, initramfs: Path, arguments: str, *, megabytes: int = 4096, timeout: int = 300,
		 still: Callable[[], str] = running) -> int:
		"""Boots with @arguments for the kernel and the init. Returns what Build.boot() returns."""
		return self.made.boot(
			f'--timeout={timeout}',
			f'--kernel_args=panic=-1 loglevel=1 log_buf_len=4M {arguments}',
			qemu_args=[f'-m {megabytes} -initrd {initramfs}'], still=still)

	def judge(self, name: str, verdict: int) -> Tuple[List[str], str]:
		"""
		Keeps the log of the last boot as @name. Returns the causes of its failures, and the
		numbers.
		"""
		found = self.made.judge(verdict)
		shutil.copyfile(self.made.directory / 'test.log', self.made.directory / f'{name}.ktap')
		shutil.copyfile(self.made.directory / 'kunit.json', self.made.directory / f'{name}.json')
		self.runs.append(name)
		return results.counted(found)

	def write(self, options: Options) -> None:
		"""Writes the results of all boots."""
		if options.json:
			with base.writing('JSON', options.json):
				results.join(str(options.json), {
					name: f'{self.made.directory}/{name}.json' for name in self.runs})
		if options.junit:
			with base.writing('JUNIT', options.junit):
				results.write_junit(str(self.made.tree.path / KUNIT), str(options.junit), {
					name: f'{self.made.directory}/{name}.ktap' for name in self.runs})
