// SPDX-License-Identifier: GPL-2.0
/*
 * Read the text of decompress.c, and clang's tree of it.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mutate.h"

#define SHORT_TEXT	64

struct obstack pool;
const char *path;
const char *source;

CXFile file;
struct span *tokens;
size_t nr_tokens;
struct span *macros;
size_t nr_macros;

struct node *nodes;
size_t nr_nodes;

_Noreturn void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("mutate: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

char *format(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	obstack_vprintf(&pool, fmt, ap);
	va_end(ap);
	obstack_1grow(&pool, '\0');
	return obstack_finish(&pool);
}

/* Make room for one more element at the end of an array. */
void *grow(void *array, size_t nr, size_t size)
{
	/* Powers of two only, so that the room is doubled each time. */
	if (nr & (nr - 1))
		return array;
	array = realloc(array, (nr ? nr * 2 : 1) * size);
	if (!array)
		die("out of memory");
	return array;
}

char *from_clang(CXString string)
{
	char *copy = format("%s", clang_getCString(string));

	clang_disposeString(string);
	return copy;
}

bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Make each run of white space a blank, and drop it at both ends. */
char *squeeze(char *s)
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

char *text(struct span at)
{
	return obstack_copy0(&pool, source + at.start, at.end - at.start);
}

char *short_text(struct span at)
{
	char *s = squeeze(text(at));

	if (strlen(s) > SHORT_TEXT)
		memcpy(s + SHORT_TEXT - 3, "...", 4);
	return s;
}

bool is_text(struct span at, const char *s)
{
	return at.end - at.start == strlen(s) &&
	       !strncmp(source + at.start, s, strlen(s));
}

bool is_one_of(struct span at, const char *const *names)
{
	while (*names && !is_text(at, *names))
		names++;
	return *names;
}

bool within(struct span inner, struct span outer)
{
	return inner.start >= outer.start && inner.end <= outer.end;
}

/* The first token that starts at @pos or later; empty at the end of the file */
struct span token_from(unsigned int pos)
{
	size_t i;

	for (i = 0; i < nr_tokens; i++)
		if (tokens[i].start >= pos)
			return tokens[i];
	return (struct span){ pos, pos };
}

bool read_call(struct span name, struct call *call)
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

struct node *child(const struct node *n, int nr)
{
	struct node *c = nodes + (n - nodes);

	while (++c < nodes + nr_nodes && c->at.start < n->at.end)
		if (c->parent == n && !nr--)
			return c;
	return NULL;
}

struct node *last_child(const struct node *n)
{
	int nr = 0;

	while (child(n, nr))
		nr++;
	return nr ? child(n, nr - 1) : NULL;
}

struct node *node_at(struct span at)
{
	struct node *n;

	for (n = nodes; n < nodes + nr_nodes; n++)
		if (n->at.start == at.start && n->at.end == at.end)
			return n;
	return NULL;
}

struct node *ancestor(struct node *n, enum CXCursorKind wanted)
{
	do {
		n = n->parent;
	} while (n && n->kind != wanted);
	return n;
}

bool get_call(const struct node *n, struct call *call)
{
	if (n->kind == CXCursor_MacroExpansion)
		return read_call(token_from(n->at.start), call);
	return n->kind == CXCursor_CallExpr && child(n, 0) &&
	       read_call(child(n, 0)->at, call);
}

bool calls(const struct node *n, const char *const *names)
{
	struct call call;

	return get_call(n, &call) && is_one_of(call.name, names);
}

CXType type_of(const struct node *n)
{
	return clang_getCanonicalType(clang_getCursorType(n->cursor));
}

bool is_integer(CXType type)
{
	type = clang_getCanonicalType(type);
	return type.kind == CXType_Enum ||
	       (type.kind >= CXType_Bool && type.kind <= CXType_Int128);
}

/*
 * The type of @cursor without const. size_t and ssize_t keep their names, as
 * their underlying types depend on the architecture.
 */
char *type_name(CXCursor cursor)
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

bool in_file(CXSourceLocation location, unsigned int *offset)
{
	CXFile where;

	clang_getFileLocation(location, &where, NULL, NULL, offset);
	return where && clang_File_isEqual(where, file);
}

struct span name_of(const struct node *declaration)
{
	unsigned int offset = 0;

