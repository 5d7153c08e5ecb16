/* The snapshot whose bytes stand in tests/data/otlp, and its like with every series in use. */
#ifndef TESTS_UNIT_ENCODER_FIXTURE_H
#define TESTS_UNIT_ENCODER_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "encoder/otlp.h"
#include "metrics/histogram.h"

#define FIXTURE_START_NS UINT64_C(1700000000000000000)
#define FIXTURE_TOLD_NS  (FIXTURE_START_NS + UINT64_C(4000000000))
#define FIXTURE_TIME_NS  (FIXTURE_START_NS + UINT64_C(10000000000))

struct fixture {
	struct snapshot snapshot;
	struct baseline baseline;
	struct point_options options;
	struct resource resource;
	struct otlp_input input;
};

static inline uint64_t *fixture_words(struct process_values *values, enum metric_id id,
                                      uint32_t series)
{
	return (uint64_t *)values + metric_series_word(&metric_table[id], series);
}

static inline uint64_t *fixture_now(struct fixture *fixture, enum metric_id id, uint32_t series)
{
	return fixture_words(&fixture->snapshot.totals, id, series);
}

/* Number of a series among all. */
static inline uint32_t fixture_series(enum metric_id id, uint32_t series)
{
	uint32_t within;

	for (uint32_t i = 0; i < SERIES_TOTAL; i++) {
		if (snapshot_series(i, &within) == &metric_table[id] && within == series)
			return i;
	}
	abort();
}

/* What the sink has been told of a series, 4 s after the start. */
static inline uint64_t *fixture_told(struct fixture *fixture, enum metric_id id, uint32_t series)
{
	fixture->baseline.time_ns[fixture_series(id, series)] = FIXTURE_TOLD_NS;
	return fixture_words(&fixture->baseline.told, id, series);
}

static inline void fixture_record(uint64_t *words, enum metric_id id, uint64_t value,
                                  uint64_t count)
{
	words[0] += value * count;
	words[histogram_word(value, metric_buckets(&metric_table[id]))] += count;
}

/* Nothing counted, nothing observed, a resource of one attribute. */
static inline void fixture_make(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->snapshot.start_time_ns = FIXTURE_START_NS;
	fixture->snapshot.time_ns = FIXTURE_TIME_NS;
	fixture->options.families = UINT64_MAX;
	resource_init(&fixture->resource, RESOURCE_NO_LIMIT);
	resource_add_string(&fixture->resource, RESOURCE_USER, "service.name", "demo", 4);
	fixture->input = (struct otlp_input){.snapshot = &fixture->snapshot,
	                                     .baseline = &fixture->baseline,
	                                     .options = &fixture->options,
	                                     .resource = &fixture->resource};
}

