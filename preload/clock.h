/* The processor's counter made usable for the hooks. Emitter thread; no libc. */
#ifndef PRELOAD_CLOCK_H
#define PRELOAD_CLOCK_H

#include <stdint.h>

/*
 * Compares the counter with CLOCK_MONOTONIC since the constructor read both and gives hooks their
 * multiplier, if the kernel itself keeps time by the counter. Before that, and where it does not,
 * hooks call clock_gettime.
 */
void clock_calibrate(uint64_t start_ticks, uint64_t start_ns);

#endif
