// SPDX-License-Identifier: GPL-2.0
/*
 * payload KIND LENGTH SEED: write what payload_fill() generates to stdout.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../kernel/module/tests/payload.h"

static const char * const kinds[] = {
	[PAYLOAD_ZERO] = "zero",
	[PAYLOAD_TEXT] = "text",
	[PAYLOAD_RANDOM] = "random",
	[PAYLOAD_CODE] = "code",
	NULL
};

/* Decimal digits and nothing else, at most @max. */
static int number(const char *s, unsigned long max, unsigned long *value)
{
	char *end;

	if (*s < '0' || *s > '9')
		return 0;
	*value = strtoul(s, &end, 10);

	return !*end && *value <= max;
}

int main(int argc, char **argv)
{
	unsigned long len, seed;
	unsigned int kind = 0;
	__u8 *buf;

	if (argc != 4)
		goto usage;
	while (kinds[kind] && strcmp(argv[1], kinds[kind]))
		kind++;
	if (!kinds[kind] || !number(argv[2], 1UL << 30, &len) ||
	    !number(argv[3], 0xffffffff, &seed))
		goto usage;

	buf = malloc(len + 1);
	if (!buf) {
		perror("payload");
		return 1;
	}
	payload_fill(buf, len, kind, seed);
	if (fwrite(buf, 1, len, stdout) != len || fflush(stdout)) {
		perror("payload");
		return 1;
	}
	free(buf);

	return 0;

usage:
	fputs("usage: payload zero|text|random|code LENGTH SEED\n", stderr);
	return 2;
}
