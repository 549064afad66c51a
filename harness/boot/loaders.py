# SPDX-License-Identifier: GPL-2.0
"""
The guest with the programs that load modules: which of them leave decompression to the kernel?
harness/data/loaders.tsv has what each does with each kind of file.
"""

import csv
import shutil
from pathlib import Path
from typing import Dict, Iterator, List

from harness import base, oracle
from harness.boot import debian
from harness.boot.guest import Guest, compress, files_in, list_files

TABLE = base.TOP / 'harness/data/loaders.tsv'

SUFFIXES = {algorithm: f'.{suffix}' for algorithm, suffix in oracle.SUFFIXES.items()}
# Another format
OTHER = {'gzip': 'xz', 'xz': 'zstd', 'zstd': 'xz'}

# Files that the kernel refuses although the format allows them: a gzip header with a comment, the
# check CRC64, and a skippable frame before the first frame
COMMENT, SKIPPABLE = b'comment\0', bytes.fromhex('502a4d1800000000')

# What the table calls the files: directory of the guest, and the packagers' name
KINDS = {
	'good': "of the kernel's format",
	'not-compressed': 'not compressed',
	'refused': "of the kernel's format, but the kernel refuses it",
	'of-another-format': 'of another format',
	'of-another-format-by-content': "of another format, with the kernel's suffix",
	'not-compressed-by-content': "not compressed, with the kernel's suffix",
	'without-suffix': "of the kernel's format, called .ko",
}


# The kmod that the other guests use
KMOD = 'kmod-34'


def get(build: Path, arch: str, may_install: bool) -> Dict[str, Path]:
	"""Returns the directories of the loaders, by name."""
	return {KMOD: debian.get_kmod(build, arch, may_install=may_install),
		'kmod-30': debian.get_kmod(build, arch, 'bookworm', may_install),
		'busybox': debian.get_package(build, 'busybox-static', arch, may_install=may_install)}


def refused(algorithm: str, module: Path, file: Path) -> None:
	"""Makes a file of a module that the kernel refuses, but not all programs do."""
	shutil.copyfile(module, file.with_suffix(''))
	if algorithm == 'xz':
		base.run(['xz', '--check=crc64', '-f', file.with_suffix('')]).check_returncode()
		return
	compress(algorithm, file.with_suffix(''))
	data = file.read_bytes()
	if algorithm == 'gzip':
		data = data[:3] + bytes([data[3] | 0x10]) + data[4:10] + COMMENT + data[10:]
	else:
		data = SKIPPABLE + data
	file.write_bytes(data)


def make_files(module: Path, algorithm: str, directory: Path) -> None:
	"""Makes a file of each kind."""
	suffix, other = SUFFIXES[algorithm], OTHER[algorithm]
	for kind in KINDS:
		(directory / kind).mkdir(parents=True, exist_ok=True)
	plain = {kind: directory / kind / module.name for kind in KINDS}
	for kind, how in (('good', algorithm), ('of-another-format', other),
			  ('of-another-format-by-content', other), ('without-suffix', algorithm)):
		shutil.copyfile(module, plain[kind])
		compress(how, plain[kind])
	refused(algorithm, module, Path(f'{plain["refused"]}{suffix}'))
	shutil.copyfile(module, plain['not-compressed'])
	shutil.copyfile(module, f'{plain["not-compressed-by-content"]}{suffix}')
	wrong = plain['of-another-format-by-content']
	Path(f'{wrong}{SUFFIXES[other]}').rename(f'{wrong}{suffix}')
	Path(f'{plain["without-suffix"]}{suffix}').rename(plain['without-suffix'])


def rows() -> Iterator[Dict[str, str]]:
	"""Yields the rows of the table."""
	with TABLE.open(encoding='utf-8', newline='') as table:
		yield from csv.DictReader((line for line in table if line[0] != '#'), delimiter='\t',
					  quoting=csv.QUOTE_NONE)


def expected(algorithm: str) -> str:
	"""Returns the lines that harness/guest/loaders.c looks for."""
	return ''.join('\t'.join([row['loader'], row['program'], row['file'], row['does']]) + '\n'
		       for row in rows() if algorithm in row['formats'].split())


def short(does: str) -> str:
	"""Returns a row's "does" as the page for packagers has it."""
	calls = [call.partition(') ') for call in does.split(', ')[:-1]]
	names = {'finit_module(compressed': 'K', 'finit_module(': 'P', 'init_module(': 'S'}
	return ', '.join(names[name] + f' {result}' * (result != 'success')
			 for name, _, result in calls) or '-'


def page_table() -> str:
	"""Returns the table for Documentation/modules.md."""
	lines = {'| file | format | kmod 30 | kmod 34 | BusyBox |': [''], '|---|---|---|---|---|': ['']}
	for kind, name in KINDS.items():
		for algorithm in SUFFIXES:
			does = {(row['loader'], row['program']): short(row['does']) for row in rows()
				if row['file'] == kind and algorithm in row['formats'].split()}
			cells = [does[loader, 'insmod'] + '; modprobe does not find it' *
				 (does[loader, 'modprobe'] == '-')
				 for loader in ('kmod-30', 'kmod-34', 'busybox')]
			lines.setdefault(f'| {name} | {{}} | {" | ".join(cells)} |', []).append(algorithm)
	return ''.join(line.format(', '.join(formats)) + '\n' for line, formats in lines.items())


def content(guest: Guest, modules: Path, algorithm: str,
	    programs: Dict[str, Path]) -> List[str]:
	"""Makes the guest's files, and returns the lines for gen_init_cpio."""
	files = guest.path / 'loaders'
	shutil.rmtree(files, ignore_errors=True)
	with guest.making('built: no files', lambda: 'still making files'):
		make_files(modules / 'test/plain/kernel/fs/binfmt_script.ko', algorithm, files)
	(guest.path / 'loads').write_text(expected(algorithm), encoding='utf-8')
	lines = ['dir /loaders 0755 0 0', f'file /expected {guest.path}/loads 0644 0 0']
	for name, directory in programs.items():
		root = f'/loaders/{name}'
		lines += [f'dir {root}{path} 0755 0 0' for path in ('', '/lib', '/sbin', '/proc', '/sys')]
		if name == 'busybox':
			lines += [f'file {root}/sbin/busybox {debian.program(directory, name)} 0755 0 0',
				  *(f'slink {root}/sbin/{program} busybox 0777 0 0'
				    for program in ('insmod', 'modprobe', 'depmod'))]
		else:
			lines += guest.list_kmod(directory, root)
	return [*lines, *list_files(files_in(files), files, '/files')]
