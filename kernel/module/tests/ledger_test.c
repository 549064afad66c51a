// SPDX-License-Identifier: GPL-2.0
/* Test the ledger and the watch: break the rules, and check the reports. */
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "ledger.h"
#include "watch.h"
#include "../internal.h"

#define INPUT	"12345678"

/* Add a page to the page array, which the first call allocates for two pages */
static struct page *next_page(struct load_info *info)
{
	struct page *page;

	if (!info->pages)
		info->pages = ledger_kvmalloc(2, sizeof(page), GFP_KERNEL);
	info->max_pages = 2;
	page = ledger_alloc_pages(GFP_KERNEL | __GFP_HIGHMEM, 0);
	info->pages[info->used_pages++] = page;
	return page;
}

static void clean_up(struct load_info *info)
{
	unsigned int i;

	for (i = 0; i < info->used_pages; i++)
		ledger_free_pages(info->pages[i], 0);
	ledger_kvfree(info->pages);
}

/* The bug in module_gzip_decompress() since v6.0 */
static void unmaps_the_next_address(struct load_info *info)
{
	void *addr = ledger_kmap_local_page(next_page(info));

	ledger_kunmap_local(addr + PAGE_SIZE);
	clean_up(info);
}

static void unmaps_one_byte_below(struct load_info *info)
{
	void *addr = ledger_kmap_local_page(next_page(info));

	ledger_kunmap_local(addr - 1);
	clean_up(info);
}

static void unmaps_twice(struct load_info *info)
{
	void *addr = ledger_kmap_local_page(next_page(info));

	ledger_kunmap_local(addr);
	ledger_kunmap_local(addr);
	clean_up(info);
}

static void unmaps_in_order_of_mapping(struct load_info *info)
{
	struct page *one = next_page(info), *other = next_page(info);
	void *first = ledger_kmap_local_page(one);
	void *second = ledger_kmap_local_page(other);

	ledger_kunmap_local(first);
	ledger_kunmap_local(second);
	clean_up(info);
}

static void maps_too_many_pages(struct load_info *info)
{
	struct page *page = next_page(info);
	unsigned int i;

	for (i = 0; i <= LEDGER_MAX_MAPS; i++)
		ledger_kmap_local_page(page);
	clean_up(info);
}

static void maps_a_freed_page(struct load_info *info)
{
	struct page *page = next_page(info);

	clean_up(info);
	ledger_kmap_local_page(page);
}

static void leaves_a_page_mapped(struct load_info *info)
{
	ledger_kmap_local_page(next_page(info));
}

static void frees_a_mapped_page(struct load_info *info)
{
	ledger_kmap_local_page(next_page(info));
	clean_up(info);
}

static void disables_preemption_while_mapped(struct load_info *info)
{
	void *addr = ledger_kmap_local_page(next_page(info));

	preempt_disable();
	ledger_kunmap_local(addr);
	preempt_enable();
	clean_up(info);
}

static void disables_page_faults_while_mapped(struct load_info *info)
{
	void *addr = ledger_kmap_local_page(next_page(info));

	pagefault_disable();
	ledger_kunmap_local(addr);
	pagefault_enable();
	clean_up(info);
}

static void disables_interrupts_while_mapped(struct load_info *info)
{
	void *addr = ledger_kmap_local_page(next_page(info));

	local_irq_disable();
	ledger_kunmap_local(addr);
	local_irq_enable();
	clean_up(info);
}

static void calls_kmap(struct load_info *info)
{
	ledger_forbidden("kmap()");
}

static void takes_the_address_of_a_page(struct load_info *info)
{
	ledger_page_address(next_page(info));
}

static void leaves_a_memalloc_scope(struct load_info *info)
{
	memalloc_noio_save();
}

static void allocates_a_page_in_lowmem(struct load_info *info)
{
	info->pages = ledger_kvmalloc(1, sizeof(*info->pages), GFP_KERNEL);
	info->pages[info->used_pages++] = ledger_alloc_pages(GFP_KERNEL, 0);
	clean_up(info);
}

