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

/*
 * Check the page array when a page is allocated. The page array may be extended
 * before or after that, but not filled past its end. If a full page array could not
 * be extended, there is no place for another page.
 */
static bool page_array_has_room(struct ledger *ledger)
{
	struct load_info *info = ledger->info;
	struct ledger_memory *array = ledger_find_memory(ledger, info->pages);
	size_t room = array ? array->size / sizeof(*info->pages) : 0;
	bool not_extended = ledger->memory_denied || (ledger->denied && !room);

	if (info->used_pages < room || (info->used_pages == room && !not_extended))
		return true;
	ledger_report(ledger, "page array: written past its end",
		      "page %u of a page array of %zu", info->used_pages, room);
	return false;
}

/* Hand out the same lowmem page each time: it needs no mapping */
static struct page *endless_page(struct ledger *ledger)
{
	struct page *page = ledger->pages[0].page;

	if (!page_array_has_room(ledger))
		return NULL;
	if (!ledger->nr_pages) {
		page = alloc_page(GFP_KERNEL);
		if (!page) {
			ledger->denied++;
			ledger->short_of = PAGE_SIZE;
			return NULL;
		}
		INIT_LIST_HEAD(&page->lru);
		ledger->pages[0].page = page;
		ledger->pages[0].freed = true;
		ledger->nr_pages = 1;
	}
	/* A page can be in a list only once */
	if (!list_empty(&page->lru)) {
		ledger->listed = true;
		ledger->denied++;
		return NULL;
	}
	ledger->handed_out++;
	return page;
}

/*
 * The pages must allow highmem, and vmap() maps them for long, so they must not
 * be movable. The file decides how many there are, so the allocation may fail,
 * and must not use the reserves. Other flags do not matter.
 */
static void check_flags(struct ledger *ledger, gfp_t gfp)
{
	if (!(gfp & __GFP_HIGHMEM) ||
	    (gfp & (LEDGER_FORBIDDEN_GFP | __GFP_MOVABLE)))
		ledger_report(ledger, "output page: flags not allowed",
			      "alloc_page() with gfp %#x",
			      (__force unsigned int)gfp);
}

static bool has_records(struct ledger *ledger, unsigned int count)
{
	if (ledger->nr_pages + count <= ledger->max_pages)
		return true;
	if (ledger->orders.records) {
		ledger->denied++;
		return false;
	}
	ledger_report(ledger, "decompression does not end",
		      "%u output pages and more", ledger->nr_pages);
	return false;
}

struct page *ledger_alloc_pages(gfp_t gfp, unsigned int order)
{
	struct ledger *ledger = ledger_current();
	struct ledger_page *entry;
	struct page *page;
	unsigned int i;

	if (ledger->orders.endless)
		return endless_page(ledger);
	ledger_expect_mapped_state(ledger, "alloc_page()");
	check_flags(ledger, gfp | ledger_scope_gfp());
	ledger_note_flags(ledger, gfp);
	if (!page_array_has_room(ledger))
		return NULL;
	if (!has_records(ledger, 1 << order))
		return NULL;
	ledger_unmapped(ledger);
	if (!ledger_serves(ledger, gfp) || ledger_may_fail(ledger, LEDGER_ALLOC))
		return NULL;

	/* Drop other flags: they could do harm */
	page = alloc_pages(GFP_KERNEL | (gfp & (__GFP_HIGHMEM | __GFP_ZERO |
						__GFP_NOWARN | __GFP_COMP)), order);
	if (!page) {
		ledger->denied++;
		ledger->short_of = PAGE_SIZE << order;
		return NULL;
	}
	/* The ledger frees each page by itself, unless the block is one folio */
	if (order && !(gfp & __GFP_COMP))
		split_page(page, order);
	for (i = 0; i < 1 << order; i++) {
		entry = &ledger->pages[ledger->nr_pages++];
		*entry = (struct ledger_page){
			.page = page + i,
			.order = i ? LEDGER_TAIL : order,
			.folio = order && (gfp & __GFP_COMP),
		};
		if (PageHighMem(page + i))
			ledger->highmem++;
	}
	return page;
}

