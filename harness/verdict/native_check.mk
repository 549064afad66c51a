# SPDX-License-Identifier: GPL-2.0
#
#	make -C tools/testing/module_decompress EXTRA_MK=PATH/native_check.mk O=DIRECTORY SANITIZE= \
#		NAME='linux 6.12' [HEADERS=DIRECTORY] [LIBRARIES=DIRECTORY] check
#
# makes O/check.o, decompress.c and its decoders as one object in which only native_check() is
# global, and links it with the other files here and the stock libraries to
# O/module-decompress-check. LIBRARIES= has the static libraries; without it, the program uses the shared
# ones of the system.

verdict_dir := $(dir $(lastword $(MAKEFILE_LIST)))
verdict := $(wildcard $(verdict_dir)[!n]*.c)
# libarchive calls the other libraries, so it comes before them
archives := $(if $(LIBRARIES),$(foreach name,lzma zstd z,$(LIBRARIES)/lib$(name).a))
libraries := -larchive $(if $(LIBRARIES),-static $(archives),-llzma -lzstd -lz)

check: $(O)/module-decompress-check

# With all filters of xz, and pages for a GiB of output
config += XZ_DEC_IA64 XZ_DEC_ARM64 XZ_DEC_RISCV
CFLAGS += -O2 -DNR_PAGES=262144

# Replace the program in one step: it may be running
$(O)/module-decompress-check: $(verdict) $(wildcard $(verdict_dir)*.h) $(O)/check.o $(O)/made_of
	@$(say) "  LD      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) -std=gnu11 -O2 $(CHECK_CFLAGS) $(HEADERS:%=-I%) -DKERNEL_NAME='"$(NAME)"' \
		-o $@.new $(verdict) $(O)/check.o $(libraries)
	$(quiet)mv $@.new $@

$(O)/made_of: force
	$(quiet)mkdir -p $(@D)
	$(quiet)echo "$(NAME) $(CHECK_CFLAGS) $$(cat $(archives) /dev/null | sha256sum)" >$@.new
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
