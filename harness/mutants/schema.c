// SPDX-License-Identifier: GPL-2.0
/*
 * Put all mutants of a file into one copy of it. Each is a small fault that is chosen by a number
 * when the program runs; see schema.h.
 *
 * Usage: schema FILE_C OUT_C FIRST -- CLANG_FLAGS...
 *
 * FIRST is the number of the first mutant. Writes a line about each to standard output: number, ID,
 * function, line, kind, and what changed, separated by tabs.
 *
 * There are three kinds: another comparison, another arithmetic or logical operator, and a constant
 * with one more or one less.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

#define MAX_CHOICES	2

/* An operator, what may stand in its place, and whether that may be done to a pointer */
static const struct operator {
	const char *from;
	const char *to[MAX_CHOICES + 1];
	const char *kind;
	bool for_pointers;
} operators[] = {
	{ "<", { "<=", ">=" }, "comparison", true },
	{ "<=", { "<", ">" }, "comparison", true },
	{ ">", { ">=", "<=" }, "comparison", true },
	{ ">=", { ">", "<" }, "comparison", true },
	{ "==", { "!=" }, "comparison", true },
	{ "!=", { "==" }, "comparison", true },
	{ "+", { "-" }, "operator", true },
	{ "-", { "+" }, "operator", true },
	{ "*", { "/" }, "operator", false },
	{ "/", { "*" }, "operator", false },
	{ "%", { "/" }, "operator", false },
	{ "<<", { ">>" }, "operator", false },
	{ ">>", { "<<" }, "operator", false },
	{ "&", { "|" }, "operator", false },
	{ "|", { "&" }, "operator", false },
	{ "^", { "|" }, "operator", false },
	{ "&&", { "||" }, "operator", true },
	{ "||", { "&&" }, "operator", true },
	{ "+=", { "-=" }, "operator", true },
	{ "-=", { "+=" }, "operator", true },
	{ "*=", { "/=" }, "operator", false },
	{ "/=", { "*=" }, "operator", false },
	{ "<<=", { ">>=" }, "operator", false },
	{ ">>=", { "<<=" }, "operator", false },
	{ "&=", { "|=" }, "operator", false },
	{ "|=", { "&=" }, "operator", false },
	{ "^=", { "|=" }, "operator", false },
};

/* Macros whose arguments must be constants for the compiler */
static const char *const constant_macros[] = {
	"BUILD_BUG_ON", "DEBUG_STATIC_ASSERT", "ZSTD_STATIC_ASSERT", "static_assert", NULL
};

const char *kind;
const char *function;

/* Texts to insert into the file. Those at one offset: first all that end something. */
struct insertion {
	const char *ends;
	const char *begins;
	unsigned int skip;
};

static struct insertion *insertions;
static unsigned int next;

static char **ids;
static size_t nr_ids;

/* Print a line about the next mutant, and return its number. The ID is as in mutate.c. */
static unsigned int announce(struct span at, const char *what)
{
	const char *about;
	char *id = NULL;
	int ordinal = 0;
	unsigned int line;
	size_t i;

	about = format("%s %s %s %s %s", strrchr(path, '/'), function, kind, what,
		       squeeze(text(line_at(at.start, &line))));
	do {
		id = format("%010llx", checksum(format("%d %s", ordinal++, about)) >> 24);
		for (i = 0; i < nr_ids && strcmp(ids[i], id);)
			i++;
	} while (i < nr_ids);
	push(ids, nr_ids, id);
	printf("%u\t%s\t%s\t%u\t%s\t%s\n", next, id, function, line, kind, what);
	return next++;
}

/* Put an expression between two texts. Call it for an expression before those inside it. */
static void enclose(struct span at, const char *begin, const char *end)
{
	struct insertion *first = &insertions[at.start], *last = &insertions[at.end];

	first->begins = format("%s%s", first->begins ?: "", begin);
	last->ends = format("%s%s", end, last->ends ?: "");
}

