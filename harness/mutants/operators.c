// SPDX-License-Identifier: GPL-2.0
/*
 * The faults that mutants have: rules that are tried on each node of a
 * function, and what the rules share.
 */
#include <string.h>

#include "operators.h"

const char *kind;

void replace(struct span at, const char *with)
{
	struct edit edit = { at, with };

	add_mutant(&edit, 1, at, format("%s -> %s", text(at), with));
}

void replace_by_all(struct span at, const char *const *with)
{
	for (; *with; with++)
		replace(at, *with);
}

void exchange(struct span a, struct span b)
{
	struct edit edits[] = { { a, text(b) }, { b, text(a) } };

	add_mutant(edits, 2, a, format("exchanged: %s <-> %s", short_text(a),
				       short_text(b)));
}

/* Is @n a statement that another can be put before? */
bool is_in_block(const struct node *n)
{
	return n->parent && (n->parent->kind == CXCursor_CompoundStmt ||
			     n->parent->kind == CXCursor_LabelStmt);
}

/* Is it a statement of a block, but not a declaration, a label or a return? */
bool is_step(const struct node *n)
{
	return is_in_block(n) && n->kind != CXCursor_DeclStmt &&
	       n->kind != CXCursor_LabelStmt && n->kind != CXCursor_ReturnStmt;
}

void insert_before(struct node *n, const char *statement)
{
	struct edit edit = {
		{ n->at.start, n->at.start }, format("%s ", statement)
	};

	add_mutant(&edit, 1, n->at,
		   format("%s before: %s", statement, short_text(whole(n))));
}

void insert_after(struct node *n, const char *statement)
{
	unsigned int pos = whole(n).end;
	struct edit edit = { { pos, pos }, format(" %s", statement) };

	add_mutant(&edit, 1, n->at,
		   format("%s after: %s", statement, short_text(whole(n))));
}

/* The variable that the function returns at its end; NULL if it is not a variable */
const struct node *returned(void)
{
	const struct node *n, *last = NULL;

	for (n = nodes; n < nodes + nr_nodes; n++)
		if (n->kind == CXCursor_ReturnStmt)
			last = n;
	last = last ? child(last, 0) : NULL;
	return last && declaration(last) ? last : NULL;
}

/* Replace each $ in @pattern by @arg */
char *fill(const char *pattern, const char *arg)
{
	for (; *pattern; pattern++) {
		if (*pattern == '$')
			obstack_grow(&pool, arg, strlen(arg));
		else
			obstack_1grow(&pool, *pattern);
	}
	obstack_1grow(&pool, '\0');
	return obstack_finish(&pool);
}

bool is_gfp(struct span at)
{
	return starts_with(source + at.start, "GFP_") ||
	       starts_with(source + at.start, "__GFP_");
}

/* The kinds of mutants; mutate_name() has its kinds in a table. */
static const struct {
	const char *kind;
	void (*mutate)(struct node *n);
} rules[] = {
	{ "statement", mutate_statement },
	{ "twice", mutate_twice },
	{ "order", mutate_order },
	{ "", mutate_name },
	{ "service", mutate_service },
	{ "type", mutate_type },
	{ "gfp", mutate_gfp },
	{ "condition", mutate_condition },
	{ "return", mutate_return },
	{ "goto", mutate_goto },
	{ "early return", mutate_early_return },
	{ "loop", mutate_loop },
	{ "operator", mutate_operator },
	{ "cast", mutate_cast },
	{ "negation", mutate_negation },
	{ "constant", mutate_constant },
	{ "variable", mutate_variable },
	{ "static", mutate_static },
	{ "argument", mutate_argument },
	{ "unit", mutate_unit },
	{ "off by one", mutate_off_by_one },
};

static void name_algorithm(struct span name)
{
	static const char *const algorithms[] = { "gzip", "xz", "zstd", NULL };

	if (is_text(name, "MODULE_COMPRESSION"))
		replace_by_all(token_from(name.end), algorithms);
}

static void hide_attribute(struct span name)
{
	struct call call;

	if (!is_text(name, "__ATTR_RO") || !read_call(name, &call))
		return;
	name.end = call.end;
	replace(name, fill("__ATTR($, 0400, $_show, NULL)",
			   text(call.args[0])));
	replace(name, fill("__ATTR($, 0644, $_show, NULL)",
			   text(call.args[0])));
}

/* Change text outside of functions */
void mutate_file(void)
{
	size_t i;

	function = "-";
	kind = "file scope";
	for (i = 0; i < nr_tokens; i++) {
		if (i > 0 && is_text(tokens[i - 1], "define"))
			name_algorithm(tokens[i]);
		hide_attribute(tokens[i]);
	}
}

void mutate_node(struct node *n)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		kind = rules[i].kind;
		rules[i].mutate(n);
	}
}