static void asks_for_a_movable_page(struct load_info *info)
{
	info->pages = ledger_kvmalloc(1, sizeof(*info->pages), GFP_KERNEL);
	info->pages[info->used_pages++] =
		ledger_alloc_pages(GFP_KERNEL | __GFP_HIGHMEM | __GFP_MOVABLE, 0);
	clean_up(info);
}

static void writes_past_the_page_array(struct load_info *info)
{
	next_page(info);
	next_page(info);
	next_page(info);
	ledger_alloc_pages(GFP_KERNEL | __GFP_HIGHMEM, 0);
	clean_up(info);
}

/* module_decompress() once ignored an error of module_extend_max_pages() */
static void goes_on_without_a_page_array(struct load_info *info)
{
	ledger_kvmalloc(1, SIZE_MAX, GFP_KERNEL);
	ledger_alloc_pages(GFP_KERNEL | __GFP_HIGHMEM, 0);
}

static void fills_more_than_the_page_array(struct load_info *info)
{
	info->pages = ledger_kvmalloc(2, sizeof(*info->pages),
				      GFP_KERNEL | __GFP_ZERO);
	ledger_alloc_pages_bulk(GFP_KERNEL | __GFP_HIGHMEM, 3, info->pages);
	clean_up(info);
}

static void forgets_a_page(struct load_info *info)
{
	next_page(info);
	info->used_pages = 0;
	clean_up(info);
}

static void frees_a_page_twice(struct load_info *info)
{
	ledger_free_pages(next_page(info), 0);
	clean_up(info);
}

static void frees_half_a_block(struct load_info *info)
{
	struct page *page = ledger_alloc_pages(GFP_KERNEL | __GFP_HIGHMEM, 1);

	ledger_free_pages(page, 0);
	ledger_free_pages(page, 1);
}

static void frees_an_unknown_page(struct load_info *info)
{
	ledger_free_pages(ZERO_PAGE(0), 0);
}

/* The seam does not rename get_page(): only the refcount shows the call */
static void keeps_a_reference(struct load_info *info)
{
	get_page(next_page(info));
	clean_up(info);
}

static void leaves_a_page_reserved(struct load_info *info)
{
	SetPageReserved(next_page(info));
	clean_up(info);
}

static void frees_memory_twice(struct load_info *info)
{
	void *p = ledger_kvmalloc(1, 8, GFP_KERNEL);

	ledger_kvfree(p);
	ledger_kvfree(p);
}

static void forgets_memory(struct load_info *info)
{
	ledger_kvmalloc(1, 8, GFP_KERNEL);
}

static void writes_past_memory(struct load_info *info)
{
	u8 *p = ledger_kvmalloc(1, 8, GFP_KERNEL);

	p[8] = 0;
	ledger_kvfree(p);
}

static void writes_to_freed_memory(struct load_info *info)
{
	u8 *p = ledger_kvmalloc(1, 8, GFP_KERNEL);

	ledger_kvfree(p);
	p[0] = 0;
}

static void allocates_without_end(struct load_info *info)
{
	unsigned int i;

	for (i = 0; i <= LEDGER_MAX_MEMORY; i++)
		ledger_kvmalloc(1, 8, GFP_KERNEL);
}

static void copies_past_memory(struct load_info *info)
{
	void *p = ledger_kvmalloc(1, 8, GFP_KERNEL);
	void *q = ledger_kvmalloc(1, 9, GFP_KERNEL);

	ledger_memcpy(q, p, 9);
	ledger_kvfree(p);
	ledger_kvfree(q);
}

static void copies_from_freed_memory(struct load_info *info)
{
	void *p = ledger_kvmalloc(1, 8, GFP_KERNEL);
	void *q = ledger_kvmalloc(1, 8, GFP_KERNEL);

	ledger_kvfree(p);
	ledger_memcpy(q, p, 8);
	ledger_kvfree(q);
}

