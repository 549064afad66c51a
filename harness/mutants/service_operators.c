// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in the use of the kernel's functions: other ways to map and to
 * allocate, other flags, harmful calls.
 */
#include <string.h>

#include "operators.h"

/*
 * Replacements for the name of a function or of a macro. A replacement with
 * parentheses replaces the whole call; $ stands for its first argument.
 */
static const struct {
	const char *kind;
	const char *function;	/* part of the name of the function it is in */
	struct row row;
} names[] = {
	{ "kmap", "", { "kmap_local_page",
		{ "kmap", "kmap_atomic", "page_address" } } },
	{ "kmap", "", { "kunmap_local", {
		"kunmap_local($ + 1)", "kunmap_local($ - 1)",
		"kunmap_local($ + PAGE_SIZE)", "kunmap_local($ - PAGE_SIZE)",
		"kunmap_local($ + PAGE_SIZE - 1)", "kunmap(page)" } } },
	{ "kmap", "", { "kunmap_local", { "kunmap_atomic" } } },
	{ "kmap", "gzip", { "kunmap_local", { "kunmap_local(s.next_out)" } } },
	{ "kmap", "xz", { "kunmap_local",
		{ "kunmap_local(xz_buf.out + xz_buf.out_pos)" } } },
	{ "kmap", "zstd", { "kunmap_local",
		{ "kunmap_local(zstd_dec.dst + zstd_dec.pos)" } } },
	{ "gfp", "", { "GFP_KERNEL",
		{ "GFP_ATOMIC", "GFP_NOWAIT", "GFP_NOFS" } } },
	{ "gfp", "", { "__GFP_HIGHMEM", { "__GFP_MOVABLE" } } },
	{ "allocator", "", { "kvmalloc", { "kmalloc", "vmalloc($)" } } },
	{ "allocator", "", { "__vmalloc", { "kmalloc", "vmalloc($)" } } },
	{ "allocator", "", { "kvmalloc_array",
		{ "kmalloc_array", "kcalloc" } } },
	{ "allocator", "", { "kvfree", { "kfree", "vfree" } } },
	{ "allocator", "", { "alloc_page", { "alloc_pages($, 1)" } } },
	{ "allocator", "", { "__free_page", { "put_page" } } },
	{ "unit", "", { "PAGE_SIZE", { "1", "(PAGE_SIZE / 2)",
		"(PAGE_SIZE - 1)", "(PAGE_SIZE * 2)" } } },
};

/* The name of the function or macro that @n uses; empty if it uses none */
static struct span known_name(const struct node *n)
{
	struct span name = { n->at.start, n->at.start };
	struct call call;

	if (get_call(n, &call))
		return call.name;
	return n->kind == CXCursor_MacroExpansion ? n->at : name;
}

void mutate_name(struct node *n)
{
	struct span name = known_name(n);
	const char *const *to;
	struct call call;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!is_text(name, names[i].row.from) ||
		    !strstr(function, names[i].function))
			continue;
		kind = names[i].kind;
		for (to = names[i].row.to; *to; to++) {
			if (!strchr(*to, '('))
				replace(name, *to);
			else if (!get_call(n, &call))
				replace(n->at, *to);
			else
				replace(n->at, fill(*to, text(call.args[0])));
		}
	}
}

/* Harmful statements to insert while a page, $, is mapped */
static const char *const services[] = {
	"get_page($);", "SetPageReserved($);", "kmap_local_page($);",
	"kmap($);", "preempt_disable();", "pagefault_disable();",
	"migrate_disable();", "local_irq_disable();"
};

/* Find a call in a block itself, not in the blocks that it contains. */
static struct node *call_in(const struct node *block, const char *name)
{
	const char *const names[] = { name, NULL };
	struct node *n;

	for (n = nodes; n < nodes + nr_nodes; n++)
		if (calls(n, names) &&
		    ancestor(n, CXCursor_CompoundStmt) == block)
			return n;
	return NULL;
}

/* The statement of a block that contains @n */
static struct node *statement_of(struct node *n)
{
	while (!is_in_block(n))
		n = n->parent;
	return n;
}

static void mutate_mapping(const struct node *block)
{
	struct node *map = call_in(block, "kmap_local_page");
	struct node *unmap = call_in(block, "kunmap_local");
	const char *service;
	struct call call;
	size_t i;

	if (!map || !unmap)
		return;
	get_call(map, &call);
	for (i = 0; i < ARRAY_SIZE(services); i++) {
		service = fill(services[i], text(call.args[0]));
		insert_after(statement_of(map), service);
		insert_before(statement_of(unmap), service);
	}
	get_call(unmap, &call);
	insert_after(statement_of(map),
		     fill("kunmap_local($);", text(call.args[0])));
}

/* Insert calls whose effect is not undone, such as references that leak. */
void mutate_service(struct node *n)
{
	static const char *const maps[] = { "vmap", NULL };
	struct call call;

	if (n->kind == CXCursor_CompoundStmt)
		mutate_mapping(n);
	if (calls(n, maps) && get_call(n, &call))
		insert_before(statement_of(n),
			      format("get_page(%s[0]);", text(call.args[0])));
	if (n->kind == CXCursor_ReturnStmt && child(n, 0) == returned() &&
	    !strcmp(type_name(returned()->cursor), "struct page *"))
		insert_before(n, format("get_page(%s);", text(returned()->at)));
}

void mutate_gfp(struct node *n)
{
	static const char *const added[] = {
		"__GFP_HIGHMEM", "__GFP_ZERO", "__GFP_NOFAIL"
	};
	struct call call;
	size_t i;
	int arg;

	if (!get_call(n, &call))
		return;
	for (arg = 0; arg < call.nr_args; arg++) {
		const char *s = text(call.args[arg]);

		for (i = 0; i < ARRAY_SIZE(added); i++)
			if (is_gfp(call.args[arg]) && !strstr(s, added[i]))
				replace(call.args[arg],
					format("%s | %s", s, added[i]));
	}
}
