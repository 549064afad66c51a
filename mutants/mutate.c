// SPDX-License-Identifier: GPL-2.0
/*
 * Make mutants of kernel/module/decompress.c: copies of the file that differ
 * from it by one small fault each, for a test suite to find.
 *
 * Usage: mutate DECOMPRESS_C OUTDIR -- CLANG_FLAGS...
 *
 * Writes each mutant to OUTDIR/ID.c, and a line about it to standard output:
 * ID, function, line, kind, and what changed, separated by tabs.
 */
#define _GNU_SOURCE
#include <clang-c/Index.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <obstack.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define obstack_chunk_alloc	malloc
#define obstack_chunk_free	free

#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MAX_ARGS	8
#define MAX_TO		7	/* alternatives in a table's row, and a NULL */
#define SHORT_TEXT	64

/**
 * struct span - a piece of the file
 * @start: offset of its first byte
 * @end: offset of the first byte after it
 */
struct span {
	unsigned int start;
	unsigned int end;
};

/**
 * struct call - a call of a function, or the use of a function-like macro
 * @name: what is called
 * @end: where the call ends
 * @args: its arguments, as they are written
 * @nr_args: how many there are
 */
struct call {
	struct span name;
	unsigned int end;
	struct span args[MAX_ARGS];
	int nr_args;
};

/**
 * struct node - an expression, a statement or a declaration, as it is written
 * @at: its text
 * @kind: what it is; CXCursor_MacroExpansion for the use of a macro
 * @cursor: the same in clang's tree; for a macro, what it expands to
 * @parent: the smallest node around it
 *
 * The nodes of a function are kept in the order of the file, each one before
 * those that it contains. What the body of a macro contributes is left out:
 * only what the file spells can be changed in the file.
 */
struct node {
	struct span at;
	enum CXCursorKind kind;
	CXCursor cursor;
	struct node *parent;
};

/**
 * struct edit - the replacement of a piece of the file
 * @at: what to replace; empty to insert
 * @text: what to put there
 */
struct edit {
	struct span at;
	const char *text;
};

/**
 * struct mutant - a changed copy of the file
 * @text: the file
 * @sum: a checksum of @text without its white space
 * @function: name of the function that is changed
 * @kind: the kind of change
 * @what: the change, for people to read
 * @at: offset of the change
 * @seq: place in the order of creation
 * @id: name that lasts while the changed line and its function do
 */
struct mutant {
	const char *text;
	unsigned long long sum;
	const char *function;
	const char *kind;
	const char *what;
	unsigned int at;
	size_t seq;
	char id[11];
};

/* A name, and what to put in its place. */
struct row {
	const char *from;
	const char *to[MAX_TO];
};

static struct obstack pool;
static const char *path;
static const char *source;
static struct mutant *mutants;
static size_t nr_mutants;

/* The build that is being looked at. */
static CXFile file;
static struct span *tokens;
static size_t nr_tokens;
static struct span *macros;
static size_t nr_macros;

/* The function that is being looked at, and the kind of change to make. */
static struct node *nodes;
static size_t nr_nodes;
static const char *function;
static const char *kind;

