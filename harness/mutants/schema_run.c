// SPDX-License-Identifier: GPL-2.0
/* Chooses a mutant, and ends it if it hangs; see schema.h. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "schema.h"

unsigned int schema_mutant = SCHEMA_MOST;
unsigned char schema_reached[SCHEMA_MOST];

__attribute__((constructor))
static void choose(void)
{
	const char *number = getenv("SCHEMA_MUTANT"), *seconds = getenv("SCHEMA_SECONDS");
	struct itimerval most = { .it_value.tv_sec = seconds ? atoi(seconds) : 0 };

	if (number)
		schema_mutant = atoi(number);
	/* A mutant that crashes has printed the results of the files before */
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* SIGVTALRM after so many seconds of CPU time */
	setitimer(ITIMER_VIRTUAL, &most, NULL);
}

__attribute__((destructor))
static void tell(void)
{
	static unsigned char before[SCHEMA_MOST];
	const char *path = getenv("SCHEMA_REACHED");
	FILE *f = path ? fopen(path, "a+") : NULL;
	size_t i, nr;

	if (!f)
		return;
	/* A program may have several processes, one after the other */
	nr = fread(before, 1, sizeof(before), f);
	for (i = 0; i < nr; i++)
		schema_reached[i] |= before[i];
	f = freopen(path, "w", f);
	if (f && fwrite(schema_reached, 1, sizeof(schema_reached), f) == sizeof(schema_reached))
		fclose(f);
}
