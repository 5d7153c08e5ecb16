/*
 * The table: a line a series, in groups by family, the largest of a metric first, columns as wide
 * as their widest cell.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "cli/format.h"
#include "cli/memory.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "metrics/percentile.h"

enum column {
	COLUMN_VALUE,
	COLUMN_RATE,
	COLUMN_COUNT,
	COLUMN_P50,
	COLUMN_P99,
	COLUMN_MAX,
	COLUMNS
};

#define NAMED_MAX 8 /* processes named in a line */

static const char *const headings[COLUMNS] = {"total", "rate", "count", "p50", "p99", "max"};

struct row {
	const char *group, *name;
	uint64_t size; /* of the total, for the order */
	char attributes[128];
	char cells[COLUMNS][FORMAT_SIZE];
};

struct table {
	struct row *rows;
	size_t count;
	int name_width, attributes_width, widths[COLUMNS];
};

static void widen(int *width, const char *text)
{
	int needed = format_width(text);

	if (*width < needed)
		*width = needed;
}

/* What the order goes by; what is below zero is as large as what is above. */
static uint64_t point_size(const struct point *point)
{
	if (point->metric->kind == KIND_HISTOGRAM)
		return point->sum;
	return point->value < 0 ? -(uint64_t)point->value : (uint64_t)point->value;
}

/* A new row behind those of its metric that are as large. */
static struct row *insert_row(struct table *table, const char *name, uint64_t size)
{
	struct row *row = &table->rows[table->count++];

	for (; row > table->rows && row[-1].name == name && row[-1].size < size; row--)
		row[0] = row[-1];
	*row = (struct row){.name = name, .size = size};
	return row;
}

static void add_row(struct table *table, const struct point *point, uint64_t duration_ns)
{
	struct row *row = insert_row(table, point->metric->name, point_size(point));

	row->group = report_group(point->metric);
	format_attributes(row->attributes, sizeof(row->attributes), point);
	format_value(row->cells[COLUMN_VALUE], point);
	format_rate(row->cells[COLUMN_RATE], point, duration_ns);
	if (point->metric->kind == KIND_HISTOGRAM) {
		format_count(row->cells[COLUMN_COUNT], (int64_t)point->count);
		format_measured(row->cells[COLUMN_P50], point, point_percentile(point, 50));
		format_measured(row->cells[COLUMN_P99], point, point_percentile(point, 99));
		format_measured(row->cells[COLUMN_MAX], point, point_percentile(point, 100));
	}
	widen(&table->name_width, row->name);
	widen(&table->attributes_width, row->attributes);
	for (int i = 0; i < COLUMNS; i++)
		widen(&table->widths[i], row->cells[i]);
}

static void print_cell(FILE *to, int width, const char *text)
{
	fprintf(to, "  %*s%s", width - format_width(text), "", text);
}

static void print_row(FILE *to, const struct table *table, const struct row *row)
{
	int last = COLUMNS - 1;

	while (last > 0 && !row->cells[last][0])
		last--;
	fprintf(to, "  %-*s  %s%*s", table->name_width, row->name, row->attributes,
	        table->attributes_width - format_width(row->attributes), "");
	for (int i = 0; i <= last; i++)
		print_cell(to, table->widths[i], row->cells[i]);
	fputc('\n', to);
}

static void print_group(FILE *to, const struct table *table, const char *group)
{
	int indent = 2 + table->name_width + 2 + table->attributes_width;

	fprintf(to, "\n%s%s%s%*s%s", terminal_style(to, STYLE_BOLD), group,
	        terminal_style(to, STYLE_PLAIN), indent - format_width(group), "",
	        terminal_style(to, STYLE_DIM));
	for (int i = 0; i < COLUMNS; i++)
		print_cell(to, table->widths[i], headings[i]);
	fprintf(to, "%s\n", terminal_style(to, STYLE_PLAIN));
}

/* All rows of a group, which may stand apart in the catalogue. */
static void print_group_rows(FILE *to, const struct table *table, const char *group)
{
	bool begun = false;

	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->rows[i].group, group) != 0)
			continue;
		if (!begun)
			print_group(to, table, group);
		begun = true;
		print_row(to, table, &table->rows[i]);
	}
}

