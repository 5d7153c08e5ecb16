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

/*
 * An attribute as a field of a data point: tag and length of the KeyValue, of its key, its AnyValue
 * and of the string therein. All lengths take one byte: a unit test has an eye on the catalogue.
 */
#define ATTRIBUTE_OVERHEAD 8

static size_t attributes_size(const struct metric *metric, const struct attribute_values *values)
{
	size_t size = 0;

	for (unsigned int i = 0; i < values->count; i++) {
		const struct attribute *attribute = &attribute_table[metric->attributes[i]];
		size_t length = attribute_value(attribute, values->value[i])->length;

		if (length)
			size += ATTRIBUTE_OVERHEAD + attribute->key_length + length;
	}
	return size;
}

static uint8_t *put_attribute(uint8_t *at, unsigned int field, const struct attribute *attribute,
                              uint32_t value)
{
	uint8_t key_length = attribute->key_length,
		length = attribute_value(attribute, value)->length;

	*at++ = PROTOBUF_TAG(field, WIRE_LENGTH);
	*at++ = (uint8_t)(ATTRIBUTE_OVERHEAD - 2 + key_length + length);
	*at++ = PROTOBUF_TAG(FIELD_KEY_VALUE_KEY, WIRE_LENGTH);
	*at++ = key_length;
	at = protobuf_put_bytes(at, attribute->key, key_length);
	*at++ = PROTOBUF_TAG(FIELD_KEY_VALUE_VALUE, WIRE_LENGTH);
	*at++ = (uint8_t)(2 + length);
	*at++ = PROTOBUF_TAG(FIELD_VALUE_STRING, WIRE_LENGTH);
	*at++ = length;
	return protobuf_put_bytes(at, attribute_value(attribute, value)->text, length);
}

/* There must be room for attributes_size(). */
static uint8_t *put_attributes(uint8_t *at, unsigned int field, const struct metric *metric,
                               const struct attribute_values *values)
{
	for (unsigned int i = 0; i < values->count; i++) {
		const struct attribute *attribute = &attribute_table[metric->attributes[i]];

		if (attribute_value(attribute, values->value[i])->length)
			at = put_attribute(at, field, attribute, values->value[i]);
	}
	return at;
}

/* Names have any length, and what has no slot is told by a boolean. */
static void add_named_attributes(struct protobuf *out, unsigned int field,
                                 const struct point *point)
{
	struct point_attribute attributes[METRIC_ATTRIBUTES];
	unsigned int count = point_attributes(point, attributes);

	for (unsigned int i = 0; i < count; i++) {
		const struct point_attribute *attribute = &attributes[i];
		struct protobuf_message pair = protobuf_open(out, field), value;

		protobuf_field_bytes(out, FIELD_KEY_VALUE_KEY, attribute->key,
		                     attribute->key_length);
		value = protobuf_open(out, FIELD_KEY_VALUE_VALUE);
		if (attribute->boolean)
			protobuf_field_varint(out, FIELD_VALUE_BOOL, true);
		else
			protobuf_field_bytes(out, FIELD_VALUE_STRING, attribute->value,
			                     attribute->length);
		protobuf_close(out, value);
		protobuf_close(out, pair);
	}
}

static void add_attributes(struct protobuf *out, unsigned int field, const struct point *point)
{
	struct attribute_values values = values_of(point);
	uint8_t *at = protobuf_claim(out, attributes_size(point->metric, &values));

	if (metric_is_named(point->metric, point->series))
		add_named_attributes(out, field, point);
	else if (at)
		put_attributes(at, field, point->metric, &values);
}

static void put_times(struct protobuf *out, const struct point *point)
{
	protobuf_field_fixed64(out, FIELD_POINT_START_TIME, point->start_time_ns);
	protobuf_field_fixed64(out, FIELD_POINT_TIME, point->time_ns);
}

static void put_number(struct protobuf *out, const struct point *point)
{
	struct attribute_values values = values_of(point);
	size_t size = 3 * 9 + attributes_size(point->metric, &values);
	uint8_t *at = protobuf_claim(out, protobuf_field_size(size));

	if (!at)
		return;
	*at = PROTOBUF_TAG(FIELD_DATA_POINTS, WIRE_LENGTH);
	at = protobuf_put_varint(at + 1, size);
	at = protobuf_put_field_fixed64(at, FIELD_POINT_START_TIME, point->start_time_ns);
	at = protobuf_put_field_fixed64(at, FIELD_POINT_TIME, point->time_ns);
	if (point->metric->number == NUMBER_INTEGER)
		at = protobuf_put_field_fixed64(at, FIELD_NUMBER_AS_INT, (uint64_t)point->value);
	else
		at = protobuf_put_field_fixed64(at, FIELD_NUMBER_AS_DOUBLE,
		                                protobuf_double_bits(point_number(point)));
	put_attributes(at, FIELD_NUMBER_ATTRIBUTES, point->metric, &values);
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
	add_attributes(out, FIELD_HISTOGRAM_ATTRIBUTES, point);
	protobuf_close(out, message);
}

static void put_buckets(struct protobuf *out, const struct point *point)
{
	int32_t offset = metric_bucket_offset(point->metric) + (int32_t)point->first_bucket;
	size_t offset_size = offset ? 1 + protobuf_varint_size(protobuf_zigzag(offset)) : 0;
	size_t size = 0;
	uint8_t *at;

	for (uint32_t i = point->first_bucket; i < point->end_bucket; i++)
		size += protobuf_varint_size(point_bucket(point, i));
	protobuf_field_length(out, FIELD_EXPONENTIAL_POSITIVE,
	                      offset_size + protobuf_field_size(size));
	if (offset)
		protobuf_field_varint(out, FIELD_BUCKETS_OFFSET, protobuf_zigzag(offset));
	protobuf_field_length(out, FIELD_BUCKETS_COUNTS, size);
	at = protobuf_claim(out, size);
	for (uint32_t i = point->first_bucket; at && i < point->end_bucket; i++)
		at = protobuf_put_varint(at, point_bucket(point, i));
}

static void put_exponential(struct protobuf *out, const struct point *point)
{
	struct protobuf_message message = protobuf_open(out, FIELD_DATA_POINTS);

	add_attributes(out, FIELD_EXPONENTIAL_ATTRIBUTES, point);
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
