/* SPDX-License-Identifier: GPL-2.0 */
/* What today's KUnit has and that of v6.1 has not. */
#ifndef _MODULE_TESTS_COMPAT_H
#define _MODULE_TESTS_COMPAT_H

#include <kunit/test.h>

#ifndef KUNIT_CASE_SLOW
#define KUNIT_CASE_SLOW(test_name)	KUNIT_CASE(test_name)
#endif

#ifdef KUNIT_CASE_PARAM_ATTR
#define KUNIT_CASE_PARAM_SLOW(test_name, gen_params)			\
	KUNIT_CASE_PARAM_ATTR(test_name, gen_params,			\
			      ((struct kunit_attributes){ KUNIT_SPEED_SLOW }))
#else
#define KUNIT_CASE_PARAM_SLOW(test_name, gen_params)			\
	KUNIT_CASE_PARAM(test_name, gen_params)
#endif

#endif /* _MODULE_TESTS_COMPAT_H */