/*
 * Stand in for alloc_pages_bulk_array(), which fills the empty entries. It may
 * return with fewer pages than requested; the second batch does if memory is low.
 */
unsigned long ledger_alloc_pages_bulk(gfp_t gfp, unsigned long count,
				      struct page **array)
{
	struct ledger *ledger = ledger_current();
	unsigned long i;

	if (ledger_room(ledger, array) < array_size(count, sizeof(*array))) {
		ledger_report(ledger, "page array: written past its end",
			      "alloc_pages_bulk() of %lu pages", count);
		return 0;
	}
	if (++ledger->batches == 2 && count > 1 && !ledger->orders.ample_memory)
		count--;
	for (i = 0; i < count; i++) {
		if (!array[i])
			array[i] = ledger_alloc_pages(gfp, 0);
		if (!array[i])
			break;
	}
	return i;
}

/* From now on, each page of the block must be freed by itself */
void ledger_split_page(struct page *page, unsigned int order)
{
	struct ledger *ledger = ledger_current();
	struct ledger_page *entry = find_page(ledger, page);
	unsigned int i;

	if (ledger->orders.endless) {
		ledger->handed_out += (1 << order) - 1;
		return;
	}
	for (i = 0; entry && i < 1 << order; i++)
		entry[i].order = 0;
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
	unsigned int i;

	if (count != 1) {
		ledger_report(ledger, "output page: freed with references to it",
			      "page %zd with %d", entry - ledger->pages, count);
		entry->kept = count - 1;
	}
	if (PageReserved(entry->page) || PageLocked(entry->page))
		ledger_report(ledger, "output page: freed while reserved or locked",
			      "page %zd", entry - ledger->pages);
	for (i = 0; i < ledger->nr_maps; i++)
		if (ledger->map[i].page == entry->page)
			ledger_report(ledger, "output page: freed while mapped",
				      "page %zd", entry - ledger->pages);
	for (i = 0; i < LEDGER_MAX_VMAPS; i++)
		if (ledger->vmap[i].addr)
			ledger_report(ledger, "output page: freed before vunmap()",
				      "page %zd", entry - ledger->pages);
}

static void free_entry(struct ledger *ledger, struct ledger_page *entry)
{
	if (entry->freed)
		ledger_report(ledger, "output page: freed twice", "page %zd",
			      entry - ledger->pages);
	/* The other pages of a folio have no count of their own */
	if (!entry->folio || entry->order != LEDGER_TAIL)
		check_freed_page(ledger, entry);
	entry->freed = true;
	if (ledger->linear == page_address(entry->page))
		ledger->linear_size = 0;
}

void ledger_free_pages(struct page *page, unsigned int order)
{
	struct ledger *ledger = ledger_current();
	struct ledger_page *entry;
	unsigned int i;

	if (ledger->orders.endless) {
		ledger->handed_out--;
		return;
	}
	entry = find_page(ledger, page);
	if (!entry) {
		ledger_report(ledger, "output page: freed but not allocated",
			      "__free_pages() of order %u", order);
		return;
	}
	ledger_unmapped(ledger);
	if (entry->order != order) {
		ledger_report(ledger, "output page: freed in another order",
			      "page %zd, order %u", entry - ledger->pages, order);
		return;
	}
	for (i = 0; i < 1 << order; i++)
		free_entry(ledger, entry + i);
}

/* Stand in for put_page() and folio_put(): only the last reference frees */
void ledger_put_page(struct page *page)
{
	struct ledger *ledger = ledger_current();
	struct ledger_page *entry = find_page(ledger, page);

	if (entry && page_count(page) > 1) {
		put_page(page);
		return;
	}
	if (!entry || !entry->folio) {
		ledger_free_pages(page, 0);
		return;
	}
	/* The last reference to any page of a folio frees all of the folio */
	while (entry->order == LEDGER_TAIL)
		entry--;
	ledger_free_pages(entry->page, entry->order);
}

