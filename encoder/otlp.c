/* Requests: resource, scope and as many metrics with points as fit. */
#include <errno.h>
#include "base/memory.h"
#include "build-config.h"
#include "encoder/otlp.h"
#include "encoder/otlp_fields.h"
#include "encoder/otlp_point.h"

#define SCHEMA_URL_LENGTH (sizeof(OTLP_SCHEMA_URL) - 1)
#define SCHEMA_URL_SIZE   (2 + SCHEMA_URL_LENGTH)

/* The metric whose points are being added; tail: bytes kept for what follows the points. */
struct open_metric {
	const struct metric *metric; /* NULL: none is open */
	struct protobuf_message message, data;
	bool cumulative;
	size_t tail;
};

struct request {
	struct protobuf out;
	const struct otlp_input *input;
	struct protobuf_message resource_metrics, scope_metrics;
	struct open_metric open;
};

static void put_text(struct protobuf *out, unsigned int field, const char *text)
{
	protobuf_field_bytes(out, field, text, string_length(text));
}

static void put_value(struct protobuf *out, const struct resource_attribute *attribute)
{
	switch (attribute->type) {
	case RESOURCE_STRING:
		protobuf_field_bytes(out, FIELD_VALUE_STRING, attribute->string,
		                     attribute->string_length);
		break;
	case RESOURCE_BOOL:
		protobuf_field_varint(out, FIELD_VALUE_BOOL, attribute->integer != 0);
		break;
	case RESOURCE_INT:
		protobuf_field_varint(out, FIELD_VALUE_INT, (uint64_t)attribute->integer);
		break;
	case RESOURCE_DOUBLE:
		protobuf_field_double(out, FIELD_VALUE_DOUBLE, attribute->number);
		break;
	}
}

static void put_resource(struct protobuf *out, const struct resource *resource)
{
	struct resource_attribute attribute;
	uint32_t position = 0;

	protobuf_field_length(out, FIELD_RESOURCE_METRICS_RESOURCE,
	                      resource_encoded_size(resource));
	while (resource_next(resource, &position, &attribute)) {
		protobuf_field_length(out, FIELD_RESOURCE_ATTRIBUTES,
		                      resource_attribute_size(&attribute));
		protobuf_field_bytes(out, FIELD_KEY_VALUE_KEY, attribute.key, attribute.key_length);
		protobuf_field_length(out, FIELD_KEY_VALUE_VALUE, resource_value_size(&attribute));
		put_value(out, &attribute);
	}
}

static void put_scope(struct protobuf *out)
{
	struct protobuf_message scope = protobuf_open(out, FIELD_SCOPE_METRICS_SCOPE);

	put_text(out, FIELD_SCOPE_NAME, OTLP_SCOPE_NAME);
	put_text(out, FIELD_SCOPE_VERSION, PACKAGE_VERSION);
	protobuf_close(out, scope);
}

/* Lowers the end of the buffer by `size` bytes, which leave_tail() gives back. */
static void keep_tail(struct protobuf *out, size_t size)
{
	if ((size_t)(out->end - out->at) < size)
		out->full = true;
	else
		out->end -= size;
}

static void request_begin(struct request *request)
{
	struct protobuf *out = &request->out;

	request->resource_metrics = protobuf_open(out, FIELD_REQUEST_RESOURCE_METRICS);
	keep_tail(out, SCHEMA_URL_SIZE);
	put_resource(out, request->input->resource);
	request->scope_metrics = protobuf_open(out, FIELD_RESOURCE_METRICS_SCOPE_METRICS);
	keep_tail(out, SCHEMA_URL_SIZE);
	put_scope(out);
}

static void request_end(struct request *request)
{
	struct protobuf *out = &request->out;

	out->end += SCHEMA_URL_SIZE;
	put_text(out, FIELD_SCOPE_METRICS_SCHEMA_URL, OTLP_SCHEMA_URL);
	protobuf_close(out, request->scope_metrics);
	out->end += SCHEMA_URL_SIZE;
	put_text(out, FIELD_RESOURCE_METRICS_SCHEMA_URL, OTLP_SCHEMA_URL);
	protobuf_close(out, request->resource_metrics);
}

static unsigned int data_field(const struct metric *metric, const struct point_options *options)
{
	switch (metric->kind) {
	case KIND_GAUGE:
		return FIELD_METRIC_GAUGE;
	case KIND_HISTOGRAM:
		return options->explicit_buckets ? FIELD_METRIC_HISTOGRAM
		                                 : FIELD_METRIC_EXPONENTIAL_HISTOGRAM;
	default:
		return FIELD_METRIC_SUM;
	}
}

static size_t tail_of(const struct metric *metric)
{
	if (metric->kind == KIND_GAUGE)
		return 0;
	return metric->kind == KIND_COUNTER ? 4 : 2;
}

static void metric_open(struct request *request, const struct point *point)
{
	struct protobuf *out = &request->out;
	const struct metric *metric = point->metric;
	struct open_metric *open = &request->open;

	open->metric = metric;
	open->cumulative = point->cumulative;
	open->tail = tail_of(metric);
	open->message = protobuf_open(out, FIELD_SCOPE_METRICS_METRICS);
	put_text(out, FIELD_METRIC_NAME, metric->name);
	if (request->input->descriptions)
		put_text(out, FIELD_METRIC_DESCRIPTION, metric->description);
	put_text(out, FIELD_METRIC_UNIT, metric->unit);
	open->data = protobuf_open(out, data_field(metric, request->input->options));
	keep_tail(out, open->tail);
}

static void metric_close(struct request *request)
{
	struct protobuf *out = &request->out;
	struct open_metric *open = &request->open;

	if (!open->metric)
		return;
	out->end += open->tail;
	if (open->metric->kind != KIND_GAUGE)
		protobuf_field_varint(out, FIELD_DATA_TEMPORALITY,
		                      open->cumulative ? OTLP_CUMULATIVE : OTLP_DELTA);
	if (open->metric->kind == KIND_COUNTER)
		protobuf_field_varint(out, FIELD_DATA_IS_MONOTONIC, true);
	protobuf_close(out, open->data);
	protobuf_close(out, open->message);
	open->metric = NULL;
}

/* False: it does not fit, and the request is as it was (its open metric may have been closed). */
static bool request_add(struct request *request, const struct point *point)
{
	struct protobuf out;
	bool is_new = request->open.metric != point->metric;

	if (is_new)
		metric_close(request);
	out = request->out;
	if (is_new)
		metric_open(request, point);
	otlp_point_encode(&request->out, point, request->input->options);
	if (!request->out.full)
		return true;
	request->out = out;
	if (is_new)
		request->open.metric = NULL;
	return false;
}

long otlp_encode(uint8_t *buf, size_t cap, const struct otlp_input *input, uint32_t from,
                 struct otlp_output *ret)
{
	struct request request = {.out = {buf, buf + cap, false}, .input = input};
	struct otlp_output output = {from, 0, 0};
	struct point point;

	request_begin(&request);
	if (request.out.full)
		return -ENOSPC;
	for (; output.next < SERIES_TOTAL; output.next++) {
		if (!point_read(&point, input->snapshot, input->baseline, input->options,
		                output.next))
			continue;
		if (request_add(&request, &point))
			output.points++;
		else if (output.points)
			break;
		else
			output.oversize++;
	}
	*ret = output;
	if (output.points == 0)
		return 0;
	metric_close(&request);
	request_end(&request);
	return request.out.at - buf;
}
