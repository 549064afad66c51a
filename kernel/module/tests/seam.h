/* SPDX-License-Identifier: GPL-2.0 */
/*
 * seam_gzip.c, seam_xz.c and seam_zstd.c include this header. Each of them
 * builds the tree's own decompress.c, unchanged, for one algorithm:
 *
 *	#define SEAM_ALGORITHM gzip
 *	#define CONFIG_MODULE_COMPRESS_GZIP 1
 *	#include "../decompress.c"
 *	SEAM_DECOMPRESSOR;
 *
 * This header renames every kernel service that decompress.c calls, or may call
 * after a change, to its stand-in in the ledger. It includes the kernel's
 * headers first, so only decompress.c and internal.h see the new names.
 */
#ifndef _MODULE_TESTS_SEAM_H
#define _MODULE_TESTS_SEAM_H

#include <linux/compiler.h>
#include <linux/crc32.h>
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <linux/xz.h>
#include <linux/zlib.h>
#include <linux/zstd.h>

#include "ledger.h"

/* Inline functions of the kernel's headers, with the stand-ins */
static inline struct folio *seam_folio_alloc(gfp_t gfp, unsigned int order)
{
	struct page *page = ledger_alloc_pages(gfp | __GFP_COMP, order);

	return page ? page_folio(page) : NULL;
}

static inline void seam_copy(void *to, size_t offset, const void *from, size_t n)
{
	ledger_memcpy(to + offset, from, n);
	ledger_kunmap_local(to);
}

static inline void *seam_kvmemdup(const void *from, size_t n, gfp_t gfp)
{
	void *to = ledger_kvmalloc(1, n, gfp);

	return to ? ledger_memcpy(to, from, n) : NULL;
}

static inline void *seam_kmemdup(const void *from, size_t n, gfp_t gfp)
{
	void *to = ledger_kmalloc(1, n, gfp);

	return to ? ledger_memcpy(to, from, n) : NULL;
}

static inline void seam_release_pages(struct page **pages, int count)
{
	while (count--)
		ledger_put_page(*pages++);
}

static inline void seam_put_pages_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		ledger_put_page(page);
	}
}

/* A group with a name has its files in a directory below */
static inline int seam_sysfs_create_group(struct kobject *kobj,
					  const struct attribute_group *group)
{
	return ledger_sysfs_create_file(kobj, group->name ? NULL : group->attrs[0]);
}

static inline void seam_free_kfree(void *p)
{
	ledger_kfree(*(void **)p);
}

static inline void seam_free_kvfree(void *p)
{
	ledger_kvfree(*(void **)p);
}

#undef CONFIG_MODULE_COMPRESS_GZIP
#undef CONFIG_MODULE_COMPRESS_XZ
#undef CONFIG_MODULE_COMPRESS_ZSTD

/* Give each build different names for the two public functions */
#define module_decompress						\
	CONCATENATE(SEAM_ALGORITHM, _module_decompress)
#define module_decompress_cleanup					\
	CONCATENATE(SEAM_ALGORITHM, _module_decompress_cleanup)

#undef alloc_pages
#undef alloc_page
#undef alloc_pages_node
#undef alloc_pages_bulk
#undef alloc_pages_bulk_array
#undef alloc_pages_bulk_node
#undef alloc_pages_bulk_array_node
#undef folio_alloc
#undef __free_page
#define alloc_pages(gfp, order)		ledger_alloc_pages(gfp, order)
#define alloc_page(gfp)			ledger_alloc_pages(gfp, 0)
#define alloc_pages_node(nid, gfp, order)				\
	((void)(nid), ledger_alloc_pages(gfp, order))
#define alloc_pages_bulk(gfp, nr, array)	ledger_alloc_pages_bulk(gfp, nr, array)
#define alloc_pages_bulk_array(gfp, nr, array)	ledger_alloc_pages_bulk(gfp, nr, array)
#define alloc_pages_bulk_node(gfp, nid, nr, array)			\
	((void)(nid), ledger_alloc_pages_bulk(gfp, nr, array))
#define alloc_pages_bulk_array_node(gfp, nid, nr, array)		\
	((void)(nid), ledger_alloc_pages_bulk(gfp, nr, array))
#define folio_alloc(gfp, order)		seam_folio_alloc(gfp, order)
#define split_page(page, order)		ledger_split_page(page, order)
#define __free_pages(page, order)	ledger_free_pages(page, order)
#define __free_page(page)		ledger_free_pages(page, 0)
#define put_page(page)			ledger_put_page(page)
#define release_pages(pages, count)	seam_release_pages(pages, count)
#define put_pages_list(pages)		seam_put_pages_list(pages)
#define folio_put(folio)		ledger_put_page(folio_page(folio, 0))

#undef kunmap_local
#undef kunmap_atomic
#undef page_address
#undef PageHighMem
#undef folio_test_highmem
#define kmap_local_page(page)		ledger_kmap_local_page(page)
#define kmap_local_folio(folio, offset)	ledger_kmap_local_folio(folio, offset)
#define kunmap_local(addr)		ledger_kunmap_local(addr)
#define kmap(page)							\
	(ledger_forbidden("kmap()"), ledger_kmap_local_page(page))
