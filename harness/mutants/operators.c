// SPDX-License-Identifier: GPL-2.0
/*
 * The faults that mutants have: rules that are tried on each node of a function.
 */
#include <ctype.h>
#include <string.h>

#include "mutate.h"

#define MAX_TO		7	/* alternatives in a table's row, and a NULL */

/* A name, and what to put in its place. */
struct row {
	const char *from;
	const char *to[MAX_TO];
};

const char *kind;

static void replace(struct span at, const char *with)
{
	struct edit edit = { at, with };

	add_mutant(&edit, 1, at, format("%s -> %s", text(at), with));
}

static void replace_by_all(struct span at, const char *const *with)
{
	for (; *with; with++)
		replace(at, *with);
}

static void exchange(struct span a, struct span b)
{
	struct edit edits[] = { { a, text(b) }, { b, text(a) } };

	add_mutant(edits, 2, a, format("exchanged: %s <-> %s", short_text(a),
				       short_text(b)));
}

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
		/* Not the one that the function ends with. */
		return token_from(whole(n).end).end != nodes->at.end;
	default:
		return !is_loop(n) || !strchr(text(n->at), '{');
	}
}

/* Is @n a statement that another can be put before? */
static bool is_in_block(const struct node *n)
{
	return n->parent && (n->parent->kind == CXCursor_CompoundStmt ||
			     n->parent->kind == CXCursor_LabelStmt);
}

/* One of the things that a block does, but for returning */
static bool is_step(const struct node *n)
{
	return is_in_block(n) && n->kind != CXCursor_DeclStmt &&
	       n->kind != CXCursor_LabelStmt && n->kind != CXCursor_ReturnStmt;
}

static void insert_before(struct node *n, const char *statement)
{
	struct edit edit = {
		{ n->at.start, n->at.start }, format("%s ", statement)
	};

	add_mutant(&edit, 1, n->at,
		   format("%s before: %s", statement, short_text(whole(n))));
}

static void insert_after(struct node *n, const char *statement)
{
	unsigned int pos = whole(n).end;
	struct edit edit = { { pos, pos }, format(" %s", statement) };

	add_mutant(&edit, 1, n->at,
		   format("%s after: %s", statement, short_text(whole(n))));
}

/* What the function returns at its end, if that is a variable. */
static const struct node *returned(void)
{
	const struct node *n, *last = NULL;

	for (n = nodes; n < nodes + nr_nodes; n++)
		if (n->kind == CXCursor_ReturnStmt)
			last = n;
	last = last ? child(last, 0) : NULL;
	return last && declaration(last) ? last : NULL;
}

static void mutate_statement(struct node *n)
{
	struct edit edit = { whole(n), ";" };
	struct span name;

	if (is_statement(n) && is_deletable(n))
		add_mutant(&edit, 1, edit.at,
			   format("deleted: %s", short_text(edit.at)));
	if (n->kind != CXCursor_VarDecl)
		return;
	name = name_of(n);
	/* An array takes its size from what it is set to. */
	if (is_text(token_from(name.end), "="))
		replace((struct span){ name.start, n->at.end }, text(name));
}

static void mutate_twice(struct node *n)
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

/* Move statement @n to @pos, as @where tells. */
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

/* What is moved past one of these is not run: that is a deletion. */
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
 * Move @n out of the loop, and with it the declaration of a variable that is
 * used in it, if that does nothing else.
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

/* One that is moved as one: not much more than a line */
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

static void mutate_order(struct node *n)
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

static bool is_gfp(struct span at)
{
	return starts_with(source + at.start, "GFP_") ||
	       starts_with(source + at.start, "__GFP_");
}

/* A constant is what clang can find the value of, and has a name or is one. */
static bool is_constant(const struct node *n, long long *value)
{
	CXEvalResult result;
	struct call call;
	bool known;

	switch (n->kind) {
	case CXCursor_IntegerLiteral:
	case CXCursor_CharacterLiteral:
	case CXCursor_UnaryExpr:
		break;
	case CXCursor_DeclRefExpr:
		if (clang_getCursorKind(clang_getCursorReferenced(n->cursor)) !=
		    CXCursor_EnumConstantDecl)
			return false;
		break;
	case CXCursor_MacroExpansion:
		if (get_call(n, &call) || is_gfp(n->at) ||
		    !is_integer(type_of(n)))
			return false;
		break;
	default:
		return false;
	}

	result = clang_Cursor_Evaluate(n->cursor);
	known = result && clang_EvalResult_getKind(result) == CXEval_Int;
	*value = known ? clang_EvalResult_getAsLongLong(result) : 0;
	if (result)
		clang_EvalResult_dispose(result);
	return known;
}

