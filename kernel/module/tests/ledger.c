// SPDX-License-Identifier: GPL-2.0
/*
 * The ledger: see ledger.h for what it is for.
 *
 * Nothing that is given back really goes back before ledger_close(): a second
 * free, or a use after it, is then an entry in the report and not a crash. For
 * the same reason a wrong kunmap_local() is reported and the right one done in
 * its place, so that one bug does not take the following cases with it.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ledger.h"
#include "../internal.h"

#define REDZONE		SZ_4K	/* a page array copied to too small a one fits */
#define REDZONE_BYTE	0xbb
#define POISON_NEW	0xa5
#define POISON_FREED	0x6b
#define POISON_MAX	SZ_4K	/* workspaces are large, and poison costs time */

/* A request of more than 2^order contiguous pages fails on a fragmented box */
#define CONTIGUOUS_ORDER	2

/* More than a page array or a workspace of gzip's takes: the file has its say */
#define FILES_CHOICE	SZ_4M

/* The dictionary of "xz -9": what anybody may write is to be taken */
#define XZ_LARGEST_PRESET	SZ_64M

/* Each task that calls decompress.c has its own ledger open */
static LIST_HEAD(ledgers);
static DEFINE_RAW_SPINLOCK(ledgers_lock);

/*
 * Most often there is but one, and its task finds it without the lock: nobody
 * else is told of it by this, and while it is open it is not another one here.
 */
static struct task_struct *sole_task;
static struct ledger *sole_ledger;

/* Calls of tasks that had none */
static atomic_t strays;

static __printf(2, 3) void report(struct ledger *ledger, const char *fmt, ...)
{
	char *text = ledger->report[min(ledger->reports, LEDGER_MAX_REPORTS - 1)];
	va_list args;

	if (ledger->reports < LEDGER_MAX_REPORTS) {
		va_start(args, fmt);
		vscnprintf(text, LEDGER_LINE, fmt, args);
		va_end(args);
	}
	/* Once is enough for what happens on every page */
	if (!ledger->reports || strcmp(text, text - LEDGER_LINE))
		ledger->reports++;
}

static void give_up(struct ledger *ledger);
static void __noreturn end_task(void);

static noinline struct ledger *find_among_ledgers(struct task_struct *task)
{
	struct ledger *ledger, *found = NULL;

	raw_spin_lock(&ledgers_lock);
	list_for_each_entry(ledger, &ledgers, node)
		if (ledger->task == task)
			found = ledger;
	raw_spin_unlock(&ledgers_lock);
	return found;
}

static struct ledger *find_ledger(struct task_struct *task)
{
	/* Pairs with note_sole_ledger() */
	if (smp_load_acquire(&sole_task) == task)
		return READ_ONCE(sole_ledger);
	return find_among_ledgers(task);
}

/* With ledgers_lock held, after each change */
static void note_sole_ledger(void)
{
	struct task_struct *task = NULL;

	if (list_is_singular(&ledgers)) {
		struct ledger *ledger = list_first_entry(&ledgers,
							 struct ledger, node);

		WRITE_ONCE(sole_ledger, ledger);
		task = ledger->task;
	}
	/* Pairs with find_ledger() */
	smp_store_release(&sole_task, task);
}

/* Every service begins with this, so it is where calls are counted */
static __always_inline struct ledger *current_ledger(void)
{
	struct ledger *ledger = find_ledger(current);

	if (!ledger) {
		atomic_inc(&strays);
		end_task();
	}
	if (unlikely(++ledger->calls > LEDGER_CALLS_PER_PAGE * ledger->max_pages))
		give_up(ledger);
	return ledger;
}

/**
 * ledger_strays() - count calls that no ledger was open for, and forget them
 *
 * Context: any.
 * Return: the number of such calls since it was last asked for.
 */
unsigned int ledger_strays(void)
{
	return atomic_xchg(&strays, 0);
}

/**
 * task_state_now() - take down what mappings change in the current task
 *
 * Context: any.
 * Return: the state now.
 */
struct task_state task_state_now(void)
{
	struct task_state state = {
#ifdef CONFIG_KMAP_LOCAL
		.kmap_idx = current->kmap_ctrl.idx,
#endif
#ifdef CONFIG_SMP
		.migration_disabled = current->migration_disabled,
#endif
		.preempt_count = preempt_count(),
		.pagefault_disabled = current->pagefault_disabled,
		.irqs_disabled = irqs_disabled(),
	};

	return state;
}

/**
 * task_state_equal() - compare two task states
 * @a: one state
 * @b: the other
 *
 * Return: true if nothing differs.
 */
