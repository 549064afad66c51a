/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Provide, in user space, the part of KUnit that the suites use, with the names and the
 * semantics of kunit/test.h. kunit.c runs the suites and prints KTAP as the kernel does.
 */
#ifndef _NATIVE_KUNIT_H
#define _NATIVE_KUNIT_H

#include <setjmp.h>

#include "native.h"

#define KUNIT_PARAM_DESC_SIZE	128
#define KUNIT_ALLOCATIONS	16

enum kunit_status {
	KUNIT_SUCCESS,
	KUNIT_FAILURE,
	KUNIT_SKIPPED,
};

struct kunit_try_catch {
	jmp_buf env;
};

/**
 * struct kunit - one run of a case, with one parameter if the case has parameters
 * @priv: private data of the suite
 * @param_value: parameter of this run; NULL if the case has no parameters
 * @try_catch: where the run continues after the case aborts
 * @status: result so far
 * @reason: why the case is skipped
 * @memory: memory from kunit_kmalloc(), which is freed when the run ends
 */
struct kunit {
	void *priv;
	const void *param_value;
	struct kunit_try_catch try_catch;
	enum kunit_status status;
	char reason[256];
	void *memory[KUNIT_ALLOCATIONS];
};

enum kunit_speed {
	KUNIT_SPEED_SLOW = 1,
};

struct kunit_attributes {
	enum kunit_speed speed;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
	struct kunit_attributes attr;
};

struct kunit_suite {
	const char *name;
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(test)	{ .run_case = test, .name = #test }
#define KUNIT_CASE_PARAM(test, generator)				\
	{ .run_case = test, .name = #test, .generate_params = generator }
#define KUNIT_CASE_PARAM_ATTR(test, generator, attributes)		\
	{								\
		.run_case = test,					\
		.name = #test,						\
		.generate_params = generator,				\
		.attr = attributes,					\
	}

#define KUNIT_ARRAY_PARAM(_name, array, describe)			\
static const void *_name##_gen_params(const void *prev, char *desc)	\
{									\
	typeof(&(array)[0]) next = prev ?				\
		(typeof(&(array)[0]))prev + 1 : (array);		\
									\
	if (next == (array) + ARRAY_SIZE(array))			\
		return NULL;						\
	describe(next, desc);						\
	return next;							\
}									\
extern int native_nothing

#define kunit_test_suite(suite)						\
static __attribute__((__constructor__)) void suite##_register(void)	\
{									\
	kunit_register(&suite);						\
}									\
extern int native_nothing

/* Name of the mutant if decompress.c is broken on purpose; else the address is NULL */
extern const char native_mutant[] __weak;

void kunit_register(struct kunit_suite *suite);
void __noreturn kunit_try_catch_throw(struct kunit_try_catch *try_catch);
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
#define kunit_kzalloc(test, size, gfp)	kunit_kmalloc(test, size, (gfp) | __GFP_ZERO)

__printf(3, 4) void kunit_fail(struct kunit *test, const char *where,
			       const char *format, ...);
__printf(2, 3) void __noreturn kunit_skip(struct kunit *test,
					  const char *format, ...);

#define KUNIT_FAIL(test, format, ...)					\
	kunit_fail(test, NATIVE_HERE, format, ##__VA_ARGS__)

/* Print a failed condition as source code; KUNIT_COMPARE() adds the values */
#define KUNIT_EXPECT(test, condition)	do {				\
	if (!(condition))						\
		KUNIT_FAIL(test, "expected %s", #condition);		\
} while (0)
#define KUNIT_COMPARE(test, a, op, b, format, ...)	do {		\
	typeof((a) + 0) __left = (a);					\
	typeof((b) + 0) __right = (b);					\
									\
	if (!(__left op __right))					\
		KUNIT_FAIL(test, "expected %s, %lld, " #op " %s, %lld" format, \
			   #a, (long long)__left, #b, (long long)__right, \
			   ##__VA_ARGS__);				\
} while (0)
#define KUNIT_EXPECT_EQ(test, a, b)	KUNIT_COMPARE(test, a, ==, b, "")
#define KUNIT_EXPECT_NE(test, a, b)	KUNIT_COMPARE(test, a, !=, b, "")
#define KUNIT_EXPECT_GT(test, a, b)	KUNIT_COMPARE(test, a, >, b, "")
#define KUNIT_EXPECT_LT(test, a, b)	KUNIT_COMPARE(test, a, <, b, "")
#define KUNIT_EXPECT_EQ_MSG(test, a, b, format, ...)			\
	KUNIT_COMPARE(test, a, ==, b, ": " format, ##__VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, a, b, format, ...)			\
	KUNIT_COMPARE(test, a, !=, b, ": " format, ##__VA_ARGS__)
#define KUNIT_EXPECT_TRUE_MSG(test, condition, format, ...)		\
	KUNIT_COMPARE(test, !!(condition), ==, true, ": " format, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, condition, format, ...)		\
	KUNIT_COMPARE(test, !!(condition), ==, false, ": " format, ##__VA_ARGS__)
#define KUNIT_EXPECT_NULL_MSG(test, p, format, ...)			\
	KUNIT_COMPARE(test, !!(p), ==, false, ": " format, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ(test, a, b)	KUNIT_EXPECT(test, (a) == (b))
#define KUNIT_EXPECT_NOT_NULL(test, p)	KUNIT_EXPECT(test, (p) != NULL)
#define KUNIT_EXPECT_STREQ(test, a, b)	KUNIT_EXPECT(test, !strcmp(a, b))
#define KUNIT_ASSERT(test, condition)	do {				\
	if (!(condition)) {						\
		KUNIT_FAIL(test, "expected %s", #condition);		\
		kunit_try_catch_throw(&(test)->try_catch);		\
	}								\
} while (0)
#define KUNIT_ASSERT_NOT_NULL(test, p)	KUNIT_ASSERT(test, (p) != NULL)
#define KUNIT_ASSERT_PTR_NE(test, a, b)	KUNIT_ASSERT(test, (a) != (b))

#endif /* _NATIVE_KUNIT_H */
