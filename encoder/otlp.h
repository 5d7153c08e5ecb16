/*
 * OTLP requests (ExportMetricsServiceRequest of opentelemetry-proto 1.x) out of a snapshot:
 * protobuf here, JSON in otlp_json.h, same contents. Pure: no state, no libc; emitter thread or any
 * other.
 *
 * Canonical bytes: fields ascending, proto3 defaults left out, lengths in their shortest form.
 * Points go out in the order of the catalogue, those of one metric in one Metric message; the
 * series of a metric may be split over two requests.
 */
#ifndef ENCODER_OTLP_H
#define ENCODER_OTLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "encoder/resource.h"
#include "metrics/snapshot.h"

#define OTLP_SCOPE_NAME "otelue"
/* A version of the semantic conventions that has all the names used: of the younger ones,
 * process.unix.file_descriptor.count came with 1.39.0, system.paging.fault.type and
 * process.context_switch.type with 1.38.0. */
#define OTLP_SCHEMA_URL "https://opentelemetry.io/schemas/1.40.0"

/* What to encode. All pointers stay the caller's. */
struct otlp_input {
	const struct snapshot *snapshot;
	const struct baseline *baseline;
	const struct point_options *options;
	const struct resource *resource;
	/*
	 * Send Metric.description. It is not part of a metric's identity and takes about 55 bytes a
	 * metric in every request, a fifth of an event of 4048 bytes: off for user_events, on for
	 * files.
	 */
	bool descriptions;
};

/* What came out. The request holds the points of series [from, next): when it has been delivered,
 * baseline_commit_range(baseline, snapshot, options, from, next). */
struct otlp_output {
	uint32_t next;     /* first series not dealt with; SERIES_TOTAL: that was all */
	uint32_t points;   /* data points in the request */
	uint32_t oversize; /* points left out because they don't fit into a request of their own */
};

/*
 * Encodes points of series from, from + 1, ... into buf, as many as fit into cap bytes. Returns the
 * length; 0 when no point was left to send (nothing is to be written then; next is SERIES_TOTAL and
 * oversize may count); -ENOSPC when cap does not even hold resource and scope (*ret is untouched).
 */
long otlp_encode(uint8_t *buf, size_t cap, const struct otlp_input *input, uint32_t from,
                 struct otlp_output *ret);

#endif