bool task_state_equal(struct task_state a, struct task_state b)
{
	return a.kmap_idx == b.kmap_idx &&
	       a.migration_disabled == b.migration_disabled &&
	       a.preempt_count == b.preempt_count &&
	       a.pagefault_disabled == b.pagefault_disabled &&
	       a.irqs_disabled == b.irqs_disabled;
}

static void expect_state(struct ledger *ledger, struct task_state want,
			 const char *when)
{
	struct task_state is = task_state_now();

	if (!task_state_equal(is, want))
		report(ledger,
		       "%s: kmap idx %d, not %d; migration off %d, not %d; preempt %x, not %x; pagefault off %d, not %d; irqs off %d, not %d",
		       when, is.kmap_idx, want.kmap_idx,
		       is.migration_disabled, want.migration_disabled,
		       is.preempt_count, want.preempt_count,
		       is.pagefault_disabled, want.pagefault_disabled,
		       is.irqs_disabled, want.irqs_disabled);
}

/**
 * ledger_open() - begin to record what the current task's decompress.c does
 * @ledger: the ledger; what it held is forgotten
 * @orders: what to do besides recording
 * @info: what will be passed to decompress.c
 * @in: its input
 * @in_size: size of @in in bytes
 *
 * Context: task context; each task can have one ledger open at a time.
 */
void ledger_open(struct ledger *ledger, const struct ledger_orders *orders,
		 struct load_info *info, const void *in, size_t in_size)
{
	memset(ledger, 0, offsetof(struct ledger, memory));
	ledger->orders = *orders;
	ledger->info = info;
	ledger->in = in;
	ledger->in_size = in_size;
	ledger->task = current;
	ledger->state = task_state_now();
	ledger->pages = orders->pages ?: ledger->own_pages;
	ledger->max_pages = orders->pages ? orders->max_pages :
			    orders->endless ? orders->endless + 8 :
			    LEDGER_MAX_PAGES;
	raw_spin_lock(&ledgers_lock);
	list_add(&ledger->node, &ledgers);
	note_sole_ledger();
	raw_spin_unlock(&ledgers_lock);
}

static bool may_fail(struct ledger *ledger, enum ledger_service service)
{
	if (!(ledger->orders.fail_services & service))
		return false;
	if (++ledger->fallible != ledger->orders.fail_nth)
		return false;
	ledger->failed = true;
	ledger->denied++;
	return true;
}

static void unmapped(struct ledger *ledger)
{
	if (ledger->orders.unmapped)
		ledger->orders.unmapped(ledger->orders.context);
}

/* Memory and pages are asked for, and given back, with nothing mapped */
static void expect_unmapped(struct ledger *ledger, const char *call)
{
	if (ledger->mapped_page)
		report(ledger, "%s while a page is mapped", call);
}

static struct ledger_page *find_page(struct ledger *ledger, struct page *page)
{
	unsigned int i, at;

	/* They are freed in the order they came: start at the last one found */
	for (i = 0; i < ledger->nr_pages; i++) {
		at = (ledger->page_cursor + i) % ledger->nr_pages;
		if (ledger->pages[at].page == page) {
			ledger->page_cursor = at;
			return &ledger->pages[at];
		}
	}
	return NULL;
}

static struct ledger_memory *find_memory(struct ledger *ledger, const void *p)
{
	unsigned int i;

	/* What is looked for most often is what came last, the page array */
	for (i = ledger->nr_memory; i--;)
		if (ledger->memory[i].p == p && !ledger->memory[i].freed)
			return &ledger->memory[i];
	return NULL;
}

/* Page number used_pages is about to be written to the page array */
static bool page_array_has_room(struct ledger *ledger)
{
	struct load_info *info = ledger->info;
	struct ledger_memory *array = find_memory(ledger, info->pages);
	size_t size = array ? array->size : 0;

	if (size != array_size(info->max_pages, sizeof(*info->pages)))
		report(ledger, "a page array of %zu bytes for %u pages", size,
		       info->max_pages);
	if (size >= array_size(info->used_pages + 1, sizeof(*info->pages)))
		return true;
	report(ledger, "page %u would be written past the end of a page array of %zu bytes",
	       info->used_pages, size);
	ledger->fatal = true;
	return false;
}

/* One page for all of them, which costs nothing to map */
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
		report(ledger, "vmap() of %u pages, more than any module has",
		       count);
		return NULL;
	}
	ledger->vmapped = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	return ledger->vmapped;
}

struct page *ledger_alloc_pages(gfp_t gfp, unsigned int order)
{
	struct ledger *ledger = current_ledger();
	struct page *page;

