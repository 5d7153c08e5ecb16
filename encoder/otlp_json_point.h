/* One data point as JSON. Pure. */
#ifndef ENCODER_OTLP_JSON_POINT_H
#define ENCODER_OTLP_JSON_POINT_H

#include "encoder/json_writer.h"
#include "metrics/snapshot.h"

/* Sets out->full if it does not fit. */
void otlp_json_point_encode(struct json_writer *out, const struct point *point,
                            const struct point_options *options);

#endif