__printf(1, 2)
static _Noreturn void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("mutate: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

__printf(1, 2)
static char *format(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	obstack_vprintf(&pool, fmt, ap);
	va_end(ap);
	obstack_1grow(&pool, '\0');
	return obstack_finish(&pool);
}

/* Make room for one more element at the end of an array. */
static void *grow(void *array, size_t nr, size_t size)
{
	/* Powers of two only, so that the room is doubled each time. */
	if (nr & (nr - 1))
		return array;
	array = realloc(array, (nr ? nr * 2 : 1) * size);
	if (!array)
		die("out of memory");
	return array;
}

#define push(array, nr, value)						\
	((array) = grow(array, nr, sizeof(*(array))), (array)[(nr)++] = (value))

static char *from_clang(CXString string)
{
	char *copy = format("%s", clang_getCString(string));

	clang_disposeString(string);
	return copy;
}

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Make each run of white space a blank, and drop it at both ends. */
static char *squeeze(char *s)
{
	char *out = s, *p;

	for (p = s; *p; p++) {
		if (!isspace((unsigned char)*p))
			*out++ = *p;
		else if (out > s && out[-1] != ' ')
			*out++ = ' ';
	}
	if (out > s && out[-1] == ' ')
		out--;
	*out = '\0';
	return s;
}

static char *text(struct span at)
{
	return obstack_copy0(&pool, source + at.start, at.end - at.start);
}

static char *short_text(struct span at)
{
	char *s = squeeze(text(at));

	if (strlen(s) > SHORT_TEXT)
		memcpy(s + SHORT_TEXT - 3, "...", 4);
	return s;
}

static bool is_text(struct span at, const char *s)
{
	return at.end - at.start == strlen(s) &&
	       !strncmp(source + at.start, s, strlen(s));
}

static bool is_one_of(struct span at, const char *const *names)
{
	while (*names && !is_text(at, *names))
		names++;
	return *names;
}

static bool within(struct span inner, struct span outer)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

/* FNV-1a, white space left out. */
static unsigned long long checksum(const char *s)
{
	unsigned long long sum = 0xcbf29ce484222325;

	for (; *s; s++)
		if (!isspace((unsigned char)*s))
			sum = (sum ^ (unsigned char)*s) * 0x100000001b3;
	return sum;
}

/* The edits are in the order of the file; it is the text @at that changes. */
static void add_mutant(const struct edit *edits, size_t nr, struct span at,
		       char *what)
{
	struct mutant m = {
		.function = function, .kind = kind, .what = squeeze(what),
		.at = at.start, .seq = nr_mutants,
	};
	unsigned int pos = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		obstack_grow(&pool, source + pos, edits[i].at.start - pos);
		obstack_grow(&pool, edits[i].text, strlen(edits[i].text));
		pos = edits[i].at.end;
	}
	obstack_grow0(&pool, source + pos, strlen(source + pos));
	m.text = obstack_finish(&pool);
	m.sum = checksum(m.text);
	if (m.sum == checksum(source))
		return;
	for (i = 0; i < nr_mutants; i++)
		if (m.sum == mutants[i].sum)
			return;
	push(mutants, nr_mutants, m);
}

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

/* The token that starts at @pos or is the first after it; may be empty. */
static struct span token_from(unsigned int pos)
{
	size_t i;

	for (i = 0; i < nr_tokens; i++)
		if (tokens[i].start >= pos)
			return tokens[i];
	return (struct span){ pos, pos };
}

static bool read_call(struct span name, struct call *call)
{
	struct span t = token_from(name.end), arg = { 0, 0 };
	int depth = 0;

	if (!is_text(t, "("))
		return false;

	call->name = name;
	call->nr_args = 0;
	for (; t.end > t.start; t = token_from(t.end)) {
		bool closes = strchr(")]}", source[t.start]);

		depth -= closes;
		if ((closes && !depth) || (depth == 1 && is_text(t, ","))) {
			if (arg.end && call->nr_args < MAX_ARGS)
				call->args[call->nr_args++] = arg;
			call->end = t.end;
			if (closes)
				return true;
			arg.end = 0;
		} else if (depth) {
			arg.start = arg.end ? arg.start : t.start;
			arg.end = t.end;
		}
		depth += !!strchr("([{", source[t.start]);
	}
	return false;
}

static struct node *child(const struct node *n, int nr)
{
	struct node *c = nodes + (n - nodes);

	while (++c < nodes + nr_nodes && c->at.start < n->at.end)
		if (c->parent == n && !nr--)
			return c;
	return NULL;
}

static struct node *last_child(const struct node *n)
{
	int nr = 0;

	while (child(n, nr))
		nr++;
	return nr ? child(n, nr - 1) : NULL;
}

static struct node *node_at(struct span at)
{
	struct node *n;

	for (n = nodes; n < nodes + nr_nodes; n++)
		if (n->at.start == at.start && n->at.end == at.end)
			return n;
	return NULL;
}

static struct node *ancestor(struct node *n, enum CXCursorKind wanted)
{
	do {
		n = n->parent;
	} while (n && n->kind != wanted);
	return n;
}

