/* SPDX-License-Identifier: GPL-2.0 */
/* Functions that the files of the ledger share with each other only */
#ifndef _MODULE_TESTS_LEDGER_INTERNAL_H
#define _MODULE_TESTS_LEDGER_INTERNAL_H

#include "ledger.h"
#include "../internal.h"

/* For devices, for callers that cannot handle a failure, and for the reserves */
#define LEDGER_FORBIDDEN_GFP						\
	(__GFP_DMA | __GFP_DMA32 | __GFP_NOFAIL | __GFP_HIGH | __GFP_MEMALLOC)

__printf(3, 4) void ledger_report(struct ledger *ledger, const char *rule,
				  const char *fmt, ...);
struct ledger *ledger_current(void);
struct task_state ledger_state_now(void);
void ledger_expect_state(struct ledger *ledger, struct task_state want,
			 const char *when);
bool ledger_may_fail(struct ledger *ledger, unsigned int service);
void ledger_unmapped(struct ledger *ledger);

void ledger_unmap(struct ledger *ledger);
void ledger_expect_mapped_state(struct ledger *ledger, const char *when);
struct ledger_vmap *ledger_find_vmap(struct ledger *ledger, const void *addr);
bool ledger_vfree_pages(const void *addr);
void ledger_settle_pages(struct ledger *ledger);

struct ledger_memory *ledger_find_memory(struct ledger *ledger, const void *p);
bool ledger_serves(const struct ledger *ledger, gfp_t gfp);
gfp_t ledger_scope_gfp(void);
void ledger_note_flags(struct ledger *ledger, gfp_t gfp);
size_t ledger_room(struct ledger *ledger, const void *p);
void ledger_settle_memory(struct ledger *ledger);

void ledger_midway(struct ledger *ledger);

void ledger_workspace_freed(struct ledger *ledger,
			    const struct ledger_memory *memory,
			    const char *call);

#endif /* _MODULE_TESTS_LEDGER_INTERNAL_H */
