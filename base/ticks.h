/*
 * The processor's counter (TSC, cntvct) and its conversion. Ticks become units of 2^-30 s by one
 * multiplication: units = ticks * multiplier >> 32. Whether the counter may be trusted is decided
 * elsewhere (preload/clock.c); a multiplier of 0 means: not (yet), use clock_gettime. Any thread;
 * no calls.
 */
#ifndef BASE_TICKS_H
#define BASE_TICKS_H

#include <stdint.h>
#include "base/atomic.h"

static always_inline uint64_t ticks_read(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#endif
}

static always_inline uint64_t ticks_to_units(uint64_t ticks, uint64_t multiplier)
{
	return (uint64_t)((unsigned __int128)ticks * multiplier >> 32);
}

/* Units of 2^-30 s in a number of nanoseconds. */
static always_inline uint64_t ns_to_units(uint64_t ns)
{
	return ticks_to_units(ns, UINT64_C(4611686018)); /* 2^30 / 10^9 * 2^32 */
}

#endif
