// SPDX-License-Identifier: GPL-2.0
/* The ledger's allocations other than output pages: page array, workspaces. */
#include <linux/overflow.h>
#include <linux/string.h>

#include "ledger_internal.h"

#define REDZONE		SZ_4K	/* absorbs overflow from copying a page array */
#define REDZONE_BYTE	0xbb
#define POISON_NEW	0xa5
#define POISON_FREED	0x6b
#define POISON_MAX	SZ_4K	/* filling a large workspace would take long */

/* In fragmented memory, more than 2^order contiguous pages may not exist */
#define CONTIGUOUS_ORDER	2

/* The file decides the size of larger requests: a failure must not warn */
#define FILES_CHOICE	SZ_4M

/**
 * ledger_find_memory() - look up an allocation
 * @ledger: the ledger
 * @p: address that the caller received
 *
 * Context: task context.
 * Return: the allocation, or NULL if @p is not allocated, or has been freed.
 */
struct ledger_memory *ledger_find_memory(struct ledger *ledger, const void *p)
{
	unsigned int i;

	/* Most lookups are for the page array, which is among the newest */
	for (i = ledger->nr_memory; i--;)
		if (ledger->allocation[i].p == p && !ledger->allocation[i].freed)
			return &ledger->allocation[i];
	return NULL;
}

static void *remember(struct ledger *ledger, void *p, size_t size, bool kmalloc,
		      bool vmalloc, gfp_t gfp)
{
	struct ledger_memory *memory = &ledger->allocation[ledger->nr_memory];

	if (!p) {
		ledger->denied++;
		ledger->short_of = size;
		return NULL;
	}
	*memory = (struct ledger_memory){
		.p = p,
		.size = size,
		.kmalloc = kmalloc,
		.vmalloc = vmalloc,
	};
	ledger->nr_memory++;

	if (!(gfp & __GFP_ZERO))
		memset(p, POISON_NEW, min_t(size_t, size, POISON_MAX));
	memset(p + size, REDZONE_BYTE, REDZONE);
	return p;
}

/* Check a request of any kind; return false if the allocation must fail */
static bool may_allocate(struct ledger *ledger, size_t size, gfp_t gfp)
{
	ledger_expect_unmapped(ledger, "allocation");
	ledger_expect_state(ledger, ledger->state, "allocation");
	if ((gfp & ~(__GFP_ZERO | __GFP_NOWARN)) != GFP_KERNEL)
		ledger_report(ledger, "%zu bytes asked for with gfp %#x", size,
			      (__force unsigned int)gfp);
	if (ledger->nr_memory == LEDGER_MAX_MEMORY) {
		ledger_report(ledger, "%u allocations and more", ledger->nr_memory);
		return false;
	}
	ledger_unmapped(ledger);
	if (ledger_may_fail(ledger, LEDGER_ALLOC))
		return false;
	if (ledger->orders.most_memory && size > ledger->orders.most_memory) {
		ledger->denied++;
		return false;
	}
	return true;
}

/* Drop other flags, which are reported: one could make an allocation hang */
static gfp_t quiet(gfp_t gfp)
{
	return GFP_KERNEL | __GFP_NOWARN | (gfp & __GFP_ZERO);
}

void *ledger_kmalloc(size_t n, size_t size, gfp_t gfp)
{
	struct ledger *ledger = ledger_current();
	size_t bytes = array_size(n, size);

	if (bytes > PAGE_SIZE << CONTIGUOUS_ORDER)
		ledger_report(ledger, "%zu bytes asked for in one physically contiguous piece",
			      bytes);
	if (!may_allocate(ledger, bytes, gfp))
		return NULL;
	return remember(ledger, kmalloc(size_add(bytes, REDZONE), quiet(gfp)),
			bytes, true, false, gfp);
}

void *ledger_kvmalloc(size_t n, size_t size, gfp_t gfp)
{
	struct ledger *ledger = ledger_current();
	size_t bytes = array_size(n, size);
	void *p = NULL;

	if (may_allocate(ledger, bytes, gfp))
		p = remember(ledger,
			     kvmalloc(size_add(bytes, REDZONE), quiet(gfp)),
			     bytes, false, false, gfp);
	/* kvmalloc() warns above INT_MAX; a failed vmalloc() dumps memory */
	if (!p && bytes > FILES_CHOICE && !(gfp & __GFP_NOWARN))
		ledger_report(ledger,
			      "%zu bytes asked for, not to be had, and the kernel would warn",
			      bytes);
	return p;
}

