/* See otlp_text.h. All text of the request passes through otlp_printable(). */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cli/format.h"
#include "cli/memory.h"
#include "cli/otlp_attributes.h"
#include "cli/otlp_quantile.h"
#include "cli/otlp_text.h"
#include "cli/terminal.h"

enum column {
	COLUMN_NAME,
	COLUMN_ATTRIBUTES,
	COLUMN_VALUE,
	COLUMN_COUNT,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_MAX,
	COLUMN_WINDOW,
	COLUMNS,
};

static const char *const headings[COLUMNS] = {"metric", "attributes", "value", "count",
                                              "p50",    "p99",        "max",   "window"};

struct row {
	char *cells[COLUMNS]; /* NULL: empty */
};

struct table {
	struct row *rows;
	size_t count, room;
	uint64_t time_ns; /* of the youngest point */
};

/* The metric whose points are being added, and its unit as it is shown. */
struct metric_text {
	char *name, *unit;
	const char *temporality; /* "" for a gauge */
};

/* "By", "s"; {thing} without its braces; nothing for 1. */
static char *unit_of(const json_t *metric)
{
	char *unit = otlp_printable(otlp_string(metric, "unit"));
	size_t length = strlen(unit);

	if (strcmp(unit, "1") == 0) {
		*unit = '\0';
	} else if (length > 2 && unit[0] == '{' && unit[length - 1] == '}') {
		unit[length - 1] = '\0';
		memmove(unit, unit + 1, length - 1);
	}
	return unit;
}

static char *with_unit(const char *number, const char *unit)
{
	return memory_text("%s%s%s", number, *unit ? " " : "", unit);
}

static char *number_text(double value, const char *unit)
{
	char digits[40];

	snprintf(digits, sizeof(digits), "%.15g", value);
	return with_unit(digits, unit);
}

/* Estimates are shown short: 1.25 ms, 64 KiB. */
static char *short_text(double value, const char *unit, const char *sign)
{
	char text[FORMAT_SIZE];

	if (strcmp(unit, "s") == 0 && fabs(value) < 9e9) {
		format_duration(text, llround(value * 1e9));
		return memory_text("%s%s", sign, text);
	}
	if (strcmp(unit, "By") == 0 && fabs(value) < 9e18) {
		format_bytes(text, llround(value));
		return memory_text("%s%s", sign, text);
	}
	return memory_text("%s%.4g%s%s", sign, value, *unit ? " " : "", unit);
}

static char *quantile_text(struct otlp_quantile quantile, const char *unit)
{
	return quantile.known ? short_text(quantile.bound, unit, quantile.above ? "> " : "") : NULL;
}

static char *window_of(const json_t *point, const char *temporality)
{
	uint64_t start = strtoull(otlp_string(point, "startTimeUnixNano"), NULL, 10);
	uint64_t time = strtoull(otlp_string(point, "timeUnixNano"), NULL, 10);

	if (!*temporality)
		return NULL;
	if (start == 0 || time < start)
		return memory_text("%s", temporality);
	return memory_text("%s %.*f s", temporality, time - start < 10000000000 ? 2 : 0,
	                   (double)(time - start) / 1e9);
}

static struct row *add_row(struct table *table, const struct metric_text *metric,
                           const json_t *point)
{
	uint64_t time_ns = strtoull(otlp_string(point, "timeUnixNano"), NULL, 10);
	struct row *row;

	if (time_ns > table->time_ns)
		table->time_ns = time_ns;
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->rows = memory_grow(table->rows, table->room, sizeof(*table->rows));
	}
	row = &table->rows[table->count++];
	memset(row, 0, sizeof(*row));
	row->cells[COLUMN_NAME] = memory_text("%s", metric->name);
	row->cells[COLUMN_ATTRIBUTES] = otlp_attributes(point);
	row->cells[COLUMN_WINDOW] = window_of(point, metric->temporality);
	return row;
}

static void add_number(struct table *table, const struct metric_text *metric, const json_t *point)
{
	struct row *row = add_row(table, metric, point);
	const json_t *integer = json_object_get(point, "asInt");
	const json_t *real = json_object_get(point, "asDouble");

	if (integer)
		row->cells[COLUMN_VALUE] = with_unit(json_string_value(integer), metric->unit);
	else if (real)
		row->cells[COLUMN_VALUE] = number_text(otlp_double(real), metric->unit);
}

static void add_summary_of(struct row *row, const struct metric_text *metric, const json_t *point)
{
	const json_t *sum = json_object_get(point, "sum"), *count = json_object_get(point, "count");

	if (sum)
		row->cells[COLUMN_VALUE] = number_text(otlp_double(sum), metric->unit);
	row->cells[COLUMN_COUNT] = memory_text("%s", count ? json_string_value(count) : "0");
}

static void add_histogram(struct table *table, const struct metric_text *metric,
                          const json_t *point, struct otlp_quantile (*find)(const json_t *, double))
{
	struct row *row = add_row(table, metric, point);
	const json_t *max = json_object_get(point, "max");

	add_summary_of(row, metric, point);
	row->cells[COLUMN_P50] = quantile_text(find(point, 0.5), metric->unit);
	row->cells[COLUMN_P99] = quantile_text(find(point, 0.99), metric->unit);
	row->cells[COLUMN_MAX] = max ? short_text(otlp_double(max), metric->unit, "")
	                             : quantile_text(find(point, 1), metric->unit);
}