#define kunmap(page)							\
	(ledger_forbidden("kunmap()"), ledger_kunmap_page(page))
#define kmap_atomic(page)						\
	(ledger_forbidden("kmap_atomic()"), ledger_kmap_local_page(page))
#define kunmap_atomic(addr)						\
	(ledger_forbidden("kunmap_atomic()"), ledger_kunmap_local(addr))
#define PageHighMem(page)		ledger_is_highmem(page)
#define folio_test_highmem(folio)	ledger_is_highmem(folio_page(folio, 0))
#define page_address(page)		ledger_page_address(page)
#define folio_address(folio)		ledger_page_address(folio_page(folio, 0))

#define memcpy_to_page(page, offset, from, n)				\
	seam_copy(kmap_local_page(page), offset, from, n)

#define vmap(pages, count, flags, prot)	ledger_vmap(pages, count, flags, prot)
#define vunmap(addr)			ledger_vunmap(addr)
#define vm_map_ram(pages, count, node)					\
	((void)(node), ledger_vm_map_ram(pages, count))
#define vm_unmap_ram(addr, count)	ledger_vm_unmap_ram(addr, count)

/* 4 GiB and 64 MiB in pages of 4 KiB: with 32 bits, the number of bytes overflows */
#define totalram_pages()		0x104000UL

#undef kmalloc
#undef kzalloc
#undef kmalloc_node
#undef kzalloc_node
#undef kvmalloc_node
#undef kvzalloc_node
#undef vmalloc_node
#undef vzalloc_node
#undef vrealloc
#undef kmalloc_array
#undef kcalloc
#undef kvmalloc
#undef kvzalloc
#undef kvmalloc_array
#undef kvcalloc
#undef kvrealloc
#undef krealloc
#undef krealloc_array
#undef kmemdup
#undef kvmemdup
#undef vmalloc
#undef vzalloc
#undef __vmalloc
#undef vmalloc_array
#undef vcalloc
#define kmalloc(size, gfp)		ledger_kmalloc(1, size, gfp)
#define kzalloc(size, gfp)		ledger_kmalloc(1, size, (gfp) | __GFP_ZERO)
#define kmalloc_array(n, size, gfp)	ledger_kmalloc(n, size, gfp)
#define kcalloc(n, size, gfp)		ledger_kmalloc(n, size, (gfp) | __GFP_ZERO)
#define kvmalloc(size, gfp)		ledger_kvmalloc(1, size, gfp)
#define kvzalloc(size, gfp)		ledger_kvmalloc(1, size, (gfp) | __GFP_ZERO)
#define kvmalloc_array(n, size, gfp)	ledger_kvmalloc(n, size, gfp)
#define kvcalloc(n, size, gfp)		ledger_kvmalloc(n, size, (gfp) | __GFP_ZERO)
#define kvrealloc(p, size, gfp)		ledger_kvrealloc(p, size, gfp)
#define kmemdup(from, n, gfp)		seam_kmemdup(from, n, gfp)
#define kvmemdup(from, n, gfp)		seam_kvmemdup(from, n, gfp)
#define krealloc(p, size, gfp)		ledger_krealloc(p, size, gfp)
#define krealloc_array(p, n, size, gfp)	ledger_krealloc(p, array_size(n, size), gfp)
#define vrealloc(p, size, gfp)		ledger_vrealloc(p, size, gfp)
#define kmalloc_node(size, gfp, nid)	((void)(nid), kmalloc(size, gfp))
#define kzalloc_node(size, gfp, nid)	((void)(nid), kzalloc(size, gfp))
#define kvmalloc_node(size, gfp, nid)	((void)(nid), kvmalloc(size, gfp))
#define kvzalloc_node(size, gfp, nid)	((void)(nid), kvzalloc(size, gfp))
#define vmalloc_node(size, nid)		((void)(nid), vmalloc(size))
#define vzalloc_node(size, nid)		((void)(nid), vzalloc(size))
#define vmalloc(size)			ledger_vmalloc(1, size, GFP_KERNEL)
#define vzalloc(size)			ledger_vmalloc(1, size, GFP_KERNEL | __GFP_ZERO)
#define __vmalloc(size, gfp)		ledger_vmalloc(1, size, gfp)
#define vmalloc_array(n, size)		ledger_vmalloc(n, size, GFP_KERNEL)
#define vcalloc(n, size)		ledger_vmalloc(n, size, GFP_KERNEL | __GFP_ZERO)
#define kfree(p)			ledger_kfree(p)
#define kvfree(p)			ledger_kvfree(p)
#define vfree(p)			ledger_vfree(p)
#define kfree_sensitive(p)		ledger_kfree(p)
#define kvfree_sensitive(p, size)	((void)(size), ledger_kvfree(p))
#define __free_kfree			seam_free_kfree
#define __free_kvfree			seam_free_kvfree

#undef memcpy
#define memcpy(to, from, n)		ledger_memcpy(to, from, n)

