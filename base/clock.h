/* Time by raw system call, for the emitter thread. Nanoseconds; 0 cannot happen for a clock that
 * exists. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>
#include "base/syscall.h"

static inline uint64_t clock_read_ns(int clock)
{
	struct timespec now = {0, 0};

	sys_call(SYS_clock_gettime, clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
