/* See tree_totals.h. */
#include <errno.h>
#include <time.h>
#include "base/atomic.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "hooks/counting.h"
#include "metrics/collect.h"
#include "preload/tree_totals.h"

#define ATTEMPTS     50
#define PAUSE_NS     2000000
#define ABANDONED_NS UINT64_C(500000000) /* less than all rounds of a last export take */

static bool read_segment(struct tree_scratch *scratch, const char *name)
{
	return reader_read(scratch->list.directory, name, (uid_t)sys_call(SYS_geteuid),
	                   &scratch->reading) == 0;
}

/* If its process is dead. */
static void absorb(struct tree_scratch *scratch, struct session_accumulator *session,
                   const char *name)
{
	if (read_segment(scratch, name) && !scratch->reading.alive)
		session_absorb(session, scratch->list.directory, name, &scratch->reading);
}

/*
 * Who has handed over leaves the file where it cannot take it away any more (other rights, another
 * root, a filter of system calls), or where it executed a program without us ("<pid>.exec").
 */
static void absorb_dead(struct tree_scratch *scratch, struct session_accumulator *session,
                        const char *directory)
{
	const char *name;

	if (segment_list_open(&scratch->list, directory))
		return;
	while ((name = segment_list_any(&scratch->list)))
		absorb(scratch, session, name);
	segment_list_close(&scratch->list);
}

/* The pid that its name begins with is in use: not asked about further. */
static bool seems_alive(const char *name)
{
	uint64_t pid = string_to_u64(&name);

	return !pid || sys_call(SYS_kill, pid, 0) != -ESRCH;
}

void tree_totals_absorb(struct tree_scratch *scratch, struct session_accumulator *session,
                        const char *directory, const uint32_t *calls, uint32_t seen)
{
	const char *name;

	if (segment_list_open(&scratch->list, directory))
		return;
	while (acquire_load(calls) == seen && (name = segment_list_any(&scratch->list))) {
		if (!seems_alive(name))
			absorb(scratch, session, name);
	}
	segment_list_close(&scratch->list);
}

static void add_running(struct tree_scratch *scratch, const char *directory)
{
	const struct segment_header *own = counting_segment()->header;
	const char *name;

	if (segment_list_open(&scratch->list, directory))
		return;
	while ((name = segment_list_next(&scratch->list))) {
		if (read_segment(scratch, name) && scratch->reading.state == SEGMENT_LIVE &&
		    !(own && memcmp(scratch->reading.instance_id, own->instance_id,
		                    sizeof(own->instance_id)) == 0))
			collect_merge(&scratch->sum, &scratch->reading.totals, false);
	}
	segment_list_close(&scratch->list);
}

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

/* A process that was killed in the middle of a change never ends it. */
static void end_abandoned(struct tree_scratch *scratch, struct session_accumulator *session,
                          uint64_t begun, uint64_t ended)
{
	uint64_t now = clock_read_ns(CLOCK_MONOTONIC);

	if (begun != scratch->begun || ended != scratch->ended || begun == ended) {
		scratch->begun = begun;
		scratch->ended = ended;
		scratch->since_ns = now;
	} else if (now - scratch->since_ns > ABANDONED_NS) {
		counter_add_shared(&session->changes_ended, begun - ended);
	}
}

static void copy_gauges(struct process_values *to, const struct process_values *from)
{
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];
		uint32_t at = metric_series_word(metric, 0);

		if (metric->kind == KIND_GAUGE)
			memcpy((uint64_t *)to + at, (const uint64_t *)from + at,
			       (size_t)metric->series * sizeof(uint64_t));
	}
}

/* Has this process handed its totals over already? Then the accumulator holds them. */
static bool is_handed_over(void)
{
	const struct segment_header *header = counting_segment()->header;

	return header && relaxed_load(&header->state) != SEGMENT_LIVE;
}

/* Names keep the slots that they had in the last export: what has been told is kept by slots. */
static void add_all(struct tree_scratch *scratch, const struct session_accumulator *session,
                    const char *directory, const struct process_values *own,
                    const struct name_table *names)
{
	memset(&scratch->sum, 0, sizeof(scratch->sum));
	names_copy(&scratch->sum.names, names);
	if (!is_handed_over()) { /* asked here: a thread of ours may do it at any time */
		collect_merge(&scratch->sum, own, false);
		copy_gauges(&scratch->sum, own);
	}
	session_totals(&scratch->accumulated, session);
	collect_merge(&scratch->sum, &scratch->accumulated, true);
	add_running(scratch, directory);
}

bool tree_totals_add(struct tree_scratch *scratch, struct session_accumulator *session,
                     const char *directory, const struct process_values *own,
                     struct process_values *totals, uint64_t *ret_changes)
{
	struct timespec pause = {0, PAUSE_NS};

	absorb_dead(scratch, session, directory);
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		uint64_t ended = load(&session->changes_ended);
		uint64_t begun = load(&session->changes_begun);

		end_abandoned(scratch, session, begun, ended);
		if (begun == ended) {
			add_all(scratch, session, directory, own, &totals->names);
			if (load(&session->changes_begun) == begun) {
				memcpy(totals, &scratch->sum, sizeof(*totals));
				*ret_changes = begun;
				return true;
			}
		}
		sys_call(SYS_nanosleep, &pause, NULL);
	}
	return false;
}
