/* Percentiles against a sorted list of the values themselves. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "metrics/histogram.h"
#include "metrics/percentile.h"

static uint64_t words[2 + HISTOGRAM_BUCKETS_SECONDS];

static struct point point_of(const uint64_t *values, size_t n)
{
	struct point point = {.metric = &metric_table[METRIC_FILE_OPERATION_DURATION],
	                      .now = words + 2};

	for (size_t i = 0; i < n; i++) {
		point.sum += values[i];
		words[histogram_word(values[i], HISTOGRAM_BUCKETS_SECONDS)]++;
	}
	point.count = n;
	point.zero_count = words[1];
	point.end_bucket = HISTOGRAM_BUCKETS_SECONDS;
	return point;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

Test(percentile, bucket_largest_is_the_last_value_of_its_bucket)
{
	for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS_SECONDS - 1; bucket++) {
		uint64_t largest = bucket_largest(bucket);
		uint32_t hit = histogram_bucket(largest, HISTOGRAM_BUCKETS_SECONDS);

		/* Buckets 1, 2, 3, 5, 9 hold no integer: the largest below belongs to an earlier
		 * one.
		 */
		cr_assert_leq(hit, bucket);
		cr_assert(hit == bucket || bucket < 10, "bucket %u", bucket);
		cr_assert_gt(histogram_bucket(largest + 1, HISTOGRAM_BUCKETS_SECONDS), bucket);
	}
}

Test(percentile, is_never_below_and_at_most_a_fifth_above_the_real_one)
{
	enum { COUNT = 5000 };
	static uint64_t values[COUNT];
	struct point point;

	srand(1);
	for (int i = 0; i < COUNT; i++)
		values[i] = (uint64_t)rand() >> (rand() % 31);
	point = point_of(values, COUNT);
	qsort(values, COUNT, sizeof(values[0]), compare);
	for (unsigned int percent = 1; percent <= 100; percent++) {
		uint64_t truth = values[(COUNT * percent + 99) / 100 - 1];
		uint64_t told = point_percentile(&point, percent);

		cr_assert_geq(told, truth, "p%u: %lu < %lu", percent, told, truth);
		cr_assert_leq((double)told, (double)truth * 1.19 + 1);
	}
}

Test(percentile, of_powers_of_two_is_exact)
{
	struct point point = point_of((uint64_t[]){1, 4096, 4096, 1u << 30}, 4);

	cr_assert_eq(point_percentile(&point, 25), 1);
	cr_assert_eq(point_percentile(&point, 50), 4096);
	cr_assert_eq(point_percentile(&point, 75), 4096);
	cr_assert_eq(point_percentile(&point, 76), 1u << 30);
}

Test(percentile, is_never_more_than_the_sum)
{
	struct point one = point_of((uint64_t[]){1000}, 1), two;

	cr_assert_eq(point_percentile(&one, 50), 1000, "of one it is exact");
	cr_assert_eq(point_percentile(&one, 100), 1000);
	one.sum = 600;
	cr_assert_eq(point_percentile(&one, 100), 1024, "a sum that is not complete");
	memset(words, 0, sizeof(words));
	two = point_of((uint64_t[]){1, 1000}, 2);
	cr_assert_eq(point_percentile(&two, 50), 1);
	cr_assert_eq(point_percentile(&two, 100), 1001);
}

Test(percentile, of_zeros_and_of_nothing_is_zero)
{
	struct point none = {.now = words + 2}, zeros;

	cr_assert_eq(point_percentile(&none, 50), 0);
	zeros = point_of((uint64_t[]){0, 0, 0, 8}, 4);
	cr_assert_eq(point_percentile(&zeros, 75), 0);
	cr_assert_eq(point_percentile(&zeros, 100), 8);
}

Test(percentile, units_become_nanoseconds)
{
	cr_assert_eq(nanoseconds_from_units(UINT64_C(1) << 30), 1000000000u);
	cr_assert_eq(nanoseconds_from_units(UINT64_C(3) << 29), 1500000000u);
	cr_assert_eq(nanoseconds_from_units(1), 1);
	cr_assert_eq(nanoseconds_from_units(UINT64_C(1024) << 30), UINT64_C(1024000000000));
}
