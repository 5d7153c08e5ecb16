/*
 * Where a hook counts. Each thread has a shard of the segment, claimed at its first hooked call and
 * written with single instructions; whoever has none (before the segment exists, after thread-local
 * storage is gone, when no shard is left) adds with locked instructions to a block that all threads
 * share. In the child of vfork nothing is counted.
 *
 * State of the module: one thread-local struct, one page that the kernel wipes in a fork child (so
 * that a child cannot count into its parent's segment), one static block for the time before the
 * segment.
 */
#ifndef HOOKS_COUNTING_H
#define HOOKS_COUNTING_H

#include <stdbool.h>
#include <stdint.h>
#include "base/atomic.h"
#include "metrics/histogram.h"
#include "metrics/metric.h"
#include "metrics/segment.h"

/* When a call or a thread began. Two words, so that it is handed on in registers. */
struct hook_timer {
	uint64_t start; /* ticks, or ns where multiplier is 0 */
	uint64_t multiplier;
};

#define HOOK_HIDDEN __attribute__((visibility("hidden")))

struct hook_thread {
	struct shard_values *values; /* own shard; NULL: take the slow path */
	struct shard_values *parked; /* the shard while `passing` or `forking` */
	uint8_t claiming; /* inside counting_slow(): a handler that interrupts it must not claim too
	                   */
	uint8_t passing;  /* in the child of vfork, in the parent's memory: count nothing */
	uint8_t resolving; /* inside dlsym */
	uint8_t ended;     /* after the thread's destructors: never claim again */
	uint8_t leaving;   /* in daemon(): forks, and then the parent ends inside libc */
	/* Live allocations when this thread began to fork, for the child to start from. */
	int64_t live_bytes, live_blocks;
	struct hook_timer timer; /* when the thread began; start is 0 in the main one */
};

extern __thread struct hook_thread hook_thread HOOK_HIDDEN
	__attribute__((tls_model("initial-exec")));

/* Hook families that count; bit 1 << enum HOOK_FAMILY. All until the settings are known, none when
 * disabled. */
extern uint64_t hook_families HOOK_HIDDEN;

/* A place to add to: own shard (plain adds), or a shared block (locked adds), or none (values is
 * NULL). */
struct counting {
	struct shard_values *values;
	bool shared;
};

#if defined(__x86_64__)
#define COUNTING_PAGE 4096
#else
#define COUNTING_PAGE 65536
#endif

/* Zeroed by the kernel in a fork child, however it was forked: no segment, so it counts into
 * memory of its own. */
union counting_page {
	struct {
		struct segment segment;
		uint8_t have[METRIC_COUNT]; /* the segment has memory for the row's process part */
		uint64_t early_pages;       /* of `early` that were touched: look through them */
		uint64_t copies;            /* calls that the kernel counts as a read and a write */
		bool starved;    /* no room for a page was found; asked again when collected */
		bool collecting; /* nobody else may move what is in `early` */
	};
	char page[COUNTING_PAGE];
};

extern union counting_page counting_page HOOK_HIDDEN;

/* The block that all threads of the process share, with memory for this row; a static one before
 * the segment exists and where it has no room. */
struct process_values *counting_process_slow(enum metric_id id) HOOK_HIDDEN
	__attribute__((cold, noinline));
/* The same block for the emitter to write observed rows to, and these alone. */
struct process_values *counting_observed(void) HOOK_HIDDEN;

/* This thread has no shard (yet): claims one, or says where else to count. */
struct counting counting_slow(void) HOOK_HIDDEN __attribute__((cold, noinline));
/* The same for a family that has no row in shards: what is claimed costs seven pages. */
struct counting counting_slow_without_shard(void) HOOK_HIDDEN __attribute__((cold, noinline));

/* Families of which some series live in shards: bits 1 << enum HOOK_FAMILY. */
#define SHARD_FAMILIES                                                                 \
	(1u << HOOK_FAMILY_MEMORY | 1u << HOOK_FAMILY_FILE | 1u << HOOK_FAMILY_STDIO | \
	 1u << HOOK_FAMILY_SOCKET | 1u << HOOK_FAMILY_POLL | 1u << HOOK_FAMILY_LOCK)

/* Written once, when the settings are known; an atomic load would be an instruction more. */
static always_inline bool counting_counts(enum HOOK_FAMILY family)
{
	return likely(hook_families >> family & 1);
}

/* Disabled, or a program that is left out: it should cost little more than the jump. Or no family
 * is asked for, and all else goes on. */
static always_inline bool counting_is_off(void)
{
	return unlikely(!hook_families);
}

static always_inline struct counting counting_here(enum HOOK_FAMILY family)
{
	struct counting here = {NULL, false};

	if (!counting_counts(family))
		return here;
	here.values = hook_thread.values;
	if (unlikely(!here.values))
		here = SHARD_FAMILIES >> family & 1 ? counting_slow()
		                                    : counting_slow_without_shard();
	return here;
}