#define zlib_inflateInit2(s, bits)	ledger_zlib_init(s, bits)
#define zlib_inflate(s, flush)		ledger_zlib_run(s, flush)
#define zlib_inflateReset(s)		ledger_zlib_reset(s)
#define zlib_inflateEnd(s)		ledger_zlib_end(s)
#define xz_dec_init(mode, dict_max)	ledger_xz_dec_init(mode, dict_max)
#define xz_dec_run(s, b)		ledger_xz_dec_run(s, b)
#define xz_dec_reset(s)			ledger_xz_dec_reset(s)
#define xz_dec_end(s)			ledger_xz_dec_end(s)
#define zstd_get_frame_header(header, src, size)			\
	ledger_zstd_get_frame_header(header, src, size)
#define zstd_init_dstream(window, workspace, size)			\
	ledger_zstd_init_dstream(window, workspace, size)
#define zstd_init_dctx(workspace, size)					\
	ledger_zstd_init_dstream(0, workspace, size)
#define zstd_reset_dstream(s)		ledger_zstd_reset_dstream(s)
#define zstd_decompress_stream(s, out, in)				\
	ledger_zstd_decompress_stream(s, out, in)
#define zstd_decompress_dctx(s, to, room, from, size)			\
	ledger_zstd_decompress_dctx(s, to, room, from, size)
/* Not in all kernels. decompress.c brings the functions that allocate and free. */
#define zstd_create_dctx_advanced(memory)				\
	ledger_zstd_created(ledger_zstd_refuses() ? NULL :		\
			    zstd_create_dctx_advanced(memory))
#define zstd_free_dctx(s)		zstd_free_dctx(ledger_zstd_freed(s))

/*
 * decompress.c may define pr_fmt() as its own prefix; the stand-ins do not use
 * it. There is no limit to the rate, and no message is printed only once.
 */
#undef pr_fmt
#undef pr_emerg
#undef pr_alert
#undef pr_crit
#undef pr_err
#undef pr_warn
#undef pr_notice
#undef pr_info
#undef pr_debug
#undef pr_err_once
#undef pr_warn_once
#undef pr_info_once
#undef pr_err_ratelimited
#undef pr_warn_ratelimited
#undef pr_info_ratelimited
#define pr_emerg(fmt, ...)	ledger_printk(KERN_EMERG fmt, ##__VA_ARGS__)
#define pr_alert(fmt, ...)	ledger_printk(KERN_ALERT fmt, ##__VA_ARGS__)
#define pr_crit(fmt, ...)	ledger_printk(KERN_CRIT fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)	ledger_printk(KERN_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)	ledger_printk(KERN_WARNING fmt, ##__VA_ARGS__)
#define pr_notice(fmt, ...)	ledger_printk(KERN_NOTICE fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)	ledger_printk(KERN_INFO fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...)	ledger_printk(KERN_DEBUG fmt, ##__VA_ARGS__)
#define pr_err_once		pr_err
#define pr_warn_once		pr_warn
#define pr_info_once		pr_info
#define pr_err_ratelimited	pr_err
#define pr_warn_ratelimited	pr_warn
#define pr_info_ratelimited	pr_info

/* Stands in for module_kset: /sys/module/compression belongs to the kernel */
static struct kset seam_kset;

#undef subsys_initcall
#undef fs_initcall
#undef device_initcall
#undef late_initcall
#undef late_initcall_sync
#undef module_init
#undef __init
#define __init
#define module_kset			(&seam_kset)
#define sysfs_create_file(kobj, attr)	ledger_sysfs_create_file(kobj, attr)
#define sysfs_create_group(kobj, group)	seam_sysfs_create_group(kobj, group)
#define late_initcall(fn)		static int (*const seam_sysfs_init)(void) = fn
#define subsys_initcall(fn)		late_initcall(fn)
#define fs_initcall(fn)			late_initcall(fn)
#define device_initcall(fn)		late_initcall(fn)
#define late_initcall_sync(fn)		late_initcall(fn)
#define module_init(fn)			late_initcall(fn)

#ifdef CONFIG_SYSFS
#define SEAM_SYSFS_INIT			seam_sysfs_init
#else
#define SEAM_SYSFS_INIT			NULL
#endif

/*
 * For a decompress.c without MODULE_DECOMPRESS_FN. @decode is NULL then, and also if
 * the function has other parameters.
 */
static const char MODULE_DECOMPRESS_FN __maybe_unused;
typedef ssize_t seam_decode(struct load_info *info, const void *buf, size_t size);

#define SEAM_DECODE							\
	__builtin_choose_expr(__same_type(MODULE_DECOMPRESS_FN, seam_decode), \
			      MODULE_DECOMPRESS_FN, NULL)

#define SEAM_DECOMPRESSOR						\
const struct decompressor CONCATENATE(SEAM_ALGORITHM, _decompressor) = { \
	.name = __stringify(SEAM_ALGORITHM),				\
	.decompress = module_decompress,				\
	.cleanup = module_decompress_cleanup,				\
	.decode = SEAM_DECODE,						\
	.sysfs_init = SEAM_SYSFS_INIT,					\
	.kset = &seam_kset,						\
}

#endif /* _MODULE_TESTS_SEAM_H */
