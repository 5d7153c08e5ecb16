/*
 * The cost of a data point: "encode NS", nanoseconds for one in requests of 4048 bytes, the best of
 * several rounds, reading points and committing them included. Every series of the catalogue has
 * something to tell, histograms over many buckets. With -v also the points of an event, and what a
 * JSON line and a readable record cost.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "encoder/otlp_json.h"
#include "encoder/record.h"
#include "metrics/histogram.h"

#define CAP    4048
#define ROUNDS 40

static struct snapshot snapshot = {.start_time_ns = UINT64_C(1700000000000000000),
                                   .time_ns = UINT64_C(1700000010000000000)};
static struct baseline baseline, empty;
static const struct point_options options = {.families = UINT64_MAX};
static struct resource resource;
static const struct otlp_input input = {
	.snapshot = &snapshot, .baseline = &baseline, .options = &options, .resource = &resource};
static char buf[OTLP_JSON_BYTES];

struct result {
	uint32_t points, events;
};

static void fill(void)
{
	uint64_t *words = (uint64_t *)&snapshot.totals;

	for (uint32_t i = 0; i < SERIES_TOTAL; i++) {
		uint32_t series;
		const struct metric *metric = snapshot_series(i, &series);
		uint64_t *word = words + metric_series_word(metric, series);

		if (metric->kind != KIND_HISTOGRAM) {
			*word = observed_from_s64(1000 + i);
			if (metric->place != PLACE_OBSERVED)
				*word = 1000 + i;
			continue;
		}
		for (uint64_t value = 1000; value < 1000000; value += value / 5) {
			word[histogram_word(value, metric_buckets(metric))] += value % 97;
			word[0] += value;
		}
	}
	resource_init(&resource, RESOURCE_NO_LIMIT);
	resource_add_string(&resource, RESOURCE_USER, "service.name", "checkout", 8);
	resource_add_string(&resource, RESOURCE_DETECTED, "service.instance.id",
	                    "a4ee3a02-3cc7-4a06-9d07-98f6d1b9a9b0", 36);
	resource_add_int(&resource, RESOURCE_DETECTED, "process.pid", 123456);
	resource_add_string(&resource, RESOURCE_DETECTED, "process.executable.path",
	                    "/usr/local/bin/checkout-server", 30);
	resource_add_string(&resource, RESOURCE_DETECTED, "host.id",
	                    "0123456789abcdef0123456789abcdef", 32);
}

static struct result encode_requests(void)
{
	struct result result = {0, 0};
	struct otlp_output output;

	for (uint32_t from = 0; from < SERIES_TOTAL; from = output.next) {
		otlp_encode((uint8_t *)buf, CAP, &input, from, &output);
		baseline_commit_range(&baseline, &snapshot, &options, from, output.next);
		result.points += output.points;
		result.events++;
	}
	return result;
}

static struct result encode_line(void)
{
	struct otlp_output output;

	otlp_json_encode(buf, sizeof(buf), &input, 0, &output);
	return (struct result){output.points, 1};
}

static struct result encode_records(void)
{
	struct result result = {0, 0};
	struct point point;

	for (uint32_t series = 0; series < SERIES_TOTAL; series++) {
		if (!point_read(&point, &snapshot, &baseline, &options, series))
			continue;
		record_encode((uint8_t *)buf, RECORD_BYTES, &point, series, 1, "checkout");
		result.points++;
		result.events++;
	}
	return result;
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds a point; the best round. */
static double measure(struct result (*encode)(void), struct result *ret)
{
	double best = 1e12;

	for (int round = 0; round < ROUNDS; round++) {
		double start, ns;

		baseline = empty;
		start = now_ns();
		*ret = encode();
		ns = (now_ns() - start) / ret->points;
		if (ns < best)
			best = ns;
	}
	return best;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	struct result result;
	double ns;

	fill();
	ns = measure(encode_requests, &result);
	printf("encode %.1f\n", ns);
	if (!verbose)
		return 0;
	printf("points-per-event %.1f\n", (double)result.points / result.events);
	printf("encode-json %.1f\n", measure(encode_line, &result));
	printf("encode-record %.1f\n", measure(encode_records, &result));
	return 0;
}
