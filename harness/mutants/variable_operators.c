// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in variables, arguments and types: others are used.
 */
#include <ctype.h>
#include <string.h>

#include "operators.h"

/* Does the file use a member of this name, for any algorithm? */
static bool is_mentioned(const char *member)
{
	size_t i;

	for (i = 1; i < nr_tokens; i++)
		if (is_text(tokens[i], member) &&
		    (is_text(tokens[i - 1], ".") ||
		     is_text(tokens[i - 1], "->")))
			return true;
	return false;
}

static enum CXChildVisitResult try_member(CXCursor field, CXCursor parent,
					  CXClientData data)
{
	const struct node *n = data;
	CXCursor used = clang_getCursorReferenced(n->cursor);
	const char *name = from_clang(clang_getCursorSpelling(field));
	struct span object = n->at;

	(void)parent;
	object.end -= strlen(from_clang(clang_getCursorSpelling(used)));
	if (clang_getCursorKind(field) == CXCursor_FieldDecl &&
	    is_mentioned(name) && !strcmp(type_name(field), type_name(used)))
		replace(n->at, format("%s%s", text(object), name));
	return CXChildVisit_Continue;
}

void mutate_variable(struct node *n)
{
	CXCursor used = clang_getCursorReferenced(n->cursor);
	const struct node *var = declaration(n), *v;

	if (n->kind == CXCursor_MemberRefExpr)
		clang_visitChildren(clang_getCursorSemanticParent(used),
				    try_member, n);
	if (!var)
		return;
	for (v = nodes; v < nodes + nr_nodes; v++)
		if ((v->kind == CXCursor_VarDecl ||
		     v->kind == CXCursor_ParmDecl) &&
		    is_visible(v, n->at.start) &&
		    !strcmp(type_name(v->cursor), type_name(var->cursor)))
			replace(n->at, text(name_of(v)));
}

/* Can this initialize a static variable? */
static bool is_fixed(struct span value)
{
	const struct node *n;

	for (n = nodes; n < nodes + nr_nodes; n++)
		if (within(n->at, value) &&
		    (declaration(n) || n->kind == CXCursor_CallExpr))
			return false;
	return true;
}

/* Make a variable static. Not a const one: it keeps no state between calls. */
void mutate_static(struct node *n)
{
	static const char *const kept[] = { "static", "const", NULL };
	const struct node *var = child(n, 0);
	struct span type, name, value;
	struct edit edits[2];

	if (n->kind != CXCursor_DeclStmt || !var || child(n, 1) ||
	    is_one_of(token_from(n->at.start), kept))
		return;
	type = (struct span){ n->at.start, n->at.start };
	name = name_of(var);
	edits[0] = (struct edit){ type, "static " };
	/* From the equals sign, if there is one */
	value = (struct span){ name.end, var->at.end };
	edits[1] = (struct edit){
		{ name.end, name.end }, format("; %s", text(name))
	};
	add_mutant(edits, is_fixed(value) ? 1 : 2, n->at,
		   format("static: %s", text(n->at)));
}

static CXType type_at(struct span at)
{
	static const struct node unknown;
	const struct node *n = node_at(at);

	return type_of(n ? n : &unknown);
}

/* Can the arguments be exchanged? Not structures, nor pointers to different types. */
static bool is_exchangeable(struct span a, struct span b)
{
	CXType type_a = type_at(a), to_a = clang_getPointeeType(type_a);
	CXType type_b = type_at(b), to_b = clang_getPointeeType(type_b);

	if (type_a.kind == CXType_Record || type_b.kind == CXType_Record)
		return false;
	return to_a.kind == CXType_Invalid || to_a.kind == CXType_Void ||
	       to_b.kind == CXType_Invalid || to_b.kind == CXType_Void ||
	       clang_equalTypes(to_a, to_b);
}

void mutate_argument(struct node *n)
{
	struct call call;
	bool message;
	int i;

	if (!get_call(n, &call))
		return;
	message = starts_with(source + call.name.start, "pr_");
	for (i = message; i < call.nr_args; i++) {
		if (i > 0 && !message &&
		    is_exchangeable(call.args[i - 1], call.args[i]))
			exchange(call.args[i - 1], call.args[i]);
		if (type_at(call.args[i]).kind != CXType_Record)
			replace(call.args[i], "0");
	}
}

static const struct row types[] = {
	{ "size_t", { "u16", "ssize_t", "unsigned int" } },
	{ "ssize_t", { "u16", "size_t", "int", "short" } },
	{ "unsigned int", { "u8", "int", "short" } },
	{ "int", { "u8", "unsigned int", "short" } },
};

/* The type in a declaration, or the type that a function returns */
static struct span written_type(const struct node *n)
{
	struct span type = n->at;
	CXType result;

	if (n->kind == CXCursor_FunctionDecl) {
		if (is_text(token_from(type.start), "static"))
			type = token_from(token_from(type.start).end);
		result = clang_getCursorResultType(n->cursor);
		type.end = type.start +
			   strlen(from_clang(clang_getTypeSpelling(result)));
		return type;
	}
	type.end = name_of(n).start;
	while (isspace((unsigned char)source[type.end - 1]))
		type.end--;
	return type;
}

/*
 * Other files have the function's declaration, so its type must stay. Convert
 * its parameters and results inside the function instead.
 */
static void convert_parameter(struct node *n, struct span type, const char *to)
{
	const char *name = text(name_of(n));
	unsigned int pos = last_child(nodes)->at.start + 1;
	struct edit edit = {
		{ pos, pos }, format(" %s = (%s)%s;", name, to, name)
	};

	add_mutant(&edit, 1, type, format("%s -> %s", text(type), to));
}

static void convert_results(struct span type, const char *to)
{
	struct edit *edits = NULL, edit;
	struct node *n, *result;
	size_t nr = 0;

	for (n = nodes; n < nodes + nr_nodes; n++) {
		result = n->kind == CXCursor_ReturnStmt ? child(n, 0) : NULL;
		if (!result)
			continue;
		edit.at = result->at;
		edit.text = format("(%s)(%s)", to, text(result->at));
		push(edits, nr, edit);
	}
	add_mutant(edits, nr, type, format("%s -> %s", text(type), to));
	free(edits);
}

void mutate_type(struct node *n)
{
	const char *const *to = NULL;
	struct span type;
	size_t i;

	if (n->kind != CXCursor_VarDecl && n->kind != CXCursor_ParmDecl &&
	    n->kind != CXCursor_FunctionDecl)
		return;
	type = written_type(n);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (is_text(type, types[i].from))
			to = types[i].to;
	for (; to && *to; to++) {
		if (n->kind == CXCursor_VarDecl)
			replace(type, *to);
		else if (n->kind == CXCursor_ParmDecl)
			convert_parameter(n, type, *to);
		else
			convert_results(type, *to);
	}
}
