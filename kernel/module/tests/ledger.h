/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ledger stands between decompress.c and the kernel services it calls:
 * each call is recorded, held against the rules, and passed on. It can be told
 * to fail a call, or to do something in the middle of one.
 *
 * The rules it enforces are those of mm/highmem.c and
 * Documentation/mm/highmem.rst for mappings, of finit_module(2) for memory.
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

/*
 * struct load_info has its page array only under CONFIG_MODULE_DECOMPRESS, and
 * the suite must have it on every kernel. Whether the kernel itself was built
 * with it is told by KERNEL_MODULE_DECOMPRESS.
 */
#ifdef CONFIG_MODULE_DECOMPRESS
#define KERNEL_MODULE_DECOMPRESS	1
#else
#define KERNEL_MODULE_DECOMPRESS	0
#define CONFIG_MODULE_DECOMPRESS	1
#endif

struct attribute;
struct kobject;
struct kset;
struct kunit;
struct load_info;

/* More than the largest payload takes: 4 MiB, and a page over */
#define LEDGER_MAX_PAGES	(SZ_4M / PAGE_SIZE + 8)
/* For each page: its allocation, map, decoder run, unmap and freeing */
#define LEDGER_CALLS_PER_PAGE	6
#define LEDGER_MAX_MEMORY	64
#define LEDGER_MAX_REPORTS	4U
#define LEDGER_LINE		160
#define LEDGER_LOG		256

/* Which address space trick puts an output page in reach */
enum ledger_mapper {
	LEDGER_KMAP_LOCAL_PAGE,
	LEDGER_KMAP_LOCAL_FOLIO,
	LEDGER_KMAP,
};

/* What can be made to fail */
enum ledger_service {
	LEDGER_ALLOC = 1,	/* pages, page array, workspaces, xz's state */
	LEDGER_VMAP = 2,
	LEDGER_DECODER = 4,	/* setting up zlib, xz or zstd */
	LEDGER_SYSFS = 8,	/* sysfs_create_file() */
};

/**
 * struct task_state - what a kmap_local mapping changes in its task
 * @kmap_idx: depth of the nesting stack; 0 without CONFIG_KMAP_LOCAL
 * @migration_disabled: nesting of migrate_disable(); 0 without CONFIG_SMP
 * @preempt_count: preempt_count(), without PREEMPT_NEED_RESCHED
 * @pagefault_disabled: nesting of pagefault_disable()
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
 * struct ledger_memory - one allocation that is not a page
 * @p: what the caller got
 * @size: in bytes, without the redzone behind it
 * @vmalloc: came from vmalloc(), so kfree() must not get it
 * @kmalloc: came from kmalloc(), so vfree() must not get it
 * @freed: the caller gave it back; kept, poisoned, until the ledger is closed
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
 * @maps: how often it was mapped
 * @kept: references to it, when it was freed, that were not given back
 * @freed: the caller gave it back; kept until the ledger is closed
 */
struct ledger_page {
	struct page *page;
	unsigned int maps;
	int kept;
	bool freed;
};

/**
 * struct ledger_orders - what the ledger is to do besides recording
 * @mapper: what to map output pages with
 * @fail_services: mask of enum ledger_service whose calls are counted
 * @fail_nth: fail the n-th of these calls, from 1; 0: none
 * @xz_mem_error: let xz_dec_run() find no memory for its dictionary
 * @most_memory: fail requests for more bytes than this, as a machine would that
 *	has no more; 0: what the kernel can give
 * @endless: let the decoder fill so many pages out of nothing, and only then
 *	come to its end; all of them are one page, and of the input only the header
 *	is read
 * @unmapped: called in whatever may sleep, and after each kunmap_local()
 * @midway: called with a half-filled output page mapped
 * @context: passed to @unmapped and @midway
 * @records: where to keep output pages, if they may be more than the suite's own
 *	input makes; only then memory is as large as the machine's
 * @max_records: how many fit into @records; then there is no memory for more
 */
struct ledger_orders {
	enum ledger_mapper mapper;
	unsigned int fail_services;
	unsigned int fail_nth;
	bool xz_mem_error;
	size_t most_memory;
	unsigned int endless;
	void (*unmapped)(void *context);
	void (*midway)(void *context);
	void *context;
	struct ledger_page *records;
	unsigned int max_records;
};

/**
 * struct ledger - the record of one decompression
 * @orders: as given to ledger_open()
 * @failed: the call that the orders' fail_nth names has come
 * @denied: requests that failed: as ordered, for want of memory, or inside the
 *	decoder
 * @short_of: bytes that the kernel itself could not give; 0 if it always could
 * @status: what the decoder returned last, as decompress.c is to log it
 * @mappings: pages mapped
 * @runs: decoder calls
 * @nr_pages: output pages allocated
 * @highmem: those that lie in highmem
 * @nr_memory: allocations that are not pages
 * @vmap_pages: pages in the last vmap()
 * @attribute: what sysfs_create_file() was given
 * @kobj: and in which directory
 * @log_lines: pr_err() and pr_warn() calls
 * @log: text of the last one
 * @log_level: its level, LOGLEVEL_ERR or another
 * @reports: number of broken rules, the same one in a row counted once
 * @report: text of the first %LEDGER_MAX_REPORTS of them
 * @fatal: without the ledger the kernel would not have lived through them
 *
 * The rest is the ledger's own.
 */