static bool get_call(const struct node *n, struct call *call)
{
	if (n->kind == CXCursor_MacroExpansion)
		return read_call(token_from(n->at.start), call);
	return n->kind == CXCursor_CallExpr && child(n, 0) &&
	       read_call(child(n, 0)->at, call);
}

static bool calls(const struct node *n, const char *const *names)
{
	struct call call;

	return get_call(n, &call) && is_one_of(call.name, names);
}

static CXType type_of(const struct node *n)
{
	return clang_getCanonicalType(clang_getCursorType(n->cursor));
}

static bool is_integer(CXType type)
{
	type = clang_getCanonicalType(type);
	return type.kind == CXType_Enum ||
	       (type.kind >= CXType_Bool && type.kind <= CXType_Int128);
}

/*
 * The type of @cursor without const. What size_t stands for depends on the
 * architecture: it is a type of its own here, and so is ssize_t.
 */
static char *type_name(CXCursor cursor)
{
	CXType type = clang_getCursorType(cursor);
	char *name = from_clang(clang_getTypeSpelling(type)), *p;

	type = clang_getCanonicalType(type);
	if (!strstr(name, "size_t"))
		name = from_clang(clang_getTypeSpelling(type));
	while ((p = strstr(name, "const ")))
		memmove(p, p + 6, strlen(p + 6) + 1);
	return name;
}

static bool in_file(CXSourceLocation location, unsigned int *offset)
{
	CXFile where;

	clang_getFileLocation(location, &where, NULL, NULL, offset);
	return where && clang_File_isEqual(where, file);
}

static struct span name_of(const struct node *declaration)
{
	unsigned int offset = 0;

	in_file(clang_getCursorLocation(declaration->cursor), &offset);
	return token_from(offset);
}

static struct span operator_of(const struct node *n)
{
	const struct node *c = child(n, 0);

	/* A unary operator may come first. */
	return token_from(c && c->at.start == n->at.start ? c->at.end :
			  n->at.start);
}

static bool is_assignment(const struct node *n)
{
	return n->kind == CXCursor_CompoundAssignOperator ||
	       (n->kind == CXCursor_BinaryOperator &&
		is_text(operator_of(n), "="));
}

/* Would an operator of low precedence in the place of @n take it apart? */
static bool binds(const struct node *n)
{
	enum CXCursorKind of = n->parent->kind;

	return of == CXCursor_UnaryOperator || of == CXCursor_CStyleCastExpr ||
	       of == CXCursor_ConditionalOperator ||
	       (of == CXCursor_BinaryOperator && !is_assignment(n->parent));
}

static bool is_loop(const struct node *n)
{
	return n->kind == CXCursor_ForStmt || n->kind == CXCursor_WhileStmt ||
	       n->kind == CXCursor_DoStmt;
}

static struct node *condition_of(const struct node *n)
{
	switch (n->kind) {
	case CXCursor_IfStmt:
	case CXCursor_WhileStmt:
		return child(n, 0);
	case CXCursor_DoStmt:
		return last_child(n);
	case CXCursor_ForStmt:
		return child(n, 3) ? child(n, 1) : NULL;
	default:
		return NULL;
	}
}

static bool is_statement(const struct node *n)
{
	const struct node *p = n->parent;

	switch (p ? p->kind : CXCursor_FunctionDecl) {
	case CXCursor_CompoundStmt:
	case CXCursor_LabelStmt:
		return true;
	case CXCursor_IfStmt:
		return n != child(p, 0);
	case CXCursor_DoStmt:
		return n == child(p, 0);
	case CXCursor_ForStmt:
	case CXCursor_WhileStmt:
		return n == last_child(p);
	default:
		return false;
	}
}

/* A statement, with the semicolon that clang does not count. */
static struct span whole(const struct node *n)
{
	struct span next = token_from(n->at.end);

	if (!is_text(next, ";"))
		return n->at;
	return (struct span){ n->at.start, next.end };
}

/* Statement number @nr of a block, declarations and labels not counted. */
static struct node *statement(const struct node *block, int nr)
{
	struct node *n;
	int i;

	for (i = 0; (n = child(block, i)); i++) {
		while (n->kind == CXCursor_LabelStmt)
			n = child(n, 0);
		if (n->kind != CXCursor_DeclStmt && !nr--)
			break;
	}
	return n;
}

