/*
 * The readable event: one data point as fields that perf, ftrace and trace-cmd print by themselves.
 * The kernel packs the fields of a description one behind the other, without padding. A rel_loc is
 * length << 16 | offset, the offset counted from the end of the rel_loc itself; strings end in NUL,
 * which the length includes. Pure: no state, no libc.
 *
 * value: what was added since the sink's last event of this series (sums), the present value
 * (up-down sums, gauges), the sum (histograms). Durations are in ns, ratios in ppm, and unit says
 * so. count, p50, p99 and max are 0 unless it is a histogram (metrics/percentile.h).
 */
#ifndef ENCODER_RECORD_H
#define ENCODER_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include "metrics/snapshot.h"

#define RECORD_EVENT "otelue_metric"
#define RECORD_DESCRIPTION                                                              \
	RECORD_EVENT " u64 sequence; u32 pid; s64 value; u64 count; u64 p50; u64 p99; " \
		     "u64 max; __rel_loc char[] name; __rel_loc char[] attributes; "    \
		     "__rel_loc char[] unit; __rel_loc char[] service"

_Static_assert(sizeof(RECORD_DESCRIPTION) <= 512, "the kernel takes 511 characters");

#define RECORD_BYTES         1024 /* no record is longer */
#define RECORD_SERVICE_BYTES 256  /* longer service names are cut, with the NUL */

/*
 * Writes the payload that follows write_index. The point must have been read with delta temporality
 * and a baseline of this sink's own. attributes: "key=value,key=value" with OTLP's keys. service:
 * valid UTF-8. Returns the length, -ENOSPC if cap is too small.
 */
long record_encode(uint8_t *buf, size_t cap, const struct point *point, uint64_t sequence,
                   uint32_t pid, const char *service);

#endif
