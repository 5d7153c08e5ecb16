/*
 * The same request as one line of OTLP/JSON (opentelemetry-specification "File Exporter" and proto3
 * JSON as OTLP bends it): lowerCamelCase keys, 64-bit integers as strings, enums as numbers,
 * doubles with as many digits as it takes to read the same double back. Pure: no state, no libc.
 */
#ifndef ENCODER_OTLP_JSON_H
#define ENCODER_OTLP_JSON_H

#include "encoder/otlp.h"

/*
 * As otlp_encode(); the length includes the newline at the end, no NUL follows. With a buffer of
 * OTLP_JSON_BYTES a request holds every point there can be.
 */
#define OTLP_JSON_BYTES (1024 * 1024)

long otlp_json_encode(char *buf, size_t cap, const struct otlp_input *input, uint32_t from,
                      struct otlp_output *ret);

#endif
