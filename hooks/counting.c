/* Shards claimed and given back, the block before the segment, fork. See counting.h. */
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "hooks/counting.h"
#include "hooks/own_calls.h"
#include "hooks/thread.h"
#include "metrics/collect.h"

__thread struct hook_thread hook_thread;
uint64_t hook_families = ~UINT64_C(0);
bool counting_names, counting_reverse, counting_misses_io;

union counting_page counting_page WIPED_MEMORY __attribute__((aligned(COUNTING_PAGE)));

static struct process_values early LARGE_MEMORY; /* counts from the first call of the process until
                                       there is a segment, and what that has no room for */
static struct segment inherited
	FORK_MEMORY; /* in a fork child: the parent's mapping, to be dropped */
static uint64_t early_inherited
	FORK_MEMORY; /* in a fork child: pages of `early` that hold the parent's counts */
static pthread_key_t thread_end_key;
static bool have_thread_end_key, wiping, frozen;

_Static_assert(sizeof(counting_page) == COUNTING_PAGE, "one page is wiped");
_Static_assert(sizeof(struct hook_thread) <= 256, "static TLS budget");
_Static_assert(offsetof(struct hook_thread, values) == 0 &&
                       offsetof(struct hook_thread, passing) == 17,
               "hooks/vfork.S");

struct segment *counting_segment(void)
{
	return &counting_page.segment;
}

/* False: no room was found, or none may be asked for just now. */
static bool get_pages(uint64_t pages)
{
	bool got;

	if (!own_calls_begin())
		return false;
	got = segment_populate_process(&counting_page.segment, pages);
	own_calls_end();
	return got;
}

/* Are these pages of the segment's block to be written to? */
static bool have_pages(uint64_t pages)
{
	/* Pairs with segment_create_at(): the block is stored last. */
	if (!acquire_load(&counting_page.segment.process))
		return false;
	if (!(pages & ~relaxed_load(&counting_page.segment.process_pages)))
		return true;
	if (relaxed_load(&frozen) || relaxed_load(&counting_page.starved))
		return false;
	if (get_pages(pages))
		return true;
	relaxed_store(&counting_page.starved, true);
	return false;
}

static struct process_values *process_with(uint64_t pages)
{
	if (have_pages(pages))
		return counting_page.segment.process;
	if (pages & ~relaxed_load(&counting_page.early_pages))
		__atomic_fetch_or(&counting_page.early_pages, pages, __ATOMIC_RELAXED);
	return &early;
}

/* Without those of names, which counting_record_name() asks for. */
static uint64_t row_pages(enum metric_id id)
{
	const struct metric *metric = &metric_table[id];
	uint32_t series = metric->series - metric->shard_series;

	if (id == METRIC_DNS_LOOKUP_DURATION)
		series = DNS_ERROR_NAMED;

	return segment_process_pages(metric->process_word, series * metric->width);
}

struct process_values *counting_process_slow(enum metric_id id)
{
	struct process_values *process = process_with(row_pages(id));

	if (process != &early)
		release_store(&counting_page.have[id], 1);
	return process;
}

void counting_record_name(struct counting here, const char *name, size_t length,
                          enum DNS_ERROR error, uint64_t value)
{
	const struct metric *metric = &metric_table[METRIC_DNS_LOOKUP_DURATION];
	struct process_values *process;
	uint32_t slot = NAME_SLOTS;
	uint64_t *words;

	if (!here.values)
		return;
	process = process_with(SEGMENT_NAMED_PAGES);
	if (process != &early) /* whose slots would be others */
		slot = name_slot(&process->names, name, length, (uint8_t)error);
	words = (uint64_t *)process + metric_series_word(metric, DNS_ERROR_NAMED + slot);
	counter_add_shared(words, value);
	counter_add_shared(words + histogram_word(value, metric->width - 2u), 1);
}

/*
 * Moves what is in `early` to where there is room for it now, then no other thread moves any until
 * collect_end(). False: another one is at it. *ret_left: pages that stay in `early`.
 */
static bool collect_begin(uint64_t *ret_left)
{
	*ret_left = relaxed_load(&counting_page.early_pages);
	if (__atomic_exchange_n(&counting_page.collecting, true, __ATOMIC_ACQUIRE))
		return false;
	relaxed_store(&counting_page.starved, false);
	if (*ret_left && have_pages(*ret_left)) {
		collect_drain(counting_page.segment.process, &early, *ret_left);
		*ret_left = 0;
	}
	return true;
}

static void collect_end(bool begun)
{
	if (begun)
		release_store(&counting_page.collecting, false);
}

struct process_values *counting_observed(void)
{
	uint64_t pages = 0, left;

	for (int id = 0; id < METRIC_COUNT; id++) {
		if (metric_table[id].place == PLACE_OBSERVED)
			pages |= row_pages((enum metric_id)id);
	}
	/* What is observed replaces what was there: only one of the two places may have it. */
	collect_end(collect_begin(&left));
	return process_with(pages);
}

/* Runs when a thread ends, after its other destructors of this round. */
static void thread_ends(void *values)
{
	thread_ended();
	hook_thread.ended = 1;
	hook_thread.values = NULL;
	if (values != &counting_page)
		segment_release(&counting_page.segment, values);
}

static struct shard_values *claim(void)
{
	struct shard_values *values;

