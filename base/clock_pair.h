/*
 * The processor's counter beside the clock, and what two such readings say of its speed. Pure; any
 * thread.
 */
#ifndef BASE_CLOCK_PAIR_H
#define BASE_CLOCK_PAIR_H

#include <stdint.h>
#include "base/ticks.h"

#define CLOCK_WINDOW_NS      UINT64_C(5000000)    /* the shortest that is exact enough */
#define CLOCK_WINDOW_MOST_NS UINT64_C(3000000000) /* units << 32 has to fit into 64 bits */
#define CLOCK_EXACT          10000u               /* one in so many is the error that may be */

/* Read at the same time, or `apart` ticks apart at most. */
struct clock_pair {
	uint64_t ticks; /* of the counter */
	uint64_t ns;    /* CLOCK_MONOTONIC */
	uint64_t apart;
};

/* What ticks_to_units() takes. 0: these two do not tell, or not exactly. */
static inline uint64_t clock_pair_multiplier(const struct clock_pair *start,
                                             const struct clock_pair *end)
{
	uint64_t ticks = end->ticks - start->ticks, ns = end->ns - start->ns;

	if (end->ns < start->ns + CLOCK_WINDOW_NS || end->ticks <= start->ticks ||
	    start->apart > ticks / CLOCK_EXACT || end->apart > ticks / CLOCK_EXACT)
		return 0;
	while (ns > CLOCK_WINDOW_MOST_NS) {
		ns >>= 1;
		ticks >>= 1;
	}
	return (ns_to_units(ns) << 32) / ticks;
}

#endif
