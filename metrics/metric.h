/*
 * What is measured: descriptors made from metrics.def and attributes.def at compile time, and the
 * layout of the values that they name. Read-only data, no state, any thread.
 *
 * A metric has `series` values, one for each combination of its attributes' values; series number =
 * ((a * B_COUNT) + b) * C_COUNT + c. A series is `width` words: 1 for numbers; for a histogram the
 * sum, then the count of zeros, then one count a bucket.
 */
#ifndef METRICS_METRIC_H
#define METRICS_METRIC_H

#include <stddef.h>
#include <stdint.h>
#include "metrics/names.h"

/* Histograms: scale 2, four buckets an octave; bucket j holds (2^((j-1)/4), 2^(j/4)] units. */
#define HISTOGRAM_SCALE           2
#define HISTOGRAM_BUCKETS_BYTES   121 /* 0 and 1 byte to 1 GiB */
#define HISTOGRAM_BUCKETS_SECONDS 160 /* 2^-30 s to 1024 s */
#define SECONDS_UNIT_SHIFT        30  /* durations are kept in units of 2^-30 s */

#define ATTRIBUTE_BEGIN(id, key) enum id {
#define VALUE(id, name, text)    id##_##name,
#define NAMED(id)                id##_NAMED, id##_OVERFLOW = id##_NAMED + NAME_SLOTS,
#define ATTRIBUTE_END(id) \
	id##_COUNT        \
	}                 \
	;
#include "metrics/attributes.def"
#undef ATTRIBUTE_BEGIN
#undef NAMED
#undef VALUE
#undef ATTRIBUTE_END
#define NONE_COUNT 1 /* no attribute: one series */

enum attribute_id {
	ATTRIBUTE_NONE,
#define ATTRIBUTE_BEGIN(id, key) ATTRIBUTE_##id,
#define VALUE(id, name, text)
#define NAMED(id)
#define ATTRIBUTE_END(id)
#include "metrics/attributes.def"
#undef ATTRIBUTE_BEGIN
#undef NAMED
#undef VALUE
#undef ATTRIBUTE_END
	ATTRIBUTE_ID_COUNT
};

enum metric_id {
#define METRIC(id, ...) METRIC_##id,
#include "metrics/metrics.def"
#undef METRIC
	METRIC_COUNT
};

enum metric_kind { KIND_COUNTER, KIND_UPDOWN, KIND_GAUGE, KIND_HISTOGRAM };

/* What one count is; for histograms the unit of the measured value. */
enum metric_number {
	NUMBER_INTEGER,
	NUMBER_NANOSECONDS, /* OTLP: double, seconds */
	NUMBER_PPM,         /* OTLP: double, ratio */
	NUMBER_BYTES,
	NUMBER_SECONDS, /* 2^-30 s */
};

enum metric_place { PLACE_RECORDED, PLACE_OBSERVED, PLACE_DERIVED, PLACE_OPTIONAL };

#define METRIC_ATTRIBUTES 3
#define FAMILY_NONE       (-1)

struct attribute_value {
	uint8_t length;
	char text[31]; /* "": the data point goes without this attribute */
};

struct attribute {
	char key[31];
	uint8_t key_length;
	uint32_t first; /* of its values, in attribute_value_table[] */
	uint32_t count;
};

struct metric {
	uint8_t kind;                          /* enum metric_kind */
	uint8_t number;                        /* enum metric_number */
	uint8_t place;                         /* enum metric_place */
	int8_t family;                         /* enum HOOK_FAMILY or FAMILY_NONE */
	uint8_t attributes[METRIC_ATTRIBUTES]; /* enum attribute_id, ATTRIBUTE_NONE at the end */
	uint16_t series;
	uint16_t width;        /* words a series */
	uint16_t shard_series; /* the first so many live in each thread's shard */
	uint32_t shard_word;   /* where they start in struct shard_values */
	uint32_t process_word; /* where the others start in struct process_values */
	char name[48], unit[20], description[208];
};

extern const struct attribute_value attribute_value_table[];
extern const struct attribute attribute_table[ATTRIBUTE_ID_COUNT];
extern const struct metric metric_table[METRIC_COUNT];

