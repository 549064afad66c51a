// SPDX-License-Identifier: GPL-2.0
/*
 * Model the kernel's pages, mappings, memory and messages for a single task, so that a
 * wrong access to a mapping faults.
 *
 * A view maps all page frames, but makes none accessible. kmap_local_page() makes one
 * highmem page accessible in one view; successive calls use the views in turn.
 * kunmap_local() makes the page inaccessible again. The neighbours of the page in the
 * view act as guard pages. As in mm/highmem.c, mappings nest, and there are KM_MAX_IDX
 * slots. vmap() maps pages between two guard pages. AddressSanitizer guards the views
 * and all allocations; without it, mprotect() guards only the views.
 */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Detect AddressSanitizer: gcc defines a macro, clang has a feature test */
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#endif

#include "native.h"

struct task_struct native_task;

/* Allow allocations to fail, as in the kernel; kunit.c and fuzz.c check for leaks */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:detect_leaks=0:quarantine_size_mb=16";
}

/* As in asm-generic/kmap_size.h without CONFIG_DEBUG_KMAP_LOCAL */
#define KM_MAX_IDX	16

#define NR_VIEWS	4

/* Enough page frames for the suite's largest output */
#ifndef NR_PAGES
#define NR_PAGES	4096
#endif

const unsigned int native_pages = NR_PAGES;

/* As in include/linux/slab.h with 4 KiB pages */
#define KMALLOC_MAX_SIZE	SZ_4M

static struct page pages[NR_PAGES];
static unsigned int free_pages[NR_PAGES];
static unsigned int nr_free;
static int frames;
/* All page frames, always accessible: for lowmem pages and alloc_page() */
static u8 *lowmem;
static u8 *views[NR_VIEWS];
static unsigned int next_view;
static void *mapped[KM_MAX_IDX];

/* Number of allocations, pages and vmap() mappings in use */
static long nr_allocated;

static void __noreturn die(const char *what)
{
	perror(what);
	exit(2);
}

