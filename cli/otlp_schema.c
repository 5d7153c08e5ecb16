/* See otlp_schema.h. Exemplars are left out: what is not here is skipped. */
#include <string.h>
#include "cli/otlp_schema.h"

#define MESSAGE(id, text)                                                  \
	static const struct otlp_field id##_fields[];                      \
	static const struct otlp_message id = {.name = text, id##_fields}; \
	static const struct otlp_field id##_fields[] =

/* clang-format off */
static const struct otlp_message any_value;

MESSAGE(key_value, "KeyValue") {
	{"key", 1, OTLP_STRING, false, NULL},
	{"value", 2, OTLP_MESSAGE, false, &any_value},
	{0},
};

MESSAGE(array_value, "ArrayValue") {
	{"values", 1, OTLP_MESSAGE, true, &any_value},
	{0},
};

MESSAGE(key_value_list, "KeyValueList") {
	{"values", 1, OTLP_MESSAGE, true, &key_value},
	{0},
};

MESSAGE(any_value, "AnyValue") {
	{"stringValue", 1, OTLP_STRING, false, NULL},
	{"boolValue", 2, OTLP_BOOL, false, NULL},
	{"intValue", 3, OTLP_INT64, false, NULL},
	{"doubleValue", 4, OTLP_DOUBLE, false, NULL},
	{"arrayValue", 5, OTLP_MESSAGE, false, &array_value},
	{"kvlistValue", 6, OTLP_MESSAGE, false, &key_value_list},
	{"bytesValue", 7, OTLP_BYTES, false, NULL},
	{0},
};

MESSAGE(number_point, "NumberDataPoint") {
	{"startTimeUnixNano", 2, OTLP_FIXED64, false, NULL},
	{"timeUnixNano", 3, OTLP_FIXED64, false, NULL},
	{"asDouble", 4, OTLP_DOUBLE, false, NULL},
	{"asInt", 6, OTLP_SFIXED64, false, NULL},
	{"attributes", 7, OTLP_MESSAGE, true, &key_value},
	{"flags", 8, OTLP_ENUM, false, NULL},
	{0},
};

MESSAGE(histogram_point, "HistogramDataPoint") {
	{"startTimeUnixNano", 2, OTLP_FIXED64, false, NULL},
	{"timeUnixNano", 3, OTLP_FIXED64, false, NULL},
	{"count", 4, OTLP_FIXED64, false, NULL},
	{"sum", 5, OTLP_DOUBLE, false, NULL},
	{"bucketCounts", 6, OTLP_FIXED64, true, NULL},
	{"explicitBounds", 7, OTLP_DOUBLE, true, NULL},
	{"attributes", 9, OTLP_MESSAGE, true, &key_value},
	{"flags", 10, OTLP_ENUM, false, NULL},
	{"min", 11, OTLP_DOUBLE, false, NULL},
	{"max", 12, OTLP_DOUBLE, false, NULL},
	{0},
};

MESSAGE(buckets, "Buckets") {
	{"offset", 1, OTLP_SINT32, false, NULL},
	{"bucketCounts", 2, OTLP_UINT64, true, NULL},
	{0},
};

MESSAGE(exponential_point, "ExponentialHistogramDataPoint") {
	{"attributes", 1, OTLP_MESSAGE, true, &key_value},
	{"startTimeUnixNano", 2, OTLP_FIXED64, false, NULL},
	{"timeUnixNano", 3, OTLP_FIXED64, false, NULL},
	{"count", 4, OTLP_FIXED64, false, NULL},
	{"sum", 5, OTLP_DOUBLE, false, NULL},
	{"scale", 6, OTLP_SINT32, false, NULL},
	{"zeroCount", 7, OTLP_FIXED64, false, NULL},
	{"positive", 8, OTLP_MESSAGE, false, &buckets},
	{"negative", 9, OTLP_MESSAGE, false, &buckets},
	{"flags", 10, OTLP_ENUM, false, NULL},
	{"min", 12, OTLP_DOUBLE, false, NULL},
	{"max", 13, OTLP_DOUBLE, false, NULL},
	{"zeroThreshold", 14, OTLP_DOUBLE, false, NULL},
	{0},
};

MESSAGE(quantile, "ValueAtQuantile") {
	{"quantile", 1, OTLP_DOUBLE, false, NULL},
	{"value", 2, OTLP_DOUBLE, false, NULL},
	{0},
};

MESSAGE(summary_point, "SummaryDataPoint") {
	{"startTimeUnixNano", 2, OTLP_FIXED64, false, NULL},
	{"timeUnixNano", 3, OTLP_FIXED64, false, NULL},
	{"count", 4, OTLP_FIXED64, false, NULL},
	{"sum", 5, OTLP_DOUBLE, false, NULL},
	{"quantileValues", 6, OTLP_MESSAGE, true, &quantile},
	{"attributes", 7, OTLP_MESSAGE, true, &key_value},
	{"flags", 8, OTLP_ENUM, false, NULL},
	{0},
};

MESSAGE(gauge, "Gauge") {
	{"dataPoints", 1, OTLP_MESSAGE, true, &number_point},
	{0},
};

MESSAGE(sum, "Sum") {
	{"dataPoints", 1, OTLP_MESSAGE, true, &number_point},
	{"aggregationTemporality", 2, OTLP_ENUM, false, NULL},
	{"isMonotonic", 3, OTLP_BOOL, false, NULL},
	{0},
};

MESSAGE(histogram, "Histogram") {
	{"dataPoints", 1, OTLP_MESSAGE, true, &histogram_point},
	{"aggregationTemporality", 2, OTLP_ENUM, false, NULL},
	{0},
};

MESSAGE(exponential_histogram, "ExponentialHistogram") {
	{"dataPoints", 1, OTLP_MESSAGE, true, &exponential_point},
	{"aggregationTemporality", 2, OTLP_ENUM, false, NULL},
	{0},
};

MESSAGE(summary, "Summary") {
	{"dataPoints", 1, OTLP_MESSAGE, true, &summary_point},
	{0},
};

MESSAGE(metric, "Metric") {
	{"name", 1, OTLP_STRING, false, NULL},
	{"description", 2, OTLP_STRING, false, NULL},
	{"unit", 3, OTLP_STRING, false, NULL},
	{"gauge", 5, OTLP_MESSAGE, false, &gauge},
	{"sum", 7, OTLP_MESSAGE, false, &sum},
	{"histogram", 9, OTLP_MESSAGE, false, &histogram},
	{"exponentialHistogram", 10, OTLP_MESSAGE, false, &exponential_histogram},
	{"summary", 11, OTLP_MESSAGE, false, &summary},
	{"metadata", 12, OTLP_MESSAGE, true, &key_value},
	{0},
};

MESSAGE(scope, "InstrumentationScope") {
	{"name", 1, OTLP_STRING, false, NULL},
	{"version", 2, OTLP_STRING, false, NULL},
	{"attributes", 3, OTLP_MESSAGE, true, &key_value},
	{"droppedAttributesCount", 4, OTLP_ENUM, false, NULL},
	{0},
};

MESSAGE(scope_metrics, "ScopeMetrics") {
	{"scope", 1, OTLP_MESSAGE, false, &scope},
	{"metrics", 2, OTLP_MESSAGE, true, &metric},
	{"schemaUrl", 3, OTLP_STRING, false, NULL},
	{0},
};

MESSAGE(resource, "Resource") {
	{"attributes", 1, OTLP_MESSAGE, true, &key_value},
	{"droppedAttributesCount", 2, OTLP_ENUM, false, NULL},
	{0},
};

static const struct otlp_field resource_metrics_fields[] = {
	{"resource", 1, OTLP_MESSAGE, false, &resource},
	{"scopeMetrics", 2, OTLP_MESSAGE, true, &scope_metrics},
	{"schemaUrl", 3, OTLP_STRING, false, NULL},
	{0},
};
/* clang-format on */

const struct otlp_message otlp_resource_metrics = {"ResourceMetrics", resource_metrics_fields};

const struct otlp_field *otlp_field_by_number(const struct otlp_message *message, uint64_t number)
{
	for (const struct otlp_field *field = message->fields; field->name; field++) {
		if (field->number == number)
			return field;
	}
	return NULL;
}

const struct otlp_field *otlp_field_by_name(const struct otlp_message *message, const char *name)
{
	for (const struct otlp_field *field = message->fields; field->name; field++) {
		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

bool otlp_is_wide(enum otlp_type type)
{
	return type == OTLP_UINT64 || type == OTLP_INT64 || type == OTLP_FIXED64 ||
	       type == OTLP_SFIXED64;
}