/**
 * ledger_unmap() - undo the last mapping, by the address that it returned
 * @ledger: the ledger, which has a page mapped
 *
 * Context: task context.
 */
void ledger_unmap(struct ledger *ledger)
{
	struct ledger_map *last = &ledger->map[--ledger->nr_maps];

	kunmap_local(last->addr);
}

/*
 * Note what kmap_local_page() has changed: how many slots a mapping takes, and
 * whether the task can move to another CPU, differs by page and architecture.
 */
static struct task_state state_with_mapping(struct ledger *ledger)
{
	struct task_state now = ledger_state_now(), state = ledger->state;

	state.kmap_idx = now.kmap_idx;
	state.migration_disabled = now.migration_disabled;
	return state;
}

/**
 * ledger_expect_mapped_state() - check that the task's state is as it was after
 *	the last mapping, or at the start if no page is mapped
 * @ledger: the ledger
 * @when: call or situation, for the report
 *
 * Context: task context.
 */
void ledger_expect_mapped_state(struct ledger *ledger, const char *when)
{
	struct task_state want = ledger->state;

	if (ledger->nr_maps)
		want = ledger->map[ledger->nr_maps - 1].state;
	ledger_expect_state(ledger, want, when);
}

void *ledger_kmap_local_page(struct page *page)
{
	struct ledger *ledger = ledger_current();
	struct ledger_page *entry;
	void *addr;

	if (ledger->orders.endless)
		return page_address(ledger->pages[0].page);
	entry = find_page(ledger, page);
	if (!entry || entry->freed) {
		ledger_report(ledger, "mapping: page not allocated",
			      "kmap_local_page(), mapping %u", ledger->mappings);
		return NULL;
	}
	if (ledger->nr_maps == LEDGER_MAX_MAPS) {
		ledger_report(ledger, "mapping: too many at a time",
			      "more than %u", ledger->nr_maps);
		ledger_unmap(ledger);
	}
	ledger->mappings++;
	addr = kmap_local_page(page);
	ledger->map[ledger->nr_maps++] = (struct ledger_map){
		.page = page,
		.addr = addr,
		.state = state_with_mapping(ledger),
	};
	ledger_expect_mapped_state(ledger, "while mapped");
	return addr;
}

void *ledger_kmap_local_folio(struct folio *folio, size_t offset)
{
	struct page *page = folio_page(folio, offset / PAGE_SIZE);

	return ledger_kmap_local_page(page) + offset % PAGE_SIZE;
}

void ledger_kunmap_local(const void *addr)
{
	struct ledger *ledger = ledger_current();
	const void *mapped;

	if (ledger->orders.endless)
		return;
	if (!ledger->nr_maps) {
		ledger_report(ledger, "mapping: unmapped but not mapped",
			      "kunmap_local() after mapping %u", ledger->mappings);
		return;
	}
	mapped = ledger->map[ledger->nr_maps - 1].addr;
	if (PTR_ALIGN_DOWN(addr, PAGE_SIZE) != mapped)
		ledger_report(ledger, "mapping: unmapped by an address outside the page",
			      "kunmap_local() %zd bytes from its start",
			      addr - mapped);
	ledger_expect_mapped_state(ledger, "while mapped");
	ledger_unmap(ledger);
	ledger_expect_mapped_state(ledger, "after kunmap_local()");
	ledger_unmapped(ledger);
}

/* ledger_forbidden() reports the kunmap(); unmap the page nevertheless */
void ledger_kunmap_page(struct page *page)
{
	struct ledger *ledger = ledger_current();

	if (ledger->nr_maps && ledger->map[ledger->nr_maps - 1].page == page)
		ledger_unmap(ledger);
}