static void frees_vmalloc_with_kfree(struct load_info *info)
{
	ledger_kfree(ledger_vmalloc(1, 8, GFP_KERNEL));
}

static void frees_kmalloc_with_vfree(struct load_info *info)
{
	ledger_vfree(ledger_kmalloc(1, 8, GFP_KERNEL));
}

static void uses_kmalloc_for_many_pages(struct load_info *info)
{
	ledger_kfree(ledger_kmalloc(9, PAGE_SIZE, GFP_KERNEL));
}

static void uses_more_than_a_window(struct load_info *info)
{
	ledger_kvmalloc(SIZE_MAX, 2, GFP_KERNEL | __GFP_NOWARN);
}

static void allocates_what_must_not_fail(struct load_info *info)
{
	ledger_kvfree(ledger_kvmalloc(1, 8, GFP_KERNEL | __GFP_NOFAIL));
}

static void allocates_from_the_reserves(struct load_info *info)
{
	ledger_kfree(ledger_kmalloc(1, 8, GFP_ATOMIC));
}

static void opens_the_reserves_for_a_page(struct load_info *info)
{
	unsigned int flags = memalloc_noreclaim_save();

	next_page(info);
	memalloc_noreclaim_restore(flags);
	clean_up(info);
}

static void opens_the_reserves_for_memory(struct load_info *info)
{
	unsigned int flags = memalloc_noreclaim_save();

	ledger_kfree(ledger_kmalloc(1, 8, GFP_KERNEL));
	memalloc_noreclaim_restore(flags);
}

static void allocates_a_page_from_the_reserves(struct load_info *info)
{
	ledger_alloc_pages(GFP_ATOMIC | __GFP_HIGHMEM, 0);
}

static void vmaps_past_the_page_array(struct load_info *info)
{
	next_page(info);
	ledger_vmap(info->pages, 3, VM_MAP, PAGE_KERNEL);
	clean_up(info);
}

static void vmaps_nothing(struct load_info *info)
{
	ledger_vmap(info->pages, 0, VM_MAP, PAGE_KERNEL);
}

static void vmaps_a_freed_page(struct load_info *info)
{
	ledger_free_pages(next_page(info), 0);
	ledger_vmap(info->pages, 1, VM_MAP, PAGE_KERNEL);
	info->used_pages = 0;
	clean_up(info);
}

/* PAGE_KERNEL_RO is PAGE_KERNEL on some architectures */
static void vmaps_with_another_protection(struct load_info *info)
{
	pgprot_t other = __pgprot(pgprot_val(PAGE_KERNEL) ^ 2);

	next_page(info);
	ledger_vunmap(ledger_vmap(info->pages, 1, VM_MAP, other));
	clean_up(info);
}

static void forgets_to_vunmap(struct load_info *info)
{
	next_page(info);
	ledger_vmap(info->pages, 1, VM_MAP, PAGE_KERNEL);
	clean_up(info);
}

static void forgets_the_output(struct load_info *info)
{
	next_page(info);
	ledger_vmap(info->pages, 1, VM_MAP, PAGE_KERNEL);
}

static void vmaps_without_flags(struct load_info *info)
{
	next_page(info);
	ledger_vunmap(ledger_vmap(info->pages, 1, 0, PAGE_KERNEL));
	clean_up(info);
}

static void vmaps_too_often(struct load_info *info)
{
	unsigned int i;

	next_page(info);
	for (i = 0; i <= LEDGER_MAX_VMAPS; i++)
		ledger_vmap(info->pages, 1, VM_MAP, PAGE_KERNEL);
}

static void vunmaps_the_next_address(struct load_info *info)
{
	next_page(info);
	ledger_vunmap(ledger_vmap(info->pages, 1, VM_MAP, PAGE_KERNEL) + PAGE_SIZE);
}

static void vunmaps_what_vm_map_ram_mapped(struct load_info *info)
{
	next_page(info);
	ledger_vunmap(ledger_vm_map_ram(info->pages, 1));
	clean_up(info);
}

