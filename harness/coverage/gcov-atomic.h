/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included by the compiler in front of what coverage.sh counts: on i386 gcc 12
 * leaves it to libatomic, which a kernel does without, to add to a counter. No
 * count is lost, as whoever makes the lower half overflow adds the carry.
 */
static void gcov_add(unsigned int *counter, unsigned long long n, int order)
	asm("__atomic_fetch_add_8");

static void __used __no_profile
gcov_add(unsigned int *counter, unsigned long long n, int order)
{
	asm volatile("lock addl %2, %0\n\tlock adcl %3, %1"
		     : "+m" (counter[0]), "+m" (counter[1])
		     : "r" ((unsigned int)n), "r" ((unsigned int)(n >> 32)));
}
