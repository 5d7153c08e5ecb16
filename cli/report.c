/* What the table and the JSON have in common. See report.h. */
#include <string.h>
#include "cli/memory.h"
#include "cli/report.h"

static const struct point_options since_start = {
	.temporality = TEMPORALITY_CUMULATIVE,
	.families = UINT64_MAX,
};
static const struct point_options since_before = {
	.temporality = TEMPORALITY_DELTA,
	.families = UINT64_MAX,
};

bool report_point(struct point *ret, const struct snapshot *snapshot, const struct baseline *before,
                  uint32_t series)
{
	static const struct baseline nothing_told;

	if (!point_read(ret, snapshot, before ? before : &nothing_told,
	                before ? &since_before : &since_start, series))
		return false;
	return ret->metric->kind == KIND_HISTOGRAM ? ret->count != 0 : ret->value != 0;
}

void report_told(struct baseline *before, const struct snapshot *snapshot)
{
	baseline_commit_range(before, snapshot, &since_before, 0, SERIES_TOTAL);
}

struct snapshot *report_snapshot(const struct report *report)
{
	struct snapshot *snapshot = memory_take(sizeof(*snapshot));

	snapshot->totals = report->tree->totals;
	return snapshot;
}

/* What the kernel says of the processes, the families of hooks, ourselves. */
const char *report_group_name(int group)
{
	if (group == 0)
		return "kernel";
	return group <= HOOK_FAMILY_COUNT
	               ? attribute_value(&attribute_table[ATTRIBUTE_HOOK_FAMILY], group - 1)->text
	               : "otelue";
}

const char *report_group(const struct metric *metric)
{
	if (metric->family != FAMILY_NONE)
		return report_group_name(1 + metric->family);
	return report_group_name(
		strncmp(metric->name, "process.", strlen("process.")) == 0 ? 0 : REPORT_GROUPS - 1);
}
