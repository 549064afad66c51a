# SPDX-License-Identifier: GPL-2.0
#
# Every command of the project; `make` explains them.

# Whatever was given reaches the scripts through the environment.
export KERNEL ARCH CONFIG FIXES FILTER BENCH JOBS MUTANTS HOSTS REBUILD
export FILES JSON ALGORITHMS ROUNDS

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

#: make run        build a kernel with the suite, boot it, report every case
#:   KERNEL=6.12     or 6.1, newest, or the path of a kernel tree
#:   ARCH=i386       or um, x86_64
#:   CONFIG=         fragments: debug, forcemap, highmem64g, nohighmem, pae, stats,
#:                   up, xz, zstd, or paths; several as in debug,stats
#:   FIXES=yes       no: leave out patches/, test the kernel as shipped; or the
#:                   numbers of those to apply, such as 0001,0003
#:   FILTER=         only these cases, as kunit.py's, such as '*.gzip*'
#:   BENCH=no        yes: the benchmark, too
#:   JOBS=           compilers at once; as many as there are CPUs
#: make test       the project's own tests
#: make mutants    break decompress.c in every way, and report in build/mutants/
#:                 which breakages the suite catches
#:   MUTANTS=        only those of the patches in this directory
#:   HOSTS=          hosts to boot on, such as a,b: each with a clone where this is
#:   REBUILD=0       so many of them once more, each in a kernel built anew
#: make coverage   lines and branches of decompress.c that the suite reaches, in
#:                 build/coverage/; takes KERNEL, FIXES, JOBS
#: make replay     ask a kernel whether it would take these files as modules
#:   FILES=          .gz, .xz and .zst files, or directories of them: one name,
#:                   or a list as for the shell; a $ is $$ here
#:   JSON=           a file for the answers; takes KERNEL, ARCH, FIXES, JOBS, too
#: make boot       load compressed modules in a guest, through finit_module(),
#:                 insmod and modprobe; takes KERNEL, FIXES, JOBS
#:   CONFIG=         highmem4g, kmemleak, or a path
#:   ALGORITHMS=     only these, such as 'gzip xz'
#:   ROUNDS=100      of loads, good and bad, before the free memory is looked at
run test mutants coverage replay boot: %: script-%
	$(call verdict,$(shell cat $(status); rm -f $(status)))

# Failed tests are to give exit status 1 and all other trouble 2, but make turns
# any failure into 2. It says 1 only under -q, which asks whether a recipe has
# anything to do: so the recipes above have something to do if tests failed.
ifneq ($(filter run test mutants coverage replay boot,$(MAKECMDGOALS)),)
MAKEFLAGS += -q
status := build/status.$(shell echo $$PPID)
endif
verdict = $(if $(filter-out 0 1,$1),$(error not done))$(filter 1,$1)

script-run script-test script-mutants script-coverage script-replay script-boot: script-%:
	+@mkdir -p build; sh harness/$*/$*.sh; echo $$? >$(status)

#: make install    put the suite into the tree KERNEL=directory ...
install:
	@sh harness/lib/install.sh "$$KERNEL"

#: make uninstall  ... and take it out again
uninstall:
	@sh harness/lib/install.sh --uninstall "$$KERNEL"

#: make series     patches for linux-modules@, in build/series/
series:
	@sh harness/series/series.sh

#: make clean      remove build/ and .kunit/: all that was made here
clean:
	rm -rf build .kunit

.PHONY: help run test mutants coverage replay boot install uninstall series clean
.PHONY: script-run script-test script-mutants script-coverage script-replay
.PHONY: script-boot
