/*
 * What could not be exported is remembered for a minute, in a file beside the segments, so that
 * programs that start meanwhile need not try it again in vain: hashes of names, each with the
 * events to which somebody listened. A hint and no more: it is lost, torn or forged at the price of
 * a try too many, or one a minute late. Raw system calls; one thread at a time.
 */
#ifndef EXPORT_TRIED_H
#define EXPORT_TRIED_H

#include <stdbool.h>
#include <stdint.h>

#define TRIED_NAME  "tried" /* of the file */
#define TRIED_SLOTS 510

/* Of the file too: a page. */
struct tried_table {
	uint64_t magic;
	uint64_t since_ns;           /* CLOCK_REALTIME: when all was tried */
	uint64_t slots[TRIED_SLOTS]; /* the hash, its last bits replaced by enum tried_listener */
};

enum tried_listener { TRIED_OTLP = 1, TRIED_RECORD = 2, TRIED_LISTENERS = 3 };

struct tried {
	int directory, fd; /* fd: -errno where there is no file */
	uint64_t now_ns;   /* CLOCK_REALTIME, when it was opened */
	uint64_t seed;     /* a process of another pid namespace or version may do what we cannot */
	uint32_t listeners; /* to what somebody listens now, as this process sees it */
	bool anew;          /* all is tried again */
	bool noted;
	struct tried_table table;
};

/* Of the open directory; *tried begins as zeros. Where the file is a minute old nothing is
 * remembered, but by those who come while this one tries it all again. */
void tried_open(struct tried *tried, int directory, uint64_t pid_namespace, uint32_t listeners);

/* What stands for an entry of the directory; changed_ns: and for what it was then. */
uint64_t tried_key(const struct tried *tried, const char *name, uint64_t changed_ns);

/* Was it tried in the last minute with all who listen now? */
bool tried_has(const struct tried *tried, uint64_t key);

/* It cannot be exported. */
void tried_note(struct tried *tried, uint64_t key);

/* complete: all entries were looked at. Without anything left there is no file either. */
void tried_close(struct tried *tried, bool complete);

#endif
