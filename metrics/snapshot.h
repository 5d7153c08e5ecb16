/*
 * What a sink is to be told: the totals collected at one moment, and per sink what it has been told
 * before. Plain memory, owned by the caller (in the shim: by the emitter), used by one thread at a
 * time.
 */
#ifndef METRICS_SNAPSHOT_H
#define METRICS_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include "metrics/metric.h"

/* Totals of a process (or of a whole tree), derived and observed rows included. Times in ns since
 * the Unix epoch. */
struct snapshot {
	uint64_t start_time_ns; /* when counting began */
	uint64_t time_ns;       /* when these totals were collected; > start_time_ns */
	struct process_values totals;
};

/* What one sink has been told: the totals at its last point of each series (of a counter: the most
 * that it has been), and that point's time (0: none yet). */
struct baseline {
	struct process_values told;
	uint64_t time_ns[SERIES_TOTAL];
};

enum temporality { TEMPORALITY_DELTA, TEMPORALITY_CUMULATIVE, TEMPORALITY_LOWMEMORY };

/* Which points a sink gets. */
struct point_options {
	/* Of monotonic sums and histograms; lowmemory: as delta, but observed sums cumulative. */
	enum temporality temporality;
	bool emit_zero_points; /* also series that have nothing new (delta) or nothing at all */
	bool explicit_buckets; /* histograms with explicit bounds instead of exponential buckets */
	uint64_t families;     /* bit 1 << enum HOOK_FAMILY; rows of other families are left out */
};

/* One data point. `now` and `before` are the series' words in totals and baseline (before: NULL
 * when cumulative). */
struct point {
	const struct metric *metric;
	uint32_t series;        /* within the metric */
	bool cumulative;        /* the point's temporality, for sums and histograms */
	uint64_t start_time_ns; /* of the window (start, time]; for gauges the process's start */
	uint64_t time_ns;       /* >= start_time_ns, also when the clock was set back */
	int64_t value; /* numbers: what is to be sent, in the metric's number (count, ns, ppm) */
	/* histograms */
	uint64_t count, sum, zero_count; /* sum in bytes or 2^-30 s */
	const uint64_t *now,
		*before; /* first bucket's word; count of bucket i = point_bucket(p, i) */
	const struct name
		*name; /* of a named series; NULL: of another, or of those without a slot */
	uint32_t first_bucket, end_bucket; /* non-zero ones lie in [first, end); equal: none */
};

/*
 * Fills *point for series number `series` (0 to SERIES_TOTAL-1, numbered through all metrics).
 * False: there is nothing to send for it:
 * - its hooks are off, or the value could not be observed;
 * - nothing new since the last point (delta), or never anything (cumulative): a series comes into
 *   being with its first value, a recorded up-down sum too; then that one is always sent.
 */
bool point_read(struct point *point, const struct snapshot *snapshot,
                const struct baseline *baseline, const struct point_options *options,
                uint32_t series);

/* What was added. Totals of a tree can fall when a process has gone that left nothing: then 0. */
static inline uint64_t point_growth(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* Count of a histogram point's bucket. */
static inline uint64_t point_bucket(const struct point *point, uint32_t bucket)
{
	return point_growth(point->now[bucket], point->before ? point->before[bucket] : 0);
}

/* The value of a sum or gauge, the sum of a histogram, in the metric's unit (s, 1, By). */
double point_number(const struct point *point);
double point_sum(const struct point *point);

/* The attributes of a point, those left out that have no value. Lengths are without a NUL; a text
 * may have none. */
struct point_attribute {
	const char *key, *value;
	uint8_t key_length, length;
	bool boolean; /* true, else the text */
};
unsigned int point_attributes(const struct point *point,
                              struct point_attribute ret[METRIC_ATTRIBUTES]);

/* Which metric a series numbered through belongs to; *ret_series: its number within. */
const struct metric *snapshot_series(uint32_t series, uint32_t *ret_series);

/* The sink has been told the point: the next one of its series starts here. */
void baseline_commit(struct baseline *baseline, const struct snapshot *snapshot,
                     const struct point *point);

/* The same for every point that point_read() gives in [from, to). */
void baseline_commit_range(struct baseline *baseline, const struct snapshot *snapshot,
                           const struct point_options *options, uint32_t from, uint32_t to);

#endif
