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

/* No decoder needs more than lib/zstd for its largest window; 4 MiB are to spare */
#define LARGEST_NEED							\
	(zstd_dstream_workspace_bound((1U << ZSTD_WINDOWLOG_LIMIT_DEFAULT) + 1) + SZ_4M)

/* The file decides the size of a larger request by the decoder, or before it runs */
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
		ledger->memory_denied = true;
		ledger->short_of = size;
		return NULL;
	}
	ledger->memory_denied = false;
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

static void check_redzone(struct ledger *ledger, struct ledger_memory *memory)
{
	if (memchr_inv(memory->p + memory->size, REDZONE_BYTE, REDZONE))
		ledger_report(ledger, "memory: written past its end",
			      "of %zu bytes", memory->size);
}

/* Really free memory that the caller has freed */
static void free_freed(struct ledger *ledger, struct ledger_memory *memory)
{
	if (memchr_inv(memory->p, POISON_FREED,
		       min_t(size_t, memory->size, POISON_MAX)))
		ledger_report(ledger, "memory: written after it was freed",
			      "%zu bytes", memory->size);
	kvfree(memory->p);
}

/* Get back the entries of memory that the caller has freed */
static void reuse_entries(struct ledger *ledger)
{
	unsigned int i, left = 0;

	for (i = 0; i < ledger->nr_memory; i++) {
		if (ledger->allocation[i].freed)
			free_freed(ledger, &ledger->allocation[i]);
		else
			ledger->allocation[left++] = ledger->allocation[i];
	}
	ledger->nr_memory = left;
}

static bool may_succeed(struct ledger *ledger, size_t size)
{
	if (ledger_may_fail(ledger, LEDGER_ALLOC | LEDGER_MEMORY))
		return false;
	if (!ledger->orders.most_memory || size <= ledger->orders.most_memory)
		return true;
	ledger->denied++;
	return false;
}

/**
 * ledger_serves() - check whether a request is to get memory
 * @ledger: the ledger
 * @gfp: flags of the request
 *
 * A request that may not sleep, or wants the memory of one node, fails when little
 * of it is free, and the caller must then make another. The orders say whether much
 * is free.
 *
 * Context: any.
 * Return: true if the request is to get memory.
 */
bool ledger_serves(const struct ledger *ledger, gfp_t gfp)
{
	return ledger->orders.ample_memory ||
	       (gfpflags_allow_blocking(gfp) && !(gfp & __GFP_THISNODE));
}

/**
 * ledger_scope_gfp() - get the GFP flags that the scopes of the task add
 *
 * include/linux/sched/mm.h: memalloc_noreclaim_save() gives access to the reserves.
 *
 * Context: task context.
 * Return: the flag that may be forbidden, or 0.
 */
gfp_t ledger_scope_gfp(void)
{
	return current->flags & PF_MEMALLOC ? __GFP_MEMALLOC : 0;
}

/**
 * ledger_note_flags() - count a request whose number or size the file decides
 * @ledger: the ledger
 * @gfp: flags of the request
 *
 * include/linux/gfp_types.h: a request that may not sleep, or has either of
 * __GFP_NORETRY and __GFP_RETRY_MAYFAIL, fails without the OOM killer, and one with
 * __GFP_NOWARN fails without a message.
 *
 * Context: any.
 */
void ledger_note_flags(struct ledger *ledger, gfp_t gfp)
{
	ledger->may_kill += gfpflags_allow_blocking(gfp) &&
			    !(gfp & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL));
	ledger->may_warn += !(gfp & __GFP_NOWARN);
}

/*
 * Check a request of any kind; return false if the allocation must fail.
 * kmalloc() does not allow the zones, the reserves are for others, and
 * finit_module(2) can fail with ENOMEM. Other flags do not matter.
 */
static bool may_allocate(struct ledger *ledger, size_t size, gfp_t gfp)
{
	bool may_be_for_decoder = !ledger->runs || ledger->decoding;

	ledger_expect_mapped_state(ledger, "allocation");
	gfp |= ledger_scope_gfp();
	if (gfp & (LEDGER_FORBIDDEN_GFP | __GFP_HIGHMEM))
		ledger_report(ledger, "memory: flags not allowed",
			      "%zu bytes with gfp %#x", size,
			      (__force unsigned int)gfp);
	if (size > FILES_CHOICE && may_be_for_decoder)
		ledger_note_flags(ledger, gfp);
	if (size > LARGEST_NEED && may_be_for_decoder)
		ledger_report(ledger, "memory: more than any decoder uses",
			      "%zu bytes", size);
	if (ledger->nr_memory == LEDGER_MAX_MEMORY)
		reuse_entries(ledger);
	if (ledger->nr_memory == LEDGER_MAX_MEMORY) {
		ledger_report(ledger, "decompression does not end",
			      "%u allocations and more", ledger->nr_memory);
		return false;
	}
	ledger_unmapped(ledger);
	ledger->memory_denied = !ledger_serves(ledger, gfp) ||
				!may_succeed(ledger, size);
	return !ledger->memory_denied;
}

/* Drop other flags: one could make an allocation hang */
static gfp_t quiet(gfp_t gfp)
{
	return GFP_KERNEL | __GFP_NOWARN | (gfp & __GFP_ZERO);
}

void *ledger_kmalloc(size_t n, size_t size, gfp_t gfp)
{
	struct ledger *ledger = ledger_current();
	size_t bytes = array_size(n, size);

	if (bytes > PAGE_SIZE << CONTIGUOUS_ORDER)
		ledger_report(ledger, "memory: large and physically contiguous",
			      "%zu bytes", bytes);
	if (!may_allocate(ledger, bytes, gfp))
		return NULL;
	return remember(ledger, kmalloc(size_add(bytes, REDZONE), quiet(gfp)),
			bytes, true, false, gfp);
}

