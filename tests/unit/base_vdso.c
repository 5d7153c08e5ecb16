/* The kernel's clock_gettime, found without libc. */
#include <criterion/criterion.h>
#include <sys/auxv.h>
#include "base/vdso.h"

Test(vdso, its_clock_tells_what_libcs_does)
{
	vdso_clock_gettime_type *clock =
		vdso_clock_gettime((const void *)getauxval(AT_SYSINFO_EHDR));
	struct timespec before, now, after;

	cr_assert_not_null(clock);
	clock_gettime(CLOCK_MONOTONIC, &before);
	cr_assert_eq(clock(CLOCK_MONOTONIC, &now), 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	cr_assert_leq(before.tv_sec * 1000000000 + before.tv_nsec,
	              now.tv_sec * 1000000000 + now.tv_nsec);
	cr_assert_leq(now.tv_sec * 1000000000 + now.tv_nsec,
	              after.tv_sec * 1000000000 + after.tv_nsec);
}

Test(vdso, is_missed_without_harm)
{
	static const char not_elf[64] = "no ELF here";

	cr_assert_null(vdso_clock_gettime(NULL));
	cr_assert_null(vdso_clock_gettime(not_elf));
}
