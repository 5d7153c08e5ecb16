/*
 * Exports what killed processes had counted and not exported: out of their segments, with their
 * settings and their resource, through the sinks that they used. Then the segment goes, unless it
 * is still to be counted. Each one is locked meanwhile, so that whoever comes at the same time
 * leaves it alone. Raw system calls; one thread at a time in a process. What stands in a segment is
 * another's: nothing of it is believed.
 */
#ifndef EXPORT_SALVAGE_H
#define EXPORT_SALVAGE_H

#include <stdbool.h>
#include "encoder/otlp_json.h"
#include "export/delivery.h"
#include "export/tried.h"
#include "metrics/reader.h"
#include "metrics/segment_list.h"

enum salvage_outcome {
	SALVAGE_EXPORTED,
	SALVAGE_ALIVE,
	SALVAGE_GONE,            /* handed over meanwhile, or by its process, or exported */
	SALVAGE_BUSY,            /* another salvages it */
	SALVAGE_REFUSED,         /* error: as reader_read() says */
	SALVAGE_OTHER_NAMESPACE, /* of process ids: nobody can tell whether it is dead */
	SALVAGE_UNTOLD,          /* nor here: it has left none, and its memory does not tell */
	SALVAGE_UNIDENTIFIED,    /* it left no settings, and the caller gave none */
	SALVAGE_NOT_TOLD,        /* what it exported is not known: memory was short */
	SALVAGE_NO_EXPORTER,     /* its settings name none */
	SALVAGE_NOBODY,          /* nobody listens to its events */
	SALVAGE_FAILED,          /* error: of the sink, the last one */
};

/* To work in. */
struct salvage_tree {
	struct memory_hold hold;
	struct session_accumulator accumulator;
	struct process_values totals, sum;
	struct segment_list list;
};

struct salvager {
	/* What the caller sets; the rest begins as zeros. */
	const struct settings *own; /* for processes that left none; NULL: these are left alone */
	struct user_events *user_events; /* registered, or not */
	const uint32_t *stop; /* NULL, or a word that ends the walk when it is not `go_on` */
	uint32_t go_on;
	bool dry;   /* only look; points are counted all the same */
	bool quick; /* a process id in use is taken for that process, what was tried a moment ago
	             * for what cannot be exported */
	uint64_t pid_namespace; /* of the caller, where it is quick */
	bool keep; /* what is exported stays and is marked so: a session still counts it */
	/* Called for each segment with what is known of it below. */
	void (*tell)(struct salvager *salvager, const char *name, enum salvage_outcome outcome,
	             int error);

	bool left_anew; /* after a quick walk: files of the dead that were not known of are left */

	int directory; /* in which the segment told of lies, open */
	/* Of that segment. `reading` holds the header where it could be read. */
	struct segment_reading reading;
	struct settings settings;
	bool exact; /* settings and resource are the process's own */
	struct delivery delivery;

	struct ledger ledger;
	struct file_sink file;
	struct resource resource, resource_shed;
	char service[256];
	struct salvage_tree tree;
	struct tried tried;
	uint8_t buffer[DELIVERY_EVENT_BYTES];
	char json[OTLP_JSON_BYTES];
	char entries[4096]; /* of the directory */
};

/* All segments in a directory, and all trees whose sessions lie in it. 0 or -errno: it cannot be
 * read. */
int salvage_directory(struct salvager *salvager, const char *path);

/* One segment of an open directory. */
enum salvage_outcome salvage_segment(struct salvager *salvager, int directory, const char *name);

/*
 * The session `name` in a directory, if it is a tree's, none of whose processes lives: told of as
 * the process that the tree is called after. Sums are those that its own exporter would tell; what
 * is a present state (memory in use, threads) is that of no process. SALVAGE_GONE, untold: it is no
 * tree's.
 */
enum salvage_outcome salvage_tree(struct salvager *salvager, int directory, const char *name);

/* Are these bytes, of a ledger, settings and a resource of this build? (Also for tests.) */
bool salvage_identity_valid(const struct ledger *ledger);

#endif
