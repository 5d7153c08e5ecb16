/*
 * One export to one sink: what is new in the ledger's snapshot is encoded, written, and then
 * entered in the ledger. Used by the process itself and, after it was killed, by whoever salvages.
 * Raw system calls; one thread at a time.
 */
#ifndef EXPORT_DELIVERY_H
#define EXPORT_DELIVERY_H

#include <stdint.h>
#include "config/settings.h"
#include "encoder/resource.h"
#include "metrics/ledger.h"
#include "sink/file.h"
#include "sink/user_events.h"

#define DELIVERY_EVENT_BYTES USER_EVENTS_OTLP_MAX

/* All pointers stay the caller's. */
struct delivery {
	const struct settings *settings;
	uint32_t pid; /* of the process that counted */
	struct ledger *ledger;
	const struct resource *resource;      /* for the file: all of it */
	const struct resource *resource_shed; /* for events: what fits beside data */
	const char *service;
	struct user_events *user_events;
	struct file_sink *file;
	uint8_t *buffer; /* DELIVERY_EVENT_BYTES */
	char *json;      /* OTLP_JSON_BYTES; NULL where nothing goes to a file */
	/* Told after each event: bytes written, or -errno; NULL: nobody is. */
	void (*account)(enum SINK sink, uint32_t points, long result);
	uint64_t points[SINK_COUNT]; /* written since the caller zeroed them */
	uint32_t oversize;           /* left out since then: points that no event can hold */
};

/* How the points of an account are read. */
struct point_options delivery_options(const struct settings *settings, enum ledger_account account);

/* Each returns 0, or -errno at the first event that could not be written; it and what follows stays
 * new. -ENOSPC: the resource does not fit into an event. */
int delivery_otlp(struct delivery *delivery);
int delivery_records(struct delivery *delivery);
int delivery_file(struct delivery *delivery);

/* Would it be written now, as far as permissions tell? 0 or -errno. */
int delivery_file_check(struct delivery *delivery);

/*
 * Did the line that was on its way to the file when its process was killed arrive? Encodes it once
 * more and looks at the file's end. Where the file ends within a line, the next write ends it
 * first.
 */
bool delivery_file_arrived(struct delivery *delivery);

#endif
