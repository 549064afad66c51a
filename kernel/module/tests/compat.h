/* SPDX-License-Identifier: GPL-2.0 */
/* Changes of KUnit since v6.1, for older kernels. */
#ifndef _MODULE_TESTS_COMPAT_H
#define _MODULE_TESTS_COMPAT_H

#include <kunit/test.h>

#ifndef KUNIT_CASE_PARAM_ATTR
#define KUNIT_CASE_PARAM_ATTR(test_name, gen_params, ...)	\
	KUNIT_CASE_PARAM(test_name, gen_params)
#endif

/* Newer kernels also pass the test to a generator of parameters */
#ifdef kunit_register_params_array
#define GENERATOR_PARAMETERS	\
	struct kunit *test, const void *prev, char *desc
#else
#define GENERATOR_PARAMETERS	const void *prev, char *desc
#endif

#endif /* _MODULE_TESTS_COMPAT_H */
