/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MUTANTS_MUTATE_H
#define _MUTANTS_MUTATE_H

#include <clang-c/Index.h>
#include <obstack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define obstack_chunk_alloc	malloc
#define obstack_chunk_free	free

#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MAX_ARGS	8

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
 * struct node - an expression, a statement or a declaration in the source text
 * @at: its text
 * @kind: its kind; CXCursor_MacroExpansion for the use of a macro
 * @cursor: the node in clang's tree; for a macro, what it expands to
 * @parent: the smallest node around it
 *
 * The nodes of a function are in the order of the file, each before the nodes
 * that it contains. Nodes that come from the body of a macro are left out: an
 * edit can only change text that is in the file.
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

/* Memory for everything; it is not freed before the program ends. */
extern struct obstack pool;

/* decompress.c */
extern const char *path;
extern const char *source;

/* decompress.c as it is compiled for the current algorithm */
extern CXFile file;
extern struct span *tokens;
extern size_t nr_tokens;
extern struct span *macros;
extern size_t nr_macros;

/* The current function, and the kind of change to make */
extern struct node *nodes;
extern size_t nr_nodes;
extern const char *function;
extern const char *kind;

/* source.c: the file to break */
char *read_source(void);
int keep_flags(int argc, char **argv, const char **flags);
unsigned long long checksum(const char *s);
struct span line_at(unsigned int offset, unsigned int *number);

/* syntax_tree.c: the text of decompress.c, and clang's tree of it */
__printf(1, 2)
_Noreturn void die(const char *fmt, ...);
__printf(1, 2)
char *format(const char *fmt, ...);
void *grow(void *array, size_t nr, size_t size);
char *from_clang(CXString string);
bool starts_with(const char *s, const char *prefix);
char *squeeze(char *s);
char *text(struct span at);
char *short_text(struct span at);
bool is_text(struct span at, const char *s);
bool is_one_of(struct span at, const char *const *names);
bool within(struct span inner, struct span outer);
struct span token_from(unsigned int pos);
bool read_call(struct span name, struct call *call);
struct node *child(const struct node *n, int nr);
struct node *last_child(const struct node *n);
struct node *node_at(struct span at);
struct node *ancestor(struct node *n, enum CXCursorKind wanted);
bool get_call(const struct node *n, struct call *call);
bool calls(const struct node *n, const char *const *names);
CXType type_of(const struct node *n);
bool is_integer(CXType type);
char *type_name(CXCursor cursor);
bool in_file(CXSourceLocation location, unsigned int *offset);
struct span name_of(const struct node *declaration);
struct span operator_of(const struct node *n);
bool is_assignment(const struct node *n);
bool binds(const struct node *n);
bool is_loop(const struct node *n);
struct node *condition_of(const struct node *n);
bool is_statement(const struct node *n);
struct span whole(const struct node *n);
struct node *statement(const struct node *block, int nr);
struct node *declaration(const struct node *use);
bool is_visible(const struct node *var, unsigned int pos);
void read_function(CXCursor cursor);
CXTranslationUnit read_build(CXIndex index, const char *algorithm,
			     const char *const *flags, int nr_flags);

#define push(array, nr, value)						\
	((array) = grow(array, nr, sizeof(*(array))), (array)[(nr)++] = (value))

/* mutate.c: the mutants */
void add_mutant(const struct edit *edits, size_t nr, struct span at,
		char *what);

/* operators.c: the faults */
void mutate_node(struct node *n);
void mutate_file(void);

/* calls.c: names from the rest of the kernel that decompress.c uses */
void note_calls(CXTranslationUnit unit);
void print_calls(void);

#endif /* _MUTANTS_MUTATE_H */
