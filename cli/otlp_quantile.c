/* See otlp_quantile.h. Counts are added as doubles: they are not believed to fit into 64 bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "cli/otlp_quantile.h"

double otlp_double(const json_t *json)
{
	const char *text = json_string_value(json);

	if (!text)
		return json_number_value(json);
	if (strcmp(text, "NaN") == 0)
		return NAN;
	return *text == '-' ? -INFINITY : INFINITY;
}

double otlp_wide_as_double(const json_t *json)
{
	const char *text = json_string_value(json);

	return text ? strtod(text, NULL) : 0;
}

static double total_of(const json_t *counts)
{
	double total = 0;
	json_t *count;
	size_t i;

	json_array_foreach(counts, i, count) total += otlp_wide_as_double(count);
	return total;
}

/* 2^(index * 2^-scale) */
static double power_of_base(double index, const json_t *scale)
{
	return exp2(ldexp(index, -(int)json_integer_value(scale)));
}

struct otlp_quantile otlp_exponential_quantile(const json_t *point, double quantile)
{
	const json_t *scale = json_object_get(point, "scale");
	const json_t *positive = json_object_get(point, "positive");
	const json_t *negative = json_object_get(point, "negative");
	const json_t *up = json_object_get(positive, "bucketCounts");
	const json_t *down = json_object_get(negative, "bucketCounts");
	double zero = otlp_wide_as_double(json_object_get(point, "zeroCount")), passed = 0;
	double total = total_of(up) + total_of(down) + zero, offset;

	if (!(total > 0))
		return (struct otlp_quantile){false, false, 0};
	/* From the most negative value up: the upper bound of a negative bucket is the nearer to 0.
	 */
	offset = (double)json_integer_value(json_object_get(negative, "offset"));
	for (size_t i = json_array_size(down); i-- > 0;) {
		passed += otlp_wide_as_double(json_array_get(down, i));
		if (passed >= quantile * total)
			return (struct otlp_quantile){true, false,
			                              -power_of_base(offset + (double)i, scale)};
	}
	passed += zero;
	if (passed >= quantile * total)
		return (struct otlp_quantile){true, false, 0};
	offset = (double)json_integer_value(json_object_get(positive, "offset"));
	for (size_t i = 0; i < json_array_size(up); i++) {
		passed += otlp_wide_as_double(json_array_get(up, i));
		if (passed >= quantile * total)
			return (struct otlp_quantile){true, false,
			                              power_of_base(offset + (double)i + 1, scale)};
	}
	return (struct otlp_quantile){false, false, 0};
}

struct otlp_quantile otlp_explicit_quantile(const json_t *point, double quantile)
{
	const json_t *counts = json_object_get(point, "bucketCounts");
	const json_t *bounds = json_object_get(point, "explicitBounds");
	size_t last = json_array_size(bounds);
	double total = total_of(counts), passed = 0;

	if (!(total > 0) || last == 0 || json_array_size(counts) != last + 1)
		return (struct otlp_quantile){false, false, 0};
	for (size_t i = 0; i < last; i++) {
		passed += otlp_wide_as_double(json_array_get(counts, i));
		if (passed >= quantile * total)
			return (struct otlp_quantile){true, false,
			                              otlp_double(json_array_get(bounds, i))};
	}
	return (struct otlp_quantile){true, true, otlp_double(json_array_get(bounds, last - 1))};
}
