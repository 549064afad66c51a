/* SPDX-License-Identifier: GPL-2.0 */
/* What KUnit has today, and had not in v6.1: a patch series can do without. */
#ifndef _MODULE_TESTS_COMPAT_H
#define _MODULE_TESTS_COMPAT_H

#include <kunit/test.h>

#ifndef KUNIT_CASE_PARAM_ATTR
#define KUNIT_CASE_PARAM_ATTR(test_name, gen_params, ...)	\
	KUNIT_CASE_PARAM(test_name, gen_params)
#endif

#endif /* _MODULE_TESTS_COMPAT_H */