void report_rows(FILE *to, const struct snapshot *snapshot, const struct baseline *before,
                 uint64_t duration_ns)
{
	struct table table = {.rows = memory_take(SERIES_TOTAL * sizeof(struct row))};
	struct point point;

	for (int i = 0; i < COLUMNS; i++)
		widen(&table.widths[i], headings[i]);
	for (uint32_t series = 0; series < SERIES_TOTAL; series++) {
		if (report_point(&point, snapshot, before, series))
			add_row(&table, &point, duration_ns);
	}
	for (int i = 0; i < REPORT_GROUPS; i++)
		print_group_rows(to, &table, report_group_name(i));
	free(table.rows);
}

static void print_count(FILE *to, const char **separator, uint64_t count, const char *text)
{
	if (count == 0)
		return;
	fprintf(to, "%s%llu %s", *separator, (unsigned long long)count, text);
	*separator = ", ";
}

/* Of those that handed their counts over, the ones that went on as another program that is counted,
 * too. */
static uint64_t executed_in(const struct tree *tree)
{
	const uint64_t *words = (const uint64_t *)&tree->totals;
	uint64_t execs = words[metric_series_word(&metric_table[METRIC_PROCESS_EXECS], 0)];

	if (execs <= tree->unseen)
		return 0;
	return execs - tree->unseen < tree->ended ? execs - tree->unseen : tree->ended;
}

static void print_summary(FILE *to, const struct report *report)
{
	const struct tree *tree = report->tree;
	uint64_t programs = tree->ended + tree->killed + tree->running;
	uint64_t executed = executed_in(tree), all = programs - executed;
	const char *separator = ": ";
	char duration[FORMAT_SIZE];

	format_duration(duration, (int64_t)report->duration_ns);
	fprintf(to, "otelue: %llu process%s", (unsigned long long)all, all == 1 ? "" : "es");
	if (executed)
		fprintf(to, " (%llu programs)", (unsigned long long)programs);
	fprintf(to, " counted in %s", duration);
	print_count(to, &separator, tree->ended - executed, "ended");
	print_count(to, &separator, tree->killed, "killed");
	print_count(to, &separator, tree->running, tree->running == 1 ? "still runs" : "still run");
	print_count(to, &separator, tree->unreadable, "not readable");
	if (WIFSIGNALED(report->status))
		fprintf(to, "; %s ended by SIG%s", report->command[0],
		        sigabbrev_np(WTERMSIG(report->status)));
	else
		fprintf(to, "; exit code %d", WEXITSTATUS(report->status));
	fputc('\n', to);
}

/* "otelue: still running: cron[12], sh[13] and 3 more" */
static void print_processes(FILE *to, const struct tree *tree, bool alive, const char *text)
{
	uint64_t left = alive ? tree->running : tree->killed, named = 0;

	if (left == 0)
		return;
	fprintf(to, "otelue: %s: ", text);
	for (size_t i = 0; i < tree->process_count && named < NAMED_MAX; i++) {
		const struct tree_process *process = &tree->processes[i];

		if (process->alive == alive)
			fprintf(to, "%s%s[%u]", named++ ? ", " : "", process->program,
			        process->pid);
	}
	if (left > named)
		fprintf(to, " and %llu more", (unsigned long long)(left - named));
	fputc('\n', to);
}

static void print_unseen(FILE *to, uint64_t count)
{
	if (count)
		fprintf(to,
		        "otelue: %llu process%s went on as a program that is not seen: without "
		        "LD_PRELOAD in its\notelue: environment, linked statically, set-user-ID, "
		        "of another user, architecture or libc, or excluded\n",
		        (unsigned long long)count, count == 1 ? "" : "es");
}

void report_table(FILE *to, const struct report *report)
{
	struct snapshot *snapshot = report_snapshot(report);

	print_summary(to, report);
	print_processes(to, report->tree, true, "still running, counted up to now");
	print_processes(to, report->tree, false, "killed, or ended without a chance to say so");
	if (report->tree->running + report->tree->killed)
		fputs("otelue: CPU time, page faults and disk I/O of these are known up to their "
		      "last "
		      "export\n",
		      to);
	print_unseen(to, report->tree->unseen);
	for (size_t i = 0; i < report->tree->message_count; i++)
		fprintf(to, "otelue: %s\n", report->tree->messages[i]);
	report_rows(to, snapshot, NULL, report->duration_ns);
	free(snapshot);
}
