/* Quantiles of histogram data points of any exporter, as trees of cli/otlp_read.h. */
#ifndef CLI_OTLP_QUANTILE_H
#define CLI_OTLP_QUANTILE_H

#include <jansson.h>
#include <stdbool.h>

struct otlp_quantile {
	bool known; /* false: the point is empty or its buckets do not fit together */
	bool above; /* the value lies above the bound, which is the last that there is */
	double bound;
};

/* Upper bound of the bucket that holds the quantile (above 0, up to 1). */
struct otlp_quantile otlp_exponential_quantile(const json_t *point, double quantile);
struct otlp_quantile otlp_explicit_quantile(const json_t *point, double quantile);

/* A double, which may stand as a string; an integer of 64 bits. 0 where there is none. */
double otlp_double(const json_t *json);
double otlp_wide_as_double(const json_t *json);

#endif
