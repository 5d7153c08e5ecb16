/* Which points a sink gets, and OTLP's rules of windows, temporality and clamping. */
#include <criterion/criterion.h>
#include "tests/unit/encoder_fixture.h"

static struct fixture f;
static struct point point;

static void setup(void)
{
	fixture_make(&f);
}

TestSuite(snapshot, .init = setup);

static bool read_point(enum metric_id id, uint32_t series)
{
	return point_read(&point, &f.snapshot, &f.baseline, &f.options, fixture_series(id, series));
}

static void commit(void)
{
	baseline_commit_range(&f.baseline, &f.snapshot, &f.options, 0, SERIES_TOTAL);
}

Test(snapshot, series_are_numbered_through_all_metrics)
{
	uint32_t within, number = 0;

	for (int id = 0; id < METRIC_COUNT; id++) {
		for (uint32_t series = 0; series < metric_table[id].series; series++) {
			cr_assert_eq(snapshot_series(number++, &within), &metric_table[id]);
			cr_assert_eq(within, series);
		}
	}
	cr_assert_eq(number, SERIES_TOTAL);
}

/* Up-down sums that are computed from others are there from the start. */
Test(snapshot, a_fresh_process_has_only_what_is_always_there)
{
	unsigned int points = 0;

	for (uint32_t i = 0; i < SERIES_TOTAL; i++) {
		if (!point_read(&point, &f.snapshot, &f.baseline, &f.options, i))
			continue;
		points++;
		cr_assert_eq(point.metric->kind, KIND_UPDOWN, "%s", point.metric->name);
		cr_assert_eq(point.metric->place, PLACE_DERIVED, "%s", point.metric->name);
	}
	cr_assert_geq(points, 2);
}

Test(snapshot, delta_covers_what_came_since_the_last_point)
{
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 5;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_eq(point.value, 5);
	cr_assert_not(point.cumulative);
	cr_assert_eq(point.start_time_ns, FIXTURE_START_NS);
	cr_assert_eq(point.time_ns, FIXTURE_TIME_NS);
	commit();
	cr_assert_not(read_point(METRIC_THREAD_CREATED, 0));
	f.snapshot.time_ns += 1000;
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 7;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_eq(point.value, 2);
	cr_assert_eq(point.start_time_ns, FIXTURE_TIME_NS);
	cr_assert_eq(point.time_ns, FIXTURE_TIME_NS + 1000);
}

Test(snapshot, delta_without_news_starts_where_the_last_point_ended)
{
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 5;
	commit();
	f.snapshot.time_ns += 1000;
	commit(); /* nothing new: no point, no commit */
	f.snapshot.time_ns += 1000;
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 6;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_eq(point.start_time_ns, FIXTURE_TIME_NS);
}

