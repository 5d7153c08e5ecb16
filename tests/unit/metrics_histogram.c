/* Bucket boundaries, exact at powers of two and one off; between them against the definition in
 * floating point. */
#include <criterion/criterion.h>
#include <math.h>
#include "metrics/histogram.h"
#include "metrics/metric.h"

#define BUCKETS HISTOGRAM_BUCKETS_SECONDS

Test(histogram, zero_has_its_own_word)
{
	cr_assert_eq(histogram_word(0, BUCKETS), 1);
	cr_assert_eq(histogram_word(1, BUCKETS), 2);
}

Test(histogram, powers_of_two_end_a_bucket)
{
	for (unsigned int k = 1; k < 39; k++) {
		uint64_t power = UINT64_C(1) << k;

		cr_assert_eq(histogram_bucket(power, BUCKETS), 4 * k);
		/* 3 and 5 lie above further bounds of their octave (2.83; 4.76) */
		cr_assert_eq(histogram_bucket(power + 1, BUCKETS),
		             4 * k + 1 + (k == 1) * 2 + (k == 2));
		if (k >= 3)
			cr_assert_eq(histogram_bucket(power - 1, BUCKETS), 4 * k);
	}
}

Test(histogram, values_lie_between_the_bounds_of_their_bucket)
{
	uint64_t value = 1;

	while (value < (UINT64_C(1) << 39)) {
		uint32_t bucket = histogram_bucket(value, BUCKETS);

		cr_assert_gt((long double)value, exp2l((bucket - 1.0L) / 4) * (bucket ? 1 : 0));
		cr_assert_leq((long double)value, exp2l(bucket / 4.0L));
		value += 1 + value / 1009;
	}
}

Test(histogram, small_values_are_looked_up_as_they_would_be_computed)
{
	for (uint64_t value = 1; value <= 2 * HISTOGRAM_SMALL; value++)
		cr_assert_eq(histogram_word(value, BUCKETS), 2 + histogram_bucket(value, BUCKETS),
		             "%llu", (unsigned long long)value);
}

Test(histogram, large_values_go_to_the_last_bucket)
{
	cr_assert_eq(histogram_bucket(UINT64_MAX, BUCKETS), BUCKETS - 1);
	cr_assert_eq(histogram_bucket(UINT64_C(1) << 40, BUCKETS), BUCKETS - 1);
	cr_assert_eq(histogram_bucket(UINT64_C(1) << 30, HISTOGRAM_BUCKETS_BYTES),
	             HISTOGRAM_BUCKETS_BYTES - 1);
	cr_assert_eq(histogram_bucket((UINT64_C(1) << 30) + 1, HISTOGRAM_BUCKETS_BYTES),
	             HISTOGRAM_BUCKETS_BYTES - 1);
}