static struct node *declaration(const struct node *use)
{
	CXCursor cursor = clang_getCursorReferenced(use->cursor);
	struct node *n;

	if (use->kind != CXCursor_DeclRefExpr)
		return NULL;
	for (n = nodes; n < nodes + nr_nodes; n++)
		if ((n->kind == CXCursor_VarDecl ||
		     n->kind == CXCursor_ParmDecl) &&
		    clang_equalCursors(n->cursor, cursor))
			return n;
	return NULL;
}

static bool is_visible(const struct node *var, unsigned int pos)
{
	const struct node *scope = var->parent;

	if (scope->kind == CXCursor_DeclStmt)
		scope = scope->parent;
	return pos >= var->at.end && pos < scope->at.end;
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

static void move_by(struct node *n, struct node *block, int nr, int by)
{
	struct node *to = nr + by < 0 ? NULL : statement(block, nr + by);

	if (to)
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

static void move_mapping(struct node *n, struct node *block, int nr)
{
	struct node *loop = block->parent;

	move_by(n, block, nr, -2);
	move_by(n, block, nr, -1);
	move_by(n, block, nr, 1);
	move_by(n, block, nr, 2);

	while (loop && !is_loop(loop))
		loop = loop->parent;
	if (loop)
		move_out(n, loop);
}

static void move_freeing(struct node *n)
{
	struct node *block = ancestor(n, CXCursor_CompoundStmt), *last = NULL;
	struct node *s;
	int i;

	for (i = 0; (s = statement(block, i)); i++)
		if (s->kind != CXCursor_ReturnStmt)
			last = s;
	if (statement(block, 0) != n)
		move(n, statement(block, 0)->at.start, "to the start");
	if (last != n)
		move(n, whole(last).end, "to the end");
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
		move_freeing(n);
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
				move_mapping(s, n, i);
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

/* The opposite of a comparison or of a negation is made with its operator. */
static void mutate_condition(struct node *n)
{
	struct node *condition = condition_of(n);
	struct span op;

	if (!condition)
		return;
	op = operator_of(condition);
	if (!is_text(op, "!") && !is_one_of(op, relations))
		replace(condition->at, format("!(%s)", text(condition->at)));
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

/*
 * What can be written for a name: for that of a function or of a macro, or of
 * the type in a declaration. What has parentheses is written for the whole
 * call, with the first argument in the place of $.
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
	{ "type", "", { "size_t", { "u16" } } },
	{ "type", "", { "ssize_t", { "u16" } } },
	{ "type", "", { "unsigned int", { "u8" } } },
	{ "type", "", { "int", { "u8" } } },
};

/* Find the name in @n that the table may know; empty if there is none. */
static struct span known_name(const struct node *n)
{
	struct span name = { n->at.start, n->at.start };
	struct call call;
	bool local;

	if (get_call(n, &call))
		return call.name;
	if (n->kind == CXCursor_MacroExpansion)
		return n->at;
	/* What is not static has its type in a header, too. */
	local = clang_Cursor_getStorageClass(nodes->cursor) == CX_SC_Static;
	if (n->kind != CXCursor_VarDecl &&
	    (n->kind != CXCursor_ParmDecl || !local))
		return name;
	name.end = name_of(n).start;
	while (isspace((unsigned char)source[name.end - 1]))
		name.end--;
	return name;
}

static void mutate_name(struct node *n)
{
	struct span name = known_name(n);
	const char *const *to;
	struct call call;
	const char *arg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!is_text(name, names[i].row.from) ||
		    !strstr(function, names[i].function))
			continue;
		kind = names[i].kind;
		for (to = names[i].row.to; *to; to++) {
			arg = strchr(*to, '$');
			if (!strchr(*to, '('))
				replace(name, *to);
			else if (!arg || !get_call(n, &call))
				replace(n->at, *to);
			else
				replace(n->at, format("%.*s%s%s",
						      (int)(arg - *to), *to,
						      text(call.args[0]),
						      arg + 1));
		}
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

static void mutate_unit(struct node *n)
{
	const char *s = text(n->at);
	CXType type = type_of(n);

	if ((n->kind != CXCursor_MemberRefExpr && !declaration(n)) ||
	    !is_integer(type) || !is_read(n))
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
	{ "gfp", mutate_gfp },
	{ "condition", mutate_condition },
	{ "return", mutate_return },
	{ "goto", mutate_goto },
	{ "operator", mutate_operator },
	{ "constant", mutate_constant },
	{ "variable", mutate_variable },
	{ "argument", mutate_argument },
	{ "unit", mutate_unit },
};

static bool get_span(CXSourceRange range, struct span *at)
{
	size_t i;

	if (!in_file(clang_getRangeStart(range), &at->start) ||
	    !in_file(clang_getRangeEnd(range), &at->end))
		return false;
	/* clang tells the start of a macro for the end of what it makes. */
	for (i = 0; i < nr_macros; i++)
		if (macros[i].start == at->end)
			at->end = macros[i].end;
	return true;
}

/* Does the file spell this, or is it made by the body of a macro? */
static bool is_spelled(const struct node *n)
{
	struct call call;
	bool spelled = true;
	size_t i;
	int arg;

	for (i = 0; i < nr_macros && spelled; i++) {
		if (!within(n->at, macros[i]) ||
		    (n->kind == CXCursor_MacroExpansion &&
		     n->at.end == macros[i].end))
			continue;
		spelled = false;
		if (read_call(token_from(macros[i].start), &call))
			for (arg = 0; arg < call.nr_args; arg++)
				spelled |= within(n->at, call.args[arg]);
	}
	return spelled;
}

static bool is_wanted(enum CXCursorKind of)
{
	return of == CXCursor_MacroExpansion || of == CXCursor_FunctionDecl ||
	       of == CXCursor_VarDecl || of == CXCursor_ParmDecl ||
	       clang_isStatement(of) ||
	       (clang_isExpression(of) && of != CXCursor_UnexposedExpr);
}

static int compare_nodes(const void *p, const void *q)
{
	const struct node *a = p, *b = q;

	if (a->at.start != b->at.start)
		return a->at.start < b->at.start ? -1 : 1;
	if (a->at.end != b->at.end)
		return a->at.end > b->at.end ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

static enum CXChildVisitResult add_node(CXCursor cursor, CXCursor parent,
					CXClientData data)
{
	struct node n = { .cursor = cursor };

	(void)parent;
	(void)data;
	n.kind = clang_getCursorKind(cursor);
	if (get_span(clang_getCursorExtent(cursor), &n.at) &&
	    n.kind != CXCursor_StringLiteral)
		push(nodes, nr_nodes, n);
	return CXChildVisit_Recurse;
}

static void add_written(struct span at, enum CXCursorKind of)
{
	struct node *made = node_at(at);
	struct node n = { .at = at, .kind = of };

	if (!within(at, nodes->at))
		return;
	n.cursor = made ? made->cursor : clang_getNullCursor();
	push(nodes, nr_nodes, n);
}

static void read_function(CXCursor cursor)
{
	struct node *n;
	size_t i, kept = 0;

	nr_nodes = 0;
	add_node(cursor, cursor, NULL);
	clang_visitChildren(cursor, add_node, NULL);
	/* The tree does not tell where these are written. */
	for (i = 0; i < nr_macros; i++)
		add_written(macros[i], CXCursor_MacroExpansion);
	for (i = 0; i < nr_tokens; i++)
		if (source[tokens[i].start] == '"')
			add_written(tokens[i], CXCursor_StringLiteral);

	for (i = 0; i < nr_nodes; i++)
		if (is_wanted(nodes[i].kind) && is_spelled(&nodes[i]))
			nodes[kept++] = nodes[i];
	nr_nodes = kept;
	qsort(nodes, nr_nodes, sizeof(*nodes), compare_nodes);

	/* The arguments of macros may be in the tree more than once. */
	for (i = 1, kept = 1; i < nr_nodes; i++)
		if (compare_nodes(&nodes[kept - 1], &nodes[i]))
			nodes[kept++] = nodes[i];
	nr_nodes = kept;

	nodes->parent = NULL;
	for (n = nodes + 1; n < nodes + nr_nodes; n++) {
		n->parent = n - 1;
		while (!within(n->at, n->parent->at))
			n->parent = n->parent->parent;
	}
}

static enum CXChildVisitResult visit_macro(CXCursor cursor, CXCursor parent,
					   CXClientData data)
{
	struct call call;
	struct span at;

	(void)parent;
	(void)data;
	if (clang_getCursorKind(cursor) != CXCursor_MacroExpansion ||
	    !get_span(clang_getCursorExtent(cursor), &at))
		return CXChildVisit_Continue;
	/* It may stand for the name of a function, or of another macro. */
	if (read_call(token_from(at.start), &call))
		at.end = call.end;
	push(macros, nr_macros, at);
	return CXChildVisit_Continue;
}

static enum CXChildVisitResult visit_function(CXCursor cursor, CXCursor parent,
					      CXClientData data)
{
	unsigned int *found = data, offset;
	size_t i, rule;

	(void)parent;
	if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl ||
	    !clang_isCursorDefinition(cursor) ||
	    !in_file(clang_getCursorLocation(cursor), &offset))
		return CXChildVisit_Continue;

	function = from_clang(clang_getCursorSpelling(cursor));
	read_function(cursor);
	for (i = 1; i < nr_nodes; i++) {
		for (rule = 0; rule < ARRAY_SIZE(rules); rule++) {
			kind = rules[rule].kind;
			rules[rule].mutate(&nodes[i]);
		}
	}
	++*found;
	return CXChildVisit_Continue;
}

static void read_tokens(CXTranslationUnit unit)
{
	CXSourceLocation start = clang_getLocationForOffset(unit, file, 0);
	CXSourceLocation end = clang_getLocationForOffset(unit, file,
							  strlen(source));
	unsigned int nr, i;
	struct span at;
	CXToken *list;

	clang_tokenize(unit, clang_getRange(start, end), &list, &nr);
	for (i = 0; i < nr; i++)
		if (clang_getTokenKind(list[i]) != CXToken_Comment &&
		    get_span(clang_getTokenExtent(unit, list[i]), &at))
			push(tokens, nr_tokens, at);
	clang_disposeTokens(unit, list, nr);
}

static void check_diagnostics(CXTranslationUnit unit)
{
	unsigned int i, offset;
	CXDiagnostic d;
	CXString s;

	for (i = 0; i < clang_getNumDiagnostics(unit); i++) {
		d = clang_getDiagnostic(unit, i);
		s = clang_formatDiagnostic(d,
					   CXDiagnostic_DisplaySourceLocation);
		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error &&
		    in_file(clang_getDiagnosticLocation(d), &offset))
			die("%s", squeeze(from_clang(s)));
		clang_disposeString(s);
		clang_disposeDiagnostic(d);
	}
}

/* Make the mutants of what is compiled for one algorithm. */
static void mutate_build(CXIndex index, const char *algorithm,
			 const char *const *flags, int nr_flags)
{
	const unsigned int options =
		CXTranslationUnit_DetailedPreprocessingRecord;
	struct CXUnsavedFile unsaved = { .Filename = "build.c" };
	CXTranslationUnit unit;
	unsigned int found = 0;

	unsaved.Contents = format("#undef CONFIG_MODULE_COMPRESS_GZIP\n"
				  "#undef CONFIG_MODULE_COMPRESS_XZ\n"
				  "#undef CONFIG_MODULE_COMPRESS_ZSTD\n"
				  "#define CONFIG_MODULE_COMPRESS_%s 1\n"
				  "#include \"%s\"\n", algorithm, path);
	unsaved.Length = strlen(unsaved.Contents);
	if (clang_parseTranslationUnit2(index, unsaved.Filename, flags,
					nr_flags, &unsaved, 1, options, &unit))
		die("%s: clang cannot parse it for %s", path, algorithm);

	file = clang_getFile(unit, path);
	nr_tokens = 0;
	nr_macros = 0;
	check_diagnostics(unit);
	read_tokens(unit);
	clang_visitChildren(clang_getTranslationUnitCursor(unit), visit_macro,
			    NULL);
	clang_visitChildren(clang_getTranslationUnitCursor(unit),
			    visit_function, &found);
	if (!found)
		die("%s: clang finds no function in it for %s", path,
		    algorithm);
	clang_disposeTranslationUnit(unit);
}

/*
 * Leave out warnings, what is compiled, and what for. Of the other flags of
 * gcc, libclang ignores what clang does not know.
 */
static int keep_flags(int argc, char **argv, const char **flags)
{
	static const char *const paired[] = {
		"-include", "-imacros", "-isystem", "-iquote", "-I", "-D", "-U"
	};
	bool operand = false;
	int i, nr = 0;
	size_t p;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "-o")) {
			i++;
			continue;
		}
		if (operand ||
		    (argv[i][0] == '-' && !starts_with(argv[i], "-W")))
			flags[nr++] = argv[i];
		operand = false;
		for (p = 0; p < ARRAY_SIZE(paired); p++)
			operand |= !strcmp(argv[i], paired[p]);
	}
	flags[nr++] = "-ferror-limit=0";
	return nr;
}