/* tests/data/otlp/NAME.txtpb */
static inline void fixture_make_golden(struct fixture *f)
{
	uint64_t *words;

	fixture_make(f);
	/* So that the bytes stay the same when rows are added elsewhere. */
	f->options.families =
		1 << HOOK_FAMILY_MEMORY | 1 << HOOK_FAMILY_FILE | 1 << HOOK_FAMILY_SOCKET;
	resource_add_int(&f->resource, RESOURCE_DETECTED, "process.pid", 4242);
	resource_add_int(&f->resource, RESOURCE_USER, "negative", -1);
	resource_add_bool(&f->resource, RESOURCE_USER, "yes", true);
	resource_add_bool(&f->resource, RESOURCE_USER, "no", false);
	resource_add_double(&f->resource, RESOURCE_USER, "ratio", 0.1);
	resource_add_string(&f->resource, RESOURCE_USER, "empty", "", 0);
	resource_add_string(&f->resource, RESOURCE_USER, "city", "K\xc3\xb6ln \xff!", 8);

	*fixture_now(f, METRIC_PROCESS_CPU_TIME, CPU_MODE_USER) = observed_from_s64(1500000000);
	*fixture_told(f, METRIC_PROCESS_CPU_TIME, CPU_MODE_USER) = observed_from_s64(500000000);
	*fixture_now(f, METRIC_PROCESS_CPU_UTILIZATION, CPU_MODE_USER) = observed_from_s64(250000);
	*fixture_now(f, METRIC_PROCESS_MEMORY_USAGE, 0) = observed_from_s64(123456789);
	*fixture_now(f, METRIC_PROCESS_UPTIME, 0) = observed_from_s64(10500000000);
	*fixture_now(f, METRIC_MEMORY_ALLOCATED, MEMORY_OPERATION_MALLOC) = 5096;
	*fixture_told(f, METRIC_MEMORY_ALLOCATED, MEMORY_OPERATION_MALLOC) = 1000;
	*fixture_now(f, METRIC_MEMORY_ALLOCATED, MEMORY_OPERATION_CALLOC) = 64;
	*fixture_told(f, METRIC_MEMORY_ALLOCATED, MEMORY_OPERATION_CALLOC) = 64;
	*fixture_now(f, METRIC_MEMORY_USED, 0) = 2000;
	*fixture_now(f, METRIC_MEMORY_ALLOCATION_COUNT, 0) = (uint64_t)-3;
	words = fixture_now(f, METRIC_MEMORY_ALLOCATION_SIZE, MEMORY_OPERATION_MALLOC);
	fixture_record(words, METRIC_MEMORY_ALLOCATION_SIZE, 0, 1);
	fixture_record(words, METRIC_MEMORY_ALLOCATION_SIZE, 1, 2);
	fixture_record(words, METRIC_MEMORY_ALLOCATION_SIZE, 10, 1);
	fixture_record(words, METRIC_MEMORY_ALLOCATION_SIZE, 4096, 6);
	words = fixture_told(f, METRIC_MEMORY_ALLOCATION_SIZE, MEMORY_OPERATION_MALLOC);
	fixture_record(words, METRIC_MEMORY_ALLOCATION_SIZE, 4096, 1);
	*fixture_now(f, METRIC_FILE_IO, DISK_DIRECTION_WRITE * FILE_TYPE_COUNT + FILE_TYPE_PIPE) =
		7;
	words = fixture_now(f, METRIC_FILE_OPERATION_DURATION, FILE_OPERATION_READ);
	fixture_record(words, METRIC_FILE_OPERATION_DURATION, 0, 1);
	fixture_record(words, METRIC_FILE_OPERATION_DURATION, 1, 1);
	fixture_record(words, METRIC_FILE_OPERATION_DURATION, 1 << 20, 3);
	*fixture_now(f, METRIC_SOCKET_IO, NETWORK_TYPE_NONE) = 55;
	*fixture_now(f, METRIC_SOCKET_IO,
	             (NETWORK_DIRECTION_RECEIVE * NETWORK_TRANSPORT_COUNT + NETWORK_TRANSPORT_UDP) *
	                             NETWORK_TYPE_COUNT +
	                     NETWORK_TYPE_IPV6) = (UINT64_C(1) << 63) + 5;
	*fixture_now(f, METRIC_SOCKET_CONNECTION_COUNT, 0) = 2;
	*fixture_now(f, METRIC_HOOKS_ACTIVE, HOOK_FAMILY_MEMORY) = observed_from_s64(12);
}

/* Every named series has its name: "SLOT.example" after so many bytes of `x`; errors take turns. */
static inline void fixture_name_slots(struct fixture *f, size_t padding)
{
	char name[NAME_BYTES];

	memset(name, 'x', padding);
	for (uint32_t slot = 0; slot < NAME_SLOTS; slot++) {
		int length = snprintf(name + padding, sizeof(name) - padding, "%u.example", slot);

		name_slot(&f->snapshot.totals.names, name, padding + (size_t)length,
		          (uint8_t)(slot % DNS_ERROR_NAMED));
	}
}

/* Every series has something to tell; values differ. */
static inline void fixture_make_full(struct fixture *f)
{
	fixture_make(f);
	fixture_name_slots(f, NAME_BYTES - sizeof("63.example"));
	for (uint32_t i = 0; i < SERIES_TOTAL; i++) {
		uint32_t series;
		const struct metric *metric = snapshot_series(i, &series);
		enum metric_id id = (enum metric_id)(metric - metric_table);
		uint64_t *words = fixture_now(f, id, series);

		if (metric->kind != KIND_HISTOGRAM) {
			*words = metric->place == PLACE_OBSERVED ? observed_from_s64(1000 + i)
			                                         : 1000 + i;
			continue;
		}
		for (uint64_t value = i % 3; value < 5000000; value = value * 3 + 1)
			fixture_record(words, id, value, 1 + value % 200);
	}
}

#endif
