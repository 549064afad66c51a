# SPDX-License-Identifier: GPL-2.0
"""The commands, what each takes, and what their help says."""

from dataclasses import dataclass
from typing import Dict

from harness.machine import machines

# All commands take these.
COMMON = {
	'JOBS': 'how many compilers run at once; the default is the number of CPUs',
	'BUILD': 'the directory for all build output, build by default; make clean deletes it',
	'INSTALL': 'no: do not install missing packages, only name them',
}
RESULTS = {
	'JSON': 'write the results to this file as JSON',
	'JUNIT': 'write the results to this file as JUnit XML',
}
KERNEL = {'KERNEL': '6.12 (the default), 6.1, newest, or the path of a kernel tree'}
FIXES = {'FIXES': 'yes: apply patches/, the default for 6.12, 6.1 and newest; no: test the kernel '
		  'as it is, the default for a path; or the numbers of the patches to apply, such as '
		  '0001,0003'}
AS_SHIPPED = {'FIXES': 'no (the default): ask the kernel as it is; yes: apply patches/'}
LLVM = {'LLVM': '1: build with clang and lld'}
DECOMPRESS = {'DECOMPRESS': 'test this file in place of kernel/module/decompress.c; patches/ are '
			    'not applied to it'}
FILTER = {'FILTER': "run only these cases; a pattern as for kunit.py, such as '*.gzip*'"}
ALGORITHMS = {'ALGORITHMS': 'test only these algorithms of gzip, xz and zstd, with blanks between '
			    "them, such as 'gzip xz'"}


@dataclass(frozen=True)
class Command:
	"""A command: what it does, the variables that it takes, and more for its help."""
	what: str
	takes: Dict[str, str]
	more: str = ''
	takes_others: bool = False
	"""Whether it accepts the variables of other commands, and ignores them"""
	files: bool = False
	"""Whether it takes files as arguments"""


