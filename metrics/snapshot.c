/* Points out of totals and baselines: data model rules of OTLP in one place for every encoder. Runs
 * on the emitter. */
#include "base/memory.h"
#include "metrics/snapshot.h"

static const uint32_t series_first[METRIC_COUNT] = {
#define METRIC(id, ...) SERIES_FIRST_##id,
#include "metrics/metrics.def"
#undef METRIC
};

_Static_assert(METRIC_COUNT <= UINT8_MAX + 1, "a metric's number fits into a byte");

static const uint8_t series_metric[SERIES_TOTAL] = {
#define METRIC(id, ...) [SERIES_FIRST_##id... SERIES_LAST_##id] = METRIC_##id,
#include "metrics/metrics.def"
#undef METRIC
};

const struct metric *snapshot_series(uint32_t series, uint32_t *ret_series)
{
	uint32_t id = series_metric[series];

	*ret_series = series - series_first[id];
	return &metric_table[id];
}

static bool is_cumulative(const struct metric *metric, const struct point_options *options)
{
	switch (options->temporality) {
	case TEMPORALITY_CUMULATIVE:
		return true;
	case TEMPORALITY_LOWMEMORY:
		if (metric->place == PLACE_OBSERVED)
			return true;
		break;
	case TEMPORALITY_DELTA:
		break;
	}
	return metric->kind == KIND_UPDOWN || metric->kind == KIND_GAUGE;
}

