/* Data points as objects of the JSON arrays "dataPoints". */
#include "base/memory.h"
#include "encoder/explicit_buckets.h"
#include "encoder/otlp_json_point.h"

static void put_attributes(struct json *out, const struct point *point)
{
	unsigned int count = metric_attribute_count(point->metric);
	bool any = false;

	for (unsigned int i = 0; i < count; i++) {
		const struct attribute *attribute = &attribute_table[point->metric->attributes[i]];
		uint32_t value = metric_attribute_value(point->metric, point->series, i);

		if (attribute->lengths[value] == 0)
			continue;
		json_raw(out, any ? "," : ",\"attributes\":[");
		json_raw(out, "{\"key\":");
		json_string(out, attribute->key, attribute->key_length);
		json_raw(out, ",\"value\":{\"stringValue\":");
		json_string(out, attribute->values[value], attribute->lengths[value]);
		json_raw(out, "}}");
		any = true;
	}
	if (any)
		json_raw(out, "]");
}

static void put_times(struct json *out, const struct point *point)
{
	json_raw(out, "{\"startTimeUnixNano\":");
	json_u64_string(out, point->start_time_ns);
	json_raw(out, ",\"timeUnixNano\":");
	json_u64_string(out, point->time_ns);
}

static void put_number(struct json *out, const struct point *point)
{
	if (point->metric->number == NUMBER_INTEGER) {
		json_raw(out, ",\"asInt\":");
		json_s64_string(out, point->value);
	} else {
		json_raw(out, ",\"asDouble\":");
		json_double(out, point_number(point));
	}
}

static void put_count_and_sum(struct json *out, const struct point *point)
{
	json_raw(out, ",\"count\":");
	json_u64_string(out, point->count);
	json_raw(out, ",\"sum\":");
	json_double(out, point_sum(point));
}

static void put_explicit(struct json *out, const struct point *point)
{
	struct explicit_buckets buckets;

	explicit_buckets_merge(&buckets, point);
	put_count_and_sum(out, point);
	json_raw(out, ",\"bucketCounts\":");
	for (uint32_t i = 0; i <= buckets.bounds; i++) {
		json_raw(out, i ? "," : "[");
		json_u64_string(out, buckets.count[i]);
	}
	json_raw(out, "],\"explicitBounds\":");
	for (uint32_t i = 0; i < buckets.bounds; i++) {
		json_raw(out, i ? "," : "[");
		json_double(out, explicit_bound(&buckets, i));
	}
	json_raw(out, "]");
}

static void put_exponential(struct json *out, const struct point *point)
{
	put_count_and_sum(out, point);
	json_raw(out, ",\"scale\":");
	json_number(out, HISTOGRAM_SCALE);
	json_raw(out, ",\"zeroCount\":");
	json_u64_string(out, point->zero_count);
	if (point->end_bucket == point->first_bucket)
		return;
	json_raw(out, ",\"positive\":{\"offset\":");
	json_number(out, metric_bucket_offset(point->metric) + (int32_t)point->first_bucket);
	json_raw(out, ",\"bucketCounts\":");
	for (uint32_t i = point->first_bucket; i < point->end_bucket; i++) {
		json_raw(out, i > point->first_bucket ? "," : "[");
		json_u64_string(out, point_bucket(point, i));
	}
	json_raw(out, "]}");
}

void otlp_json_point_encode(struct json *out, const struct point *point,
                            const struct point_options *options)
{
	put_times(out, point);
	if (point->metric->kind != KIND_HISTOGRAM)
		put_number(out, point);
	else if (options->explicit_buckets)
		put_explicit(out, point);
	else
		put_exponential(out, point);
	put_attributes(out, point);
	json_raw(out, "}");
}