static void add_summary(struct table *table, const struct metric_text *metric, const json_t *point)
{
	struct row *row = add_row(table, metric, point);
	const json_t *value;
	size_t i;

	add_summary_of(row, metric, point);
	json_array_foreach(json_object_get(point, "quantileValues"), i, value)
	{
		double quantile = otlp_double(json_object_get(value, "quantile"));
		enum column column = quantile == 0.5    ? COLUMN_P50
		                     : quantile == 0.99 ? COLUMN_P99
		                     : quantile == 1    ? COLUMN_MAX
		                                        : COLUMNS;

		if (column == COLUMNS || row->cells[column])
			continue;
		row->cells[column] =
			short_text(otlp_double(json_object_get(value, "value")), metric->unit, "");
	}
}

static const char *temporality_of(const json_t *data)
{
	switch (json_integer_value(json_object_get(data, "aggregationTemporality"))) {
	case 1:
		return "delta";
	case 2:
		return "cumulative";
	default:
		return "unspecified";
	}
}

static void add_metric(struct table *table, const json_t *json)
{
	static const char *const kinds[] = {"gauge", "sum", "histogram", "exponentialHistogram",
	                                    "summary"};
	struct metric_text metric = {otlp_printable(otlp_string(json, "name")), unit_of(json), ""};
	const json_t *data, *point;
	size_t i;

	for (int kind = 0; kind < 5; kind++) {
		data = json_object_get(json, kinds[kind]);
		metric.temporality = kind == 0 || kind == 4 ? "" : temporality_of(data);
		json_array_foreach(json_object_get(data, "dataPoints"), i, point)
		{
			if (kind < 2)
				add_number(table, &metric, point);
			else if (kind == 2)
				add_histogram(table, &metric, point, otlp_explicit_quantile);
			else if (kind == 3)
				add_histogram(table, &metric, point, otlp_exponential_quantile);
			else
				add_summary(table, &metric, point);
		}
	}
	free(metric.name);
	free(metric.unit);
}

static bool is_number_column(int column)
{
	return column >= COLUMN_VALUE && column <= COLUMN_MAX;
}

static void print_line(FILE *to, const int *widths, const char *const *cells)
{
	int last = COLUMNS - 1;

	while (last > 0 && !(widths[last] && cells[last] && cells[last][0]))
		last--;
	for (int i = 0; i <= last; i++) {
		const char *cell = cells[i] ? cells[i] : "";
		int pad = widths[i] - format_width(cell);

		if (widths[i] == 0)
			continue;
		fprintf(to, "  %*s%s", is_number_column(i) ? pad : 0, "", cell);
		if (i < last && !is_number_column(i))
			fprintf(to, "%*s", pad, "");
	}
	fputc('\n', to);
}

/* Columns in which nothing stands are left out. */
static void print_table(FILE *to, const struct table *table)
{
	int widths[COLUMNS] = {0};

	for (size_t i = 0; i < table->count; i++) {
		for (int c = 0; c < COLUMNS; c++) {
			const char *cell = table->rows[i].cells[c];
			int width = cell ? format_width(cell) : 0;

			if (width > 0 && width < format_width(headings[c]))
				width = format_width(headings[c]);
			if (width > widths[c])
				widths[c] = width;
		}
	}
	fputs(terminal_style(to, STYLE_DIM), to);
	print_line(to, widths, headings);
	fputs(terminal_style(to, STYLE_PLAIN), to);
	for (size_t i = 0; i < table->count; i++)
		print_line(to, widths, (const char *const *)table->rows[i].cells);
}

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		for (int c = 0; c < COLUMNS; c++)
			free(table->rows[i].cells[c]);
	}
	free(table->rows);
}

/* "otelue 0.1.0, 2026-11-23T06:16:00.123Z" */
static void print_scope(FILE *to, const json_t *scope, uint64_t time_ns)
{
	char *name = otlp_printable(otlp_string(scope, "name"));
	char *version = otlp_printable(otlp_string(scope, "version"));
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm tm;
	char date[64];

	fprintf(to, "  %s%s%s", *name ? name : "no scope", *version ? " " : "", version);
	if (time_ns > 0 && gmtime_r(&seconds, &tm) &&
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		fprintf(to, ", %s.%03uZ", date, (unsigned int)(time_ns / 1000000 % 1000));
	fputc('\n', to);
	free(name);
	free(version);
}

void otlp_text(FILE *to, json_t *resource_metrics)
{
	char *attributes = otlp_attributes(json_object_get(resource_metrics, "resource"));
	const json_t *scope, *metric;
	size_t i, k;

	fprintf(to, "%s%s%s\n", terminal_style(to, STYLE_BOLD),
	        *attributes ? attributes : "no resource", terminal_style(to, STYLE_PLAIN));
	json_array_foreach(json_object_get(resource_metrics, "scopeMetrics"), i, scope)
	{
		struct table table = {NULL, 0, 0, 0};

		json_array_foreach(json_object_get(scope, "metrics"), k, metric)
			add_metric(&table, metric);
		print_scope(to, json_object_get(scope, "scope"), table.time_ns);
		if (table.count > 0)
			print_table(to, &table);
		else
			fputs("  no data points\n", to);
		free_table(&table);
	}
	free(attributes);
}
