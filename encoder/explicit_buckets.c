/* Bucket j of a histogram ends at 2^(j/4) units; explicit bucket b at 2^(first + b). */
#include "encoder/explicit_buckets.h"

/* Exponents of the first bound and how many there are. */
#define SECONDS_FIRST  (-22) /* 0.24 us to 32 s */
#define SECONDS_BOUNDS 28
#define BYTES_FIRST    3 /* 8 B to 64 MiB */
#define BYTES_BOUNDS   24

_Static_assert(SECONDS_BOUNDS <= EXPLICIT_BOUNDS_MAX && BYTES_BOUNDS <= EXPLICIT_BOUNDS_MAX,
               "bounds fit");

double explicit_bound(const struct explicit_buckets *buckets, uint32_t index)
{
	uint64_t bits = (uint64_t)(1023 + buckets->first + (int32_t)index) << 52;
	double value;

	__builtin_memcpy(&value, &bits, sizeof(value));
	return value;
}

void explicit_buckets_merge(struct explicit_buckets *ret, const struct point *point)
{
	bool seconds = point->metric->number == NUMBER_SECONDS;
	int32_t first_in_units = seconds ? SECONDS_FIRST + SECONDS_UNIT_SHIFT : BYTES_FIRST;

	ret->first = seconds ? SECONDS_FIRST : BYTES_FIRST;
	ret->bounds = seconds ? SECONDS_BOUNDS : BYTES_BOUNDS;
	for (uint32_t i = 0; i <= ret->bounds; i++)
		ret->count[i] = 0;
	ret->count[0] = point->zero_count;
	for (uint32_t j = point->first_bucket; j < point->end_bucket; j++) {
		int32_t bucket = (int32_t)(j + 3) / 4 - first_in_units;

		if (bucket < 0)
			bucket = 0;
		if (bucket > (int32_t)ret->bounds)
			bucket = (int32_t)ret->bounds;
		ret->count[bucket] += point_bucket(point, j);
	}
}
