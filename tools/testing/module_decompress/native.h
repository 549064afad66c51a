/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declare, for user space, the kernel services that decompress.c, its decoders and its
 * suites use. native.c implements them. This header replaces the kernel headers listed
 * in "stands_in" in the Makefile. All other kernel headers are used unchanged.
 */
#ifndef _NATIVE_H
#define _NATIVE_H

#include <asm/types.h>
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* Drop the C library's definitions: the kernel's follow */
#undef __always_inline
#undef __attribute_const__
#include <linux/compiler_attributes.h>
#include <linux/kconfig.h>
#include <linux/kern_levels.h>
#include <linux/sizes.h>
#include <linux/stringify.h>

/* linux/types.h, linux/compiler.h */
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;
typedef unsigned int gfp_t;
typedef s64 ktime_t;
typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;
struct list_head { struct list_head *next, *prev; };
struct hlist_head { struct hlist_node *first; };
struct hlist_node { struct hlist_node *next, **pprev; };

#define inline			inline __maybe_unused
#define __force
#define __init
#define __initdata
#define __ro_after_init
#define __user
#define __bitwise
#define __counted_by(member)
#define __context_unsafe(why)
#define __no_context_analysis
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define barrier()		__asm__ __volatile__("" : : : "memory")
#define __same_type(a, b)	__builtin_types_compatible_p(typeof(a), typeof(b))
#define ___CONCATENATE(a, b)	a##b
#define CONCATENATE(a, b)	___CONCATENATE(a, b)
#define __UNIQUE_ID(prefix)	CONCATENATE(prefix, __COUNTER__)
#define compiletime_assert(condition, message) _Static_assert(1, message)
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile typeof(x) *)&(x) = (val))
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define BITS_PER_LONG		__LONG_WIDTH__
#define BIT(n)			(1UL << (n))
#define GENMASK(high, low)	((~0UL << (low)) & (~0UL >> (BITS_PER_LONG - 1 - (high))))

/* asm/page.h, linux/align.h, linux/array_size.h, linux/math.h, linux/swab.h */
#define PAGE_SHIFT		12
#undef PAGE_SIZE
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_ALIGN(x)		ALIGN(x, PAGE_SIZE)
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((typeof(x))(a) - 1))
#define IS_ALIGNED(x, a)	(!((x) & ((typeof(x))(a) - 1)))
#define PAGE_ALIGNED(x)		IS_ALIGNED((unsigned long)(x), PAGE_SIZE)
#define PFN_UP(x)		(((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)		((x) >> PAGE_SHIFT)
#define offset_in_page(p)	((unsigned long)(p) & ~PAGE_MASK)
#define round_up(x, a)		ALIGN(x, a)
#define round_down(x, a)	ALIGN_DOWN(x, a)
#define PTR_ALIGN_DOWN(p, a)						\
	((typeof(p))((unsigned long)(p) & ~((unsigned long)(a) - 1)))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((unsigned long long)(n), d)
#define DIV_ROUND_DOWN_ULL(n, d)	((unsigned long long)(n) / (d))
#define roundup(n, d)		(DIV_ROUND_UP(n, d) * (d))
#define rounddown(n, d)		((n) / (d) * (d))
#define ilog2(n)		((int)(BITS_PER_LONG - 1 - __builtin_clzl(n)))
#define is_power_of_2(n)	((n) && !((n) & ((n) - 1)))
#define rounddown_pow_of_two(n)	(1UL << ilog2(n))
#define roundup_pow_of_two(n)	((n) < 2 ? 1UL : 2UL << ilog2((n) - 1))
#define swab32(x)		__builtin_bswap32(x)
#define swab64(x)		__builtin_bswap64(x)
#define div_u64(a, b)		((a) / (b))
#define div64_u64(a, b)		((a) / (b))

#define min(a, b)		({					\
	typeof((a) + (b)) __a = (a), __b = (b);				\
	__a < __b ? __a : __b; })