	in_file(clang_getCursorLocation(declaration->cursor), &offset);
	return token_from(offset);
}

struct span operator_of(const struct node *n)
{
	const struct node *c = child(n, 0);

	/* A unary operator may come first. */
	return token_from(c && c->at.start == n->at.start ? c->at.end :
			  n->at.start);
}

bool is_assignment(const struct node *n)
{
	return n->kind == CXCursor_CompoundAssignOperator ||
	       (n->kind == CXCursor_BinaryOperator &&
		is_text(operator_of(n), "="));
}

/* Would an expression with an operator of low precedence need parentheses in place of @n? */
bool binds(const struct node *n)
{
	enum CXCursorKind of = n->parent->kind;

	return of == CXCursor_UnaryOperator || of == CXCursor_CStyleCastExpr ||
	       of == CXCursor_ConditionalOperator ||
	       (of == CXCursor_BinaryOperator && !is_assignment(n->parent));
}

bool is_loop(const struct node *n)
{
	return n->kind == CXCursor_ForStmt || n->kind == CXCursor_WhileStmt ||
	       n->kind == CXCursor_DoStmt;
}

struct node *condition_of(const struct node *n)
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

bool is_statement(const struct node *n)
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

/* The statement with its semicolon, which is not part of clang's node. */
struct span whole(const struct node *n)
{
	struct span next = token_from(n->at.end);

	if (!is_text(next, ";"))
		return n->at;
	return (struct span){ n->at.start, next.end };
}

/* Statement number @nr of a block; declarations and labels do not count. */
struct node *statement(const struct node *block, int nr)
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

struct node *declaration(const struct node *use)
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

bool is_visible(const struct node *var, unsigned int pos)
{
	const struct node *scope = var->parent;

	if (scope->kind == CXCursor_DeclStmt)
		scope = scope->parent;
	return pos >= var->at.end && pos < scope->at.end;
}

static bool get_span(CXSourceRange range, struct span *at)
{
	size_t i;

	if (!in_file(clang_getRangeStart(range), &at->start) ||
	    !in_file(clang_getRangeEnd(range), &at->end))
		return false;
	/* For clang, code that a macro expands to ends where the macro's name starts. */
	for (i = 0; i < nr_macros; i++)
		if (macros[i].start == at->end)
			at->end = macros[i].end;
	return true;
}

/* Is the node in the file's text, or does it come from the body of a macro? */
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

void read_function(CXCursor cursor)
{
	struct node *n;
	size_t i, kept = 0;

	nr_nodes = 0;
	add_node(cursor, cursor, NULL);
	clang_visitChildren(cursor, add_node, NULL);
	/* clang's tree lacks macros, and the location of strings. */
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

	/* Arguments of macros may be in clang's tree more than once. */
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
	/* If a "(" follows, the arguments belong to the use of the macro. */
	if (read_call(token_from(at.start), &call))
		at.end = call.end;
	push(macros, nr_macros, at);
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

/* Read the part of the file that is compiled for one algorithm, or all of it for NULL. */
CXTranslationUnit read_build(CXIndex index, const char *algorithm,
			     const char *const *flags, int nr_flags)
{
	const unsigned int options =
		CXTranslationUnit_DetailedPreprocessingRecord;
	struct CXUnsavedFile unsaved = { .Filename = "build.c" };
	CXTranslationUnit unit;

	unsaved.Contents = format("#include \"%s\"\n", path);
	if (algorithm)
		unsaved.Contents = format("#undef CONFIG_MODULE_COMPRESS_GZIP\n"
					  "#undef CONFIG_MODULE_COMPRESS_XZ\n"
					  "#undef CONFIG_MODULE_COMPRESS_ZSTD\n"
					  "#define CONFIG_MODULE_COMPRESS_%s 1\n%s",
					  algorithm, unsaved.Contents);
	unsaved.Length = strlen(unsaved.Contents);
	if (clang_parseTranslationUnit2(index, unsaved.Filename, flags,
					nr_flags, &unsaved, 1, options, &unit))
		die("%s: clang cannot parse it", path);

	file = clang_getFile(unit, path);
	nr_tokens = 0;
	nr_macros = 0;
	check_diagnostics(unit);
	read_tokens(unit);
	clang_visitChildren(clang_getTranslationUnitCursor(unit), visit_macro,
			    NULL);
	return unit;
}
