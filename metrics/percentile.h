/*
 * Percentiles of a histogram point: the largest value of the bucket in which they fall, at most
 * 19 % above the real one and exact for powers of two; never more than the sum. Integers only: runs
 * on the emitter too.
 */
#ifndef METRICS_PERCENTILE_H
#define METRICS_PERCENTILE_H

#include <stdint.h>
#include "metrics/snapshot.h"

/* Largest value that a bucket holds, in the histogram's unit (bytes or 2^-30 s). */
uint64_t bucket_largest(uint32_t bucket);

/* What `percent` (1 to 100; 100: the maximum) of the point's values do not exceed, in the
 * histogram's unit; 0 for an empty one. */
uint64_t point_percentile(const struct point *point, unsigned int percent);

/* 2^-30 s to nanoseconds, rounded to the nearest. */
static inline uint64_t nanoseconds_from_units(uint64_t units)
{
	uint64_t seconds = units >> SECONDS_UNIT_SHIFT;
	uint64_t fraction = units & ((UINT64_C(1) << SECONDS_UNIT_SHIFT) - 1);
	uint64_t half = UINT64_C(1) << (SECONDS_UNIT_SHIFT - 1);

	return seconds * 1000000000u + ((fraction * 1000000000u + half) >> SECONDS_UNIT_SHIFT);
}

#endif
