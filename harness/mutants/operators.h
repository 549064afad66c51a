/* SPDX-License-Identifier: GPL-2.0 */
/* Functions that the operators share, and the operators */
#ifndef _MUTANTS_OPERATORS_H
#define _MUTANTS_OPERATORS_H

#include "mutate.h"

#define MAX_TO		7	/* alternatives in a table's row, and a NULL */

/* A name, and its replacements */
struct row {
	const char *from;
	const char *to[MAX_TO];
};

/* operators.c */
void replace(struct span at, const char *with);
void replace_by_all(struct span at, const char *const *with);
void exchange(struct span a, struct span b);
bool is_in_block(const struct node *n);
bool is_step(const struct node *n);
void insert_before(struct node *n, const char *statement);
void insert_after(struct node *n, const char *statement);
const struct node *returned(void);
char *fill(const char *pattern, const char *arg);
bool is_gfp(struct span at);

/* statement_operators.c */
void mutate_statement(struct node *n);
void mutate_twice(struct node *n);
void mutate_loop(struct node *n);
void mutate_return(struct node *n);
void mutate_goto(struct node *n);
void mutate_early_return(struct node *n);

/* order_operators.c */
void mutate_order(struct node *n);

/* expression_operators.c */
void mutate_constant(struct node *n);
void mutate_cast(struct node *n);
void mutate_negation(struct node *n);
void mutate_condition(struct node *n);
void mutate_operator(struct node *n);
void mutate_off_by_one(struct node *n);
void mutate_unit(struct node *n);

/* variable_operators.c */
void mutate_variable(struct node *n);
void mutate_static(struct node *n);
void mutate_argument(struct node *n);
void mutate_type(struct node *n);

/* service_operators.c */
void mutate_name(struct node *n);
void mutate_service(struct node *n);
void mutate_gfp(struct node *n);

#endif /* _MUTANTS_OPERATORS_H */
