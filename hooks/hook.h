/*
 * What a hook is made of: begin, real call, end. The rules:
 *
 *  - The real call's result and errno go back untouched. Nothing here sets errno, allocates, takes
 * a lock or calls a hooked function; system calls are raw, and only to claim a shard or to learn a
 * descriptor's kind, once.
 *  - No guard is held across the real call: it may be left by siglongjmp, cancellation or an
 * exception.
 *  - At most 10 lines, no loop, no return hidden in a macro. A frame under 512 bytes.
 *  - A cancellation point stays one, and none is added.
 *  - What may be called in a signal handler has a hook that may be.
 */
#ifndef HOOKS_HOOK_H
#define HOOKS_HOOK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "base/atomic.h"
#include "base/ticks.h"
#include "base/vdso.h"
#include "hooks/counting.h"
#include "hooks/real.h"

#define OTELUE_EXPORT __attribute__((visibility("default")))

/* Declares the hooks, so that each definition is checked against its row. */
#define HOOK(family, need, type, name, parameters) OTELUE_EXPORT type name parameters;
#include "hooks/hooks.def"
#undef HOOK

/* Ticks to units of 2^-30 s (ticks.h); 0 until the counter is calibrated and while it is not to be
 * trusted. */
extern uint64_t hook_ticks_multiplier HOOK_HIDDEN;

/* The counter outside the hooks' timers: 0 where the program has forbidden it to its threads
 * (PR_SET_TSC), whom it would kill. */
uint64_t hook_ticks(void) HOOK_HIDDEN;
/* The program is about to forbid it: from now on the time is the system call's, for good. */
void hook_ticks_forbid(void) HOOK_HIDDEN;
/* After calibration; nothing where it is forbidden. */
void hook_ticks_trust(uint64_t multiplier) HOOK_HIDDEN;
void hook_ticks_distrust(void) HOOK_HIDDEN;

/*
 * What is to be done later is done by the first timed hook that ends after this time
 * (hook_clock_ns(), or ticks once there is a multiplier): the counter is calibrated, and the
 * emitter started in a fork child, most of which exec soon. UINT64_MAX: nothing. 0 until our
 * constructor: a fork child writes it, on the page that it writes anyway.
 */
extern uint64_t hook_due HOOK_HIDDEN;
void hook_do_what_is_due(void) HOOK_HIDDEN __attribute__((cold));

struct hook_call {
	struct counting here;
	struct hook_timer timer;
};

/*
 * The kernel's clock_gettime: the system call until hook_clock_begin() has found better. Not
 * libc's, which belongs to others too: libfaketime's opens files before it tells the time.
 */
extern vdso_clock_gettime_type *hook_clock HOOK_HIDDEN;
void hook_clock_begin(const void *vdso) HOOK_HIDDEN;
/* Nothing is counted and so no time is taken. */
void hook_clock_off(void) HOOK_HIDDEN;
/* No system call any more: the time stands still, until it goes on. */
void hook_clock_stop(void) HOOK_HIDDEN;
void hook_clock_resume(void) HOOK_HIDDEN;
bool hook_clock_is_running(void) HOOK_HIDDEN;

static always_inline uint64_t hook_clock_ns(void)
{
	struct timespec now;

	relaxed_load (&hook_clock)(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The two ends of a time taken by the clock, apart: a hook needs no room for them. */
uint64_t hook_clock_start(void) HOOK_HIDDEN;
uint64_t hook_clock_elapsed(uint64_t start_ns) HOOK_HIDDEN;

/*
 * Starts the time alone. For a call that may wait: its hook asks counting_here() when it ends,
 * because a signal handler may have forked meanwhile, and the child, which returns into the hook
 * too, has not got the parent's shard.
 */
static always_inline struct hook_timer hook_timer_start(void)
{
	struct hook_timer timer = {0, relaxed_load(&hook_ticks_multiplier)};

	timer.start = likely(timer.multiplier) ? ticks_read() : hook_clock_start();
	return timer;
}

/* Time since then, in units of 2^-30 s; never 0 and never negative, whatever the counter does. */
static always_inline uint64_t hook_timer_elapsed(struct hook_timer timer)
{
	uint64_t now, elapsed;

	if (unlikely(!timer.multiplier))
		return hook_clock_elapsed(timer.start);
	now = ticks_read();
	if (unlikely(now >= hook_due)) /* not atomic: may be a moment old */
		hook_do_what_is_due();
	now = likely(now > timer.start) ? now : timer.start;
	elapsed = ticks_to_units(now - timer.start, timer.multiplier);
	return elapsed + !elapsed;
}

static always_inline struct hook_call hook_begin(enum HOOK_FAMILY family)
{
	struct hook_call call;

	call.here = counting_here(family);
	call.timer = hook_timer_start();
	return call;
}

/* Time since hook_begin(). */
static always_inline uint64_t hook_elapsed(const struct hook_call *call)
{
	return hook_timer_elapsed(call->timer);
}

/* Which value of an error attribute an errno is; the set's last one, _OTHER, for those that it does
 * not name. */
uint32_t hook_error_value(enum attribute_id attribute, int error) HOOK_HIDDEN __attribute__((cold));

/* What the hook of an OPTIONAL function does where libc does not have it: -1 with ENOSYS. */
int hook_missing(void) HOOK_HIDDEN __attribute__((cold));

static always_inline bool hook_would_block(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINPROGRESS;
}

#endif