struct ledger {
	struct ledger_orders orders;
	bool failed;
	unsigned int denied;
	size_t short_of;
	int status;
	unsigned int mappings;
	unsigned int runs;
	unsigned int nr_pages;
	unsigned int highmem;
	unsigned int nr_memory;
	unsigned int vmap_pages;
	const struct attribute *attribute;
	const struct kobject *kobj;
	unsigned int log_lines;
	char log[LEDGER_LOG];
	int log_level;
	unsigned int reports;
	char report[LEDGER_MAX_REPORTS][LEDGER_LINE];
	bool fatal;

	/* private: */
	struct list_head node;
	bool waited;
	unsigned int handed_out;
	struct load_info *info;
	const void *in;
	size_t in_size;
	struct task_struct *task;
	struct task_state state;
	unsigned int calls;
	unsigned int fallible;
	struct page *mapped_page;
	void *mapped;
	void *vmapped;
	const void *decoder;
	bool ended;
	const void *workspace;
	size_t zstd_window;
	size_t room;
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
 * @decode: the static module_gzip_decompress(), _xz_ or _zstd_
 * @extend: the static module_extend_max_pages()
 * @sysfs_init: creates /sys/module/compression; NULL without CONFIG_SYSFS
 * @kset: stands in for module_kset, /sys/module
 */
struct decompressor {
	const char *name;
	int (*decompress)(struct load_info *info, const void *buf, size_t size);
	void (*cleanup)(struct load_info *info);
	ssize_t (*decode)(struct load_info *info, const void *buf, size_t size);
	int (*extend)(struct load_info *info, unsigned int extent);
	int (*sysfs_init)(void);
	const struct kset *kset;
};

extern const struct decompressor gzip_decompressor;
extern const struct decompressor xz_decompressor;
/* Its address is NULL where decompress.c does not know zstd (before v6.2) */
extern const struct decompressor zstd_decompressor __weak;

struct task_state task_state_now(void);
bool task_state_equal(struct task_state a, struct task_state b);

void ledger_open(struct ledger *ledger, const struct ledger_orders *orders,
		 struct load_info *info, const void *in, size_t in_size);
bool ledger_close(struct kunit *test, struct ledger *ledger, const char *what);
bool __must_check ledger_close_expecting(struct ledger *ledger,
					 const char *report);
bool __must_check ledger_close_fatal(struct ledger *ledger);
void ledger_abandon(struct kunit *test, struct ledger *ledger);
unsigned int ledger_strays(void);

/* What decompress.c calls, by way of seam.h, in place of the real ones */
struct page *ledger_alloc_pages(gfp_t gfp, unsigned int order);
void ledger_free_pages(struct page *page, unsigned int order);
void *ledger_kmap_local_page(struct page *page);
void *ledger_kmap_local_folio(struct folio *folio, size_t offset);
void ledger_kunmap_local(const void *addr);
void ledger_kunmap_page(struct page *page);
void ledger_forbidden(const char *call);
void *ledger_vmap(struct page **pages, unsigned int count, unsigned long flags,
		  pgprot_t prot);
void ledger_vunmap(const void *addr);
void *ledger_kmalloc(size_t n, size_t size, gfp_t gfp);
void *ledger_kvmalloc(size_t n, size_t size, gfp_t gfp);
void *ledger_vmalloc(size_t size, gfp_t gfp);
void *ledger_kvrealloc(const void *p, size_t size, gfp_t gfp);
void ledger_kfree(const void *p);
void ledger_kvfree(const void *p);
void ledger_vfree(const void *p);
void *ledger_memcpy(void *to, const void *from, size_t n);

int ledger_zlib_init(z_stream *s, int window_bits);
int ledger_zlib_run(z_stream *s, int flush);
int ledger_zlib_end(z_stream *s);
struct xz_dec *ledger_xz_dec_init(enum xz_mode mode, u32 dict_max);
enum xz_ret ledger_xz_dec_run(struct xz_dec *s, struct xz_buf *b);
void ledger_xz_dec_end(struct xz_dec *s);
size_t ledger_zstd_get_frame_header(zstd_frame_header *header, const void *src,
				    size_t size);
zstd_dstream *ledger_zstd_init_dstream(size_t window, void *workspace,
				       size_t size);
size_t ledger_zstd_decompress_stream(zstd_dstream *s, zstd_out_buffer *out,
				     zstd_in_buffer *in);

__printf(1, 2) void ledger_printk(const char *fmt, ...);
int ledger_sysfs_create_file(struct kobject *kobj,
			     const struct attribute *attr);

#endif /* _MODULE_TESTS_LEDGER_H */
