/*
 * The result of a run: what was counted, as a table for people or as JSON. Series in which nothing
 * happened are left out. Percentiles are upper bounds of histogram buckets (metrics/percentile.h).
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "cli/tree.h"
#include "metrics/snapshot.h"

struct report {
	const struct tree *tree;
	char *const *command; /* what was run, NULL at its end */
	int status;           /* its end, as waitpid() tells */
	uint64_t duration_ns;
};

/* One line on the processes, then what the shim had to say, then the table. */
void report_table(FILE *to, const struct report *report);

/* One JSON object; durations in seconds, as OTLP has them. 0 or -errno. */
int report_json(FILE *to, const struct report *report);

/* The totals as points: cumulative ones, or what is new since `before` (NULL: since the start).
 * False: nothing happened in this series. */
bool report_point(struct point *ret, const struct snapshot *snapshot, const struct baseline *before,
                  uint32_t series);

/* What comes after this is new. */
void report_told(struct baseline *before, const struct snapshot *snapshot);

/* The lines of the table, and of the JSON object its "metrics", a new reference. */
void report_rows(FILE *to, const struct snapshot *snapshot, const struct baseline *before,
                 uint64_t duration_ns);
struct json_t *report_metrics(const struct snapshot *snapshot, const struct baseline *before);

/* What the tree counted, in new memory; its times are of no meaning. */
struct snapshot *report_snapshot(const struct report *report);

/* The headings, in their order, and which of them a metric stands under. */
#define REPORT_GROUPS (HOOK_FAMILY_COUNT + 2)
const char *report_group_name(int group);
const char *report_group(const struct metric *metric);

#endif
