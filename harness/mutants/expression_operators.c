// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in computations: other constants, operators, conditions and numbers.
 */
#include <string.h>

#include "operators.h"

/* Is it a literal, or a name of a constant, whose value clang knows? */
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

/* Sorts of constants, by the start of their names; @to can replace any of the sort. */
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

void mutate_constant(struct node *n)
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

void mutate_cast(struct node *n)
{
	if (n->kind == CXCursor_CStyleCastExpr && last_child(n))
		replace(n->at, text(last_child(n)->at));
}

/* Negate, unless mutate_operator() already makes the opposite of the operator. */
static void negate(const struct node *n)
{
	struct span op = operator_of(n);

	if (!is_text(op, "!") && !is_one_of(op, relations))
		replace(n->at, format("!(%s)", text(n->at)));
}

void mutate_negation(struct node *n)
{
	static const char *const logical[] = { "&&", "||", NULL };

	if (n->kind != CXCursor_BinaryOperator || !child(n, 1) ||
	    !is_one_of(operator_of(n), logical))
		return;
	negate(child(n, 0));
	negate(child(n, 1));
}

void mutate_condition(struct node *n)
{
	struct node *condition = condition_of(n);

	if (!condition)
		return;
	negate(condition);
	replace(condition->at, "1");
	replace(condition->at, "0");
}

void mutate_operator(struct node *n)
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

static bool is_read(const struct node *n)
{
	static const char *const writing[] = { "&", "++", "--", NULL };

	if (is_assignment(n->parent))
		return n != child(n->parent, 0);
	return n->parent->kind != CXCursor_UnaryOperator ||
	       !is_one_of(operator_of(n->parent), writing);
}

/* Is it a read of an integer variable or member? */
static bool is_number(const struct node *n)
{
	return (n->kind == CXCursor_MemberRefExpr || declaration(n)) &&
	       is_integer(type_of(n)) && is_read(n);
}

void mutate_off_by_one(struct node *n)
{
	const char *s = text(n->at);

	if (!is_number(n))
		return;
	replace(n->at, format("(%s + 1)", s));
	replace(n->at, format("(%s - 1)", s));
}

void mutate_unit(struct node *n)
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
