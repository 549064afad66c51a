/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ledger stands between decompress.c and the kernel services it calls. It
 * records each call, checks the call against the rules, and passes it on. It
 * can also make a call fail, or disturb the task during a call.
 *
 * A rule holds what a document, a header or a format promises: mm/highmem.c and
 * Documentation/mm/highmem.rst for mappings, finit_module(2) for errors.
 */
#ifndef _MODULE_TESTS_LEDGER_H
#define _MODULE_TESTS_LEDGER_H

#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xz.h>
#include <linux/zlib.h>
#include <linux/zstd.h>

/* struct load_info has a page array only with this, and the suite always needs it. */
#ifndef CONFIG_MODULE_DECOMPRESS
#define CONFIG_MODULE_DECOMPRESS	1
#endif

struct attribute;
struct kobject;
struct kset;
struct kunit;
struct load_info;

/* Twice the pages of the largest payload, 4 MiB, and some to spare */
#define LEDGER_MAX_PAGES	(SZ_8M / PAGE_SIZE + 64)
/* Decompression with more calls for each page of output does not end */
#define LEDGER_CALLS_PER_PAGE	256
#define LEDGER_CALLS_PER_ENDLESS_PAGE	12
#define LEDGER_MAX_MEMORY	64
#define LEDGER_MAX_MAPS		4
#define LEDGER_MAX_VMAPS	4
/* The order of all pages of a block but the first */
#define LEDGER_TAIL		0xff
#define LEDGER_MAX_REPORTS	4U
#define LEDGER_LINE		160
#define LEDGER_LOG		256

/* Services that the ledger can make fail */
enum ledger_service {
	LEDGER_ALLOC = 1,	/* pages, page array, workspaces, xz's state */
	LEDGER_VMAP = 2,
	LEDGER_DECODER = 4,	/* setting up zlib, xz or zstd */
	LEDGER_SYSFS = 8,	/* sysfs_create_file() */
	LEDGER_MEMORY = 16,	/* page array, workspaces */
};

/**
 * struct task_state - the state of a task that mapping a page may change
 * @kmap_idx: depth of the nesting stack; 0 without CONFIG_KMAP_LOCAL
 * @migration_disabled: nesting depth of migrate_disable(); 0 without CONFIG_SMP
 * @preempt_count: preempt_count(), without PREEMPT_NEED_RESCHED
 * @pagefault_disabled: nesting depth of pagefault_disable()
 * @irqs_disabled: whether interrupts are off
 */
struct task_state {
	int kmap_idx;
	int migration_disabled;
	int preempt_count;
	int pagefault_disabled;
	bool irqs_disabled;
};

/**
 * struct ledger_memory - one allocation other than an output page
 * @p: address that the caller received
 * @size: size in bytes, without the redzone behind the allocation
 * @vmalloc: the memory is from vmalloc(), so kfree() must not free it
 * @kmalloc: the memory is from kmalloc(), so vfree() must not free it
 * @freed: the caller freed the memory; the ledger keeps it, poisoned, until it
 *	needs the entry or closes
 */
struct ledger_memory {
	void *p;
	size_t size;
	bool vmalloc;
	bool kmalloc;
	bool freed;
};

/**
 * struct ledger_page - one output page
 * @page: the page
 * @kept: number of extra references to the page when the caller freed it
 * @order: order in which the page must be freed; %LEDGER_TAIL: with another page
 * @folio: the page is part of a folio of several pages
 * @lowmem: the caller asked whether the page lies in highmem, and it does not
 * @freed: the caller freed the page; the ledger keeps it until it closes
 */
struct ledger_page {
	struct page *page;
	int kept;
	u8 order;
	bool folio;
	bool lowmem;
	bool freed;
};

/**
 * struct ledger_map - one mapping of an output page
 * @page: the page
 * @addr: address that the caller received
 * @state: state of the task with this mapping
 */
struct ledger_map {
	struct page *page;
	void *addr;
	struct task_state state;
};

/**
 * struct ledger_vmap - one mapping by vmap() or vm_map_ram()
 * @addr: address that the caller received; NULL: the entry is free
 * @size: size in bytes
 * @put: page array that vfree() of @addr frees, with its pages, or NULL
 * @ram: number of pages for vm_unmap_ram(), or 0 if vunmap() must be called
 */
struct ledger_vmap {
	void *addr;
	size_t size;
	struct page **put;
	unsigned int ram;
};

