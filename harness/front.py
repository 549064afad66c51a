# SPDX-License-Identifier: GPL-2.0
"""The commands, what each takes, and what their help says."""

from dataclasses import dataclass
from typing import Dict

# All commands take these.
COMMON = {
	'JOBS': 'compilers at once; as many as there are CPUs',
	'BUILD': 'where all is made, and may be deleted: build',
	'INSTALL': 'no: do not install what is missing, but say what it is',
}
RESULTS = {
	'JSON': 'a file for the results, as JSON',
	'JUNIT': 'a file for the results, as JUnit XML',
}
KERNEL = {'KERNEL': '6.12 (the default), 6.1, newest, or the path of a kernel tree'}
FIXES = {'FIXES': 'yes: with patches/, the default for the named kernels; no: the kernel as it is, '
		  'the default for a path; or the numbers of those to apply, such as 0001,0003'}
AS_SHIPPED = {'FIXES': 'no: a kernel as shipped; yes: with patches/'}
LLVM = {'LLVM': '1: built by clang and lld'}
DECOMPRESS = {'DECOMPRESS': 'a file in place of kernel/module/decompress.c, without fixes'}
FILTER = {'FILTER': "only these cases, as kunit.py's, such as '*.gzip*'"}
ALGORITHMS = {'ALGORITHMS': "only these, such as 'gzip xz'"}


@dataclass(frozen=True)
class Command:
	"""A command: what it does, in a line and in more, and what it takes."""
	what: str
	takes: Dict[str, str]
	more: str = ''
	takes_others: bool = False
	"""Whether it takes, and ignores, the variables of other commands"""
	files: bool = False
	"""Whether it takes files as arguments"""


COMMANDS: Dict[str, Command] = {
	'run': Command(
		'build a kernel with the suite, boot it, report every case',
		{**KERNEL,
		 'ARCH': 'i386 (the default), or a machine of harness/data/machines.tsv: arm, mips, um, '
			 'x86_64, ...',
		 'CONFIG': 'fragments, such as debug,stats: names of tools/testing/kunit/configs/, '
			   'without module_decompress_, or paths',
		 **FIXES, **DECOMPRESS, **FILTER,
		 'BASE': 'a kernel tree, or a commit of the one in KERNEL: tells which cases newly '
			 'fail, and which newly pass',
		 **LLVM, 'BENCH': 'yes: the benchmark, too',
		 'TIMEOUT': '300 (the default): seconds for the kernel to run', **RESULTS},
		'2 to 8 min the first time, 3 s if nothing has changed'),
	'test': Command(
		"the project's own tests",
		{'ONLY': 'parts of them, such as suite,native', **RESULTS},
		'half an hour to an hour'),
	'native': Command(
		'the suites that need no kernel, with decompress.c and its decoders, compiled for this '
		'machine, 64-bit and 32-bit, with sanitizers',
		{**KERNEL, **FIXES, **DECOMPRESS, **FILTER, **LLVM},
		'half a minute the first time, then 3 s'),
	'fuzz': Command(
		'libFuzzer against decompress.c and its decoders, with the stock libraries as judges',
		{**KERNEL, **FIXES, 'SECONDS': '60 (the default): for each algorithm', **ALGORITHMS,
		 'CORPUS': 'a directory with gzip/, xz/ and zstd/ to begin with, and to add to'},
		'goes on where it was'),
	'mutants': Command(
		'break decompress.c in every way, and report which breakages the suite catches',
		{'MUTANTS': 'only those of the patches in this directory',
		 'HOSTS': 'hosts to boot on, such as a,b: each with a clone where this is'},
		'25 min; reports in build/mutants/'),
	'coverage': Command(
		'lines and branches of decompress.c that the suite reaches',
		{**KERNEL, **FIXES}, 'in build/coverage/, compiled as make native does; 20 s'),
	'check-modules': Command(
		'check whether a kernel as shipped, and its kmod, would load these files as modules',
		{**KERNEL, **AS_SHIPPED,
		 'FILES': '.ko, .ko.gz, .ko.xz and .ko.zst files, or directories of them: one name, or '
			  'several with blanks between them; or as arguments',
		 'FILES_FROM': 'a file with such names, each ended by a NUL; - is stdin',
		 'KCONFIG': "the kernel's configuration, or any: any kernel with the decoder that a file "
			    'needs. Without it, that of the release in the path, or any',
		 'KMOD': '30, 34, none: the kmod that reads them; with zlib: 34+ZLIB',
		 'BOOT': 'yes: boot such a kernel, and ask that (3 min the first time, then seconds)',
		 'ARCH': 'the machine for BOOT=yes', 'VERBOSE': 'yes: a line for each file', **RESULTS},
		"at once, by the kernel's own code, compiled natively (a minute the first time); makes "
		'build/check/module-decompress-check', files=True),
	'boot': Command(
		'load compressed modules in a guest, through finit_module(), insmod and modprobe',
		{**KERNEL, 'ARCH': 'i386, the machine with high memory', **FIXES,
		 'CONFIG': 'highmem4g, kmemleak, security, or a path', **ALGORITHMS,
		 'IMAGE': "a kernel as it is shipped, with its own modules: the name of a package of "
			  "Debian's, such as linux-image-amd64/trixie, or a file (10 min)",
		 'MODULES': 'where the modules of that file are, such as /lib/modules/RELEASE',
		 'ROUNDS': '100 (the default) of loads, good and bad, before the free memory is looked '
			   'at', **RESULTS}, '5 min'),
	'bots': Command(
		'run the suite as bots do',
		{**KERNEL, 'ARCH': 'the machine', **FIXES, **LLVM,
		 'BOTS': 'module: load it, read debugfs, unload it, again and again; kernelci: among all '
			 'tests; 0day: in random configurations',
		 'SEED': 'for 0day: a number that draws the same configurations again',
		 'CONFIGS': '30 (the default): for 0day, how many are drawn'}),
	'matrix': Command(
		'run the suite on machines and in configurations of many kinds',
		{'ROWS': 'only these of harness/data/rows.tsv, such as arm,mips', **KERNEL, **FIXES,
		 **RESULTS}, '1 to 4 min a row, then seconds; reports in build/matrix/'),
	'series': Command(
		'patches for the lists, made for KERNEL, in build/series/',
		{**KERNEL, 'CHECK': 'yes: build and run what there is of the suite after each patch (half '
				    'an hour); core: only of the first series'}, '1 min'),
	'results': Command('write Documentation/results.md from the last results of the commands', {}),
	'install': Command('put the suite into the tree KERNEL=directory ...',
			   {'KERNEL': 'the tree'}),
	'uninstall': Command('... and take it out again', {'KERNEL': 'the tree'}),
	# After it, another command may take variables.
	'clean': Command('remove all that was made: build/ and .kunit/', {}, takes_others=True),
}

# Commands that have gone, and what to type now
GONE = {
	'check': 'check-modules FILES=...',
	'replay': 'check-modules BOOT=yes FILES=...',
}
GONE_OF_COMMAND = {
	('fuzz', 'HOSTS'): 'run it in the clone on each host',
	('matrix', 'HOSTS'): 'run make matrix ROWS=... in the clone on each host',
}
GONE_VARIABLES = {
	'REBUILD': 'for a kernel of one mutant, run: make run '
		   'DECOMPRESS=build/mutants/obj/ID/decompress.c',
}