/* Run zlib on in_size bytes of input, into a page from offset shift on */
static void decode_to(struct load_info *info, size_t in_size, ssize_t shift,
		      unsigned int runs)
{
	z_stream s = { };

	s.workspace = ledger_kvmalloc(1, zlib_inflate_workspacesize(),
				      GFP_KERNEL);
	ledger_zlib_init(&s, -MAX_WBITS);
	s.next_in = INPUT;
	s.avail_in = in_size;
	s.next_out = ledger_kmap_local_page(next_page(info));
	s.avail_out = PAGE_SIZE;
	s.next_out += shift;
	while (runs--)
		ledger_zlib_run(&s, 0);
	ledger_kunmap_local(s.next_out - shift);
	ledger_zlib_end(&s);
	ledger_kvfree(s.workspace);
	clean_up(info);
}

static void decodes_past_the_page(struct load_info *info)
{
	decode_to(info, strlen(INPUT), 1, 1);
}

static void decodes_past_the_input(struct load_info *info)
{
	decode_to(info, strlen(INPUT) + 1, 0, 1);
}

/* zlib reaches the end of the input, or fails, before the third run */
static void decodes_after_the_end(struct load_info *info)
{
	decode_to(info, strlen(INPUT), 0, 3);
}

static void limits_the_dictionary(struct load_info *info)
{
	ledger_xz_dec_end(ledger_xz_dec_init(XZ_DYNALLOC, SZ_32M));
}

static void logs_half_a_line(struct load_info *info)
{
	ledger_printk(KERN_ERR "half a line");
}

static void forgets_the_decoder(struct load_info *info)
{
	ledger_xz_dec_init(XZ_DYNALLOC, -1);
}

static void uses_no_decoder(struct load_info *info)
{
	z_stream s = { };

	ledger_zlib_run(&s, 0);
}

static void ignores_a_wrong_frame_header(struct load_info *info)
{
	void *workspace = ledger_kvmalloc(1, SZ_1M, GFP_KERNEL);
	zstd_frame_header header;

	ledger_zstd_get_frame_header(&header, INPUT, strlen(INPUT));
	ledger_zstd_init_dstream(header.windowSize, workspace, SZ_1M);
	ledger_kvfree(workspace);
}

static void frees_the_workspace_in_use(struct load_info *info)
{
	z_stream s = { };

	s.workspace = ledger_kvmalloc(1, zlib_inflate_workspacesize(),
				      GFP_KERNEL);
	ledger_zlib_init(&s, -MAX_WBITS);
	ledger_kvfree(s.workspace);
}

static void sets_up_a_small_workspace(struct load_info *info)
{
	z_stream s = { };

	s.workspace = ledger_kvmalloc(1, 8, GFP_KERNEL);
	ledger_zlib_init(&s, -MAX_WBITS);
	ledger_kvfree(s.workspace);
}

struct wrong {
	const char *name;
	void (*run)(struct load_info *info);
	const char *report;
};

#define WRONG(function, text)	{ #function, function, text }

