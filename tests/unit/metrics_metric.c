/* The catalogue against the rules of OpenTelemetry's data model and naming. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>
#include "metrics/metric.h"

static int is_name(const char *name)
{
	if (!islower((unsigned char)*name))
		return 0;
	for (; *name; name++) {
		if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) &&
		    *name != '.' && *name != '_')
			return 0;
	}
	return 1;
}

Test(metric, names_are_unique_and_lowercase)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		cr_assert(is_name(metric_table[i].name), "%s", metric_table[i].name);
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(metric_table[i].name, metric_table[j].name);
	}
}

Test(metric, durations_are_histograms_in_seconds)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		const struct metric *metric = &metric_table[i];
		const char *dot = strrchr(metric->name, '.');

		if (strcmp(dot, ".duration") == 0) {
			cr_assert_eq(metric->kind, KIND_HISTOGRAM, "%s", metric->name);
			cr_assert_str_eq(metric->unit, "s");
		}
	}
}

Test(metric, series_do_not_overlap_and_fill_the_block)
{
	static unsigned char taken[PROCESS_WORDS];
	size_t words = 0;

	for (int i = 0; i < METRIC_COUNT; i++) {
		const struct metric *metric = &metric_table[i];

		for (uint32_t series = 0; series < metric->series; series++) {
			uint32_t word = metric_series_word(metric, series);

			for (uint32_t w = word; w < word + metric->width; w++, words++) {
				cr_assert_lt(w, PROCESS_WORDS);
				cr_assert_eq(taken[w]++, 0, "%s series %u", metric->name, series);
			}
		}
	}
	cr_assert_eq(words, PROCESS_WORDS);
}

Test(metric, shard_stays_within_32_kib)
{
	cr_assert_leq(sizeof(struct shard_values), 32 * 1024);
}

Test(metric, last_attribute_varies_fastest)
{
	const struct metric *metric = &metric_table[METRIC_FILE_IO];
	uint32_t series = DISK_DIRECTION_WRITE * FILE_TYPE_COUNT + FILE_TYPE_PIPE;

	cr_assert_eq(metric_attribute_count(metric), 2);
	cr_assert_eq(metric_attribute_value(metric, series, 0), DISK_DIRECTION_WRITE);
	cr_assert_eq(metric_attribute_value(metric, series, 1), FILE_TYPE_PIPE);
}

/* encoder/otlp_point.c writes a key with its value behind one byte of length: at most 127, of which
 * 6 are not theirs. */
Test(metric, attributes_are_short)
{
	for (int id = ATTRIBUTE_NONE + 1; id < ATTRIBUTE_ID_COUNT; id++) {
		const struct attribute *attribute = &attribute_table[id];

		cr_assert_eq(attribute->key_length, strlen(attribute->key));
		for (uint32_t value = 0; value < attribute->count; value++) {
			cr_assert_eq(attribute_value(attribute, value)->length,
			             strlen(attribute_value(attribute, value)->text));
			cr_assert_leq(attribute->key_length +
			                      attribute_value(attribute, value)->length,
			              121, "%s", attribute->key);
		}
	}
}
