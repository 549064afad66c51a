// SPDX-License-Identifier: GPL-2.0
/* The ledger's output pages: allocation, kmap_local_page(), vmap(). */
#include <linux/delay.h>
#include <linux/mm.h>

#include "ledger_internal.h"

static struct ledger_page *find_page(struct ledger *ledger, struct page *page)
{
	unsigned int i, at;

	/* Pages are freed in order of allocation: start at the last match */
	for (i = 0; i < ledger->nr_pages; i++) {
		at = (ledger->page_cursor + i) % ledger->nr_pages;
		if (ledger->pages[at].page == page) {
			ledger->page_cursor = at;
			return &ledger->pages[at];
		}
	}
	return NULL;
}

/* Check the page array before decompress.c writes entry used_pages */
static bool page_array_has_room(struct ledger *ledger)
{
	struct load_info *info = ledger->info;
	struct ledger_memory *array = ledger_find_memory(ledger, info->pages);
	size_t size = array ? array->size : 0;

	if (size != array_size(info->max_pages, sizeof(*info->pages)))
		ledger_report(ledger, "a page array of %zu bytes for %u pages", size,
			      info->max_pages);
	if (size >= array_size(info->used_pages + 1, sizeof(*info->pages)))
		return true;
	ledger_report(ledger, "page %u would be written past the end of a page array of %zu bytes",
		      info->used_pages, size);
	ledger->fatal = true;
	return false;
}

/* Hand out the same lowmem page each time: it needs no mapping */
static struct page *endless_page(struct ledger *ledger)
{
	if (!page_array_has_room(ledger))
		return NULL;
	if (!ledger->nr_pages) {
		ledger->pages[0].page = alloc_page(GFP_KERNEL);
		ledger->pages[0].freed = true;
		if (!ledger->pages[0].page)
			return NULL;
		ledger->nr_pages = 1;
		ledger->mapped = page_address(ledger->pages[0].page);
	}
	ledger->handed_out++;
	return ledger->pages[0].page;
}

static void *endless_vmap(struct ledger *ledger, struct page **pages,
			  unsigned int count)
{
	if (count > INT_MAX / PAGE_SIZE) {
		ledger_report(ledger, "vmap() of %u pages, more than any module has",
			      count);
		return NULL;
	}
	ledger->vmapped = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	return ledger->vmapped;
}

struct page *ledger_alloc_pages(gfp_t gfp, unsigned int order)
{
	struct ledger *ledger = ledger_current();
	struct page *page;

	if (ledger->orders.endless)
		return endless_page(ledger);
	ledger_expect_unmapped(ledger, "alloc_page()");
	ledger_expect_state(ledger, ledger->state, "alloc_page()");
	if (gfp != (GFP_KERNEL | __GFP_HIGHMEM) || order)
		ledger_report(ledger, "output page asked for with gfp %#x, order %u",
			      (__force unsigned int)gfp, order);
	if (!page_array_has_room(ledger))
		return NULL;
	if (ledger->nr_pages == ledger->max_pages) {
		if (ledger->orders.records) {
			ledger->denied++;
			return NULL;
		}
		ledger_report(ledger, "decompression does not end: %u pages and more",
			      ledger->nr_pages);
		ledger->fatal = true;
		return NULL;
	}
	ledger_unmapped(ledger);
	if (ledger_may_fail(ledger, LEDGER_ALLOC))
		return NULL;

	/* Drop wrong flags, which are reported above: they could do harm */
	page = alloc_page(GFP_KERNEL | (gfp & (__GFP_HIGHMEM | __GFP_ZERO)));
	if (!page) {
		ledger->denied++;
		ledger->short_of = PAGE_SIZE;
		return NULL;
	}
	if (PageHighMem(page))
		ledger->highmem++;
	ledger->pages[ledger->nr_pages++] = (struct ledger_page){ page };
	return page;
}

/*
 * Only decompress.c uses the page, so any other reference is a leak. Code that
 * scans all of memory may hold one for a moment: wait once before reporting it.
 */
static int references(struct ledger *ledger, struct page *page)
{
	if (page_count(page) != 1 && !ledger->waited) {
		msleep(20);
		ledger->waited = true;
	}
	return page_count(page);
}

