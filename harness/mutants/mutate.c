// SPDX-License-Identifier: GPL-2.0
/*
 * Make mutants of kernel/module/decompress.c: copies of the file that differ
 * from it by one small fault each, for a test suite to find.
 *
 * Usage: mutate DECOMPRESS_C OUTDIR -- CLANG_FLAGS...
 *        mutate --calls DECOMPRESS_C -- CLANG_FLAGS...
 *
 * Writes each mutant to OUTDIR/ID.c, and a line about it to standard output:
 * ID, function, line, kind, and what changed, separated by tabs.
 *
 * With --calls it prints the names from the rest of the kernel that the file
 * uses: functions, macros and variables, one a line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mutate.h"

/**
 * struct mutant - a changed copy of the file
 * @text: the file
 * @sum: a checksum of @text without its white space
 * @function: name of the function that is changed
 * @kind: the kind of change
 * @what: the change, for people to read
 * @at: offset of the change
 * @seq: number in the order of creation
 * @id: name, which stays the same while the changed line and its function do
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

static struct mutant *mutants;
static size_t nr_mutants;
const char *function;

/* Add a mutant. The edits are in the order of the file; @at is the text that changes. */
void add_mutant(const struct edit *edits, size_t nr, struct span at,
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
	for (i = 0; i < nr_nodes; i++)
		mutate_node(&nodes[i]);
	++*found;
	return CXChildVisit_Continue;
}

/* Make the mutants of the code that is compiled for one algorithm. */
static void mutate_build(CXTranslationUnit unit, const char *algorithm)
{
	unsigned int found = 0;

	clang_visitChildren(clang_getTranslationUnitCursor(unit),
			    visit_function, &found);
	if (!found)
		die("%s: clang finds no function in it for %s", path,
		    algorithm);
	mutate_file();
}

static int compare_mutants(const void *p, const void *q)
{
	const struct mutant *a = p, *b = q;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->seq < b->seq ? -1 : 1;
}

/* Name a mutant by its function and the text of the line, not by the line's number. */
static void name_mutant(struct mutant *m)
{
	const char *about;
	unsigned int line;
	int ordinal = 0;
	size_t i;

	about = format("%s %s %s %s", m->function, m->kind, m->what,
		       squeeze(text(line_at(m->at, &line))));
	do {
		snprintf(m->id, sizeof(m->id), "%010llx",
			 checksum(format("%d %s", ordinal++, about)) >> 24);
		for (i = 0; mutants + i < m && strcmp(mutants[i].id, m->id);)
			i++;
	} while (mutants + i < m);
}

static void write_mutant(const struct mutant *m, const char *dir)
{
	const char *name = format("%s/%s.c", dir, m->id);
	FILE *f = fopen(name, "w");
	unsigned int line;

	if (!f || fputs(m->text, f) == EOF || fclose(f))
		die("%s: %s", name, strerror(errno));
	line_at(m->at, &line);
	printf("%s\t%s\t%u\t%s\t%s\n", m->id, m->function, line, m->kind,
	       m->what);
}

static void write_mutants(const char *dir)
{
	size_t i;

	if (!nr_mutants)
		die("%s: nothing to change in it", path);
	if (mkdir(dir, 0777) && errno != EEXIST)
		die("%s: %s", dir, strerror(errno));
	qsort(mutants, nr_mutants, sizeof(*mutants), compare_mutants);
	for (i = 0; i < nr_mutants; i++) {
		name_mutant(&mutants[i]);
		write_mutant(&mutants[i], dir);
	}
}

int main(int argc, char **argv)
{
	static const char *const algorithms[] = { "GZIP", "XZ", "ZSTD" };
	CXTranslationUnit unit;
	char real[PATH_MAX];
	const char **flags;
	bool only_calls;
	CXIndex index;
	int nr_flags;
	size_t i;

	obstack_init(&pool);
	if (argc < 4 || strcmp(argv[3], "--"))
		die("usage: mutate DECOMPRESS_C OUTDIR -- CLANG_FLAGS...");
	only_calls = !strcmp(argv[1], "--calls");
	if (!realpath(argv[1 + only_calls], real))
		die("%s: %s", argv[1 + only_calls], strerror(errno));
	path = real;
	source = read_source();

	flags = obstack_alloc(&pool, (argc + 1) * sizeof(*flags));
	nr_flags = keep_flags(argc - 4, argv + 4, flags);
	index = clang_createIndex(0, 0);
	for (i = 0; i < ARRAY_SIZE(algorithms); i++) {
		if (!strstr(source, format("_COMPRESS_%s", algorithms[i])))
			continue;
		unit = read_build(index, algorithms[i], flags, nr_flags);
		if (only_calls)
			note_calls(unit);
		else
			mutate_build(unit, algorithms[i]);
		clang_disposeTranslationUnit(unit);
	}
	clang_disposeIndex(index);

	if (only_calls)
		print_calls();
	else
		write_mutants(argv[2]);
	if (fflush(stdout))
		die("standard output: %s", strerror(errno));
	return 0;
}