static const struct wrong wrongs[] = {
	WRONG(unmaps_the_next_address, "[mapping: unmapped by an address outside the page]"),
	WRONG(unmaps_one_byte_below, "[mapping: unmapped by an address outside the page]"),
	WRONG(unmaps_in_order_of_mapping, "[mapping: unmapped by an address outside the page]"),
	WRONG(unmaps_twice, "[mapping: unmapped but not mapped]"),
	WRONG(maps_too_many_pages, "[mapping: too many at a time]"),
	WRONG(maps_a_freed_page, "[mapping: page not allocated]"),
	WRONG(leaves_a_page_mapped, "[mapping: not undone]"),
	WRONG(frees_a_mapped_page, "[output page: freed while mapped]"),
	WRONG(disables_preemption_while_mapped, "[state of the task: changed]"),
	WRONG(disables_page_faults_while_mapped, "[state of the task: changed]"),
	WRONG(disables_interrupts_while_mapped, "[state of the task: changed]"),
	WRONG(calls_kmap, "[mapping: call not allowed]"),
	WRONG(takes_the_address_of_a_page, "[mapping: call not allowed]"),
	WRONG(leaves_a_memalloc_scope, "[state of the task: changed]"),
	WRONG(allocates_a_page_in_lowmem, "[output page: flags not allowed]"),
	WRONG(asks_for_a_movable_page, "[output page: flags not allowed]"),
	WRONG(writes_past_the_page_array, "[page array: written past its end]"),
	WRONG(goes_on_without_a_page_array, "[page array: written past its end]"),
	WRONG(fills_more_than_the_page_array, "[page array: written past its end]"),
	WRONG(forgets_a_page, "[output page: not freed]"),
	WRONG(frees_a_page_twice, "[output page: freed twice]"),
	WRONG(frees_half_a_block, "[output page: freed in another order]"),
	WRONG(frees_an_unknown_page, "[output page: freed but not allocated]"),
	WRONG(keeps_a_reference, "[output page: freed with references to it]"),
	WRONG(leaves_a_page_reserved, "[output page: freed while reserved or locked]"),
	WRONG(frees_memory_twice, "[memory: freed but not allocated]"),
	WRONG(forgets_memory, "[memory: not freed]"),
	WRONG(writes_past_memory, "[memory: written past its end]"),
	WRONG(writes_to_freed_memory, "[memory: written after it was freed]"),
	WRONG(allocates_without_end, "[decompression does not end]"),
	WRONG(copies_past_memory, "[memory: copied past its end]"),
	WRONG(copies_from_freed_memory, "[memory: copied past its end]"),
	WRONG(frees_vmalloc_with_kfree, "[memory: freed by another function]"),
	WRONG(frees_kmalloc_with_vfree, "[memory: freed by another function]"),
	WRONG(uses_kmalloc_for_many_pages, "[memory: large and physically contiguous]"),
	WRONG(uses_more_than_a_window, "[memory: more than any decoder uses]"),
	WRONG(allocates_what_must_not_fail, "[memory: flags not allowed]"),
	WRONG(allocates_from_the_reserves, "[memory: flags not allowed]"),
	WRONG(allocates_a_page_from_the_reserves, "[output page: flags not allowed]"),
	WRONG(opens_the_reserves_for_a_page, "[output page: flags not allowed]"),
	WRONG(opens_the_reserves_for_memory, "[memory: flags not allowed]"),
	WRONG(vmaps_past_the_page_array, "[vmap(): not a page array]"),
	WRONG(vmaps_nothing, "[vmap(): not a page array]"),
	WRONG(vmaps_a_freed_page, "[vmap(): page not allocated]"),
	WRONG(vmaps_with_another_protection, "[vmap(): protection not allowed]"),
	WRONG(vmaps_without_flags, "[vmap(): flags not allowed]"),
	WRONG(vmaps_too_often, "[vmap(): too many at a time]"),
	WRONG(vunmaps_the_next_address, "[vunmap(): other address]"),
	WRONG(vunmaps_what_vm_map_ram_mapped, "[vunmap(): other function or count]"),
	WRONG(forgets_the_output, "[vmap(): not undone]"),
	WRONG(forgets_to_vunmap, "[output page: freed before vunmap()]"),
	WRONG(decodes_past_the_page, "[decoder: output out of bounds]"),
	WRONG(decodes_past_the_input, "[decoder: input out of bounds]"),
	WRONG(decodes_after_the_end, "[decoder: used after its end]"),
	WRONG(limits_the_dictionary, "[decoder: dictionary limit too low]"),
	WRONG(logs_half_a_line, "[message: no end of line]"),
	WRONG(forgets_the_decoder, "[decoder: left set up]"),
	WRONG(uses_no_decoder, "[decoder: not set up]"),
	WRONG(ignores_a_wrong_frame_header, "[decoder: no frame header]"),
	WRONG(frees_the_workspace_in_use, "[decoder: workspace freed]"),
	WRONG(sets_up_a_small_workspace, "[decoder: workspace too small]"),
};

