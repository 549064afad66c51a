# SPDX-License-Identifier: GPL-2.0
#
#	make -C tools/testing/module_decompress O=DIRECTORY HOSTCC=clang fuzz
#
# builds the fuzz targets O/fuzz_gzip, O/fuzz_xz and O/fuzz_zstd for libFuzzer, or for
# LIB_FUZZING_ENGINE, and O/seeds, which writes the seed corpus. "tries" builds O/try_gzip,
# O/try_xz and O/try_zstd with any compiler. They run a fuzz target with the given files.

LIB_FUZZING_ENGINE ?= -fsanitize=fuzzer
LINK ?= $(HOSTCC) $(CFLAGS)
ifeq ($(MAKECMDGOALS) $(LIB_FUZZING_ENGINE),fuzz -fsanitize=fuzzer)
CFLAGS += -fsanitize=fuzzer-no-link
endif

fuzz: $(algorithms:%=$(O)/fuzz_%) $(O)/seeds

$(O)/seeds: $(O)/seeds.o $(O)/$(tests)/streams.o $(O)/lib/xxhash.o $(O)/native.o
	@$(say) "  LD      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) $(CFLAGS) -o $@ $^

$(algorithms:%=$(O)/fuzz_%): $(O)/fuzz_%: $(O)/fuzz.%.o $(O)/fuzz_mend.o $(O)/fuzz_sections.o $(O)/fuzz_stock.o $(shared)
	@$(say) "  LD      $(@:$(O)/%=%)"
	$(quiet)$(LINK) $(LIB_FUZZING_ENGINE) -Wl,-rpath,'$$ORIGIN/lib' -o $@ $^ -ldl

tries: $(algorithms:%=$(O)/try_%)

$(algorithms:%=$(O)/try_%): $(O)/try_%: $(O)/fuzz.%.o $(O)/fuzz_main.o $(O)/fuzz_mend.o $(O)/fuzz_sections.o $(shared)
	@$(say) "  LD      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) $(CFLAGS) -o $@ $^

$(O)/fuzz.%.o: fuzz.c $(O)/flags
	@$(say) "  CC      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) $(CPPFLAGS) -DALGORITHM=$* $(CFLAGS) $(warnings) -MMD -MP \
		-c -o $@ $<

# Compile these with the host's headers, and without sanitizers or coverage.
$(O)/fuzz_stock.o $(O)/fuzz_main.o $(O)/fuzz_sections.o: $(O)/%.o: %.c $(O)/flags
	@$(say) "  CC      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) -m$(BITS) -g1 -O2 -std=gnu11 -Wall -MMD -MP -c -o $@ $<

-include $(algorithms:%=$(O)/fuzz.%.d) $(O)/fuzz_main.d $(O)/fuzz_mend.d \
	$(O)/fuzz_sections.d $(O)/fuzz_stock.d $(O)/seeds.d

.PHONY: fuzz tries
.SECONDARY:
