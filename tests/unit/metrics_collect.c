/* Sums over shards and processes, and the rows that are computed from others. */
#include <criterion/criterion.h>
#include "metrics/collect.h"
#include "metrics/histogram.h"

static struct process_values one, sum;

static uint64_t *word(struct process_values *values, enum metric_id id, uint32_t series)
{
	return (uint64_t *)values + metric_series_word(&metric_table[id], series);
}

static void allocate(struct process_values *values, uint32_t operation, uint64_t bytes)
{
	uint64_t *sizes = word(values, METRIC_MEMORY_ALLOCATION_SIZE, operation);

	sizes[0] += bytes;
	sizes[histogram_word(bytes, HISTOGRAM_BUCKETS_BYTES)]++;
	*word(values, METRIC_MEMORY_ALLOCATED, operation) += bytes;
}

Test(collect, adds_every_word_of_a_process)
{
	for (size_t i = 0; i < PROCESS_WORDS; i++)
		((uint64_t *)&one)[i] = i + 1;
	collect_add_process(&sum, &one);
	collect_add_process(&sum, &one);
	for (size_t i = 0; i < PROCESS_WORDS; i++)
		cr_assert_eq(((uint64_t *)&sum)[i], 2 * (i + 1));
}

Test(collect, adds_every_word_of_a_shard_and_no_other)
{
	static struct shard_values shard;

	for (size_t i = 0; i < SHARD_WORDS; i++)
		((uint64_t *)&shard)[i] = i + 1;
	collect_add_shard(&sum, &shard);
	for (size_t i = 0; i < PROCESS_WORDS; i++)
		cr_assert_eq(((uint64_t *)&sum)[i], i < SHARD_WORDS ? i + 1 : 0);
}

Test(collect, counts_allocations_by_their_sizes)
{
	allocate(&one, MEMORY_OPERATION_MALLOC, 0);
	allocate(&one, MEMORY_OPERATION_MALLOC, 10);
	allocate(&one, MEMORY_OPERATION_CALLOC, 100);
	*word(&one, METRIC_MEMORY_DEALLOCATIONS, MEMORY_RELEASE_FREE) = 1;
	*word(&one, METRIC_MEMORY_FREED, MEMORY_RELEASE_FREE) = 10;
	collect_derive(&one, 0, 0);
	cr_assert_eq(*word(&one, METRIC_MEMORY_ALLOCATIONS, MEMORY_OPERATION_MALLOC), 2);
	cr_assert_eq(*word(&one, METRIC_MEMORY_ALLOCATIONS, MEMORY_OPERATION_CALLOC), 1);
	cr_assert_eq(*word(&one, METRIC_MEMORY_ALLOCATION_COUNT, 0), 2);
	cr_assert_eq(*word(&one, METRIC_MEMORY_USED, 0), 100);
}

Test(collect, live_bytes_fall_below_those_taken_over)
{
	*word(&one, METRIC_MEMORY_FREED, MEMORY_RELEASE_FREE) = 300;
	*word(&one, METRIC_MEMORY_DEALLOCATIONS, MEMORY_RELEASE_FREE) = 3;
	collect_derive(&one, 1000, 2);
	cr_assert_eq(*word(&one, METRIC_MEMORY_USED, 0), 700);
	cr_assert_eq((int64_t)*word(&one, METRIC_MEMORY_ALLOCATION_COUNT, 0), -1);
}

Test(collect, computes_the_same_however_often)
{
	allocate(&one, MEMORY_OPERATION_MALLOC, 10);
	collect_derive(&one, 5, 1);
	sum = one;
	collect_derive(&one, 5, 1);
	cr_assert_eq(memcmp(&sum, &one, sizeof(one)), 0);
}

Test(collect, network_bytes_are_those_of_internet_sockets)
{
	const struct metric *io = &metric_table[METRIC_SOCKET_IO];
	uint64_t transmitted = 0;

	for (uint32_t series = 0; series < io->series; series++) {
		uint64_t bytes = UINT64_C(1) << series;

		*word(&one, METRIC_SOCKET_IO, series) = bytes;
		if (metric_attribute_value(io, series, 0) == NETWORK_DIRECTION_TRANSMIT &&
		    metric_attribute_value(io, series, 2) != NETWORK_TYPE_NONE)
			transmitted += bytes;
	}
	collect_derive(&one, 0, 0);
	cr_assert_gt(transmitted, 0);
	cr_assert_eq(*word(&one, METRIC_PROCESS_NETWORK_IO, NETWORK_DIRECTION_TRANSMIT),
	             transmitted);
}

Test(collect, drains_all_and_leaves_nothing)
{
	static struct process_values zero;

	for (size_t i = 0; i < PROCESS_WORDS; i++)
		((uint64_t *)&one)[i] = i;
	collect_drain(&sum, &one, SEGMENT_PROCESS_PAGES_ALL);
	cr_assert_eq(memcmp(&one, &zero, sizeof(zero)), 0);
	for (size_t i = 0; i < PROCESS_WORDS; i++)
		cr_assert_eq(((uint64_t *)&sum)[i], i);
}

static void set_states(void)
{
	*word(&one, METRIC_PROCESS_CPU_TIME, 0) = observed_from_s64(7);
	*word(&one, METRIC_PROCESS_MEMORY_USAGE, 0) = observed_from_s64(4096);
	*word(&one, METRIC_PROCESS_UPTIME, 0) = observed_from_s64(99);
	*word(&one, METRIC_MEMORY_USED, 0) = 11;
	*word(&one, METRIC_FILE_IO, 0) = 5;
}

Test(collect, a_tree_has_what_living_processes_have_now)
{
	set_states();
	collect_merge(&sum, &one, false);
	collect_merge(&sum, &one, false);
	cr_assert_eq(observed_to_s64(*word(&sum, METRIC_PROCESS_CPU_TIME, 0)), 14);
	cr_assert_eq(observed_to_s64(*word(&sum, METRIC_PROCESS_MEMORY_USAGE, 0)), 8192);
	cr_assert_eq(*word(&sum, METRIC_MEMORY_USED, 0), 22);
	cr_assert_eq(*word(&sum, METRIC_FILE_IO, 0), 10);
	cr_assert_eq(*word(&sum, METRIC_PROCESS_UPTIME, 0), OBSERVED_ABSENT, "no sum of gauges");
}

Test(collect, a_tree_has_what_ended_processes_did)
{
	set_states();
	collect_merge(&sum, &one, true);
	cr_assert_eq(observed_to_s64(*word(&sum, METRIC_PROCESS_CPU_TIME, 0)), 7);
	cr_assert_eq(*word(&sum, METRIC_PROCESS_MEMORY_USAGE, 0), OBSERVED_ABSENT);
	cr_assert_eq(*word(&sum, METRIC_MEMORY_USED, 0), 11);
	cr_assert_eq(*word(&sum, METRIC_FILE_IO, 0), 5);
}

Test(collect, what_nobody_observed_stays_absent)
{
	collect_merge(&sum, &one, false);
	cr_assert_eq(*word(&sum, METRIC_PROCESS_CPU_TIME, 0), OBSERVED_ABSENT);
}
