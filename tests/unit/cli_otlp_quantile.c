/* Quantiles of points of any exporter, small enough to be counted by hand. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include "cli/otlp_quantile.h"

static struct otlp_quantile
find(const char *text, struct otlp_quantile (*function)(const json_t *, double), double quantile)
{
	json_t *point = json_loads(text, 0, NULL);
	struct otlp_quantile result;

	cr_assert_not_null(point);
	result = function(point, quantile);
	json_decref(point);
	return result;
}

/* Scale 0: bucket i is (2^i, 2^(i+1)]. Two values below -2, one zero, four in (1, 2], one in (4,
 * 8].
 */
static const char mixed[] = "{\"scale\": 0, \"zeroCount\": \"1\","
			    "\"negative\": {\"offset\": 1, \"bucketCounts\": [\"2\"]},"
			    "\"positive\": {\"bucketCounts\": [\"4\", \"0\", \"1\"]}}";

Test(otlp_quantile, exponential_buckets_are_passed_from_the_lowest_value_up)
{
	cr_assert_eq(find(mixed, otlp_exponential_quantile, 0.25).bound, -2);
	cr_assert_eq(find(mixed, otlp_exponential_quantile, 0.375).bound, 0);
	cr_assert_eq(find(mixed, otlp_exponential_quantile, 0.5).bound, 2);
	cr_assert_eq(find(mixed, otlp_exponential_quantile, 0.875).bound, 2);
	cr_assert_eq(find(mixed, otlp_exponential_quantile, 0.99).bound, 8);
	cr_assert_eq(find(mixed, otlp_exponential_quantile, 1).bound, 8);
}

Test(otlp_quantile, scale_may_be_of_any_size)
{
	cr_assert_float_eq(find("{\"scale\": 2, \"positive\": {\"offset\": -121, "
	                        "\"bucketCounts\": [\"1\"]}}",
	                        otlp_exponential_quantile, 1)
	                           .bound,
	                   0x1p-30, 1e-24);
	cr_assert(isinf(find("{\"scale\": -2000000000, \"positive\": {\"bucketCounts\": [\"1\"]}}",
	                     otlp_exponential_quantile, 1)
	                        .bound));
	cr_assert_eq(find("{\"scale\": 2147483647, \"positive\": {\"bucketCounts\": [\"1\"]}}",
	                  otlp_exponential_quantile, 1)
	                     .bound,
	             1);
}

Test(otlp_quantile, explicit_buckets)
{
	static const char text[] = "{\"explicitBounds\": [1.5, 3, \"Infinity\"],"
				   "\"bucketCounts\": [\"1\", \"2\", \"1\", \"0\"]}";

	cr_assert_eq(find(text, otlp_explicit_quantile, 0.25).bound, 1.5);
	cr_assert_eq(find(text, otlp_explicit_quantile, 0.75).bound, 3);
	cr_assert(isinf(find(text, otlp_explicit_quantile, 1).bound));
}

Test(otlp_quantile, what_lies_above_the_last_bound_is_said_to)
{
	static const char text[] = "{\"explicitBounds\": [8], \"bucketCounts\": [\"1\", \"1\"]}";

	cr_assert_not(find(text, otlp_explicit_quantile, 0.5).above);
	cr_assert(find(text, otlp_explicit_quantile, 0.99).above);
	cr_assert_eq(find(text, otlp_explicit_quantile, 0.99).bound, 8);
}

Test(otlp_quantile, empty_and_broken_points_have_none)
{
	cr_assert_not(find("{}", otlp_exponential_quantile, 1).known);
	cr_assert_not(find("{}", otlp_explicit_quantile, 1).known);
	cr_assert_not(find("{\"explicitBounds\": [8], \"bucketCounts\": [\"1\"]}",
	                   otlp_explicit_quantile, 1)
	                      .known);
	cr_assert_not(find("{\"bucketCounts\": [\"1\"]}", otlp_explicit_quantile, 1).known);
}

Test(otlp_quantile, counts_that_do_not_fit_into_64_bits_together)
{
	static const char text[] =
		"{\"explicitBounds\": [1, 2], \"bucketCounts\": [\"18446744073709551615\", "
		"\"18446744073709551615\", \"1\"]}";

	cr_assert_eq(find(text, otlp_explicit_quantile, 0.4).bound, 1);
	cr_assert_eq(find(text, otlp_explicit_quantile, 0.9).bound, 2);
}
