/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mutants in a copy of a file that schema.c made. At most one is chosen, by its number in the
 * environment variable SCHEMA_MUTANT. At its end the program writes to the file SCHEMA_REACHED a
 * byte for each mutant: 1 if a line with it has run, that is, if another result was possible.
 */
#ifndef _MUTANTS_SCHEMA_H
#define _MUTANTS_SCHEMA_H

#define SCHEMA_MOST	16384

extern unsigned int schema_mutant;
extern unsigned char schema_reached[SCHEMA_MOST];

/* Is this mutant chosen? */
static inline int schema_is(unsigned int number)
{
	schema_reached[number] = 1;
	return schema_mutant == number;
}

/* What to add to a constant with the mutants @number and @number + 1 */
static inline int schema_step(unsigned int number)
{
	return schema_is(number) - schema_is(number + 1);
}

#endif /* _MUTANTS_SCHEMA_H */
