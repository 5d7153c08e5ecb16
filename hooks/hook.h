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

/*
 * In a fork child, most of which exec soon, the emitter is started by the first timed hook that
 * ends after this time (hook_clock_ns(), or ticks once there is a multiplier); UINT64_MAX: nothing
 * to start.
 */
extern uint64_t hook_emitter_due HOOK_HIDDEN;
void hook_start_emitter(void) HOOK_HIDDEN __attribute__((cold));

struct hook_call {
	struct counting here;
	uint64_t start; /* ticks, or ns where multiplier is 0 */
	uint64_t multiplier;
};

static always_inline uint64_t hook_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * Starts the time alone. For a call that may wait: its hook asks counting_here() when it ends,
 * because a signal handler may have forked meanwhile, and the child, which returns into the hook
 * too, has not got the parent's shard.
 */
static always_inline struct hook_call hook_begin_timed(void)
{
	struct hook_call call = {{NULL, false}, 0, relaxed_load(&hook_ticks_multiplier)};

	call.start = likely(call.multiplier) ? ticks_read() : hook_clock_ns();
	return call;
}

static always_inline struct hook_call hook_begin(enum HOOK_FAMILY family)
{
	struct hook_call call;

	call.here = counting_here(family);
	call.multiplier = relaxed_load(&hook_ticks_multiplier);
	call.start = likely(call.multiplier) ? ticks_read() : hook_clock_ns();
	return call;
}

/* Time since hook_begin(), in units of 2^-30 s; never 0 and never negative, whatever the counter
 * does. */
static always_inline uint64_t hook_elapsed(const struct hook_call *call)
{
	uint64_t now = likely(call->multiplier) ? ticks_read() : hook_clock_ns();
	uint64_t elapsed = now > call->start ? now - call->start : 1;

	if (unlikely(now >= relaxed_load(&hook_emitter_due)))
		hook_start_emitter();
	elapsed = likely(call->multiplier) ? ticks_to_units(elapsed, call->multiplier)
	                                   : ns_to_units(elapsed);
	return elapsed ? elapsed : 1;
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
