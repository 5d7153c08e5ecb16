/* Start, fork, exec and end of the process, as the shim sees them. The hooks' side of it is
 * hooks/lifecycle.h. */
#ifndef PRELOAD_LIFECYCLE_H
#define PRELOAD_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Hands the totals over at the end of the process, once: to the session's accumulator if there is
 * one; the segment is then marked and unlinked. Any thread, also the emitter; no libc.
 */
void lifecycle_close_books(void);

/* False in the child of vfork, where nothing is counted, and under a filter of system calls. */
bool lifecycle_is_ours(void);

/* The first timed hook after so long a time starts the emitter. */
void lifecycle_emitter_in(uint64_t delay_ns);

/* Has libc ever had more than one thread? */
bool lifecycle_is_threaded(void);

/* The settings let us count: makes the segment and the emitter, registers handlers of fork and
 * exit. */
void lifecycle_begin(void);

#endif
