/* The result as one JSON object. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "build-config.h"
#include "cli/catalogue.h"
#include "cli/memory.h"
#include "cli/report.h"
#include "encoder/utf8.h"
#include "metrics/percentile.h"

static json_t *number_of(const struct metric *metric, int64_t value)
{
	if (metric->number == NUMBER_NANOSECONDS)
		return json_real((double)value / 1e9);
	if (metric->number == NUMBER_PPM)
		return json_real((double)value / 1e6);
	return json_integer(value);
}

static json_t *measured_of(const struct metric *metric, uint64_t value)
{
	if (metric->number == NUMBER_SECONDS)
		return json_real((double)value / (double)(1u << SECONDS_UNIT_SHIFT));
	return json_integer((json_int_t)value);
}

static json_t *attributes_of(const struct point *point)
{
	json_t *object = json_object();

	struct point_attribute attributes[METRIC_ATTRIBUTES];
	unsigned int count = point_attributes(point, attributes);

	for (unsigned int i = 0; i < count; i++)
		json_object_set_new(object, attributes[i].key,
		                    attributes[i].boolean ? json_true()
		                                          : json_stringn(attributes[i].value,
		                                                         attributes[i].length));
	return object;
}

/* Upper bound and count of each bucket that holds something; zeros are the bound 0. */
static json_t *buckets_of(const struct point *point)
{
	json_t *array = json_array();

	if (point->zero_count)
		json_array_append_new(array, json_pack("[i, I]", 0, (json_int_t)point->zero_count));
	for (uint32_t i = point->first_bucket; i < point->end_bucket; i++) {
		uint64_t count = point_bucket(point, i);

		if (count)
			json_array_append_new(
				array,
				json_pack("[o, I]", measured_of(point->metric, bucket_largest(i)),
			                  (json_int_t)count));
	}
	return array;
}

static json_t *series_of(const struct point *point)
{
	const struct metric *metric = point->metric;
	json_t *object = json_pack("{s:s, s:s, s:s, s:o}", "name", metric->name, "kind",
	                           catalogue_kind(metric), "unit", metric->unit, "attributes",
	                           attributes_of(point));

	if (metric->kind != KIND_HISTOGRAM) {
		json_object_set_new(object, "value", number_of(metric, point->value));
		return object;
	}
	json_object_set_new(object, "count", json_integer((json_int_t)point->count));
	json_object_set_new(object, "sum", measured_of(metric, point->sum));
	json_object_set_new(object, "p50", measured_of(metric, point_percentile(point, 50)));
	json_object_set_new(object, "p99", measured_of(metric, point_percentile(point, 99)));
	json_object_set_new(object, "max", measured_of(metric, point_percentile(point, 100)));
	json_object_set_new(object, "buckets", buckets_of(point));
	return object;
}

json_t *report_metrics(const struct snapshot *snapshot, const struct baseline *before)
{
	json_t *array = json_array();
	struct point point;

	for (uint32_t series = 0; series < SERIES_TOTAL; series++) {
		if (report_point(&point, snapshot, before, series))
			json_array_append_new(array, series_of(&point));
	}
	return array;
}

static json_t *processes_of(const struct tree *tree)
{
	json_t *left = json_array();

	for (size_t i = 0; i < tree->process_count; i++)
		json_array_append_new(left,
		                      json_pack("{s:I, s:s, s:s}", "pid",
		                                (json_int_t)tree->processes[i].pid, "program",
		                                tree->processes[i].program, "state",
		                                tree->processes[i].alive ? "running" : "killed"));
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}", "ended", (json_int_t)tree->ended,
	                 "killed", (json_int_t)tree->killed, "running", (json_int_t)tree->running,
	                 "unreadable", (json_int_t)tree->unreadable, "unseen",
	                 (json_int_t)tree->unseen, "not_ended", left);
}

/* As it was written; what is no UTF-8 cannot stand in JSON. */
static json_t *command_of(char *const *command)
{
	json_t *array = json_array();

	for (; *command; command++) {
		size_t length = strlen(*command);
		char *text = memory_take(3 * length + 1);

		length = utf8_repair(text, *command, length, SIZE_MAX);
		json_array_append_new(array, json_stringn(text, length));
		free(text);
	}
	return array;
}

static json_t *end_of(int status)
{
	if (WIFSIGNALED(status))
		return json_pack("{s:i}", "signal", WTERMSIG(status));
	return json_pack("{s:i}", "code", WEXITSTATUS(status));
}

static json_t *messages_of(const struct tree *tree)
{
	json_t *array = json_array();

	for (size_t i = 0; i < tree->message_count; i++)
		json_array_append_new(array, json_string(tree->messages[i]));
	return array;
}

int report_json(FILE *to, const struct report *report)
{
	struct snapshot *snapshot = report_snapshot(report);
	json_t *object = json_pack(
		"{s:s, s:o, s:o, s:f, s:o, s:o, s:o}", "otelue", PACKAGE_VERSION, "command",
		command_of(report->command), "exit", end_of(report->status), "duration",
		(double)report->duration_ns / 1e9, "processes", processes_of(report->tree),
		"messages", messages_of(report->tree), "metrics", report_metrics(snapshot, NULL));
	int result = -ENOMEM;

	if (object)
		result = json_dumpf(object, to, JSON_INDENT(1) | JSON_REAL_PRECISION(15)) < 0 ? -EIO
		                                                                              : 0;
	if (!result && fputc('\n', to) == EOF)
		result = -errno;
	json_decref(object);
	free(snapshot);
	return result;
}
