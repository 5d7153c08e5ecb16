/*
 * The processor's counter made usable for the hooks: compared with CLOCK_MONOTONIC since the
 * process began to count. Until then, and where the kernel itself does not keep time by it, hooks
 * call clock_gettime. No libc; errors leave things as they are.
 */
#ifndef PRELOAD_CLOCK_H
#define PRELOAD_CLOCK_H

#include "base/clock_pair.h"

struct clock_pair clock_pair_now(void);

/*
 * In a hook, before there is an emitter that could do it, without a system call: trusts the counter
 * if reading the clock is as fast as only reading the counter is.
 */
void clock_calibrate_early(const struct clock_pair *start);

/* On the emitter: asks the kernel what it keeps time by; what it says decides. */
void clock_calibrate(const struct clock_pair *start);

#endif
