/* The payload of otelue_metric, field by field. Native byte order, as the kernel wants it. */
#include <errno.h>
#include "base/memory.h"
#include "encoder/record.h"
#include "encoder/utf8.h"
#include "metrics/percentile.h"

/* In the order of RECORD_DESCRIPTION. */
struct record {
	uint64_t sequence;
	uint32_t pid;
	int64_t value;
	uint64_t count, p50, p99, max;
	uint32_t name, attributes, unit, service; /* rel_loc */
} __attribute__((packed));

_Static_assert(sizeof(struct record) == 68, "no padding");

/* Strings behind the fixed fields. */
struct strings {
	char *at, *end;
	bool full;
};

static void append(struct strings *strings, const char *text, size_t length)
{
	if ((size_t)(strings->end - strings->at) < length) {
		strings->full = true;
		return;
	}
	memcpy(strings->at, text, length);
	strings->at += length;
}

/* Ends the string that started at `start` and returns its rel_loc, to stand at `field`. */
static uint32_t finish(struct strings *strings, const char *start, const void *field)
{
	const char *origin = (const char *)field + sizeof(uint32_t);

	append(strings, "", 1);
	return (uint32_t)(strings->at - start) << 16 | (uint32_t)(start - origin);
}

static uint32_t put_string(struct strings *strings, const char *text, const void *field)
{
	const char *start = strings->at;

	append(strings, text, string_length(text));
	return finish(strings, start, field);
}

static uint32_t put_attributes(struct strings *strings, const struct point *point,
                               const void *field)
{
	const char *start = strings->at;
	struct point_attribute attributes[METRIC_ATTRIBUTES];
	unsigned int count = point_attributes(point, attributes);

	for (unsigned int i = 0; i < count; i++) {
		append(strings, ",", i > 0);
		append(strings, attributes[i].key, attributes[i].key_length);
		append(strings, "=", 1);
		append(strings, attributes[i].value, attributes[i].length);
	}
	return finish(strings, start, field);
}

static uint32_t put_service(struct strings *strings, const char *service, const void *field)
{
	const char *start = strings->at;

	append(strings, service,
	       utf8_cut(service, string_length(service), RECORD_SERVICE_BYTES - 1));
	return finish(strings, start, field);
}

static const char *unit_of(const struct metric *metric)
{
	switch (metric->number) {
	case NUMBER_NANOSECONDS:
	case NUMBER_SECONDS:
		return "ns";
	case NUMBER_PPM:
		return "ppm";
	default:
		return metric->unit;
	}
}

/* In nanoseconds where it is 2^-30 s. */
static uint64_t scaled(const struct point *point, uint64_t value)
{
	return point->metric->number == NUMBER_SECONDS ? nanoseconds_from_units(value) : value;
}

static int64_t clamp(uint64_t value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static void put_histogram(struct record *record, const struct point *point)
{
	record->value = clamp(scaled(point, point->sum));
	record->count = point->count;
	record->p50 = scaled(point, point_percentile(point, 50));
	record->p99 = scaled(point, point_percentile(point, 99));
	record->max = scaled(point, point_percentile(point, 100));
}

long record_encode(uint8_t *buf, size_t cap, const struct point *point, uint64_t sequence,
                   uint32_t pid, const char *service)
{
	struct record *record = (struct record *)buf;
	struct strings strings = {.end = (char *)buf + cap};

	if (cap < sizeof(*record))
		return -ENOSPC;
	strings.at = (char *)(record + 1);
	*record = (struct record){.sequence = sequence, .pid = pid, .value = point->value};
	if (point->metric->kind == KIND_HISTOGRAM)
		put_histogram(record, point);
	record->name = put_string(&strings, point->metric->name, &record->name);
	record->attributes = put_attributes(&strings, point, &record->attributes);
	record->unit = put_string(&strings, unit_of(point->metric), &record->unit);
	record->service = put_service(&strings, service, &record->service);
	if (strings.full)
		return -ENOSPC;
	return strings.at - (char *)buf;
}