static void wrong_desc(const struct wrong *wrong, char *desc)
{
	strscpy(desc, wrong->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrongs, wrong_desc);

/* Close the ledger; return true if @report is in one of the reports that it keeps */
static bool closes_with(struct ledger *ledger, const char *report)
{
	unsigned int i;

	ledger_close(ledger);
	for (i = 0; i < ledger->reports && i < LEDGER_MAX_REPORTS; i++)
		if (strstr(ledger->report[i], report))
			return true;
	return false;
}

/* Test that the ledger reports each broken rule */
static void ledger_reports(struct kunit *test)
{
	const struct wrong *wrong = test->param_value;
	struct ledger_orders orders = { };
	struct load_info info = { };
	struct ledger *ledger = test->priv;

	if (wrong->run == disables_preemption_while_mapped &&
	    !IS_ENABLED(CONFIG_PREEMPT_COUNT))
		kunit_skip(test, "preempt_disable() counts nothing: CONFIG_PREEMPT_COUNT");
	ledger_open(ledger, &orders, &info, INPUT, strlen(INPUT));
	wrong->run(&info);
	KUNIT_EXPECT_TRUE_MSG(test, closes_with(ledger, wrong->report),
			      "reported: \"%s\"", ledger->report[0]);
}

/* Test that requests above the ordered limit fail, and that they are counted */
static void ledger_records_denied_requests(struct kunit *test)
{
	struct ledger_orders orders = { .most_memory = SZ_4K };
	struct load_info info = { };
	struct ledger *ledger = test->priv;

	ledger_open(ledger, &orders, &info, INPUT, strlen(INPUT));
	ledger_kvfree(ledger_kvmalloc(1, SZ_4K, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, ledger->denied, 0);
	KUNIT_EXPECT_NULL(test, ledger_kvmalloc(1, SZ_4K + 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, ledger->denied, 1);
	KUNIT_EXPECT_EQ(test, ledger->short_of, 0);
	KUNIT_EXPECT_NULL(test, ledger_kvmalloc(SZ_4K, 2, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, ledger->denied, 2);
	ledger_close(ledger);
	ledger_has_no_reports(test, ledger, "denied requests");
}

/* Test that requests that find memory only if much is free fail, and break no rule */
static void ledger_fails_requests_that_need_ample_memory(struct kunit *test)
{
	struct ledger_orders orders = { };
	struct load_info info = { };
	struct ledger *ledger = test->priv;

	ledger_open(ledger, &orders, &info, INPUT, strlen(INPUT));
	KUNIT_EXPECT_NULL(test, ledger_alloc_pages(GFP_NOWAIT | __GFP_HIGHMEM |
						   __GFP_NOWARN, 0));
	KUNIT_EXPECT_NULL(test, ledger_kmalloc(1, 8, GFP_NOWAIT));
	KUNIT_EXPECT_NULL(test, ledger_kmalloc(1, 8, GFP_KERNEL |
						     __GFP_THISNODE));
	KUNIT_EXPECT_EQ(test, ledger->may_kill, 0);
	KUNIT_EXPECT_EQ(test, ledger->may_warn, 0);
	ledger->orders.ample_memory = true;
	ledger_kfree(ledger_kmalloc(1, 8, GFP_NOWAIT));
	KUNIT_EXPECT_EQ(test, ledger->nr_memory, 1);
	next_page(&info);
	clean_up(&info);
	ledger_close(ledger);
	ledger_has_no_reports(test, ledger, "requests that need ample memory");
}

/* Test that requests without the flags for a size from a file are counted */
static void ledger_counts_requests_that_may_do_harm(struct kunit *test)
{
	struct ledger_orders orders = { .most_memory = SZ_4K };
	struct load_info info = { };
	struct ledger *ledger = test->priv;

	ledger_open(ledger, &orders, &info, INPUT, strlen(INPUT));
	ledger_kvmalloc(1, SZ_4M, GFP_KERNEL);
	ledger_vmalloc(1, SZ_8M, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	KUNIT_EXPECT_EQ(test, ledger->may_kill, 0);
	KUNIT_EXPECT_EQ(test, ledger->may_warn, 0);
	ledger_kvmalloc(1, SZ_8M, GFP_KERNEL | __GFP_RETRY_MAYFAIL);
	KUNIT_EXPECT_EQ(test, ledger->may_kill, 0);
	KUNIT_EXPECT_EQ(test, ledger->may_warn, 1);
	ledger_vmalloc(1, SZ_8M, GFP_KERNEL | __GFP_NOWARN);
	KUNIT_EXPECT_EQ(test, ledger->may_kill, 1);
	KUNIT_EXPECT_EQ(test, ledger->may_warn, 1);
	ledger_close(ledger);
	ledger_has_no_reports(test, ledger, "requests that may do harm");
}

/* Test that a dictionary limit of more than INT_MAX is reported, once it is used */
static void ledger_reports_a_huge_dictionary(struct kunit *test)
{
	struct ledger_orders orders = { .xz_dict = SZ_2G };
	struct load_info info = { };
	struct ledger *ledger = test->priv;
	struct xz_buf b = { };
	struct xz_dec *s;

	ledger_open(ledger, &orders, &info, INPUT, strlen(INPUT));
	s = ledger_xz_dec_init(XZ_DYNALLOC, INT_MAX);
	KUNIT_EXPECT_EQ(test, ledger_xz_dec_run(s, &b), XZ_MEMLIMIT_ERROR);
	ledger_xz_dec_end(s);
	KUNIT_EXPECT_EQ(test, ledger->reports, 0);
	s = ledger_xz_dec_init(XZ_DYNALLOC, SZ_2G);
	KUNIT_EXPECT_EQ(test, ledger_xz_dec_run(s, &b), XZ_MEM_ERROR);
	ledger_xz_dec_end(s);
	KUNIT_EXPECT_TRUE(test, closes_with(ledger, "[decoder: dictionary limit too high]"));
}

static int stray(void *unused)
{
	ledger_vunmap(NULL);
	return 0;
}

/* Test that the ledger stops and counts a call by a task without a ledger */
static void a_call_without_a_ledger_is_counted(struct kunit *test)
{
	struct task_struct *thread = kthread_run(stray, NULL, "stray");
	unsigned int strays = 0, i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	for (i = 0; i < 500 && !strays; i++) {
		schedule_timeout_uninterruptible(1);
		strays = ledger_strays();
	}
	kthread_stop(thread);
	KUNIT_EXPECT_EQ(test, strays, 1);
	KUNIT_EXPECT_EQ(test, ledger_strays(), 0);
}

/* Test that the watch reports a complaint, and forgets it in watch_reset() */
static void watch_reports_a_warning(struct kunit *test)
{
	char line[160];

	KUNIT_EXPECT_FALSE(test, watch_report(line, sizeof(line)));
	pr_warn(WATCH_TEST " PID: %d\n", current->pid);
	KUNIT_EXPECT_TRUE(test, watch_report(line, sizeof(line)));
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, WATCH_TEST));
	watch_reset();
	KUNIT_EXPECT_FALSE(test, watch_report(line, sizeof(line)));
}

/* Test that the watch sees lines that the console hides, as under "quiet" */
static void watch_reads_lines_the_console_hides(struct kunit *test)
{
	char line[160];

	_printk(KERN_DEBUG WATCH_TEST " PID: %d\n", current->pid);
	KUNIT_EXPECT_TRUE(test, watch_report(line, sizeof(line)));
}

/* Test that the watch ignores KUnit's messages about a case */
static void watch_ignores_lines_of_the_suite(struct kunit *test)
{
	char line[160];

	kunit_err(test, WATCH_TEST ", decompression failed as nothing does\n");
	KUNIT_EXPECT_FALSE(test, watch_report(line, sizeof(line)));
	watch_errors(line, sizeof(line));
	KUNIT_EXPECT_NULL(test, strstr(line, "as nothing does"));
	pr_err("decompression failed with status 6\n");
	KUNIT_EXPECT_GE(test, watch_errors(line, sizeof(line)), 1);
}

/* Test that the watch recognises the PID of a task in each kind of report */
static void watch_tells_other_tasks_apart(struct kunit *test)
{
	static const char *const lines[] = {
		"WARNING: CPU: 1 PID: %d at mm/highmem.c:623 kunmap_local",
		"WARNING: mm/highmem.c:623 at kunmap_local, CPU#1: kworker/0:1/%d",
		"CPU: 1 UID: 0 PID: %d Comm: kunit_try_catch",
		"Read of size 1 at addr c1000000 by task kworker/u8:2/%d",
		"kunit_try_catch/%d is trying to acquire lock:",
		"in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: %d, name: x",
	};
	char line[100];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(line, sizeof(line), lines[i], current->pid);
		KUNIT_EXPECT_EQ(test, watch_owner(line), WATCH_OUR_TASK);
		snprintf(line, sizeof(line), lines[i], current->pid + 1);
		KUNIT_EXPECT_EQ(test, watch_owner(line), WATCH_OTHER_TASK);
	}
	KUNIT_EXPECT_EQ(test, watch_owner("BUG: Bad page state"), WATCH_NO_TASK);
	KUNIT_EXPECT_EQ(test, watch_owner("mm/highmem.c:623"), WATCH_NO_TASK);
}

/* Test that the watch finds the PID in a later line of a report */
static void watch_waits_for_the_line_with_the_pid(struct kunit *test)
{
	char line[160];

	watch_in_company();
	pr_warn(WATCH_TEST " first\n");
	KUNIT_EXPECT_FALSE(test, watch_report(line, sizeof(line)));
	pr_warn("CPU: 0 PID: %d Comm: stranger\n", current->pid + 1);
	KUNIT_EXPECT_FALSE(test, watch_report(line, sizeof(line)));
	pr_warn(WATCH_TEST " second\n");
	KUNIT_EXPECT_FALSE(test, watch_report(line, sizeof(line)));
	pr_warn("CPU: 0 PID: %d Comm: kunit\n", current->pid);
	KUNIT_EXPECT_TRUE(test, watch_report(line, sizeof(line)));
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, "second"));
}