/* Own shard, if the thread has one; else the caller goes another way, to a function of its own that
 * asks counting_here(): so what is hot has one place to add to. */
static always_inline struct counting counting_own(void)
{
	return (struct counting){hook_thread.values, false};
}

/* Where the series of a metric stand, as compile-time constants; PLACE(FILE_IO) */
struct series_place {
	uint32_t shard_series, shard_word, process_word, width;
	enum metric_id id;
};

enum {
#define METRIC(id, family, kind, number, place, name, unit, a, b, c, description) \
	PLACE_SHARD_SERIES_##id = IN_SHARD_##place, PLACE_WIDTH_##id = WIDTH_##number,
#include "metrics/metrics.def"
#undef METRIC
};

#define PLACE(id)                                                                      \
	((struct series_place){PLACE_SHARD_SERIES_##id,                                \
	                       offsetof(struct shard_values, id) / sizeof(uint64_t),   \
	                       offsetof(struct process_values, id) / sizeof(uint64_t), \
	                       PLACE_WIDTH_##id, METRIC_##id})

static always_inline void counting_add_word(uint64_t *word, uint64_t amount, bool shared)
{
	if (shared)
		counter_add_shared(word, amount);
	else
		counter_add(word, amount);
}

/* First word of a series; *ret_shared: it takes locked adds. */
static always_inline uint64_t *counting_series(struct counting here, struct series_place place,
                                               uint32_t series, bool *ret_shared)
{
	struct process_values *process;

	if (series < place.shard_series) {
		*ret_shared = here.shared;
		return (uint64_t *)here.values + place.shard_word + series * place.width;
	}
	*ret_shared = true;
	/* Pairs with counting_process_slow(): then there is a block. */
	process = likely(acquire_load(&counting_page.have[place.id]))
	                  ? counting_page.segment.process
	                  : counting_process_slow(place.id);
	return (uint64_t *)process + place.process_word +
	       (series - place.shard_series) * place.width;
}

/* Adds to a number. Nothing where nothing is to be counted. */
static always_inline void counting_add(struct counting here, struct series_place place,
                                       uint32_t series, uint64_t amount)
{
	bool shared;
	uint64_t *word;

	if (!here.values)
		return;
	word = counting_series(here, place, series, &shared);
	counting_add_word(word, amount, shared);
}

/* Adds a value to a histogram: its sum and one bucket. */
static always_inline void counting_record(struct counting here, struct series_place place,
                                          uint32_t series, uint64_t value)
{
	bool shared;
	uint64_t *words;

	if (!here.values)
		return;
	words = counting_series(here, place, series, &shared);
	counting_add_word(words, value, shared);
	counting_add_word(words + histogram_word(value, place.width - 2), 1, shared);
}

/* Look-ups are told apart by the names asked for. */
extern bool counting_names HOOK_HIDDEN;
/* Those of addresses are counted. */
extern bool counting_reverse HOOK_HIDDEN;
/* The program reads and writes by io_uring, which the kernel's counts of calls leave out. */
extern bool counting_misses_io HOOK_HIDDEN;

/* Adds to the histogram of a look-up's name and error. */
void counting_record_name(struct counting here, const char *name, size_t length,
                          enum DNS_ERROR error, uint64_t value) HOOK_HIDDEN;

/* A thread's first act: takes a shard, or at least sees to it that its end is seen. */
void counting_thread_begin(void) HOOK_HIDDEN;

/* Lifecycle, called by preload/ only. */

/* From now on counts go to the segment: what was counted before is moved there. -errno: there is
 * none. */
int counting_start(const struct segment_identity *identity) HOOK_HIDDEN;
struct segment *counting_segment(void) HOOK_HIDDEN;
/* Gets all the memory that may be needed; then, no system call is made here any more: threads that
 * have no shard count into the shared block. */
void counting_freeze_begin(void) HOOK_HIDDEN;
void counting_freeze(void) HOOK_HIDDEN;
/* Everything counted so far, wherever it stands. */
void counting_totals(struct process_values *ret) HOOK_HIDDEN;
/*
 * Around fork, by any number of threads at once: the thread counts into the shared block; the child
 * begins with a segment of its own, which starts with the parent's live allocations.
 */
void counting_prefork(void) HOOK_HIDDEN;
void counting_postfork_parent(void) HOOK_HIDDEN;
void counting_postfork_child(const struct segment_identity *identity) HOOK_HIDDEN;
/* In a child forked before our constructor: what was counted until then is the parent's. */
void counting_early_child(void) HOOK_HIDDEN;
/* The same without a system call: the child has no segment, and what it counts is lost. */
void counting_postfork_frozen_child(void) HOOK_HIDDEN;

#endif