/* Constants by the start of their names: @to can be written for any of them. */
static const struct row sorts[] = {
	{ "E", { "EINVAL", "ENOMEM" } },
	{ "Z_", { "Z_OK", "Z_STREAM_END", "Z_BUF_ERROR" } },
	{ "XZ_DYNALLOC", { "XZ_SINGLE", "XZ_PREALLOC" } },
	{ "XZ_", { "XZ_OK", "XZ_STREAM_END" } },
	{ "", { NULL } },
};

static const struct row *sort_of(const struct node *n)
{
	const struct row *sort = sorts;

	if (n->kind == CXCursor_IntegerLiteral ||
	    n->kind == CXCursor_CharacterLiteral)
		return &sorts[ARRAY_SIZE(sorts) - 1];
	while (!starts_with(source + n->at.start, sort->from))
		sort++;
	return *sort->from ? sort : NULL;
}

static void mutate_string(struct node *n)
{
	char *s = text(n->at);
	size_t len = strlen(s);

	replace(n->at, "\"\"");
	if (len >= 4 && !strcmp(s + len - 3, "\\n\""))
		replace(n->at, format("%.*s\"", (int)len - 3, s));
}

static void mutate_constant(struct node *n)
{
	const struct row *sort;
	long long value, other;
	struct node *o;
	char *s;

	if (n->kind == CXCursor_StringLiteral)
		mutate_string(n);
	if (!is_constant(n, &value))
		return;

	s = text(n->at);
	if (n->parent->kind == CXCursor_InitListExpr) {
		replace(n->at, format("%s + 1", s));
		return;
	}
	if (value != 0)
		replace(n->at, "0");
	if (value != 1)
		replace(n->at, "1");
	if (value != 0 && value != -1)
		replace(n->at, format("(%s + 1)", s));
	if (value != 1 && value != 2)
		replace(n->at, format("(%s - 1)", s));

	sort = sort_of(n);
	if (!sort)
		return;
	replace_by_all(n->at, sort->to);
	for (o = nodes; o < nodes + nr_nodes; o++)
		if (is_constant(o, &other) && sort_of(o) == sort &&
		    o->parent->kind != CXCursor_InitListExpr && other != value)
			replace(n->at, text(o->at));
}

static const char *const relations[] = {
	"<", "<=", ">", ">=", "==", "!=", NULL
};

static const struct row operators[] = {
	{ "&&", { "||" } },
	{ "||", { "&&" } },
	{ "+", { "-" } },
	{ "-", { "+" } },
	{ "*", { "/", "+" } },
	{ "/", { "*" } },
	{ "%", { "/", "*" } },
	{ "&", { "|" } },
	{ "|", { "&", "^" } },
	{ "^", { "&", "|" } },
	{ "<<", { ">>" } },
	{ ">>", { "<<" } },
	{ "+=", { "-=", "=" } },
	{ "-=", { "+=", "=" } },
};

static void mutate_binary(struct node *n)
{
	struct span op = operator_of(n);
	const char *left = text(child(n, 0)->at);
	const char *right = text(child(n, 1)->at);
	const char *const *to = NULL;
	size_t i;

	if (is_one_of(op, relations))
		to = relations;
	for (i = 0; i < ARRAY_SIZE(operators); i++)
		if (is_text(op, operators[i].from))
			to = operators[i].to;
	for (; to && *to; to++)
		if (!is_text(op, *to))
			replace(n->at, format(binds(n) ? "(%s %s %s)" :
					      "%s %s %s", left, *to, right));
	if (is_assignment(n) || is_one_of(op, relations))
		return;
	replace(n->at, left);
	replace(n->at, right);
}

static void mutate_unary(struct node *n)
{
	static const char *const dropped[] = { "!", "-", "~", NULL };
	const char *operand = text(child(n, 0)->at);
	struct span op = operator_of(n);
	const char *other = is_text(op, "++") ? "--" : "++";

	if (is_one_of(op, dropped))
		replace(n->at, operand);
	if (!is_text(op, "++") && !is_text(op, "--"))
		return;
	if (op.start == n->at.start) {
		replace(n->at, format("%s%s", operand, text(op)));
		replace(n->at, format("%s%s", other, operand));
	} else {
		replace(n->at, format("%s%s", text(op), operand));
		replace(n->at, format("%s%s", operand, other));
	}
}

static void mutate_cast(struct node *n)
{
	if (n->kind == CXCursor_CStyleCastExpr && last_child(n))
		replace(n->at, text(last_child(n)->at));
}

/* The opposite of a comparison or of a negation is made with its operator. */
static void negate(const struct node *n)
{
	struct span op = operator_of(n);

	if (!is_text(op, "!") && !is_one_of(op, relations))
		replace(n->at, format("!(%s)", text(n->at)));
}

static void mutate_negation(struct node *n)
{
	static const char *const logical[] = { "&&", "||", NULL };

	if (n->kind != CXCursor_BinaryOperator || !child(n, 1) ||
	    !is_one_of(operator_of(n), logical))
		return;
	negate(child(n, 0));
	negate(child(n, 1));
}

