/*
 * Exports of a program that is made up: five rounds of growing totals, written as OTLP requests cut
 * at CAP bytes and, from the same totals, as JSON lines and as uncut requests. Now and then an
 *event "fails": it and what follows it in that round come with the next one.
 *
 *	encode_requests FOLDER delta|cumulative|lowmemory exponential|explicit CAP
 *
 * FOLDER/cut.ROUND.NUMBER and FOLDER/whole.ROUND hold requests, FOLDER/lines.jsonl the lines,
 * FOLDER/truth.json what the last round's totals are, by metric and number of the series.
 */
#include <stdio.h>
#include <string.h>
#include "encoder/otlp_json.h"
#include "tests/unit/encoder_fixture.h"

#define ROUNDS 5

static struct fixture f;
static struct baseline uncut;
static uint64_t random_state = UINT64_C(88172645463325252);
static const char *folder;

static uint64_t random_number(uint64_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

static FILE *open_file(const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "a");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

static void write_file(const char *name, const void *bytes, long length)
{
	FILE *file = open_file(name);

	fwrite(bytes, 1, (size_t)length, file);
	fclose(file);
}

static int64_t present(uint64_t word, bool observed)
{
	return !observed ? (int64_t)word : word == OBSERVED_ABSENT ? 0 : observed_to_s64(word);
}

static void grow_number(const struct metric *metric, uint64_t *word)
{
	bool observed = metric->place == PLACE_OBSERVED;
	int64_t value = present(*word, observed);

	if (metric->kind == KIND_COUNTER)
		value += (int64_t)random_number(UINT64_C(1) << random_number(41));
	else
		value = (int64_t)random_number(1 << 30) -
		        (metric->kind == KIND_UPDOWN ? 1 << 20 : 0);
	*word = observed ? observed_from_s64(value) : (uint64_t)value;
}

/* Half of the series grow. */
static void grow(void)
{
	for (uint32_t i = 0; i < SERIES_TOTAL; i++) {
		uint32_t series;
		const struct metric *metric = snapshot_series(i, &series);
		enum metric_id id = (enum metric_id)(metric - metric_table);
		uint64_t *words = fixture_now(&f, id, series);

		if (random_number(2))
			continue;
		if (metric->kind != KIND_HISTOGRAM) {
			grow_number(metric, words);
			continue;
		}
		for (uint64_t n = random_number(40); n > 0; n--)
			fixture_record(words, id, random_number(UINT64_C(1) << random_number(36)),
			               1 + random_number(1000));
	}
	f.snapshot.time_ns += UINT64_C(1000000000) + random_number(1000000);
}

static void export_cut(int round, size_t cap)
{
	static uint8_t buf[65536];
	struct otlp_output output;
	uint64_t fails_at = round < ROUNDS - 1 ? random_number(6) : UINT64_MAX;

	f.input.baseline = &f.baseline;
	for (uint32_t from = 0, number = 0; from < SERIES_TOTAL; from = output.next, number++) {
		long length = otlp_encode(buf, cap, &f.input, from, &output);
		char name[64];

		if (length < 0 || output.oversize) {
			fprintf(stderr, "cap %zu is too small\n", cap);
			exit(1);
		}
		if (length == 0 || number == fails_at)
			break;
		snprintf(name, sizeof(name), "cut.%d.%03u", round, number);
		write_file(name, buf, length);
		baseline_commit_range(&f.baseline, &f.snapshot, &f.options, from, output.next);
	}
}

static void export_whole(int round)
{
	static char buf[OTLP_JSON_BYTES];
	struct otlp_output output;
	char name[64];
	long length;

	f.input.baseline = &uncut;
	snprintf(name, sizeof(name), "whole.%d", round);
	length = otlp_encode((uint8_t *)buf, sizeof(buf), &f.input, 0, &output);
	write_file(name, buf, length);
	length = otlp_json_encode(buf, sizeof(buf), &f.input, 0, &output);
	write_file("lines.jsonl", buf, length);
	baseline_commit_range(&uncut, &f.snapshot, &f.options, 0, SERIES_TOTAL);
}

static void tell_truth(void)
{
	FILE *file = open_file("truth.json");

	for (uint32_t i = 0; i < SERIES_TOTAL; i++) {
		uint32_t series;
		const struct metric *metric = snapshot_series(i, &series);
		const uint64_t *words =
			fixture_now(&f, (enum metric_id)(metric - metric_table), series);
		uint64_t value = words[0];

		if (metric->kind == KIND_HISTOGRAM) {
			value = 0;
			for (uint32_t w = 1; w < metric->width; w++)
				value += words[w];
		}
		fprintf(file, "%s[\"%s\", %u, %lld]", i ? ",\n" : "[", metric->name, series,
		        (long long)present(value, metric->place == PLACE_OBSERVED));
	}
	fputs("]\n", file);
	fclose(file);
}

int main(int argc, char **argv)
{
	static const char *const preferences[] = {"delta", "cumulative", "lowmemory"};

	if (argc != 5)
		return 2;
	folder = argv[1];
	fixture_make(&f);
	fixture_name_slots(&f, 0);
	for (unsigned int i = 0; i < 3; i++) {
		if (strcmp(argv[2], preferences[i]) == 0)
			f.options.temporality = (enum temporality)i;
	}
	f.options.explicit_buckets = strcmp(argv[3], "explicit") == 0;
	f.input.descriptions = f.options.explicit_buckets;
	resource_add_string(&f.resource, RESOURCE_USER, "quoted", "a \"b\"\\\n\xff", 9);
	resource_add_double(&f.resource, RESOURCE_USER, "third", 1.0 / 3);
	resource_add_bool(&f.resource, RESOURCE_USER, "no", false);
	resource_add_int(&f.resource, RESOURCE_DETECTED, "process.pid", 4242);
	for (int round = 0; round < ROUNDS; round++) {
		grow();
		export_cut(round, (size_t)atol(argv[4]));
		export_whole(round);
	}
	tell_truth();
	return 0;
}