static void replace(struct span at, const char *with)
{
	insertions[at.start].begins = with;
	insertions[at.start].skip = at.end - at.start;
}

/* Must the compiler know the value of the expression? */
static bool is_constant(const struct node *n)
{
	const struct node *p, *of = n;
	struct span name;

	for (p = n->parent; p; of = p, p = p->parent) {
		switch (p->kind) {
		case CXCursor_CaseStmt:
			if (of == child(p, 0))
				return true;
			break;
		case CXCursor_UnaryExpr:	/* sizeof */
		case CXCursor_DeclStmt:
			if (p->kind == CXCursor_UnaryExpr || of->kind != CXCursor_VarDecl)
				return true;
			break;
		case CXCursor_VarDecl:
			/* The length of an array stands before the "=" */
			name = name_of(p);
			if (clang_Cursor_getStorageClass(p->cursor) == CX_SC_Static ||
			    !memchr(source + name.end, '=', n->at.start - name.end))
				return true;
			break;
		case CXCursor_MacroExpansion:
			if (is_one_of(token_from(p->at.start), constant_macros))
				return true;
			break;
		default:
			break;
		}
	}
	return false;
}

static bool is_pointer(const struct node *n)
{
	CXType type = type_of(n);

	return type.kind == CXType_Pointer || type.kind == CXType_ConstantArray ||
	       type.kind == CXType_IncompleteArray;
}

static const struct operator *find_operator(const struct node *n)
{
	struct span at = operator_of(n);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operators); i++)
		if (is_text(at, operators[i].from))
			return &operators[i];
	return NULL;
}

/* x += y: x and y are written twice, as x may be a bit-field */
static void break_assignment(const struct node *n, const struct operator *o)
{
	struct span at = operator_of(n);
	const char *what = format("%s -> %s: %s", o->from, o->to[0], short_text(n->at));
	unsigned int number = announce(at, what);

	enclose(n->at, format("(schema_is(%u) ? (%s %s (%s)) : (", number,
			      text((struct span){ n->at.start, at.start }), o->to[0],
			      text((struct span){ at.end, n->at.end })), "))");
}

/* x && y: y is evaluated only if it would be, in the mutant or in the original */
static void break_logical(const struct node *n, const struct operator *o)
{
	const char *what = format("%s -> %s: %s", o->from, o->to[0], short_text(n->at));
	bool is_and = o->from[0] == '&';
	unsigned int number = announce(operator_of(n), what);

	enclose(n->at, format("({ int schema_l%u = !!(", number), "); })");
	replace(operator_of(n),
		format("), schema_m%u = schema_is(%u); "
		       "schema_l%u %s schema_m%u ? %sschema_m%u : !!(",
		       number, number, number, is_and ? "==" : "!=", number, is_and ? "" : "!",
		       number));
}

/*
 * Other operators: evaluate both sides once, then choose. A bit-field has no type for a variable,
 * so add 0 to integers.
 */
static void break_operator(const struct node *n, const struct operator *o, bool pointers)
{
	const char *chosen = "", *promote = pointers ? "" : " + 0";
	unsigned int number = 0;
	int i;

	for (i = 0; o->to[i]; i++) {
		unsigned int one = announce(operator_of(n),
					    format("%s -> %s: %s", o->from, o->to[i],
						   short_text(n->at)));

		number = i ? number : one;
		chosen = format("%sschema_is(%u) ? schema_l%u %s schema_r%u : ", chosen, one,
				number, o->to[i], number);
	}
	enclose(n->at, format("({ __auto_type schema_l%u = (", number),
		format(")%s; %sschema_l%u %s schema_r%u; })", promote, chosen, number, o->from,
		       number));
	replace(operator_of(n), format(")%s; __auto_type schema_r%u = (", promote, number));
}

