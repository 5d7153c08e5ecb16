/* The emitter follows the program or steps aside, on the program's threads. See hooks/lifecycle.h.
 */
#include "hooks/descriptor.h"
#include "hooks/hook.h"
#include "hooks/lifecycle.h"
#include "hooks/own_calls.h"
#include "preload/emitter.h"
#include "preload/lifecycle.h"
#include "preload/shim.h"
#include "preload/tree.h"

#define RIGHTS_BOUND_NS UINT64_C(1000000000)
#define FILTER_BOUND_NS UINT64_C(50000000)
#define AWAY_NS         UINT64_C(1000000000)

bool lifecycle_counts(void)
{
	return shim.counting;
}

bool lifecycle_alone_begin(void)
{
	if (!lifecycle_is_ours() || !emitter_tid())
		return false;
	emitter_stop(RIGHTS_BOUND_NS);
	return true;
}

void lifecycle_alone_end(void)
{
	if (emitter_start())
		shim_log(LOG_LEVEL_WARN,
		         "no emitter thread in the new namespace: exported at exit only");
}

void lifecycle_follow(const struct lifecycle_call *call)
{
	if (!lifecycle_is_ours() || !emitter_tid() || emitter_follow(call, RIGHTS_BOUND_NS) >= 0)
		return;
	/* It must not stay behind with rights that the program has given up. */
	if (emitter_stop(RIGHTS_BOUND_NS))
		emitter_start();
}

void lifecycle_signal(pid_t thread, int signal)
{
	if (signal && thread && (uint32_t)thread == emitter_tid() && lifecycle_is_ours() &&
	    emitter_stop(RIGHTS_BOUND_NS))
		lifecycle_emitter_in(AWAY_NS);
}

bool lifecycle_confine_begin(void)
{
	bool ours = lifecycle_is_ours(), stops;

	if (hook_thread.passing || !shim.counting)
		return false;
	/* There will be no other export. */
	if (ours && tree_is_exporter())
		emitter_flush(FILTER_BOUND_NS);
	if (ours)
		counting_freeze_begin();
	stops = ours && emitter_tid();
	hook_clock_stop(); /* the vDSO may ask the kernel */
	own_calls_stop(lifecycle_is_threaded());
	if (stops)
		emitter_stop(RIGHTS_BOUND_NS);
	return stops;
}

void lifecycle_confine_end(bool stopped, bool confined)
{
	if (hook_thread.passing || !shim.counting)
		return;
	if (!confined) {
		if (own_calls_allow())
			hook_clock_resume();
		if (stopped)
			emitter_start();
		return;
	}
	tree_resign();
	relaxed_store(&shim.confined, true);
	relaxed_store(&hook_due, UINT64_MAX);
	relaxed_store(&descriptor_lookups, false);
	counting_freeze();
	emitter_confine();
}
