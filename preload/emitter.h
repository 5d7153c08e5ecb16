/*
 * The emitter: a kernel thread that libc does not know of (base/thread.h), with a file table of its
 * own. It sleeps, looks whether somebody listens, exports when it is time. What runs on it calls
 * nothing of libc and uses no thread-local storage; `make check` looks at the objects.
 *
 * Start, stop and flush are called by the program's threads; they use raw system calls only.
 */
#ifndef PRELOAD_EMITTER_H
#define PRELOAD_EMITTER_H

#include <stdbool.h>
#include <stdint.h>
#include "hooks/lifecycle.h"

/*
 * Clones the thread, if there is none. 0 or -errno (-EAGAIN: RLIMIT_NPROC, pids.max; -EALREADY: one
 * that has ended by itself cannot be followed by another). Where that fails, exits export
 * themselves.
 */
int emitter_start(void);

/* A filter of system calls is there: none of these functions clones a thread from now on. */
void emitter_confine(void);

/* Would an export reach anybody? Also before the emitter has woken for the first time. */
bool emitter_reaches_somebody(void);

/*
 * Has everything exported that has been counted so far and waits for it, at most `bound_ns` or the
 * settings' timeout. False, and at once, where no export would reach anybody, or the settings want
 * none at exits.
 */
bool emitter_flush(uint64_t bound_ns);

/* Ends the thread and waits until the kernel has forgotten it. False: it did not end within the
 * bound, and will as soon as it can. */
bool emitter_stop(uint64_t bound_ns);

/*
 * Has the emitter make a system call, one at a time. Its result, or -ESRCH: there is no emitter;
 * -ETIMEDOUT: it has not come to it and will not.
 */
long emitter_follow(const struct lifecycle_call *call, uint64_t bound_ns);

/* In a fork child: there is no thread; the next emitter_start() begins anew. */
void emitter_postfork_child(void);

/* tid, 0: not running. */
uint32_t emitter_tid(void);

#endif
