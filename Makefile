# SPDX-License-Identifier: GPL-2.0
#
# "make COMMAND NAME=value ..." is "./suite COMMAND NAME=value ..."; "make" lists the commands.

help:
	@$(dir $(lastword $(MAKEFILE_LIST)))suite --help

# By name, as tools that list the targets read them.
run test native fuzz mutants coverage boot bots series matrix results install uninstall clean: %: do-%
	$(verdict)
check-modules check replay: %: do-%
	$(verdict)

# The variables on make's command line, quoted for a shell. Keep make from expanding them again.
given := $(foreach v,$(filter-out -% MAKE% .%,$(.VARIABLES)),$(if $(filter command,$(origin $v)),$v))
$(foreach v,$(given),$(eval override $v := $$(value $v)))
quote = '$(subst ','\'',$1)'
arguments = $(foreach v,$(given),$v=$(call quote,$($v)))

# ./suite exits with 1 if tests failed, and with 2 on other errors, but make exits with 2 on any
# failure. Only under -q, which asks whether there is anything to do, does it exit with 1. So use -q,
# and give the rules above something to do if tests failed. A "+" runs a line in spite of -q, and
# also of -n: leave it out there.
ifeq ($(findstring n,$(firstword -$(MAKEFLAGS))),)
do := +@
ifneq ($(filter-out help,$(MAKECMDGOALS)),)
MAKEFLAGS += -q
status := $(shell mktemp)
verdict = $(call of_status,$(shell cat $(status); rm -f $(status)))
of_status = $(if $(filter 0 1,$1),$(filter 1,$1),$(error not done))
endif
endif

do-%:
	$(do) { INSTALL=$(call quote,$(INSTALL)) sh harness/python.sh && \
		./suite $* $(arguments); }; echo $$? >$(status)

# Run the commands of "make clean run" one after the other.
.NOTPARALLEL:
.PHONY: help run test native fuzz mutants coverage boot bots series matrix results install uninstall \
	clean check-modules check replay