static void check_freed_page(struct ledger *ledger, struct ledger_page *entry)
{
	int count = references(ledger, entry->page);

	if (count != 1) {
		ledger_report(ledger, "page %zd is freed with %d references to it",
			      entry - ledger->pages, count);
		entry->kept = count - 1;
	}
	if (PageReserved(entry->page) || PageLocked(entry->page))
		ledger_report(ledger, "page %zd is freed while reserved or locked",
			      entry - ledger->pages);
}

void ledger_free_pages(struct page *page, unsigned int order)
{
	struct ledger *ledger = ledger_current();
	struct ledger_page *entry;

	if (ledger->orders.endless) {
		ledger->handed_out--;
		return;
	}
	entry = find_page(ledger, page);
	if (!entry) {
		ledger_report(ledger, "free of a page that was never allocated");
		ledger->fatal = true;
		return;
	}
	if (entry->freed) {
		ledger_report(ledger, "page %zd freed twice", entry - ledger->pages);
		ledger->fatal = true;
	}
	ledger_unmapped(ledger);
	check_freed_page(ledger, entry);
	if (page == ledger->mapped_page)
		ledger_report(ledger, "mapped page %zd freed", entry - ledger->pages);
	if (ledger->vmapped)
		ledger_report(ledger, "page %zd freed before vunmap()",
			      entry - ledger->pages);
	entry->freed = true;
}

static void *map(struct ledger *ledger, struct page *page)
{
	switch (ledger->orders.mapper) {
	case LEDGER_KMAP:
		return kmap(page);
	case LEDGER_KMAP_LOCAL_FOLIO:
		return kmap_local_folio(page_folio(page), 0);
	default:
		return kmap_local_page(page);
	}
}

/**
 * ledger_unmap() - unmap the mapped page, by the address from kmap_local_page()
 * @ledger: the ledger
 *
 * Context: task context.
 */
void ledger_unmap(struct ledger *ledger)
{
	if (ledger->orders.mapper == LEDGER_KMAP)
		kunmap(ledger->mapped_page);
	else
		kunmap_local(ledger->mapped);
	ledger->mapped_page = NULL;
}

/*
 * A lowmem page needs no slot, except under DEBUG_KMAP_LOCAL_FORCE_MAP. On arm,
 * arch_kmap_local_high_get() reuses a mapping of kmap(), without a slot.
 */
static bool takes_slot(struct ledger *ledger)
{
	return page_address(ledger->mapped_page) != ledger->mapped;
}

/**
 * ledger_expect_mapped_state() - check the task's state while a page is mapped
 * @ledger: the ledger, which has a page mapped
 *
 * Context: task context.
 */
void ledger_expect_mapped_state(struct ledger *ledger)
{
	struct task_state want = ledger->state;

	if (ledger->orders.mapper != LEDGER_KMAP && takes_slot(ledger)) {
		if (IS_ENABLED(CONFIG_KMAP_LOCAL))
			want.kmap_idx += IS_ENABLED(CONFIG_DEBUG_KMAP_LOCAL) ?
					 2 : 1;
		if (IS_ENABLED(CONFIG_SMP))
			want.migration_disabled++;
	}
	ledger_expect_state(ledger, want, "while mapped");
}

void *ledger_kmap_local_page(struct page *page)
{
	struct ledger *ledger = ledger_current();
	struct ledger_page *entry;

	if (ledger->orders.endless)
		return ledger->mapped;
	if (ledger->mapped_page) {
		ledger_report(ledger, "a second page mapped on top of the first");
		ledger_unmap(ledger);
	}
	entry = find_page(ledger, page);
	if (!entry || entry->freed) {
		ledger_report(ledger, "map of a page that is not allocated");
		return NULL;
	}
	if (entry->maps++)
		ledger_report(ledger, "page %zd mapped again", entry - ledger->pages);

	ledger->mappings++;
	ledger->mapped = map(ledger, page);
	ledger->mapped_page = page;
	ledger_expect_mapped_state(ledger);
	return ledger->mapped;
}

void *ledger_kmap_local_folio(struct folio *folio, size_t offset)
{
	struct page *page = folio_page(folio, offset / PAGE_SIZE);

	return ledger_kmap_local_page(page) + offset % PAGE_SIZE;
}

