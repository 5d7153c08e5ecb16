/* Data points as protobuf. Attributes come from closed sets, so their lengths are known tables. */
#include "encoder/explicit_buckets.h"
#include "encoder/otlp_fields.h"
#include "encoder/otlp_point.h"

/* The values' numbers of a series' attributes. */
struct attribute_values {
	unsigned int count;
	uint32_t value[METRIC_ATTRIBUTES];
};

static struct attribute_values values_of(const struct point *point)
{
	struct attribute_values values = {.count = metric_attribute_count(point->metric)};
	uint32_t rest = point->series;

	for (unsigned int i = values.count; i-- > 0;) {
		uint32_t count = attribute_table[point->metric->attributes[i]].count;

		values.value[i] = rest % count;
		rest /= count;
	}
	return values;
}

static size_t key_value_size(const struct attribute *attribute, uint32_t value)
{
	size_t any = protobuf_field_size(attribute->lengths[value]);

	return protobuf_field_size(attribute->key_length) + protobuf_field_size(any);
}

static void put_attributes(struct protobuf *out, unsigned int field, const struct metric *metric,
                           const struct attribute_values *values)
{
	for (unsigned int i = 0; i < values->count; i++) {
		const struct attribute *attribute = &attribute_table[metric->attributes[i]];
		uint32_t value = values->value[i];
		size_t length = attribute->lengths[value];

		if (length == 0)
			continue;
		protobuf_field_length(out, field, key_value_size(attribute, value));
		protobuf_field_bytes(out, FIELD_KEY_VALUE_KEY, attribute->key,
		                     attribute->key_length);
		protobuf_field_length(out, FIELD_KEY_VALUE_VALUE, protobuf_field_size(length));
		protobuf_field_bytes(out, FIELD_VALUE_STRING, attribute->values[value], length);
	}
}

static size_t attributes_size(const struct metric *metric, const struct attribute_values *values)
{
	size_t size = 0;

	for (unsigned int i = 0; i < values->count; i++) {
		const struct attribute *attribute = &attribute_table[metric->attributes[i]];

		if (attribute->lengths[values->value[i]])
			size += protobuf_field_size(key_value_size(attribute, values->value[i]));
	}
	return size;
}

static void put_times(struct protobuf *out, const struct point *point)
{
	protobuf_field_fixed64(out, FIELD_POINT_START_TIME, point->start_time_ns);
	protobuf_field_fixed64(out, FIELD_POINT_TIME, point->time_ns);
}

static void put_number(struct protobuf *out, const struct point *point)
{
	struct attribute_values values = values_of(point);

	protobuf_field_length(out, FIELD_DATA_POINTS,
	                      3 * 9 + attributes_size(point->metric, &values));
	put_times(out, point);
	if (point->metric->number == NUMBER_INTEGER)
		protobuf_field_fixed64(out, FIELD_NUMBER_AS_INT, (uint64_t)point->value);
	else
		protobuf_field_double(out, FIELD_NUMBER_AS_DOUBLE, point_number(point));
	put_attributes(out, FIELD_NUMBER_ATTRIBUTES, point->metric, &values);
}

static void put_count_and_sum(struct protobuf *out, const struct point *point)
{
	if (point->count)
		protobuf_field_fixed64(out, FIELD_POINT_COUNT, point->count);
	protobuf_field_double(out, FIELD_POINT_SUM, point_sum(point));
}

static void put_explicit(struct protobuf *out, const struct point *point)
{
	struct protobuf_message message = protobuf_open(out, FIELD_DATA_POINTS);
	struct attribute_values values = values_of(point);
	struct explicit_buckets buckets;

	explicit_buckets_merge(&buckets, point);
	put_times(out, point);
	put_count_and_sum(out, point);
	protobuf_field_length(out, FIELD_HISTOGRAM_BUCKET_COUNTS, 8 * (buckets.bounds + 1));
	for (uint32_t i = 0; i <= buckets.bounds; i++)
		protobuf_fixed64(out, buckets.count[i]);
	protobuf_field_length(out, FIELD_HISTOGRAM_EXPLICIT_BOUNDS, 8 * buckets.bounds);
	for (uint32_t i = 0; i < buckets.bounds; i++)
		protobuf_double(out, explicit_bound(&buckets, i));
	put_attributes(out, FIELD_HISTOGRAM_ATTRIBUTES, point->metric, &values);
	protobuf_close(out, message);
}

static void put_buckets(struct protobuf *out, const struct point *point)
{
	int32_t offset = metric_bucket_offset(point->metric) + (int32_t)point->first_bucket;
	size_t offset_size = offset ? 1 + protobuf_varint_size(protobuf_zigzag(offset)) : 0;
	size_t size = 0;

	for (uint32_t i = point->first_bucket; i < point->end_bucket; i++)
		size += protobuf_varint_size(point_bucket(point, i));
	protobuf_field_length(out, FIELD_EXPONENTIAL_POSITIVE,
	                      offset_size + protobuf_field_size(size));
	if (offset)
		protobuf_field_varint(out, FIELD_BUCKETS_OFFSET, protobuf_zigzag(offset));
	protobuf_field_length(out, FIELD_BUCKETS_COUNTS, size);
	for (uint32_t i = point->first_bucket; i < point->end_bucket; i++)
		protobuf_varint(out, point_bucket(point, i));
}

static void put_exponential(struct protobuf *out, const struct point *point)
{
	struct protobuf_message message = protobuf_open(out, FIELD_DATA_POINTS);
	struct attribute_values values = values_of(point);

	put_attributes(out, FIELD_EXPONENTIAL_ATTRIBUTES, point->metric, &values);
	put_times(out, point);
	put_count_and_sum(out, point);
	protobuf_field_varint(out, FIELD_EXPONENTIAL_SCALE, protobuf_zigzag(HISTOGRAM_SCALE));
	if (point->zero_count)
		protobuf_field_fixed64(out, FIELD_EXPONENTIAL_ZERO_COUNT, point->zero_count);
	if (point->end_bucket > point->first_bucket)
		put_buckets(out, point);
	protobuf_close(out, message);
}

void otlp_point_encode(struct protobuf *out, const struct point *point,
                       const struct point_options *options)
{
	if (point->metric->kind != KIND_HISTOGRAM)
		put_number(out, point);
	else if (options->explicit_buckets)
		put_explicit(out, point);
	else
		put_exponential(out, point);
}
