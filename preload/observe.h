/*
 * The rows of the catalogue that the kernel is asked for (process.*) and our own health. Runs on
 * the emitter, or on the exiting thread where there is no emitter. No libc.
 */
#ifndef PRELOAD_OBSERVE_H
#define PRELOAD_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>
#include "metrics/metric.h"

/* What the process had used before counting began: it survives exec and is not ours to report. */
struct observe_baseline {
	uint64_t user_ns, system_ns, voluntary, involuntary, major, minor;
	uint64_t blocks[2]; /* of disk.io.direction, as getrusage(2) counts them */
	/* Where otelue.io.coverage begins: the kernel's calls, and those that had been seen. */
	uint64_t calls[2], seen[2], children;
	bool calls_known;
};

struct observe_state {
	uint64_t last_ns, last_user_ns, last_system_ns; /* of the utilization's window */
	uint64_t emitters_ns; /* CPU time of the process's emitters that have ended */
};

/* Taken by the constructor. A fork child's are zeros, calls_known. */
void observe_begin(struct observe_baseline *ret);

/*
 * From here on otelue.io.coverage counts, unless it does already. totals: collected just before;
 * NULL: nothing has been counted yet.
 */
void observe_calls_begin(struct observe_baseline *baseline, const struct process_values *totals,
                         uint32_t emitter_tid);

/*
 * Writes the process.* rows and otelue.io.coverage, .overhead.time, .hooks.active into the block
 * that is shared with readers. totals: collected just before, to set otelue.io.coverage by.
 * emitter_tid: 0 if the emitter does not run; its own I/O and thread are left out of what is
 * reported.
 */
void observe_process(struct process_values *process, struct observe_state *state,
                     const struct observe_baseline *baseline, const struct process_values *totals,
                     uint32_t emitter_tid);

/* The emitter's last act: its CPU time is not lost where another one follows. */
void observe_emitter_ends(struct observe_state *state);

/* Only what is known without a descriptor: CPU time, context switches, faults, disk I/O. */
void observe_usage(struct process_values *process, struct observe_state *state,
                   const struct observe_baseline *baseline);

/* Adds to a row that we feed ourselves. Any thread. */
void observe_add(struct process_values *process, enum metric_id id, uint32_t series,
                 uint64_t amount);

/*
 * A main thread that ended by a raw exit system call leaves a zombie that waits for its other
 * threads: for the emitter. Its exit code if nobody else is left, else -1. Who ends last gives the
 * code: where there were other threads, those.
 */
int observe_program_end(void);

#endif
