/*
 * Totals out of a segment: the sum of the process's block and all shards, with the derived rows
 * computed. Used by the emitter (no libc) and, through metrics/reader.h, by the command. Readers
 * race with writers by design: every word is read whole, and a histogram's count is the sum of its
 * buckets as read.
 */
#ifndef METRICS_COLLECT_H
#define METRICS_COLLECT_H

#include <stdbool.h>
#include "metrics/metric.h"
#include "metrics/segment.h"

/* to += from, word by word (recorded rows: right for counters and histograms). */
void collect_add_process(struct process_values *to, const struct process_values *from);
void collect_add_shard(struct process_values *to, const struct shard_values *from);

/* Computes the DERIVED rows from the others. inherited_*: see struct segment_header. */
void collect_derive(struct process_values *totals, int64_t inherited_bytes,
                    int64_t inherited_blocks);

/* to += everything this process's segment holds; the derived rows are still to be computed. */
void collect_add_segment(struct process_values *to, const struct segment *segment);
/* to += the pages given (segment_process_pages()) of a process's block. */
void collect_add_pages(struct process_values *to, const struct process_values *from,
                       uint64_t pages);

/*
 * All to zero. named: also what names tell apart, which is many pages; they must be zero already
 * where that is left out.
 */
void collect_clear(struct process_values *totals, bool named);

/*
 * Where the counts of a series go in another process's totals (or a tree's): each numbers its names
 * for itself. Counts whose name is missing go to those without a slot.
 */
uint32_t collect_series_in(struct process_values *to, const struct process_values *from,
                           const struct metric *metric, uint32_t series);

/* *ret = everything this process's segment holds, derived rows included. */
void collect_totals(struct process_values *ret, const struct segment *segment);

/* Live allocations alone, cheaper than all totals. */
void collect_live(const struct segment *segment, int64_t *ret_bytes, int64_t *ret_blocks);

/* Takes the values out of these pages of `from` (leaving zeros) and adds them to `to` with locked
 * adds: any thread, any time. */
void collect_drain(struct process_values *to, struct process_values *from, uint64_t pages);

/*
 * Adds one process's totals to those of a tree. ended: the process is gone, so what is a present
 * state (gauges, and observed up-down sums such as memory in use) is left out. Live allocations and
 * connections of ended processes stay in: what was not given back. Observed rows of *tree are in
 * the observed form (metric.h).
 */
void collect_merge(struct process_values *tree, const struct process_values *totals, bool ended);

#endif