#define max(a, b)		({					\
	typeof((a) + (b)) __c = (a), __d = (b);				\
	__c > __d ? __c : __d; })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define min3(a, b, c)		min(min(a, b), c)
#define umin(a, b)		min(a, b)
#define umax(a, b)		max(a, b)
#define clamp(x, low, high)	min(max(x, low), high)
#define clamp_t(type, x, low, high)	clamp((type)(x), (type)(low), (type)(high))
#define swap(a, b)		do {					\
	typeof(a) __swap = (a);						\
	(a) = (b);							\
	(b) = __swap;							\
} while (0)

/* linux/overflow.h: return SIZE_MAX on overflow, which cannot be allocated */
#define check_add_overflow(a, b, sum)	__builtin_add_overflow(a, b, sum)
#define check_sub_overflow(a, b, diff)	__builtin_sub_overflow(a, b, diff)
#define check_mul_overflow(a, b, prod)	__builtin_mul_overflow(a, b, prod)

static inline size_t size_add(size_t a, size_t b)
{
	size_t sum;

	return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static inline size_t size_mul(size_t n, size_t size)
{
	size_t product;

	return __builtin_mul_overflow(n, size, &product) ? SIZE_MAX : product;
}

static inline size_t size_sub(size_t a, size_t b)
{
	return a == SIZE_MAX || b > a ? SIZE_MAX : a - b;
}

#define array_size(n, size)	size_mul(n, size)
#define array3_size(a, b, c)	size_mul(size_mul(a, b), c)
#define flex_array_size(p, member, n)					\
	size_mul(n, sizeof((p)->member[0]))
#define struct_size(p, member, n)					\
	size_add(sizeof(*(p)), flex_array_size(p, member, n))

/* linux/unaligned.h, asm/unaligned.h */
#define get_unaligned(p)	({					\
	typeof(*(p) + 0) __value;					\
	__builtin_memcpy(&__value, p, sizeof(*(p)));			\
	(typeof(*(p) + 0))__value; })
#define put_unaligned(value, p)	do {					\
	typeof(*(p)) __put = (value);					\
	__builtin_memcpy(p, &__put, sizeof(__put));			\
} while (0)

