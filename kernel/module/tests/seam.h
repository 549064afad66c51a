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
 * headers first, so only decompress.c sees the new names.
 */
#ifndef _MODULE_TESTS_SEAM_H
#define _MODULE_TESTS_SEAM_H

#include <linux/compiler.h>
#include <linux/elf.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <linux/xz.h>
#include <linux/zlib.h>
#include <linux/zstd.h>

#include "ledger.h"

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
#undef __free_page
#define alloc_pages(gfp, order)		ledger_alloc_pages(gfp, order)
#define alloc_page(gfp)			ledger_alloc_pages(gfp, 0)
#define __free_pages(page, order)	ledger_free_pages(page, order)
#define __free_page(page)		ledger_free_pages(page, 0)
#define put_page(page)			ledger_free_pages(page, 0)

#undef kunmap_local
#undef kunmap_atomic
#undef page_address
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
#define page_address(page)						\
	(ledger_forbidden("page_address()"), ledger_kmap_local_page(page))

#define vmap(pages, count, flags, prot)	ledger_vmap(pages, count, flags, prot)
#define vunmap(addr)			ledger_vunmap(addr)

#undef kmalloc
#undef kzalloc
#undef kmalloc_array
#undef kcalloc
#undef kvmalloc
#undef kvzalloc
#undef kvmalloc_array
#undef kvcalloc
#undef kvrealloc
#undef vmalloc
#undef vzalloc
#define kmalloc(size, gfp)		ledger_kmalloc(1, size, gfp)
#define kzalloc(size, gfp)		ledger_kmalloc(1, size, (gfp) | __GFP_ZERO)
#define kmalloc_array(n, size, gfp)	ledger_kmalloc(n, size, gfp)
#define kcalloc(n, size, gfp)		ledger_kmalloc(n, size, (gfp) | __GFP_ZERO)
#define kvmalloc(size, gfp)		ledger_kvmalloc(1, size, gfp)
#define kvzalloc(size, gfp)		ledger_kvmalloc(1, size, (gfp) | __GFP_ZERO)
#define kvmalloc_array(n, size, gfp)	ledger_kvmalloc(n, size, gfp)
#define kvcalloc(n, size, gfp)		ledger_kvmalloc(n, size, (gfp) | __GFP_ZERO)
#define kvrealloc(p, size, gfp)		ledger_kvrealloc(p, size, gfp)
#define vmalloc(size)			ledger_vmalloc(size, GFP_KERNEL)
#define vzalloc(size)			ledger_vmalloc(size, GFP_KERNEL | __GFP_ZERO)
#define kfree(p)			ledger_kfree(p)
#define kvfree(p)			ledger_kvfree(p)
#define vfree(p)			ledger_vfree(p)

#undef memcpy
#define memcpy(to, from, n)		ledger_memcpy(to, from, n)

#define zlib_inflateInit2(s, bits)	ledger_zlib_init(s, bits)
#define zlib_inflate(s, flush)		ledger_zlib_run(s, flush)
#define zlib_inflateEnd(s)		ledger_zlib_end(s)
#define xz_dec_init(mode, dict_max)	ledger_xz_dec_init(mode, dict_max)
#define xz_dec_run(s, b)		ledger_xz_dec_run(s, b)
#define xz_dec_end(s)			ledger_xz_dec_end(s)
#define zstd_get_frame_header(header, src, size)			\
	ledger_zstd_get_frame_header(header, src, size)
#define zstd_init_dstream(window, workspace, size)			\
	ledger_zstd_init_dstream(window, workspace, size)
#define zstd_decompress_stream(s, out, in)				\
	ledger_zstd_decompress_stream(s, out, in)

#undef pr_err
#undef pr_warn
#define pr_err(fmt, ...)	ledger_printk(KERN_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)	ledger_printk(KERN_WARNING fmt, ##__VA_ARGS__)

/* Stands in for module_kset: /sys/module/compression belongs to the kernel */
static struct kset seam_kset;

#undef late_initcall
#undef __init
#define __init
#define module_kset			(&seam_kset)
#define sysfs_create_file(kobj, attr)	ledger_sysfs_create_file(kobj, attr)
#define late_initcall(fn)		static int (*const seam_sysfs_init)(void) = fn

#ifdef CONFIG_SYSFS
#define SEAM_SYSFS_INIT			seam_sysfs_init
#else
#define SEAM_SYSFS_INIT			NULL
#endif

#define SEAM_DECOMPRESSOR						\
const struct decompressor CONCATENATE(SEAM_ALGORITHM, _decompressor) = { \
	.name = __stringify(SEAM_ALGORITHM),				\
	.decompress = module_decompress,				\
	.cleanup = module_decompress_cleanup,				\
	.decode = MODULE_DECOMPRESS_FN,					\
	.extend = module_extend_max_pages,				\
	.sysfs_init = SEAM_SYSFS_INIT,					\
	.kset = &seam_kset,						\
}

#endif /* _MODULE_TESTS_SEAM_H */
