// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in the order in which a function does things.
 */
#include <string.h>

#include "operators.h"

/* Move statement @n to @pos; @where says so for people. */
static void move(struct node *n, unsigned int pos, const char *where)
{
	bool up = pos <= n->at.start;
	struct span from = whole(n);
	char *s = text(from);
	struct edit taken = {
		from, n->parent->kind == CXCursor_CompoundStmt ? "" : ";"
	};
	struct edit put = {
		{ pos, pos }, up ? format("%s ", s) : format(" %s", s)
	};
	struct edit edits[] = { up ? put : taken, up ? taken : put };

	add_mutant(edits, 2, from,
		   format("moved %s: %s", where, short_text(from)));
}

/* A statement moved past one of these would not run: that is a deletion, not a move. */
static bool is_jump(const struct node *n)
{
	return n->kind == CXCursor_ReturnStmt || n->kind == CXCursor_GotoStmt ||
	       n->kind == CXCursor_BreakStmt ||
	       n->kind == CXCursor_ContinueStmt;
}

static void move_by(struct node *n, struct node *block, int nr, int by)
{
	struct node *to = nr + by < 0 ? NULL : statement(block, nr + by);

	if (to && (by < 0 || !is_jump(to)))
		move(n, by < 0 ? to->at.start : whole(to).end,
		     format("%d %s", abs(by), by < 0 ? "up" : "down"));
}

/*
 * Move @n out of the loop. If @n uses a variable that the loop declares, move
 * the declaration, too. Give up if @n has a second use of such a variable, or
 * if the declaration has an initializer.
 */
static void move_out(struct node *n, const struct node *loop)
{
	struct span top = { loop->at.start, loop->at.start }, decl = top;
	struct span from = whole(n), end = { whole(loop).end, whole(loop).end };
	const struct node *use, *var;
	const char *s = text(from);

	for (use = n; use < nodes + nr_nodes && within(use->at, n->at); use++) {
		var = declaration(use);
		if (!var || is_visible(var, top.start))
			continue;
		if (decl.end > decl.start || strchr(text(var->at), '='))
			return;
		decl = var->parent->at;
	}

	add_mutant((struct edit[]) {
			{ top, format("%s %s ", text(decl), s) },
			{ decl, "" }, { from, "" }
		   }, 3, from, format("moved before the loop: %s", s));
	add_mutant((struct edit[]) {
			{ top, format("%s ", text(decl)) },
			{ decl, "" }, { from, "" }, { end, format(" %s", s) }
		   }, 4, from, format("moved after the loop: %s", s));
}

static void move_mapping(struct node *n, const struct node *block)
{
	const struct node *loop = block->parent;

	while (loop && !is_loop(loop))
		loop = loop->parent;
	if (loop)
		move_out(n, loop);
}

static void move_to_ends(struct node *n)
{
	struct node *block = ancestor(n, CXCursor_CompoundStmt), *last = NULL;
	struct node *s;
	int i;

	for (i = 0; (s = statement(block, i)); i++)
		if (!is_jump(s))
			last = s;
	if (statement(block, 0) != n)
		move(n, statement(block, 0)->at.start, "to the start");
	if (last && last != n)
		move(n, whole(last).end, "to the end");
}

/* Is it a statement without a block of several statements? */
static bool is_movable(const struct node *n)
{
	const struct node *in;

	if (!is_step(n))
		return false;
	for (in = n; in < nodes + nr_nodes && within(in->at, n->at); in++)
		if (in->kind == CXCursor_CompoundStmt && child(in, 1))
			return false;
	return true;
}

static void move_around(struct node *n)
{
	struct node *block = ancestor(n, CXCursor_CompoundStmt);
	const struct node *s;
	int nr = 0;

	while ((s = statement(block, nr)) && s != n)
		nr++;
	if (!s)
		return;
	move_by(n, block, nr, -2);
	move_by(n, block, nr, 2);
	move_to_ends(n);
}

void mutate_order(struct node *n)
{
	static const char *const mapping[] = {
		"kmap_local_page", "kunmap_local", NULL
	};
	static const char *const freeing[] = {
		"kvfree", "zlib_inflateEnd", "xz_dec_end", "vunmap",
		"__free_page", NULL
	};
	struct node *s, *next, *use;
	int i;

	if (is_statement(n) && calls(n, freeing))
		move_to_ends(n);
	if (is_movable(n))
		move_around(n);
	if (n->kind != CXCursor_CompoundStmt)
		return;

	for (i = 0; (s = statement(n, i)); i++) {
		next = statement(n, i + 1);
		if (next)
			exchange(whole(s), whole(next));
		if (strchr(text(s->at), '{'))
			continue;
		for (use = s; use < nodes + nr_nodes; use++)
			if (within(use->at, s->at) && calls(use, mapping))
				move_mapping(s, n);
	}
}