	if (ledger->orders.endless)
		return endless_page(ledger);
	expect_unmapped(ledger, "alloc_page()");
	expect_state(ledger, ledger->state, "alloc_page()");
	if (gfp != (GFP_KERNEL | __GFP_HIGHMEM) || order)
		report(ledger, "output page asked for with gfp %#x, order %u",
		       (__force unsigned int)gfp, order);
	if (!page_array_has_room(ledger))
		return NULL;
	if (ledger->nr_pages == ledger->max_pages) {
		if (ledger->orders.pages) {
			ledger->denied++;
			return NULL;
		}
		report(ledger, "decompression does not end: %u pages and more",
		       ledger->nr_pages);
		ledger->fatal = true;
		return NULL;
	}
	unmapped(ledger);
	if (may_fail(ledger, LEDGER_ALLOC))
		return NULL;

	/* What was asked for is reported: it is not to take the kernel down */
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
 * Nobody but decompress.c knows of the page: a reference that it keeps is a page
 * that is never given back. Who walks all of memory takes one for a moment.
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

	if (count != 1)
		report(ledger, "page %zd is freed with %d references to it",
		       entry - ledger->pages, count);
	if (PageReserved(entry->page) || PageLocked(entry->page))
		report(ledger, "page %zd is freed while reserved or locked",
		       entry - ledger->pages);
}

