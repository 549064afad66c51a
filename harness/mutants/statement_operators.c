// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in statements: left out, run twice, skipped by an early return.
 */
#include <string.h>

#include "operators.h"

static bool is_deletable(const struct node *n)
{
	switch (n->kind) {
	case CXCursor_CompoundStmt:
	case CXCursor_DeclStmt:
	case CXCursor_LabelStmt:
	case CXCursor_NullStmt:
		return false;
	case CXCursor_IfStmt:
		return !child(n, 2);
	case CXCursor_ReturnStmt:
		/* Not the return at the end of the function. */
		return token_from(whole(n).end).end != nodes->at.end;
	default:
		return !is_loop(n) || !strchr(text(n->at), '{');
	}
}

void mutate_statement(struct node *n)
{
	struct edit edit = { whole(n), ";" };
	struct span name;

	if (is_statement(n) && is_deletable(n))
		add_mutant(&edit, 1, edit.at,
			   format("deleted: %s", short_text(edit.at)));
	if (n->kind != CXCursor_VarDecl)
		return;
	name = name_of(n);
	/* Not for an array: its size comes from its initializer. */
	if (is_text(token_from(name.end), "="))
		replace((struct span){ name.start, n->at.end }, text(name));
}

void mutate_twice(struct node *n)
{
	struct edit edit = { whole(n), NULL };
	struct call call;
	char *s;

	if (!is_statement(n) || !get_call(n, &call))
		return;
	s = text(edit.at);
	if (ancestor(n, CXCursor_CompoundStmt) == n->parent)
		edit.text = format("%s %s", s, s);
	else
		edit.text = format("{ %s %s }", s, s);
	add_mutant(&edit, 1, edit.at, format("twice: %s", short_text(edit.at)));
}

void mutate_loop(struct node *n)
{
	struct edit edit = { whole(n), NULL };
	const char *condition, *body;

	if (n->kind != CXCursor_DoStmt && n->kind != CXCursor_WhileStmt)
		return;
	condition = text(condition_of(n)->at);
	if (n->kind == CXCursor_DoStmt) {
		body = text(whole(child(n, 0)));
		edit.text = format("while (%s) %s", condition, body);
		add_mutant(&edit, 1, edit.at,
			   format("do -> while (%s)", condition));
	} else {
		body = text(whole(last_child(n)));
		edit.text = format("do %s while (%s);", body, condition);
		add_mutant(&edit, 1, edit.at,
			   format("while (%s) -> do", condition));
	}
}

void mutate_return(struct node *n)
{
	static const char *const pointers[] = {
		"NULL", "ERR_PTR(-EINVAL)", NULL
	};
	static const char *const integers[] = {
		"0", "-EINVAL", "-ENOMEM", "1", NULL
	};
	CXType type = clang_getCursorResultType(nodes->cursor);

	if (n->kind != CXCursor_ReturnStmt || !child(n, 0))
		return;
	replace_by_all(child(n, 0)->at, is_integer(type) ? integers : pointers);
}

void mutate_goto(struct node *n)
{
	struct node *label;

	if (n->kind == CXCursor_BreakStmt)
		replace(n->at, "continue");
	if (n->kind != CXCursor_GotoStmt)
		return;
	for (label = nodes; label < nodes + nr_nodes; label++)
		if (label->kind == CXCursor_LabelStmt)
			replace(n->at, format("goto %s", text(name_of(label))));
}

void mutate_early_return(struct node *n)
{
	CXType type = clang_getCursorResultType(nodes->cursor);

	if (n->kind == CXCursor_GotoStmt && returned())
		replace(n->at, format("return %s", text(returned()->at)));
	if (!is_step(n))
		return;
	if (type.kind == CXType_Void) {
		insert_before(n, "return;");
	} else if (!is_integer(type)) {
		insert_before(n, "return ERR_PTR(-ENOMEM);");
	} else {
		insert_before(n, "return 0;");
		if (ancestor(n, CXCursor_CompoundStmt) == last_child(nodes))
			insert_before(n, "return -EINVAL;");
	}
}
