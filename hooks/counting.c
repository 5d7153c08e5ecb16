/* Shards claimed and given back, the block before the segment, fork. See counting.h. */
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "hooks/counting.h"
#include "hooks/thread.h"
#include "metrics/collect.h"

#if defined(__x86_64__)
#define WIPED_ALIGNMENT 4096
#else
#define WIPED_ALIGNMENT 65536
#endif

__thread struct hook_thread hook_thread;
uint64_t hook_families = ~UINT64_C(0);

/* Zeroed by the kernel in a fork child, however it was forked: no segment, so it counts into its
 * own `early`. */
static union {
	struct {
		struct segment segment;
		uint32_t early_used; /* the pages of `early` were touched: look through them */
	};
	char page[WIPED_ALIGNMENT];
} wiped __attribute__((aligned(WIPED_ALIGNMENT)));

static struct process_values
	early; /* counts from the first call of the process until there is a segment */
static struct segment inherited; /* in a fork child: the parent's mapping, to be dropped */
static pthread_key_t thread_end_key;
static bool have_thread_end_key, wiping, frozen;

_Static_assert(sizeof(wiped) == WIPED_ALIGNMENT, "one page is wiped");
_Static_assert(sizeof(struct hook_thread) <= 256, "static TLS budget");
_Static_assert(offsetof(struct hook_thread, values) == 0 &&
                       offsetof(struct hook_thread, passing) == 17,
               "hooks/vfork.S");

struct segment *counting_segment(void)
{
	return &wiped.segment;
}

struct process_values *counting_process(void)
{
	struct process_values *process = relaxed_load(&wiped.segment.process);

	if (process)
		return process;
	relaxed_store(&wiped.early_used, 1);
	return &early;
}

static void drain_early(void)
{
	if (relaxed_load(&wiped.early_used))
		collect_drain(wiped.segment.process, &early);
}

/* Runs when a thread ends, after its other destructors of this round. */
static void thread_ends(void *values)
{
	thread_ended();
	hook_thread.ended = 1;
	hook_thread.values = NULL;
	if (values != &wiped)
		segment_release(&wiped.segment, values);
}

static struct shard_values *claim(void)
{
	struct shard_values *values = segment_claim(&wiped.segment, (uint32_t)sys_call(SYS_gettid));

	/* Without a destructor the shard would never be given back. Keys under 32 need no memory.
	 */
	if (values && have_thread_end_key && pthread_setspecific(thread_end_key, values)) {
		segment_release(&wiped.segment, values);
		values = NULL;
	}
	return values;
}

struct counting counting_slow(void)
{
	struct counting here = {NULL, false};

	if (hook_thread.passing || !relaxed_load(&hook_families))
		return here;
	/* Pairs with counting_start(): the block is stored last. */
	if (acquire_load(&wiped.segment.process) && !hook_thread.ended && !relaxed_load(&frozen) &&
	    !__atomic_exchange_n(&hook_thread.claiming, 1, __ATOMIC_RELAXED)) {
		here.values = claim();
		hook_thread.values = here.values;
		relaxed_store(&hook_thread.claiming, 0);
	}
	if (!here.values) {
		here.values = &counting_process()->common;
		here.shared = true;
	}
	return here;
}

void counting_thread_begin(void)
{
	if (!hook_thread.values)
		counting_slow();
	/* Without a shard: any value but NULL has the destructor called. */
	if (!hook_thread.values && have_thread_end_key)
		pthread_setspecific(thread_end_key, &wiped);
}

static int start(const struct segment_identity *identity, void *place)
{
	struct process_values *process;
	static struct segment segment; /* made aside: readers of `wiped` see all of it or nothing */
	int err;

	if (!have_thread_end_key)
		have_thread_end_key = pthread_key_create(&thread_end_key, thread_ends) == 0;
	err = segment_create_at(&segment, identity, place);
	if (err)
		return err;
	if (!wiping)
		wiping = sys_call(SYS_madvise, &wiped, sizeof(wiped), MADV_WIPEONFORK) == 0;
	/* The process's block last: whoever sees it finds the rest in place. */
	process = segment.process;
	segment.process = NULL;
	memcpy(&wiped.segment, &segment, sizeof(segment));
	release_store(&wiped.segment.process, process);
	drain_early();
	return 0;
}

int counting_start(const struct segment_identity *identity)
{
	return start(identity, NULL);
}

void counting_totals(struct process_values *ret)
{
	if (!wiped.segment.header) {
		memcpy(ret, &early, sizeof(*ret));
		collect_derive(ret, 0, 0);
		return;
	}
	drain_early();
	collect_totals(ret, &wiped.segment);
}

void counting_freeze(void)
{
	relaxed_store(&frozen, true);
}

void counting_prefork(void)
{
	hook_thread.live_bytes = hook_thread.live_blocks = 0;
	if (wiped.segment.header) {
		drain_early();
		collect_live(&wiped.segment, &hook_thread.live_bytes, &hook_thread.live_blocks);
	}
	/* Threads that fork at once all write what is there for long; no mapping is ever moved. */
	memcpy(&inherited, &wiped.segment, sizeof(inherited));
	hook_thread.claiming = 1;
	if (hook_thread.values) /* NULL: a handler forks while this thread forks */
		hook_thread.parked = hook_thread.values;
	relaxed_store(&hook_thread.values, NULL);
}

void counting_postfork_parent(void)
{
	relaxed_store(&hook_thread.values, hook_thread.parked);
	hook_thread.parked = NULL;
	relaxed_store(&hook_thread.claiming, 0);
}

void counting_postfork_child(const struct segment_identity *identity)
{
	struct segment_identity child = *identity;
	uint32_t early_used = wiped.early_used;
	void *place;

	child.inherited_bytes = hook_thread.live_bytes;
	child.inherited_blocks = hook_thread.live_blocks;

	if (!inherited.header) /* then these are the parent's counts */
		memset(&early, 0, sizeof(early));
	if (!wiping) { /* a kernel before 4.14 */
		memset(&wiped, 0, sizeof(wiped));
		wiped.early_used = early_used;
	}
	place = segment_disown(&inherited, hook_thread.parked);
	relaxed_store(&hook_thread.values, NULL);
	hook_thread.parked = NULL;
	if (have_thread_end_key)
		pthread_setspecific(thread_end_key, NULL);
	start(&child, place);
	relaxed_store(&hook_thread.claiming, 0);
}

void counting_postfork_frozen_child(void)
{
	if (!wiping)
		memset(&wiped, 0, sizeof(wiped));
	relaxed_store(&hook_thread.values, NULL);
	hook_thread.parked = NULL;
	relaxed_store(&hook_thread.claiming, 0);
}
