/*
 * The events we write, as they are registered; by enum user_event. A space follows each `;`:
 * kernels between two fixes refuse the second process that registers the same event without them.
 */
#ifndef SINK_EVENTS_H
#define SINK_EVENTS_H

/*
 * The event of the Rust crate opentelemetry-user-events-metrics and of the .NET exporter. Payload:
 * u32 protocol 0 (OTLP protobuf), eight bytes of version without NUL, u32 rel_loc (length << 16),
 * one ExportMetricsServiceRequest.
 */
#define OTLP_EVENT             "otlp_metrics"
#define OTLP_EVENT_DESCRIPTION OTLP_EVENT " u32 protocol; char[8] version; __rel_loc u8[] buffer"
#define OTLP_EVENT_PROTOCOL    0u
#define OTLP_EVENT_VERSION     "v0.19.00"

/* The readable one: RECORD_EVENT and RECORD_DESCRIPTION of encoder/record.h. */

#endif
