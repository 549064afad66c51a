# SPDX-License-Identifier: GPL-2.0
#
#	make -C tools/testing/module_decompress EXTRA_MK=PATH/decoders.mk O=DIRECTORY MUTATED=FILES default tries
#
# builds module_decompress, and try_ALGORITHM, see fuzz.mk, with copies of the decoders that have all their mutants. FILES are
# names such as lib/xz/xz_dec_lzma2.c; schema.c has written their copies to O/mutated.

schema_dir := $(dir $(lastword $(MAKEFILE_LIST)))

$(MUTATED:%.c=$(O)/%.o): $(O)/%.o: $(O)/mutated/%.c $(schema_dir)schema.h $(O)/flags
	@$(say) "  CC      $(@:$(O)/%=%), with mutants"
	$(quiet)mkdir -p $(@D)
	$(quiet)$(HOSTCC) $(CPPFLAGS) -include $(schema_dir)schema.h -iquote $(top)/$(dir $*) $(CFLAGS) \
		-w -c -o $@ $<

$(O)/schema_run.o: $(schema_dir)schema_run.c $(schema_dir)schema.h $(O)/flags
	@$(say) "  CC      $(@:$(O)/%=%)"
	$(quiet)$(HOSTCC) -m$(BITS) -g1 -O2 -std=gnu11 -Wall -c -o $@ $<

$(O)/module_decompress $(algorithms:%=$(O)/try_%): $(O)/schema_run.o
