# SPDX-License-Identifier: GPL-2.0
#
# Every command of the project; `make` explains them.

# What each command takes, and what all of them take
takes_run := KERNEL ARCH CONFIG FIXES DECOMPRESS FILTER BENCH BASE LLVM TIMEOUT JSON JUNIT
takes_test := ONLY JSON JUNIT
takes_mutants := MUTANTS HOSTS
takes_coverage := KERNEL FIXES
takes_native := KERNEL FIXES DECOMPRESS FILTER LLVM
takes_fuzz := KERNEL FIXES SECONDS ALGORITHMS CORPUS
takes_check-modules := KERNEL ARCH FIXES FILES FILES_FROM KCONFIG KMOD BOOT VERBOSE JSON JUNIT
takes_boot := KERNEL ARCH CONFIG FIXES ALGORITHMS IMAGE MODULES ROUNDS JSON JUNIT
takes_bots := BOTS KERNEL ARCH FIXES LLVM SEED CONFIGS
takes_series := KERNEL CHECK
takes_matrix := ROWS KERNEL FIXES JSON JUNIT
takes_all := JOBS BUILD INSTALL
variables := $(sort $(takes_run) $(takes_test) $(takes_mutants) \
	$(takes_check-modules) $(takes_boot) $(takes_fuzz) $(takes_bots) $(takes_series) $(takes_matrix) $(takes_all))

# Those that may fail, or not come to that
judging := run test native fuzz mutants coverage check-modules boot bots series \
	matrix results

# What to type instead of variables that are no longer there
gone_REBUILD := REBUILD= is gone; for a kernel of one mutant, run: \
	make run DECOMPRESS=build/mutants/obj/ID/decompress.c
# What to type instead of what a command takes no more
gone_fuzz_HOSTS := $() any more; run it in the clone on each host
gone_matrix_HOSTS := $() any more; run make matrix ROWS=... in the clone on each host

# Whatever was given reaches the scripts through the environment, as it was given, and
# nothing else does: a CC= that has no effect would be taken for one that has.
given := $(foreach v,$(variables),$(if $(filter command,$(origin $v)),$v))
takes = $(foreach v,$(filter-out $(takes_$1) $(takes_all),$(given)),\
	$(error make $1 takes no $v=$(gone_$1_$v)))
$(foreach v,$(variables),$(eval override $v := $$(value $v)))
export $(variables)
$(foreach v,$(filter-out $(variables) -% MAKE% .%,$(.VARIABLES)),\
	$(if $(filter command,$(origin $v)),$(error $(or $(gone_$v),$v=: not among the variables here; run make to see them))))

# Not even those that are given to make twice run side by side.
.NOTPARALLEL:

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

#: make run        build a kernel with the suite, boot it, report every case
#:                 (2 to 8 min the first time, 4 s if nothing has changed)
#:   KERNEL=6.12     or 6.1, newest, or the path of a kernel tree
#:   ARCH=i386       or a machine of harness/lib/machines.tsv: arm, mips, um, x86_64, ...
#:   CONFIG=         fragments: debug, debug_highmem, dynamic, forcemap, highmem64g,
#:                   kfence, kmemleak, lazy, nohighmem, pae, poison, rt, stats, ubsan, up,
#:                   xz, zstd; of x86_64 kasan, kcsan, kmsan; of arm 798181, lpae; of arm64
#:                   16k, 64k; or paths; several as in debug,stats
#:   FIXES=          yes: with patches/, the default for 6.1, 6.12 and newest; no: the
#:                   kernel as it is, the default for a path; or the numbers of
#:                   those to apply, such as 0001,0003
#:   DECOMPRESS=     a file to put in place of kernel/module/decompress.c, without fixes
#:   FILTER=         only these cases, as kunit.py's, such as '*.gzip*'
#:   BASE=           a kernel tree, or a commit of the one in KERNEL: tells which cases
#:                   newly fail, and which newly pass
#:   LLVM=           1: built by clang and lld
#:   BENCH=no        yes: the benchmark, too
#:   TIMEOUT=300     seconds for the kernel to run
#: make test       the project's own tests (half an hour to an hour)
#:   ONLY=           parts of them: blobs, boot, check, code, commands, coverage, debug,
#:                   fuzz, install, kernels, machines, manual, mutants, native, red, replay,
#:                   series, suite, um
#: make native     the suites that need no kernel, with decompress.c and its decoders,
#:                 compiled for this machine, 64-bit and 32-bit, with sanitizers
#:                 (half a minute the first time, then 3 s); takes KERNEL, FIXES,
#:                 DECOMPRESS, FILTER, LLVM
#: make fuzz       libFuzzer against decompress.c and its decoders, as make native
#:                 compiles them, with the stock libraries for a judge, in build/fuzz/;
#:                 goes on where it was; takes KERNEL, FIXES
#:   SECONDS=60      for each algorithm
#:   ALGORITHMS=     only these, such as 'gzip xz'
#:   CORPUS=         a directory with gzip/, xz/ and zstd/ to begin with, and to add to
#: make mutants    break decompress.c in every way, and report in build/mutants/
#:                 which breakages the suite catches (25 min)
#:   MUTANTS=        only those of the patches in this directory
#:   HOSTS=          hosts to boot on, such as a,b: each with a clone where this is
#: make coverage   lines and branches of decompress.c that the suite reaches, in
#:                 build/coverage/, compiled as make native does (20 s); takes
#:                 KERNEL, FIXES
#: make check-modules   check whether a kernel as shipped, and its kmod, would load these
#:                 files as modules: at once, by the kernel's own code, compiled natively
#:                 (a minute the first time); makes build/check/module-decompress-check;
#:                 takes KERNEL, FIXES=no
#:   FILES=          .ko, .ko.gz, .ko.xz and .ko.zst files, or directories of them: one
#:                   name, or several with blanks between them
#:   FILES_FROM=     a file with such names, each ended by a NUL; - is stdin
#:   KCONFIG=        the kernel's configuration, or any: any kernel with the decoder that
#:                   a file needs. Without it, that of the release in the path, or any
#:   KMOD=           30, 34, none: the kmod that reads them; with zlib: 34+ZLIB
#:   VERBOSE=no      yes: a line for each file
#:   BOOT=no         yes: boot such a kernel, and ask that (3 min the first time, then
#:                   seconds); takes ARCH
#: make boot       load compressed modules in a guest, through finit_module(),
#:                 insmod and modprobe (5 min); takes KERNEL, FIXES
#:   CONFIG=         highmem4g, kmemleak, security, or a path
#:   ALGORITHMS=     only these, such as 'gzip xz'
#:   IMAGE=          a kernel as it is shipped, with its own modules: the name of a package
#:                   of Debian's, such as linux-image-amd64/trixie, or a file (10 min)
#:   MODULES=        where the modules of that file are, such as /lib/modules/RELEASE
#:   ROUNDS=100      of loads, good and bad, before the free memory is looked at
#: make bots       run the suite as bots do; takes KERNEL, ARCH, FIXES
#:   BOTS=           module: load it, read debugfs, unload it, again and again (2 min
#:                   after make run ARCH=um, and a kernel with KUNIT=m); kernelci:
#:                   among all tests, in a kernel with all of them; 0day: built in
#:                   configurations that nobody has thought of
#:   CONFIGS=30      for 0day: how many are drawn
#:   SEED=           for 0day: a number that draws the same ones again
#: make matrix     run the suite on machines and in configurations of many kinds, and
#:                 report in build/matrix/ (1 to 4 min a row, then seconds); takes
#:                 KERNEL, FIXES
#:   ROWS=           only these of harness/matrix/rows.tsv, such as arm,mips
#: make series     patches for the lists, made for KERNEL, in build/series/: core,
#:                 fixes, xz, suite, native and kselftest (1 min)
#:   CHECK=no        yes: build and run what there is of the suite after each patch,
#:                   on i386 and UML (half an hour); core: only of the first series
#: make results    write Documentation/results.md from the last results of the commands
# By name, as tools that list the targets read them; $(judging) would hide them.
run test native fuzz mutants coverage boot bots series matrix results: %: script-%
	$(verdict)
check-modules: %: script-%
	$(verdict)

# Failed tests are to give exit status 1 and all other trouble 2, but make turns
# any failure into 2. It says 1 only under -q, which asks whether a recipe has
# anything to do: so the recipes above have something to do if tests failed. What a
# recipe does in spite of -q has a "+", which also means in spite of -n: not so here.
ifeq ($(findstring n,$(firstword -$(MAKEFLAGS))),)
do := +@
ifneq ($(filter $(judging),$(MAKECMDGOALS)),)
MAKEFLAGS += -q
status := $(shell mktemp)
verdict = $(call of_status,$(shell cat $(status); rm -f $(status)))
of_status = $(if $(filter 0 1,$1),$(filter 1,$1),$(error not done))
endif
endif

$(judging:%=script-%): script-%:
	$(call takes,$*)$(do) sh harness/$(or $(room_$*),$*)/$*.sh; echo $$? >$(status)
room_check-modules := verdict

check:
	$(error make check has another name: make check-modules FILES=...)
replay:
	$(error make replay has another name: make check-modules BOOT=yes FILES=...)

#:
#: All of these take
#:   JOBS=           compilers at once; as many as there are CPUs
#:   BUILD=build     where all is made, and may be deleted
#:   INSTALL=yes     no: do not install what is missing, but say what it is
#: and run, check-modules, boot, matrix and test
#:   JSON= JUNIT=    files for the results, for programs
#:
#: make install    put the suite into the tree KERNEL=directory ...
install:
	$(do) sh harness/lib/install.sh "$$KERNEL"

#: make uninstall  ... and take it out again
uninstall:
	$(do) sh harness/lib/install.sh --uninstall "$$KERNEL"

#: make clean      remove all that was made: build/ and .kunit/
clean:
	$(do) sh harness/lib/clean.sh

.PHONY: help check replay $(judging) install uninstall clean $(judging:%=script-%)
