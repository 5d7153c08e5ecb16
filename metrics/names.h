/*
 * Names that a program gives (dns.question.name): no closed set, so the series that are told apart
 * by them are slots, and this table says what each slot stands for: a name and the error that the
 * look-up ended with. The first NAME_SLOTS pairs get a slot; what comes later is counted together.
 *
 * A slot is taken by compare-and-swap of its key, a hash of the pair, and published by READY. No
 * lock and no waiting: any thread, signal handlers, several processes at once (the accumulator of a
 * session). Whoever finds a slot of his key without READY writes the same bytes once more.
 */
#ifndef METRICS_NAMES_H
#define METRICS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_SLOTS 64
#define NAME_BYTES 254 /* the longest name that DNS can carry has 253 */

struct name {
	uint64_t key; /* 0: free */
	uint8_t error, length;
	char text[NAME_BYTES]; /* printable ASCII: what else was asked for is '?' */
};

struct name_table {
	struct name slot[NAME_SLOTS];
};

/* The slot of a pair, taken if there is none yet; NAME_SLOTS: all are taken, or it is too long. */
uint32_t name_slot(struct name_table *table, const char *text, size_t length, uint8_t error);

/* What the slot stands for; NULL: nothing (yet). */
const struct name *name_at(const struct name_table *table, uint32_t slot);

/* Copies what has been published. */
void names_copy(struct name_table *to, const struct name_table *from);

/* Can it have been written by name_slot()? errors: there are so many. */
bool name_is_plausible(const struct name *name, uint8_t errors);

#endif
