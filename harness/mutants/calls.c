// SPDX-License-Identifier: GPL-2.0
/*
 * The names that decompress.c uses and does not define itself: functions,
 * variables and macros. Types, members and enumerators are left out.
 */
#include <stdio.h>
#include <string.h>

#include "mutate.h"

static const char **names;
static size_t nr_names;

/* The macros that the file defines itself */
static struct span *definitions;
static size_t nr_definitions;

/* Does one of these macros contain the name? Then the file uses the name. */
static bool is_in_definition(const char *name)
{
	size_t i, t;

	for (i = 0; i < nr_definitions; i++)
		for (t = 0; t < nr_tokens; t++)
			if (within(tokens[t], definitions[i]) &&
			    is_text(tokens[t], name))
				return true;
	return false;
}

static bool is_own(CXCursor cursor)
{
	unsigned int offset;

	return in_file(clang_getCursorLocation(cursor), &offset);
}

static enum CXChildVisitResult
note_definition(CXCursor cursor, CXCursor parent, CXClientData data)
{
	CXSourceRange range = clang_getCursorExtent(cursor);
	struct span at;

	(void)parent;
	(void)data;
	if (clang_getCursorKind(cursor) == CXCursor_MacroDefinition &&
	    in_file(clang_getRangeStart(range), &at.start) &&
	    in_file(clang_getRangeEnd(range), &at.end))
		push(definitions, nr_definitions, at);
	return CXChildVisit_Continue;
}

/* Leave out CONFIG_ macros: they are not code that the file uses. */
static void note_macro(CXCursor cursor, const char *name)
{
	if (!is_own(clang_getCursorReferenced(cursor)) &&
	    !starts_with(name, "CONFIG_"))
		push(names, nr_names, name);
}

/* For clang, a static variable or function may be declared and not defined. */
static bool is_defined_here(CXCursor to)
{
	return is_own(clang_getCursorDefinition(to)) ||
	       (is_own(to) && clang_getCursorLinkage(to) != CXLinkage_External);
}

static void note_reference(CXCursor cursor, const char *name)
{
	CXCursor to = clang_getCursorReferenced(cursor);
	enum CXCursorKind kind = clang_getCursorKind(to);
	unsigned int offset;

	if ((kind != CXCursor_FunctionDecl && kind != CXCursor_VarDecl) ||
	    is_defined_here(to) ||
	    !in_file(clang_getCursorLocation(cursor), &offset))
		return;
	/* clang gives the location of a macro for everything that the macro expands to. */
	if (is_text(token_from(offset), name) || is_in_definition(name))
		push(names, nr_names, name);
}

static enum CXChildVisitResult
note_use(CXCursor cursor, CXCursor parent, CXClientData data)
{
	const char *name = from_clang(clang_getCursorSpelling(cursor));
	bool own = is_own(cursor);

	(void)parent;
	(void)data;
	switch (clang_getCursorKind(cursor)) {
	case CXCursor_MacroExpansion:
		if (own)
			note_macro(cursor, name);
		break;
	case CXCursor_MacroDefinition:
		if (!own && is_in_definition(name))
			push(names, nr_names, name);
		break;
	case CXCursor_DeclRefExpr:
		note_reference(cursor, name);
		break;
	default:
		break;
	}
	return own ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

void note_calls(CXTranslationUnit unit)
{
	CXCursor top = clang_getTranslationUnitCursor(unit);

	nr_definitions = 0;
	clang_visitChildren(top, note_definition, NULL);
	clang_visitChildren(top, note_use, NULL);
}

static int compare_names(const void *p, const void *q)
{
	return strcmp(*(const char *const *)p, *(const char *const *)q);
}

void print_calls(void)
{
	size_t i;

	qsort(names, nr_names, sizeof(*names), compare_names);
	for (i = 0; i < nr_names; i++)
		if (i == 0 || strcmp(names[i - 1], names[i]))
			puts(names[i]);
}