static char *read_source(void)
{
	FILE *f = fopen(path, "r");
	int c;

	if (!f)
		die("%s: %s", path, strerror(errno));
	while ((c = getc(f)) != EOF)
		obstack_1grow(&pool, c);
	obstack_1grow(&pool, '\0');
	fclose(f);
	return obstack_finish(&pool);
}

static int compare_mutants(const void *p, const void *q)
{
	const struct mutant *a = p, *b = q;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->seq < b->seq ? -1 : 1;
}

/* The line that is changed is part of the name, where it stands is not. */
static void name_mutant(struct mutant *m)
{
	struct span line = { m->at, m->at + strcspn(source + m->at, "\n") };
	unsigned long long sum;
	const char *about;
	int ordinal = 0;
	size_t i;

	while (line.start > 0 && source[line.start - 1] != '\n')
		line.start--;
	about = format("%s %s %s %s", m->function, m->kind, m->what,
		       squeeze(text(line)));
	do {
		sum = checksum(format("%d %s", ordinal++, about));
		snprintf(m->id, sizeof(m->id), "%010llx", sum >> 24);
		for (i = 0; mutants + i < m && strcmp(mutants[i].id, m->id);)
			i++;
	} while (mutants + i < m);
}

static void write_mutant(const struct mutant *m, const char *dir)
{
	const char *name = format("%s/%s.c", dir, m->id);
	FILE *f = fopen(name, "w");
	unsigned int line = 1, i;

	if (!f || fputs(m->text, f) == EOF || fclose(f))
		die("%s: %s", name, strerror(errno));
	for (i = 0; i < m->at; i++)
		line += source[i] == '\n';
	printf("%s\t%s\t%u\t%s\t%s\n", m->id, m->function, line, m->kind,
	       m->what);
}

