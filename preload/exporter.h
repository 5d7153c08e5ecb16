/*
 * From totals to sinks: collects, encodes, writes, and remembers per sink what it has been told.
 * Runs on one thread at a time: the emitter, or the exiting thread where there is none. No libc.
 *
 * Nothing is lost while nobody listens: a sink's baseline moves only behind events that were
 * written.
 */
#ifndef PRELOAD_EXPORTER_H
#define PRELOAD_EXPORTER_H

#include <stdbool.h>
#include <stdint.h>
#include "export/delivery.h"
#include "preload/failure.h"
#include "preload/observe.h"
#include "preload/tree_totals.h"

/* Of one event. */
struct listener {
	uint64_t heard_ns; /* CLOCK_MONOTONIC when it was first seen; 0: nobody listens */
	bool settled;      /* it is there, and has had time to start */
};

/* All zeros is a good start: in a fork child the kernel wipes it. */
struct exporter {
	struct user_events user_events;
	struct file_sink file;
	struct ledger *ledger; /* NULL before the first export */
	struct observe_state observed;
	struct resource resource;      /* for the file: all of it */
	struct resource resource_shed; /* for events: what fits beside data */
	char service[256];
	bool identified;
	struct listener listeners[USER_EVENT_COUNT];
	uint64_t retry_ns,
		retry_after_ns; /* next try to register, on CLOCK_MONOTONIC; and the step */
	struct failures failures;
	uint32_t emitter_tid;
	char *json; /* OTLP_JSON_BYTES, mapped at the first export to a file */
	uint8_t buffer[DELIVERY_EVENT_BYTES];
	struct tree_scratch tree;
};

/*
 * Tries to register where that is due and looks at the enable words. True: an event has a listener
 * that has been told nothing, so export now. perf sets the words when it opens the events and takes
 * events in only when it has opened and mapped all: one that came while we ran is given a second,
 * unless this is the last chance.
 */
bool exporter_poll(struct exporter *exporter, uint64_t now_ns, bool last_chance);

/* True: somebody would get something out of an export. */
bool exporter_wanted(const struct exporter *exporter);

/* Asks /proc what is wanted of a process that does not end at once, and leaves in the segment what
 * an export after our death would need, if anything is to be exported. */
void exporter_awakes(struct exporter *exporter);

/* Leaves there that the process is alive now. */
void exporter_seen(void);

/* Collects and writes to every sink that listens. False: the tree could not be counted just now,
 * try again soon. */
bool exporter_export(struct exporter *exporter);

/* Of a tree's exporter: gives back the memory of those that were killed. Ends early once *calls is
 * not `seen` any more. */
void exporter_absorb(struct exporter *exporter, const uint32_t *calls, uint32_t seen);

/* Gives descriptors and registrations back. */
void exporter_close(struct exporter *exporter);

#endif
