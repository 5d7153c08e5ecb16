/*
 * Which bucket a value falls in. A histogram is width words (metric.h): sum, count of zeros, one
 * count a bucket. Bucket j holds (2^((j-1)/4), 2^(j/4)] units; the last takes all that is larger.
 * Small values are looked up, the others computed. No division, no floating point, no loop, no
 * call: it runs in hooks.
 */
#ifndef METRICS_HISTOGRAM_H
#define METRICS_HISTOGRAM_H

#include <stdint.h>
#include "base/atomic.h"

/* floor(2^(k/4) * 2^62) for k = 1, 2, 3: the bounds within an octave. None is an integer, so > is
 * exact. */
#define HISTOGRAM_BOUND_1 UINT64_C(5484249825272419511)
#define HISTOGRAM_BOUND_2 UINT64_C(6521908912666391106)
#define HISTOGRAM_BOUND_3 UINT64_C(7755900482342532474)
#define HISTOGRAM_LARGEST (UINT64_C(1) << 40) /* ends the last bucket that any histogram has */

/*
 * histogram_word() of the values up to HISTOGRAM_SMALL, whatever the number of buckets. glibc's
 * malloc leaves its thread cache at 1032 bytes: whoever is above pays more than the computation.
 */
#define HISTOGRAM_SMALL         1024
#define HISTOGRAM_SMALL_BUCKETS 41 /* no histogram may have fewer */
extern const uint8_t histogram_small[HISTOGRAM_SMALL + 1] __attribute__((visibility("hidden")));

/* Bucket of a value >= 1. */
static always_inline uint32_t histogram_bucket(uint64_t value, uint32_t buckets)
{
	uint32_t exponent, bucket;
	uint64_t scaled;

	if (value > HISTOGRAM_LARGEST)
		value = HISTOGRAM_LARGEST;
	if (value == 1)
		return 0;
	/* The value lies in (2^exponent, 2^(exponent+1)]: upper bounds are inclusive. */
	exponent = 63u - (uint32_t)__builtin_clzll(value - 1);
	scaled = value << (62 - exponent);
	bucket = 4 * exponent + 1 + (scaled > HISTOGRAM_BOUND_1) + (scaled > HISTOGRAM_BOUND_2) +
	         (scaled > HISTOGRAM_BOUND_3);
	return bucket < buckets ? bucket : buckets - 1;
}

/* Word of a value's count, from the start of the histogram. */
static always_inline uint32_t histogram_word(uint64_t value, uint32_t buckets)
{
	if (likely(value <= HISTOGRAM_SMALL))
		return histogram_small[value];
	return 2 + histogram_bucket(value, buckets);
}

#endif