void *ledger_vmalloc(size_t size, gfp_t gfp)
{
	struct ledger *ledger = ledger_current();

	ledger_report(ledger, "%zu bytes from vmalloc(), whose address space is scarce",
		      size);
	if (!may_allocate(ledger, size, gfp))
		return NULL;
	return remember(ledger, __vmalloc(size_add(size, REDZONE), quiet(gfp)),
			size, false, true, gfp);
}

static void check_redzone(struct ledger *ledger, struct ledger_memory *memory)
{
	if (memchr_inv(memory->p + memory->size, REDZONE_BYTE, REDZONE)) {
		ledger_report(ledger, "written past the end of an allocation of %zu bytes",
			      memory->size);
		ledger->fatal = true;
	}
}

static void forget(const void *p, const char *call, bool takes_kmalloc,
		   bool takes_vmalloc)
{
	struct ledger *ledger = ledger_current();
	struct ledger_memory *memory;

	if (ZERO_OR_NULL_PTR(p))
		return;
	ledger_expect_unmapped(ledger, call);
	ledger_unmapped(ledger);
	memory = ledger_find_memory(ledger, p);
	if (!memory) {
		ledger_report(ledger, "%s of memory that is not allocated", call);
		ledger->fatal = true;
		return;
	}
	if ((memory->kmalloc || !memory->vmalloc) && !takes_kmalloc)
		ledger_report(ledger, "%s of memory that may be kmalloc()ed", call);
	if ((memory->vmalloc || !memory->kmalloc) && !takes_vmalloc)
		ledger_report(ledger, "%s of memory that may be vmalloc()ed", call);
	ledger_workspace_freed(ledger, memory, call);
	check_redzone(ledger, memory);
	memset(memory->p, POISON_FREED,
	       min_t(size_t, memory->size, POISON_MAX));
	memory->freed = true;
}

void ledger_kfree(const void *p)
{
	forget(p, "kfree()", true, false);
}

void ledger_kvfree(const void *p)
{
	forget(p, "kvfree()", true, true);
}

void ledger_vfree(const void *p)
{
	forget(p, "vfree()", false, true);
}

/* Stand in for kvrealloc() since v6.12, which is not passed the old size */
void *ledger_kvrealloc(const void *p, size_t size, gfp_t gfp)
{
	struct ledger *ledger = ledger_current();
	struct ledger_memory *old = NULL;
	void *new;

	if (p) {
		old = ledger_find_memory(ledger, p);
		if (!old) {
			ledger_report(ledger, "kvrealloc() of memory that is not allocated");
			return NULL;
		}
	}
	new = ledger_kvmalloc(1, size, gfp);
	if (new && old) {
		memcpy(new, p, min(size, old->size));
		ledger_kvfree(p);
	}
	return new;
}

/* Check that all of the n bytes at p are allocated */
static bool is_allocated(struct ledger *ledger, const void *p, size_t n)
{
	struct ledger_memory *memory;
	unsigned int i;

	for (i = 0; i < ledger->nr_memory; i++) {
		memory = &ledger->allocation[i];
		if (!memory->freed && p >= memory->p &&
		    p + n <= memory->p + memory->size)
			return true;
	}
	return !n;
}

void *ledger_memcpy(void *to, const void *from, size_t n)
{
	struct ledger *ledger = ledger_current();

	if (is_allocated(ledger, to, n) && is_allocated(ledger, from, n))
		return memcpy(to, from, n);
	ledger_report(ledger, "memcpy() of %zu bytes that are not all allocated", n);
	ledger->fatal = true;
	return to;
}

/**
 * ledger_settle_memory() - report memory that is not freed, and free all memory
 * @ledger: the ledger
 *
 * Context: may sleep.
 */
void ledger_settle_memory(struct ledger *ledger)
{
	unsigned int i;

	for (i = 0; i < ledger->nr_memory; i++) {
		if (!ledger->allocation[i].freed) {
			ledger_report(ledger, "%zu bytes are not freed",
				      ledger->allocation[i].size);
			check_redzone(ledger, &ledger->allocation[i]);
		}
		kvfree(ledger->allocation[i].p);
	}
}
