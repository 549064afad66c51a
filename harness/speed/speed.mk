# SPDX-License-Identifier: GPL-2.0
#
#	make -C tools/testing/module_decompress EXTRA_MK=PATH/speed.mk O=DIRECTORY SANITIZE= EXTRA_CFLAGS=-O2 \
#		speeds
#
# builds O/speed_gzip, O/speed_xz and O/speed_zstd, see speed.c. Without the ledger, decompress.c is as
# fast as in a kernel.

speed_dir := $(dir $(lastword $(MAKEFILE_LIST)))

speeds: $(algorithms:%=$(O)/speed_%)

$(algorithms:%=$(O)/speed_%): $(O)/speed_%: $(O)/speed.%.o $(O)/fuzz_stock.o $(filter $(O)/lib/%,$(shared)) $(O)/native.o
	@$(say) "  LD      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) $(CFLAGS) -o $@ $^ -ldl

$(O)/speed.%.o: $(speed_dir)speed.c $(O)/flags
	@$(say) "  CC      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) $(CPPFLAGS) -DCONFIG_MODULE_COMPRESS_$(shell echo $* | tr a-z A-Z) $(CFLAGS) \
		$(warnings) -MMD -MP -c -o $@ $<

-include $(algorithms:%=$(O)/speed.%.d)

.PHONY: speeds
.SECONDARY:
