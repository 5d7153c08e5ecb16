/* Merging is exact: values counted by bucket and by bound give the same. */
#include <criterion/criterion.h>
#include "encoder/explicit_buckets.h"
#include "tests/unit/encoder_fixture.h"

static struct fixture f;
static struct point point;
static struct explicit_buckets buckets;

static void merge(enum metric_id id)
{
	cr_assert(point_read(&point, &f.snapshot, &f.baseline, &f.options, fixture_series(id, 0)));
	explicit_buckets_merge(&buckets, &point);
}

/* Count of `value` units alone: in the bucket whose bounds it lies between. */
static void check_value(enum metric_id id, uint64_t value, double unit)
{
	fixture_make(&f);
	fixture_record(fixture_now(&f, id, 0), id, value, 3);
	merge(id);
	for (uint32_t i = 0; i <= buckets.bounds; i++) {
		bool above = i == 0 || (double)value * unit > explicit_bound(&buckets, i - 1);
		bool below =
			i == buckets.bounds || (double)value * unit <= explicit_bound(&buckets, i);

		cr_assert_eq(buckets.count[i], above && below ? 3 : 0, "%lu in bucket %u",
		             (unsigned long)value, i);
	}
}

Test(explicit_buckets, values_lie_between_their_bounds)
{
	for (uint64_t value = 0; value < UINT64_C(1) << 39; value += 1 + value / 13) {
		check_value(METRIC_FILE_OPERATION_DURATION, value, 0x1p-30);
		check_value(METRIC_FILE_IO_SIZE, value, 1);
	}
	for (unsigned int k = 0; k < 39; k++) {
		check_value(METRIC_FILE_OPERATION_DURATION, UINT64_C(1) << k, 0x1p-30);
		check_value(METRIC_FILE_OPERATION_DURATION, (UINT64_C(1) << k) + 1, 0x1p-30);
		check_value(METRIC_FILE_IO_SIZE, UINT64_C(1) << k, 1);
		check_value(METRIC_FILE_IO_SIZE, (UINT64_C(1) << k) + 1, 1);
	}
}

Test(explicit_buckets, counts_add_up_and_bounds_rise)
{
	uint64_t count = 0;

	fixture_make_full(&f);
	merge(METRIC_FILE_OPERATION_DURATION);
	for (uint32_t i = 0; i <= buckets.bounds; i++)
		count += buckets.count[i];
	cr_assert_eq(count, point.count);
	cr_assert_leq(buckets.bounds, EXPLICIT_BOUNDS_MAX);
	for (uint32_t i = 1; i < buckets.bounds; i++)
		cr_assert_eq(explicit_bound(&buckets, i), 2 * explicit_bound(&buckets, i - 1));
}