static void mutate_condition(struct node *n)
{
	struct node *condition = condition_of(n);

	if (!condition)
		return;
	negate(condition);
	replace(condition->at, "1");
	replace(condition->at, "0");
}

static void mutate_operator(struct node *n)
{
	const char *arms[2];

	switch (n->kind) {
	case CXCursor_BinaryOperator:
	case CXCursor_CompoundAssignOperator:
		if (child(n, 1))
			mutate_binary(n);
		break;
	case CXCursor_UnaryOperator:
		if (child(n, 0))
			mutate_unary(n);
		break;
	case CXCursor_ConditionalOperator:
		if (!child(n, 2))
			break;
		arms[0] = text(child(n, 1)->at);
		arms[1] = text(child(n, 2)->at);
		exchange(child(n, 1)->at, child(n, 2)->at);
		replace(n->at, format("(%s)", arms[0]));
		replace(n->at, format("(%s)", arms[1]));
		break;
	default:
		break;
	}
}

static void mutate_loop(struct node *n)
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

static void mutate_return(struct node *n)
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

static void mutate_goto(struct node *n)
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

static void mutate_early_return(struct node *n)
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

/* Does the file mention, in any build, a member of this name? */
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

static void mutate_variable(struct node *n)
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

/* Can a static variable be set to this? */
static bool is_fixed(struct span value)
{
	const struct node *n;

	for (n = nodes; n < nodes + nr_nodes; n++)
		if (within(n->at, value) &&
		    (declaration(n) || n->kind == CXCursor_CallExpr))
			return false;
	return true;
}

/* What is const keeps nothing from call to call. */
static void mutate_static(struct node *n)
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

/* No structure can be in the place of another type, nor can all pointers. */
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

static void mutate_argument(struct node *n)
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

/* What @pattern says, with @arg in the place of each $ */
static char *fill(const char *pattern, const char *arg)
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

/*
 * What can be written for the name of a function or of a macro. What has
 * parentheses is written for the whole call, with the first argument in the
 * place of $.
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
	{ "allocator", "", { "kvmalloc_array",
		{ "kmalloc_array", "kcalloc" } } },
	{ "allocator", "", { "kvfree", { "kfree", "vfree" } } },
	{ "allocator", "", { "alloc_page", { "alloc_pages($, 1)" } } },
	{ "allocator", "", { "__free_page", { "put_page" } } },
	{ "unit", "", { "PAGE_SIZE", { "1", "(PAGE_SIZE / 2)",
		"(PAGE_SIZE - 1)", "(PAGE_SIZE * 2)" } } },
};

/* Find the name in @n that the table may know; empty if there is none. */
static struct span known_name(const struct node *n)
{
	struct span name = { n->at.start, n->at.start };
	struct call call;

	if (get_call(n, &call))
		return call.name;
	return n->kind == CXCursor_MacroExpansion ? n->at : name;
}

static void mutate_name(struct node *n)
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

/* What the kernel may be asked for in vain while a page, $, is mapped */
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

/* The statement in a block that @n is part of */
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

/* A reference that nobody drops */
static void mutate_service(struct node *n)
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

static const struct row types[] = {
	{ "size_t", { "u16", "ssize_t", "unsigned int" } },
	{ "ssize_t", { "u16", "size_t", "int", "short" } },
	{ "unsigned int", { "u8", "int", "short" } },
	{ "int", { "u8", "unsigned int", "short" } },
};

/* The type in a declaration, or that of what a function returns */
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
 * Others rely on what the function is declared as: its own parameters and
 * results are what they would be if it were of another type.
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

static void mutate_type(struct node *n)
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

static void mutate_gfp(struct node *n)
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

static bool is_read(const struct node *n)
{
	static const char *const writing[] = { "&", "++", "--", NULL };

	if (is_assignment(n->parent))
		return n != child(n->parent, 0);
	return n->parent->kind != CXCursor_UnaryOperator ||
	       !is_one_of(operator_of(n->parent), writing);
}

/* The use of a number that is kept somewhere */
static bool is_number(const struct node *n)
{
	return (n->kind == CXCursor_MemberRefExpr || declaration(n)) &&
	       is_integer(type_of(n)) && is_read(n);
}

static void mutate_off_by_one(struct node *n)
{
	const char *s = text(n->at);

	if (!is_number(n))
		return;
	replace(n->at, format("(%s + 1)", s));
	replace(n->at, format("(%s - 1)", s));
}

static void mutate_unit(struct node *n)
{
	const char *s = text(n->at);
	CXType type = type_of(n);

	if (!is_number(n))
		return;
	if (strstr(s, "pages") || strstr(s, "extent"))
		replace(n->at, format("(%s * PAGE_SIZE)", s));
	else if (type.kind >= CXType_UInt && type.kind <= CXType_ULongLong)
		replace(n->at, format("(%s / PAGE_SIZE)", s));
}

/* The kinds of mutants; for mutate_name() the table of names tells them. */
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

/* What stands outside of functions */
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