static void break_binary(const struct node *n)
{
	const struct operator *o = find_operator(n);
	const struct node *left = child(n, 0), *right = last_child(n);
	bool pointers;

	/* A side that comes from the body of a macro is not among the nodes. */
	if (!o || !left || !right || left == right)
		return;
	pointers = is_pointer(left) || is_pointer(right);
	kind = o->kind;
	if (pointers && !o->for_pointers)
		return;
	/* A pointer can neither be added to another one nor be subtracted from a number */
	if (pointers && kind[0] == 'o' && (o->from[0] == '+' || o->from[0] == '-') &&
	    !(is_pointer(left) && is_integer(type_of(right))))
		return;
	if (is_assignment(n))
		break_assignment(n, o);
	else if (!strcmp(o->from, "&&") || !strcmp(o->from, "||"))
		break_logical(n, o);
	else
		break_operator(n, o, pointers);
}

static void break_constant(const struct node *n)
{
	char *number = text(n->at);
	unsigned int first;

	kind = "constant";
	first = announce(n->at, format("%s -> %s + 1", number, number));
	announce(n->at, format("%s -> %s - 1", number, number));
	enclose(n->at, "(", format(" + schema_step(%u))", first));
}

static enum CXChildVisitResult visit_function(CXCursor cursor, CXCursor parent,
					      CXClientData data)
{
	unsigned int *found = data, offset;
	size_t i;

	(void)parent;
	if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl ||
	    !clang_isCursorDefinition(cursor) ||
	    !in_file(clang_getCursorLocation(cursor), &offset))
		return CXChildVisit_Continue;

	function = from_clang(clang_getCursorSpelling(cursor));
	read_function(cursor);
	for (i = 0; i < nr_nodes; i++) {
		if (is_constant(&nodes[i]))
			continue;
		if (nodes[i].kind == CXCursor_BinaryOperator ||
		    nodes[i].kind == CXCursor_CompoundAssignOperator)
			break_binary(&nodes[i]);
		else if (nodes[i].kind == CXCursor_IntegerLiteral)
			break_constant(&nodes[i]);
	}
	++*found;
	return CXChildVisit_Continue;
}

static void write_copy(const char *name)
{
	FILE *f = fopen(name, "w");
	size_t i, length = strlen(source);

	if (!f)
		die("%s: %s", name, strerror(errno));
	for (i = 0; i <= length; i++) {
		fputs(insertions[i].ends ?: "", f);
		fputs(insertions[i].begins ?: "", f);
		if (insertions[i].skip)
			i += insertions[i].skip - 1;
		else if (i < length)
			putc(source[i], f);
	}
	if (ferror(f) || fclose(f))
		die("%s: %s", name, strerror(errno));
}

int main(int argc, char **argv)
{
	CXTranslationUnit unit;
	unsigned int found = 0;
	char real[PATH_MAX];
	const char **flags;
	CXIndex index;
	int nr_flags;

	obstack_init(&pool);
	if (argc < 5 || strcmp(argv[4], "--"))
		die("usage: schema FILE_C OUT_C FIRST -- CLANG_FLAGS...");
	if (!realpath(argv[1], real))
		die("%s: %s", argv[1], strerror(errno));
	path = real;
	source = read_source();
	next = atoi(argv[3]);
	insertions = calloc(strlen(source) + 1, sizeof(*insertions));
	if (!insertions)
		die("out of memory");

	flags = obstack_alloc(&pool, (argc + 1) * sizeof(*flags));
	nr_flags = keep_flags(argc - 5, argv + 5, flags);
	index = clang_createIndex(0, 0);
	unit = read_build(index, NULL, flags, nr_flags);
	clang_visitChildren(clang_getTranslationUnitCursor(unit), visit_function, &found);
	if (!found)
		die("%s: clang finds no function in it", path);
	clang_disposeTranslationUnit(unit);
	clang_disposeIndex(index);

	write_copy(argv[2]);
	if (fflush(stdout))
		die("standard output: %s", strerror(errno));
	return 0;
}
