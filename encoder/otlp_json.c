/* Requests as lines of JSON. */
#include <errno.h>
#include "base/memory.h"
#include "build-config.h"
#include "encoder/json_writer.h"
#include "encoder/otlp_fields.h"
#include "encoder/otlp_json.h"
#include "encoder/otlp_json_point.h"

#define LINE_END \
	"],\"schemaUrl\":\"" OTLP_SCHEMA_URL "\"}],\"schemaUrl\":\"" OTLP_SCHEMA_URL "\"}]}\n"

/* Temporality's digit comes between. */
#define DATA_END_SUM     "],\"aggregationTemporality\":"
#define DATA_END_COUNTER ",\"isMonotonic\":true"
#define METRIC_END       "}}"

struct line {
	struct json_writer out;
	const struct otlp_input *input;
	const struct metric *metric; /* that is open, NULL: none */
	bool cumulative;
	size_t kept; /* bytes that the end of the open metric takes */
	bool first;
};

static void put_text(struct json_writer *out, const char *key, const char *text)
{
	json_put_raw(out, key);
	json_put_string(out, text, string_length(text));
}

static void put_attribute(struct json_writer *out, const struct resource_attribute *attribute)
{
	json_put_raw(out, "{\"key\":");
	json_put_string(out, attribute->key, attribute->key_length);
	json_put_raw(out, ",\"value\":{");
	switch (attribute->type) {
	case RESOURCE_STRING:
		json_put_raw(out, "\"stringValue\":");
		json_put_string(out, attribute->string, attribute->string_length);
		break;
	case RESOURCE_BOOL:
		json_put_raw(out, "\"boolValue\":");
		json_put_raw(out, attribute->integer ? "true" : "false");
		break;
	case RESOURCE_INT:
		json_put_raw(out, "\"intValue\":");
		json_put_s64_string(out, attribute->integer);
		break;
	case RESOURCE_DOUBLE:
		json_put_raw(out, "\"doubleValue\":");
		json_put_double(out, attribute->number);
		break;
	}
	json_put_raw(out, "}}");
}

/* Lowers the end of the buffer by `size` bytes. */
static void keep(struct json_writer *out, size_t size)
{
	if ((size_t)(out->end - out->at) < size)
		out->full = true;
	else
		out->end -= size;
}

static void line_begin(struct line *line)
{
	struct resource_attribute attribute;
	struct json_writer *out = &line->out;
	uint32_t position = 0;
	bool first = true;

	keep(out, sizeof(LINE_END) - 1);
	json_put_raw(out, "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[");
	for (; resource_next(line->input->resource, &position, &attribute); first = false) {
		if (!first)
			json_put_raw(out, ",");
		put_attribute(out, &attribute);
	}
	put_text(out, "]},\"scopeMetrics\":[{\"scope\":{\"name\":", OTLP_SCOPE_NAME);
	put_text(out, ",\"version\":", PACKAGE_VERSION);
	json_put_raw(out, "},\"metrics\":[");
	line->first = true;
}

static void line_end(struct line *line)
{
	line->out.end += sizeof(LINE_END) - 1;
	json_put_raw(&line->out, LINE_END);
}

static const char *data_key(const struct metric *metric, const struct point_options *options)
{
	switch (metric->kind) {
	case KIND_GAUGE:
		return ",\"gauge\":{\"dataPoints\":[";
	case KIND_HISTOGRAM:
		return options->explicit_buckets ? ",\"histogram\":{\"dataPoints\":["
		                                 : ",\"exponentialHistogram\":{\"dataPoints\":[";
	default:
		return ",\"sum\":{\"dataPoints\":[";
	}
}

static size_t end_size(const struct metric *metric)
{
	if (metric->kind == KIND_GAUGE)
		return sizeof("]" METRIC_END) - 1;
	return sizeof(DATA_END_SUM "1" METRIC_END) - 1 +
	       (metric->kind == KIND_COUNTER ? sizeof(DATA_END_COUNTER) - 1 : 0);
}

static void metric_open(struct line *line, const struct point *point)
{
	struct json_writer *out = &line->out;
	const struct metric *metric = point->metric;

	line->metric = metric;
	line->cumulative = point->cumulative;
	line->kept = end_size(metric);
	keep(out, line->kept);
	put_text(out, line->first ? "{\"name\":" : ",{\"name\":", metric->name);
	if (line->input->descriptions)
		put_text(out, ",\"description\":", metric->description);
	put_text(out, ",\"unit\":", metric->unit);
	json_put_raw(out, data_key(metric, line->input->options));
}

static void metric_close(struct line *line)
{
	struct json_writer *out = &line->out;

	if (!line->metric)
		return;
	out->end += line->kept;
	if (line->metric->kind == KIND_GAUGE) {
		json_put_raw(out, "]");
	} else {
		json_put_raw(out, DATA_END_SUM);
		json_put_number(out, line->cumulative ? OTLP_CUMULATIVE : OTLP_DELTA);
	}
	if (line->metric->kind == KIND_COUNTER)
		json_put_raw(out, DATA_END_COUNTER);
	json_put_raw(out, METRIC_END);
	line->metric = NULL;
	line->first = false;
}

/* False: it does not fit; the line is as it was, but that an open metric may have been closed. */
static bool line_add(struct line *line, const struct point *point)
{
	struct json_writer out;
	bool is_new = line->metric != point->metric;

	if (is_new)
		metric_close(line);
	out = line->out;
	if (is_new)
		metric_open(line, point);
	else
		json_put_raw(&line->out, ",");
	otlp_json_point_encode(&line->out, point, line->input->options);
	if (!line->out.full)
		return true;
	line->out = out;
	if (is_new)
		line->metric = NULL;
	return false;
}

long otlp_json_encode(char *buf, size_t cap, const struct otlp_input *input, uint32_t from,
                      struct otlp_output *ret)
{
	struct line line = {.out = {buf, buf + cap, false}, .input = input};
	struct otlp_output output = {from, 0, 0};
	struct point point;

	line_begin(&line);
	if (line.out.full)
		return -ENOSPC;
	for (; output.next < SERIES_TOTAL; output.next++) {
		if (!point_read(&point, input->snapshot, input->baseline, input->options,
		                output.next))
			continue;
		if (line_add(&line, &point))
			output.points++;
		else if (output.points)
			break;
		else
			output.oversize++;
	}
	*ret = output;
	if (output.points == 0)
		return 0;
	metric_close(&line);
	line_end(&line);
	return line.out.at - buf;
}
