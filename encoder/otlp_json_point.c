/* Data points as objects of the JSON arrays "dataPoints". */
#include "base/memory.h"
#include "encoder/explicit_buckets.h"
#include "encoder/otlp_json_point.h"

static void put_value(struct json_writer *out, const struct point_attribute *attribute)
{
	json_put_raw(out, attribute->boolean ? "\"boolValue\":" : "\"stringValue\":");
	if (attribute->boolean)
		json_put_raw(out, attribute->value);
	else
		json_put_string(out, attribute->value, attribute->length);
}

static void put_attributes(struct json_writer *out, const struct point *point)
{
	struct point_attribute attributes[METRIC_ATTRIBUTES];
	unsigned int count = point_attributes(point, attributes);

	for (unsigned int i = 0; i < count; i++) {
		json_put_raw(out, i > 0 ? "," : ",\"attributes\":[");
		json_put_raw(out, "{\"key\":");
		json_put_string(out, attributes[i].key, attributes[i].key_length);
		json_put_raw(out, ",\"value\":{");
		put_value(out, &attributes[i]);
		json_put_raw(out, "}}");
	}
	if (count > 0)
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