static int selftest_init(struct kunit *test)
{
	struct ledger *ledger = vzalloc(sizeof(*ledger));

	watch_reset();
	test->priv = ledger;
	return ledger ? 0 : -ENOMEM;
}

static void selftest_exit(struct kunit *test)
{
	if (test->priv)
		ledger_abandon(test, test->priv);
	vfree(test->priv);
}

static struct kunit_case selftest_cases[] = {
	KUNIT_CASE_PARAM(ledger_reports, wrong_gen_params),
	KUNIT_CASE(ledger_records_denied_requests),
	KUNIT_CASE(ledger_fails_requests_that_need_ample_memory),
	KUNIT_CASE(ledger_counts_requests_that_may_do_harm),
	KUNIT_CASE(ledger_reports_a_huge_dictionary),
	KUNIT_CASE(a_call_without_a_ledger_is_counted),
	KUNIT_CASE(watch_reports_a_warning),
	KUNIT_CASE(watch_reads_lines_the_console_hides),
	KUNIT_CASE(watch_ignores_lines_of_the_suite),
	KUNIT_CASE(watch_tells_other_tasks_apart),
	KUNIT_CASE(watch_waits_for_the_line_with_the_pid),
	{ }
};

static struct kunit_suite selftest_suite = {
	.name = "module_decompress_selftest",
	.init = selftest_init,
	.exit = selftest_exit,
	.test_cases = selftest_cases,
};

kunit_test_suite(selftest_suite);