Test(snapshot, what_was_not_committed_comes_again)
{
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 5;
	*fixture_now(&f, METRIC_PROCESS_EXECS, 0) = 3;
	baseline_commit_range(&f.baseline, &f.snapshot, &f.options, 0,
	                      fixture_series(METRIC_PROCESS_EXECS, 0));
	cr_assert_not(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert(read_point(METRIC_PROCESS_EXECS, 0));
	cr_assert_eq(point.value, 3);
}

Test(snapshot, cumulative_start_never_moves)
{
	f.options.temporality = TEMPORALITY_CUMULATIVE;
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 5;
	commit();
	f.snapshot.time_ns += 1000;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert(point.cumulative);
	cr_assert_eq(point.value, 5);
	cr_assert_eq(point.start_time_ns, FIXTURE_START_NS);
}

static void expect_told(enum metric_id id, uint64_t now, int64_t value)
{
	f.snapshot.time_ns += 1000;
	*fixture_now(&f, id, 0) = now;
	cr_assert(read_point(id, 0));
	cr_assert_eq(point.value, value);
	commit();
}

/* What is told of an exec that then fails: taken back where it is counted, owed where it was told.
 */
Test(snapshot, a_counter_that_fell_stays_told_until_it_has_grown_again)
{
	f.options.temporality = TEMPORALITY_CUMULATIVE;
	expect_told(METRIC_PROCESS_EXECS, 3, 3);
	expect_told(METRIC_PROCESS_EXECS, 2, 3);
	expect_told(METRIC_PROCESS_EXECS, 3, 3);
	expect_told(METRIC_PROCESS_EXECS, 4, 4);
	expect_told(METRIC_PROCESS_DISK_IO, observed_from_s64(9), 9);
	expect_told(METRIC_PROCESS_DISK_IO, observed_from_s64(7), 9);
	expect_told(METRIC_MEMORY_USED, 5, 5);
	expect_told(METRIC_MEMORY_USED, 4, 4);
}

Test(snapshot, delta_of_a_counter_that_fell_is_nothing_until_it_has_grown_again)
{
	f.options.emit_zero_points = true;
	expect_told(METRIC_PROCESS_EXECS, 3, 3);
	expect_told(METRIC_PROCESS_EXECS, 2, 0);
	expect_told(METRIC_PROCESS_EXECS, 3, 0);
	expect_told(METRIC_PROCESS_EXECS, 5, 2);
	expect_told(METRIC_PROCESS_DISK_IO, observed_from_s64(9), 9);
	expect_told(METRIC_PROCESS_DISK_IO, observed_from_s64(7), 0);
	expect_told(METRIC_PROCESS_DISK_IO, observed_from_s64(10), 1);
}

Test(snapshot, lowmemory_is_delta_for_counted_and_cumulative_for_observed)
{
	f.options.temporality = TEMPORALITY_LOWMEMORY;
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 5;
	*fixture_now(&f, METRIC_PROCESS_CPU_TIME, 0) = observed_from_s64(7);
	fixture_record(fixture_now(&f, METRIC_FILE_IO_SIZE, 0), METRIC_FILE_IO_SIZE, 1, 1);
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_not(point.cumulative);
	cr_assert(read_point(METRIC_PROCESS_CPU_TIME, 0));
	cr_assert(point.cumulative);
	cr_assert(read_point(METRIC_FILE_IO_SIZE, 0));
	cr_assert_not(point.cumulative);
}

Test(snapshot, updown_sums_are_always_cumulative)
{
	*fixture_now(&f, METRIC_MEMORY_USED, 0) = (uint64_t)-9;
	commit();
	cr_assert(read_point(METRIC_MEMORY_USED, 0));
	cr_assert(point.cumulative);
	cr_assert_eq(point.value, -9);
	cr_assert_eq(point.start_time_ns, FIXTURE_START_NS);
}

Test(snapshot, a_recorded_updown_sum_is_sent_from_its_first_value_on)
{
	cr_assert_not(read_point(METRIC_SOCKET_CONNECTION_COUNT, 0));
	*fixture_now(&f, METRIC_SOCKET_CONNECTION_COUNT, 0) = 1;
	cr_assert(read_point(METRIC_SOCKET_CONNECTION_COUNT, 0));
	commit();
	*fixture_now(&f, METRIC_SOCKET_CONNECTION_COUNT, 0) = 0;
	cr_assert(read_point(METRIC_SOCKET_CONNECTION_COUNT, 0));
	cr_assert_eq(point.value, 0);
	cr_assert_not(read_point(METRIC_SOCKET_CONNECTION_COUNT, 1));
}

Test(snapshot, absent_observations_are_no_points_and_zero_is_one)
{
	cr_assert_not(read_point(METRIC_PROCESS_UPTIME, 0));
	*fixture_now(&f, METRIC_PROCESS_UPTIME, 0) = observed_from_s64(0);
	cr_assert(read_point(METRIC_PROCESS_UPTIME, 0));
	cr_assert_eq(point.value, 0);
}

Test(snapshot, an_observation_that_was_absent_counts_from_zero)
{
	commit();
	*fixture_now(&f, METRIC_PROCESS_DISK_IO, 0) = observed_from_s64(4096);
	cr_assert(read_point(METRIC_PROCESS_DISK_IO, 0));
	cr_assert_eq(point.value, 4096);
	commit();
	*fixture_now(&f, METRIC_PROCESS_DISK_IO, 0) = OBSERVED_ABSENT;
	cr_assert_not(read_point(METRIC_PROCESS_DISK_IO, 0));
	commit();
	*fixture_now(&f, METRIC_PROCESS_DISK_IO, 0) = observed_from_s64(5096);
	cr_assert(read_point(METRIC_PROCESS_DISK_IO, 0));
	cr_assert_eq(point.value, 1000);
}

Test(snapshot, totals_that_fall_give_no_negative_sum)
{
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 5;
	*fixture_now(&f, METRIC_PROCESS_DISK_IO, 0) = observed_from_s64(4096);
	fixture_record(fixture_now(&f, METRIC_FILE_IO_SIZE, 0), METRIC_FILE_IO_SIZE, 8, 3);
	commit();
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 4;
	*fixture_now(&f, METRIC_PROCESS_DISK_IO, 0) = observed_from_s64(4000);
	fixture_record(fixture_now(&f, METRIC_FILE_IO_SIZE, 0), METRIC_FILE_IO_SIZE, 8,
	               (uint64_t)-1);
	cr_assert_not(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_not(read_point(METRIC_PROCESS_DISK_IO, 0));
	cr_assert_not(read_point(METRIC_FILE_IO_SIZE, 0));
	f.options.emit_zero_points = true;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_eq(point.value, 0);
	cr_assert(read_point(METRIC_PROCESS_DISK_IO, 0));
	cr_assert_eq(point.value, 0);
	cr_assert(read_point(METRIC_FILE_IO_SIZE, 0));
	cr_assert_eq(point.count, 0);
	cr_assert_eq(point.sum, 0);
}

Test(snapshot, integers_above_the_largest_signed_are_clamped)
{
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = UINT64_MAX;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_eq(point.value, INT64_MAX);
}

Test(snapshot, a_clock_set_back_gives_no_window_that_ends_before_it_starts)
{
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 1;
	commit();
	f.snapshot.time_ns -= 5000;
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 2;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_eq(point.start_time_ns, FIXTURE_TIME_NS);
	cr_assert_eq(point.time_ns, FIXTURE_TIME_NS);
	commit();
	f.snapshot.time_ns += 1000; /* still before the last point: windows may not overlap */
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 3;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_eq(point.start_time_ns, FIXTURE_TIME_NS);
}

Test(snapshot, rows_of_hooks_that_are_off_are_left_out)
{
	*fixture_now(&f, METRIC_THREAD_CREATED, 0) = 1;
	*fixture_now(&f, METRIC_PROCESS_EXECS, 0) = 1;
	*fixture_now(&f, METRIC_PROCESS_UPTIME, 0) = observed_from_s64(1);
	f.options.families = UINT64_C(1) << HOOK_FAMILY_PROCESS;
	cr_assert_not(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert(read_point(METRIC_PROCESS_EXECS, 0));
	cr_assert(read_point(METRIC_PROCESS_UPTIME, 0));
}

Test(snapshot, zero_points_are_sent_on_request_but_not_of_optional_metrics)
{
	f.options.emit_zero_points = true;
	cr_assert(read_point(METRIC_THREAD_CREATED, 0));
	cr_assert_eq(point.value, 0);
	cr_assert(read_point(METRIC_FILE_IO_SIZE, 0));
	cr_assert_eq(point.count, 0);
	cr_assert_eq(point.first_bucket, point.end_bucket);
	cr_assert_not(read_point(METRIC_MEMORY_ALLOCATION_DURATION, 0));
	cr_assert_not(read_point(METRIC_PROCESS_UPTIME, 0), "absent is not zero");
}

Test(snapshot, histograms_are_the_difference_bucket_by_bucket)
{
	uint64_t *now = fixture_now(&f, METRIC_FILE_IO_SIZE, 0);

	fixture_record(now, METRIC_FILE_IO_SIZE, 0, 2);
	fixture_record(now, METRIC_FILE_IO_SIZE, 16, 3);
	fixture_record(now, METRIC_FILE_IO_SIZE, 1000, 1);
	commit();
	fixture_record(now, METRIC_FILE_IO_SIZE, 0, 1);
	fixture_record(now, METRIC_FILE_IO_SIZE, 4, 1);
	fixture_record(now, METRIC_FILE_IO_SIZE, 16, 2);
	cr_assert(read_point(METRIC_FILE_IO_SIZE, 0));
	cr_assert_eq(point.count, 4);
	cr_assert_eq(point.zero_count, 1);
	cr_assert_eq(point.sum, 36);
	cr_assert_eq(point.first_bucket, histogram_bucket(4, HISTOGRAM_BUCKETS_BYTES));
	cr_assert_eq(point.end_bucket, histogram_bucket(16, HISTOGRAM_BUCKETS_BYTES) + 1);
	cr_assert_eq(point_bucket(&point, point.first_bucket), 1);
	cr_assert_eq(point_bucket(&point, point.end_bucket - 1), 2);
}

Test(snapshot, numbers_in_the_metrics_unit)
{
	*fixture_now(&f, METRIC_PROCESS_CPU_TIME, 0) = observed_from_s64(1500000000);
	cr_assert(read_point(METRIC_PROCESS_CPU_TIME, 0));
	cr_assert_eq(point_number(&point), 1.5);
	*fixture_now(&f, METRIC_IO_COVERAGE, 0) = observed_from_s64(999999);
	cr_assert(read_point(METRIC_IO_COVERAGE, 0));
	cr_assert_eq(point_number(&point), 0.999999);
	fixture_record(fixture_now(&f, METRIC_FILE_OPERATION_DURATION, 0),
	               METRIC_FILE_OPERATION_DURATION, UINT64_C(3) << 29, 1);
	cr_assert(read_point(METRIC_FILE_OPERATION_DURATION, 0));
	cr_assert_eq(point_sum(&point), 1.5);
}