int main(int argc, char **argv)
{
	static const char *const algorithms[] = { "GZIP", "XZ", "ZSTD" };
	char real[PATH_MAX];
	const char **flags;
	CXIndex index;
	int nr_flags;
	size_t i;

	obstack_init(&pool);
	if (argc < 4 || strcmp(argv[3], "--"))
		die("usage: mutate DECOMPRESS_C OUTDIR -- CLANG_FLAGS...");
	if (!realpath(argv[1], real))
		die("%s: %s", argv[1], strerror(errno));
	path = real;
	source = read_source();
	if (mkdir(argv[2], 0777) && errno != EEXIST)
		die("%s: %s", argv[2], strerror(errno));

	flags = obstack_alloc(&pool, (argc + 1) * sizeof(*flags));
	nr_flags = keep_flags(argc - 4, argv + 4, flags);
	index = clang_createIndex(0, 0);
	for (i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (strstr(source, format("_COMPRESS_%s", algorithms[i])))
			mutate_build(index, algorithms[i], flags, nr_flags);
	clang_disposeIndex(index);
	if (!nr_mutants)
		die("%s: nothing to change in it", path);

	qsort(mutants, nr_mutants, sizeof(*mutants), compare_mutants);
	for (i = 0; i < nr_mutants; i++) {
		name_mutant(&mutants[i]);
		write_mutant(&mutants[i], argv[2]);
	}
	if (fflush(stdout))
		die("standard output: %s", strerror(errno));
	return 0;
}