/* Widths and places at compile time, from the columns of metrics.def. */
#define WIDTH_INTEGER      1
#define WIDTH_NANOSECONDS  1
#define WIDTH_PPM          1
#define WIDTH_BYTES        (2 + HISTOGRAM_BUCKETS_BYTES)
#define WIDTH_SECONDS      (2 + HISTOGRAM_BUCKETS_SECONDS)
#define IN_SHARD_SHARD(n)  (n)
#define IN_SHARD_OBSERVED  0
#define IN_SHARD_DERIVED   0
#define IN_SHARD_OPTIONAL  0
#define SERIES_OF(a, b, c) (a##_COUNT * b##_COUNT * c##_COUNT)

/* One thread's values. Members carry the metric's id; each is an array of series * width words. */
struct shard_values {
#define METRIC(id, family, kind, number, place, name, unit, a, b, c, description) \
	uint64_t id[IN_SHARD_##place * WIDTH_##number];
#include "metrics/metrics.def"
#undef METRIC
};

/* The values of a process that no shard holds, what the named ones stand for, and a shard for
 * whoever has none. Also the shape of collected totals. */
struct process_values {
	struct shard_values common;
#define METRIC(id, family, kind, number, place, name, unit, a, b, c, description) \
	uint64_t id[(SERIES_OF(a, b, c) - IN_SHARD_##place) * WIDTH_##number];
#include "metrics/metrics.def"
#undef METRIC
	struct name_table names; /* of the named series */
};

#define SHARD_WORDS   (sizeof(struct shard_values) / sizeof(uint64_t))
#define PROCESS_WORDS (offsetof(struct process_values, names) / sizeof(uint64_t))

/* The series of all metrics, numbered through. */
enum {
#define METRIC(id, family, kind, number, place, name, unit, a, b, c, description) \
	SERIES_FIRST_##id, SERIES_LAST_##id = SERIES_FIRST_##id + SERIES_OF(a, b, c) - 1,
#include "metrics/metrics.def"
#undef METRIC
	SERIES_TOTAL
};

/* First word of a series in a struct process_values seen as an array of words. */
static inline uint32_t metric_series_word(const struct metric *metric, uint32_t series)
{
	if (series < metric->shard_series)
		return metric->shard_word + series * metric->width;
	return metric->process_word + (series - metric->shard_series) * metric->width;
}

/* The named series are words [NAMED_WORD, NAMED_END) of a struct process_values. */
#define NAMED_WORD                                                                 \
	(offsetof(struct process_values, DNS_LOOKUP_DURATION) / sizeof(uint64_t) + \
	 DNS_ERROR_NAMED * WIDTH_SECONDS)
#define NAMED_END (NAMED_WORD + (NAME_SLOTS + 1) * WIDTH_SECONDS)

/* Is the series one of those that names tell apart, or the one for the names without a slot? */
static inline bool metric_is_named(const struct metric *metric, uint32_t series)
{
	return metric->attributes[0] == ATTRIBUTE_DNS_ERROR && series >= DNS_ERROR_NAMED;
}

/* The value's number of attribute `index` (0 to 2) in a series. */
uint32_t metric_attribute_value(const struct metric *metric, uint32_t series, unsigned int index);

static inline const struct attribute_value *attribute_value(const struct attribute *attribute,
                                                            uint32_t value)
{
	return &attribute_value_table[attribute->first + value];
}

/* How many attributes the metric has. */
unsigned int metric_attribute_count(const struct metric *metric);

/* How many buckets its histogram has (0 for other kinds). */
static inline uint32_t metric_buckets(const struct metric *metric)
{
	return metric->kind == KIND_HISTOGRAM ? metric->width - 2u : 0;
}

/* OTLP index (at HISTOGRAM_SCALE, in the metric's unit) of bucket 0. */
static inline int32_t metric_bucket_offset(const struct metric *metric)
{
	return metric->number == NUMBER_SECONDS ? -1 - 4 * SECONDS_UNIT_SHIFT : -1;
}

/*
 * Observed values may be absent (the kernel would not say). They are kept with the top bit flipped,
 * so that the zeroed word of a new segment means absent.
 */
#define OBSERVED_ABSENT 0
static inline uint64_t observed_from_s64(int64_t value)
{
	return (uint64_t)value ^ (UINT64_C(1) << 63);
}

static inline int64_t observed_to_s64(uint64_t word)
{
	return (int64_t)(word ^ (UINT64_C(1) << 63));
}

#endif