static void *map_pages(void *where, size_t size, int prot, int flags, off_t at)
{
	int fd = flags & MAP_ANONYMOUS ? -1 : frames;
	void *p = mmap(where, size, prot, flags, fd, at);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void *map_frames(void)
{
	return map_pages(NULL, NR_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, 0);
}

static void shut(void *p, size_t size)
{
#ifdef WITH_ASAN
	ASAN_POISON_MEMORY_REGION(p, size);
#else
	mprotect(p, size, PROT_NONE);
#endif
}

static void open_up(void *p, size_t size)
{
#ifdef WITH_ASAN
	ASAN_UNPOISON_MEMORY_REGION(p, size);
#else
	mprotect(p, size, PROT_READ | PROT_WRITE);
#endif
}

/* Create page frames at the first alloc_page(): processes must not share them */
static void make_frames(void)
{
	unsigned int i;

	frames = memfd_create("frames", 0);
	if (frames < 0 || ftruncate(frames, NR_PAGES * PAGE_SIZE))
		die("memfd_create");
	lowmem = map_frames();
	for (i = 0; i < NR_VIEWS; i++) {
		views[i] = map_frames();
		shut(views[i], NR_PAGES * PAGE_SIZE);
	}
	for (i = 0; i < NR_PAGES; i++)
		free_pages[nr_free++] = NR_PAGES - 1 - i;
}

long native_allocated(void)
{
	return nr_allocated;
}

/* Find free pages that follow each other: the last of the free list that do */
static struct page *take_pages(unsigned int count)
{
	unsigned int end, at;

	for (end = nr_free; end >= count; end--) {
		for (at = 1; at < count; at++)
			if (free_pages[end - 1 - at] != free_pages[end - 1] + at)
				break;
		if (at < count)
			continue;
		at = free_pages[end - 1];
		memmove(free_pages + end - count, free_pages + end,
			(nr_free - end) * sizeof(*free_pages));
		nr_free -= count;
		return &pages[at];
	}
	return NULL;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;
	unsigned int i;

	if (!lowmem)
		make_frames();
	page = take_pages(1 << order);
	for (i = 0; page && i < 1 << order; i++) {
		page[i].count = !i;
		page[i].order = i ? 0 : order;
		page[i].highmem = gfp & __GFP_HIGHMEM;
		/* Without __GFP_ZERO the content is undefined: a pattern */
		memset(lowmem + (page + i - pages) * PAGE_SIZE,
		       gfp & __GFP_ZERO ? 0 : 0xa5, PAGE_SIZE);
		nr_allocated++;
	}
	return page;
}

void split_page(struct page *page, unsigned int order)
{
	unsigned int i;

	for (i = 0; i < 1 << order; i++)
		page[i].count = 1;
}

void get_page(struct page *page)
{
	page->count++;
}

void __free_pages(struct page *page, unsigned int order)
{
	unsigned int i;

	assert(page->count > 0);
	if (--page->count)
		return;
	for (i = 1 << order; i--;) {
		free_pages[nr_free++] = page + i - pages;
		nr_allocated--;
	}
}

void put_page(struct page *page)
{
	__free_pages(page, 0);
}

int page_count(const struct page *page)
{
	return page->count;
}

bool PageHighMem(const struct page *page)
{
	return page->highmem;
}

void *page_address(const struct page *page)
{
	return page->highmem ? NULL : lowmem + (page - pages) * PAGE_SIZE;
}

void *kmap_local_page(struct page *page)
{
	u8 *view = views[next_view++ % NR_VIEWS];
	int idx = current->kmap_ctrl.idx;

	if (!page->highmem)
		return page_address(page);
	assert(idx < KM_MAX_IDX);
	current->kmap_ctrl.idx++;
	current->migration_disabled++;
	mapped[idx] = view + (page - pages) * PAGE_SIZE;
	open_up(mapped[idx], PAGE_SIZE);
	return mapped[idx];
}

/* Unmap the last mapping, given any address in it, as in mm/highmem.c */
void kunmap_local(const void *addr)
{
	int idx = current->kmap_ctrl.idx - 1;

	addr = PTR_ALIGN_DOWN(addr, PAGE_SIZE);
	if ((u8 *)addr >= lowmem && (u8 *)addr < lowmem + NR_PAGES * PAGE_SIZE)
		return;
	assert(idx >= 0 && mapped[idx] == addr);
	shut(mapped[idx], PAGE_SIZE);
	current->migration_disabled--;
	current->kmap_ctrl.idx--;
}

void *kmap_local_folio(struct folio *folio, size_t offset)
{
	return kmap_local_page((struct page *)folio) + offset;
}

/* Store the size of the area, in bytes, in the first guard page for vunmap() */
void *vmap(struct page **array, unsigned int count, unsigned long flags,
	   pgprot_t prot)
{
	u8 *area = map_pages(NULL, (count + 2) * PAGE_SIZE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, 0);
	u8 *p = area + PAGE_SIZE;
	unsigned int i, n;

	map_pages(area, PAGE_SIZE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
	*(size_t *)area = (count + 2) * PAGE_SIZE;
	mprotect(area, PAGE_SIZE, PROT_NONE);
	for (i = 0; i < count; i += n) {
		/* Map consecutive pages with one mmap() */
		for (n = 1; i + n < count && array[i + n] == array[i] + n; n++)
			;
		map_pages(p + i * PAGE_SIZE, n * PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, (array[i] - pages) * PAGE_SIZE);
	}
	nr_allocated++;
	return p;
}

void vunmap(const void *addr)
{
	u8 *area = (u8 *)addr - PAGE_SIZE;

	mprotect(area, PAGE_SIZE, PROT_READ);
	munmap(area, *(size_t *)area);
	nr_allocated--;
}

long si_mem_available(void)
{
	return LONG_MAX;
}

unsigned long totalram_pages(void)
{
	return ULONG_MAX / PAGE_SIZE;
}

size_t native_most_memory = SIZE_MAX;

/* Only vmalloc() passes page alignment, to catch code that expects it elsewhere */
static void *allocate(size_t size, size_t align, gfp_t gfp)
{
	void *p;

	if (size > native_most_memory || posix_memalign(&p, align, size ?: 1))
		return NULL;
	if (gfp & __GFP_ZERO)
		memset(p, 0, size);
	nr_allocated++;
	return p;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	if (size > KMALLOC_MAX_SIZE) {
		WARN_ON(!(gfp & __GFP_NOWARN));
		return NULL;
	}
	return allocate(size, 16, gfp);
}

void *__vmalloc(size_t size, gfp_t gfp)
{
	return allocate(size, PAGE_SIZE, gfp);
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	if (size > INT_MAX) {
		WARN_ON(!(gfp & __GFP_NOWARN));
		return NULL;
	}
	return allocate(size, 16, gfp);
}

void kvfree(const void *p)
{
	if (p)
		nr_allocated--;
	free((void *)p);
}

void kfree(const void *p)
{
	kvfree(p);
}

void vfree(const void *p)
{
	kvfree(p);
}

/* Location of the first WARN() since native_warned() */
static const char *warning;

void native_warn(const char *where)
{
	fprintf(stderr, "WARNING: at %s\n", where);
	if (!warning)
		warning = where;
}

const char *native_warned(void)
{
	const char *where = warning;

	warning = NULL;
	return where;
}

int vscnprintf(char *to, size_t size, const char *format, va_list args)
{
	int n = vsnprintf(to, size, format, args);

	return n < (int)size ? n : (int)size - 1;
}

int scnprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vscnprintf(to, size, format, args);
	va_end(args);
	return n;
}

ssize_t strscpy(char *to, const char *from, size_t size)
{
	return snprintf(to, size, "%s", from);
}

void memzero_explicit(void *p, size_t n)
{
	memset(p, 0, n);
	barrier();
}

void *memchr_inv(const void *p, int c, size_t n)
{
	const u8 *byte = p;

	for (; n; n--, byte++)
		if (*byte != (u8)c)
			return (void *)byte;
	return NULL;
}

int kstrtoint(const char *s, unsigned int base, int *result)
{
	char *end;

	*result = strtol(s, &end, base);
	return end == s || (*end && strcmp(end, "\n")) ? -EINVAL : 0;
}

/* The reflected CRC-32 of IEEE 802.3, as in gzip and xz: crc_table[n] is of a byte and n zeros */
static u32 crc_table[4][256];

static __attribute__((__constructor__)) void crc_init(void)
{
	unsigned int i, bit;

	for (i = 0; i < ARRAY_SIZE(crc_table[0]); i++) {
		u32 crc = i;

		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
		crc_table[0][i] = crc;
	}
	for (; i < sizeof(crc_table) / sizeof(u32); i++) {
		u32 crc = crc_table[i / 256 - 1][i % 256];

		crc_table[i / 256][i % 256] = crc >> 8 ^ crc_table[0][(u8)crc];
	}
}

/* Not instrumented: a check of the largest output would take long */
__attribute__((no_sanitize("address", "undefined")))
u32 crc32_le(u32 crc, const void *p, size_t len)
{
	const u8 *byte = p;
	u32 word;

	for (; len >= 4; len -= 4, byte += 4) {
		memcpy(&word, byte, 4);
		crc ^= word;
		crc = crc_table[3][(u8)crc] ^ crc_table[2][(u8)(crc >> 8)] ^
		      crc_table[1][(u8)(crc >> 16)] ^ crc_table[0][crc >> 24];
	}
	for (; len; len--)
		crc = crc >> 8 ^ crc_table[0][(u8)(crc ^ *byte++)];
	return crc;
}
