/* The counter's speed, told by two readings. */
#include <criterion/criterion.h>
#include "base/clock_pair.h"

#define MS  UINT64_C(1000000)
#define DAY (86400 * 1000 * MS)

/* Two readings of a counter of so many ticks a microsecond. */
static uint64_t of(uint64_t ticks_a_us, uint64_t ns, uint64_t apart_start, uint64_t apart_end)
{
	struct clock_pair start = {.ticks = 1000, .ns = 77 * MS, .apart = apart_start};
	struct clock_pair end = {
		.ticks = 1000 + ticks_a_us * (ns / 1000), .ns = 77 * MS + ns, .apart = apart_end};

	return clock_pair_multiplier(&start, &end);
}

/* A second of ticks becomes 2^30 units, to one in 10 000. */
static void assert_a_second(uint64_t ticks_a_us, uint64_t multiplier)
{
	uint64_t units = ticks_to_units(ticks_a_us * 1000000, multiplier);

	cr_assert_geq(units, (UINT64_C(1) << 30) - (1 << 30) / 10000, "%lu", units);
	cr_assert_leq(units, (UINT64_C(1) << 30) + (1 << 30) / 10000, "%lu", units);
}

Test(clock_pair, tells_the_speed_from_five_milliseconds_to_a_day)
{
	static const uint64_t speeds[] = {25, 1000, 2400, 5000};
	static const uint64_t spans[] = {5 * MS, 100 * MS, 3000 * MS, 3001 * MS, DAY};

	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		for (size_t j = 0; j < sizeof(spans) / sizeof(spans[0]); j++)
			assert_a_second(speeds[i], of(speeds[i], spans[j], 0, 0));
	}
}

Test(clock_pair, says_nothing_where_it_cannot_be_exact)
{
	cr_assert_eq(of(2000, 5 * MS - 1000, 0, 0), 0);
	cr_assert_neq(of(2000, 5 * MS, 1000, 1000), 0);
	cr_assert_eq(of(2000, 5 * MS, 1001, 0), 0, "the thread was off its processor at the start");
	cr_assert_eq(of(2000, 5 * MS, 0, 1001), 0, "and at the end");
}

Test(clock_pair, says_nothing_of_a_counter_that_stands_or_goes_back)
{
	struct clock_pair start = {.ticks = 5000, .ns = 0}, end = {.ticks = 4999, .ns = DAY};

	cr_assert_eq(of(0, DAY, 0, 0), 0);
	cr_assert_eq(clock_pair_multiplier(&start, &end), 0);
	end.ticks = 10000;
	start.ns = DAY + 1;
	cr_assert_eq(clock_pair_multiplier(&start, &end), 0, "nor of a clock that does");
}