#define NATIVE_UNALIGNED(bits, order, swap)				\
static inline u##bits get_unaligned_##order##bits(const void *p)	\
{									\
	return swap(get_unaligned((const u##bits *)p));			\
}									\
									\
static inline void put_unaligned_##order##bits(u##bits value, void *p)	\
{									\
	put_unaligned(swap(value), (u##bits *)p);			\
}

/* Only little-endian hosts are supported */
#define native_same(x)		(x)
NATIVE_UNALIGNED(16, le, native_same)
NATIVE_UNALIGNED(32, le, native_same)
NATIVE_UNALIGNED(64, le, native_same)
NATIVE_UNALIGNED(16, be, __builtin_bswap16)
NATIVE_UNALIGNED(32, be, __builtin_bswap32)
NATIVE_UNALIGNED(64, be, __builtin_bswap64)

#define le32_to_cpup(p)		get_unaligned_le32(p)

/* linux/string.h, linux/kstrtox.h, linux/crc32.h, linux/sched/clock.h */
ssize_t strscpy(char *to, const char *from, size_t size);
void *memchr_inv(const void *p, int c, size_t n);
void memzero_explicit(void *p, size_t n);
int kstrtoint(const char *s, unsigned int base, int *result);
u32 crc32_le(u32 crc, const void *p, size_t len);

/* linux/printk.h, linux/bug.h: warnings go to stderr */
#define LOGLEVEL_ERR		3
#define LOGLEVEL_WARNING	4
int vscnprintf(char *to, size_t size, const char *format, va_list args);
__printf(3, 4) int scnprintf(char *to, size_t size, const char *format, ...);
void native_warn(const char *where);
const char *native_warned(void);
#define NATIVE_HERE		__FILE__ ":" __stringify(__LINE__)
#define WARN_ON(condition)	({					\
	bool __warn = !!(condition);					\
	if (__warn)							\
		native_warn(NATIVE_HERE);				\
	__warn; })
#define WARN_ON_ONCE(condition)	WARN_ON(condition)
#define WARN(condition, ...)	WARN_ON(condition)
#define WARN_ONCE(condition, ...)	WARN_ON(condition)

static inline int printk_get_level(const char *text)
{
	return text[0] == '\001' ? text[1] : 0;
}

static inline const char *printk_skip_level(const char *text)
{
	return printk_get_level(text) ? text + 2 : text;
}

/* linux/err.h */
#define MAX_ERRNO		4095
#define ERR_PTR(error)		((void *)(long)(error))
#define PTR_ERR(p)		((long)(p))
#define IS_ERR_VALUE(x)		((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR(p)		IS_ERR_VALUE(p)
#define IS_ERR_OR_NULL(p)	(!(p) || IS_ERR(p))
#define ERR_CAST(p)		((void *)(p))
#define PTR_ERR_OR_ZERO(p)	(IS_ERR(p) ? (int)PTR_ERR(p) : 0)

/* linux/gfp.h, linux/slab.h, linux/vmalloc.h; a broken decompress.c may use any flag */
#define __GFP_HIGHMEM		0x01u
#define __GFP_ZERO		0x02u
#define __GFP_NOWARN		0x04u
#define __GFP_DIRECT_RECLAIM	0x08u
#define __GFP_NORETRY		0x10u
#define __GFP_NOFAIL		0x20u
#define __GFP_IO		0x40u
#define __GFP_FS		0x80u
#define __GFP_HIGH		0x100u
#define __GFP_KSWAPD_RECLAIM	0x200u
#define __GFP_HARDWALL		0x400u
#define __GFP_ACCOUNT		0x800u
#define __GFP_RETRY_MAYFAIL	0x1000u
#define __GFP_COMP		0x2000u
#define __GFP_MOVABLE		0x4000u
#define __GFP_DMA		0x8000u
#define __GFP_DMA32		0x10000u
#define __GFP_NOMEMALLOC	0x20000u
#define __GFP_MEMALLOC		0x40000u
#define __GFP_RECLAIMABLE	0x80000u
#define __GFP_THISNODE		0x100000u
#define __GFP_RECLAIM		(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL		(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOFS		(__GFP_RECLAIM | __GFP_IO)
#define GFP_NOIO		__GFP_RECLAIM
#define GFP_ATOMIC		(__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT		(__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_DMA			__GFP_DMA
#define GFP_DMA32		__GFP_DMA32
#define GFP_USER		(GFP_KERNEL | __GFP_HARDWALL)
#define GFP_HIGHUSER		(GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE	(GFP_HIGHUSER | __GFP_MOVABLE)
#define gfpflags_allow_blocking(gfp)	(!!((gfp) & __GFP_DIRECT_RECLAIM))
#define ZERO_OR_NULL_PTR(p)	((unsigned long)(p) <= 16)

/* Largest allocation in bytes that does not fail; SIZE_MAX by default */
extern size_t native_most_memory;

void *kmalloc(size_t size, gfp_t gfp);
void *kvmalloc(size_t size, gfp_t gfp);
void *__vmalloc(size_t size, gfp_t gfp);
void kfree(const void *p);
void vfree(const void *p);
void kvfree(const void *p);
#define kzalloc(size, gfp)	kmalloc(size, (gfp) | __GFP_ZERO)
#define kmalloc_array(n, size, gfp)	kmalloc(array_size(n, size), gfp)
#define vmalloc(size)		__vmalloc(size, GFP_KERNEL)
#define vzalloc(size)		__vmalloc(size, GFP_KERNEL | __GFP_ZERO)

/* Allocation by type, which v7.1 added */
#define kmalloc_obj(type, ...)	((typeof(type) *)kmalloc(sizeof(type), GFP_KERNEL))
#define kzalloc_obj(type, ...)	((typeof(type) *)kzalloc(sizeof(type), GFP_KERNEL))
#define kmalloc_objs(type, n, ...)					\
	((typeof(type) *)kmalloc_array(n, sizeof(type), GFP_KERNEL))
#define kvmalloc_objs(type, n, ...)					\
	((typeof(type) *)kvmalloc_array(n, sizeof(type), GFP_KERNEL))
#define kvzalloc_objs(type, n, ...)					\
	((typeof(type) *)kvcalloc(n, sizeof(type), GFP_KERNEL))

/* linux/mm.h, linux/highmem.h: native.c follows the rules of mm/highmem.c */
struct page {
	int count;
	unsigned int order;
	bool highmem;
	struct list_head lru;
};

struct folio;
extern const unsigned int native_pages;	/* number of pages */
typedef struct { unsigned long pgprot; } pgprot_t;
#define pgprot_val(prot)	((prot).pgprot)
#define PAGE_KERNEL		((pgprot_t){ 0x163 })
#define PAGE_KERNEL_RO		((pgprot_t){ 0x161 })
#define PAGE_KERNEL_EXEC	((pgprot_t){ 0x063 })
#define VM_MAP			0x04ul
#define VM_IOREMAP		0x01ul
#define VM_ALLOC		0x02ul
#define VM_MAP_PUT_PAGES	0x200ul
#define VM_FLUSH_RESET_PERMS	0x100ul

struct page *alloc_pages(gfp_t gfp, unsigned int order);
void split_page(struct page *page, unsigned int order);
void __free_pages(struct page *page, unsigned int order);
#define alloc_page(gfp)		alloc_pages(gfp, 0)
#define __free_page(page)	__free_pages(page, 0)
int page_count(const struct page *page);
bool PageHighMem(const struct page *page);
void *page_address(const struct page *page);
void *kmap_local_page(struct page *page);
void kunmap_local(const void *addr);
void *vmap(struct page **pages, unsigned int count, unsigned long flags,
	   pgprot_t prot);
void vunmap(const void *addr);
#define vm_unmap_aliases()	((void)0)
#define VMALLOC_TOTAL		(1UL << (BITS_PER_LONG == 64 ? 45 : 27))
long si_mem_available(void);
unsigned long totalram_pages(void);
void get_page(struct page *page);
void put_page(struct page *page);
void *kmap_local_folio(struct folio *folio, size_t offset);
#define folio_page(folio, n)	((struct page *)(folio) + (n))
#define page_folio(page)	((struct folio *)(page))
#define PageReserved(page)	false
#define PageLocked(page)	false
#define ClearPageReserved(page)	((void)(page))
#define folio_order(folio)	(folio_page(folio, 0)->order)
#define folio_nr_pages(folio)	(1L << folio_order(folio))
#define folio_size(folio)	(PAGE_SIZE << folio_order(folio))
#define folio_get(folio)	get_page(folio_page(folio, 0))

/* Helpers that map a page for a moment */
static inline void memset_page(struct page *page, size_t offset, int c, size_t n)
{
	u8 *p = kmap_local_page(page);

	memset(p + offset, c, n);
	kunmap_local(p);
}

static inline void memcpy_to_folio(struct folio *folio, size_t offset,
				   const void *from, size_t n)
{
	u8 *p = kmap_local_folio(folio, offset);

	memcpy(p, from, n);
	kunmap_local(p);
}

static inline void memcpy_from_page(void *to, struct page *page, size_t offset,
				    size_t n)
{
	u8 *p = kmap_local_page(page);

	memcpy(to, p + offset, n);
	kunmap_local(p);
}

static inline void memcpy_page(struct page *to, size_t to_offset, struct page *from,
			       size_t from_offset, size_t n)
{
	u8 *p = kmap_local_page(to);

	memcpy_from_page(p + to_offset, from, from_offset, n);
	kunmap_local(p);
}

#define flush_dcache_page(page)	((void)(page))
#define flush_kernel_vmap_range(addr, size)	((void)(addr))
#define invalidate_kernel_vmap_range(addr, size)	((void)(addr))
#define clear_page(addr)	memset(addr, 0, PAGE_SIZE)
#define copy_page(to, from)	memcpy(to, from, PAGE_SIZE)
#define copy_highpage(to, from)	memcpy_page(to, 0, from, 0, PAGE_SIZE)
#define numa_mem_id()		0
#define numa_node_id()		0
#define NUMA_NO_NODE		(-1)
#define PAGE_ALLOC_COSTLY_ORDER	3
#define memzero_page(page, offset, n)	memset_page(page, offset, 0, n)
#define clear_highpage(page)	memset_page(page, 0, 0, PAGE_SIZE)
#define folio_zero_range(folio, offset, n)	memset_page(folio_page(folio, 0), offset, 0, n)
#define folio_zero_segment(folio, from, to)	folio_zero_range(folio, from, (to) - (from))
#define zero_user(page, offset, n)	memset_page(page, offset, 0, n)

/* linux/sched.h, linux/spinlock.h, linux/kthread.h, for a single task */
struct kunit;
struct task_struct {
	struct { int idx; } kmap_ctrl;
	int migration_disabled;
	int pagefault_disabled;
	unsigned int flags;
	int signal;
	bool need_resched;
	struct kunit *kunit_test;
};

extern struct task_struct native_task;

#define current			(&native_task)
#define preempt_count()		0
#define irqs_disabled()		false
#define atomic_inc(v)		((void)((v)->counter++))
#define xchg(p, new)		__atomic_exchange_n(p, new, __ATOMIC_RELAXED)
#define cmpxchg(p, old, new)	__sync_val_compare_and_swap(p, old, new)
#define atomic_xchg(v, new)	__atomic_exchange_n(&(v)->counter, new, __ATOMIC_RELAXED)
#define DEFINE_RAW_SPINLOCK(x)	int x __maybe_unused
#define raw_spin_lock(lock)	((void)(lock))
#define raw_spin_unlock(lock)	((void)(lock))
#define msleep(ms)		((void)(ms))
#define in_interrupt()		false
#define might_sleep()		((void)0)
#define might_resched()		((void)0)
#define might_alloc(gfp)	((void)(gfp))
#define need_resched()		(current->need_resched)
#define set_tsk_need_resched(task)	((void)((task)->need_resched = true))
#define set_preempt_need_resched()	((void)0)
#define schedule()		((void)(current->need_resched = false))
#define touch_nmi_watchdog()	((void)0)
#define touch_softlockup_watchdog()	((void)0)
#define SIGKILL			9
#define SIGUSR1			10
#define allow_signal(signal)	((void)(signal))
#define disallow_signal(signal)	((void)(signal))
#define send_sig(nr, task, priv)	((void)((task)->signal = (nr)))
#define flush_signals(task)	((void)((task)->signal = 0))
#define cond_resched()		({ schedule(); 0; })
#define signal_pending(task)	((task)->signal != 0)
#define fatal_signal_pending(task)	((task)->signal == SIGKILL)
#define ALLOW_ERROR_INJECTION(function, kind)
#define ktime_get()		((ktime_t)0)
#define ktime_us_delta(later, earlier)	(((later) - (earlier)) / 1000)
#define lockdep_assert_held(lock)	((void)(lock))
#define lockdep_assert_not_held(lock)	((void)(lock))
#define mutex_lock(lock)	((void)(lock))
#define mutex_unlock(lock)	((void)(lock))
struct mutex { int unused; };
#define DEFINE_MUTEX(x)		struct mutex x
#ifdef NATIVE_HAS_CLEANUP
#include <linux/cleanup.h>
DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))
#endif
#define PF_MEMALLOC		0x01
#define PF_MEMALLOC_NOFS	0x02
#define PF_MEMALLOC_NOIO	0x04
#define PF_MEMALLOC_PIN		0x08
#define preempt_disable()	((void)0)
#define preempt_enable()	((void)0)
#define preempt_model_none()	true
#define migrate_disable()	((void)current->migration_disabled++)
#define migrate_enable()	((void)current->migration_disabled--)
#define pagefault_disable()	((void)current->pagefault_disabled++)
#define pagefault_enable()	((void)current->pagefault_disabled--)
#define kthread_should_stop()	true
#define kthread_exit(ret)	abort()
#define schedule_timeout_interruptible(timeout)	((void)(timeout))
#define wait_for_initramfs()	((void)0)

/* linux/sched/mm.h */
static inline unsigned int memalloc_flags_save(unsigned int flags)
{
	unsigned int added = ~current->flags & flags;

	current->flags |= flags;
	return added;
}

static inline void memalloc_flags_restore(unsigned int flags)
{
	current->flags &= ~flags;
}

#define memalloc_noio_save()	memalloc_flags_save(PF_MEMALLOC_NOIO)
#define memalloc_nofs_save()	memalloc_flags_save(PF_MEMALLOC_NOFS)
#define memalloc_noreclaim_save()	memalloc_flags_save(PF_MEMALLOC)
#define memalloc_noreclaim_restore(flags)	memalloc_flags_restore(flags)
#define memalloc_noio_restore(flags)	memalloc_flags_restore(flags)
#define memalloc_nofs_restore(flags)	memalloc_flags_restore(flags)

/* linux/elf.h, linux/module.h: types that kernel/module/internal.h needs */
#if __SIZEOF_POINTER__ == 8
#define Elf_Ehdr		Elf64_Ehdr
#define Elf_Shdr		Elf64_Shdr
#define Elf_Sym			Elf64_Sym
#else
#define Elf_Ehdr		Elf32_Ehdr
#define Elf_Shdr		Elf32_Shdr
#define Elf_Sym			Elf32_Sym
#endif
#define MODULE_NAME_LEN		(64 - sizeof(unsigned long))
enum mod_mem_type { MOD_TEXT };
struct latch_tree_root { void *root; };
struct module;
struct kernel_param;
struct _ddebug_info { void *descs; };
struct modversion_info;
struct tracepoint;
/* In older kernels, internal.h defines struct kernel_symbol */
#ifndef INTERNAL_HAS_KERNEL_SYMBOL
struct kernel_symbol { unsigned long value; };
#endif

/* linux/kobject.h, linux/sysfs.h */
struct kobject { const char *name; };
struct kset { struct kobject kobj; };
struct attribute { const char *name; unsigned short mode; };
struct attribute_group { const char *name; struct attribute **attrs; };
struct kobj_attribute {
	struct attribute attr;
	ssize_t (*show)(struct kobject *kobj, struct kobj_attribute *attr,
			char *text);
};

#define __ATTR_RO(_name) {						\
	.attr = { .name = __stringify(_name), .mode = 0444 },		\
	.show = _name##_show,						\
}

#define sysfs_emit(text, ...)	scnprintf(text, PAGE_SIZE, __VA_ARGS__)

/* For leak checks: number of allocations, pages and vmap() mappings in use */
long native_allocated(void);

/* linux/export.h, linux/module.h: without effect in user space */
#define EXPORT_SYMBOL(symbol)	extern int native_nothing
#define EXPORT_SYMBOL_GPL(symbol)	extern int native_nothing
#define MODULE_LICENSE(text)	extern int native_nothing
#define MODULE_DESCRIPTION(text)	extern int native_nothing
#define MODULE_AUTHOR(text)	extern int native_nothing
#define MODULE_VERSION(text)	extern int native_nothing

#endif /* _NATIVE_H */
