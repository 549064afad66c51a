# SPDX-License-Identifier: GPL-2.0
#
# "make COMMAND NAME=value ..." is "./suite COMMAND NAME=value ..."; "make" lists the commands.

help:
	@$(dir $(lastword $(MAKEFILE_LIST)))suite --help

# Name each target, because tools that complete or list targets read the makefile.
run test native fuzz mutants coverage boot bots series matrix results install uninstall clean: %: do-%
	$(verdict)
check-modules install-check dist-check check replay: %: do-%
	$(verdict)

# The variables on make's command line, quoted for a shell. make must not expand their values.
given := $(foreach v,$(filter-out -% MAKE% .%,$(.VARIABLES)),$(if $(filter command,$(origin $v)),$v))
$(foreach v,$(given),$(eval override $v := $$(value $v)))
quote = '$(subst ','\'',$1)'
arguments = $(foreach v,$(given),$v=$(call quote,$($v)))

# ./suite exits with 1 if tests failed, and with 2 on other errors, but make exits with 2 on any
# failure. Only with -q, which asks whether a target is out of date, does make exit with 1. So use
# -q, and make the targets above out of date if tests failed. A "+" runs a line even with -q, and
# even with -n: leave it out with -n.
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
	clean check-modules install-check dist-check check replay
