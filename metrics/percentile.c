/* See percentile.h. */
#include <stdbool.h>
#include "metrics/histogram.h"
#include "metrics/percentile.h"

uint64_t bucket_largest(uint32_t bucket)
{
	switch (bucket % 4) {
	case 0:
		return UINT64_C(1) << (bucket / 4);
	case 1:
		return HISTOGRAM_BOUND_1 >> (62 - bucket / 4);
	case 2:
		return HISTOGRAM_BOUND_2 >> (62 - bucket / 4);
	default:
		return HISTOGRAM_BOUND_3 >> (62 - bucket / 4);
	}
}

/* No value is more than all together: of one alone it is the value itself. A sum that is read while
 * it is being added to may still be too small. */
static uint64_t within_sum(const struct point *point, uint32_t bucket)
{
	uint64_t largest = bucket_largest(bucket);
	bool tells = point->sum < largest && point->sum > (bucket ? bucket_largest(bucket - 1) : 0);

	return tells ? point->sum : largest;
}

uint64_t point_percentile(const struct point *point, unsigned int percent)
{
	/* The smallest whole number of values that is `percent` of them; no product overflows. */
	uint64_t wanted = point->count / 100 * percent + (point->count % 100 * percent + 99) / 100;
	uint64_t passed = point->zero_count;

	if (point->count == 0 || passed >= wanted)
		return 0;
	for (uint32_t bucket = point->first_bucket; bucket < point->end_bucket; bucket++) {
		passed += point_bucket(point, bucket);
		if (passed >= wanted)
			return within_sum(point, bucket);
	}
	return 0;
}