/**
 * struct ledger_orders - what the ledger does besides recording
 * @fail_services: mask of enum ledger_service; the ledger counts their calls
 * @fail_nth: number of the counted call that fails, from 1; 0: no call fails
 * @fail_on: all later calls fail, too
 * @xz_dict: size in bytes of the xz dictionary that the file declares, for which
 *	xz_dec_run() is to find no memory; 0: run the decoder
 * @most_memory: largest allocation in bytes that does not fail; 0: no limit
 * @ample_memory: requests that may not sleep or want memory of one node succeed,
 *	and alloc_pages_bulk() returns all pages; otherwise the former always fail,
 *	and the latter returns less once
 * @endless: length in pages of a simulated output: the ledger does not run the
 *	decoder, but hands out the same page each time and reports all output as
 *	written; the input needs only a header; 0: run the decoder
 * @unmapped: callback in allocations, frees, vmap(), and after decoder calls and
 *	kunmap_local(), if no page is mapped then
 * @midway: callback in the middle of each decoder call and each memcpy() to a
 *	mapped page
 * @context: argument of @unmapped and @midway
 * @records: array for output pages if the input is not from the suite, and may
 *	need more than %LEDGER_MAX_PAGES; NULL: the array in struct ledger
 * @max_records: length of @records; page allocations beyond it fail
 */
struct ledger_orders {
	unsigned int fail_services;
	unsigned int fail_nth;
	bool fail_on;
	u32 xz_dict;
	size_t most_memory;
	bool ample_memory;
	unsigned int endless;
	void (*unmapped)(void *context);
	void (*midway)(void *context);
	void *context;
	struct ledger_page *records;
	unsigned int max_records;
};

/**
 * struct ledger - the record of one decompression
 * @orders: copy of the orders passed to ledger_open()
 * @failed: the call selected by fail_nth in @orders was made, and failed
 * @denied: number of requests that failed: as ordered, for lack of memory, for
 *	a page in a list, or inside the decoder. A request that may not sleep and
 *	fails is not counted.
 * @short_of: size in bytes of the last request that the kernel denied, or 0
 * @may_kill: number of requests for which the kernel may call the OOM killer,
 *	among those whose number or size the file decides
 * @may_warn: number of these whose failure the kernel would log
 * @status: last status of the decoder, which decompress.c logs on an error
 * @mappings: number of times an output page was mapped
 * @runs: number of decoder calls
 * @vmaps: number of calls of vmap()
 * @produced: number of bytes of output, simulated or from the decoder
 * @announced: length in bytes that the header of a zstd frame announces, or 0
 * @listed: the caller put the page of the simulated output into a list, so the
 *	simulation ended
 * @nr_pages: number of output pages allocated
 * @highmem: number of output pages in highmem
 * @nr_memory: number of entries in @allocation
 * @attribute: attribute passed to sysfs_create_file()
 * @kobj: directory passed to sysfs_create_file()
 * @log_lines: number of messages at the level of a warning or worse
 * @log: text of the last of these, without the end of the line
 * @log_level: level of the last of these, such as LOGLEVEL_ERR
 * @reports: number of reports, where identical ones in a row count once, as long as
 *	there is room in @report
 * @report: text of the first %LEDGER_MAX_REPORTS reports
 */
struct ledger {
	struct ledger_orders orders;
	bool failed;
	unsigned int denied;
	size_t short_of;
	unsigned int may_kill;
	unsigned int may_warn;
	int status;
	unsigned int mappings;
	unsigned int runs;
	unsigned int vmaps;
	u64 produced;
	u64 announced;
	bool listed;
	unsigned int nr_pages;
	unsigned int highmem;
	unsigned int nr_memory;
	const struct attribute *attribute;
	const struct kobject *kobj;
	unsigned int log_lines;
	char log[LEDGER_LOG];
	int log_level;
	unsigned int reports;
	char report[LEDGER_MAX_REPORTS][LEDGER_LINE];

	/* private: */
	struct list_head node;
	bool waited;
	unsigned int handed_out;
	unsigned int batches;
	struct load_info *info;
	const void *in;
	size_t in_size;
	struct task_struct *task;
	struct task_state state;
	unsigned int memalloc;
	unsigned int calls;
	unsigned int max_calls;
	unsigned int fallible;
	bool memory_denied;
	struct ledger_map map[LEDGER_MAX_MAPS];
	unsigned int nr_maps;
	const void *linear;
	size_t linear_size;
	struct ledger_vmap vmap[LEDGER_MAX_VMAPS];
	void *endless_vmap;
	const void *decoder;
	bool decoding;
	bool ended;
	bool no_header;
	u32 dict_max;
	const void *workspace;
	unsigned int page_cursor;
	unsigned int max_pages;
	struct ledger_page *pages;
	struct ledger_page own_pages[LEDGER_MAX_PAGES];
	struct ledger_memory allocation[LEDGER_MAX_MEMORY];
};

