/* Data points as objects of the JSON arrays "dataPoints". */
#include "base/memory.h"
#include "encoder/explicit_buckets.h"
#include "encoder/otlp_json_point.h"

static void put_attributes(struct json_writer *out, const struct point *point)
{
	unsigned int count = metric_attribute_count(point->metric);
	bool any = false;

	for (unsigned int i = 0; i < count; i++) {
		const struct attribute *attribute = &attribute_table[point->metric->attributes[i]];
		uint32_t value = metric_attribute_value(point->metric, point->series, i);

		if (attribute->lengths[value] == 0)
			continue;
		json_put_raw(out, any ? "," : ",\"attributes\":[");
		json_put_raw(out, "{\"key\":");
		json_put_string(out, attribute->key, attribute->key_length);
		json_put_raw(out, ",\"value\":{\"stringValue\":");
		json_put_string(out, attribute->values[value], attribute->lengths[value]);
		json_put_raw(out, "}}");
		any = true;
	}
	if (any)
		json_put_raw(out, "]");
}

static void put_times(struct json_writer *out, const struct point *point)
{
	json_put_raw(out, "{\"startTimeUnixNano\":");
	json_put_u64_string(out, point->start_time_ns);
	json_put_raw(out, ",\"timeUnixNano\":");
	json_put_u64_string(out, point->time_ns);
}

static void put_number(struct json_writer *out, const struct point *point)
{
	if (point->metric->number == NUMBER_INTEGER) {
		json_put_raw(out, ",\"asInt\":");
		json_put_s64_string(out, point->value);
	} else {
		json_put_raw(out, ",\"asDouble\":");
		json_put_double(out, point_number(point));
	}
}

static void put_count_and_sum(struct json_writer *out, const struct point *point)
{
	json_put_raw(out, ",\"count\":");
	json_put_u64_string(out, point->count);
	json_put_raw(out, ",\"sum\":");
	json_put_double(out, point_sum(point));
}

static void put_explicit(struct json_writer *out, const struct point *point)
{
	struct explicit_buckets buckets;

	explicit_buckets_merge(&buckets, point);
	put_count_and_sum(out, point);
	json_put_raw(out, ",\"bucketCounts\":");
	for (uint32_t i = 0; i <= buckets.bounds; i++) {
		json_put_raw(out, i ? "," : "[");
		json_put_u64_string(out, buckets.count[i]);
	}
	json_put_raw(out, "],\"explicitBounds\":");
	for (uint32_t i = 0; i < buckets.bounds; i++) {
		json_put_raw(out, i ? "," : "[");
		json_put_double(out, explicit_bound(&buckets, i));
	}
	json_put_raw(out, "]");
}

static void put_exponential(struct json_writer *out, const struct point *point)
{
	put_count_and_sum(out, point);
	json_put_raw(out, ",\"scale\":");
	json_put_number(out, HISTOGRAM_SCALE);
	json_put_raw(out, ",\"zeroCount\":");
	json_put_u64_string(out, point->zero_count);
	if (point->end_bucket == point->first_bucket)
		return;
	json_put_raw(out, ",\"positive\":{\"offset\":");
	json_put_number(out, metric_bucket_offset(point->metric) + (int32_t)point->first_bucket);
	json_put_raw(out, ",\"bucketCounts\":");
	for (uint32_t i = point->first_bucket; i < point->end_bucket; i++) {
		json_put_raw(out, i > point->first_bucket ? "," : "[");
		json_put_u64_string(out, point_bucket(point, i));
	}
	json_put_raw(out, "]}");
}

void otlp_json_point_encode(struct json_writer *out, const struct point *point,
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
	json_put_raw(out, "}");
}
