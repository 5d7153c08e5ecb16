/*
 * What a tree has counted: the accumulator, the segments of the processes that run, and those that
 * killed ones left behind, which are taken into the accumulator. On the emitter, or on the exiting
 * thread in its place. No libc.
 */
#ifndef PRELOAD_TREE_TOTALS_H
#define PRELOAD_TREE_TOTALS_H

#include <stdbool.h>
#include "metrics/reader.h"
#include "metrics/segment_list.h"
#include "metrics/session.h"

struct tree_scratch {
	uint64_t begun, ended, since_ns; /* changes that do not come to their end */
	struct segment_list list;
	struct segment_reading reading;
	struct process_values own, sum, accumulated;
};

/*
 * The sum of this process's totals, `own`, and of all others of the tree, into *totals, which holds
 * the sum of the last export; *ret_changes: changes of the session that are in it. False: processes
 * ended all the time while they were counted; then not now, for a sum that is not exact could never
 * be made good. The rows of the present state (memory in use, threads, descriptors) are those of
 * the running processes that know them, gauges this one's.
 */
bool tree_totals_add(struct tree_scratch *scratch, struct session_accumulator *session,
                     const char *directory, const struct process_values *own,
                     struct process_values *totals, uint64_t *ret_changes);

/*
 * Takes into the accumulator what killed processes have left, between two exports and where nobody
 * wants any: it may not fill the memory. Costs a listing and a system call for each process where
 * there is none. Ends early once *calls is not `seen` any more.
 */
void tree_totals_absorb(struct tree_scratch *scratch, struct session_accumulator *session,
                        const char *directory, const uint32_t *calls, uint32_t seen);

#endif
