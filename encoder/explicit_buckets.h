/*
 * Histograms with explicit bounds, where those are asked for instead of exponential buckets. The
 * bounds are powers of two, which are bounds of the exponential buckets too: merging is exact. They
 * are the same for every point of a metric, whatever it holds, because stores tell series apart by
 * their bounds; and the range is narrower than what is kept, because each bound costs 16 bytes a
 * point. What lies beyond is in the first and the last bucket. Pure.
 */
#ifndef ENCODER_EXPLICIT_BUCKETS_H
#define ENCODER_EXPLICIT_BUCKETS_H

#include "metrics/snapshot.h"

#define EXPLICIT_BOUNDS_MAX 32

struct explicit_buckets {
	uint32_t bounds;
	int32_t first; /* the first bound is 2^first in the metric's unit */
	uint64_t count[EXPLICIT_BOUNDS_MAX + 1]; /* one more than there are bounds */
};

void explicit_buckets_merge(struct explicit_buckets *ret, const struct point *point);

/* Bound `index`, in the metric's unit. */
double explicit_bound(const struct explicit_buckets *buckets, uint32_t index);

#endif