static int64_t clamp(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* What a sum that only grows is taken for: what was told of one that fell stays owed until it has
 * grown again. Observed values compare as they are stored. */
static uint64_t at_least(uint64_t now, uint64_t told)
{
	return now > told ? now : told;
}

/* False: the kernel did not say. */
static bool read_observed(struct point *point, uint64_t now, uint64_t told)
{
	bool counter = point->metric->kind == KIND_COUNTER;

	if (now == OBSERVED_ABSENT)
		return false;
	point->value = observed_to_s64(counter ? at_least(now, told) : now);
	if (counter && !point->cumulative && told != OBSERVED_ABSENT)
		point->value -= observed_to_s64(told);
	return true;
}

static bool read_number(struct point *point, uint64_t now, uint64_t told)
{
	if (point->metric->place == PLACE_OBSERVED)
		return read_observed(point, now, told);
	if (point->metric->kind == KIND_COUNTER)
		point->value = clamp(at_least(now, told) - (point->cumulative ? 0 : told));
	else
		point->value = (int64_t)now;
	return true;
}

/* Nothing new in four buckets at once, as in most of them most of the time. */
static inline bool are_quiet(const uint64_t *now, const uint64_t *before)
{
	return ((now[0] ^ before[0]) | (now[1] ^ before[1]) | (now[2] ^ before[2]) |
	        (now[3] ^ before[3])) == 0;
}

/* first_bucket, end_bucket and count, from the buckets as they are now and before. */
static void read_buckets(struct point *point, const uint64_t *now, const uint64_t *before)
{
	uint32_t first = 0, end = metric_buckets(point->metric);

	while (first + 4 <= end && are_quiet(now + first, before + first))
		first += 4;
	while (first + 4 <= end && are_quiet(now + end - 4, before + end - 4))
		end -= 4;
	for (uint32_t i = first; i < end; i++) {
		uint64_t count = point_growth(now[i], before[i]);

		if (count == 0)
			continue;
		if (point->end_bucket == 0)
			point->first_bucket = i;
		point->end_bucket = i + 1;
		point->count += count;
	}
}

static bool read_histogram(struct point *point, const uint64_t *now, const uint64_t *before)
{
	static const uint64_t nothing[WIDTH_SECONDS];

	_Static_assert(WIDTH_SECONDS >= WIDTH_BYTES, "the widest of all");
	point->now = now + 2;
	point->before = before ? before + 2 : NULL;
	if (!before)
		before = nothing;
	point->sum = point_growth(now[0], before[0]);
	point->zero_count = point_growth(now[1], before[1]);
	point->count = point->zero_count;
	point->first_bucket = point->end_bucket = 0;
	read_buckets(point, now + 2, before + 2);
	return true;
}

static bool is_wanted(const struct point *point, const struct point_options *options,
                      uint64_t told_ns)
{
	const struct metric *metric = point->metric;

	if (metric->kind == KIND_GAUGE)
		return true;
	if (metric->kind == KIND_UPDOWN && (metric->place != PLACE_RECORDED || told_ns))
		return true;
	if (metric->kind == KIND_HISTOGRAM ? point->count != 0 : point->value != 0)
		return true;
	return options->emit_zero_points && metric->place != PLACE_OPTIONAL &&
	       !metric_is_named(metric, point->series);
}

/* False: nothing is counted under it yet. */
static bool read_name(struct point *point, const struct name_table *names)
{
	point->name = NULL;
	if (!metric_is_named(point->metric, point->series) || point->series == DNS_ERROR_OVERFLOW)
		return true;
	point->name = name_at(names, point->series - DNS_ERROR_NAMED);
	return point->name != NULL;
}

bool point_read(struct point *point, const struct snapshot *snapshot,
                const struct baseline *baseline, const struct point_options *options,
                uint32_t series)
{
	uint32_t word;
	const uint64_t *now, *told;
	const struct metric *metric = snapshot_series(series, &point->series);
	uint64_t told_ns = baseline->time_ns[series];

	if (metric->family != FAMILY_NONE && !(options->families >> metric->family & 1))
		return false;
	point->metric = metric;
	if (!read_name(point, &snapshot->totals.names))
		return false;
	word = metric_series_word(metric, point->series);
	now = (const uint64_t *)&snapshot->totals + word;
	point->cumulative = is_cumulative(metric, options);
	told = (const uint64_t *)&baseline->told + word;
	point->start_time_ns = !point->cumulative && told_ns ? told_ns : snapshot->start_time_ns;
	point->time_ns = snapshot->time_ns;
	if (point->time_ns < point->start_time_ns)
		point->time_ns = point->start_time_ns;
	if (!(metric->kind == KIND_HISTOGRAM
	              ? read_histogram(point, now, point->cumulative ? NULL : told)
	              : read_number(point, *now, *told)))
		return false;
	return is_wanted(point, options, told_ns);
}

static struct point_attribute attribute_of(enum attribute_id id, uint32_t value)
{
	const struct attribute *attribute = &attribute_table[id];
	const struct attribute_value *text = attribute_value(attribute, value);

	return (struct point_attribute){attribute->key, text->text, attribute->key_length,
	                                text->length, false};
}

static unsigned int named_attributes(const struct name *name, struct point_attribute *ret)
{
	static const char question[] = "dns.question.name", overflow[] = "otel.metric.overflow";

	if (!name) {
		ret[0] = (struct point_attribute){overflow, "true", sizeof(overflow) - 1, 4, true};
		return 1;
	}
	ret[0] = (struct point_attribute){question, name->text, sizeof(question) - 1, name->length,
	                                  false};
	ret[1] = attribute_of(ATTRIBUTE_DNS_ERROR, name->error);
	return 1 + (ret[1].length > 0);
}

unsigned int point_attributes(const struct point *point,
                              struct point_attribute ret[METRIC_ATTRIBUTES])
{
	const struct metric *metric = point->metric;
	unsigned int count = metric_attribute_count(metric), n = 0;

	if (metric_is_named(metric, point->series))
		return named_attributes(point->name, ret);
	for (unsigned int i = 0; i < count; i++) {
		ret[n] = attribute_of(metric->attributes[i],
		                      metric_attribute_value(metric, point->series, i));
		n += ret[n].length > 0;
	}
	return n;
}

double point_number(const struct point *point)
{
	switch (point->metric->number) {
	case NUMBER_NANOSECONDS:
		return (double)point->value / 1e9;
	case NUMBER_PPM:
		return (double)point->value / 1e6;
	default:
		return (double)point->value;
	}
}

double point_sum(const struct point *point)
{
	double scale = point->metric->number == NUMBER_SECONDS ? 0x1p-30 : 1;

	_Static_assert(SECONDS_UNIT_SHIFT == 30, "scale");
	return (double)point->sum * scale;
}

void baseline_commit(struct baseline *baseline, const struct snapshot *snapshot,
                     const struct point *point)
{
	uint32_t word = metric_series_word(point->metric, point->series);
	uint32_t series = series_first[point->metric - metric_table] + point->series;
	uint64_t *told = (uint64_t *)&baseline->told + word;
	const uint64_t *now = (const uint64_t *)&snapshot->totals + word;

	/* In this order: what is new in the words leads back here where the process is killed
	 * between the two (ledger_settle()). */
	baseline->time_ns[series] = point->time_ns;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (point->metric->kind == KIND_COUNTER)
		*told = at_least(*now, *told);
	else
		memcpy(told, now, point->metric->width * sizeof(uint64_t));
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
