/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The makefile includes this before ledger_pages.c: a case of mapping_cases.c says
 * by which function the ledger maps a page.
 */
#ifndef _MODULE_TESTS_MAPPER_H
#define _MODULE_TESTS_MAPPER_H

#include <linux/highmem.h>
#include <linux/pagemap.h>

#include "ledger.h"

enum mapper {
	MAPPER_KMAP_LOCAL_PAGE,
	MAPPER_KMAP_LOCAL_FOLIO,
	MAPPER_KMAP,
};

extern enum mapper mapper;
extern unsigned int nr_mapper_maps;

/* kunmap() takes the page, and kmap_to_page() warns */
static struct page *kmapped[LEDGER_MAX_MAPS];
static unsigned int nr_kmapped;

static inline void *mapper_map(struct page *page)
{
	nr_mapper_maps++;
	if (mapper == MAPPER_KMAP) {
		kmapped[nr_kmapped++] = page;
		return kmap(page);
	}
	if (mapper == MAPPER_KMAP_LOCAL_FOLIO)
		return kmap_local_folio(page_folio(page), PAGE_SIZE *
					folio_page_idx(page_folio(page), page));
	return kmap_local_page(page);
}

static inline void mapper_unmap(void *addr)
{
	if (mapper == MAPPER_KMAP)
		kunmap(kmapped[--nr_kmapped]);
	else
		kunmap_local(addr);
}

#undef kunmap_local
#define kmap_local_page(page)	mapper_map(page)
#define kunmap_local(addr)	mapper_unmap(addr)

#endif /* _MODULE_TESTS_MAPPER_H */