/**
 * struct decompressor - one build of decompress.c
 * @name: "gzip", "xz" or "zstd"
 * @decompress: module_decompress()
 * @cleanup: module_decompress_cleanup()
 * @decode: module_gzip_decompress() or its counterpart for xz or zstd; NULL if
 *	decompress.c has no such function
 * @sysfs_init: creates /sys/module/compression; NULL without CONFIG_SYSFS
 * @kset: stand-in for module_kset, the directory /sys/module
 */
struct decompressor {
	const char *name;
	int (*decompress)(struct load_info *info, const void *buf, size_t size);
	void (*cleanup)(struct load_info *info);
	ssize_t (*decode)(struct load_info *info, const void *buf, size_t size);
	int (*sysfs_init)(void);
	const struct kset *kset;
};

extern const struct decompressor gzip_decompressor;
extern const struct decompressor xz_decompressor;
/* The address is NULL if decompress.c does not support zstd (before v6.2) */
extern const struct decompressor zstd_decompressor __weak;

void ledger_open(struct ledger *ledger, const struct ledger_orders *orders,
		 struct load_info *info, const void *in, size_t in_size);
void ledger_close(struct ledger *ledger);
bool ledger_has_no_reports(struct kunit *test, const struct ledger *ledger,
			   const char *what);
void ledger_abandon(struct kunit *test, struct ledger *ledger);
unsigned int ledger_strays(void);
bool ledger_has(struct ledger *ledger, const void *p, size_t size);

/* The stand-ins that decompress.c calls, through seam.h, for kernel services */
struct page *ledger_alloc_pages(gfp_t gfp, unsigned int order);
unsigned long ledger_alloc_pages_bulk(gfp_t gfp, unsigned long count,
				      struct page **array);
void ledger_split_page(struct page *page, unsigned int order);
void ledger_free_pages(struct page *page, unsigned int order);
void ledger_put_page(struct page *page);
void *ledger_kmap_local_page(struct page *page);
void *ledger_kmap_local_folio(struct folio *folio, size_t offset);
void ledger_kunmap_local(const void *addr);
void ledger_kunmap_page(struct page *page);
bool ledger_is_highmem(struct page *page);
void *ledger_page_address(struct page *page);
void ledger_forbidden(const char *call);
void *ledger_vmap(struct page **pages, unsigned int count, unsigned long flags,
		  pgprot_t prot);
void ledger_vunmap(const void *addr);
void *ledger_vm_map_ram(struct page **pages, unsigned int count);
void ledger_vm_unmap_ram(const void *addr, unsigned int count);
void *ledger_kmalloc(size_t n, size_t size, gfp_t gfp);
void *ledger_kvmalloc(size_t n, size_t size, gfp_t gfp);
void *ledger_vmalloc(size_t n, size_t size, gfp_t gfp);
void *ledger_kvrealloc(const void *p, size_t size, gfp_t gfp);
void *ledger_krealloc(const void *p, size_t size, gfp_t gfp);
void *ledger_vrealloc(const void *p, size_t size, gfp_t gfp);
void ledger_kfree(const void *p);
void ledger_kvfree(const void *p);
void ledger_vfree(const void *p);
void *ledger_memcpy(void *to, const void *from, size_t n);

int ledger_zlib_init(z_stream *s, int window_bits);
int ledger_zlib_run(z_stream *s, int flush);
int ledger_zlib_reset(z_stream *s);
int ledger_zlib_end(z_stream *s);
struct xz_dec *ledger_xz_dec_init(enum xz_mode mode, u32 dict_max);
enum xz_ret ledger_xz_dec_run(struct xz_dec *s, struct xz_buf *b);
void ledger_xz_dec_reset(struct xz_dec *s);
void ledger_xz_dec_end(struct xz_dec *s);
size_t ledger_zstd_get_frame_header(zstd_frame_header *header, const void *src,
				    size_t size);
zstd_dstream *ledger_zstd_init_dstream(size_t window, void *workspace,
				       size_t size);
size_t ledger_zstd_reset_dstream(zstd_dstream *s);
size_t ledger_zstd_decompress_stream(zstd_dstream *s, zstd_out_buffer *out,
				     zstd_in_buffer *in);
bool ledger_zstd_refuses(void);
zstd_dctx *ledger_zstd_created(zstd_dctx *s);
zstd_dctx *ledger_zstd_freed(zstd_dctx *s);
size_t ledger_zstd_decompress_dctx(zstd_dctx *s, void *to, size_t room,
				   const void *from, size_t size);

__printf(1, 2) void ledger_printk(const char *fmt, ...);
int ledger_sysfs_create_file(struct kobject *kobj,
			     const struct attribute *attr);

#endif /* _MODULE_TESTS_LEDGER_H */
