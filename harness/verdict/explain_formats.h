/* SPDX-License-Identifier: GPL-2.0 */
/* Functions of explain() for each format */
#ifndef _EXPLAIN_FORMATS_H
#define _EXPLAIN_FORMATS_H

#include "explain.h"

void __attribute__((format(printf, 3, 4)))
unsupported(struct explanation *e, const char *cause, const char *fmt, ...);
void not_that_format(struct explanation *e, const unsigned char *in, size_t size);
void explain_gzip(struct explanation *e, const unsigned char *in, size_t size);
void explain_xz(struct explanation *e, const unsigned char *in, size_t size,
		const struct kernel *kernel);
void explain_zstd(struct explanation *e, const unsigned char *in, size_t size);

#endif /* _EXPLAIN_FORMATS_H */
