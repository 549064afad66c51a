# SPDX-License-Identifier: GPL-2.0
#
#	make -C tools/testing/module_decompress EXTRA_MK=PATH/native_check.mk O=DIRECTORY SANITIZE= \
#		NAME='linux 6.12' HEADERS=DIRECTORY LIBRARIES=DIRECTORY check
#
# makes O/check.o, decompress.c and its decoders as one object in which only native_check() is
# global, and links it with the other files here and the stock libraries to
# O/module-decompress-check.

verdict_dir := $(dir $(lastword $(MAKEFILE_LIST)))
verdict := $(wildcard $(verdict_dir)[!n]*.c)
libraries := $(foreach name,lzma zstd z,$(LIBRARIES)/lib$(name).a)
# libarchive calls the libraries above, so it comes before them
libarchive := -larchive

check: $(O)/module-decompress-check

# With all filters of xz, and pages for a GiB of output
config += XZ_DEC_IA64 XZ_DEC_ARM64 XZ_DEC_RISCV
CFLAGS += -O2 -DNR_PAGES=262144

# Replace the program in one step: it may be running
$(O)/module-decompress-check: $(verdict) $(wildcard $(verdict_dir)*.h) $(O)/check.o $(O)/made_of
	@$(say) "  LD      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) -std=gnu11 -O2 -static -I$(HEADERS) -DKERNEL_NAME='"$(NAME)"' \
		-o $@.new $(verdict) $(O)/check.o $(libarchive) $(libraries)
	$(quiet)mv $@.new $@

$(O)/made_of: force
	$(quiet)mkdir -p $(@D)
	$(quiet)echo "$(NAME) $$(sha256sum $(libraries))" >$@.new
	$(quiet)cmp -s $@.new $@ || mv $@.new $@

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