	if (!own_calls_begin())
		return NULL;
	values = segment_claim(&counting_page.segment, (uint32_t)sys_call(SYS_gettid));
	own_calls_end();
	/* Without a destructor the shard would never be given back. Keys under 32 need no memory.
	 */
	if (values && have_thread_end_key && pthread_setspecific(thread_end_key, values)) {
		segment_release(&counting_page.segment, values);
		values = NULL;
	}
	return values;
}

struct counting counting_slow(void)
{
	struct counting here = {NULL, false};

	if (hook_thread.passing || !relaxed_load(&hook_families))
		return here;
	/* Pairs with segment_create_at(): the block is stored last. */
	if (acquire_load(&counting_page.segment.process) && !hook_thread.ended &&
	    !relaxed_load(&frozen) &&
	    !__atomic_exchange_n(&hook_thread.claiming, 1, __ATOMIC_RELAXED)) {
		here.values = claim();
		hook_thread.values = here.values;
		relaxed_store(&hook_thread.claiming, 0);
	}
	if (!here.values) {
		here.values = &process_with(segment_process_pages(0, SHARD_WORDS))->common;
		here.shared = true;
	}
	return here;
}

/* A shard is only for those who count in it: SHARD_FAMILIES is right. */
#define HOOK_FAMILY_NONE 31
#define METRIC(id, family, kind, number, place, name, unit, a, b, c, description)             \
	_Static_assert(IN_SHARD_##place == 0 || (SHARD_FAMILIES >> HOOK_FAMILY_##family & 1), \
	               #id " is in shards");
#include "metrics/metrics.def"
#undef METRIC
#undef HOOK_FAMILY_NONE

struct counting counting_slow_without_shard(void)
{
	struct counting here = {NULL, true};

	if (!hook_thread.passing && relaxed_load(&hook_families))
		here.values = &early.common; /* not written to */
	return here;
}

void counting_thread_begin(void)
{
	if (!hook_thread.values)
		counting_slow();
	/* Without a shard: any value but NULL has the destructor called. */
	if (!hook_thread.values && have_thread_end_key)
		pthread_setspecific(thread_end_key, &counting_page);
}

static int start(const struct segment_identity *identity, void *place)
{
	uint64_t left;
	int err;

	if (!have_thread_end_key)
		have_thread_end_key = pthread_key_create(&thread_end_key, thread_ends) == 0;
	err = segment_create_at(&counting_page.segment, identity, place);
	if (err)
		return err;
	if (!wiping)
		wiping = sys_call(SYS_madvise, &counting_page, sizeof(counting_page),
		                  MADV_WIPEONFORK) == 0;
	collect_end(collect_begin(&left));
	return 0;
}

int counting_start(const struct segment_identity *identity)
{
	return start(identity, NULL);
}

void counting_totals(struct process_values *ret)
{
	const struct segment_header *header = counting_page.segment.header;

	uint64_t left;
	bool begun = collect_begin(&left);

	collect_clear(ret, counting_names);
	if (header)
		collect_add_segment(ret, &counting_page.segment);
	collect_add_pages(ret, &early, left);
	collect_end(begun);
	collect_derive(ret, header ? header->inherited_bytes : 0,
	               header ? header->inherited_blocks : 0);
}

void counting_freeze_begin(void)
{
	uint64_t wanted = SEGMENT_PROCESS_PAGES_ALL;

	if (!counting_names)
		wanted = segment_process_pages(0, NAMED_WORD) |
		         segment_process_pages(NAMED_END, PROCESS_WORDS - NAMED_END);
	if (counting_page.segment.process)
		segment_populate_process(&counting_page.segment, wanted);
}

void counting_freeze(void)
{
	relaxed_store(&frozen, true);
}

void counting_prefork(void)
{
	hook_thread.live_bytes = hook_thread.live_blocks = 0;
	collect_end(collect_begin(&early_inherited));
	if (counting_page.segment.header)
		collect_live(&counting_page.segment, &hook_thread.live_bytes,
		             &hook_thread.live_blocks);
	/* Threads that fork at once all write what is there for long; no mapping is ever moved. */
	memcpy(&inherited, &counting_page.segment, sizeof(inherited));
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
	uint64_t early_pages;
	void *place;

	child.inherited_bytes = hook_thread.live_bytes;
	child.inherited_blocks = hook_thread.live_blocks;

	if (early_inherited) /* the parent's counts */
		memset(&early, 0, sizeof(early));
	if (!wiping) { /* a kernel before 4.14; else a page that is read first is faulted twice */
		early_pages = relaxed_load(&counting_page.early_pages);
		memset(&counting_page, 0, sizeof(counting_page));
		counting_page.early_pages = early_pages;
	}
	place = segment_disown(&inherited, hook_thread.parked);
	relaxed_store(&hook_thread.values, NULL);
	hook_thread.parked = NULL;
	if (have_thread_end_key)
		pthread_setspecific(thread_end_key, NULL);
	start(&child, place);
	relaxed_store(&hook_thread.claiming, 0);
}

void counting_early_child(void)
{
	if (!have_thread_end_key && relaxed_load(&counting_page.early_pages))
		memset(&early, 0, sizeof(early));
}

void counting_postfork_frozen_child(void)
{
	if (!wiping)
		memset(&counting_page, 0, sizeof(counting_page));
	relaxed_store(&hook_thread.values, NULL);
	hook_thread.parked = NULL;
	relaxed_store(&hook_thread.claiming, 0);
}