void ledger_free_pages(struct page *page, unsigned int order)
{
	struct ledger *ledger = current_ledger();
	struct ledger_page *entry;

	if (ledger->orders.endless) {
		ledger->handed_out--;
		return;
	}
	entry = find_page(ledger, page);
	if (!entry) {
		report(ledger, "free of a page that was never allocated");
		ledger->fatal = true;
		return;
	}
	if (entry->freed) {
		report(ledger, "page %zd freed twice", entry - ledger->pages);
		ledger->fatal = true;
	}
	unmapped(ledger);
	check_freed_page(ledger, entry);
	if (page == ledger->mapped_page)
		report(ledger, "mapped page %zd freed", entry - ledger->pages);
	if (ledger->vmapped)
		report(ledger, "page %zd freed before vunmap()",
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

static void unmap(struct ledger *ledger)
{
	if (ledger->orders.mapper == LEDGER_KMAP)
		kunmap(ledger->mapped_page);
	else
		kunmap_local(ledger->mapped);
	ledger->mapped_page = NULL;
}

/*
 * A loop without end, which KUnit would let run for minutes, ends the case; in a
 * thread of the case's own, the thread, as soon as that is waited for.
 */
static void give_up(struct ledger *ledger)
{
	report(ledger, "decompression does not end: %u calls and more",
	       ledger->calls - 1);
	ledger->fatal = true;
	if (ledger->mapped_page)
		unmap(ledger);
	end_task();
}

/* What it was in the middle of is reported by ledger_abandon() */
static void __noreturn end_task(void)
{
	if (current->kunit_test)
		kunit_try_catch_throw(&current->kunit_test->try_catch);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	kthread_exit(0);
}

/* What kmap_local_page() promises of the task while the page is mapped */
static void expect_mapped_state(struct ledger *ledger)
{
	struct task_state want = ledger->state;
	/* Without highmem, DEBUG_KMAP_LOCAL_FORCE_MAP does not force anything */
	bool takes_slot = PageHighMem(ledger->mapped_page) ||
			  (IS_ENABLED(CONFIG_HIGHMEM) &&
			   IS_ENABLED(CONFIG_DEBUG_KMAP_LOCAL_FORCE_MAP));

	if (ledger->orders.mapper != LEDGER_KMAP && takes_slot) {
		if (IS_ENABLED(CONFIG_KMAP_LOCAL))
			want.kmap_idx += IS_ENABLED(CONFIG_DEBUG_KMAP_LOCAL) ?
					 2 : 1;
		if (IS_ENABLED(CONFIG_SMP))
			want.migration_disabled++;
	}
	expect_state(ledger, want, "while mapped");
}

void *ledger_kmap_local_page(struct page *page)
{
	struct ledger *ledger = current_ledger();
	struct ledger_page *entry;

	if (ledger->orders.endless)
		return ledger->mapped;
	if (ledger->mapped_page) {
		report(ledger, "a second page mapped on top of the first");
		unmap(ledger);
	}
	entry = find_page(ledger, page);
	if (!entry || entry->freed) {
		report(ledger, "map of a page that is not allocated");
		return NULL;
	}
	if (entry->runs++)
		report(ledger, "page %zd mapped again", entry - ledger->pages);

	ledger->mappings++;
	ledger->mapped = map(ledger, page);
	ledger->mapped_page = page;
	expect_mapped_state(ledger);
	return ledger->mapped;
}

void *ledger_kmap_local_folio(struct folio *folio, size_t offset)
{
	struct page *page = folio_page(folio, offset / PAGE_SIZE);

	return ledger_kmap_local_page(page) + offset % PAGE_SIZE;
}

void ledger_kunmap_local(const void *addr)
{
	struct ledger *ledger = current_ledger();

	if (ledger->orders.endless)
		return;
	if (!ledger->mapped_page) {
		report(ledger, "kunmap_local() with nothing mapped");
		return;
	}
	if (PTR_ALIGN_DOWN(addr, PAGE_SIZE) != ledger->mapped)
		report(ledger,
		       "kunmap_local() outside the mapped page: %zd bytes from its start",
		       addr - ledger->mapped);
	expect_mapped_state(ledger);
	unmap(ledger);
	expect_state(ledger, ledger->state, "after kunmap_local()");
	unmapped(ledger);
}

/* kunmap() takes the page: where that is the mapped one, set things right */
void ledger_kunmap_page(struct page *page)
{
	struct ledger *ledger = current_ledger();

	if (ledger->mapped_page == page)
		unmap(ledger);
}

void ledger_forbidden(const char *call)
{
	struct ledger *ledger = current_ledger();

	/* Of kmap()'s slots there are few, and an unbalanced kunmap() is a BUG */
	report(ledger, "%s on a page that may lie in highmem", call);
	ledger->fatal = true;
}

void *ledger_vmap(struct page **pages, unsigned int count, unsigned long flags,
		  pgprot_t prot)
{
	struct ledger *ledger = current_ledger();
	unsigned int i;

	if (ledger->orders.endless)
		return endless_vmap(ledger, pages, count);
	expect_unmapped(ledger, "vmap()");
	unmapped(ledger);
	if (flags != VM_MAP)
		report(ledger, "vmap() with flags %#lx", flags);
	if (pgprot_val(prot) != pgprot_val(PAGE_KERNEL))
		report(ledger, "vmap() with another protection than PAGE_KERNEL");
	if (!count || pages != ledger->info->pages ||
	    count != ledger->nr_pages) {
		report(ledger, "vmap() of %u pages where %u were filled", count,
		       ledger->nr_pages);
		return NULL;
	}
	for (i = 0; i < count; i++) {
		if (pages[i] != ledger->pages[i].page ||
		    ledger->pages[i].freed) {
			report(ledger, "vmap(): page %u is not the one filled",
			       i);
			return NULL;
		}
	}
	if (may_fail(ledger, LEDGER_VMAP))
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
	struct ledger *ledger = current_ledger();

	if (!addr)
		return;
	if (addr != ledger->vmapped) {
		report(ledger, "vunmap() of what vmap() did not return");
		return;
	}
	vunmap(addr);
	ledger->vmapped = NULL;
}

static void *remember(struct ledger *ledger, void *p, size_t size, bool kmalloc,
		      bool vmalloc, gfp_t gfp)
{
	struct ledger_memory *memory = &ledger->memory[ledger->nr_memory];

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

/* The checks that every kind of request has to pass; false: refuse it */
static bool may_allocate(struct ledger *ledger, size_t size, gfp_t gfp)
{
	expect_unmapped(ledger, "allocation");
	expect_state(ledger, ledger->state, "allocation");
	if ((gfp & ~(__GFP_ZERO | __GFP_NOWARN)) != GFP_KERNEL)
		report(ledger, "%zu bytes asked for with gfp %#x", size,
		       (__force unsigned int)gfp);
	if (ledger->nr_memory == LEDGER_MAX_MEMORY) {
		report(ledger, "%u allocations and more", ledger->nr_memory);
		return false;
	}
	unmapped(ledger);
	if (may_fail(ledger, LEDGER_ALLOC))
		return false;
	if (ledger->orders.most_memory && size > ledger->orders.most_memory) {
		ledger->denied++;
		return false;
	}
	return true;
}

/* Other flags are reported, and not passed on: some wait for ever */
static gfp_t quiet(gfp_t gfp)
{
	return GFP_KERNEL | __GFP_NOWARN | (gfp & __GFP_ZERO);
}

void *ledger_kmalloc(size_t n, size_t size, gfp_t gfp)
{
	struct ledger *ledger = current_ledger();
	size_t bytes = array_size(n, size);

	if (bytes > PAGE_SIZE << CONTIGUOUS_ORDER)
		report(ledger, "%zu bytes asked for in one physically contiguous piece",
		       bytes);
	if (!may_allocate(ledger, bytes, gfp))
		return NULL;
	return remember(ledger, kmalloc(size_add(bytes, REDZONE), quiet(gfp)),
			bytes, true, false, gfp);
}

void *ledger_kvmalloc(size_t n, size_t size, gfp_t gfp)
{
	struct ledger *ledger = current_ledger();
	size_t bytes = array_size(n, size);
	void *p = NULL;

	if (may_allocate(ledger, bytes, gfp))
		p = remember(ledger,
			     kvmalloc(size_add(bytes, REDZONE), quiet(gfp)),
			     bytes, false, false, gfp);
	/* kvmalloc() of more than INT_MAX; vmalloc() dumps stack and memory */
	if (!p && bytes > FILES_CHOICE && !(gfp & __GFP_NOWARN))
		report(ledger, "%zu bytes asked for, not to be had, and the kernel would warn",
		       bytes);
	return p;
}

void *ledger_vmalloc(size_t size, gfp_t gfp)
{
	struct ledger *ledger = current_ledger();

	report(ledger, "%zu bytes from vmalloc(), whose address space is scarce",
	       size);
	if (!may_allocate(ledger, size, gfp))
		return NULL;
	return remember(ledger, __vmalloc(size_add(size, REDZONE), quiet(gfp)),
			size, false, true, gfp);
}

static void check_redzone(struct ledger *ledger, struct ledger_memory *memory)
{
	if (memchr_inv(memory->p + memory->size, REDZONE_BYTE, REDZONE)) {
		report(ledger, "written past the end of an allocation of %zu bytes",
		       memory->size);
		ledger->fatal = true;
	}
}

static void forget(const void *p, const char *call, bool takes_kmalloc,
		   bool takes_vmalloc)
{
	struct ledger *ledger = current_ledger();
	struct ledger_memory *memory;

	if (ZERO_OR_NULL_PTR(p))
		return;
	expect_unmapped(ledger, call);
	unmapped(ledger);
	memory = find_memory(ledger, p);
	if (!memory) {
		report(ledger, "%s of memory that is not allocated", call);
		ledger->fatal = true;
		return;
	}
	if ((memory->kmalloc || !memory->vmalloc) && !takes_kmalloc)
		report(ledger, "%s of memory that may be kmalloc()ed", call);
	if ((memory->vmalloc || !memory->kmalloc) && !takes_vmalloc)
		report(ledger, "%s of memory that may be vmalloc()ed", call);
	if (p == ledger->workspace) {
		/* zstd's lives in it, and goes with it; zlib's has an end */
		if (ledger->decoder >= p &&
		    ledger->decoder < p + memory->size)
			ledger->decoder = NULL;
		if (ledger->decoder)
			report(ledger, "%s of the workspace of a running decoder",
			       call);
		ledger->workspace = NULL;
	}
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

/* kvrealloc() as of v6.12: the size of the old memory is known to it */
void *ledger_kvrealloc(const void *p, size_t size, gfp_t gfp)
{
	struct ledger *ledger = current_ledger();
	struct ledger_memory *old = NULL;
	void *new;

	if (p) {
		old = find_memory(ledger, p);
		if (!old) {
			report(ledger, "kvrealloc() of memory that is not allocated");
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

/* What is copied from, and to, is the caller's own */
static bool is_allocated(struct ledger *ledger, const void *p, size_t n)
{
	struct ledger_memory *memory;
	unsigned int i;

	for (i = 0; i < ledger->nr_memory; i++) {
		memory = &ledger->memory[i];
		if (!memory->freed && p >= memory->p &&
		    p + n <= memory->p + memory->size)
			return true;
	}
	return !n;
}

void *ledger_memcpy(void *to, const void *from, size_t n)
{
	struct ledger *ledger = current_ledger();

	if (is_allocated(ledger, to, n) && is_allocated(ledger, from, n))
		return memcpy(to, from, n);
	report(ledger, "memcpy() of %zu bytes that are not all allocated", n);
	ledger->fatal = true;
	return to;
}

static bool workspace_suffices(struct ledger *ledger, const void *workspace,
			       size_t need)
{
	struct ledger_memory *memory = find_memory(ledger, workspace);

	if (memory && memory->size >= need)
		return true;
	report(ledger, "decoder set up with a workspace of %zu bytes, needs %zu",
	       memory ? memory->size : 0, need);
	return false;
}

static void decoder_begin(struct ledger *ledger, const void *decoder,
			  const void *workspace)
{
	if (ledger->decoder)
		report(ledger, "a second decoder set up");
	ledger->decoder = decoder;
	ledger->ended = false;
	ledger->workspace = workspace;
}

static void decoder_end(struct ledger *ledger, const void *decoder)
{
	if (!decoder || ledger->decoder != decoder)
		report(ledger, "end of a decoder that is not set up");
	ledger->decoder = NULL;
}

/* A decoder reads the input and writes the page that is mapped: nothing else */
static bool may_decode(struct ledger *ledger, const void *decoder,
		       const void *in, size_t in_size, void *out,
		       size_t out_size)
{
	unsigned int reports = ledger->reports;

	if (!decoder || decoder != ledger->decoder)
		report(ledger, "use of a decoder that is not set up");
	if (ledger->ended)
		report(ledger, "use of a decoder that has come to its end, or failed");
	if (in < ledger->in || in_size > ledger->in_size ||
	    in + in_size != ledger->in + ledger->in_size)
		report(ledger, "decoder given bytes %zd to %zd of %zu",
		       in - ledger->in, in + in_size - ledger->in,
		       ledger->in_size);
	if (!ledger->mapped_page || out < ledger->mapped ||
	    out_size > PAGE_SIZE ||
	    out + out_size > ledger->mapped + PAGE_SIZE)
		report(ledger, "decoder given %zu bytes of room outside the mapped page",
		       out_size);
	if (++ledger->runs > ledger->max_pages) {
		report(ledger, "decompression does not end: %u runs and more",
		       ledger->runs);
		ledger->fatal = true;
	}
	if (ledger->mapped_page)
		expect_mapped_state(ledger);
	return reports == ledger->reports;
}

/* Has the decoder of orders.endless more to come? */
static bool endless_run(struct ledger *ledger)
{
	return ++ledger->runs < ledger->orders.endless;
}

static void midway(struct ledger *ledger)
{
	ledger->orders.midway(ledger->orders.context);
	expect_mapped_state(ledger);
}

int ledger_zlib_init(z_stream *s, int window_bits)
{
	struct ledger *ledger = current_ledger();
	int rc;

	if (!workspace_suffices(ledger, s->workspace,
				zlib_inflate_workspacesize()) ||
	    may_fail(ledger, LEDGER_DECODER))
		return ledger->status = Z_MEM_ERROR;
	rc = zlib_inflateInit2(s, window_bits);
	if (rc == Z_OK)
		decoder_begin(ledger, s, s->workspace);
	ledger->status = rc;
	return rc;
}

/* It may have to be asked once more, with a new page, to say that input is short */
int ledger_zlib_run(z_stream *s, int flush)
{
	struct ledger *ledger = current_ledger();
	unsigned int rest;
	int rc;

	if (ledger->orders.endless) {
		s->avail_out = 0;
		return endless_run(ledger) ? Z_OK : Z_STREAM_END;
	}
	if (!may_decode(ledger, s, s->next_in, s->avail_in, s->next_out,
			s->avail_out))
		return Z_STREAM_ERROR;
	rest = ledger->orders.midway ? s->avail_out / 2 : 0;
	s->avail_out -= rest;
	rc = zlib_inflate(s, flush);
	if (rest)
		midway(ledger);
	s->avail_out += rest;
	if (rest && rc == Z_OK && s->avail_out == rest)
		rc = zlib_inflate(s, flush);
	ledger->ended = rc != Z_OK;
	ledger->status = rc;
	return rc;
}

int ledger_zlib_end(z_stream *s)
{
	decoder_end(current_ledger(), s);
	return zlib_inflateEnd(s);
}

struct xz_dec *ledger_xz_dec_init(enum xz_mode mode, u32 dict_max)
{
	struct ledger *ledger = current_ledger();
	struct xz_dec *s;

	expect_unmapped(ledger, "xz_dec_init()");
	unmapped(ledger);
	if (mode != XZ_DYNALLOC || dict_max < XZ_LARGEST_PRESET) {
		report(ledger, "xz_dec_init() in mode %d with at most %u bytes",
		       mode, dict_max);
		return NULL;
	}
	if (may_fail(ledger, LEDGER_DECODER) || may_fail(ledger, LEDGER_ALLOC))
		return NULL;
	s = xz_dec_init(mode, dict_max);
	if (s)
		decoder_begin(ledger, s, NULL);
	else
		ledger->denied++;
	return s;
}

/* Between two pages that are filled in part, the output would have a hole */
static void expect_no_hole(struct ledger *ledger)
{
	if (ledger->room)
		report(ledger, "a page begun with %zu bytes of room in the last one",
		       ledger->room);
}

enum xz_ret ledger_xz_dec_run(struct xz_dec *s, struct xz_buf *b)
{
	struct ledger *ledger = current_ledger();
	size_t rest;
	enum xz_ret ret;

	if (ledger->orders.endless) {
		b->out_pos = b->out_size;
		return endless_run(ledger) ? XZ_OK : XZ_STREAM_END;
	}
	if (!ledger->runs && b->in_pos)
		report(ledger, "xz_dec_run() begins at byte %zu", b->in_pos);
	expect_no_hole(ledger);
	if (b->in_pos > b->in_size || b->out_pos > b->out_size ||
	    !may_decode(ledger, s, b->in, b->in_size, b->out, b->out_size))
		return XZ_BUF_ERROR;
	if (ledger->orders.xz_mem_error) {
		ledger->denied++;
		return ledger->status = XZ_MEM_ERROR;
	}
	rest = ledger->orders.midway ? (b->out_size - b->out_pos) / 2 : 0;
	b->out_size -= rest;
	ret = xz_dec_run(s, b);
	if (rest)
		midway(ledger);
	b->out_size += rest;
	if (rest && ret == XZ_OK && b->out_pos == b->out_size - rest)
		ret = xz_dec_run(s, b);
	if (ret == XZ_MEM_ERROR)
		ledger->denied++;
	ledger->ended = ret != XZ_OK;
	ledger->status = ret;
	ledger->room = b->out_size - b->out_pos;
	return ret;
}

void ledger_xz_dec_end(struct xz_dec *s)
{
	struct ledger *ledger = current_ledger();

	expect_unmapped(ledger, "xz_dec_end()");
	unmapped(ledger);
	if (ledger->decoder != s || !s) {
		decoder_end(ledger, s);
		return;
	}
	decoder_end(ledger, s);
	xz_dec_end(s);
}

size_t ledger_zstd_get_frame_header(zstd_frame_header *header, const void *src,
				    size_t size)
{
	struct ledger *ledger = current_ledger();
	size_t ret;

	if (src != ledger->in || size != ledger->in_size) {
		report(ledger, "frame header sought in %zu bytes where %zu were loaded",
		       size, ledger->in_size);
		return 1;
	}
	ret = zstd_get_frame_header(header, src, size);
	ledger->window = header->windowSize;
	return ret;
}

zstd_dstream *ledger_zstd_init_dstream(size_t window, void *workspace,
				       size_t size)
{
	struct ledger *ledger = current_ledger();
	zstd_dstream *s;

	if (window != ledger->window)
		report(ledger, "decoder set up for a window of %zu bytes, not %zu",
		       window, ledger->window);
	if (!workspace_suffices(ledger, workspace,
				max(size, zstd_dstream_workspace_bound(window))) ||
	    may_fail(ledger, LEDGER_DECODER))
		return NULL;
	s = zstd_init_dstream(window, workspace, size);
	if (s)
		decoder_begin(ledger, s, workspace);
	return s;
}

size_t ledger_zstd_decompress_stream(zstd_dstream *s, zstd_out_buffer *out,
				     zstd_in_buffer *in)
{
	struct ledger *ledger = current_ledger();
	size_t rest, ret;

	if (ledger->orders.endless) {
		out->pos = out->size;
		return endless_run(ledger);
	}
	expect_no_hole(ledger);
	if (in->pos > in->size || out->pos > out->size ||
	    !may_decode(ledger, s, in->src, in->size, out->dst, out->size))
		return -(size_t)ZSTD_error_GENERIC;
	rest = ledger->orders.midway ? (out->size - out->pos) / 2 : 0;
	out->size -= rest;
	ret = zstd_decompress_stream(s, out, in);
	if (rest)
		midway(ledger);
	out->size += rest;
	if (rest && ret && !zstd_is_error(ret) &&
	    out->pos == out->size - rest)
		ret = zstd_decompress_stream(s, out, in);
	ledger->ended = !ret || zstd_is_error(ret);
	ledger->status = zstd_get_error_code(ret);
	ledger->room = out->size - out->pos;
	return ret;
}

/* pr_err() and pr_warn(): kept for the cases to read, off the console */
void ledger_printk(const char *fmt, ...)
{
	struct ledger *ledger = current_ledger();
	va_list args;

	va_start(args, fmt);
	vscnprintf(ledger->log, sizeof(ledger->log), printk_skip_level(fmt),
		   args);
	va_end(args);
	ledger->log_level = printk_get_level(fmt) - '0';
	ledger->log_lines++;
	if (!strchr(ledger->log, '\n'))
		report(ledger, "a message without an end: \"%s\"", ledger->log);
}

int ledger_sysfs_create_file(struct kobject *kobj, const struct attribute *attr)
{
	struct ledger *ledger = current_ledger();

	ledger->attribute = attr;
	ledger->kobj = kobj;
	return may_fail(ledger, LEDGER_SYSFS) ? -ENOMEM : 0;
}

static void end_record(struct ledger *ledger)
{
	raw_spin_lock(&ledgers_lock);
	list_del(&ledger->node);
	note_sole_ledger();
	raw_spin_unlock(&ledgers_lock);
	ledger->task = NULL;
}

/* There is no other way to end a record than by one that looks at its reports */
static bool fail_for_reports(struct kunit *test, const struct ledger *ledger,
			     const char *what)
{
	unsigned int i;

	for (i = 0; i < ledger->reports && i < LEDGER_MAX_REPORTS; i++)
		KUNIT_FAIL(test, "%s: %s", what, ledger->report[i]);
	if (ledger->reports > LEDGER_MAX_REPORTS)
		KUNIT_FAIL(test, "%s: and %u more", what,
			   ledger->reports - LEDGER_MAX_REPORTS);
	return !ledger->reports;
}

/**
 * ledger_abandon() - end a record whose task is no more
 * @test: the test that it was for; fails if the record was not closed
 * @ledger: a ledger, open or not
 *
 * A task that died in the middle cannot close its ledger. What it held is lost,
 * but the ledger can be freed, and the others go on.
 *
 * Context: task context.
 */
void ledger_abandon(struct kunit *test, struct ledger *ledger)
{
	if (!ledger->task)
		return;
	end_record(ledger);
	report(ledger, "the task ended in the middle, after %u calls",
	       ledger->calls);
	fail_for_reports(test, ledger, "abandoned");
}

/* Report what decompress.c left behind, and give it back */
static void settle(struct ledger *ledger)
{
	unsigned int i;

	end_record(ledger);
	if (ledger->mapped_page) {
		report(ledger, "a page is left mapped");
		unmap(ledger);
	}
	if (ledger->decoder)
		report(ledger, "a decoder is left set up");
	if (ledger->vmapped) {
		report(ledger, "output is left mapped by vmap()");
		vunmap(ledger->vmapped);
	}
	if (ledger->handed_out)
		report(ledger, "output pages are not freed: %u",
		       ledger->handed_out);
	for (i = 0; i < ledger->nr_pages; i++) {
		if (!ledger->pages[i].freed)
			report(ledger, "output page %u is not freed", i);
		ClearPageReserved(ledger->pages[i].page);
		while (page_count(ledger->pages[i].page) > 1)
			put_page(ledger->pages[i].page);
		__free_page(ledger->pages[i].page);
	}
	for (i = 0; i < ledger->nr_memory; i++) {
		if (!ledger->memory[i].freed) {
			report(ledger, "%zu bytes are not freed",
			       ledger->memory[i].size);
			check_redzone(ledger, &ledger->memory[i]);
		}
		kvfree(ledger->memory[i].p);
	}
	expect_state(ledger, ledger->state, "at the end");
}

/**
 * ledger_close() - end the record, and give back what was held
 * @test: the test that it is for; fails for each broken rule
 * @ledger: an open ledger; its findings stay readable
 * @what: names the input in messages
 *
 * What decompress.c left behind is a broken rule, too.
 *
 * Context: the task that opened @ledger.
 * Return: true if there is nothing to report.
 */
bool ledger_close(struct kunit *test, struct ledger *ledger, const char *what)
{
	settle(ledger);
	return fail_for_reports(test, ledger, what);
}

/**
 * ledger_close_expecting() - the same, where a rule is broken on purpose
 * @ledger: an open ledger; its findings stay readable
 * @report: a piece of what it is to report
 *
 * Context: the task that opened @ledger.
 * Return: true if it is among the first %LEDGER_MAX_REPORTS reports.
 */
bool ledger_close_expecting(struct ledger *ledger, const char *report)
{
	unsigned int i;

	settle(ledger);
	for (i = 0; i < ledger->reports && i < LEDGER_MAX_REPORTS; i++)
		if (strstr(ledger->report[i], report))
			return true;
	return false;
}

/**
 * ledger_close_fatal() - the same, where only one thing is asked for
 * @ledger: an open ledger; its findings stay readable
 *
 * Context: the task that opened @ledger.
 * Return: true if the kernel would not have lived through it without a ledger.
 */
bool ledger_close_fatal(struct ledger *ledger)
{
	settle(ledger);
	return ledger->fatal;
}
