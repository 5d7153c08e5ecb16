/*
 * The part of a segment in which a process keeps what its sinks have been told, and who it is: all
 * that another process needs to export the rest when this one was killed. Written by the thread
 * that exports, read by nobody before the process is gone. Its pages are taken when they are first
 * needed (ledger_open()), not at the start.
 *
 * After an event these words are stored in this order: LEDGER_WRITTEN, the baseline's words,
 * LEDGER_IDLE. So at any moment either the baseline holds the event, or the flight and the snapshot
 * tell how to make it so (ledger_settle()). Only where a process ends in the middle of the write
 * itself (LEDGER_WRITING) the sink alone knows.
 */
#ifndef METRICS_LEDGER_H
#define METRICS_LEDGER_H

#include "metrics/snapshot.h"

/* Struct settings and struct resource as bytes: this folder does not know them. */
#define LEDGER_SETTINGS_SIZE 8192u
#define LEDGER_RESOURCE_SIZE 4160u
#define LEDGER_PAGE          4096u

enum ledger_account { LEDGER_OTLP, LEDGER_RECORD, LEDGER_FILE, LEDGER_ACCOUNTS };

/* Stands in place of the settings of a tree that was exported after its death. */
#define LEDGER_TREE_CLOSED UINT64_MAX

/* What the header says of it. */
enum ledger_state {
	LEDGER_EMPTY,      /* nothing is kept yet, nothing was exported */
	LEDGER_IDENTIFIED, /* settings and resource are there; nothing was exported */
	LEDGER_KEPT,       /* and what the sinks have been told */
	LEDGER_PRIVATE,    /* there was no room: what was exported is not known */
	LEDGER_CLOSED,     /* after the process's death all of it was exported */
	LEDGER_STATES
};

enum ledger_stage { LEDGER_IDLE, LEDGER_WRITING, LEDGER_WRITTEN, LEDGER_STAGES };

/* The event that is on its way: points of series [from, to) of the snapshot. */
struct ledger_flight {
	uint32_t stage, from, to;
};

struct ledger_baseline {
	struct baseline baseline;
} __attribute__((aligned(LEDGER_PAGE)));

struct ledger {
	struct ledger_flight flights[LEDGER_ACCOUNTS];
	uint64_t sequence; /* of records */
	uint64_t settings[LEDGER_SETTINGS_SIZE / sizeof(uint64_t)];
	uint64_t resource[LEDGER_RESOURCE_SIZE / sizeof(uint64_t)];
	struct snapshot snapshot __attribute__((aligned(LEDGER_PAGE)));
	struct ledger_baseline baselines[LEDGER_ACCOUNTS];
};

/* Before an event is written, after it was, and when it was not. */
void ledger_begin(struct ledger *ledger, enum ledger_account account, uint32_t from, uint32_t to);
void ledger_commit(struct ledger *ledger, enum ledger_account account,
                   const struct point_options *options);
void ledger_cancel(struct ledger *ledger, enum ledger_account account);

/* Ends what a killed process left half done; written: did the sink get an event that was on its
 * way? */
void ledger_settle(struct ledger *ledger, enum ledger_account account,
                   const struct point_options *options, bool written);

/* Can these words be: -EBADMSG for bytes of others that no process would write. */
int ledger_check(const struct ledger *ledger);

#endif
