# SPDX-License-Identifier: GPL-2.0
#
#	make -C tools/testing/module_decompress EXTRA_MK=PATH/native_check.mk O=DIRECTORY SANITIZE= check
#
# makes O/check.o: decompress.c and its decoders as one object, which has the function of
# native_check.h and no other name.

verdict_dir := $(dir $(lastword $(MAKEFILE_LIST)))

check: $(O)/check.o

# With all filters of xz, and room for a GiB
config += XZ_DEC_IA64 XZ_DEC_ARM64 XZ_DEC_RISCV
CFLAGS += -O2 -DNR_PAGES=262144

$(O)/check.o: $(O)/check_all.o
	@$(say) "  OBJCOPY $(@:$(O)/%=%)"
	$(quiet)objcopy --keep-global-symbol=native_check $< $@

$(O)/check_all.o: $(O)/native_check.o $(shared)
	@$(say) "  LD      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) -m$(BITS) -nostdlib -r -Wl,--wrap=xz_dec_bcj_reset \
		-Wl,--wrap=crc32_le -o $@ $^

$(O)/native_check.o: $(verdict_dir)native_check.c $(O)/flags
	@$(say) "  CC      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) $(CPPFLAGS) $(CFLAGS) $(warnings) -MMD -MP -c -o $@ $<

-include $(O)/native_check.d

.PHONY: check
