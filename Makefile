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

# What was given to make, as arguments for a shell. make would expand it once more.
given := $(foreach v,$(filter-out -% MAKE% .%,$(.VARIABLES)),$(if $(filter command,$(origin $v)),$v))
$(foreach v,$(given),$(eval override $v := $$(value $v)))
quote = '$(subst ','\'',$1)'
arguments = $(foreach v,$(given),$v=$(call quote,$($v)))

# Failed tests give exit status 1 and all other trouble 2, but make turns any failure into 2. It says 1
# only under -q, which asks whether a recipe has anything to do: so the recipes above have something to
# do if tests failed. What a recipe does in spite of -q has a "+", which also means in spite of -n: not
# so here.
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
	$(do) { INSTALL=$(call quote,$(INSTALL)) sh harness/lib/python.sh && \
		./suite $* $(arguments); }; echo $$? >$(status)

# Not even those that are given to make twice run side by side.
.NOTPARALLEL:
.PHONY: help run test native fuzz mutants coverage boot bots series matrix results install uninstall \
	clean check-modules check replay