void *ledger_kvmalloc(size_t n, size_t size, gfp_t gfp)
{
	struct ledger *ledger = ledger_current();
	size_t bytes = array_size(n, size);

	if (!may_allocate(ledger, bytes, gfp))
		return NULL;
	return remember(ledger, kvmalloc(size_add(bytes, REDZONE), quiet(gfp)),
			bytes, false, false, gfp);
}

void *ledger_vmalloc(size_t n, size_t size, gfp_t gfp)
{
	struct ledger *ledger = ledger_current();
	size_t bytes = array_size(n, size);

	if (!may_allocate(ledger, bytes, gfp & ~__GFP_HIGHMEM))
		return NULL;
	return remember(ledger, __vmalloc(size_add(bytes, REDZONE), quiet(gfp)),
			bytes, false, true, gfp);
}

static void forget(const void *p, const char *call, bool takes_kmalloc,
		   bool takes_vmalloc)
{
	struct ledger *ledger = ledger_current();
	struct ledger_memory *memory;

	if (ZERO_OR_NULL_PTR(p))
		return;
	ledger_unmapped(ledger);
	memory = ledger_find_memory(ledger, p);
	if (!memory) {
		ledger_report(ledger, "memory: freed but not allocated", "%s", call);
		return;
	}
	if (((memory->kmalloc || !memory->vmalloc) && !takes_kmalloc) ||
	    ((memory->vmalloc || !memory->kmalloc) && !takes_vmalloc))
		ledger_report(ledger, "memory: freed by another function",
			      "%s of %zu bytes", call, memory->size);
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
	if (ledger_vfree_pages(p))
		return;
	forget(p, "vfree()", false, true);
}

/* Copy the old memory to the new, and free it, as a realloc() does */
static void *replace(const void *p, void *new, void (*free)(const void *p))
{
	struct ledger *ledger = ledger_current();
	struct ledger_memory *old = p ? ledger_find_memory(ledger, p) : NULL;

	if (new && old)
		memcpy(new, p, min(ledger_room(ledger, new), old->size));
	if (new)
		free(p);
	return new;
}

/* Stand in for kvrealloc() since v6.12, which is not passed the old size */
void *ledger_kvrealloc(const void *p, size_t size, gfp_t gfp)
{
	return replace(p, ledger_kvmalloc(1, size, gfp), ledger_kvfree);
}

void *ledger_krealloc(const void *p, size_t size, gfp_t gfp)
{
	return replace(p, ledger_kmalloc(1, size, gfp), ledger_kfree);
}

void *ledger_vrealloc(const void *p, size_t size, gfp_t gfp)
{
	return replace(p, ledger_vmalloc(1, size, gfp), ledger_vfree);
}

/* The end of the simulated input of INT_MAX bytes has no valid address */
static bool lies_in(const void *p, const void *begin, size_t size)
{
	return p >= begin && (size_t)(p - begin) < size;
}

/**
 * ledger_room() - find out how many bytes decompress.c may access at an address
 * @ledger: the ledger
 * @p: the address
 *
 * Context: task context.
 * Return: number of bytes from @p to the end of what @p lies in: an allocation,
 * a page that is mapped or in lowmem, the output of vmap(), or the input; 0 for
 * memory that was freed and for NULL; SIZE_MAX for memory that the ledger does
 * not know, such as the stack.
 */
size_t ledger_room(struct ledger *ledger, const void *p)
{
	struct ledger_memory *memory;
	unsigned int i;

	for (i = ledger->nr_memory; i--;) {
		memory = &ledger->allocation[i];
		if (!lies_in(p, memory->p, memory->size + REDZONE))
			continue;
		if (memory->freed || p >= memory->p + memory->size)
			return 0;
		return memory->p + memory->size - p;
	}
	for (i = 0; i < ledger->nr_maps; i++)
		if (lies_in(p, ledger->map[i].addr, PAGE_SIZE))
			return ledger->map[i].addr + PAGE_SIZE - p;
	if (lies_in(p, ledger->linear, ledger->linear_size))
		return ledger->linear + ledger->linear_size - p;
	for (i = 0; i < LEDGER_MAX_VMAPS; i++)
		if (ledger->vmap[i].addr &&
		    lies_in(p, ledger->vmap[i].addr, ledger->vmap[i].size))
			return ledger->vmap[i].addr + ledger->vmap[i].size - p;
	if (lies_in(p, ledger->in, ledger->in_size))
		return ledger->in_size - (p - ledger->in);
	return ZERO_OR_NULL_PTR(p) ? 0 : SIZE_MAX;
}

void *ledger_memcpy(void *to, const void *from, size_t n)
{
	struct ledger *ledger = ledger_current();
	size_t half = ledger->nr_maps && ledger->orders.midway ? n / 2 : 0;

	if (ledger->orders.endless && ledger->nr_pages &&
	    (to == page_address(ledger->pages[0].page) ||
	     to == ledger->endless_vmap))
		return to;
	if (ledger_room(ledger, to) < n || ledger_room(ledger, from) < n) {
		ledger_report(ledger, "memory: copied past its end",
			      "memcpy() of %zu bytes", n);
		return to;
	}
	if (half) {
		memcpy(to, from, half);
		ledger_midway(ledger);
	}
	memcpy(to + half, from + half, n - half);
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
		struct ledger_memory *memory = &ledger->allocation[i];

		if (memory->freed) {
			free_freed(ledger, memory);
			continue;
		}
		ledger_report(ledger, "memory: not freed", "%zu bytes",
			      memory->size);
		check_redzone(ledger, memory);
		kvfree(memory->p);
	}
}
