/* otelue metrics: the catalogue for people, for programs and for the README. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "cli/catalogue.h"
#include "cli/cli.h"
#include "cli/terminal.h"

static const struct cli_option options[] = {
	{'j', "json", NULL, "print JSON: every metric with its attributes and their values"},
	{'m', "markdown", NULL, "print a Markdown table"},
	{0, NULL, NULL, NULL},
};

static const struct cli_usage usage = {
	"metrics",
	"[--json | --markdown]",
	"Lists every metric that the shim can give: name, kind, unit, attributes with their\n"
	"values, and what it counts. Metrics marked * are off unless the configuration asks\n"
	"for them.\n",
	options,
	false,
};

/* key {value, value} key {...} */
static void print_attributes(const struct metric *metric, const char *quote)
{
	unsigned int count = metric_attribute_count(metric);

	for (unsigned int i = 0; i < count; i++) {
		const struct attribute *attribute = &attribute_table[metric->attributes[i]];
		const char *separator = "";

		printf("%s%s%s%s {", i ? ", " : "", quote, attribute->key, quote);
		for (uint32_t value = 0; value < attribute->count; value++) {
			if (!attribute_value(attribute, value)->text[0])
				continue;
			printf("%s%s", separator, attribute_value(attribute, value)->text);
			separator = ", ";
		}
		putchar('}');
	}
}

static const char *mark_of(const struct metric *metric)
{
	return metric->place == PLACE_OPTIONAL ? " *" : "";
}

static void print_text(void)
{
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];

		printf("%s%s%s%s  %s, %s\n    %s\n", terminal_style(stdout, STYLE_BOLD),
		       metric->name, terminal_style(stdout, STYLE_PLAIN), mark_of(metric),
		       catalogue_kind(metric), metric->unit, metric->description);
		if (metric_attribute_count(metric) > 0) {
			fputs("    ", stdout);
			print_attributes(metric, "");
			putchar('\n');
		}
	}
}

static void print_markdown(void)
{
	puts("| metric | kind, unit | attributes | what it counts |\n| --- | --- | --- | --- |");
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];

		printf("| `%s`%s | %s, `%s` | ", metric->name,
		       metric->place == PLACE_OPTIONAL ? " \\*" : "", catalogue_kind(metric),
		       metric->unit);
		print_attributes(metric, "`");
		printf(" | %s |\n", metric->description);
	}
}

static json_t *attributes_of(const struct metric *metric)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < metric_attribute_count(metric); i++) {
		const struct attribute *attribute = &attribute_table[metric->attributes[i]];
		json_t *values = json_array();

		for (uint32_t value = 0; value < attribute->count; value++) {
			if (value == 0 || attribute_value(attribute, value)->text[0])
				json_array_append_new(
					values,
					json_string(attribute_value(attribute, value)->text));
		}
		json_array_append_new(
			array, json_pack("{s:s, s:o}", "key", attribute->key, "values", values));
	}
	return array;
}

/* What OTLP says of the metric when nothing is configured. */
static void add_otlp(json_t *object, const struct metric *metric)
{
	json_object_set_new(object, "number",
	                    json_string(catalogue_is_real(metric) ? "double" : "int"));
	if (metric->kind == KIND_COUNTER || metric->kind == KIND_UPDOWN)
		json_object_set_new(object, "monotonic",
		                    json_boolean(metric->kind == KIND_COUNTER));
	if (metric->kind != KIND_GAUGE)
		json_object_set_new(
			object, "temporality",
			json_string(metric->kind == KIND_UPDOWN ? "cumulative" : "delta"));
	if (metric->kind == KIND_HISTOGRAM) {
		json_object_set_new(object, "scale", json_integer(HISTOGRAM_SCALE));
		json_object_set_new(object, "buckets", json_integer(metric_buckets(metric)));
		json_object_set_new(object, "bucket_offset",
		                    json_integer(metric_bucket_offset(metric)));
	}
}

static int print_json(void)
{
	json_t *array = json_array();
	int result;

	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];
		json_t *object = json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "name", metric->name, "kind",
			catalogue_kind(metric), "unit", metric->unit, "description",
			metric->description, "family", catalogue_family(metric), "default",
			metric->place != PLACE_OPTIONAL, "attributes", attributes_of(metric));

		add_otlp(object, metric);
		json_array_append_new(array, object);
	}
	result = json_dumpf(array, stdout, JSON_INDENT(1));
	json_decref(array);
	putchar('\n');
	return result < 0 ? CLI_PROBLEM : CLI_OK;
}

int cli_metrics(int argc, char **argv)
{
	const char *argument;
	int option, format = 0, code = CLI_OK;

	while ((option = cli_next(&usage, argc, argv, &argument, &code)) != CLI_NO_MORE) {
		if (option == CLI_EXIT)
			return code;
		if (format && format != option)
			return cli_usage_error(&usage, "--json and --markdown exclude each other");
		format = option;
	}
	code = cli_no_operands(&usage, argc, argv);
	if (code)
		return code;
	if (format == 'j')
		code = print_json();
	else if (format == 'm')
		print_markdown();
	else
		print_text();
	return cli_finish_output(usage.verb, code);
}
