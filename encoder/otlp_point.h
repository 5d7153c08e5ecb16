/* One data point as protobuf: the contents of Gauge, Sum, Histogram and ExponentialHistogram. Pure.
 */
#ifndef ENCODER_OTLP_POINT_H
#define ENCODER_OTLP_POINT_H

#include "encoder/protobuf.h"
#include "metrics/snapshot.h"

/* Appends the point as an element of data_points. Sets out->full if it does not fit. */
void otlp_point_encode(struct protobuf *out, const struct point *point,
                       const struct point_options *options);

#endif
