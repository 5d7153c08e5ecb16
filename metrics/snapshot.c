/* Points out of totals and baselines: data model rules of OTLP in one place for every encoder. Runs
 * on the emitter. */
#include "base/memory.h"
#include "metrics/snapshot.h"

static const uint32_t series_first[METRIC_COUNT] = {
#define METRIC(id, ...) SERIES_FIRST_##id,
#include "metrics/metrics.def"
#undef METRIC
};

const struct metric *snapshot_series(uint32_t series, uint32_t *ret_series)
{
	uint32_t low = 0, high = METRIC_COUNT;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (series_first[middle] <= series)
			low = middle;
		else
			high = middle;
	}
	*ret_series = series - series_first[low];
	return &metric_table[low];
}

static bool is_cumulative(const struct metric *metric, const struct point_options *options)
{
	return metric->kind == KIND_UPDOWN || metric->kind == KIND_GAUGE ||
	       options->temporality == TEMPORALITY_CUMULATIVE;
}

/* False: the kernel did not say, or a derived value has nothing to derive from. */
static bool read_number(struct point *point, const uint64_t *now, const uint64_t *before)
{
	const struct metric *metric = point->metric;
	int64_t told = 0;

	if (metric->place == PLACE_OBSERVED) {
		if (*now == OBSERVED_ABSENT)
			return false;
		point->value = observed_to_s64(*now);
		if (before && *before != OBSERVED_ABSENT)
			told = observed_to_s64(*before);
	} else {
		point->value = (int64_t)*now;
		if (before)
			told = (int64_t)*before;
	}
	point->value = (int64_t)((uint64_t)point->value - (uint64_t)told);
	if (metric->kind == KIND_COUNTER && point->value < 0)
		point->value = metric->place == PLACE_OBSERVED ? 0 : INT64_MAX;
	return true;
}

static void read_histogram(struct point *point, const uint64_t *now, const uint64_t *before)
{
	uint32_t buckets = metric_buckets(point->metric);

	point->sum = now[0] - (before ? before[0] : 0);
	point->zero_count = now[1] - (before ? before[1] : 0);
	point->now = now + 2;
	point->before = before ? before + 2 : NULL;
	point->count = point->zero_count;
	point->first_bucket = point->end_bucket = 0;
	for (uint32_t i = 0; i < buckets; i++) {
		uint64_t count = point_bucket(point, i);

		if (count == 0)
			continue;
		if (point->end_bucket == 0)
			point->first_bucket = i;
		point->end_bucket = i + 1;
		point->count += count;
	}
}

static bool is_empty(const struct point *point)
{
	switch (point->metric->kind) {
	case KIND_COUNTER:
		return point->value == 0;
	case KIND_HISTOGRAM:
		return point->count == 0;
	default:
		return false;
	}
}

bool point_read(struct point *point, const struct snapshot *snapshot,
                const struct baseline *baseline, const struct point_options *options,
                uint32_t series)
{
	uint32_t word;
	const uint64_t *now, *before;
	const struct metric *metric = snapshot_series(series, &point->series);
	uint64_t told_ns = baseline->time_ns[series];

	if (metric->family != FAMILY_NONE && !(options->families >> metric->family & 1))
		return false;
	point->metric = metric;
	word = metric_series_word(metric, point->series);
	now = (const uint64_t *)&snapshot->totals + word;
	point->cumulative = is_cumulative(metric, options);
	before = point->cumulative ? NULL : (const uint64_t *)&baseline->told + word;
	point->time_ns = snapshot->time_ns;
	point->start_time_ns = !point->cumulative && told_ns ? told_ns : snapshot->start_time_ns;
	if (metric->kind == KIND_HISTOGRAM)
		read_histogram(point, now, before);
	else if (!read_number(point, now, before))
		return false;
	return !is_empty(point) || (options->emit_zero_points && metric->place != PLACE_OPTIONAL);
}

void baseline_commit(struct baseline *baseline, const struct snapshot *snapshot,
                     const struct point *point)
{
	uint32_t word = metric_series_word(point->metric, point->series);
	uint32_t series = series_first[point->metric - metric_table] + point->series;

	memcpy((uint64_t *)&baseline->told + word, (const uint64_t *)&snapshot->totals + word,
	       point->metric->width * sizeof(uint64_t));
	baseline->time_ns[series] = snapshot->time_ns;
}

void baseline_commit_range(struct baseline *baseline, const struct snapshot *snapshot,
                           const struct point_options *options, uint32_t from, uint32_t to)
{
	struct point point;

	for (uint32_t series = from; series < to; series++) {
		if (point_read(&point, snapshot, baseline, options, series))
			baseline_commit(baseline, snapshot, &point);
	}
}