COMMANDS: Dict[str, Command] = {
	'run': Command(
		'build a kernel with the suite, boot it, report every case',
		{**KERNEL,
		 'ARCH': 'i386 (the default), or another machine of harness/data/machines.tsv: '
			 + ', '.join(one.name for one in machines() if one.name != 'i386'),
		 'CONFIG': 'configuration fragments, such as debug,stats: the NAME of '
			   'tools/testing/kunit/configs/module_decompress_NAME.config, or a path',
		 **FIXES, **DECOMPRESS, **FILTER,
		 'BASE': 'a kernel tree, or a commit of the tree in KERNEL: run the suite on it first, '
			 'and list the cases whose results differ',
		 **LLVM, 'BENCH': 'yes: also run the benchmark',
		 'TIMEOUT': 'how many seconds the kernel may run in QEMU until it is killed; 300 is the '
			    'default', **RESULTS},
		'2 to 8 min the first time, 12 s if nothing has changed'),
	'test': Command(
		"the project's own tests",
		{'ALL': 'yes: run all tests; by default, run the 15 to 40 minutes of tests that find most',
		 'ONLY': 'all tests of these parts, such as suite,native', **RESULTS},
		'a test that passed is run again only if a file changes on which it depends'),
	'native': Command(
		'compile decompress.c, its decoders and the suites that need no kernel for this machine, '
		'64-bit and 32-bit, with sanitizers, and run them',
		{**KERNEL, **FIXES, **DECOMPRESS, **FILTER, **LLVM,
		 'SPEED': 'yes: instead, measure the decoders: by decompress.c, in one call, and the stock '
			  'libraries'},
		'half a minute the first time, then 3 s'),
	'fuzz': Command(
		'fuzz decompress.c and its decoders with libFuzzer, and compare with the stock libraries',
		{**KERNEL, **FIXES,
		 'SECONDS': 'how many seconds to fuzz each algorithm; 60 is the default', **ALGORITHMS,
		 'CORPUS': 'a directory with gzip/, xz/ and zstd/: libFuzzer starts from the inputs in '
			   'it, and adds new ones'},
		'each run continues where the last one ended'),
	'mutants': Command(
		'make small faults in decompress.c, and report which of them the suite catches',
		{'OF': 'lib: make them in the decoders of lib/, and report which the conformance corpus '
		       'catches (5 min)',
		 'ALL': 'with OF=lib, yes: try every fault, not 400 of each decoder',
		 'MUTANTS': 'a directory: try only the patches in it',
		 'HOSTS': 'hosts to boot on, such as a,b; each needs an ssh login, and a clone at the '
			  'same path as this one'},
		'25 min; reports in build/mutants/'),
	'coverage': Command(
		'report which lines and branches of decompress.c the suite reaches',
		{**KERNEL, **FIXES}, 'compiles it as make native does; report in build/coverage/; 20 s'),
	'check-modules': Command(
		'check whether a kernel as shipped, and its kmod, would load these files as modules',
		{**KERNEL, **AS_SHIPPED,
		 'FILES': '.ko, .ko.gz, .ko.xz and .ko.zst files, directories of them, or packages, such as '
			  '.deb and .rpm; put blanks between several names, or give them as arguments',
		 'FILES_FROM': 'a file that lists such names, with a NUL after each; - is stdin',
		 'ROOT': 'the root of a system, such as debian/tmp: check the modules of all releases in '
			 'lib/modules below it',
		 'FIX': "yes: repair the files that can be repaired, if the kernel's code takes the "
			'repaired file; dry-run: only say which',
		 'KCONFIG': "the kernel's .config, or any: a kernel with the decoder that each file needs. "
			    'The default is the configuration of the release in the path, or else any',
		 'KMOD': 'the version of the kmod that reads the files: 30, 34, or 34+ZLIB if kmod is '
			 'built with zlib, or the path of a kmod; none: ask the kernel only. The default is the kmod '
			 'beside the modules, or else the strictest',
		 'BOOT': 'yes: boot a kernel and let it load the files (3 min the first time, then '
			 'seconds)',
		 'ARCH': 'with BOOT=yes: the machine to boot', 'VERBOSE': 'yes: print a line for each file',
		 **RESULTS},
		"runs the kernel's own code, compiled natively in a minute the first time, as "
		'build/check/module-decompress-check', files=True),
	'install-check': Command(
		'install module-decompress-check, its manual page and its completion for bash',
		{**KERNEL, **AS_SHIPPED, 'PREFIX': 'where to; /usr/local is the default',
		 'DESTDIR': 'install below this directory, for a package'}),
	'dist-check': Command(
		'make a source archive of module-decompress-check, with the sources of the kernel that it '
		'needs', {**KERNEL, **AS_SHIPPED}, 'it builds without network and kernel tree'),
	'boot': Command(
		'load compressed modules in a guest with finit_module(), insmod and modprobe',
		{**KERNEL, 'ARCH': 'i386, the only machine that make boot supports', **FIXES,
		 'CONFIG': 'highmem4g, kmemleak, security, or the path of a fragment', **ALGORITHMS,
		 'IMAGE': 'boot a kernel as shipped, with its own modules (10 min): the name of a Debian '
			  'package, such as linux-image-amd64/trixie, or a file',
		 'MODULES': 'with IMAGE=FILE: the directory of its modules, such as /lib/modules/RELEASE',
		 'ROUNDS': 'how many rounds of good and bad loads the search for leaks makes; 100 is the '
			   'default', **RESULTS}, '5 min'),
	'bots': Command(
		'run the suite as CI bots do',
		{**KERNEL, 'ARCH': 'the machine: um or i386 for module, x86_64 or i386 for the others',
		 **FIXES, **LLVM,
		 'BOTS': 'module: load the suite, read debugfs, unload it, many times; kernelci: run it '
			 'among all KUnit tests; 0day: build it in random configurations. The default is '
			 'all three',
		 'SEED': 'for 0day: the number that an earlier run printed, to draw its configurations '
			 'again',
		 'CONFIGS': 'for 0day: how many configurations to draw; 30 is the default'}),
	'matrix': Command(
		'run the suite on many machines and in many configurations',
		{'ROWS': 'run only these rows of harness/data/rows.tsv, such as arm,mips', **KERNEL,
		 **FIXES, **RESULTS},
		'1 to 4 min a row, then seconds; reports in build/matrix/'),
	'series': Command(
		'write the patches for the mailing lists, made for KERNEL, to build/series/',
		{**KERNEL, 'CHECK': 'yes: apply the patches one by one, and build and run after each (15 '
				    'min); core: only the first series'}, '1 min'),
	'results': Command('write Documentation/results.md from the last results of the commands', {}),
	'install': Command('put the suite into the kernel tree KERNEL=DIRECTORY',
			   {'KERNEL': 'the path of the kernel tree'}),
	'uninstall': Command('take the suite out of the kernel tree KERNEL=DIRECTORY again',
			     {'KERNEL': 'the path of the kernel tree'}),
	# "make clean run KERNEL=..." gives clean the variables of run.
	'clean': Command('remove all build output: build/ and .kunit/', {}, takes_others=True),
}

# Commands that were removed, and what to type now
GONE = {
	'check': 'check-modules FILES=...',
	'replay': 'check-modules BOOT=yes FILES=...',
}
GONE_OF_COMMAND = {
	('fuzz', 'HOSTS'): 'run it in the clone on each host',
	('matrix', 'HOSTS'): 'run make matrix ROWS=... in the clone on each host',
}
GONE_VARIABLES = {
	'REBUILD': 'to build a kernel with one mutant, run: make run '
		   'DECOMPRESS=build/mutants/obj/ID/decompress.c',
}