void ledger_forbidden(const char *call)
{
	struct ledger *ledger = ledger_current();

	/* kmap() has few slots, and an unbalanced kunmap() hits a BUG */
	ledger_report(ledger, "mapping: call not allowed",
		      "%s on a page that may lie in highmem", call);
}

/* From now on, the ledger allows page_address() if the page is in lowmem */
bool ledger_is_highmem(struct page *page)
{
	struct ledger_page *entry = find_page(ledger_current(), page);

	if (entry)
		entry->lowmem = !PageHighMem(page);
	return PageHighMem(page);
}

/* The address leads to all pages that follow this one in memory */
void *ledger_page_address(struct page *page)
{
	struct ledger *ledger = ledger_current();
	struct ledger_page *entry = find_page(ledger, page);
	unsigned int i, n = 1;

	if (!entry || !entry->lowmem) {
		ledger_forbidden("page_address()");
		return ledger_kmap_local_page(page);
	}
	for (i = entry - ledger->pages + 1; i < ledger->nr_pages &&
	     ledger->pages[i].page == page + n; i++)
		n++;
	ledger->linear = page_address(page);
	ledger->linear_size = n * PAGE_SIZE;
	return page_address(page);
}

static bool vmap_is_allowed(struct ledger *ledger, struct page **pages,
			    unsigned int count, unsigned long flags)
{
	struct ledger_page *entry;
	unsigned int i;

	if (!count || ledger_room(ledger, pages) < array_size(count, sizeof(*pages))) {
		ledger_report(ledger, "vmap(): not a page array",
			      "%u pages at %p", count, pages);
		return false;
	}
	for (i = 0; i < count && !ledger->orders.endless; i++) {
		entry = find_page(ledger, pages[i]);
		if (entry && !entry->freed)
			continue;
		ledger_report(ledger, "vmap(): page not allocated",
			      "page %u of %u", i, count);
		return false;
	}
	if (!(flags & VM_MAP) || (flags & VM_IOREMAP))
		ledger_report(ledger, "vmap(): flags not allowed", "%#lx", flags);
	return true;
}

/*
 * The ledger frees the pages itself. A simulated output has one page, which is
 * mapped once: there may be many calls.
 */
static void *really_vmap(struct ledger *ledger, struct page **pages,
			 unsigned int count, unsigned long flags)
{
	if (!ledger->orders.endless)
		return vmap(pages, count, flags & ~VM_MAP_PUT_PAGES, PAGE_KERNEL);
	if (!ledger->endless_vmap)
		ledger->endless_vmap = vmap(pages, 1, VM_MAP, PAGE_KERNEL);
	return ledger->endless_vmap;
}

void *ledger_vmap(struct page **pages, unsigned int count, unsigned long flags,
		  pgprot_t prot)
{
	struct ledger *ledger = ledger_current();
	struct ledger_vmap *area = ledger_find_vmap(ledger, NULL);

	ledger->vmaps++;
	ledger_unmapped(ledger);
	if (!vmap_is_allowed(ledger, pages, count, flags))
		return NULL;
	/* The module loader writes to the output, and nothing runs there */
	if (pgprot_val(prot) != pgprot_val(PAGE_KERNEL))
		ledger_report(ledger, "vmap(): protection not allowed",
			      "other than PAGE_KERNEL");
	if (!area) {
		ledger_report(ledger, "vmap(): too many at a time", "more than %u",
			      LEDGER_MAX_VMAPS);
		return NULL;
	}
	if (ledger_may_fail(ledger, LEDGER_VMAP))
		return NULL;

	area->size = array_size(count, PAGE_SIZE);
	area->put = flags & VM_MAP_PUT_PAGES ? pages : NULL;
	area->ram = 0;
	area->addr = really_vmap(ledger, pages, count, flags);
	if (!area->addr) {
		ledger->denied++;
		ledger->short_of = area->size;
	}
	return area->addr;
}

static void undo_vmap(struct ledger *ledger, struct ledger_vmap *area)
{
	if (!ledger->orders.endless)
		vunmap(area->addr);
	area->addr = NULL;
}

