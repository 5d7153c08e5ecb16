/*
 * The same request as one line of JSON, as OpenTelemetry's file exporter writes it and its
 * collector reads it: proto3's JSON with OTLP's exceptions (lowerCamelCase keys, enums as numbers),
 * 64-bit integers as strings, doubles with the fewest digits that read back as the same double.
 * Pure: no state, no libc.
 */
#ifndef ENCODER_OTLP_JSON_H
#define ENCODER_OTLP_JSON_H

#include "encoder/otlp.h"

/* A buffer of this size holds every point there can be in one request. */
#define OTLP_JSON_BYTES (1024 * 1024)

/* As otlp_encode(). The length includes the newline at the end; no NUL follows. */
long otlp_json_encode(char *buf, size_t cap, const struct otlp_input *input, uint32_t from,
                      struct otlp_output *ret);

#endif
