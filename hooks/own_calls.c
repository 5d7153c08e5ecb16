/* Either the thread that stops them sees a call under way, or that one sees that they are stopped:
 * both words are written before the other is read, in one order for all. See own_calls.h. */
#include <stdint.h>
#include <time.h>
#include "base/atomic.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "hooks/descriptor.h"
#include "hooks/own_calls.h"

/* A call that is never ended, because its thread was cancelled in it, holds nobody for longer. */
#define WAITS   200
#define WAIT_NS 500000

static uint32_t under_way FORK_MEMORY, stops FORK_MEMORY;

bool own_calls_begin(void)
{
	__atomic_fetch_add(&under_way, 1, __ATOMIC_SEQ_CST);
	if (likely(!__atomic_load_n(&stops, __ATOMIC_SEQ_CST)))
		return true;
	own_calls_end();
	return false;
}

void own_calls_end(void)
{
	__atomic_fetch_sub(&under_way, 1, __ATOMIC_RELEASE);
}

void own_calls_stop(bool threaded)
{
	struct timespec moment = {0, WAIT_NS};

	/* Where they were stopped already there may be a filter: no call for the wait. */
	if (__atomic_fetch_add(&stops, 1, __ATOMIC_SEQ_CST))
		return;
	/* Who asks for the time is not counted: one moment for whoever is about to. */
	if (threaded)
		sys_call(SYS_nanosleep, &moment, NULL);
	for (int i = 0; i < WAITS && __atomic_load_n(&under_way, __ATOMIC_SEQ_CST); i++)
		sys_call(SYS_nanosleep, &moment, NULL);
}

bool own_calls_allow(void)
{
	return __atomic_sub_fetch(&stops, 1, __ATOMIC_RELAXED) == 0;
}

bool own_calls_are_stopped(void)
{
	return relaxed_load(&stops);
}

void own_calls_postfork_child(void)
{
	relaxed_store(&under_way, 0);
}

bool own_calls_ids(long *ret_process, long *ret_thread)
{
	if (!relaxed_load(&descriptor_lookups) || !own_calls_begin())
		return false;
	*ret_process = sys_call(SYS_getpid);
	*ret_thread = sys_call(SYS_gettid);
	own_calls_end();
	return true;
}