/* Unmap what vm_map_ram() mapped of @ram pages, or vmap() if @ram is 0 */
static void unmap(struct ledger *ledger, const void *addr, unsigned int ram)
{
	struct ledger_vmap *area = addr ? ledger_find_vmap(ledger, addr) : NULL;

	if (!area) {
		ledger_report(ledger, "vunmap(): other address",
			      "than vmap() returned");
		return;
	}
	if (area->ram != ram)
		ledger_report(ledger, "vunmap(): other function or count",
			      "vm_unmap_ram() of %u pages, not %u; 0 is vunmap()",
			      ram, area->ram);
	undo_vmap(ledger, area);
}

void ledger_vunmap(const void *addr)
{
	struct ledger *ledger = ledger_current();

	if (addr)
		unmap(ledger, addr, 0);
}

void *ledger_vm_map_ram(struct page **pages, unsigned int count)
{
	void *addr = ledger_vmap(pages, count, VM_MAP, PAGE_KERNEL);

	if (addr)
		ledger_find_vmap(ledger_current(), addr)->ram = count;
	return addr;
}

void ledger_vm_unmap_ram(const void *addr, unsigned int count)
{
	unmap(ledger_current(), addr, count);
}

/**
 * ledger_vfree_pages() - stand in for vfree() after vmap() with VM_MAP_PUT_PAGES
 * @addr: argument of vfree()
 *
 * Context: task context.
 * Return: true if @addr was mapped so, and is unmapped and freed now.
 */
bool ledger_vfree_pages(const void *addr)
{
	struct ledger_vmap *area = NULL;
	struct page **pages;
	size_t i, count;

	if (addr)
		area = ledger_find_vmap(ledger_current(), addr);
	if (!area || !area->put)
		return false;
	pages = area->put;
	count = area->size / PAGE_SIZE;
	ledger_vunmap(addr);
	for (i = 0; i < count; i++)
		ledger_put_page(pages[i]);
	ledger_kvfree(pages);
	return true;
}

/**
 * ledger_find_vmap() - look up a mapping of vmap()
 * @ledger: the ledger
 * @addr: address that vmap() returned; NULL: look up a free entry
 *
 * Context: task context.
 * Return: the entry, or NULL if there is none.
 */
struct ledger_vmap *ledger_find_vmap(struct ledger *ledger, const void *addr)
{
	unsigned int i;

	for (i = 0; i < LEDGER_MAX_VMAPS; i++)
		if (ledger->vmap[i].addr == addr)
			return &ledger->vmap[i];
	return NULL;
}

static void settle_mappings(struct ledger *ledger)
{
	unsigned int i;

	if (ledger->nr_maps)
		ledger_report(ledger, "mapping: not undone", "%u left",
			      ledger->nr_maps);
	while (ledger->nr_maps)
		ledger_unmap(ledger);
	for (i = 0; i < LEDGER_MAX_VMAPS; i++) {
		if (!ledger->vmap[i].addr)
			continue;
		ledger_report(ledger, "vmap(): not undone", "%zu bytes",
			      ledger->vmap[i].size);
		undo_vmap(ledger, &ledger->vmap[i]);
	}
	if (ledger->endless_vmap)
		vunmap(ledger->endless_vmap);
}

static void release(struct ledger_page *entry)
{
	ClearPageReserved(entry->page);
	while (entry->kept-- > 0)
		put_page(entry->page);
	if (!entry->folio)
		__free_page(entry->page);
	else if (entry->order != LEDGER_TAIL)
		__free_pages(entry->page, entry->order);
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

	settle_mappings(ledger);
	if (ledger->handed_out)
		ledger_report(ledger, "output page: not freed", "%u blocks",
			      ledger->handed_out);
	for (i = 0; i < ledger->nr_pages; i++) {
		if (!ledger->pages[i].freed)
			ledger_report(ledger, "output page: not freed", "page %u", i);
		release(&ledger->pages[i]);
	}
}