void ledger_kunmap_local(const void *addr)
{
	struct ledger *ledger = ledger_current();

	if (ledger->orders.endless)
		return;
	if (!ledger->mapped_page) {
		ledger_report(ledger, "kunmap_local() with nothing mapped");
		return;
	}
	if (PTR_ALIGN_DOWN(addr, PAGE_SIZE) != ledger->mapped) {
		ledger_report(ledger,
			      "kunmap_local() outside the mapped page: %zd bytes from its start",
			      addr - ledger->mapped);
		/* Without the ledger, a stale PTE makes the next mapping BUG */
		ledger->fatal |= IS_ENABLED(CONFIG_KMAP_LOCAL_NON_LINEAR_PTE_ARRAY);
	}
	ledger_expect_mapped_state(ledger);
	ledger_unmap(ledger);
	ledger_expect_state(ledger, ledger->state, "after kunmap_local()");
	ledger_unmapped(ledger);
}

/* ledger_forbidden() reports the kunmap(); unmap the page nevertheless */
void ledger_kunmap_page(struct page *page)
{
	struct ledger *ledger = ledger_current();

	if (ledger->mapped_page == page)
		ledger_unmap(ledger);
}

void ledger_forbidden(const char *call)
{
	struct ledger *ledger = ledger_current();

	/* kmap() has few slots, and an unbalanced kunmap() hits a BUG */
	ledger_report(ledger, "%s on a page that may lie in highmem", call);
	ledger->fatal = true;
}

void *ledger_vmap(struct page **pages, unsigned int count, unsigned long flags,
		  pgprot_t prot)
{
	struct ledger *ledger = ledger_current();
	unsigned int i;

	if (ledger->orders.endless)
		return endless_vmap(ledger, pages, count);
	ledger_expect_unmapped(ledger, "vmap()");
	ledger_unmapped(ledger);
	if (flags != VM_MAP)
		ledger_report(ledger, "vmap() with flags %#lx", flags);
	if (pgprot_val(prot) != pgprot_val(PAGE_KERNEL))
		ledger_report(ledger, "vmap() with another protection than PAGE_KERNEL");
	if (!count || pages != ledger->info->pages ||
	    count != ledger->nr_pages) {
		ledger_report(ledger, "vmap() of %u pages where %u were filled", count,
			      ledger->nr_pages);
		return NULL;
	}
	for (i = 0; i < count; i++) {
		if (pages[i] != ledger->pages[i].page ||
		    ledger->pages[i].freed) {
			ledger_report(ledger, "vmap(): page %u is not the one filled",
				      i);
			return NULL;
		}
	}
	if (ledger_may_fail(ledger, LEDGER_VMAP))
		return NULL;

	ledger->vmap_pages = count;
	ledger->vmapped = vmap(pages, count, flags, prot);
	if (!ledger->vmapped) {
		ledger->denied++;
		ledger->short_of = array_size(count, PAGE_SIZE);
	}
	return ledger->vmapped;
}

void ledger_vunmap(const void *addr)
{
	struct ledger *ledger = ledger_current();

	if (!addr)
		return;
	if (addr != ledger->vmapped) {
		ledger_report(ledger, "vunmap() of what vmap() did not return");
		return;
	}
	vunmap(addr);
	ledger->vmapped = NULL;
}

/**
 * ledger_settle_pages() - report pages left mapped or allocated, and free all
 * @ledger: the ledger
 *
 * Context: may sleep.
 */
void ledger_settle_pages(struct ledger *ledger)
{
	unsigned int i;

	if (ledger->mapped_page) {
		ledger_report(ledger, "a page is left mapped");
		ledger_unmap(ledger);
	}
	if (ledger->vmapped) {
		ledger_report(ledger, "output is left mapped by vmap()");
		vunmap(ledger->vmapped);
	}
	if (ledger->handed_out)
		ledger_report(ledger, "output pages are not freed: %u",
			      ledger->handed_out);
	for (i = 0; i < ledger->nr_pages; i++) {
		if (!ledger->pages[i].freed)
			ledger_report(ledger, "output page %u is not freed", i);
		ClearPageReserved(ledger->pages[i].page);
		while (ledger->pages[i].kept-- > 0)
			put_page(ledger->pages[i].page);
		__free_page(ledger->pages[i].page);
	}
}
